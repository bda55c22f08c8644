//! Staff, their PINs and their shifts.

use gatepost_codes::Personal;
use gatepost_ledger::{Body, Moment, PersonNumber, Role};
use gatepost_rules::Policy;
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::append::{NewRecord, insert};
use crate::keys::{Keys, SealedField};
use crate::{Store, StoreError, Venue, settings};

/// Somebody who is to be given an account.
#[derive(Debug)]
pub struct NewPerson {
    /// Name.
    pub name: Personal<String>,
    /// Role.
    pub role: Role,
    /// PIN, already checked for its form.
    pub pin: Personal<String>,
}

/// A member of staff.
#[derive(Debug)]
pub struct Person {
    /// The pseudonymous number that stands in the ledger.
    pub number: PersonNumber,
    /// Name.
    pub name: Personal<String>,
    /// Role.
    pub role: Role,
}

/// The first start.
#[derive(Debug)]
pub struct SetUp {
    /// The venue.
    pub venue: Venue,
    /// The rules.
    pub policy: Policy,
    /// The first people.
    pub people: Vec<NewPerson>,
}

/// A shift that nobody has closed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenShift {
    /// Position of its opening.
    pub opened: u64,
    /// Wall clock of its opening, ms UTC.
    pub wall_ms: i64,
}

impl Store {
    /// Writes the first records in one transaction: genesis, people, policy.
    ///
    /// # Errors
    /// [`StoreError::AlreadySetUp`], or any other; nothing is half set up.
    pub fn set_up(&mut self, at: Moment, set_up: &SetUp) -> Result<(), StoreError> {
        let venue_text = serde_json::to_string(&set_up.venue).map_err(|_| StoreError::Damaged)?;
        let hashes = set_up
            .people
            .iter()
            .map(|person| self.keys.hash_pin(person.pin.expose()))
            .collect::<Result<Vec<_>, _>>()?;
        self.transact(|transaction, keys| {
            if settings::read(transaction, "venue")?.is_some() {
                return Err(StoreError::AlreadySetUp);
            }
            settings::write(transaction, "venue", &venue_text)?;
            settings::write(transaction, "boot", &at.boot.to_string())?;
            let record = |body| NewRecord {
                at,
                gate: set_up.venue.gate.clone(),
                by: None,
                body,
            };
            let genesis = Body::Genesis {
                venue: set_up.venue.kind,
                demo: set_up.venue.demo,
                key: None,
            };
            insert(transaction, &record(genesis))?;
            for ((person, hash), number) in set_up.people.iter().zip(&hashes).zip(1..) {
                insert_person(transaction, keys, number, person, hash)?;
                let body = Body::Person {
                    number: PersonNumber(number),
                    role: person.role,
                };
                insert(transaction, &record(body))?;
            }
            insert(transaction, &record(Body::Policy(set_up.policy.clone())))?;
            Ok(())
        })
    }

    /// Everybody who may sign in, in the order of their numbers.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn people(&mut self) -> Result<Vec<Person>, StoreError> {
        self.transact(|transaction, keys| {
            let mut statement =
                transaction.prepare("SELECT number, name, role FROM people ORDER BY number")?;
            let mut rows = statement.query([])?;
            let mut people = Vec::new();
            while let Some(row) = rows.next()? {
                people.push(person(row, keys)?);
            }
            Ok(people)
        })
    }

    /// Whether `pin` is that of the person. Takes about a tenth of a second on purpose (Argon2id).
    ///
    /// # Errors
    /// Any [`StoreError`]; an unknown person's PIN never matches.
    pub fn pin_matches(&mut self, number: PersonNumber, pin: &Personal<String>) -> Result<bool, StoreError> {
        let sql = "SELECT pin FROM people WHERE number = :number";
        let hash: Option<String> = self.transact(|transaction, _| {
            Ok(transaction
                .query_row(sql, named_params! { ":number": number.0 }, |row| row.get(0))
                .optional()?)
        })?;
        hash.map_or(Ok(false), |hash| self.keys.pin_matches(pin.expose(), &hash))
    }

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
            let opened = insert(transaction, &record)?;
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
            let closed = insert(transaction, &record)?;
            transaction.execute(
                "INSERT INTO shift_closings (shift, closed) VALUES (:shift, :closed)",
                named_params! { ":shift": shift.opened, ":closed": closed },
            )?;
            Ok(())
        })
    }
}

fn insert_person(
    transaction: &Transaction<'_>,
    keys: &Keys,
    number: u32,
    person: &NewPerson,
    pin_hash: &str,
) -> Result<(), StoreError> {
    let name = keys.seal(SealedField::PersonName(number), &person.name)?;
    transaction.execute(
        "INSERT INTO people (number, name, role, pin) VALUES (:number, :name, :role, :pin)",
        named_params! { ":number": number, ":name": name, ":role": role_word(person.role), ":pin": pin_hash },
    )?;
    Ok(())
}

fn person(row: &Row<'_>, keys: &Keys) -> Result<Person, StoreError> {
    let number: u32 = row.get(0)?;
    let sealed: Vec<u8> = row.get(1)?;
    let word: String = row.get(2)?;
    let role = [Role::Guard, Role::Manager]
        .into_iter()
        .find(|role| role_word(*role) == word)
        .ok_or(StoreError::Damaged)?;
    let name = keys.open(SealedField::PersonName(number), &sealed)?;
    Ok(Person {
        number: PersonNumber(number),
        name,
        role,
    })
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::Guard => "guard",
        Role::Manager => "manager",
    }
}
