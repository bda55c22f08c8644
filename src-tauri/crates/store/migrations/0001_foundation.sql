-- The append-only ledger and what is projected from it. One transaction; never edited once released.

CREATE TABLE records (
    i    INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    leaf BLOB NOT NULL
) STRICT;

CREATE INDEX records_policy ON records (i) WHERE kind = 'policy';

CREATE TRIGGER records_have_no_gap BEFORE INSERT ON records
WHEN NEW.i <> (SELECT coalesce(max(i) + 1, 0) FROM records)
BEGIN SELECT RAISE(ABORT, 'a record must follow the last one'); END;
CREATE TRIGGER records_are_not_updated BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
CREATE TRIGGER records_are_not_deleted BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END;

-- What the log filters by, and what must not stand in a leaf. `day` is the local day as yyyymmdd,
-- `offset_s` the local offset from UTC in seconds, `token` a keyed hash of the payload, `temperature` tenths.
CREATE TABLE entries (
    i           INTEGER PRIMARY KEY REFERENCES records (i),
    scan_id     BLOB NOT NULL UNIQUE,
    t           INTEGER NOT NULL,
    day         INTEGER NOT NULL,
    offset_s    INTEGER NOT NULL,
    gate        TEXT NOT NULL,
    guard       INTEGER NOT NULL REFERENCES people (number),
    verdict     TEXT NOT NULL,
    temperature INTEGER NOT NULL,
    token       BLOB,
    follows     INTEGER REFERENCES entries (i)
) STRICT;

-- Every index costs each entry one more page on its way to the disk. Admissions are most entries and are found
-- without one.
CREATE INDEX entries_by_day ON entries (day, i);
CREATE INDEX entries_by_verdict ON entries (verdict, i) WHERE verdict <> 'admit';
CREATE INDEX entries_by_guard ON entries (guard, i);
CREATE INDEX entries_by_token ON entries (token, i) WHERE token IS NOT NULL;
CREATE INDEX entries_by_follows ON entries (follows) WHERE follows IS NOT NULL;

CREATE TRIGGER entries_are_not_updated BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER entries_are_not_deleted BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

-- An entry is struck through once. The note may name a person, so it is sealed.
CREATE TABLE voids (
    i     INTEGER PRIMARY KEY REFERENCES records (i),
    entry INTEGER NOT NULL UNIQUE REFERENCES entries (i),
    note  BLOB
) STRICT;

CREATE TRIGGER voids_are_not_updated BEFORE UPDATE ON voids
BEGIN SELECT RAISE(ABORT, 'voids are never changed'); END;
CREATE TRIGGER voids_are_not_deleted BEFORE DELETE ON voids
BEGIN SELECT RAISE(ABORT, 'voids are never deleted'); END;

CREATE TABLE shifts (
    opened INTEGER PRIMARY KEY REFERENCES records (i),
    guard  INTEGER NOT NULL REFERENCES people (number),
    gate   TEXT NOT NULL,
    t      INTEGER NOT NULL
) STRICT;

CREATE TABLE shift_closings (
    shift  INTEGER PRIMARY KEY REFERENCES shifts (opened),
    closed INTEGER NOT NULL REFERENCES records (i)
) STRICT;

-- `name` is sealed, `pin` an Argon2id string with the pepper of the key vault.
CREATE TABLE people (
    number INTEGER PRIMARY KEY,
    name   BLOB NOT NULL,
    role   TEXT NOT NULL,
    pin    TEXT NOT NULL
) STRICT;

CREATE TABLE settings (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
