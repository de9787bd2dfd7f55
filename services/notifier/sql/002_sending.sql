-- Notifier: what was told, when and with what outcome. The wall clock and the
-- network decide here; the log knows nothing of it, and the checker looks at
-- none of these tables (docs/design.md section 2, "Outside the claim").

-- One thing for one rung of the ladder: a delivery, an incident or a test.
-- Begins as `new`; then part of a message, or kept back.
CREATE TABLE notice (
    shard integer NOT NULL,
    notice_id uuid NOT NULL,   -- of the delivery, incident or test
    rung integer NOT NULL,     -- 0: whom it is for; then up the ladder
    purpose text NOT NULL,     -- alert, answer, relay, incident, test
    rule text,
    told text,                 -- role
    unit text,
    worker text,
    party text,                -- agency or school; person of a test
    subject_kind text,
    subject_id uuid,
    reference text,            -- of an agency; what an incident is about
    due_at timestamptz,
    made_at timestamptz NOT NULL,
    send_at timestamptz NOT NULL,
    urgent boolean NOT NULL,
    alert_id uuid,             -- or the incident's id
    state text NOT NULL DEFAULT 'new'
        CHECK (state IN ('new', 'held', 'released', 'grouped', 'nobody',
                         'withdrawn')),
    message_id uuid,
    PRIMARY KEY (shard, notice_id, rung)
);
CREATE INDEX notice_waiting ON notice (shard, send_at)
    WHERE state IN ('new', 'released');
CREATE INDEX notice_by_message ON notice (shard, message_id)
    WHERE message_id IS NOT NULL;

-- What is sent to one address: one notice, or a digest of several. Its id is
-- that of the e-mail, the same at each attempt.
CREATE TABLE message (
    shard integer NOT NULL,
    message_id uuid NOT NULL,
    person text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('mail', 'hook')),
    address text NOT NULL,
    urgent boolean NOT NULL,
    state text NOT NULL DEFAULT 'ready'
        CHECK (state IN ('ready', 'sent', 'failed', 'withdrawn')),
    tries integer NOT NULL DEFAULT 0,
    first_at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    outcome text,              -- of the last attempt
    ended_at timestamptz,
    PRIMARY KEY (shard, message_id)
);
CREATE INDEX message_ready ON message (shard, next_at) WHERE state = 'ready';

-- Every attempt; one without outcome was under way when the process ended.
CREATE TABLE attempt (
    shard integer NOT NULL,
    message_id uuid NOT NULL,
    try integer NOT NULL,
    begun_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,              -- ok, 451, http-503, timeout, ...
    detail text,
    PRIMARY KEY (shard, message_id, try)
);

-- What notifier itself found wrong, by the wall clock.
CREATE TABLE incident (
    shard integer NOT NULL,
    incident_id uuid NOT NULL,
    rule text NOT NULL,        -- D16, still, lag, dead-letters, delivery, held
    subject_id uuid,
    reference text,
    raised_at timestamptz NOT NULL,
    escalated_at timestamptz,
    cleared_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    PRIMARY KEY (shard, incident_id)
);
CREATE INDEX incident_open ON incident (shard, rule) WHERE cleared_at IS NULL;

-- What the watch has seen: how many dead letters, for one.
CREATE TABLE seen (
    shard integer NOT NULL,
    what text NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (shard, what)
);

-- A delivery becomes a notice in the transaction that makes it true.
CREATE FUNCTION delivery_to_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO notice (shard, notice_id, rung, purpose, rule, told, unit,
                        worker, party, subject_kind, subject_id, reference,
                        due_at, made_at, send_at, urgent, alert_id)
    VALUES (NEW.shard, NEW.delivery_id, 0, NEW.purpose, NEW.rule, NEW.told,
            NEW.unit, NEW.worker, coalesce(NEW.agency_id, NEW.school_urn),
            NEW.subject_kind, NEW.subject_id, NEW.agency_ref, NEW.due_at,
            NEW.made_at, NEW.send_at, NEW.urgent, NEW.alert_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_made AFTER INSERT ON delivery
    FOR EACH ROW EXECUTE FUNCTION delivery_to_notice();

-- Who acknowledged an incident through intake has seen it, as by its link.
CREATE FUNCTION seen_to_incident() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE incident SET acknowledged_at = NEW.seen_at,
                        acknowledged_by = NEW.seen_by
     WHERE shard = NEW.shard AND incident_id = NEW.incident_id
       AND acknowledged_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER incident_was_seen AFTER INSERT ON incident_seen
    FOR EACH ROW EXECUTE FUNCTION seen_to_incident();

-- Does anybody still want to hear it?
CREATE FUNCTION is_wanted(n notice) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT CASE n.purpose
        WHEN 'test' THEN true
        WHEN 'incident' THEN EXISTS (
            SELECT 1 FROM incident i WHERE i.shard = n.shard
            AND i.incident_id = n.alert_id AND i.cleared_at IS NULL
            AND i.acknowledged_at IS NULL)
        ELSE EXISTS (
            SELECT 1 FROM delivery d WHERE d.shard = n.shard
            AND d.delivery_id = n.notice_id AND d.state = 'wanted')
        END
$$;

-- A person lets go what was kept back after a restore or a long outage.
CREATE FUNCTION release_held(p_shard integer) RETURNS bigint
LANGUAGE sql AS $$
    WITH freed AS (
        UPDATE notice SET state = 'released'
        WHERE shard = p_shard AND state = 'held' RETURNING 1)
    SELECT count(*) FROM freed
$$;

-- For people and the console: attempts and outcomes as a table.
CREATE VIEW told AS
    SELECT n.shard, n.notice_id, n.rung, n.purpose, n.rule, n.told, n.unit,
           n.state AS notice_state, m.person, m.channel, m.state, m.tries,
           m.outcome, n.made_at, m.ended_at
    FROM notice n LEFT JOIN message m USING (shard, message_id);
