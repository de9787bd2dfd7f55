-- Intake's own table: what has been accepted, for ever. The key is the
-- sender's; a repeat finds its first receipt here.
CREATE TABLE receipt (
    shard smallint NOT NULL,
    item_kind text NOT NULL
        CHECK (item_kind IN ('notification', 'activity', 'screening', 'match',
                             'indicator')),
    agency_id text NOT NULL,
    agency_ref text NOT NULL,
    amendment integer NOT NULL,
    item_id uuid NOT NULL,
    content_hash bytea NOT NULL, -- keyed: tells nothing without the key
    recorded_at timestamptz NOT NULL,
    kind text NOT NULL,          -- of the notification or activity, else ''
    sequence bigint NOT NULL,    -- on notifications; of an indicator on
                                 -- indicators
    warnings integer NOT NULL,   -- bit w for Ww
    key_id uuid,                 -- seals its personal part; null: it has none
    PRIMARY KEY (shard, item_kind, agency_id, agency_ref, amendment)
);
CREATE INDEX receipt_item ON receipt (shard, item_id);
