//! Cosignatures (C2SP tlog-cosignature v1 with Ed25519): a witness states when it saw a seal.

use crate::note::{KeyKind, NoteError, NoteSignature, SignedNote, SignerKey, VerifierKey};

/// The latest time that a cosignature may state, seconds since 1970 UTC.
const LATEST_SECONDS: u64 = i64::MAX as u64;

/// A cosignature in a signature line: 8 bytes of time, big-endian, and 64 of an Ed25519 signature.
const COSIGNATURE_BYTES: usize = 72;

/// What a witness signs: that at this time the seal with this text was the largest it had seen of its ledger.
fn message(seal_text: &str, seconds: u64) -> Vec<u8> {
    format!("cosignature/v1\ntime {seconds}\n{seal_text}").into_bytes()
}

/// Cosigns the text of a seal at `seconds` since 1970 UTC on the witness's clock. The caller has verified the seal
/// and that it extends what this witness saw before.
///
/// # Errors
/// [`NoteError::Key`] for a key that does not cosign, [`NoteError::Malformed`] for a time of 2^63 or more.
pub fn cosign(seal_text: &str, key: &SignerKey, seconds: u64) -> Result<NoteSignature, NoteError> {
    let verifier = key.verifier();
    if verifier.kind() != KeyKind::Cosignature {
        return Err(NoteError::Key);
    }
    if seconds > LATEST_SECONDS {
        return Err(NoteError::Malformed);
    }
    let mut signature = seconds.to_be_bytes().to_vec();
    signature.extend_from_slice(&key.sign(&message(seal_text, seconds)));
    Ok(NoteSignature {
        id: verifier.id(),
        name: verifier.name().clone(),
        signature,
    })
}

/// The time that `line` states, if it is a cosignature of `witness` over the text of this seal: seconds since
/// 1970 UTC on the witness's clock.
///
/// # Errors
/// [`NoteError::Unsigned`] for a line of another key, [`NoteError::BadSignature`] for one that does not verify.
pub fn verify(seal_text: &str, line: &NoteSignature, witness: &VerifierKey) -> Result<u64, NoteError> {
    if witness.kind() != KeyKind::Cosignature || line.id != witness.id() || line.name != *witness.name() {
        return Err(NoteError::Unsigned);
    }
    verify_bytes(seal_text, &line.signature, witness)
}

/// The earliest time at which `witness` cosigned the text of this note. Every line that claims to be this
/// witness's must verify.
///
/// # Errors
/// [`NoteError::Unsigned`] where no line is, [`NoteError::BadSignature`] where one does not verify.
pub fn time_in(note: &SignedNote, witness: &VerifierKey) -> Result<u64, NoteError> {
    if witness.kind() != KeyKind::Cosignature {
        return Err(NoteError::Unsigned);
    }
    let mut earliest = Err(NoteError::Unsigned);
    for signature in note.signatures_of(witness) {
        let time = verify_bytes(&note.text, signature, witness)?;
        earliest = Ok(earliest.map_or(time, |known: u64| known.min(time)));
    }
    earliest
}

fn verify_bytes(seal_text: &str, bytes: &[u8], witness: &VerifierKey) -> Result<u64, NoteError> {
    let bytes: &[u8; COSIGNATURE_BYTES] = bytes.try_into().map_err(|_| NoteError::BadSignature)?;
    let (seconds, signature) = bytes.split_first_chunk::<8>().expect("72 bytes begin with 8");
    let seconds = u64::from_be_bytes(*seconds);
    let signature = signature.try_into().expect("64 of 72 bytes follow the first 8");
    if seconds > LATEST_SECONDS {
        return Err(NoteError::BadSignature);
    }
    witness.verify(&message(seal_text, seconds), signature)?;
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::KeyName;
    use zeroize::Zeroizing;

    const SEAL: &str = "gatepost.example/market/A1\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    const TIME: u64 = 1_795_174_248;

    fn key(kind: KeyKind) -> SignerKey {
        let name = KeyName::new("inspector.example/zhang-7").expect("a name");
        SignerKey::of_seed(name, kind, &Zeroizing::new([3; 32]))
    }

    #[test]
    fn a_cosignature_tells_its_time_and_its_line_has_134_bytes_with_a_name_of_25() {
        let witness = key(KeyKind::Cosignature);
        let line = cosign(SEAL, &witness, TIME).expect("cosigned");
        assert_eq!(line.to_string().len(), 134);
        let read: NoteSignature = line.to_string().parse().expect("a line");
        assert_eq!(verify(SEAL, &read, &witness.verifier()), Ok(TIME));
    }

    #[test]
    fn another_time_another_seal_or_any_changed_byte_is_refused() {
        let witness = key(KeyKind::Cosignature);
        let line = cosign(SEAL, &witness, TIME).expect("cosigned");
        let other = SEAL.replace("\n7\n", "\n8\n");
        assert_eq!(
            verify(&other, &line, &witness.verifier()),
            Err(NoteError::BadSignature)
        );
        for at in 0..line.signature.len() {
            let mut changed = line.clone();
            changed.signature[at] ^= 1;
            assert_eq!(
                verify(SEAL, &changed, &witness.verifier()),
                Err(NoteError::BadSignature)
            );
        }
    }

    #[test]
    fn a_key_that_signs_notes_does_not_cosign_and_the_other_way_round() {
        assert_eq!(cosign(SEAL, &key(KeyKind::Note), TIME), Err(NoteError::Key));
        let cosigner = key(KeyKind::Cosignature);
        let mut plain = SignedNote::sign(SEAL.into(), &cosigner);
        assert_eq!(plain.verify(&cosigner.verifier()), Err(NoteError::Unsigned));
        assert_eq!(
            time_in(&plain, &cosigner.verifier()),
            Err(NoteError::BadSignature)
        );
        plain.signatures = vec![cosign(SEAL, &cosigner, TIME).expect("cosigned")];
        assert_eq!(
            plain.verify(&key(KeyKind::Note).verifier()),
            Err(NoteError::Unsigned)
        );
    }

    #[test]
    fn of_two_cosignatures_of_one_witness_the_earlier_time_counts_and_both_must_verify() {
        let witness = key(KeyKind::Cosignature);
        let lines = [TIME + 60, TIME].map(|time| cosign(SEAL, &witness, time).expect("cosigned"));
        let mut note = SignedNote {
            text: SEAL.into(),
            signatures: lines.to_vec(),
        };
        assert_eq!(time_in(&note, &witness.verifier()), Ok(TIME));
        note.signatures[0].signature[71] ^= 1;
        assert_eq!(time_in(&note, &witness.verifier()), Err(NoteError::BadSignature));
    }
}
