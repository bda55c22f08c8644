//! What the screens see of Rust, collected once for the program and for the generated TypeScript.

use tauri_specta::{Builder, collect_commands, collect_events};

use crate::{commands, presenter};

pub(crate) fn builder() -> Builder<tauri::Wry> {
    // An absent value is `null` both ways here, so one type serves both directions.
    Builder::new()
        .disable_serde_phases()
        .commands(collect_commands![
            commands::app,
            commands::set_up,
            commands::sign_in,
            commands::sign_out,
            commands::staff,
            commands::add_person,
            commands::reset_pin,
            commands::change_pin,
            commands::close_account,
            commands::open_shift,
            commands::close_shift,
            commands::door,
            commands::press,
            commands::hand_scan,
            commands::watch_preview,
            commands::preview_shown,
            commands::entries,
            commands::figures,
            commands::filter_choices,
            commands::export_entries,
            commands::void_entry,
            commands::settings,
            commands::set_policy,
            commands::choose_camera,
            commands::set_appearance,
            commands::show_exports,
            commands::ledger,
            commands::audit_now,
            commands::print_seal,
            commands::answer_date,
            commands::make_certificate,
            commands::make_bundle,
            commands::make_backup,
            commands::set_retention,
            commands::place_hold,
            commands::lift_hold,
            commands::confirm_clock,
            commands::change_key,
            commands::keep_keys_in,
            commands::begin_witnessing,
            commands::witnessing,
            commands::witness_typed,
            commands::end_witnessing,
            commands::use_as_inspector,
            commands::leave_inspector,
            commands::inspector,
            commands::begin_visit,
            commands::trust_first_contact,
            commands::end_visit,
            commands::inspector_typed,
            commands::check_file,
        ])
        .events(collect_events![
            presenter::AppChanged,
            presenter::DoorChanged,
            presenter::ExportProgressed,
            presenter::AuditChanged,
            presenter::WitnessingChanged,
            presenter::InspectorChanged
        ])
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use specta_typescript::Typescript;

    use super::builder;

    /// `GATEPOST_UPDATE_BINDINGS=1` writes the file instead (`cargo xtask bindings`).
    #[test]
    fn the_bindings_in_the_tree_are_those_of_the_commands() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/ipc/bindings.ts");
        let folder = tempfile::tempdir().expect("a folder");
        let fresh = folder.path().join("bindings.ts");
        let header = "// Generated from Rust by `cargo xtask bindings`; a test compares it. Do not edit.\n";
        builder()
            .export(Typescript::default().header(header), &fresh)
            .expect("the types export");
        if std::env::var_os("GATEPOST_UPDATE_BINDINGS").is_some() {
            fs::copy(&fresh, &kept).expect("written");
        }
        let (fresh, kept) = (fs::read_to_string(&fresh), fs::read_to_string(&kept));
        assert!(
            fresh.expect("exported") == kept.expect("in the tree"),
            "ui/src/ipc/bindings.ts is out of date: run `cargo xtask bindings`"
        );
    }
}
