//! The inspector's side: what was seen of each ledger is remembered, and what continues it is cosigned.

use std::path::Path;

use gatepost_desk::{Clock, SystemClock};
use gatepost_ledger::Seal;
use gatepost_ledger::fingerprint::Fingerprint;
use gatepost_ledger::note::NoteError;
use gatepost_ledger::witness::{AddCheckpoint, WitnessRefusal, WitnessRequest};
use gatepost_ledger::witness_exchange::WitnessMessage;
use gatepost_store::{DATABASE_NAME, StoreError, VaultKind, WitnessFolder, open_vault};
use serde::Serialize;

use crate::Fault;
use crate::fault::Wanted;
use crate::files::{parse_message, read_message};
use crate::output::Output;

use super::super::arguments::{WitnessConsider, WitnessHello, WitnessInit, WitnessShow};
use super::super::fault::LedgerFault;
use super::super::shape::{SealLine, time_of};
use super::message;

/// A ledger that the witness knows.
#[derive(Serialize)]
struct KnownLine {
    origin: String,
    size: u64,
    /// When it was cosigned, seconds since 1970 UTC; 0 for never.
    time: u64,
    key: String,
}

#[derive(Serialize)]
struct WitnessLine {
    /// The verifier key.
    witness: String,
    known: Vec<KnownLine>,
}

/// A message that was given out.
#[derive(Serialize)]
struct MessageLine {
    message: String,
    /// Records of the ledger that were known before.
    known: Option<u64>,
}

#[derive(Serialize)]
struct CosignedLine {
    #[serde(flatten)]
    seal: SealLine,
    /// Seconds since 1970 UTC.
    time: u64,
    /// Records that this witness had cosigned before.
    before: u64,
    /// The signature line.
    cosignature: String,
    message: String,
}

pub(super) fn init(arguments: &WitnessInit, output: &Output) -> Result<(), Fault> {
    let folder = &arguments.folder;
    if folder.join(DATABASE_NAME).exists() {
        // The key of a gate and that of its witness in one folder would witness nothing.
        let path = folder.join(DATABASE_NAME);
        return Err(LedgerFault::AlreadyThere { path }.into());
    }
    let fault = |source| match source {
        StoreError::AlreadySetUp => LedgerFault::AlreadyThere { path: folder.clone() }.into(),
        source => Fault::of_store(folder, source),
    };
    let vault = open_vault(folder, VaultKind::KeyFile).map_err(fault)?;
    let witness = WitnessFolder::create(folder, &*vault, arguments.name.clone()).map_err(fault)?;
    tell(&witness, folder, output)
}

pub(super) fn show(arguments: &WitnessShow, output: &Output) -> Result<(), Fault> {
    tell(&open(&arguments.folder)?, &arguments.folder, output)
}

fn tell(witness: &WitnessFolder, folder: &Path, output: &Output) -> Result<(), Fault> {
    let memory = witness
        .memory()
        .map_err(|source| Fault::of_store(folder, source))?;
    let known = memory.ledgers().map(|one| KnownLine {
        origin: one.key.name().to_string(),
        size: one.size,
        time: one.seconds,
        key: one.key.to_string(),
    });
    let line = WitnessLine {
        witness: witness.key().verifier().to_string(),
        known: known.collect(),
    };
    output.result(&line, "cli-witness-key", &[("key", line.witness.as_str().into())])?;
    if output.json {
        return Ok(());
    }
    line.known.iter().try_for_each(|one| {
        let values = [
            ("origin", one.origin.as_str().into()),
            ("size", one.size.into()),
            ("time", time_of(one.time).into()),
        ];
        output.result(&line, "cli-witness-known", &values)
    })
}

fn open(folder: &Path) -> Result<WitnessFolder, Fault> {
    let no_witness = || {
        Fault::from(LedgerFault::NoWitness {
            folder: folder.to_owned(),
        })
    };
    if !WitnessFolder::is_in(folder) {
        return Err(no_witness());
    }
    let fault = |source| match source {
        StoreError::NotSetUp => no_witness(),
        source => Fault::of_store(folder, source),
    };
    let vault = open_vault(folder, VaultKind::KeyFile).map_err(fault)?;
    WitnessFolder::open(folder, &*vault).map_err(fault)
}

pub(super) fn hello(arguments: &WitnessHello, output: &Output) -> Result<(), Fault> {
    let witness = open(&arguments.folder)?;
    let hello = witness
        .hello(arguments.origin.as_ref())
        .map_err(|source| Fault::of_store(&arguments.folder, source))?;
    if let (Some(origin), None) = (&arguments.origin, &hello.known) {
        return Err(LedgerFault::UnknownOrigin {
            origin: origin.to_string(),
        }
        .into());
    }
    let known = hello.known.as_ref().map(|(_, size)| *size);
    let message = WitnessMessage::Hello(hello);
    let text = message::line_of(&message);
    let line = MessageLine {
        message: text.trim_end().to_owned(),
        known,
    };
    let told = ("cli-witness-hello", &[][..]);
    message::give_out(&arguments.to, &text, &message.to_bytes(), &line, told, output)
}

pub(super) fn consider(arguments: &WitnessConsider, output: &Output) -> Result<(), Fault> {
    let folder = &arguments.folder;
    let fault = |source| Fault::of_store(folder, source);
    let witness = open(folder)?;
    let (request, is_body) = request_of(arguments, &witness)?;
    let now = u64::try_from(SystemClock::start().now().timestamp()).unwrap_or(0);
    let considered = witness
        .consider(&request, now, arguments.trust_first_contact)
        .map_err(fault)?;
    let cosigned = considered.map_err(|refusal| LedgerFault::Refused {
        key: Fingerprint::of_key(&request.key),
        origin: request.key.name().to_string(),
        refusal,
    })?;
    let message = WitnessMessage::Cosignature(cosigned.line.clone());
    let line = CosignedLine {
        seal: SealLine::of(&cosigned.seal),
        time: cosigned.seconds,
        before: cosigned.before,
        cosignature: cosigned.line.to_string(),
        message: message::line_of(&message).trim_end().to_owned(),
    };
    let text = match is_body {
        true => format!("{}\n", line.cosignature),
        false => message::line_of(&message),
    };
    let values = [
        ("origin", line.seal.origin.as_str().into()),
        ("size", line.seal.size.into()),
        ("before", line.before.into()),
    ];
    let told = ("cli-witness-cosigned", &values[..]);
    message::give_out(&arguments.to, &text, &message.to_bytes(), &line, told, output)
}

/// What the gate asks, and whether it came as an add-checkpoint body, which is answered in its own form.
fn request_of(arguments: &WitnessConsider, witness: &WitnessFolder) -> Result<(WitnessRequest, bool), Fault> {
    let path = &arguments.request;
    let not_a_request = || Fault::NotA {
        path: path.clone(),
        wanted: Wanted::Request,
    };
    let messages = read_message(path)?;
    let own = messages.iter().find_map(|bytes| match message::parse(bytes)? {
        WitnessMessage::Request(request) => Some(*request),
        WitnessMessage::Hello(_) | WitnessMessage::Cosignature(_) => None,
    });
    if let Some(request) = own {
        return Ok((request, false));
    }
    let body = messages.iter().find_map(|bytes| AddCheckpoint::parse(bytes).ok());
    let body = body.ok_or_else(not_a_request)?;
    let seal = Seal::of_note(&body.note).map_err(|_| not_a_request())?;
    let memory = witness
        .memory()
        .map_err(|source| Fault::of_store(&arguments.folder, source))?;
    let known = memory.known(&seal.origin).map(|known| known.key.clone());
    let key = arguments
        .key
        .clone()
        .or(known)
        .ok_or_else(|| LedgerFault::UnknownOrigin {
            origin: seal.origin.to_string(),
        })?;
    let refused = |error| LedgerFault::Refused {
        key: Fingerprint::of_key(&key),
        origin: seal.origin.to_string(),
        refusal: match error {
            NoteError::BadSignature => WitnessRefusal::BadSignature,
            _ => WitnessRefusal::OtherKey,
        },
    };
    let request = WitnessRequest::of_body(body, key.clone()).map_err(refused)?;
    Ok((request, true))
}

/// The inspector's first message.
pub(super) fn read_hello(path: &Path) -> Result<gatepost_ledger::witness_exchange::Hello, Fault> {
    parse_message(path, Wanted::Hello, |bytes| match message::parse(bytes)? {
        WitnessMessage::Hello(hello) => Some(hello),
        WitnessMessage::Request(_) | WitnessMessage::Cosignature(_) => None,
    })
}
