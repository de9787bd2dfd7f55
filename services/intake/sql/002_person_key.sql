-- What the keys follow from that seal what records say about persons
-- (common/adapters/key_tree.h), wrapped by a master key that is not in the
-- database (common/adapters/seal.h). Each row is a range of key ids: all that
-- begin with the first `digits` hex digits of `first`. The ranges of a tree hold every
-- one of its ids once, so the ids of records to come as well: an older backup
-- of this table opens what was sealed after it. A key that was erased has a
-- row of its own, without bytes, that stays: "erased" and "lost" are not the
-- same.
CREATE TABLE person_key (
    shard smallint NOT NULL,
    first uuid NOT NULL,
    digits smallint NOT NULL CHECK (digits BETWEEN 4 AND 32),
    wrapped bytea,               -- null: erased
    erased_at timestamptz,
    erased_by text,
    erased_second text,          -- who agreed
    PRIMARY KEY (shard, first),
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL)),
    CHECK ((erased_at IS NULL) = (erased_by IS NULL)),
    CHECK ((erased_at IS NULL) = (erased_second IS NULL)),
    CHECK (erased_at IS NULL OR digits = 32),
    CHECK (erased_by <> erased_second)
);
-- No sample of it among the statistics, where it would outlive an erasure.
ALTER TABLE person_key ALTER COLUMN wrapped SET STATISTICS 0;

-- What the checker holds against the log.
CREATE VIEW person_key_erased AS
    SELECT shard, first AS key_id, erased_at, erased_by, erased_second
      FROM person_key WHERE erased_at IS NOT NULL;

-- What triage reads, and nobody but triage: through its own role, where the
-- services have roles of their own.
CREATE VIEW person_key_read AS
    SELECT shard, first, digits, wrapped FROM person_key;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waymark_triage') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO waymark_triage',
                       current_schema());
        GRANT SELECT ON person_key_read TO waymark_triage;
    END IF;
END $$;
