//! Verifies a packed bundle.

use std::io::{self, Read, Seek};

use gatepost_ledger::bundle::{
    BundleError, BundleFault, BundleFile, BundleReport, BundleRule, BundleTrust, verify_bundle,
};

use crate::bundle::error::OpenError;
use crate::bundle::pack::Counted;
use crate::bundle::table;
use crate::bundle::unpack::ZipFiles;

/// Verifies everything in a packed bundle: what [`verify_bundle`] does, that the zip has its one form, and that the
/// two files for people say what the records say. The inner result is the verdict.
///
/// # Errors
/// The operating system's, where the file could not be read.
pub fn verify_bundle_file<R: Read + Seek>(
    zip: R,
    trust: &BundleTrust,
) -> io::Result<Result<BundleReport, BundleFault>> {
    match verify(zip, trust) {
        Ok(report) => Ok(Ok(report)),
        Err(BundleError::Fault(fault) | BundleError::Read(OpenError::Fault(fault))) => Ok(Err(fault)),
        Err(BundleError::Read(OpenError::Read(error))) => Err(error),
    }
}

fn verify<R: Read + Seek>(zip: R, trust: &BundleTrust) -> Result<BundleReport, BundleError<OpenError>> {
    use io::Write;

    let mut files = ZipFiles::open(zip).map_err(BundleError::Read)?;
    let (mut records, mut entries) = (Counted::new(io::sink()), Counted::new(io::sink()));
    let mut written = table::heading(&mut entries);
    let report = verify_bundle(&mut files, trust, |_, leaf| {
        let record = records.write_all(leaf).and_then(|()| records.write_all(b"\n"));
        let line = record.and_then(|()| table::line(leaf, &mut entries));
        written = std::mem::replace(&mut written, Ok(())).and(line);
    })?;
    written.map_err(|error| BundleError::Read(error.into()))?;
    let made = [records.so_far(), entries.so_far()];
    for (made, (file, found)) in made
        .iter()
        .zip(BundleFile::LISTED.into_iter().zip(&report.listed).skip(2))
    {
        if found != made {
            let expected = format!("what the records say ({} bytes)", made.bytes);
            let found = format!("something else ({} bytes)", found.bytes);
            return Err(BundleFault::file(file.name(), BundleRule::Content, expected, found).into());
        }
    }
    Ok(report)
}
