//! The staff as a manager sees them.

use gatepost_ledger::Role;
use serde::{Deserialize, Serialize};
use specta::Type;

use super::PersonView;

/// Somebody who is to be given an account.
#[derive(Clone, Debug, Deserialize, Type)]
pub struct NewPersonForm {
    /// Name, 1 to 30 characters.
    pub name: String,
    /// Role.
    pub role: Role,
    /// PIN.
    pub pin: String,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct StaffRow {
    /// Whose.
    pub person: PersonView,
    /// Whether it is open.
    pub active: bool,
    /// Whether it is the one that asks.
    pub you: bool,
}

/// Every account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct StaffView {
    /// In the order of their numbers.
    pub rows: Vec<StaffRow>,
}
