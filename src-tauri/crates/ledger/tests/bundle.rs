//! The files of a bundle, however they are packed: each has to be there, and each is what it should be.

#[path = "bundle/unpacked.rs"]
mod unpacked;

use gatepost_ledger::bundle::{
    BundleError, BundleFault, BundleFile, BundleReport, BundleTrust, verify_bundle,
};
use gatepost_ledger::note::{KeyKind, KeyName, SignerKey};
use unpacked::Unpacked;
use zeroize::Zeroizing;

fn signer(seed: u8) -> SignerKey {
    let name = KeyName::new("gatepost.example/market/A1").expect("a name");
    SignerKey::of_seed(name, KeyKind::Note, &Zeroizing::new([seed; 32]))
}

fn verify(files: &Unpacked) -> Result<BundleReport, BundleFault> {
    match verify_bundle(&mut files.clone(), &BundleTrust::default(), |_, _| {}) {
        Ok(report) => Ok(report),
        Err(BundleError::Fault(fault)) => Err(fault),
        Err(BundleError::Read(never)) => match never {},
    }
}

#[test]
fn the_files_of_a_bundle_are_accepted_and_their_records_told_in_order() {
    let mut files = Unpacked::of(&signer(1));
    let mut told = Vec::new();
    let trust = BundleTrust::default();
    let report = verify_bundle(&mut files, &trust, |position, _| told.push(position)).expect("no fault");
    assert_eq!((report.seal.size, report.files), (3, 11));
    assert_eq!(told, [0, 1, 2]);
}

#[test]
fn a_file_that_is_missing_or_strange_is_refused() {
    let whole = Unpacked::of(&signer(1));
    for name in whole.0.keys() {
        let mut files = whole.clone();
        files.0.remove(name);
        let fault = verify(&files).expect_err(name);
        assert_eq!(fault.rule(), "files", "{name}");
    }
    for name in [
        "../checkpoint",
        "tile/0/001",
        "tile/entries/001",
        "checkpoints/1",
        "notes.txt",
    ] {
        let mut files = whole.clone();
        files.0.insert(name.into(), whole.0["checkpoint"].clone());
        assert!(verify(&files).is_err(), "{name}");
    }
}

#[test]
fn any_flipped_bit_of_any_file_is_refused() {
    let whole = Unpacked::of(&signer(1));
    for (name, bytes) in &whole.0 {
        for at in 0..bytes.len() {
            let mut files = whole.clone();
            files.0.get_mut(name).expect("it is there")[at] ^= 1 << (at % 8);
            assert!(verify(&files).is_err(), "byte {at} of {name}");
        }
    }
}

#[test]
fn a_manifest_of_another_key_is_refused() {
    let mut files = Unpacked::of(&signer(1));
    files.sign_manifest(&signer(2));
    let fault = verify(&files).expect_err("not the gate's");
    assert_eq!((fault.rule(), fault.position()), ("manifest", None));
    let edited = BundleFile::LISTED[2];
    let mut files = Unpacked::of(&signer(1));
    files.put(edited, "something else");
    assert_eq!(verify(&files).expect_err("not as signed").rule(), "content");
}
