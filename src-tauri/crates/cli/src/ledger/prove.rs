//! `ledger prove`.

use std::process::ExitCode;

use gatepost_ledger::proof_file::ProofFile;
use gatepost_ledger::{Body, Disclosure};
use gatepost_report::Digesting;
use gatepost_store::{Reader, SignedSeal};
use serde::Serialize;

use crate::fault::shown;
use crate::files::{self, NewFile};
use crate::folder::{self, Writer};
use crate::output::Output;
use crate::{Fault, LedgerFault};

use super::arguments::ProveArguments;

#[derive(Serialize)]
struct Line {
    position: u64,
    /// Records of the seal that the proof leads to.
    size: u64,
    /// Witnesses that cosigned that seal.
    cosignatures: usize,
    disclosed: Vec<&'static str>,
    /// Position of the record of the disclosure, where there was one.
    record: Option<u64>,
    sha256: String,
    /// `-` for standard output.
    path: String,
}

pub(super) fn run(arguments: &ProveArguments, output: &Output) -> Result<ExitCode, Fault> {
    let folder = &arguments.folder;
    let fault = |source| Fault::of_store(folder, source);
    // Opened for writing before anything is read: what may not be recorded is not disclosed.
    let writer = match arguments.disclose.is_empty() {
        true => None,
        false => Some(Writer::open(folder)?),
    };
    let reader = match &writer {
        Some(writer) => writer.store.reader().map_err(fault)?,
        None => folder::read(folder)?,
    };
    let position = arguments.position;
    let size = reader.head().map_err(fault)?.seal.size;
    if position >= size {
        return Err(LedgerFault::NoSuchRecord { position, size }.into());
    }
    let sealed = match arguments.newest {
        true => reader.head(),
        false => reader.best_seal_over(position),
    };
    let SignedSeal { note, seal } = sealed.map_err(fault)?;
    let size = seal.size;
    let disclosures = disclosures(&reader, arguments)?;
    let path = reader.inclusion(position, size).map_err(fault)?;
    let leaf = reader.leaf(position).map_err(fault)?;
    drop(reader);
    let proof = ProofFile::new(position, path, note, &disclosures);
    let line = Line {
        position,
        size,
        cosignatures: proof.seal.signatures.len() - 1,
        disclosed: disclosures.iter().map(|one| one.field.word()).collect(),
        record: None,
        sha256: String::new(),
        path: "-".to_owned(),
    };
    if let Some(path) = &arguments.record {
        let bytes = leaf.to_bytes().map_err(|error| fault(error.into()))?;
        NewFile::write(path, &bytes)?.publish()?;
    }
    hand_out(arguments, &proof.to_text(), line, writer, output)?;
    Ok(ExitCode::SUCCESS)
}

fn disclosures(reader: &Reader, arguments: &ProveArguments) -> Result<Vec<Disclosure>, Fault> {
    let position = arguments.position;
    let mut fields = arguments.disclose.clone();
    fields.sort_unstable();
    fields.dedup();
    fields
        .into_iter()
        .map(|field| {
            reader
                .disclosure(position, field)
                .map_err(|source| Fault::of_store(&arguments.folder, source))?
                .ok_or_else(|| LedgerFault::NotDisclosed { position, field }.into())
        })
        .collect()
}

/// Records what is disclosed, and only then gives the proof out.
fn hand_out(
    arguments: &ProveArguments,
    proof: &str,
    mut line: Line,
    writer: Option<Writer>,
    output: &Output,
) -> Result<(), Fault> {
    let target = arguments.output.as_deref().filter(|path| !files::is_pipe(path));
    let new = target
        .map(|path| NewFile::write(path, proof.as_bytes()))
        .transpose()?;
    line.sha256 = sha256_of(proof.as_bytes());
    if let Some(mut writer) = writer {
        let body = Body::Export {
            rows: 1,
            sha256: line.sha256.clone(),
            disclosed: vec![line.position],
        };
        line.record = Some(writer.record_export(body, arguments.reason.as_deref())?);
    }
    let values = [("position", line.position.into()), ("size", line.size.into())];
    match (new, target) {
        (Some(new), Some(path)) => {
            new.publish()?;
            line.path = path.display().to_string();
            let values = [&values[..], &[("path", shown(path))]].concat();
            output.result(&line, "cli-prove-done", &values)
        }
        _ => {
            files::write(None, proof.as_bytes())?;
            let values = [&values[..], &[("path", "-".into())]].concat();
            output.remark(&line, "cli-prove-done", &values)
        }
    }
}

fn sha256_of(bytes: &[u8]) -> String {
    use std::io::Write;
    let mut digesting = Digesting::new(std::io::sink());
    digesting.write_all(bytes).expect("a sink takes everything");
    digesting.finish().1.sha256
}
