//! The bundle: written from ledgers made in code, accepted by two readers that share no line, refused after any
//! flipped byte.

#[path = "bundle/ledger.rs"]
mod ledger;

use std::io::Cursor;

use gatepost_ledger::bundle::{BundleFault, BundleReport, BundleTrust};
use gatepost_report::verify_bundle_file;
use ledger::Ledger;

fn verify(zip: &[u8]) -> Result<BundleReport, BundleFault> {
    verify_with(zip, &BundleTrust::default())
}

fn verify_with(zip: &[u8], trust: &BundleTrust) -> Result<BundleReport, BundleFault> {
    verify_bundle_file(Cursor::new(zip), trust).expect("bytes in memory can be read")
}

#[test]
fn a_bundle_of_any_size_is_accepted_and_says_what_it_holds() {
    for size in [1, 2, 255, 256, 257, 1000] {
        let mut ledger = Ledger::of(size);
        let zip = ledger.bundle();
        let report = verify(&zip).unwrap_or_else(|fault| panic!("{size} records: {fault}"));
        assert_eq!(report.seal.size, size);
        assert_eq!(report.range, 0..size);
        assert_eq!(report.audit.map(|audit| audit.size), Some(size));
        assert_eq!(zip, ledger.bundle(), "the same ledger gives the same bytes");
    }
}

#[test]
fn any_flipped_byte_of_a_small_bundle_is_refused() {
    let zip = Ledger::of(40).bundle();
    verify(&zip).expect("no fault");
    for at in 0..zip.len() {
        let mut changed = zip.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(verify(&changed).is_err(), "byte {at} of {}", zip.len());
        changed[at] = zip[at] ^ 0xff;
        assert!(verify(&changed).is_err(), "byte {at} of {}", zip.len());
    }
}
