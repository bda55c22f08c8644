//! Shifts: one guard's time at one gate.

use gatepost_ledger::{Body, Moment, PersonNumber};
use rusqlite::{OptionalExtension, Row, named_params};

use crate::append::NewRecord;
use crate::{Store, StoreError};

/// A shift that nobody has closed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenShift {
    /// Position of its opening.
    pub opened: u64,
    /// Wall clock of its opening, ms UTC.
    pub wall_ms: i64,
}

impl Store {
    /// Opens a shift and returns it.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn open_shift(
        &mut self,
        at: Moment,
        gate: &str,
        guard: PersonNumber,
    ) -> Result<OpenShift, StoreError> {
        let record = NewRecord {
            at,
            gate: gate.to_owned(),
            by: Some(guard),
            body: Body::ShiftOpen,
        };
        self.transact(|transaction, _| {
            let opened = transaction.append(&record)?;
            transaction.execute(
                "INSERT INTO shifts (opened, guard, gate, t) VALUES (:opened, :guard, :gate, :t)",
                named_params! { ":opened": opened, ":guard": guard.0, ":gate": gate, ":t": at.wall_ms },
            )?;
            Ok(OpenShift {
                opened,
                wall_ms: at.wall_ms,
            })
        })
    }

    /// The shift that `guard` left open at `gate`, for example when the power failed.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn shift_left_open(
        &mut self,
        gate: &str,
        guard: PersonNumber,
    ) -> Result<Option<OpenShift>, StoreError> {
        let sql = "SELECT opened, t FROM shifts WHERE guard = :guard AND gate = :gate
                   AND opened NOT IN (SELECT shift FROM shift_closings) ORDER BY opened DESC LIMIT 1";
        self.transact(|transaction, _| {
            let shift = |row: &Row<'_>| {
                Ok(OpenShift {
                    opened: row.get(0)?,
                    wall_ms: row.get(1)?,
                })
            };
            let which = named_params! { ":guard": guard.0, ":gate": gate };
            Ok(transaction.query_row(sql, which, shift).optional()?)
        })
    }

    /// Closes a shift.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn close_shift(
        &mut self,
        at: Moment,
        gate: &str,
        guard: PersonNumber,
        shift: OpenShift,
    ) -> Result<(), StoreError> {
        let body = Body::ShiftClose { shift: shift.opened };
        let record = NewRecord {
            at,
            gate: gate.to_owned(),
            by: Some(guard),
            body,
        };
        self.transact(|transaction, _| {
            let closed = transaction.append(&record)?;
            transaction.execute(
                "INSERT INTO shift_closings (shift, closed) VALUES (:shift, :closed)",
                named_params! { ":shift": shift.opened, ":closed": closed },
            )?;
            Ok(())
        })
    }
}
