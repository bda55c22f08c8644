//! Staff, their PINs and how often those were wrong.

use gatepost_codes::Personal;
use gatepost_ledger::{AccountChange, Body, Moment, PersonNumber, Role};
use gatepost_rules::Policy;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};

use crate::append::NewRecord;
use crate::keys::{Keys, SealedField};
use crate::tail::Identity;
use crate::writing::Writing;
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
    /// Whether the account is open. Whoever left is still named in the log.
    pub active: bool,
}

/// Wrong PINs in a row, as they were last written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongPins {
    /// Whose.
    pub number: PersonNumber,
    /// How many.
    pub wrong: u32,
    /// The boot in which the last one was typed.
    pub boot: u32,
    /// Until when its owner has to wait, milliseconds on the monotonic clock of that boot.
    pub until_ms: u64,
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

impl Store {
    /// Writes the first records in one transaction: genesis, people, policy.
    ///
    /// # Errors
    /// [`StoreError::AlreadySetUp`] where there is a venue or any record, or any other; nothing is half set up.
    pub fn set_up(&mut self, at: Moment, set_up: &SetUp) -> Result<(), StoreError> {
        let venue_text = serde_json::to_string(&set_up.venue).map_err(|_| StoreError::Damaged)?;
        let hashes = set_up
            .people
            .iter()
            .map(|person| self.keys.hash_pin(person.pin.expose()))
            .collect::<Result<Vec<_>, _>>()?;
        let identity = Identity::new(&*self.vault, 0)?;
        self.transact(|transaction, keys| {
            if settings::read(transaction, "venue")?.is_some() || transaction.tail().frontier.size() > 0 {
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
                key: Some(identity.signer.verifier().to_string()),
            };
            transaction.identify(identity.clone());
            transaction.append(&record(genesis))?;
            for ((person, hash), number) in set_up.people.iter().zip(&hashes).zip(1..) {
                insert_person(transaction, keys, number, person, hash)?;
                let body = Body::Person {
                    number: PersonNumber(number),
                    role: person.role,
                    change: AccountChange::Opened,
                };
                transaction.append(&record(body))?;
            }
            transaction.append(&record(Body::Policy(set_up.policy.clone())))?;
            Ok(())
        })
    }

    /// Everybody who has or had an account, in the order of their numbers.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn people(&mut self) -> Result<Vec<Person>, StoreError> {
        self.transact(|transaction, keys| {
            let mut statement =
                transaction.prepare("SELECT number, name, role, active FROM people ORDER BY number")?;
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
        let sql = "SELECT pin FROM people WHERE number = :number AND active = 1 AND pin <> ''";
        let hash: Option<String> = self.transact(|transaction, _| {
            Ok(transaction
                .query_row(sql, named_params! { ":number": number.0 }, |row| row.get(0))
                .optional()?)
        })?;
        hash.map_or(Ok(false), |hash| self.keys.pin_matches(pin.expose(), &hash))
    }

    /// Whether a manager can sign in. A salvage that did not find the row of one leaves nobody who can.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn manager_is_left(&mut self) -> Result<bool, StoreError> {
        self.transact(|transaction, _| manager_is_left(transaction))
    }

    /// Gives somebody an account and returns its number.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn add_person(
        &mut self,
        at: Moment,
        gate: &str,
        by: PersonNumber,
        person: &NewPerson,
    ) -> Result<PersonNumber, StoreError> {
        let hash = self.keys.hash_pin(person.pin.expose())?;
        self.transact(|transaction, keys| {
            open_account(transaction, keys, (at, gate, Some(by)), person, &hash)
        })
    }

    /// Gives somebody an account where no manager can sign in who could, and returns its number; nothing where one
    /// can. Both is one transaction, so that of two who try at once only one succeeds. The record names nobody as
    /// its maker, which is as it was.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn add_person_where_no_manager_is_left(
        &mut self,
        at: Moment,
        gate: &str,
        person: &NewPerson,
    ) -> Result<Option<PersonNumber>, StoreError> {
        let hash = self.keys.hash_pin(person.pin.expose())?;
        self.transact(|transaction, keys| {
            if manager_is_left(transaction)? {
                return Ok(None);
            }
            open_account(transaction, keys, (at, gate, None), person, &hash).map(Some)
        })
    }

    /// Gives an account another PIN; wrong ones are forgotten. Whether its owner or a manager did it can be told
    /// from who it is by.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPerson`], or any other.
    pub fn set_pin(
        &mut self,
        at: Moment,
        gate: &str,
        by: PersonNumber,
        number: PersonNumber,
        pin: &Personal<String>,
    ) -> Result<(), StoreError> {
        let hash = self.keys.hash_pin(pin.expose())?;
        let change = if by == number {
            AccountChange::PinChanged
        } else {
            AccountChange::PinReset
        };
        let gate = gate.to_owned();
        self.transact(|transaction, _| {
            let role = role_of_account(transaction, number)?;
            transaction.execute(
                "UPDATE people SET pin = :pin WHERE number = :number",
                named_params! { ":pin": hash, ":number": number.0 },
            )?;
            forget_wrong_pins(transaction, number)?;
            let body = Body::Person { number, role, change };
            transaction.append(&NewRecord::of(at, &gate, by, body))?;
            Ok(())
        })
    }

    /// Closes an account for good.
    ///
    /// # Errors
    /// [`StoreError::NoSuchPerson`], [`StoreError::LastManager`] for the only manager, or any other.
    pub fn close_account(
        &mut self,
        at: Moment,
        gate: &str,
        by: PersonNumber,
        number: PersonNumber,
    ) -> Result<(), StoreError> {
        let gate = gate.to_owned();
        self.transact(|transaction, _| {
            let role = role_of_account(transaction, number)?;
            transaction.execute(
                "UPDATE people SET active = 0, pin = '' WHERE number = :number",
                named_params! { ":number": number.0 },
            )?;
            if !manager_is_left(transaction)? {
                return Err(StoreError::LastManager);
            }
            let change = AccountChange::Closed;
            let body = Body::Person { number, role, change };
            transaction.append(&NewRecord::of(at, &gate, by, body))?;
            Ok(())
        })
    }

    /// Wrong PINs in a row of everybody who has any.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn wrong_pins(&mut self) -> Result<Vec<WrongPins>, StoreError> {
        self.transact(|transaction, _| {
            let mut statement = transaction.prepare("SELECT number, wrong, boot, until_ms FROM lockouts")?;
            let rows = statement.query_map([], |row| {
                Ok(WrongPins {
                    number: PersonNumber(row.get(0)?),
                    wrong: row.get(1)?,
                    boot: row.get(2)?,
                    until_ms: row.get(3)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Writes down a wrong PIN, and the pause that it begins where it begins one.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn wrong_pin(
        &mut self,
        at: Moment,
        gate: &str,
        wrong: WrongPins,
        pause_seconds: Option<u32>,
    ) -> Result<(), StoreError> {
        let number = wrong.number;
        let anonymous = |body| NewRecord {
            at,
            gate: gate.to_owned(),
            by: None,
            body,
        };
        self.transact(|transaction, _| {
            transaction.append(&anonymous(Body::Authfail { number }))?;
            if let Some(seconds) = pause_seconds {
                transaction.append(&anonymous(Body::Lockout { number, seconds }))?;
            }
            transaction.execute(
                "INSERT INTO lockouts (number, wrong, boot, until_ms) VALUES (:number, :wrong, :boot, :until)
                 ON CONFLICT (number) DO UPDATE SET wrong = :wrong, boot = :boot, until_ms = :until",
                named_params! {
                    ":number": number.0, ":wrong": wrong.wrong, ":boot": wrong.boot, ":until": wrong.until_ms
                },
            )?;
            Ok(())
        })
    }

    /// Writes down that somebody signed in; wrong PINs are forgotten.
    ///
    /// # Errors
    /// Any [`StoreError`].
    pub fn signed_in(&mut self, at: Moment, gate: &str, number: PersonNumber) -> Result<(), StoreError> {
        let login = NewRecord::of(at, gate, number, Body::Login);
        self.transact(|transaction, _| {
            forget_wrong_pins(transaction, number)?;
            transaction.append(&login)?;
            Ok(())
        })
    }
}

/// Whether somebody has a manager's account that is open and has a PIN.
pub(crate) fn manager_is_left(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM people WHERE role = 'manager' AND active = 1 AND pin <> '')";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Opens an account as somebody, or nobody, does it at a gate.
fn open_account(
    writing: &mut Writing<'_>,
    keys: &Keys,
    (at, gate, by): (Moment, &str, Option<PersonNumber>),
    person: &NewPerson,
    pin_hash: &str,
) -> Result<PersonNumber, StoreError> {
    let sql = "SELECT coalesce(max(number), 0) + 1 FROM people";
    let number: u32 = writing.query_row(sql, [], |row| row.get(0))?;
    insert_person(writing, keys, number, person, pin_hash)?;
    let number = PersonNumber(number);
    let body = Body::Person {
        number,
        role: person.role,
        change: AccountChange::Opened,
    };
    let gate = gate.to_owned();
    writing.append(&NewRecord { at, gate, by, body })?;
    Ok(number)
}

fn role_of_account(transaction: &Transaction<'_>, number: PersonNumber) -> Result<Role, StoreError> {
    let sql = "SELECT role FROM people WHERE number = :number AND active = 1";
    let word: Option<String> = transaction
        .query_row(sql, named_params! { ":number": number.0 }, |row| row.get(0))
        .optional()?;
    role_of_word(&word.ok_or(StoreError::NoSuchPerson)?)
}

fn forget_wrong_pins(transaction: &Transaction<'_>, number: PersonNumber) -> Result<(), StoreError> {
    let sql = "DELETE FROM lockouts WHERE number = :number";
    transaction.execute(sql, named_params! { ":number": number.0 })?;
    Ok(())
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
    let role = role_of_word(&word)?;
    // Of whom a salvage found only records, the number is known and not the name.
    let name = match sealed.is_empty() {
        true => Personal::new(number.to_string()),
        false => keys.open(SealedField::PersonName(number), &sealed)?,
    };
    Ok(Person {
        number: PersonNumber(number),
        name,
        role,
        active: row.get(3)?,
    })
}

pub(crate) fn role_word(role: Role) -> &'static str {
    match role {
        Role::Guard => "guard",
        Role::Manager => "manager",
        Role::Inspector => "inspector",
    }
}

fn role_of_word(word: &str) -> Result<Role, StoreError> {
    [Role::Guard, Role::Manager, Role::Inspector]
        .into_iter()
        .find(|role| role_word(*role) == word)
        .ok_or(StoreError::Damaged)
}
