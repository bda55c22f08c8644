//! Eight words for a seal or a key, to be read aloud over the telephone and compared by ear.

use sha2::{Digest, Sha256};

use crate::note::VerifierKey;
use crate::seal::Seal;

/// Words in a fingerprint.
pub const WORDS: usize = 8;

/// Which list the words come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// 256 short English words: any two differ in at least three letters and in their first four.
    English,
    /// 256 Chinese words of two characters; no character occurs twice in the whole list, and no two words sound
    /// alike, not even to speakers who do not tell zh from z, ang from an, n from l or hu from f.
    Chinese,
}

impl Language {
    /// The 256 words. The byte 0 is the first.
    fn list(self) -> impl Iterator<Item = &'static str> {
        let text = match self {
            Language::English => include_str!("words/english.txt"),
            Language::Chinese => include_str!("words/chinese.txt"),
        };
        text.split_ascii_whitespace()
    }
}

/// The first 64 bits of a SHA-256, as one word for each byte.
///
/// Whoever has heard the words of one seal would have to try 2^64 others to find a second with the same words, so
/// they show that nobody changed a ledger *afterwards*. They do not stop its owner from preparing two ledgers with
/// the same words before either is shown: some 2^32 attempts find such a pair. The proof is the signed seal in the
/// code beside the words, with all 256 bits; the words tell two people quickly that they look at the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; WORDS]);

impl Fingerprint {
    /// That of a seal: of the three lines that are signed, so that it depends on nobody's signature.
    #[must_use]
    pub fn of_seal(seal: &Seal) -> Fingerprint {
        Fingerprint::of_text(&seal.to_text())
    }

    /// That of a key: of its written form, name included.
    #[must_use]
    pub fn of_key(key: &VerifierKey) -> Fingerprint {
        Fingerprint::of_text(&key.to_string())
    }

    fn of_text(text: &str) -> Fingerprint {
        Fingerprint::of_hash(&Sha256::digest(text.as_bytes()).into())
    }

    /// That of a SHA-256.
    #[must_use]
    pub fn of_hash(hash: &[u8; 32]) -> Fingerprint {
        let first = hash.first_chunk().expect("32 bytes begin with 8");
        Fingerprint(*first)
    }

    /// Its words.
    #[must_use]
    pub fn words(self, language: Language) -> [&'static str; WORDS] {
        let list: Vec<_> = language.list().collect();
        self.0.map(|byte| list[usize::from(byte)])
    }

    /// Reads eight words back, as somebody typed them: with any white space or punctuation between them, Chinese
    /// also with none, English in any case. `None` for anything else.
    #[must_use]
    pub fn of_words(text: &str, language: Language) -> Option<Fingerprint> {
        let between = |symbol: char| !symbol.is_alphabetic();
        let words: Vec<String> = match language {
            Language::English => text
                .split(between)
                .filter(|word| !word.is_empty())
                .take(WORDS + 1)
                .map(str::to_ascii_lowercase)
                .collect(),
            Language::Chinese => {
                let symbols: Vec<char> = text.chars().filter(|symbol| !between(*symbol)).collect();
                symbols
                    .chunks(2)
                    .take(WORDS + 1)
                    .map(|pair| pair.iter().collect())
                    .collect()
            }
        };
        let byte_of = |word: &String| {
            let at = language.list().position(|known| known == word)?;
            u8::try_from(at).ok()
        };
        let bytes: Vec<u8> = words.iter().map(byte_of).collect::<Option<_>>()?;
        bytes.try_into().ok().map(Fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pinyin::ToPinyin;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn letters_apart(a: &str, b: &str) -> usize {
        let b: Vec<char> = b.chars().collect();
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.chars().enumerate() {
            let mut next = vec![i + 1];
            for (j, y) in b.iter().enumerate() {
                let replaced = row[j] + usize::from(x != *y);
                next.push(replaced.min(row[j + 1] + 1).min(next[j] + 1));
            }
            row = next;
        }
        row[b.len()]
    }

    /// How a word sounds where the accent is strongest, without tones.
    fn sound(word: &str) -> Vec<String> {
        let syllables = word
            .chars()
            .map(|symbol| symbol.to_pinyin().expect("a Chinese character").plain());
        let southern = |syllable: &str| {
            let (initial, rest) = match syllable {
                s if s.starts_with("zh") => ("z", &s[2..]),
                s if s.starts_with("ch") => ("c", &s[2..]),
                s if s.starts_with("sh") => ("s", &s[2..]),
                s if s.starts_with("hu") => ("f", &s[2..]),
                s if s.starts_with(['n', 'r']) => ("l", &s[1..]),
                s => ("", s),
            };
            let end = if rest.ends_with("ng") {
                rest.len() - 1
            } else {
                rest.len()
            };
            format!("{initial}{}", &rest[..end])
        };
        syllables.map(southern).collect()
    }

    #[test]
    fn no_two_english_words_are_easily_taken_for_each_other() {
        let words: Vec<_> = Language::English.list().collect();
        assert_eq!(words.len(), 256);
        for (at, word) in words.iter().enumerate() {
            assert!((4..=8).contains(&word.len()) && word.chars().all(|letter| letter.is_ascii_lowercase()));
            for other in &words[..at] {
                assert!(
                    letters_apart(word, other) >= 3 && word[..4] != other[..4],
                    "{word} {other}"
                );
            }
        }
    }

    #[test]
    fn no_two_chinese_words_share_a_character_or_sound_alike() {
        let words: Vec<_> = Language::Chinese.list().collect();
        assert_eq!(words.len(), 256);
        let symbols: HashSet<_> = words.iter().flat_map(|word| word.chars()).collect();
        assert_eq!(symbols.len(), 512);
        let mut sounds = HashSet::new();
        for word in words {
            assert_eq!(word.chars().count(), 2);
            assert!(sounds.insert(sound(word)), "{word}");
        }
    }

    #[test]
    fn a_byte_keeps_its_word_for_ever() {
        // Printed seals carry these words: the lists never change.
        for (language, sha256) in [
            (
                Language::English,
                "1001929a0f3557b48ed51f3691f7d1ccb2f4bbc0142e0ff264f5fb707e7311b3",
            ),
            (
                Language::Chinese,
                "b61b8a4f9b47e03cf259a0c7c11a995aab433768cbb76de2788e389ef3783872",
            ),
        ] {
            let list: Vec<_> = language.list().collect();
            let digest = Sha256::digest(list.join(" "));
            assert_eq!(format!("{digest:x}"), sha256);
        }
    }

    #[test]
    fn words_read_back_however_they_were_typed() {
        let print = Fingerprint([0, 1, 2, 3, 252, 253, 254, 255]);
        let english = print.words(Language::English);
        for typed in [
            english.join(" "),
            english.join(", ").to_uppercase(),
            english.join("\n1. "),
        ] {
            assert_eq!(
                Fingerprint::of_words(&typed, Language::English),
                Some(print),
                "{typed}"
            );
        }
        let chinese = print.words(Language::Chinese);
        for typed in [chinese.concat(), chinese.join("、"), chinese.join(" ")] {
            assert_eq!(
                Fingerprint::of_words(&typed, Language::Chinese),
                Some(print),
                "{typed}"
            );
        }
        assert_eq!(
            Fingerprint::of_words(&english[..7].join(" "), Language::English),
            None
        );
        assert_eq!(
            Fingerprint::of_words(&[english, english].concat().join(" "), Language::English),
            None
        );
        assert_eq!(Fingerprint::of_words(&chinese.join(" "), Language::English), None);
    }

    proptest! {
        #[test]
        fn every_fingerprint_reads_back_in_both_languages(bytes in any::<[u8; 32]>()) {
            let print = Fingerprint::of_hash(&bytes);
            for language in [Language::English, Language::Chinese] {
                let words = print.words(language).join(" ");
                prop_assert_eq!(Fingerprint::of_words(&words, language), Some(print));
            }
        }
    }
}
