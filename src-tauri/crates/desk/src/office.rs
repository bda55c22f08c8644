//! The manager's commands: the log, exports, rules.

use std::sync::PoisonError;

use chrono::Days;
use gatepost_camera::{CameraId, cameras};
use gatepost_codes::Personal;
use gatepost_ledger::{Body, Role, VoidReason};
use gatepost_report::Language;
use gatepost_rules::{Policy, TemperatureBand};
use gatepost_store::{Reader, StoreError};

use crate::desk::{Desk, State};
use crate::error::DeskError;
use crate::export::{ExportFormat, ExportRequest, free_export_path, prepare_export};
use crate::rows::{counts, filter, short};
use crate::view::{
    CameraChoice, EntriesPage, EntryFilter, EntryRow, ExportDone, ExportProgress, Figures, FilterChoices,
    Locale, SettingsView,
};

/// Rows of one page at most.
const LONGEST_PAGE: u16 = 200;
/// Days the filter offers at most.
const MOST_DAYS: u16 = 400;
/// Characters of a note at most.
pub(crate) const LONGEST_NOTE: usize = 200;
/// Lines between two words about the progress of an export.
const PROGRESS_STEP: u64 = 1_000;

/// Who may read the log.
pub(crate) const READERS: [Role; 2] = [Role::Manager, Role::Inspector];

impl Desk {
    /// A page of the log, newest first, older than `before`.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for anybody but a manager, [`DeskError::NotADay`], or a store fault.
    pub fn entries(
        &self,
        wanted: &EntryFilter,
        before: Option<u32>,
        limit: u16,
    ) -> Result<EntriesPage, DeskError> {
        self.lock().require_one_of(&READERS)?;
        let filter = filter(wanted)?;
        let limit = limit.clamp(1, LONGEST_PAGE);
        let mut stored = self.read(|reader| reader.page(&filter, before.map(u64::from), limit + 1))?;
        let more = stored.len() > usize::from(limit);
        stored.truncate(usize::from(limit));
        let mut state = self.lock();
        let data = state.data()?;
        let rows = stored
            .iter()
            .map(|entry| data.row_of(entry))
            .collect::<Result<Vec<EntryRow>, _>>()?;
        let older = rows.last().filter(|_| more).map(|row| row.position);
        Ok(EntriesPage { rows, older })
    }

    /// The figures above the log.
    ///
    /// # Errors
    /// As [`Desk::entries`].
    pub fn figures(&self, wanted: &EntryFilter) -> Result<Figures, DeskError> {
        self.lock().require_one_of(&READERS)?;
        let now = filter(wanted)?;
        let week_ago = now.day.and_then(|day| day.checked_sub_days(Days::new(7)));
        let week_ago = week_ago.map(|day| gatepost_store::EntryFilter {
            day: Some(day),
            ..now.clone()
        });
        self.read(|reader| {
            let figures = reader.figures(&now)?;
            Ok(Figures {
                counts: counts(figures.counts),
                median_temperature: figures.median_temperature.map(|temperature| temperature.tenths()),
                low_readings: reader.in_band(&now, TemperatureBand::Low)?,
                voided: figures.voided,
                week_before: week_ago
                    .as_ref()
                    .map(|week| reader.counts(week))
                    .transpose()?
                    .map(|c| c.all()),
                records: short(reader.records()?)?,
            })
        })
    }

    /// What the filters offer.
    ///
    /// # Errors
    /// As [`Desk::entries`].
    pub fn filter_choices(&self) -> Result<FilterChoices, DeskError> {
        let people = {
            let mut state = self.lock();
            state.require_one_of(&READERS)?;
            state.data()?.people.clone()
        };
        let (days, gates) = self.read(|reader| Ok((reader.days(MOST_DAYS)?, reader.gates()?)))?;
        Ok(FilterChoices {
            today: self.clock.now().date_naive().to_string(),
            days: days.iter().map(ToString::to_string).collect(),
            gates,
            guards: people
                .into_iter()
                .filter(|person| person.role == Role::Guard)
                .collect(),
        })
    }

    /// Writes the entries of a filter as a file into the export folder. The export is itself a record.
    ///
    /// # Errors
    /// [`DeskError::ExportFolder`], or as [`Desk::entries`].
    pub fn export_entries(
        &self,
        wanted: &EntryFilter,
        format: ExportFormat,
    ) -> Result<ExportDone, DeskError> {
        let _one_at_a_time = self.exporting.lock().unwrap_or_else(PoisonError::into_inner);
        let (by, request, mut reader) = {
            let mut state = self.lock();
            let by = state.require(Role::Manager)?.number;
            let language = language(state.appearance.locale);
            let made_at = self.clock.now();
            let data = state.data()?;
            let demo = data.venue.as_ref().is_some_and(|venue| venue.demo);
            let request = ExportRequest {
                filter: filter(wanted)?,
                format,
                made_at,
                target: free_export_path(&self.options.export_folder, made_at, language, format, demo),
                language,
                guards: data.words.masked.clone(),
                demo,
            };
            // A reader of its own: a long export must not hold up the pages of the log.
            (by, request, data.store.reader()?)
        };
        let prepared = prepare_export(&mut reader, &request, &mut |done, total| {
            if done % PROGRESS_STEP == 0 || done == total {
                let lines = |lines| u32::try_from(lines).unwrap_or(u32::MAX);
                self.presenter.export_progress(ExportProgress {
                    done: lines(done),
                    total: lines(total),
                });
            }
        })?;
        let position = self.record(&mut self.lock(), Some(by), prepared.body())?;
        let exported = prepared.publish()?;
        Ok(ExportDone {
            path: exported.path.display().to_string(),
            rows: short(exported.rows)?,
            position: short(position)?,
        })
    }

    /// Strikes an entry through.
    ///
    /// # Errors
    /// [`DeskError::NoteMissing`], [`DeskError::NotFound`], [`DeskError::AlreadyVoided`], or as
    /// [`Desk::entries`].
    pub fn void_entry(&self, position: u32, reason: VoidReason, note: &str) -> Result<EntryRow, DeskError> {
        let mut state = self.lock();
        let by = state.require(Role::Manager)?.number;
        let note = note.trim();
        if (reason == VoidReason::Other && note.is_empty()) || note.chars().count() > LONGEST_NOTE {
            return Err(DeskError::NoteMissing);
        }
        let note = (!note.is_empty()).then(|| Personal::new(note.to_owned()));
        let at = self.moment(state.boot());
        let data = state.data()?;
        let gate = data.gate_name();
        data.store
            .append_void(at, &gate, by, u64::from(position), reason, note.as_ref())?;
        data.row(u64::from(position))
    }

    /// The venue's settings.
    ///
    /// # Errors
    /// As [`Desk::entries`].
    pub fn settings(&self) -> Result<SettingsView, DeskError> {
        let mut state = self.lock();
        state.require(Role::Manager)?;
        self.settings_view(&mut state)
    }

    /// New rules from here on; they are a record.
    ///
    /// # Errors
    /// [`DeskError::Policy`], or as [`Desk::entries`].
    pub fn set_policy(&self, policy: Policy) -> Result<SettingsView, DeskError> {
        let mut state = self.lock();
        let by = state.require(Role::Manager)?.number;
        let policy = policy
            .checked()
            .map_err(|refusal| DeskError::Policy { refusal })?;
        self.record(&mut state, Some(by), Body::Policy(policy.clone()))?;
        state.data()?.policy = policy;
        self.settings_view(&mut state)
    }

    /// The camera of this gate from the next shift on; `None` takes the first that works.
    ///
    /// # Errors
    /// As [`Desk::entries`].
    pub fn choose_camera(&self, id: Option<&str>) -> Result<SettingsView, DeskError> {
        let mut state = self.lock();
        state.require(Role::Manager)?;
        state
            .data()?
            .store
            .set_setting("camera", id.unwrap_or_default())?;
        self.settings_view(&mut state)
    }

    /// The folder of the exports, for the shell to open.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`], or [`DeskError::ExportFolder`] where it cannot be made.
    pub fn exports_to_show(&self) -> Result<std::path::PathBuf, DeskError> {
        self.lock().require(Role::Manager)?;
        let folder = self.options.export_folder.clone();
        std::fs::create_dir_all(&folder).map_err(|_| DeskError::ExportFolder)?;
        Ok(folder)
    }

    /// The chosen camera.
    pub(crate) fn chosen_camera(&self, state: &mut State) -> Option<CameraId> {
        let id = state.data().ok()?.store.setting("camera").ok()??;
        (!id.is_empty()).then(|| CameraId::new(id))
    }

    fn settings_view(&self, state: &mut State) -> Result<SettingsView, DeskError> {
        let camera = self.chosen_camera(state).map(|id| id.as_str().to_owned());
        let choices = cameras()
            .into_iter()
            .map(|camera| CameraChoice {
                id: camera.id.as_str().to_owned(),
                name: camera.name,
            })
            .collect();
        Ok(SettingsView {
            policy: state.data()?.policy.clone(),
            cameras: choices,
            camera,
            data_folder: self.options.data_folder.display().to_string(),
            export_folder: self.options.export_folder.display().to_string(),
        })
    }

    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Result<T, DeskError> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(reader) = reader.as_mut() else {
            return Err(DeskError::Store {
                fault: crate::view::StoreFault::Unreadable,
            });
        };
        Ok(query(reader)?)
    }
}

pub(crate) fn language(locale: Locale) -> Language {
    match locale {
        Locale::ZhCn => Language::ZhCn,
        Locale::En => Language::En,
    }
}
