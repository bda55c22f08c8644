//! The only crate that speaks SQLite: append, query, keys, accounts
