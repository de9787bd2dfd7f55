-- The keys that seal what a record says about persons, each wrapped by a
-- master key that is not in the database (common/adapters/seal.h). A record is
-- in the log for ever; without its row here nobody can read it. So a row is
-- written in the transaction that accepts its record, and stays when its key
-- is erased: "erased" and "lost" are not the same.
CREATE TABLE person_key (
    shard smallint NOT NULL,
    key_id uuid NOT NULL,
    wrapped bytea,               -- null: erased
    erased_at timestamptz,
    erased_by text,
    erased_second text,          -- who agreed
    PRIMARY KEY (shard, key_id),
    CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL)),
    CHECK ((erased_at IS NULL) = (erased_by IS NULL)),
    CHECK ((erased_at IS NULL) = (erased_second IS NULL)),
    CHECK (erased_by <> erased_second)
);

-- Erase keys for ever; returns how many were still there. The old row is gone
-- from the files after VACUUM, from the write-ahead log after checkpoints.
CREATE FUNCTION person_key_erase(p_shard integer, p_key_ids uuid[],
                                 p_by text, p_second text, p_at timestamptz)
RETURNS bigint LANGUAGE sql AS $$
    WITH gone AS (
        UPDATE person_key
           SET wrapped = NULL, erased_at = p_at, erased_by = p_by,
               erased_second = p_second
         WHERE shard = p_shard AND key_id = ANY (p_key_ids)
           AND erased_at IS NULL
        RETURNING 1)
    SELECT count(*) FROM gone
$$;

-- What triage reads, and nobody but triage: through its own role, where the
-- services have roles of their own.
CREATE VIEW person_key_read AS
    SELECT shard, key_id, wrapped, erased_at FROM person_key;
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waymark_triage') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO waymark_triage',
                       current_schema());
        GRANT SELECT ON person_key_read TO waymark_triage;
    END IF;
END $$;
