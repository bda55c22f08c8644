-- The ledger's tree, signed heads, disclosures under keys of the day, witnesses. The steps in Rust that hash, seal
-- and sign what was there before come next, and 0002_ledger_end.sql after them, all in one transaction; never
-- edited once released.

DROP TRIGGER records_are_not_updated;
DROP TRIGGER entries_are_not_updated;
DROP TRIGGER voids_are_not_updated;

-- `nodes`: the hashes that this leaf completes in the tree of RFC 6962, its own first, 32 bytes each. `head`: the
-- gate's signature over the seal of i + 1 records, where this record was the last one of its transaction.
ALTER TABLE records ADD COLUMN nodes BLOB NOT NULL DEFAULT x'';
ALTER TABLE records ADD COLUMN head BLOB;

-- What has to be known of the past before the next record can be written; none of these has an entry for an entry.
CREATE INDEX records_of_boot ON records (i) WHERE kind = 'boot';
CREATE INDEX records_of_clock ON records (i) WHERE kind = 'clock';
CREATE INDEX records_of_keys ON records (i) WHERE kind = 'key_change';
CREATE INDEX records_of_retention ON records (i) WHERE kind = 'retention';
CREATE INDEX records_of_hold ON records (i) WHERE kind = 'hold';
CREATE INDEX records_of_erase ON records (i) WHERE kind = 'erase';

-- Sealed with the key of a day and class, which is never in this file: no copy of it can be read once the key is
-- destroyed. `class` is 0 for visitors and 1 for incidents, `day` counts days since 1970 UTC in ledger time. By
-- class and day first: a day is erased in one stretch.
CREATE TABLE disclosures (
    class  INTEGER NOT NULL,
    day    INTEGER NOT NULL,
    i      INTEGER NOT NULL REFERENCES records (i),
    field  TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (class, day, i, field)
) STRICT, WITHOUT ROWID;

-- Where the disclosures of an entry are, and its band of temperature, which stands in its leaf.
ALTER TABLE entries ADD COLUMN band TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN class INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN ledger_day INTEGER NOT NULL DEFAULT 0;

-- Whether a code was seen before, by ledger day so that it can go with the day. `token` is that of the code, hashed
-- under the key of the day's visitors: equal ones are equal only within a day, and none can be told once the key is
-- destroyed, in no copy.
CREATE TABLE sightings (
    day   INTEGER NOT NULL,
    token BLOB NOT NULL,
    i     INTEGER NOT NULL REFERENCES records (i),
    PRIMARY KEY (day, token, i)
) STRICT, WITHOUT ROWID;

-- Cosignatures of witnesses over the seal of `size` records; `i` is the record that tells of it.
CREATE TABLE cosignatures (
    size    INTEGER NOT NULL,
    witness TEXT NOT NULL,
    time    INTEGER NOT NULL,
    line    TEXT NOT NULL,
    i       INTEGER NOT NULL REFERENCES records (i),
    PRIMARY KEY (size, witness, time)
) STRICT;

-- How often a PIN was wrong in a row, and until when its owner has to wait: by the monotonic clock of that boot.
CREATE TABLE lockouts (
    number   INTEGER PRIMARY KEY REFERENCES people (number),
    wrong    INTEGER NOT NULL,
    boot     INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;

-- Whoever left can no longer sign in; the log still says who was there.
ALTER TABLE people ADD COLUMN active INTEGER NOT NULL DEFAULT 1;
