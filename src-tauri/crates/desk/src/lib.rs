#![doc = include_str!("../README.md")]

mod accounts;
mod bundle;
mod checking;
mod clock;
mod date;
mod demo;
mod desk;
mod door;
mod error;
mod export;
mod eye;
mod folder;
mod gate;
mod help;
mod housekeeping;
mod inspector;
mod ledger;
mod office;
mod opening;
mod papers;
mod preview;
mod rows;
mod session;
mod set_up;
mod shift;
pub mod simulate;
mod stage;
pub mod view;
mod visitor;
mod witnessing;

pub use accounts::checked_person;
pub use bundle::{LedgerSource, prepare_bundle};
pub use clock::{Clock, SystemClock, local_midnight_ms};
pub use desk::{CameraSource, Desk, DeskOptions, Earcon, Presenter};
pub use error::DeskError;
pub use export::{
    ExportError, ExportFormat, ExportRequest, Exported, PreparedExport, free_export_path, prepare_export,
};
pub use folder::{data_folder, export_folder, inspector_folder, usual_data_folder};
pub use gatepost_store::VaultKind;
pub use preview::{OUTLINE_BYTES, PREVIEW_WIDTH_PX};
