//! Reads the leaf of an entry in one pass and without allocation: the audit walk's way through millions of them.
//!
//! The canonical form has one order of members, so the reader goes straight through it. It accepts only what
//! [`Leaf::parse`] accepts, with the same content; whatever is rare (an escape in a name, a
//! time before 1970, a word that is not in a table below) it leaves to that one. A word missing here costs time
//! and nothing else.

use gatepost_codes::{EvidenceLevel, HealthColour, IssuerId};
use gatepost_rules::{
    ColourSource, DocumentKind, Fault, Mask, Reason, ShownKind, TemperatureBand, VerdictKind,
};

use crate::body::{Body, Entry, PersonNumber, RetentionClass};
use crate::disclosure::DisclosureDigest;
use crate::leaf::{LONGEST_LEAF_BYTES, Leaf};
use crate::time::Moment;

const LARGEST_EXACT_INTEGER: u64 = (1 << 53) - 1;
/// Characters of 32 bytes in base64url without padding.
const DIGEST_CHARACTERS: usize = 43;

const SOURCES: [(&str, ColourSource); 2] = [("camera", ColourSource::Camera), ("guard", ColourSource::Guard)];
const COLOURS: [(&str, HealthColour); 4] = [
    ("green", HealthColour::Green),
    ("none", HealthColour::None),
    ("yellow_orange", HealthColour::YellowOrange),
    ("red", HealthColour::Red),
];
const VERDICTS: [(&str, VerdictKind); 4] = [
    ("admit", VerdictKind::Admit),
    ("hold", VerdictKind::Hold),
    ("refuse", VerdictKind::Refuse),
    ("check_by_hand", VerdictKind::CheckByHand),
];
const DOCUMENTS: [(&str, DocumentKind); 3] = [
    ("identity", DocumentKind::Identity),
    ("paper", DocumentKind::Paper),
    ("companion", DocumentKind::Companion),
];
const EVIDENCE: [(&str, EvidenceLevel); 6] = [
    ("structure_only", EvidenceLevel::StructureOnly),
    ("seen_by_staff", EvidenceLevel::SeenByStaff),
    ("signature_offline", EvidenceLevel::SignatureOffline),
    ("issuer_online", EvidenceLevel::IssuerOnline),
    ("document", EvidenceLevel::Document),
    ("none", EvidenceLevel::None),
];
const FAULTS: [(&str, Fault); 1] = [("camera_no_picture", Fault::CameraNoPicture)];
const MASKS: [(&str, Mask); 3] = [
    ("worn", Mask::Worn),
    ("put_on", Mask::PutOn),
    ("not_worn", Mask::NotWorn),
];
const SHOWN: [(&str, ShownKind); 4] = [
    ("decoded", ShownKind::Decoded),
    ("seen_by_staff", ShownKind::SeenByStaff),
    ("document", ShownKind::Document),
    ("nothing", ShownKind::Nothing),
];
const BANDS: [(&str, TemperatureBand); 3] = [
    ("normal", TemperatureBand::Normal),
    ("fever", TemperatureBand::Fever),
    ("low", TemperatureBand::Low),
];
const REASONS: [(&str, Reason); 10] = [
    ("red_code", Reason::RedCode),
    ("fever", Reason::Fever),
    ("yellow_code", Reason::YellowCode),
    ("low_temperature", Reason::LowTemperature),
    ("no_mask", Reason::NoMask),
    ("stale_code", Reason::StaleCode),
    ("code_from_the_future", Reason::CodeFromTheFuture),
    ("repeated_code", Reason::RepeatedCode),
    ("colour_not_seen", Reason::ColourNotSeen),
    ("nothing_shown", Reason::NothingShown),
];

/// What an audit needs of the leaf of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryLine<'a> {
    /// Position.
    pub position: u64,
    /// When.
    pub at: Moment,
    /// The gate.
    pub gate: &'a str,
    /// The guard.
    pub by: Option<PersonNumber>,
    /// How many digests of disclosures it carries.
    pub digests: u16,
    /// The family of the verdict.
    pub verdict: VerdictKind,
    /// Where the temperature lies.
    pub band: TemperatureBand,
    /// Position of the entry of which this is a further reading.
    pub follows: Option<u64>,
    /// How long its disclosures are kept.
    pub class: RetentionClass,
}

/// Reads the leaf of an entry; `None` for everything else and for the rare forms of one, which are then to be read
/// by [`Leaf::parse`].
#[must_use]
pub fn scan_entry(leaf: &[u8]) -> Option<EntryLine<'_>> {
    Some(scan(leaf)?.line)
}

/// The whole of what [`scan_entry`] goes through, for screens and exports: what [`Leaf::parse`] reads, in a tenth of
/// its time.
#[must_use]
pub fn scan_leaf(leaf: &[u8]) -> Option<Leaf> {
    let members = scan(leaf)?;
    let line = members.line;
    let entry = Entry {
        shown: members.shown,
        document: members.document,
        issuer: members.issuer.map(IssuerId::new),
        age_seconds: members.age_seconds,
        colour: members.colour,
        colour_source: members.colour_source,
        evidence: members.evidence,
        band: line.band,
        mask: members.mask,
        verdict: line.verdict,
        reasons: listed(members.reasons)
            .map(|word| meaning(&REASONS, word))
            .collect::<Option<_>>()?,
        fault: members.fault,
        follows: line.follows,
    };
    Some(Leaf {
        position: line.position,
        at: line.at,
        gate: line.gate.to_owned(),
        by: line.by,
        body: Body::Entry(entry),
        digests: listed(members.digests)
            .map(DisclosureDigest::of_base64url)
            .collect::<Option<_>>()?,
    })
}

/// All members of an entry's leaf.
struct Members<'a> {
    line: EntryLine<'a>,
    /// The list without its brackets.
    digests: &'a [u8],
    age_seconds: Option<u32>,
    colour_source: Option<ColourSource>,
    colour: Option<HealthColour>,
    document: Option<DocumentKind>,
    evidence: EvidenceLevel,
    fault: Option<Fault>,
    issuer: Option<&'a str>,
    mask: Mask,
    shown: ShownKind,
    /// The list without its brackets.
    reasons: &'a [u8],
}

/// The words of a list in quotes, none of which holds a quote or comma.
fn listed(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',')
        .filter_map(|word| word.strip_prefix(b"\"")?.strip_suffix(b"\""))
}

fn meaning<T: Copy>(words: &[(&str, T)], word: &[u8]) -> Option<T> {
    words
        .iter()
        .find(|(known, _)| known.as_bytes() == word)
        .map(|(_, meaning)| *meaning)
}

// Inlined so that whoever wants the line alone does not pay for the other members.
#[inline(always)]
fn scan(leaf: &[u8]) -> Option<Members<'_>> {
    if leaf.len() > LONGEST_LEAF_BYTES {
        return None;
    }
    let mut scan = Scan { rest: leaf };
    let (digest_count, digests) = scan.beginning()?;
    let age_seconds = scan.age()?;
    let boot = scan.after(b"\"b\":")?.small_integer()?;
    let colour_source = scan.optional_word(b",\"by\":\"", &SOURCES)?;
    let colour = scan.optional_word(b",\"code\":\"", &COLOURS)?;
    let verdict = scan.after(b",\"dec\":\"")?.word(&VERDICTS)?;
    let document = scan.optional_word(b",\"doc\":\"", &DOCUMENTS)?;
    let evidence = scan.after(b",\"ev\":\"")?.word(&EVIDENCE)?;
    let fault = scan.optional_word(b",\"fault\":\"", &FAULTS)?;
    let follows = scan.optional(b",\"follows\":", Scan::integer)?;
    let gate = scan.after(b",\"g\":\"")?.text()?;
    let position = scan.after(b",\"i\":")?.integer()?;
    let issuer = scan.optional(b",\"iss\":\"", Scan::text)?;
    let monotonic_ms = scan.after(b",\"m\":")?.integer()?;
    let mask = scan.after(b",\"mask\":\"")?.word(&MASKS)?;
    let by = scan.optional(b",\"op\":", Scan::small_integer)?.map(PersonNumber);
    let shown = scan.after(b",\"shown\":\"")?.word(&SHOWN)?;
    let wall_ms = i64::try_from(scan.after(b",\"t\":")?.integer()?).ok()?;
    let band = scan.after(b",\"tb\":\"")?.word(&BANDS)?;
    scan.need(b",\"typ\":\"entry\",\"v\":1")?;
    let (class, reasons) = scan.class(verdict)?;
    scan.need(b"}")?;
    let at = Moment {
        wall_ms,
        boot,
        monotonic_ms,
    };
    let line = EntryLine {
        position,
        at,
        gate,
        by,
        digests: digest_count,
        verdict,
        band,
        follows,
        class,
    };
    scan.rest.is_empty().then_some(Members {
        line,
        digests,
        age_seconds,
        colour_source,
        colour,
        document,
        evidence,
        fault,
        issuer,
        mask,
        shown,
        reasons,
    })
}

struct Scan<'a> {
    rest: &'a [u8],
}

impl<'a> Scan<'a> {
    /// The digests at the beginning of a leaf: how many, and the list without its brackets.
    #[inline(always)]
    fn beginning(&mut self) -> Option<(u16, &'a [u8])> {
        if !self.eat(b"{\"_sd\":[") {
            self.need(b"{")?;
            return Some((0, &self.rest[..0]));
        }
        let before = self.rest;
        let count = self.digests()?;
        let digests = &before[..before.len() - self.rest.len() - 1];
        self.need(b",")?;
        Some((count, digests))
    }

    #[inline(always)]
    fn age(&mut self) -> Option<Option<u32>> {
        let age = self.optional(b"\"age\":", Scan::small_integer)?;
        if age.is_some() {
            self.need(b",")?;
        }
        Some(age)
    }

    #[inline(always)]
    fn after<const N: usize>(&mut self, literal: &[u8; N]) -> Option<&mut Scan<'a>> {
        self.need(literal)?;
        Some(self)
    }

    #[inline(always)]
    fn optional<T, const N: usize>(
        &mut self,
        literal: &[u8; N],
        member: impl FnOnce(&mut Scan<'a>) -> Option<T>,
    ) -> Option<Option<T>> {
        if self.eat(literal) {
            member(self).map(Some)
        } else {
            Some(None)
        }
    }

    #[inline(always)]
    fn eat<const N: usize>(&mut self, literal: &[u8; N]) -> bool {
        match self.rest.split_first_chunk::<N>() {
            Some((start, rest)) if start == literal => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    #[inline(always)]
    fn need<const N: usize>(&mut self, literal: &[u8; N]) -> Option<()> {
        self.eat(literal).then_some(())
    }

    /// The rest of a word and its closing quote.
    #[inline(always)]
    fn word<T: Copy>(&mut self, words: &[(&str, T)]) -> Option<T> {
        let end = self.rest.iter().position(|byte| *byte == b'"')?;
        let (word, rest) = self.rest.split_at(end);
        self.rest = &rest[1..];
        meaning(words, word)
    }

    #[inline(always)]
    fn optional_word<T: Copy, const N: usize>(
        &mut self,
        member: &[u8; N],
        words: &[(&str, T)],
    ) -> Option<Option<T>> {
        match self.eat(member) {
            true => self.word(words).map(Some),
            false => Some(None),
        }
    }

    /// The rest of a text without escapes and its closing quote.
    #[inline(always)]
    fn text(&mut self) -> Option<&'a str> {
        let special = |byte: &u8| matches!(*byte, b'"' | b'\\' | 0..=0x1f);
        let end = self.rest.iter().position(special)?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.need(b"\"")?;
        std::str::from_utf8(text).ok()
    }

    /// An integer from 0 to 2^53 − 1.
    #[inline(always)]
    fn integer(&mut self) -> Option<u64> {
        let mut value = 0;
        let mut digits = 0;
        while let Some(digit) = self.rest.get(digits).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            value = value * 10 + u64::from(digit);
            digits += 1;
            if value > LARGEST_EXACT_INTEGER {
                return None;
            }
        }
        if digits == 0 || (self.rest[0] == b'0' && digits > 1) {
            return None;
        }
        self.rest = &self.rest[digits..];
        Some(value)
    }

    #[inline(always)]
    fn small_integer(&mut self) -> Option<u32> {
        u32::try_from(self.integer()?).ok()
    }

    /// The rest of the list of digests, which ascend by the bytes that they stand for.
    fn digests(&mut self) -> Option<u16> {
        let mut count = 0;
        let mut last: Option<&[u8; DIGEST_CHARACTERS]> = None;
        loop {
            self.need(b"\"")?;
            let (digest, rest) = self.rest.split_first_chunk::<DIGEST_CHARACTERS>()?;
            self.rest = rest;
            self.need(b"\"")?;
            let is_digest = digest
                .iter()
                .fold(true, |so_far, byte| so_far & is_base64url(*byte));
            // 258 bits for 256: the last two are zero.
            if !is_digest || base64url_value(digest[DIGEST_CHARACTERS - 1]) & 3 != 0 {
                return None;
            }
            if last.is_some_and(|last| !ascends(last, digest)) {
                return None;
            }
            last = Some(digest);
            count += 1;
            if !self.eat(b",") {
                self.need(b"]")?;
                return Some(count);
            }
        }
    }

    /// The class that the verdict and the reasons make ([`Body::retention_class`]), and the list of reasons without
    /// its brackets, empty where there are none.
    #[inline(always)]
    fn class(&mut self, verdict: VerdictKind) -> Option<(RetentionClass, &'a [u8])> {
        let mut is_grave = verdict == VerdictKind::Refuse;
        let mut reasons = &self.rest[..0];
        if self.eat(b",\"why\":[") {
            let before = self.rest;
            loop {
                self.need(b"\"")?;
                is_grave |= matches!(self.word(&REASONS)?, Reason::RedCode | Reason::Fever);
                if !self.eat(b",") {
                    self.need(b"]")?;
                    break;
                }
            }
            reasons = &before[..before.len() - self.rest.len() - 1];
        }
        let class = match is_grave {
            true => RetentionClass::Incident,
            false => RetentionClass::Visitor,
        };
        Some((class, reasons))
    }
}

fn ascends(a: &[u8; DIGEST_CHARACTERS], b: &[u8; DIGEST_CHARACTERS]) -> bool {
    let differing = a.iter().zip(b).find(|(a, b)| a != b);
    differing.is_some_and(|(a, b)| base64url_value(*a) < base64url_value(*b))
}

#[inline(always)]
fn is_base64url(byte: u8) -> bool {
    // Without a branch, so that the compiler takes many bytes at once.
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let digit = byte.wrapping_sub(b'0') < 10;
    letter | digit | (byte == b'-') | (byte == b'_')
}

fn base64url_value(byte: u8) -> u8 {
    match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        _ => 63,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_an_entry_stands_in_the_specification() {
        let specification = include_str!("../README.md");
        let (_, words) = specification
            .split_once("The words of these members")
            .expect("the table");
        let (words, _) = words.split_once("## ").expect("the next part");
        let member = |name: &str| {
            let row = words
                .lines()
                .find(|line| line.starts_with(&format!("| `{name}` |")));
            let (_, listed) = row
                .and_then(|row| row.trim_end_matches(" |").rsplit_once("| "))
                .expect("a row");
            listed.split(", ").map(str::to_owned).collect::<Vec<_>>()
        };
        fn sorted<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
            let mut words: Vec<_> = words.map(str::to_owned).collect();
            words.sort();
            words
        }
        for (name, known) in [
            ("shown", sorted(SHOWN.iter().map(|(word, _)| *word))),
            ("doc", sorted(DOCUMENTS.iter().map(|(word, _)| *word))),
            ("code", sorted(COLOURS.iter().map(|(word, _)| *word))),
            ("by", sorted(SOURCES.iter().map(|(word, _)| *word))),
            ("ev", sorted(EVIDENCE.iter().map(|(word, _)| *word))),
            ("tb", sorted(BANDS.iter().map(|(word, _)| *word))),
            ("mask", sorted(MASKS.iter().map(|(word, _)| *word))),
            ("dec", sorted(VERDICTS.iter().map(|(word, _)| *word))),
            ("why", sorted(REASONS.iter().map(|(word, _)| *word))),
            ("fault", sorted(FAULTS.iter().map(|(word, _)| *word))),
        ] {
            let mut listed = member(name);
            listed.sort();
            assert_eq!(listed, known, "{name}");
        }
    }
}
