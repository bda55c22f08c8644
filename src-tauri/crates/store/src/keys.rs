//! What is derived from the device's secret.

use argon2::password_hash::SaltString;
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use gatepost_codes::Personal;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{Secret, StoreError};

/// A keyed hash of a payload: tells whether two codes are the same one, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token(pub(crate) [u8; 16]);

/// What the secret is used for, each with a key of its own.
pub struct Keys {
    token: Zeroizing<[u8; 32]>,
    seal: Zeroizing<[u8; 32]>,
    pepper: Zeroizing<[u8; 32]>,
}

/// The parts of a sealed text that name where it belongs, so that it cannot be moved elsewhere.
#[derive(Clone, Copy)]
pub(crate) enum SealedField {
    PersonName(u32),
    /// Of schema 1; a disclosure since.
    VoidNote(u64),
}

impl Token {
    /// As a disclosure has it.
    pub(crate) fn to_hexadecimal(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The token that a disclosure has.
    pub(crate) fn of_hexadecimal(text: &str) -> Option<Token> {
        let mut token = Token([0; 16]);
        for (at, byte) in token.0.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        (token.to_hexadecimal() == text).then_some(token)
    }

    /// What is written down of a code that was seen on a day: a keyed hash (HMAC-SHA-256, 128 bits kept) under the
    /// key of that day's visitors. Once the key is destroyed nobody can tell in any copy whether two visits had
    /// the same code.
    pub(crate) fn sighting(self, day_key: &Secret) -> [u8; 16] {
        short_mac(day_key, &self.0)
    }
}

impl SealedField {
    fn associated_data(self) -> String {
        match self {
            SealedField::PersonName(number) => format!("person-name/{number}"),
            SealedField::VoidNote(position) => format!("void-note/{position}"),
        }
    }
}

const NONCE_BYTES: usize = 24;

impl Keys {
    /// The keys of the device's secret, [`crate::KeyItem::Device`].
    #[must_use]
    pub fn of_device(device: &Secret) -> Keys {
        let hkdf = Hkdf::<Sha256>::new(None, device.as_slice());
        let key = |info: &[u8]| {
            let mut out = Zeroizing::new([0; 32]);
            hkdf.expand(info, out.as_mut_slice())
                .expect("32 bytes are within what HKDF-SHA-256 gives");
            out
        };
        Keys {
            token: key(b"gatepost payload token v1"),
            seal: key(b"gatepost sealed field v1"),
            pepper: key(b"gatepost pin pepper v1"),
        }
    }

    /// The token of a payload (HMAC-SHA-256, 128 bits kept).
    #[must_use]
    pub fn token(&self, payload: &[u8]) -> Token {
        Token(short_mac(&self.token, payload))
    }

    pub(crate) fn seal(&self, field: SealedField, text: &Personal<String>) -> Result<Vec<u8>, StoreError> {
        let associated = field.associated_data();
        seal(&self.seal, associated.as_bytes(), text.expose().as_bytes())
    }

    pub(crate) fn open(&self, field: SealedField, sealed: &[u8]) -> Result<Personal<String>, StoreError> {
        if sealed.len() < NONCE_BYTES {
            return Err(StoreError::Damaged);
        }
        let associated = field.associated_data();
        // A wrong key and a changed byte look the same from here; a key that fits nothing is the commoner.
        let text = open(&self.seal, associated.as_bytes(), sealed).ok_or(StoreError::KeyMissing)?;
        let text = std::str::from_utf8(&text).map_err(|_| StoreError::Damaged)?;
        Ok(Personal::new(text.to_owned()))
    }

    pub(crate) fn hash_pin(&self, pin: &str) -> Result<String, StoreError> {
        let salt = SaltString::encode_b64(&random::<16>()?).expect("16 bytes are a valid salt");
        let hash = self
            .argon2()
            .hash_password(pin.as_bytes(), &salt)
            .expect("a PIN always hashes");
        Ok(hash.to_string())
    }

    pub(crate) fn pin_matches(&self, pin: &str, hash: &str) -> Result<bool, StoreError> {
        let hash = PasswordHash::new(hash).map_err(|_| StoreError::Damaged)?;
        Ok(self.argon2().verify_password(pin.as_bytes(), &hash).is_ok())
    }

    /// Argon2id with 64 MiB, 3 passes, 1 lane (RFC 9106 section 4, second choice, with one lane because the
    /// door's machine has few cores), peppered: the database alone does not let anybody try PINs.
    fn argon2(&self) -> Argon2<'_> {
        let params = Params::new(64 * 1024, 3, 1, None).expect("constants in range");
        Argon2::new_with_secret(
            self.pepper.as_slice(),
            Algorithm::Argon2id,
            Version::V0x13,
            params,
        )
        .expect("a pepper of 32 bytes is allowed")
    }
}

/// HMAC-SHA-256, its first 128 bits.
fn short_mac(key: &Secret, message: &[u8]) -> [u8; 16] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key.as_slice()).expect("HMAC takes any key");
    mac.update(message);
    let full = mac.finalize().into_bytes();
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}

/// `nonce ‖ XChaCha20-Poly1305(message)`.
pub(crate) fn seal(key: &Secret, associated: &[u8], message: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce: [u8; NONCE_BYTES] = random()?;
    let payload = Payload {
        msg: message,
        aad: associated,
    };
    let sealed = XChaCha20Poly1305::new(key.as_slice().into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        .expect("a short message always seals");
    Ok([&nonce, sealed.as_slice()].concat())
}

/// The message, or `None` where key, place or bytes do not fit.
pub(crate) fn open(key: &Secret, associated: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, message) = sealed.split_at_checked(NONCE_BYTES)?;
    let payload = Payload {
        msg: message,
        aad: associated,
    };
    let opened = XChaCha20Poly1305::new(key.as_slice().into()).decrypt(XNonce::from_slice(nonce), payload);
    opened.ok().map(Zeroizing::new)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| StoreError::Randomness)?;
    Ok(bytes)
}
