//! The gate's side: its seal for the witness, and the witness's signature for the ledger.

use std::path::Path;

use gatepost_ledger::audit::COSIGNATURE_SKEW_MS;
use gatepost_ledger::cosignature;
use gatepost_ledger::note::{NoteSignature, VerifierKey};
use gatepost_ledger::witness_exchange::{
    CosignatureRefused, RequestError, WitnessMessage, accept_cosignature,
};
use gatepost_store::{Reader, StoreError};
use serde::Serialize;

use crate::Fault;
use crate::fault::Wanted;
use crate::files::parse_message;
use crate::folder::{self, Writer};
use crate::output::{Output, plain};

use super::super::arguments::{WitnessAccept, WitnessRequestArguments};
use super::super::fault::LedgerFault;
use super::super::shape::{SealLine, WordsLine, time_of};
use super::{inspector, message};

/// A cosignature is looked for in so many of the newest seals: the gate goes on during a visit.
const SEALS_OF_A_VISIT: u64 = 10_000;

#[derive(Serialize)]
struct RequestLine {
    #[serde(flatten)]
    seal: SealLine,
    /// Records that the witness has cosigned before.
    old: u64,
    /// The words of the key, which a witness compares at the first visit.
    key_words: WordsLine,
    /// Whether more is to be witnessed afterwards, because the key was changed since.
    again: bool,
    message: String,
}

#[derive(Serialize)]
struct AcceptedLine {
    size: u64,
    witness: String,
    /// On the clock of the witness, seconds since 1970 UTC.
    time: u64,
    /// Position of the record that tells of it.
    position: u64,
}

pub(super) fn request(arguments: &WitnessRequestArguments, output: &Output) -> Result<(), Fault> {
    let hello = inspector::read_hello(&arguments.hello)?;
    let reader = folder::read(&arguments.folder)?;
    let (request, again) = reader.witness_request(&hello).map_err(|error| match error {
        RequestError::OtherLedger => LedgerFault::OtherLedger.into(),
        RequestError::OwnSeal(_) => Fault::of_store(&arguments.folder, StoreError::Damaged),
        RequestError::Nodes(source) => Fault::of_store(&arguments.folder, source),
    })?;
    let body = request.to_body().to_string();
    let (seal, old, words) = (
        SealLine::of(&request.seal()),
        request.old,
        WordsLine::of_key(&request.key),
    );
    let message = WitnessMessage::Request(Box::new(request));
    let code = match arguments.body {
        true => body.clone().into_bytes(),
        false => message.to_bytes(),
    };
    let text = match arguments.body {
        true => body,
        false => message::line_of(&message),
    };
    let line = RequestLine {
        seal,
        old,
        key_words: words,
        again,
        message: text.trim_end().to_owned(),
    };
    let values = [
        ("size", line.seal.size.into()),
        ("words", words.in_language(output.words.language()).into()),
    ];
    let told = ("cli-witness-request", &values[..]);
    message::give_out(&arguments.to, &text, &code, &line, told, output)
}

pub(super) fn accept(arguments: &WitnessAccept, output: &Output) -> Result<(), Fault> {
    let signature = read_cosignature(&arguments.cosignature)?;
    let mut writer = Writer::open(&arguments.folder)?;
    let reader = writer.store.reader().map_err(|source| writer.fault(source))?;
    let witness = witness_of(arguments, &reader, &signature)?;
    let size = size_of(&reader, &witness, &signature).map_err(|source| writer.fault(source))?;
    let size = size.ok_or(LedgerFault::CosignatureRefused)?;
    let seal = reader
        .signed_seal_at(size)
        .map_err(|source| writer.fault(source))?;
    let kept = reader.cosignatures().map_err(|source| writer.fault(source))?;
    drop(reader);
    if kept.iter().any(|one| one.size == size && one.line == signature) {
        return Err(LedgerFault::CosignatureRefused.into());
    }
    let note = seal.ok_or(LedgerFault::CosignatureRefused)?.note;
    let skew_seconds = COSIGNATURE_SKEW_MS.unsigned_abs() / 1000;
    let time = accept_cosignature(&signature, &note, &witness, writer.now_seconds(), skew_seconds).map_err(
        |refused| match refused {
            CosignatureRefused::Signature(_) => LedgerFault::CosignatureRefused,
            CosignatureRefused::Clock { seconds } => LedgerFault::Clocks { seconds },
        },
    )?;
    let at = writer.now()?;
    let gate = writer.venue.gate.clone();
    let kept = writer
        .store
        .add_cosignature(at, &gate, None, size, &witness, &signature);
    let position = kept.map_err(|source| match source {
        StoreError::CosignatureRefused => LedgerFault::CosignatureRefused.into(),
        source => writer.fault(source),
    })?;
    let line = AcceptedLine {
        size,
        witness: witness.to_string(),
        time,
        position,
    };
    let values = [
        ("size", size.into()),
        ("witness", plain(witness.name().as_str()).into()),
        ("time", time_of(time).into()),
        ("position", position.into()),
    ];
    output.result(&line, "cli-witness-accepted", &values)
}

/// A cosignature as our message, or as the signature line that any C2SP witness answers.
fn read_cosignature(path: &Path) -> Result<NoteSignature, Fault> {
    parse_message(path, Wanted::Cosignature, |bytes| match message::parse(bytes) {
        Some(WitnessMessage::Cosignature(line)) => Some(line),
        Some(WitnessMessage::Hello(_) | WitnessMessage::Request(_)) => None,
        None => std::str::from_utf8(bytes).ok()?.trim_end().parse().ok(),
    })
}

/// The key that the line names: that of the hello, the given one, or one that cosigned before.
fn witness_of(
    arguments: &WitnessAccept,
    reader: &Reader,
    signature: &NoteSignature,
) -> Result<VerifierKey, Fault> {
    let known = match (&arguments.hello, &arguments.witness) {
        (Some(path), _) => vec![inspector::read_hello(path)?.witness],
        (None, Some(key)) => vec![key.clone()],
        (None, None) => {
            let before = reader.cosignatures();
            let before = before.map_err(|source| Fault::of_store(&arguments.folder, source))?;
            before.into_iter().map(|one| one.witness).collect()
        }
    };
    known
        .into_iter()
        .find(|key| *key.name() == signature.name && key.id() == signature.id)
        .ok_or_else(|| LedgerFault::UnknownWitness.into())
}

/// Which of the newest seals was cosigned.
fn size_of(
    reader: &Reader,
    witness: &VerifierKey,
    signature: &NoteSignature,
) -> Result<Option<u64>, StoreError> {
    let newest = reader.head()?.seal.size;
    for size in (newest.saturating_sub(SEALS_OF_A_VISIT).max(1)..=newest).rev() {
        let text = reader.seal_at(size)?.to_text();
        if cosignature::verify(&text, signature, witness).is_ok() {
            return Ok(Some(size));
        }
    }
    Ok(None)
}
