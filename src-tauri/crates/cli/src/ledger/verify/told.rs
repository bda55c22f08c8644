//! What an audit tells.

use std::collections::BTreeMap;
use std::path::Path;

use gatepost_ledger::audit::{Fault as LedgerRuleBroken, Warning, WarningKind};
use serde::Serialize;

use crate::Fault;
use crate::fault::shown;
use crate::output::{Output, plain};

use super::super::shape::{CosignatureLine, SealLine, time_of};

/// What no audit can tell, by words that never change meaning.
pub(super) const NOT_PROVABLE: [&str; 3] = ["never_scanned", "typed_wrongly", "unwitnessed_tail"];

/// A ledger without a fault, as a JSON line.
#[derive(Serialize)]
pub(super) struct SoundLine {
    pub(super) ok: bool,
    pub(super) kind: &'static str,
    #[serde(flatten)]
    pub(super) seal: SealLine,
    /// Of a bundle: position of the first record that is shown, and behind the last.
    pub(super) range: Option<(u64, u64)>,
    /// Positions of the records whose personal data travels with a bundle.
    pub(super) disclosed: Vec<u64>,
    /// Records up to which a seal or a witness vouches that the verifier brought along.
    pub(super) witnessed: u64,
    /// Records behind them: they rest on the gate's word alone.
    pub(super) unwitnessed: u64,
    pub(super) cosignatures: Vec<CosignatureLine>,
    /// The first record whose seal each key signs, and the key.
    pub(super) keys: Vec<(u64, String)>,
    pub(super) kinds: BTreeMap<&'static str, u64>,
    pub(super) warnings: Vec<WarningLine>,
    pub(super) warning_count: u64,
    /// How many of each kind there are; the list is cut.
    pub(super) warned: BTreeMap<&'static str, u64>,
    pub(super) not_provable: [&'static str; 3],
}

#[derive(Serialize)]
pub(super) struct WarningLine {
    position: u64,
    kind: &'static str,
}

impl WarningLine {
    pub(super) fn of(warning: &Warning) -> WarningLine {
        WarningLine {
            position: warning.position,
            kind: warning.kind.word(),
        }
    }
}

/// How many warnings of each kind there are, by its word.
pub(super) fn warned(kinds: &BTreeMap<WarningKind, u64>) -> BTreeMap<&'static str, u64> {
    kinds.iter().map(|(kind, n)| (kind.word(), *n)).collect()
}

impl SoundLine {
    pub(super) fn tell(&self, path: &Path, output: &Output) -> Result<(), Fault> {
        if output.json {
            return output.result(self, "", &[]);
        }
        let words = self.seal.words.in_language(output.words.language());
        let say =
            |key: &str, values: &[(&str, gatepost_report::Argument<'_>)]| output.result(self, key, values);
        say(
            "cli-verify-sound",
            &[
                ("path", shown(path)),
                ("size", self.seal.size.into()),
                ("origin", self.seal.origin.as_str().into()),
            ],
        )?;
        say("cli-verify-root", &[("root", self.seal.root.as_str().into())])?;
        say("cli-words", &[("words", words.into())])?;
        self.tell_witnesses(output)?;
        if let Some((from, to)) = self.range.filter(|range| *range != (0, self.seal.size)) {
            say(
                "cli-verify-part",
                &[("from", from.into()), ("to", (to - 1).into())],
            )?;
        }
        for (kind, n) in &self.warned {
            let first = self.warnings.iter().find(|warning| warning.kind == *kind);
            let position = first.map_or(0, |warning| warning.position);
            let warned = output.words.word(&format!("warning-{kind}"));
            let at = [("position", position.into()), ("n", (*n).into())];
            let place = output.words.text("warning-where", &at);
            let values = [("warning", warned.into()), ("where", place.into())];
            say("cli-verify-warning", &values)?;
        }
        say("cli-verify-not_provable", &[])
    }

    fn tell_witnesses(&self, output: &Output) -> Result<(), Fault> {
        for one in &self.cosignatures {
            let values = [
                ("witness", plain(&one.name).into()),
                ("size", one.size.into()),
                ("time", time_of(one.time).into()),
            ];
            let key = match one.known {
                true => "cli-verify-witness",
                false => "cli-verify-witness-unknown",
            };
            output.result(self, key, &values)?;
        }
        let values = [("n", self.unwitnessed.into()), ("size", self.witnessed.into())];
        let key = match (self.witnessed, self.unwitnessed) {
            (_, 0) => "cli-verify-witnessed",
            (0, _) => "cli-verify-unwitnessed-all",
            _ => "cli-verify-unwitnessed",
        };
        output.result(self, key, &values)
    }
}

/// The first fault, as a JSON line.
#[derive(Serialize)]
pub(super) struct FaultLine {
    ok: bool,
    /// `None` where no record is at fault but a file.
    position: Option<u64>,
    /// The file of a bundle, or the argument.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    rule: &'static str,
    expected: String,
    found: String,
}

impl FaultLine {
    pub(super) fn of_record(fault: &LedgerRuleBroken) -> FaultLine {
        FaultLine {
            ok: false,
            position: Some(fault.position),
            file: None,
            rule: fault.rule.word(),
            expected: fault.expected.clone(),
            found: fault.found.clone(),
        }
    }

    pub(super) fn at(self, position: Option<u64>) -> FaultLine {
        FaultLine { position, ..self }
    }

    pub(super) fn of_file(file: &str, rule: &'static str, expected: &str, found: &str) -> FaultLine {
        FaultLine {
            ok: false,
            position: None,
            file: Some(file.to_owned()),
            rule,
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }

    /// No seal up to this size is what the policy asks for.
    pub(super) fn of_policy(size: u64) -> FaultLine {
        FaultLine {
            ok: false,
            position: Some(size.saturating_sub(1)),
            file: None,
            rule: "quorum",
            expected: "a seal that the policy accepts".to_owned(),
            found: "none".to_owned(),
        }
    }

    pub(super) fn tell(&self, path: &Path, output: &Output) -> Result<(), Fault> {
        let rule = match self.rule {
            rule @ ("packing" | "files" | "manifest" | "form" | "policy" | "content" | "consistency"
            | "proof" | "quorum") => format!("cli-rule-{rule}"),
            rule => format!("rule-{rule}"),
        };
        let mut values = vec![
            ("path", shown(path)),
            ("rule", output.words.word(&rule).into()),
            ("expected", plain(&self.expected).into()),
            ("found", plain(&self.found).into()),
        ];
        let key = match (self.position, &self.file) {
            (_, Some(file)) => {
                values.push(("file", plain(file).into()));
                "cli-verify-fault-file"
            }
            (position, None) => {
                values.push(("position", position.unwrap_or(0).into()));
                "cli-verify-fault"
            }
        };
        output.result(self, key, &values)
    }
}
