//! Where things are kept.

use std::path::PathBuf;

use directories::{ProjectDirs, UserDirs};

/// The data folder: the flag, else `GATEPOST_DATA_DIR`, else the platform's own place for data.
#[must_use]
pub fn data_folder(flag: Option<PathBuf>) -> PathBuf {
    flag.or_else(|| from_environment("GATEPOST_DATA_DIR"))
        .unwrap_or_else(usual_data_folder)
}

/// The platform's own place for the data.
#[must_use]
pub fn usual_data_folder() -> PathBuf {
    ProjectDirs::from("org", "gatepost", "Gatepost").map_or_else(
        || PathBuf::from("gatepost-data"),
        |folders| folders.data_dir().to_owned(),
    )
}

/// The export folder: `GATEPOST_EXPORT_DIR`, else `Gatepost` among the documents, else within the data.
#[must_use]
pub fn export_folder(data_folder: &std::path::Path) -> PathBuf {
    from_environment("GATEPOST_EXPORT_DIR").unwrap_or_else(|| {
        UserDirs::new()
            .and_then(|folders| folders.document_dir().map(|documents| documents.join("Gatepost")))
            .unwrap_or_else(|| data_folder.join("exports"))
    })
}

/// The folder of an inspector's device beside a data folder: its name with `-inspector` behind it.
#[must_use]
pub fn inspector_folder(data_folder: &std::path::Path) -> PathBuf {
    let mut name = data_folder.file_name().unwrap_or_default().to_owned();
    name.push("-inspector");
    data_folder.with_file_name(name)
}

fn from_environment(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
