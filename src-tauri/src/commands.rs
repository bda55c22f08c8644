//! Commands: parse, call one method of the desk, answer. Roles are checked by the desk.

use std::sync::Arc;

use gatepost_codes::Personal;
use gatepost_desk::view::{
    AppView, Appearance, AuditView, BundleForm, CertificateMade, DateAnswer, DoorKey, DoorView, EntriesPage,
    EntryFilter, EntryRow, ExportDone, Figures, FileMade, FilterChoices, HoldView, InspectorView,
    KeyChangeForm, LedgerView, NewPersonForm, PersonNumber, RetentionPolicy, SetUpForm, SettingsView,
    StaffView, VoidReason, WitnessingView,
};
use gatepost_desk::{Desk, DeskError, ExportFormat, VaultKind};
use gatepost_rules::Policy;
use specta::datatype::DataType;
use specta::{Type, Types};
use tauri::ipc::{Channel, InvokeResponseBody, IpcResponse};
use tauri::{AppHandle, State};
use tauri_plugin_opener::OpenerExt;

type TheDesk<'a> = State<'a, Arc<Desk>>;

/// A picture for the door screen, as raw bytes: an outline and a JPEG (`gatepost_desk::OUTLINE_BYTES`).
pub(crate) struct PreviewPicture(Vec<u8>);

impl IpcResponse for PreviewPicture {
    fn body(self) -> tauri::Result<InvokeResponseBody> {
        Ok(InvokeResponseBody::Raw(self.0))
    }
}

impl Type for PreviewPicture {
    fn definition(_: &mut Types) -> DataType {
        DataType::Reference(specta_typescript::define("ArrayBuffer"))
    }
}

/// The whole program.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn app(desk: TheDesk<'_>) -> Result<AppView, DeskError> {
    Ok(desk.app())
}

/// First start.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_up(desk: TheDesk<'_>, form: SetUpForm) -> Result<AppView, DeskError> {
    desk.set_up(&form)
}

/// Signs somebody in.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn sign_in(desk: TheDesk<'_>, person: PersonNumber, pin: String) -> Result<AppView, DeskError> {
    desk.sign_in(person, &Personal::new(pin))
}

/// Signs out.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn sign_out(desk: TheDesk<'_>) -> Result<AppView, DeskError> {
    desk.sign_out()
}

/// Everybody who has or had an account.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn staff(desk: TheDesk<'_>) -> Result<StaffView, DeskError> {
    desk.staff()
}

/// Gives somebody an account.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn add_person(desk: TheDesk<'_>, form: NewPersonForm) -> Result<StaffView, DeskError> {
    desk.add_person(&form)
}

/// Gives an account another PIN.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn reset_pin(
    desk: TheDesk<'_>,
    person: PersonNumber,
    pin: String,
) -> Result<StaffView, DeskError> {
    desk.reset_pin(person, &pin)
}

/// Changes the PIN of whoever is signed in.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn change_pin(desk: TheDesk<'_>, old_pin: String, new_pin: String) -> Result<(), DeskError> {
    desk.change_pin(&Personal::new(old_pin), &new_pin)
}

/// Closes an account for good.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn close_account(desk: TheDesk<'_>, person: PersonNumber) -> Result<StaffView, DeskError> {
    desk.close_account(person)
}

/// Opens a shift.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn open_shift(desk: TheDesk<'_>) -> Result<AppView, DeskError> {
    desk.open_shift()
}

/// Closes the shift.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn close_shift(desk: TheDesk<'_>) -> Result<AppView, DeskError> {
    desk.close_shift()
}

/// Everything the door screen shows.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn door(desk: TheDesk<'_>) -> Result<DoorView, DeskError> {
    desk.door()
}

/// One key at the door.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn press(desk: TheDesk<'_>, key: DoorKey) -> Result<DoorView, DeskError> {
    desk.press(key)
}

/// A code from a hand scanner that types like a keyboard.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn hand_scan(desk: TheDesk<'_>, typed: String) -> Result<DoorView, DeskError> {
    desk.hand_scan(&typed)
}

/// Sends pictures until the window takes them no more.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn watch_preview(desk: TheDesk<'_>, channel: Channel<PreviewPicture>) -> Result<(), DeskError> {
    desk.watch_preview(move |picture| channel.send(PreviewPicture(picture)).is_ok())
}

/// The last picture was drawn.
#[tauri::command]
#[specta::specta]
pub(crate) fn preview_shown(desk: TheDesk<'_>) -> Result<(), DeskError> {
    desk.preview_shown()
}

/// A page of the log.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn entries(
    desk: TheDesk<'_>,
    filter: EntryFilter,
    before: Option<u32>,
    limit: u16,
) -> Result<EntriesPage, DeskError> {
    desk.entries(&filter, before, limit)
}

/// The figures above the log.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn figures(desk: TheDesk<'_>, filter: EntryFilter) -> Result<Figures, DeskError> {
    desk.figures(&filter)
}

/// What the filters offer.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn filter_choices(desk: TheDesk<'_>) -> Result<FilterChoices, DeskError> {
    desk.filter_choices()
}

/// Writes the entries of a filter as a file.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn export_entries(
    desk: TheDesk<'_>,
    filter: EntryFilter,
    format: ExportFormat,
) -> Result<ExportDone, DeskError> {
    desk.export_entries(&filter, format)
}

/// Strikes an entry through.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn void_entry(
    desk: TheDesk<'_>,
    position: u32,
    reason: VoidReason,
    note: String,
) -> Result<EntryRow, DeskError> {
    desk.void_entry(position, reason, &note)
}

/// The venue's settings.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn settings(desk: TheDesk<'_>) -> Result<SettingsView, DeskError> {
    desk.settings()
}

/// New rules.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_policy(desk: TheDesk<'_>, policy: Policy) -> Result<SettingsView, DeskError> {
    desk.set_policy(policy)
}

/// Another camera.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn choose_camera(desk: TheDesk<'_>, id: Option<String>) -> Result<SettingsView, DeskError> {
    desk.choose_camera(id.as_deref())
}

/// Look and sound.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_appearance(desk: TheDesk<'_>, appearance: Appearance) -> Result<AppView, DeskError> {
    desk.set_appearance(appearance)
}

/// Opens the folder of the exports in the system's file manager.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn show_exports(app: AppHandle, desk: TheDesk<'_>) -> Result<(), DeskError> {
    let folder = desk.exports_to_show()?;
    app.opener()
        .open_path(folder.display().to_string(), None::<&str>)
        .map_err(|_| DeskError::ExportFolder)
}

/// The ledger.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn ledger(desk: TheDesk<'_>) -> Result<LedgerView, DeskError> {
    desk.ledger()
}

/// Audits the ledger from its first record on.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn audit_now(desk: TheDesk<'_>) -> Result<AuditView, DeskError> {
    desk.audit_now()
}

/// Writes the newest seal as a sheet and opens it for printing.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn print_seal(app: AppHandle, desk: TheDesk<'_>) -> Result<FileMade, DeskError> {
    let sheet = desk.seal_to_print()?;
    open_for_printing(&app, &sheet);
    Ok(sheet)
}

fn open_for_printing(app: &AppHandle, sheet: &FileMade) {
    if let Err(error) = app.opener().open_path(&sheet.path, None::<&str>) {
        // The screen says where the sheet is.
        tracing::warn!(%error, "the sheet could not be opened");
    }
}

/// Whether the date is today's.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn answer_date(desk: TheDesk<'_>, answer: DateAnswer) -> Result<AppView, DeskError> {
    desk.answer_date(&answer)
}

/// Writes the certificate of a destruction and opens its sheet for printing.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn make_certificate(
    app: AppHandle,
    desk: TheDesk<'_>,
    position: u32,
) -> Result<CertificateMade, DeskError> {
    let made = desk.make_certificate(position)?;
    open_for_printing(&app, &made.sheet);
    Ok(made)
}

/// Writes the audit bundle.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn make_bundle(desk: TheDesk<'_>, form: BundleForm) -> Result<FileMade, DeskError> {
    desk.make_bundle(&form)
}

/// Writes a backup.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn make_backup(desk: TheDesk<'_>) -> Result<FileMade, DeskError> {
    desk.make_backup()
}

/// How long disclosures are kept.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_retention(desk: TheDesk<'_>, policy: RetentionPolicy) -> Result<LedgerView, DeskError> {
    desk.set_retention(policy)
}

/// Keeps disclosures while an investigation runs.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn place_hold(desk: TheDesk<'_>, hold: HoldView) -> Result<LedgerView, DeskError> {
    desk.place_hold(&hold)
}

/// Ends a hold.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn lift_hold(desk: TheDesk<'_>, hold: HoldView) -> Result<LedgerView, DeskError> {
    desk.lift_hold(&hold)
}

/// The clock is right.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn confirm_clock(desk: TheDesk<'_>) -> Result<LedgerView, DeskError> {
    desk.confirm_clock()
}

/// A new key for the ledger.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn change_key(desk: TheDesk<'_>, form: KeyChangeForm) -> Result<LedgerView, DeskError> {
    desk.change_key(form)
}

/// Moves the keys into the system's keychain, or into files.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn keep_keys_in(desk: TheDesk<'_>, kind: VaultKind) -> Result<LedgerView, DeskError> {
    desk.keep_keys_in(kind)
}

/// Waits for an inspector's code.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn begin_witnessing(desk: TheDesk<'_>) -> Result<WitnessingView, DeskError> {
    desk.begin_witnessing()
}

/// Where witnessing stands.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn witnessing(desk: TheDesk<'_>) -> Result<WitnessingView, DeskError> {
    desk.witnessing()
}

/// An inspector's code, typed by a hand scanner.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn witness_typed(desk: TheDesk<'_>, typed: String) -> Result<WitnessingView, DeskError> {
    desk.witness_typed(&typed)
}

/// Waits for no inspector any more.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn end_witnessing(desk: TheDesk<'_>) -> Result<WitnessingView, DeskError> {
    desk.end_witnessing()
}

/// Makes this device an inspector's own.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn use_as_inspector(desk: TheDesk<'_>) -> Result<AppView, DeskError> {
    desk.use_as_inspector()
}

/// Goes back to the first screen.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn leave_inspector(desk: TheDesk<'_>) -> Result<AppView, DeskError> {
    desk.leave_inspector()
}

/// The inspector's own device.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn inspector(desk: TheDesk<'_>) -> Result<InspectorView, DeskError> {
    desk.inspector()
}

/// Begins a visit at a gate.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn begin_visit(desk: TheDesk<'_>, origin: Option<String>) -> Result<InspectorView, DeskError> {
    desk.begin_visit(origin.as_deref())
}

/// The words of a ledger that was never seen before are the right ones.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn trust_first_contact(desk: TheDesk<'_>) -> Result<InspectorView, DeskError> {
    desk.trust_first_contact()
}

/// Ends the visit.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn end_visit(desk: TheDesk<'_>) -> Result<InspectorView, DeskError> {
    desk.end_visit()
}

/// A gate's code, typed by a hand scanner.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn inspector_typed(desk: TheDesk<'_>, typed: String) -> Result<InspectorView, DeskError> {
    desk.inspector_typed(&typed)
}

/// Checks a bundle or a copied data folder.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn check_file(desk: TheDesk<'_>, path: String) -> Result<InspectorView, DeskError> {
    desk.check_file(&path)
}
