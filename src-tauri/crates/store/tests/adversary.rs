//! Somebody with the file, and even with the gate's own key: each change is found at its place and by its rule.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use chrono::DateTime;
use gatepost_codes::{EvidenceLevel, HealthColour, Personal};
use gatepost_ledger::audit::{Rule, Statement, Trust};
use gatepost_ledger::cosignature::cosign;
use gatepost_ledger::note::{KeyKind, KeyName, SignedNote, SignerKey, VerifierKey};
use gatepost_ledger::tree::{Frontier, Hash};
use gatepost_ledger::{
    Body, Entry, Leaf, LedgerDay, Moment, PersonNumber, RetentionClass, Role, Seal, VenueKind, VoidReason,
};
use gatepost_rules::{BodyTemperature, ColourSource, Mask, Policy, ShownKind, TemperatureBand, VerdictKind};
use gatepost_store::{
    AuditOptions, AuditReport, Audited, DATABASE_NAME, IncrementalAudit, KeyFile, KeyItem, KeyVault,
    NewEntry, NewPerson, NewRecord, RESERVE_NAME, Reader, ScanId, SetUp, Step, Store, StoreError, Venue,
    audit_folder,
};
use rusqlite::Connection;
use tempfile::TempDir;
use zeroize::Zeroizing;

const GUARD: PersonNumber = PersonNumber(2);
/// A morning in China.
const START_MS: i64 = 1_795_132_800_000;
const DAY_S: i64 = 86_400;
const START_DAY: i32 = (START_MS / 1000 / DAY_S) as i32;
/// Genesis, two people, policy.
const SET_UP: u64 = 4;
/// The shift, eight entries, a void, the end of the shift.
const SIZE: u64 = SET_UP + 11;
/// An entry in the middle, and its disclosures' number.
const ENTRY: u64 = SET_UP + 4;

/// Names and contents.
type Files = Vec<(OsString, Vec<u8>)>;

/// One data folder and the second that it is there.
struct Gate {
    folder: TempDir,
    store: Option<Store>,
    second: i64,
}

impl Gate {
    fn new() -> Gate {
        let folder = tempfile::tempdir().expect("a folder");
        let mut gate = Gate {
            folder,
            store: None,
            second: 0,
        };
        let people = [("陈试", Role::Manager, "284613"), ("王试", Role::Guard, "730519")];
        let set_up = SetUp {
            venue: Venue {
                name: "测试超市".into(),
                kind: VenueKind::Supermarket,
                gate: "东门".into(),
                opens: "08:00".into(),
                closes: "22:00".into(),
                demo: false,
            },
            policy: Policy::default(),
            people: people
                .into_iter()
                .map(|(name, role, pin)| NewPerson {
                    name: Personal::new(name.into()),
                    role,
                    pin: Personal::new(pin.into()),
                })
                .collect(),
        };
        let at = gate.moment();
        gate.store().set_up(at, &set_up).expect("the set-up");
        gate
    }

    /// A gate after one shift, closed; always the same one.
    fn after_a_shift() -> Gate {
        // Two PINs take a moment to hash, so it is set up once. Its files are kept and not the folder, which nobody
        // would remove at the end of the process.
        static FIRST: LazyLock<(Files, i64)> = LazyLock::new(|| {
            let gate = Gate::with_a_shift();
            (files_of(gate.path()), gate.second)
        });
        let (first, second) = &*FIRST;
        let folder = tempfile::tempdir().expect("a folder");
        for (name, bytes) in first {
            fs::write(folder.path().join(name), bytes).expect("a copy");
        }
        Gate {
            folder,
            store: None,
            second: *second,
        }
    }

    fn with_a_shift() -> Gate {
        let mut gate = Gate::new();
        let at = gate.moment();
        let shift = gate.store().open_shift(at, "东门", GUARD).expect("a shift");
        for _ in 0..8 {
            gate.entry();
        }
        let at = gate.moment();
        let note = Personal::new("重复登记".to_owned());
        let voided = gate
            .store()
            .append_void(at, "东门", GUARD, ENTRY, VoidReason::Duplicate, Some(&note));
        voided.expect("a void");
        let at = gate.moment();
        gate.store()
            .close_shift(at, "东门", GUARD, shift)
            .expect("closed");
        gate.close();
        gate
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn store(&mut self) -> &mut Store {
        let folder = self.folder.path();
        self.store
            .get_or_insert_with(|| Store::open(folder, KeyFile::in_folder(folder)).expect("the data"))
    }

    fn close(&mut self) {
        self.store = None;
    }

    fn moment(&mut self) -> Moment {
        self.second += 1;
        Moment {
            wall_ms: START_MS + self.second * 1000,
            boot: 1,
            monotonic_ms: (self.second * 1000) as u64,
        }
    }

    fn entry(&mut self) -> u64 {
        let at = self.moment();
        self.entry_at(at)
    }

    fn entry_at(&mut self, at: Moment) -> u64 {
        let offset_s = 8 * 3600;
        let local = DateTime::from_timestamp(at.wall_ms / 1000 + offset_s, 0).expect("a time");
        let token = self.store().token(&at.monotonic_ms.to_be_bytes());
        let new = NewEntry {
            scan_id: ScanId::random().expect("randomness"),
            at,
            day: local.date_naive(),
            offset_s: offset_s as i32,
            gate: "东门".into(),
            guard: GUARD,
            entry: Entry {
                shown: ShownKind::Decoded,
                document: None,
                issuer: None,
                age_seconds: None,
                colour: Some(HealthColour::Green),
                colour_source: Some(ColourSource::Camera),
                evidence: EvidenceLevel::StructureOnly,
                band: TemperatureBand::Normal,
                mask: Mask::Worn,
                verdict: VerdictKind::Admit,
                reasons: vec![],
                fault: None,
                follows: None,
            },
            temperature: BodyTemperature::from_tenths(365).expect("a temperature"),
            token: Some(token),
        };
        self.store().append_entry(&new).expect("an entry")
    }

    fn record(&mut self, body: Body) -> u64 {
        let record = NewRecord {
            at: self.moment(),
            gate: "东门".into(),
            by: None,
            body,
        };
        let appended = self.store().append_of_any_kind(&record, vec![]);
        appended.expect("a record")
    }

    /// Changes the database as a stranger does: without the triggers that guard it, which then look untouched.
    fn tamper(&mut self, sql: &str) {
        self.close();
        let (raw, triggers) = unguarded(self.path());
        raw.execute_batch(sql)
            .expect("whoever has the file may do as he likes");
        raw.execute_batch(&triggers).expect("as they were");
    }

    fn audit_with(&self, statements: Vec<Statement>) -> Audited {
        let options = AuditOptions {
            trust: Trust {
                statements,
                ..Trust::default()
            },
            ..AuditOptions::default()
        };
        audit_folder(self.path(), options).expect("readable")
    }

    fn fault_with(&self, statements: Vec<Statement>) -> (u64, Rule) {
        match self.audit_with(statements) {
            Audited::Faulty(fault) => (fault.position, fault.rule),
            Audited::Sound(_) | Audited::Cancelled => panic!("nothing was found"),
        }
    }

    fn fault(&self) -> (u64, Rule) {
        let fault = self.fault_with(vec![]);
        let Audited::Faulty(in_steps) = in_steps(self.path()) else {
            panic!("nothing was found in steps");
        };
        assert_eq!((in_steps.position, in_steps.rule), fault);
        fault
    }

    fn sound_with(&self, statements: Vec<Statement>) -> AuditReport {
        match self.audit_with(statements) {
            Audited::Sound(report) => report,
            other => panic!("{other:?}"),
        }
    }

    fn sound(&self) -> AuditReport {
        self.sound_with(vec![])
    }

    /// What the gate would sign now.
    fn seal(&self) -> Seal {
        let report = self.sound().ledger;
        Seal {
            origin: report.origin.expect("a ledger with a key"),
            size: report.size,
            root: report.root,
        }
    }

    fn sealed(&self) -> Statement {
        let seal = self.seal();
        Statement::sealed(seal.sign(&self.signer())).expect("a seal")
    }

    /// The gate's own key, which its owner has.
    fn signer(&self) -> SignerKey {
        let vault = KeyFile::in_folder(self.path());
        let seed = vault
            .load(KeyItem::Signing(0))
            .expect("readable")
            .expect("a seed");
        let origin = verifier(self.path()).name().clone();
        SignerKey::of_seed(origin, KeyKind::Note, &seed)
    }

    /// Writes the whole ledger anew from changed leaves, hashed and signed as if it had always been so.
    fn rewrite(&mut self, change: impl Fn(u64, String) -> String) {
        self.close();
        let key = self.signer();
        let (raw, triggers) = unguarded(self.path());
        let mut tree = Frontier::new();
        for position in 0..SIZE {
            let sql = "SELECT leaf FROM records WHERE i = ?1";
            let leaf: Vec<u8> = raw.query_row(sql, [position], |row| row.get(0)).expect("a leaf");
            let leaf = change(position, String::from_utf8(leaf).expect("UTF-8"));
            let mut nodes = Vec::new();
            tree.append(Hash::of_leaf(leaf.as_bytes()), &mut nodes);
            let seal = Seal {
                origin: key.verifier().name().clone(),
                size: position + 1,
                root: tree.root(),
            };
            let head = key.sign(seal.to_text().as_bytes());
            let sql = "UPDATE records SET leaf = ?2, nodes = ?3, head = ?4 WHERE i = ?1";
            raw.execute(sql, (position, leaf.as_bytes(), nodes, head))
                .expect("rewritten");
        }
        raw.execute_batch(&triggers).expect("as they were");
    }
}

/// The database without its triggers, and what makes them again.
fn unguarded(folder: &Path) -> (Connection, String) {
    let raw = Connection::open(folder.join(DATABASE_NAME)).expect("the database");
    let triggers: Vec<(String, String)> = raw
        .prepare("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        .expect("SQL")
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("SQL")
        .collect::<Result<_, _>>()
        .expect("names");
    let mut again = String::new();
    for (name, sql) in triggers {
        raw.execute_batch(&format!("DROP TRIGGER {name}"))
            .expect("dropped");
        again += &format!("{sql};");
    }
    raw.pragma_update(None, "foreign_keys", false).expect("off");
    (raw, again)
}

fn verifier(folder: &Path) -> VerifierKey {
    let raw = Connection::open(folder.join(DATABASE_NAME)).expect("the database");
    let leaf: Vec<u8> = raw
        .query_row("SELECT leaf FROM records WHERE i = 0", [], |row| row.get(0))
        .expect("the genesis");
    match Leaf::parse(&leaf).expect("a leaf").body {
        Body::Genesis { key: Some(key), .. } => key.parse().expect("a key"),
        other => panic!("{other:?}"),
    }
}

fn in_steps(folder: &Path) -> Audited {
    let mut audit = IncrementalAudit::begin(folder, Trust::default()).expect("readable");
    loop {
        match audit.step(Duration::ZERO).expect("readable") {
            Step::Going { done, of } => assert!(done <= of),
            Step::Done(audited) => return audited,
        }
    }
}

fn inspector() -> SignerKey {
    let name = KeyName::new("inspector.example/7").expect("a name");
    SignerKey::of_seed(name, KeyKind::Cosignature, &Zeroizing::new([9; 32]))
}

fn cosigned(seal: &Seal, seconds: i64) -> SignedNote {
    let text = seal.to_text();
    let line = cosign(&text, &inspector(), seconds as u64).expect("cosigned");
    SignedNote {
        text,
        signatures: vec![line],
    }
}

fn seen_by_inspector(seal: &Seal, seconds: i64) -> Statement {
    Statement::cosigned(&cosigned(seal, seconds), &inspector().verifier()).expect("verified")
}

/// The files of a folder, without the reserve, which is large and empty and is made again by the next start.
fn files_of(folder: &Path) -> Vec<(OsString, Vec<u8>)> {
    let files = fs::read_dir(folder).expect("the folder");
    files
        .map(|file| file.expect("a file").file_name())
        .filter(|name| name != RESERVE_NAME)
        .map(|name| (name.clone(), fs::read(folder.join(name)).expect("its bytes")))
        .collect()
}

fn copy(from: &Path, to: &Path) {
    for file in fs::read_dir(from).expect("the folder") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("copied");
    }
}

#[test]
fn data_as_they_were_written_are_sound_with_the_keys_and_without() {
    let gate = Gate::after_a_shift();
    let report = gate.sound();
    assert_eq!(report.ledger.size, SIZE);
    assert_eq!(report.ledger.warnings, []);
    assert_eq!(in_steps(gate.path()), Audited::Sound(report.clone()));
    let vault = KeyFile::in_folder(gate.path());
    let with_keys = AuditOptions {
        vault: Some(&vault),
        ..AuditOptions::default()
    };
    let opened = AuditReport {
        opened: 17,
        ..report.clone()
    };
    assert_eq!(
        audit_folder(gate.path(), with_keys).expect("readable"),
        Audited::Sound(opened)
    );
    let elsewhere = tempfile::tempdir().expect("a folder");
    let database = elsewhere.path().join(DATABASE_NAME);
    fs::copy(gate.path().join(DATABASE_NAME), database).expect("copied");
    let alone = audit_folder(elsewhere.path(), AuditOptions::default()).expect("readable");
    assert_eq!(alone, Audited::Sound(report));
}

#[test]
fn an_edited_record_is_found() {
    let mut gate = Gate::after_a_shift();
    gate.tamper(&format!(
        "UPDATE records SET leaf = CAST(replace(CAST(leaf AS TEXT), '\"worn\"', '\"put_on\"') AS BLOB) WHERE i = {ENTRY}"
    ));
    assert_eq!(gate.fault(), (ENTRY, Rule::Nodes));
}

#[test]
fn an_edited_record_whose_hashes_were_made_anew_is_found_by_the_signature_beside_it() {
    let mut gate = Gate::after_a_shift();
    let heads: Vec<(u64, Vec<u8>)> = {
        let raw = Connection::open(gate.path().join(DATABASE_NAME)).expect("the database");
        let mut statement = raw
            .prepare("SELECT i, head FROM records WHERE head IS NOT NULL")
            .expect("SQL");
        let rows = statement
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .expect("SQL");
        rows.collect::<Result<_, _>>().expect("heads")
    };
    gate.rewrite(|position, leaf| match position {
        ENTRY => leaf.replace("\"worn\"", "\"put_on\""),
        _ => leaf,
    });
    // Without the key the old signatures are the best there is.
    let (raw, triggers) = unguarded(gate.path());
    raw.execute("UPDATE records SET head = NULL", []).expect("SQL");
    for (position, head) in heads {
        let sql = "UPDATE records SET head = ?2 WHERE i = ?1";
        raw.execute(sql, (position, head)).expect("SQL");
    }
    raw.execute_batch(&triggers).expect("as they were");
    drop(raw);
    assert_eq!(gate.fault(), (ENTRY, Rule::Head));
}

#[test]
fn a_dropped_a_swapped_and_a_doubled_record_are_found() {
    let mut gate = Gate::after_a_shift();
    gate.tamper(&format!("DELETE FROM records WHERE i = {ENTRY}"));
    assert_eq!(gate.fault(), (ENTRY, Rule::Missing));
    let mut gate = Gate::after_a_shift();
    gate.tamper(&format!(
        "DELETE FROM records WHERE i = {ENTRY};
         UPDATE records SET i = -i WHERE i > {ENTRY}; UPDATE records SET i = -i - 1 WHERE i < 0"
    ));
    assert_eq!(gate.fault(), (ENTRY, Rule::Position));
    let mut gate = Gate::after_a_shift();
    gate.tamper(&format!(
        "UPDATE records SET i = -1 WHERE i = {ENTRY}; UPDATE records SET i = {ENTRY} WHERE i = {ENTRY} + 1;
         UPDATE records SET i = {ENTRY} + 1 WHERE i = -1"
    ));
    assert_eq!(gate.fault(), (ENTRY, Rule::Position));
    let mut gate = Gate::after_a_shift();
    gate.tamper(&format!(
        "INSERT INTO records (i, kind, leaf, nodes, head)
         SELECT {SIZE}, kind, leaf, nodes, head FROM records WHERE i = {ENTRY}"
    ));
    assert_eq!(gate.fault(), (SIZE, Rule::Position));
}

#[test]
fn a_ledger_cut_off_at_an_older_size_is_found_by_a_newer_seal() {
    let mut gate = Gate::after_a_shift();
    let seal = gate.sealed();
    gate.tamper(&format!(
        "DELETE FROM records WHERE i > {ENTRY}; DELETE FROM entries WHERE i > {ENTRY};
         DELETE FROM disclosures WHERE i > {ENTRY}; DELETE FROM sightings WHERE i > {ENTRY};
         DELETE FROM voids; DELETE FROM shift_closings"
    ));
    assert_eq!(gate.sound().ledger.vouched, 0, "nobody outside saw the rest");
    assert_eq!(gate.fault_with(vec![seal]), (ENTRY + 1, Rule::Truncated));
}

#[test]
fn an_old_image_that_went_on_is_found_by_a_seal_of_what_it_lost() {
    let mut gate = Gate::after_a_shift();
    let image = tempfile::tempdir().expect("a folder");
    copy(gate.path(), image.path());
    gate.entry();
    gate.close();
    let seal = gate.sealed();
    copy(image.path(), gate.path());
    gate.sound();
    assert_eq!(gate.fault_with(vec![seal.clone()]), (SIZE, Rule::Truncated));
    gate.second += 60;
    gate.entry();
    gate.entry();
    gate.close();
    gate.sound();
    assert_eq!(gate.fault_with(vec![seal]), (SIZE, Rule::Forked));
}

#[test]
fn a_ledger_that_was_signed_anew_with_the_real_key_is_found_by_an_older_cosignature() {
    let mut gate = Gate::after_a_shift();
    let seen = seen_by_inspector(&gate.seal(), START_MS / 1000 + gate.second);
    gate.sound_with(vec![seen.clone()]);
    gate.rewrite(|position, leaf| match position {
        ENTRY => leaf.replace("\"worn\"", "\"put_on\""),
        _ => leaf,
    });
    gate.sound();
    assert_eq!(gate.fault_with(vec![seen]), (SIZE - 1, Rule::Forked));
}

#[test]
fn a_record_that_was_dated_back_before_a_witness_is_found() {
    let mut gate = Gate::after_a_shift();
    let seen = seen_by_inspector(&gate.seal(), START_MS / 1000 + gate.second);
    let mut at = gate.moment();
    at.wall_ms -= 3_600_000;
    let entry = gate.entry_at(at);
    gate.close();
    gate.sound();
    let step = entry - 1;
    assert_eq!(step, SIZE, "the clock record");
    assert_eq!(gate.fault_with(vec![seen]), (step, Rule::BackDated));
}

/// Keeps a cosignature as the gate does after it was scanned.
fn keep(gate: &mut Gate, witness: &str, size: u64, time: u64, line: &str) -> u64 {
    let position = gate.record(Body::Inspection {
        witness: witness.to_owned(),
        size,
        time,
    });
    gate.close();
    let raw = Connection::open(gate.path().join(DATABASE_NAME)).expect("the database");
    let sql = "INSERT INTO cosignatures (size, witness, time, line, i) VALUES (?1, ?2, ?3, ?4, ?5)";
    raw.execute(sql, (size, witness, time, line, position))
        .expect("kept");
    position
}

#[test]
fn a_kept_cosignature_vouches_and_a_forged_one_or_one_of_a_weak_key_is_found() {
    let seconds = START_MS / 1000 + 60;
    let mut gate = Gate::after_a_shift();
    let note = cosigned(&gate.seal(), seconds);
    let witness = inspector().verifier().to_string();
    let line = note.signatures[0].to_string();
    let position = keep(&mut gate, &witness, SIZE, seconds as u64, &line);
    assert_eq!(gate.sound().ledger.vouched, SIZE);
    gate.tamper("DELETE FROM cosignatures");
    assert_eq!(gate.fault(), (position, Rule::Inspections));

    let mut gate = Gate::after_a_shift();
    let mut forged = cosigned(&gate.seal(), seconds).signatures[0].clone();
    forged.signature[40] ^= 1;
    keep(&mut gate, &witness, SIZE, seconds as u64, &forged.to_string());
    assert_eq!(gate.fault(), (SIZE - 1, Rule::Cosignature));

    // The neutral element: every message has a signature of it (RFC 8032 lets a verifier accept that).
    let mut gate = Gate::after_a_shift();
    let weak = weak_key();
    keep(&mut gate, &weak, SIZE, seconds as u64, &line);
    assert_eq!(gate.fault(), (SIZE - 1, Rule::Cosignature));
}

fn weak_key() -> String {
    use base64::Engine;
    use sha2::Digest;
    let mut bytes = vec![4, 1];
    bytes.resize(33, 0);
    let id = sha2::Sha256::new()
        .chain_update(b"inspector.example/7\n")
        .chain_update(&bytes)
        .finalize();
    let id = u32::from_be_bytes([id[0], id[1], id[2], id[3]]);
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!("inspector.example/7+{id:08x}+{encoded}")
}

#[test]
fn the_seal_of_another_venue_is_refused() {
    let gate = Gate::after_a_shift();
    let other = Gate::with_a_shift();
    assert_eq!(gate.fault_with(vec![other.sealed()]), (0, Rule::Origin));
}

fn erase(count: u64) -> Body {
    Body::Erase {
        class: RetentionClass::Visitor,
        from: LedgerDay(START_DAY),
        to: LedgerDay(START_DAY),
        count,
    }
}

const ERASED: &str = "DELETE FROM disclosures WHERE class = 0; DELETE FROM sightings";

#[test]
fn an_early_erasure_is_found_and_a_due_one_is_not() {
    let mut gate = Gate::after_a_shift();
    gate.second += 30 * DAY_S;
    let position = gate.record(erase(16));
    gate.tamper(ERASED);
    assert_eq!(gate.fault(), (position, Rule::EraseEarly));
    let mut gate = Gate::after_a_shift();
    gate.second += 31 * DAY_S;
    gate.record(erase(16));
    gate.tamper(ERASED);
    gate.sound();
}

#[test]
fn an_erasure_of_more_or_less_than_it_says_is_found() {
    for count in [14, 17] {
        let mut gate = Gate::after_a_shift();
        gate.second += 31 * DAY_S;
        let position = gate.record(erase(count));
        gate.tamper(ERASED);
        assert_eq!(gate.fault(), (position, Rule::EraseCount));
    }
    let mut gate = Gate::after_a_shift();
    gate.tamper(&format!("DELETE FROM disclosures WHERE i = {ENTRY}"));
    assert_eq!(gate.fault(), (ENTRY, Rule::Disclosure));
    let mut gate = Gate::after_a_shift();
    gate.tamper(&format!(
        "DELETE FROM disclosures WHERE i = {ENTRY} AND field = 'token'"
    ));
    assert_eq!(gate.fault(), (ENTRY, Rule::Disclosure));
    let mut gate = Gate::after_a_shift();
    gate.second += 31 * DAY_S;
    gate.record(erase(16));
    gate.tamper(&format!("{ERASED}; DELETE FROM disclosures"));
    let void = SET_UP + 9;
    assert_eq!(
        gate.fault(),
        (void, Rule::Disclosure),
        "the note of a void is kept longer"
    );
}

#[test]
fn what_an_erasure_left_behind_is_found() {
    let mut gate = Gate::after_a_shift();
    gate.second += 31 * DAY_S;
    gate.record(erase(16));
    gate.tamper("DELETE FROM sightings");
    assert_eq!(gate.fault(), (SET_UP + 1, Rule::DisclosureLeft));
    let mut gate = Gate::after_a_shift();
    gate.second += 31 * DAY_S;
    gate.record(erase(16));
    gate.tamper(&format!(
        "DELETE FROM disclosures WHERE class = 0; DELETE FROM sightings WHERE i <> {ENTRY}"
    ));
    assert_eq!(gate.fault(), (ENTRY, Rule::Sightings));
}

fn is_found(sql: &str, position: u64, rule: Rule) {
    let mut gate = Gate::after_a_shift();
    gate.tamper(sql);
    assert_eq!(gate.fault(), (position, rule), "{sql}");
}

#[test]
fn an_entry_that_was_changed_behind_a_dropped_trigger_is_found() {
    for change in [
        "verdict = 'refuse'",
        "t = t - 1",
        "day = day - 1",
        "gate = '西门'",
        "guard = 1",
        "band = 'fever'",
        "follows = 5",
        "class = 1",
        "ledger_day = 1",
    ] {
        let sql = format!("UPDATE entries SET {change} WHERE i = {ENTRY}");
        is_found(&sql, ENTRY, Rule::Entries);
    }
    is_found(
        &format!("DELETE FROM entries WHERE i = {ENTRY}"),
        ENTRY,
        Rule::Entries,
    );
    is_found(
        &format!("UPDATE entries SET i = 2 WHERE i = {ENTRY}"),
        2,
        Rule::Entries,
    );
    is_found(
        &format!("UPDATE records SET kind = 'note' WHERE i = {ENTRY}"),
        ENTRY,
        Rule::Kind,
    );
}

/// Changes the schema and leaves it so.
fn reshape(sql: &str) -> Gate {
    let mut gate = Gate::after_a_shift();
    gate.close();
    let raw = Connection::open(gate.path().join(DATABASE_NAME)).expect("the database");
    raw.execute_batch(sql).expect("SQL");
    gate
}

#[test]
fn a_trigger_an_index_a_view_or_a_table_that_is_not_ours_is_found_behind_every_changed_row() {
    let dropped = "DROP TRIGGER entries_are_not_updated;";
    for sql in [
        dropped,
        "CREATE TRIGGER more AFTER INSERT ON entries BEGIN SELECT 1; END",
        "DROP TRIGGER records_are_not_deleted;
         CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records BEGIN SELECT 1; END",
        "CREATE INDEX more ON entries (abs(t))",
        "DROP INDEX records_of_erase",
        "CREATE TABLE more (a)",
        "ALTER TABLE entries RENAME TO lines; CREATE VIEW entries AS SELECT * FROM lines",
        "PRAGMA legacy_alter_table = on; ALTER TABLE records RENAME TO stones;
         CREATE VIEW records AS SELECT * FROM stones",
    ] {
        let gate = reshape(sql);
        assert_eq!(gate.fault(), (0, Rule::Schema), "{sql}");
        let stranger = Reader::without_secrets(gate.path());
        assert!(matches!(stranger, Err(StoreError::OtherSchema)), "{sql}");
    }
    let changed = format!("{dropped} UPDATE entries SET verdict = 'refuse' WHERE i = {ENTRY}");
    assert_eq!(reshape(&changed).fault(), (ENTRY, Rule::Entries));
}

#[test]
fn a_stranger_reads_no_database_of_a_newer_program() {
    let gate = reshape("PRAGMA user_version = 99");
    let refused = Reader::without_secrets(gate.path());
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 99, .. })));
    let refused = audit_folder(gate.path(), AuditOptions::default());
    assert!(matches!(refused, Err(StoreError::NewerSchema { found: 99, .. })));
}

#[test]
fn a_void_a_shift_or_what_hangs_on_an_entry_that_was_changed_is_found() {
    let (shift, void) = (SET_UP, SET_UP + 9);
    is_found("DELETE FROM voids", void, Rule::Voids);
    is_found("UPDATE voids SET entry = entry + 1", void, Rule::Voids);
    is_found("UPDATE voids SET i = 5", 5, Rule::Voids);
    is_found("UPDATE shifts SET guard = 1", shift, Rule::Shifts);
    is_found("DELETE FROM shifts", shift, Rule::Shifts);
    is_found("DELETE FROM shift_closings", SIZE - 1, Rule::Shifts);
    let of_entry = format!("SET day = 1 WHERE i = {ENTRY}");
    is_found(
        &format!("UPDATE disclosures {of_entry}"),
        ENTRY,
        Rule::DisclosureLeft,
    );
    is_found(&format!("UPDATE sightings {of_entry}"), ENTRY, Rule::Sightings);
}

#[test]
fn with_the_keys_a_disclosure_that_was_exchanged_is_found_and_one_without_key_is_not_a_fault() {
    let mut gate = Gate::after_a_shift();
    gate.tamper(&format!(
        "UPDATE disclosures SET sealed = (SELECT sealed FROM disclosures WHERE i = {ENTRY} + 1 AND field = 'token')
         WHERE i = {ENTRY} AND field = 'token'"
    ));
    gate.sound();
    let vault = KeyFile::in_folder(gate.path());
    let options = AuditOptions {
        vault: Some(&vault),
        ..AuditOptions::default()
    };
    let Audited::Faulty(fault) = audit_folder(gate.path(), options).expect("readable") else {
        panic!("nothing was found");
    };
    assert_eq!((fault.position, fault.rule), (ENTRY, Rule::Disclosure));
    fs::remove_file(gate.path().join(gatepost_store::DAY_KEYS_NAME)).expect("the keys of the days");
    let options = AuditOptions {
        vault: Some(&vault),
        ..AuditOptions::default()
    };
    let Audited::Sound(report) = audit_folder(gate.path(), options).expect("readable") else {
        panic!("a fault");
    };
    assert_eq!((report.opened, report.unreadable), (0, 17));
}

#[test]
fn an_audit_of_data_in_use_sees_one_state_and_begins_again_after_an_erasure() {
    let mut gate = Gate::after_a_shift();
    let mut audit = IncrementalAudit::begin(gate.path(), Trust::default()).expect("readable");
    assert!(matches!(audit.step(Duration::ZERO), Ok(Step::Going { .. })));
    gate.second += 31 * DAY_S;
    gate.record(erase(16));
    gate.entry();
    let raw = Connection::open(gate.path().join(DATABASE_NAME)).expect("the database");
    let of_the_first_day = format!(
        "DELETE FROM disclosures WHERE class = 0 AND day = {START_DAY}; DELETE FROM sightings WHERE day = {START_DAY}"
    );
    raw.execute_batch(&of_the_first_day).expect("erased");
    drop(raw);
    let done = loop {
        if let Step::Done(done) = audit.step(Duration::ZERO).expect("readable") {
            break done;
        }
    };
    let Audited::Sound(report) = done else {
        panic!("{done:?}");
    };
    assert_eq!(report.ledger.size, SIZE + 2);
}
