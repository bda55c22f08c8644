//! `ledger verify`: the inspector's stand-alone verifier.

mod bundle;
mod folder;
mod told;

use std::path::Path;
use std::process::ExitCode;

use gatepost_ledger::Seal;
use gatepost_ledger::audit::Statement;
use gatepost_ledger::note::{NoteError, SignedNote, VerifierKey};
use gatepost_ledger::policy::Policy;
use gatepost_store::{Given, StoreError, copy_database};

use crate::Fault;
use crate::fault::Wanted;
use crate::files::{Scratch, parse_message, read_bytes};
use crate::output::Output;

use super::arguments::VerifyArguments;
use told::FaultLine;

/// There is a fault.
const FAULTY: u8 = 2;

pub(super) fn run(arguments: &VerifyArguments, output: &Output) -> Result<ExitCode, Fault> {
    let brought = Brought::read(arguments)?;
    let found = match given(&arguments.ledger)? {
        Given::Folder(folder) => folder::verify(&folder, &brought)?,
        Given::Database(database) => {
            let copy = copy_of(&database)?;
            folder::verify(copy.path(), &brought)?
        }
        Given::Bundle(bundle) => bundle::verify(&bundle, &brought)?,
    };
    match found {
        Ok(sound) => {
            sound.tell(&arguments.ledger, output)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(fault) => {
            fault.tell(&arguments.ledger, output)?;
            Ok(ExitCode::from(FAULTY))
        }
    }
}

/// What there is to be verified, told by its name and its first bytes.
fn given(path: &Path) -> Result<Given, Fault> {
    Given::at(path).map_err(|fault| match fault {
        StoreError::NotSetUp => Fault::NoData {
            folder: path.to_owned(),
        },
        StoreError::NotOurs => Fault::NotA {
            path: path.to_owned(),
            wanted: Wanted::Ledger,
        },
        _ => Fault::unreadable(path),
    })
}

/// A folder with a copy of the database in it, where it gets the files beside it that SQLite needs.
fn copy_of(database: &Path) -> Result<Scratch, Fault> {
    let scratch = Scratch::make(&std::env::temp_dir())?;
    copy_database(database, scratch.path()).map_err(|fault| match fault {
        StoreError::DiskFull => Fault::DiskFull,
        _ => Fault::unreadable(database),
    })?;
    Ok(scratch)
}

/// What the verifier brings along.
pub(super) struct Brought {
    /// Older seals.
    since: Vec<SignedNote>,
    policy: Option<Policy>,
    witnesses: Vec<VerifierKey>,
}

impl Brought {
    fn read(arguments: &VerifyArguments) -> Result<Brought, Fault> {
        let seal = |bytes: &[u8]| {
            let note = SignedNote::parse(bytes).ok()?;
            Seal::of_note(&note).ok().map(|_| note)
        };
        let since = arguments.since.iter().map(|path| {
            parse_message(path, Wanted::Seal, |bytes| {
                seal(bytes).or_else(|| seal(&ended(bytes)))
            })
        });
        let since = since.collect::<Result<_, _>>()?;
        let policy = arguments.policy.as_deref().map(|path| {
            Policy::parse(&ended(&read_bytes(path)?)).map_err(|_| Fault::NotA {
                path: path.to_owned(),
                wanted: Wanted::Policy,
            })
        });
        let policy = policy.transpose()?;
        let mut witnesses = arguments.witness.clone();
        let of_policy = policy.iter().flat_map(Policy::witnesses);
        witnesses.extend(of_policy.filter(|key| !arguments.witness.contains(key)).cloned());
        Ok(Brought {
            since,
            policy,
            witnesses,
        })
    }

    /// What the older seals state, and what witnesses that are known signed on them.
    fn statements(&self) -> Result<Vec<Statement>, FaultLine> {
        let bad = |_| FaultLine::of_file("--since", "cosignature", "a signature of the witness", "another");
        let mut statements = Vec::new();
        for note in &self.since {
            statements.push(Statement::sealed(note.clone()).map_err(bad)?);
            for witness in &self.witnesses {
                match Statement::cosigned(note, witness) {
                    Ok(statement) => statements.push(statement),
                    Err(NoteError::Unsigned) => {}
                    Err(error) => return Err(bad(error)),
                }
            }
        }
        Ok(statements)
    }

    /// Up to where the older seals reach.
    fn since_size(&self) -> u64 {
        let seals = self.since.iter().filter_map(|note| Seal::of_note(note).ok());
        seals.map(|seal| seal.size).max().unwrap_or(0)
    }
}

/// A text with a line feed at its end, which editors and codes lose.
fn ended(bytes: &[u8]) -> Vec<u8> {
    [bytes.trim_ascii_end(), b"\n"].concat()
}
