-- Metrics: facts, KPI cells and what others counted. Column by column the
-- same as core/tables.c; the engine writes them, nobody else does.

-- One version of a notification: a table a topic, each row written once or
-- by what its own topic says later. fact_notification has them together.

-- casework: the last decision, and what is derived from it.
CREATE TABLE fact_decided (
    shard integer NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    agency_ref text COLLATE "C" NOT NULL,
    amendment integer NOT NULL,
    notification_id uuid NOT NULL,
    agency_type text,
    kind text,
    decision_id uuid,
    child_id uuid,
    entry text,
    side text,
    outcome text,
    status text,
    rule_id text,
    action_rules text NOT NULL,
    received_at timestamptz,
    decided_at timestamptz,
    cin_source text,
    unit text,
    locality text,
    age_band text,
    sex text,
    ethnicity text,
    sen boolean,
    re_referral boolean,
    needs text NOT NULL,
    episode_id uuid,
    heard_at timestamptz,
    -- derived
    month date,
    superseded boolean NOT NULL,
    repeat boolean NOT NULL,
    waits_for text COLLATE "C",
    PRIMARY KEY (shard, agency_id, agency_ref, amendment)
);
CREATE INDEX fact_decided_by_episode
    ON fact_decided (shard, episode_id) WHERE episode_id IS NOT NULL;
CREATE INDEX fact_decided_by_wait
    ON fact_decided (shard, waits_for) WHERE waits_for IS NOT NULL;
-- What a period's figures look at; the one index that every notification writes.
CREATE INDEX fact_decided_by_receipt ON fact_decided (shard, received_at);
-- Children that another authority told of, since ever (K24).
CREATE INDEX fact_decided_by_other_la
    ON fact_decided (shard, child_id) WHERE kind = 'other_la';

-- receipts
CREATE TABLE fact_accepted (
    shard integer NOT NULL,
    notification_id uuid NOT NULL,
    agency_id text,
    agency_ref text,
    amendment integer,
    agency_type text,
    kind text,
    sent_at timestamptz,
    accepted_at timestamptz,
    PRIMARY KEY (shard, notification_id)
);

-- case-journal: what took effect, and on which case.
CREATE TABLE fact_effect (
    shard integer NOT NULL,
    notification_id uuid NOT NULL,
    effect_decision_id uuid,
    effect text,
    case_id uuid,
    PRIMARY KEY (shard, notification_id)
);

-- feedback: the first answer.
CREATE TABLE fact_answer (
    shard integer NOT NULL,
    notification_id uuid NOT NULL,
    answered_at timestamptz,
    answer text,
    PRIMARY KEY (shard, notification_id)
);

-- A case as case-journal had it last when it was counted.
CREATE TABLE fact_case (
    shard integer NOT NULL,
    case_id uuid NOT NULL,
    child_id uuid NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    outcome text,
    opened_at timestamptz,
    closed_at timestamptz,
    close_outcome text,
    unit text,
    worker text,
    csc_status text,
    locality text,
    age_band text,
    sex text,
    ethnicity text,
    entry text,
    agency_type text,
    intent boolean NOT NULL,
    converted boolean NOT NULL,
    re_referral boolean,
    predecessor_id uuid,
    merged_into uuid,
    profile_version text,
    heard_at timestamptz,
    opened_band text,
    closed_band text,
    screened_out boolean NOT NULL,
    opened_month date,
    closed_month date,
    close_class text,
    PRIMARY KEY (shard, case_id)
);
-- What a period's figures look at: cases that are open, or ended in it or later.
CREATE INDEX fact_case_by_end ON fact_case (shard, closed_at);

-- Versions of cases whose profile or calendar casework hasn't activated yet.
CREATE TABLE fact_case_waiting (
    shard integer NOT NULL,
    case_id uuid NOT NULL,
    version integer NOT NULL,
    child_id uuid NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    outcome text,
    opened_at timestamptz,
    closed_at timestamptz,
    close_outcome text,
    unit text,
    worker text,
    csc_status text,
    locality text,
    age_band text,
    sex text,
    ethnicity text,
    entry text,
    agency_type text,
    intent boolean NOT NULL,
    converted boolean NOT NULL,
    re_referral boolean,
    predecessor_id uuid,
    merged_into uuid,
    profile_version text,
    heard_at timestamptz,
    opened_band text,
    closed_band text,
    screened_out boolean NOT NULL,
    opened_month date,
    closed_month date,
    close_class text,
    waits_for text,
    PRIMARY KEY (shard, case_id, version)
);
CREATE INDEX fact_case_waiting_by_case ON fact_case_waiting (shard, case_id);
CREATE INDEX fact_case_waiting_by_wait
    ON fact_case_waiting (shard, waits_for) WHERE waits_for IS NOT NULL;

CREATE TABLE fact_handover (
    shard integer NOT NULL,
    handover_id uuid NOT NULL,
    case_id uuid NOT NULL,
    child_id uuid NOT NULL,
    new_case_id uuid,
    direction text NOT NULL,
    state text NOT NULL,
    from_unit text,
    to_unit text,
    offered_at timestamptz,
    answered_at timestamptz,
    locality text,
    age_band text,
    heard_at timestamptz,
    month date,
    waits_for text,
    PRIMARY KEY (shard, handover_id)
);
CREATE INDEX fact_handover_by_wait
    ON fact_handover (shard, waits_for) WHERE waits_for IS NOT NULL;

CREATE TABLE fact_alert (
    shard integer NOT NULL,
    alert_id uuid NOT NULL,
    rule text,
    subject_kind text,
    subject_id uuid,
    child_id uuid,
    case_id uuid,
    due_at timestamptz,
    raise_number integer,
    stage integer,
    unit text,
    raised_at timestamptz,
    escalated_at timestamptz,
    acknowledged_at timestamptz,
    cleared_at timestamptz,
    PRIMARY KEY (shard, alert_id)
);

-- Figures that somebody else counted (K36). A null value is a gap, never 0.
CREATE TABLE observed_indicator (
    shard integer NOT NULL,
    agency_id text NOT NULL,
    agency_ref text NOT NULL,
    amendment integer NOT NULL,
    indicator_id uuid NOT NULL,
    indicator text NOT NULL,
    period_from date,
    period_to date,
    value text,
    unit text,
    definition text,
    status text,
    area text,
    breakdown text,
    measure text,
    gap text,
    amount bigint,
    decimals integer,
    typed_total boolean NOT NULL,
    PRIMARY KEY (shard, agency_id, agency_ref)
);

-- What staff did, of the kinds that are counted; see core/tables.h.
CREATE TABLE fact_activity (
    shard integer NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    agency_ref text COLLATE "C" NOT NULL,
    amendment integer,
    activity_id uuid,
    activity text,
    child_id uuid,
    case_id uuid,
    notification_id uuid,
    occurred_at timestamptz,
    side text,
    unit text,
    worker text,
    locality text,
    age_band text,
    sex text,
    organisation text,
    service text,
    provider text,
    service_on boolean,
    hours_tenths integer,
    open_access boolean NOT NULL,
    core_offer text,
    linked_kpi text,
    risk_of_csc text,
    programme text,
    programme_stage text,
    grades text NOT NULL,
    csc_status text,
    corrected boolean NOT NULL,
    refused boolean NOT NULL,
    heard_at timestamptz,
    month date,
    waits_for text,
    PRIMARY KEY (shard, agency_id, agency_ref)
);
CREATE INDEX fact_activity_by_wait
    ON fact_activity (shard, waits_for) WHERE waits_for IS NOT NULL;
-- What is asked over all time: of services (K16, K23 to K25) and of what social
-- care said (K23, K34) the index has all that is read, of relays (K33) the
-- notification they belong to. Sessions (K09, K15) are of a period.
CREATE INDEX fact_activity_by_service
    ON fact_activity (shard, service, child_id, provider, occurred_at,
                      agency_id, agency_ref)
       INCLUDE (activity, service_on, locality, age_band, waits_for,
                corrected, refused)
 WHERE activity = 'service_changed';
CREATE INDEX fact_activity_by_status
    ON fact_activity (shard, child_id, occurred_at)
       INCLUDE (agency_id, agency_ref, activity, csc_status, locality,
                age_band, waits_for, corrected, refused)
 WHERE activity IN ('lac_started', 'csc_status_changed');
CREATE INDEX fact_activity_by_relay
    ON fact_activity (shard, notification_id)
 WHERE activity IN ('safety_plan', 'encompass_relayed');
CREATE INDEX fact_activity_by_session
    ON fact_activity (shard, occurred_at)
 WHERE activity = 'session_attended';

-- Limits that stopped.
CREATE TABLE fact_clock (
    shard integer NOT NULL,
    subject_id uuid NOT NULL,
    clock text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL,
    subject_kind text,
    child_id uuid,
    due_at timestamptz,
    stopped_at timestamptz,
    late boolean,
    unit text,
    heard_at timestamptz,
    month date,
    waits_for text,
    PRIMARY KEY (shard, subject_id, clock, started_at)
);
CREATE INDEX fact_clock_by_wait
    ON fact_clock (shard, waits_for) WHERE waits_for IS NOT NULL;

CREATE TABLE fact_episode (
    shard integer NOT NULL,
    episode_id uuid NOT NULL,
    child_id uuid,
    state text,
    reported_at timestamptz,
    found_at timestamptz,
    rhi_state text,
    rhi_at timestamptz,
    rhi_due_at timestamptz,
    unit text,
    locality text,
    age_band text,
    heard_at timestamptz,
    month date,
    waits_for text,
    PRIMARY KEY (shard, episode_id)
);
CREATE INDEX fact_episode_by_wait
    ON fact_episode (shard, waits_for) WHERE waits_for IS NOT NULL;

-- Two children that are one person; gone again when they are parted.
CREATE TABLE child_join (
    shard integer NOT NULL,
    merged_id uuid NOT NULL,
    survivor_id uuid NOT NULL,
    joined_at timestamptz,
    PRIMARY KEY (shard, merged_id)
);

-- The figures as they stand. K10_net is opened less ended; K10 is its sum
-- over all months so far. A cell of zeros is no row. Counts have denominator 0.
CREATE TABLE kpi_cell (
    shard integer NOT NULL,
    month date NOT NULL,
    kpi text COLLATE "C" NOT NULL,
    side text COLLATE "C" NOT NULL,
    district text COLLATE "C" NOT NULL,
    age_band text COLLATE "C" NOT NULL,
    part text COLLATE "C" NOT NULL,
    numerator bigint NOT NULL,
    denominator bigint NOT NULL,
    PRIMARY KEY (shard, month, kpi, side, district, age_band, part)
) WITH (fillfactor = 10); -- few rows, and each turn changes many of them

-- What of them changed after its topic had told the month's end: a month as it
-- was frozen is kpi_cell less this. Read it through frozen_cells.
CREATE TABLE late_change (
    shard integer NOT NULL,
    month date NOT NULL,
    kpi text COLLATE "C" NOT NULL,
    side text COLLATE "C" NOT NULL,
    district text COLLATE "C" NOT NULL,
    age_band text COLLATE "C" NOT NULL,
    part text COLLATE "C" NOT NULL,
    numerator bigint NOT NULL,
    denominator bigint NOT NULL,
    PRIMARY KEY (shard, month, kpi, side, district, age_band, part)
);

-- How far time has come; one row, no = 1.
CREATE TABLE reckoning (
    shard integer NOT NULL,
    no integer NOT NULL,
    casework_at timestamptz,
    journal_at timestamptz,
    frozen_through date,
    PRIMARY KEY (shard, no)
);
