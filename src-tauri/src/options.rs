//! What the command line says.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use gatepost_desk::{CameraSource, DeskOptions, VaultKind, data_folder, export_folder, inspector_folder};
use tempfile::TempDir;

/// Gatepost · 门岗: checks health codes and temperatures at the door and keeps an honest log.
#[derive(Parser, Debug)]
#[command(name = "gatepost", version)]
pub(crate) struct Options {
    /// Folder of the database, the key and the logs (also GATEPOST_DATA_DIR).
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Play a recording (a Y4M file or a folder of PNG or JPEG pictures) instead of a webcam.
    #[arg(long, value_name = "PATH")]
    recording: Option<PathBuf>,
    /// Show the whole product with made-up data that are thrown away at the end.
    #[arg(long, conflicts_with_all = ["data_dir", "recording"])]
    demo: bool,
    /// Use this device as an inspector's own: it witnesses ledgers and checks files, and keeps no ledger. Its folder
    /// is --data-dir, or the usual one with `-inspector` behind its name.
    #[arg(long, conflicts_with = "demo")]
    inspector: bool,
}

/// A start that can go on.
#[derive(Clone)]
pub(crate) struct Started {
    pub(crate) desk: DeskOptions,
    pub(crate) demo: bool,
    /// Whether the data lie in the platform's own place.
    usual: bool,
    /// The demonstration's folder.
    throw_away: Option<Arc<TempDir>>,
}

impl Options {
    /// Chooses the folders.
    ///
    /// # Errors
    /// When there is no room for a demonstration's folder.
    pub(crate) fn prepare(self) -> io::Result<Started> {
        if self.demo {
            let folder = tempfile::Builder::new().prefix("gatepost-demo-").tempdir()?;
            let desk = DeskOptions {
                data_folder: folder.path().to_owned(),
                export_folder: folder.path().join("exports"),
                camera: CameraSource::Demo,
                vault: VaultKind::KeyFile,
                inspector_folder: folder.path().join("inspector"),
                as_inspector: false,
            };
            return Ok(Started {
                desk,
                demo: true,
                usual: false,
                throw_away: Some(Arc::new(folder)),
            });
        }
        let named = self.data_dir.is_some();
        let data_folder = data_folder(self.data_dir);
        let usual = data_folder == gatepost_desk::usual_data_folder() && !self.inspector;
        let inspector_folder = match self.inspector && named {
            true => data_folder.clone(),
            false => inspector_folder(&data_folder),
        };
        let desk = DeskOptions {
            export_folder: export_folder(&data_folder),
            data_folder,
            inspector_folder,
            as_inspector: self.inspector,
            camera: self
                .recording
                .map_or(CameraSource::Webcam, CameraSource::Recording),
            vault: VaultKind::preferred(),
        };
        Ok(Started {
            desk,
            demo: false,
            usual,
            throw_away: None,
        })
    }
}

impl Started {
    /// Removes a demonstration's folder.
    pub(crate) fn end(&self) {
        if let Some(folder) = &self.throw_away
            && let Err(error) = fs::remove_dir_all(folder.path())
        {
            tracing::warn!(%error, "the demonstration's folder could not be removed");
        }
    }

    /// The folder that this run works on.
    pub(crate) fn folder(&self) -> &Path {
        match self.desk.as_inspector {
            true => &self.desk.inspector_folder,
            false => &self.desk.data_folder,
        }
    }

    /// One window per data folder: a second instance hands over to the first one on the same data, and a
    /// demonstration never gets in the way of the real gate.
    pub(crate) fn identify(&self, config: &mut tauri::Config) {
        if !self.usual {
            let mut hasher = DefaultHasher::new();
            std::path::absolute(self.folder())
                .unwrap_or_else(|_| self.folder().to_owned())
                .hash(&mut hasher);
            config.identifier = format!("{}.d{:016x}", config.identifier, hasher.finish());
        }
    }
}
