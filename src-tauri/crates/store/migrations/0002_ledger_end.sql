-- The steps in Rust have sealed exact temperatures, payload tokens and notes as disclosures by now: they leave
-- their columns. Then nothing that was written may change any more.

DROP INDEX entries_by_token;
ALTER TABLE entries DROP COLUMN temperature;
ALTER TABLE entries DROP COLUMN token;
ALTER TABLE voids DROP COLUMN note;

-- A record is signed once, and only as the last one.
CREATE TRIGGER records_are_not_updated BEFORE UPDATE ON records
WHEN OLD.head IS NOT NULL OR NEW.head IS NULL OR NEW.i <> (SELECT max(i) FROM records)
  OR (NEW.i, NEW.kind, NEW.leaf, NEW.nodes) IS NOT (OLD.i, OLD.kind, OLD.leaf, OLD.nodes)
BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
CREATE TRIGGER entries_are_not_updated BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
CREATE TRIGGER voids_are_not_updated BEFORE UPDATE ON voids
BEGIN SELECT RAISE(ABORT, 'voids are never changed'); END;
CREATE TRIGGER disclosures_are_not_updated BEFORE UPDATE ON disclosures
BEGIN SELECT RAISE(ABORT, 'disclosures are never changed'); END;
CREATE TRIGGER cosignatures_are_not_updated BEFORE UPDATE ON cosignatures
BEGIN SELECT RAISE(ABORT, 'cosignatures are never changed'); END;
CREATE TRIGGER cosignatures_are_not_deleted BEFORE DELETE ON cosignatures
BEGIN SELECT RAISE(ABORT, 'cosignatures are never deleted'); END;
