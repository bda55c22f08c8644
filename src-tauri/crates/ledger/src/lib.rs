//! The exact bytes of every record
