-- Notifier: what is to be told, by the log alone. Column by column the same as
-- core/tables.c; the engine writes them, nobody else does.

CREATE TABLE alert (
    shard integer NOT NULL,
    alert_id uuid NOT NULL,
    rule text,
    subject_kind text,
    subject_id uuid,
    child_id uuid,
    case_id uuid,
    stage integer,
    raised_at timestamptz,
    acknowledged_at timestamptz,
    cleared_at timestamptz,
    PRIMARY KEY (shard, alert_id)
);

-- One thing to be told to one role, agency or school.
CREATE TABLE delivery (
    shard integer NOT NULL,
    delivery_id uuid NOT NULL,
    purpose text NOT NULL,
    alert_id uuid,
    stage integer,
    told text,
    unit text,
    worker text,
    agency_id text,
    agency_ref text,
    amendment integer,
    school_urn text,
    rule text,
    subject_kind text,
    subject_id uuid,
    due_at timestamptz,
    urgent boolean NOT NULL,
    made_at timestamptz NOT NULL,
    send_at timestamptz NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (shard, delivery_id)
);
CREATE INDEX delivery_by_alert
    ON delivery (shard, alert_id) WHERE alert_id IS NOT NULL;

-- Missing children's notifications and when they were first decided.
CREATE TABLE missing (
    shard integer NOT NULL,
    notification_id uuid NOT NULL,
    accepted_at timestamptz,
    decided_at timestamptz,
    due_at timestamptz,
    manager_at timestamptz,
    PRIMARY KEY (shard, notification_id)
);
CREATE INDEX missing_undecided
    ON missing (shard, due_at) WHERE decided_at IS NULL;

-- Acknowledgements of what is no alert of the tracker's: of incidents.
CREATE TABLE incident_seen (
    shard integer NOT NULL,
    incident_id uuid NOT NULL,
    seen_at timestamptz NOT NULL,
    seen_by text,
    PRIMARY KEY (shard, incident_id)
);
