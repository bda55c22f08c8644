//! What the commands on the ledger print alike.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use gatepost_ledger::Seal;
use gatepost_ledger::fingerprint::{Fingerprint, Language};
use gatepost_ledger::note::{SignedNote, VerifierKey};
use gatepost_store::{Reader, SignedSeal, StoreError};
use serde::Serialize;

/// The eight words in both languages.
#[derive(Clone, Copy, Serialize)]
pub(super) struct WordsLine {
    pub(super) zh: [&'static str; 8],
    pub(super) en: [&'static str; 8],
}

impl WordsLine {
    pub(super) fn of_seal(seal: &Seal) -> WordsLine {
        WordsLine::of(Fingerprint::of_seal(seal))
    }

    pub(super) fn of_key(key: &VerifierKey) -> WordsLine {
        WordsLine::of(Fingerprint::of_key(key))
    }

    pub(super) fn of(fingerprint: Fingerprint) -> WordsLine {
        WordsLine {
            zh: fingerprint.words(Language::Chinese),
            en: fingerprint.words(Language::English),
        }
    }

    /// The words of the language of the output, for one line.
    pub(super) fn in_language(&self, language: gatepost_report::Language) -> String {
        match language {
            gatepost_report::Language::ZhCn => self.zh.join(" "),
            gatepost_report::Language::En => self.en.join(" "),
        }
    }
}

/// What a seal states.
#[derive(Serialize)]
pub(super) struct SealLine {
    pub(super) origin: String,
    pub(super) size: u64,
    /// Base64, as in the seal.
    pub(super) root: String,
    pub(super) words: WordsLine,
}

impl SealLine {
    pub(super) fn of(seal: &Seal) -> SealLine {
        SealLine {
            origin: seal.origin.to_string(),
            size: seal.size,
            root: STANDARD.encode(seal.root.0),
            words: WordsLine::of_seal(seal),
        }
    }
}

/// A witness's word for so many records.
#[derive(Clone, Serialize)]
pub(super) struct CosignatureLine {
    pub(super) size: u64,
    /// The verifier key.
    pub(super) witness: String,
    #[serde(skip)]
    pub(super) name: String,
    /// On the witness's clock, seconds since 1970 UTC.
    pub(super) time: u64,
    /// Whether the key was brought along. Whoever has the gate could have made any other.
    pub(super) known: bool,
}

impl CosignatureLine {
    pub(super) fn new(size: u64, witness: &VerifierKey, time: u64, known: bool) -> CosignatureLine {
        CosignatureLine {
            size,
            witness: witness.to_string(),
            name: witness.name().to_string(),
            time,
            known,
        }
    }
}

/// Seconds since 1970 UTC as a time for people, in UTC.
pub(super) fn time_of(seconds: u64) -> String {
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map_or_else(
            || seconds.to_string(),
            |time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
        )
}

/// The signed seal of so many records with the lines of the witnesses that cosigned it; `None` where so many were
/// never sealed.
pub(super) fn cosigned_seal(reader: &Reader, size: u64) -> Result<Option<SignedNote>, StoreError> {
    let Some(SignedSeal { mut note, .. }) = reader.signed_seal_at(size)? else {
        return Ok(None);
    };
    let lines = reader.cosignatures()?.into_iter().filter(|one| one.size == size);
    note.signatures.extend(lines.map(|one| one.line));
    Ok(Some(note))
}
