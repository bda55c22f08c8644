//! The window as the desk's presenter: events and sounds, no decision.

use gatepost_desk::view::{AppView, AuditView, DoorView, ExportProgress, InspectorView, WitnessingView};
use gatepost_desk::{Earcon, Presenter};
use serde::Serialize;
use tauri::AppHandle;
use tauri_specta::Event;

use crate::sound::Speaker;

/// The room changed.
#[derive(Clone, Serialize, specta::Type, Event)]
pub(crate) struct AppChanged(AppView);

/// The door changed.
#[derive(Clone, Serialize, specta::Type, Event)]
pub(crate) struct DoorChanged(DoorView);

/// An export went on.
#[derive(Clone, Serialize, specta::Type, Event)]
pub(crate) struct ExportProgressed(ExportProgress);

/// The audit of the own ledger went on or ended.
#[derive(Clone, Serialize, specta::Type, Event)]
pub(crate) struct AuditChanged(AuditView);

/// Witnessing at the gate went on.
#[derive(Clone, Serialize, specta::Type, Event)]
pub(crate) struct WitnessingChanged(WitnessingView);

/// The inspector's own device has something new to show.
#[derive(Clone, Serialize, specta::Type, Event)]
pub(crate) struct InspectorChanged(InspectorView);

pub(crate) struct WindowPresenter {
    app: AppHandle,
    speaker: Speaker,
}

impl WindowPresenter {
    pub(crate) fn new(app: AppHandle) -> WindowPresenter {
        WindowPresenter {
            app,
            speaker: Speaker::start(),
        }
    }

    fn emit<E: Event + Serialize + Clone>(&self, event: &E) {
        if let Err(error) = event.emit(&self.app) {
            tracing::warn!(%error, "an event could not be sent");
        }
    }
}

impl Presenter for WindowPresenter {
    fn app_changed(&self, view: &AppView) {
        self.emit(&AppChanged(view.clone()));
    }

    fn door_changed(&self, view: &DoorView) {
        self.emit(&DoorChanged(view.clone()));
    }

    fn export_progress(&self, progress: ExportProgress) {
        self.emit(&ExportProgressed(progress));
    }

    fn audit_changed(&self, view: &AuditView) {
        self.emit(&AuditChanged(view.clone()));
    }

    fn witnessing_changed(&self, view: &WitnessingView) {
        self.emit(&WitnessingChanged(view.clone()));
    }

    fn inspector_changed(&self, view: &InspectorView) {
        self.emit(&InspectorChanged(view.clone()));
    }

    fn sound(&self, earcon: Earcon) {
        self.speaker.play(earcon);
    }
}
