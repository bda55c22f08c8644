//! `ledger verify`: the inspector's stand-alone verifier.

mod bundle;
mod folder;
mod told;

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use gatepost_ledger::Seal;
use gatepost_ledger::audit::Statement;
use gatepost_ledger::note::{NoteError, SignedNote, VerifierKey};
use gatepost_ledger::policy::Policy;
use gatepost_store::DATABASE_NAME;

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
    let found = match Subject::of(&arguments.ledger)? {
        Subject::Folder(folder) => folder::verify(&folder, &brought)?,
        Subject::Database => {
            let copy = copy_of(&arguments.ledger)?;
            folder::verify(copy.path(), &brought)?
        }
        Subject::Bundle => bundle::verify(&arguments.ledger, &brought)?,
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

/// What there is to be verified.
enum Subject {
    /// A folder with a database in it.
    Folder(PathBuf),
    /// A database by another name: a backup.
    Database,
    /// A zip file.
    Bundle,
}

impl Subject {
    fn of(path: &Path) -> Result<Subject, Fault> {
        if path.is_dir() {
            return match path.join(DATABASE_NAME).exists() {
                true => Ok(Subject::Folder(path.to_owned())),
                false => Err(Fault::NoData {
                    folder: path.to_owned(),
                }),
            };
        }
        let mut first_bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(16).read_to_end(&mut first_bytes))
            .map_err(|_| Fault::unreadable(path))?;
        let is_database = path.file_name().is_some_and(|name| name == DATABASE_NAME);
        if is_database {
            let folder = path.parent().unwrap_or(Path::new("."));
            return Ok(Subject::Folder(folder.to_owned()));
        }
        if first_bytes.starts_with(b"SQLite format 3\0") {
            return Ok(Subject::Database);
        }
        if first_bytes.starts_with(b"PK") || path.extension().is_some_and(|ending| ending == "zip") {
            return Ok(Subject::Bundle);
        }
        Err(Fault::NotA {
            path: path.to_owned(),
            wanted: Wanted::Ledger,
        })
    }
}

/// A folder with the database in it under the name that it has in a data folder, and with its write-ahead log.
fn copy_of(database: &Path) -> Result<Scratch, Fault> {
    let scratch = Scratch::make(&std::env::temp_dir())?;
    for ending in ["", "-wal"] {
        let named = |path: &Path| {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        let (from, to) = (named(database), named(&scratch.path().join(DATABASE_NAME)));
        if from.exists() {
            fs::copy(&from, &to).map_err(|error| match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Fault::DiskFull,
                _ => Fault::unreadable(&from),
            })?;
        }
    }
    Ok(scratch)
}

/// What the verifier brings along.
pub(super) struct Brought {
    since: Option<SignedNote>,
    policy: Option<Policy>,
    witnesses: Vec<VerifierKey>,
}

impl Brought {
    fn read(arguments: &VerifyArguments) -> Result<Brought, Fault> {
        let seal = |bytes: &[u8]| {
            let note = SignedNote::parse(bytes).ok()?;
            Seal::of_note(&note).ok().map(|_| note)
        };
        let since = arguments.since.as_deref();
        let since = since.map(|path| {
            parse_message(path, Wanted::Seal, |bytes| {
                seal(bytes).or_else(|| seal(&ended(bytes)))
            })
        });
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
            since: since.transpose()?,
            policy,
            witnesses,
        })
    }

    /// What the older seal states, and what witnesses that are known signed on it.
    fn statements(&self) -> Result<Vec<Statement>, FaultLine> {
        let Some(note) = &self.since else {
            return Ok(vec![]);
        };
        let bad = |_| FaultLine::of_file("--since", "cosignature", "a signature of the witness", "another");
        let mut statements = vec![Statement::sealed(note.clone()).map_err(bad)?];
        for witness in &self.witnesses {
            match Statement::cosigned(note, witness) {
                Ok(statement) => statements.push(statement),
                Err(NoteError::Unsigned) => {}
                Err(error) => return Err(bad(error)),
            }
        }
        Ok(statements)
    }

    fn since_size(&self) -> u64 {
        let seal = self.since.as_ref().and_then(|note| Seal::of_note(note).ok());
        seal.map_or(0, |seal| seal.size)
    }
}

/// A text with a line feed at its end, which editors and codes lose.
fn ended(bytes: &[u8]) -> Vec<u8> {
    [bytes.trim_ascii_end(), b"\n"].concat()
}
