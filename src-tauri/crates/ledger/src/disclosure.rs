//! What a leaf commits to without saying it: salted disclosures and their digests (RFC 9901, section 4.2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatepost_codes::Personal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize;

/// Bytes of a salt: 128 random bits.
pub const SALT_BYTES: usize = 16;

/// What a disclosure tells. The word stands in the disclosure and in what seals it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The exact temperature, tenths of a degree Celsius.
    Temperature,
    /// The keyed hash of the payload, hexadecimal.
    Token,
    /// A visitor's name.
    Name,
    /// The number of a document.
    Document,
    /// A telephone number.
    Phone,
    /// A number plate.
    Plate,
    /// An address or where somebody came from.
    Address,
    /// Words of the staff.
    Note,
}

impl Field {
    /// Every field.
    pub const ALL: [Field; 8] = [
        Field::Temperature,
        Field::Token,
        Field::Name,
        Field::Document,
        Field::Phone,
        Field::Plate,
        Field::Address,
        Field::Note,
    ];

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Field::Temperature => "temperature",
            Field::Token => "token",
            Field::Name => "name",
            Field::Document => "document",
            Field::Phone => "phone",
            Field::Plate => "plate",
            Field::Address => "address",
            Field::Note => "note",
        }
    }

    /// The field of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Field> {
        Field::ALL.into_iter().find(|field| field.word() == word)
    }
}

/// A value that may be disclosed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Disclosed {
    /// An integer.
    Number(i64),
    /// A text.
    Text(String),
}

impl Zeroize for Disclosed {
    fn zeroize(&mut self) {
        match self {
            Disclosed::Number(number) => number.zeroize(),
            Disclosed::Text(text) => text.zeroize(),
        }
    }
}

/// SHA-256 of a disclosure, base64url without padding: what stands in the leaf's `_sd`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisclosureDigest([u8; 32]);

impl DisclosureDigest {
    /// The digest of a disclosure in its encoded form.
    #[must_use]
    pub fn of_encoded(encoded: &str) -> DisclosureDigest {
        DisclosureDigest(Sha256::digest(encoded.as_bytes()).into())
    }

    /// Of its 43 characters; `None` for anything else.
    pub(crate) fn of_base64url(characters: &[u8]) -> Option<DisclosureDigest> {
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(characters, &mut bytes).ok()?;
        (length == bytes.len()).then_some(DisclosureDigest(bytes))
    }
}

impl From<DisclosureDigest> for String {
    fn from(digest: DisclosureDigest) -> String {
        URL_SAFE_NO_PAD.encode(digest.0)
    }
}

/// Not 43 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a digest or disclosure")]
pub struct NotADisclosure;

impl TryFrom<String> for DisclosureDigest {
    type Error = NotADisclosure;

    fn try_from(text: String) -> Result<DisclosureDigest, NotADisclosure> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NotADisclosure)?;
        bytes.try_into().map(DisclosureDigest).map_err(|_| NotADisclosure)
    }
}

/// A salted value: `[salt, field, value]` as JSON, base64url. Whoever has it can show that the leaf meant it;
/// without the salt nobody can guess it from the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disclosure {
    /// What it tells.
    pub field: Field,
    /// What it says.
    pub value: Personal<Disclosed>,
    encoded: Personal<String>,
}

impl Disclosure {
    /// Salts a value with random bytes of the caller's.
    #[must_use]
    pub fn new(field: Field, value: Disclosed, salt: &[u8; SALT_BYTES]) -> Disclosure {
        let json = match &value {
            Disclosed::Number(number) => Value::from(*number),
            Disclosed::Text(text) => Value::from(text.as_str()),
        };
        let salt = URL_SAFE_NO_PAD.encode(salt);
        let mut array = format!("[\"{salt}\",\"{}\",{json}]", field.word());
        let encoded = URL_SAFE_NO_PAD.encode(&array);
        array.zeroize();
        Disclosure {
            field,
            value: Personal::new(value),
            encoded: Personal::new(encoded),
        }
    }

    /// Reads a disclosure from its encoded form.
    ///
    /// # Errors
    /// [`NotADisclosure`] for anything that [`Disclosure::new`] would not have made.
    pub fn parse(encoded: &str) -> Result<Disclosure, NotADisclosure> {
        let array = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| NotADisclosure)?;
        match number_in(&array) {
            Some((field, number)) => Ok(Disclosure {
                field,
                value: Personal::new(Disclosed::Number(number)),
                encoded: Personal::new(encoded.to_owned()),
            }),
            None => Disclosure::parse_any(encoded, &array),
        }
    }

    /// Reads whatever there is in the array, writes it again and refuses any difference.
    fn parse_any(encoded: &str, array: &[u8]) -> Result<Disclosure, NotADisclosure> {
        let (salt, word, value): (String, String, Value) =
            serde_json::from_slice(array).map_err(|_| NotADisclosure)?;
        let salt = URL_SAFE_NO_PAD.decode(salt).map_err(|_| NotADisclosure)?;
        let salt: [u8; SALT_BYTES] = salt.try_into().map_err(|_| NotADisclosure)?;
        let field = Field::of_word(&word).ok_or(NotADisclosure)?;
        let value = match value {
            Value::String(text) => Disclosed::Text(text),
            Value::Number(number) => Disclosed::Number(number.as_i64().ok_or(NotADisclosure)?),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return Err(NotADisclosure),
        };
        let disclosure = Disclosure::new(field, value, &salt);
        if disclosure.encoded.expose() == encoded {
            Ok(disclosure)
        } else {
            Err(NotADisclosure)
        }
    }

    /// The form that is hashed, kept and handed out. As personal as the value.
    #[must_use]
    pub fn encoded(&self) -> &Personal<String> {
        &self.encoded
    }

    /// What the leaf carries of it.
    #[must_use]
    pub fn digest(&self) -> DisclosureDigest {
        DisclosureDigest::of_encoded(self.encoded.expose())
    }
}

/// Characters of a salt in base64url without padding.
const SALT_CHARACTERS: usize = 22;

/// The field and value of an array that discloses a number in its one form, as those of millions of entries do: in
/// one pass. `None` for every other one, which is then read as JSON.
fn number_in(array: &[u8]) -> Option<(Field, i64)> {
    let (salt, rest) = array.strip_prefix(b"[\"")?.split_at_checked(SALT_CHARACTERS)?;
    // Strict: another text for the same bytes is refused.
    let mut bytes = [0; SALT_BYTES];
    let length = URL_SAFE_NO_PAD.decode_slice(salt, &mut bytes).ok()?;
    bytes.zeroize();
    let rest = rest.strip_prefix(b"\",\"")?.strip_suffix(b"]")?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    let field = Field::of_word(std::str::from_utf8(&rest[..end]).ok()?)?;
    let digits = std::str::from_utf8(rest[end..].strip_prefix(b"\",")?).ok()?;
    let number: i64 = digits.parse().ok()?;
    let is_only_form = length == SALT_BYTES && number.to_string() == digits;
    is_only_form.then_some((field, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_standards_example() {
        // RFC 9901, section 4.2.3: the disclosure of the family name Möbius.
        let encoded = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0";
        let digest = String::from(DisclosureDigest::of_encoded(encoded));
        assert_eq!(digest, "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0");
    }

    #[test]
    fn a_disclosure_reads_back_and_keeps_its_digest() {
        for value in [Disclosed::Number(365), Disclosed::Text("王示 \"引号\"".into())] {
            let disclosure = Disclosure::new(Field::Note, value.clone(), &[9; SALT_BYTES]);
            let read = Disclosure::parse(disclosure.encoded().expose()).expect("a disclosure");
            assert_eq!(read.value.expose(), &value);
            assert_eq!(read.digest(), disclosure.digest());
        }
    }

    #[test]
    fn a_number_is_read_in_one_pass_where_the_json_reader_reads_the_same_and_nowhere_else() {
        let agree = |array: &str| {
            let encoded = URL_SAFE_NO_PAD.encode(array);
            let read = Disclosure::parse_any(&encoded, array.as_bytes());
            let at_once = number_in(array.as_bytes());
            if let Some((field, number)) = at_once {
                let read = read.as_ref().expect("read in one pass and refused otherwise");
                assert_eq!(
                    (read.field, read.value.expose()),
                    (field, &Disclosed::Number(number))
                );
                assert_eq!(Disclosure::parse(&encoded).as_ref(), Ok(read));
            }
            (at_once.is_some(), read.is_ok())
        };
        let salt = "CQkJCQkJCQkJCQkJCQkJCQ";
        for number in ["0", "365", "-1", "9223372036854775807", "-9223372036854775808"] {
            let array = format!("[\"{salt}\",\"temperature\",{number}]");
            assert_eq!(agree(&array), (true, true), "{array}");
        }
        for number in [
            "-0",
            "00",
            "007",
            "+5",
            "1.0",
            "1e2",
            " 1",
            "1 ",
            "",
            "9223372036854775808",
        ] {
            let array = format!("[\"{salt}\",\"temperature\",{number}]");
            assert_eq!(agree(&array), (false, false), "{array}");
        }
        let array = format!("[\"{salt}\",\"temperature\",365]");
        for at in 0..array.len() {
            for flip in 1..0x80 {
                let mut changed = array.clone().into_bytes();
                changed[at] ^= flip;
                if let Ok(changed) = String::from_utf8(changed) {
                    agree(&changed);
                }
            }
        }
    }

    #[test]
    fn what_is_no_disclosure_of_ours_is_refused() {
        let array = |json: &str| URL_SAFE_NO_PAD.encode(json);
        for encoded in [
            array(r#"["CQkJCQkJCQkJCQkJCQkJCQ", "note", "spaces"]"#),
            array(r#"["CQkJ","note","a short salt"]"#),
            array(r#"["CQkJCQkJCQkJCQkJCQkJCQ","unheard_of",1]"#),
            array(r#"["CQkJCQkJCQkJCQkJCQkJCQ","note",[1]]"#),
            "no base64!".to_owned(),
        ] {
            assert_eq!(Disclosure::parse(&encoded), Err(NotADisclosure));
        }
    }
}
