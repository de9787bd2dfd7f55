-- The tracker's tables: services/tracker/core/tables.h says what each column
-- means, common/core/field.h which type a field has in SQL. Each row is one
-- authority's: shard is its partition number.

-- One child, one side, one period of help; kept after it has closed. Every
-- message about the child changes it: with half of a page free the change stays
-- there, and no index hears of it (docs/decisions.md, "Room beside what
-- changes").
CREATE TABLE cases (
    shard integer NOT NULL,
    case_id uuid NOT NULL,
    child_id uuid NOT NULL,
    first_child_id uuid NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    state_before text,
    outcome text,
    unit text,
    worker text,
    locality text,
    notification_id uuid,
    agency_id text,
    agency_ref text,
    amendment integer,
    agency_type text,
    cin_source text,
    entry text,
    decision_id uuid,
    handover_id uuid,
    predecessor_id uuid,
    merged_into uuid,
    episode_id uuid,
    received_at timestamptz,
    opened_at timestamptz,
    closed_at timestamptz,
    close_outcome text,
    contact_at timestamptz,
    csc_status text,
    needs text NOT NULL,
    needs_by_merge text NOT NULL,
    level integer,
    consent text,
    rag text,
    re_referral boolean,
    third_need boolean NOT NULL,
    intent boolean NOT NULL,
    age_band text,
    sex text,
    ethnicity text,
    changes integer NOT NULL,
    profile_version text,
    PRIMARY KEY (shard, case_id)
) WITH (fillfactor = 50);
CREATE INDEX cases_by_child ON cases (shard, child_id);

-- What became of a notification, all its amendments together.
CREATE TABLE referral (
    shard integer NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    agency_ref text COLLATE "C" NOT NULL,
    amendment integer NOT NULL,
    case_id uuid,
    decision_id uuid NOT NULL,
    status text NOT NULL,
    effect text,
    waits_as uuid,
    answered_at timestamptz,
    answer text,
    refusal text,
    review_id uuid,
    PRIMARY KEY (shard, agency_id, agency_ref)
);

-- Offers between the two sides, answered or not.
CREATE TABLE handover (
    shard integer NOT NULL,
    handover_id uuid NOT NULL,
    case_id uuid NOT NULL,
    child_id uuid NOT NULL,
    direction text NOT NULL,
    state text NOT NULL,
    from_unit text,
    to_unit text,
    offered_at timestamptz NOT NULL,
    answered_at timestamptz,
    due_at timestamptz,
    expiries integer NOT NULL,
    new_case_id uuid,
    by text,
    PRIMARY KEY (shard, handover_id)
);
CREATE INDEX handover_by_case ON handover (shard, case_id);

-- The last run of each limit of a case or a missing episode.
CREATE TABLE clock (
    shard integer NOT NULL,
    subject_id uuid NOT NULL,
    clock text COLLATE "C" NOT NULL,
    subject_kind text NOT NULL,
    child_id uuid,
    state text NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz,
    stopped_at timestamptz,
    late boolean,
    by_closing boolean NOT NULL,
    rag text,
    profile_version text,
    PRIMARY KEY (shard, subject_id, clock)
);

-- When a clock stood still.
CREATE TABLE pause (
    shard integer NOT NULL,
    subject_id uuid NOT NULL,
    clock text COLLATE "C" NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz,
    PRIMARY KEY (shard, subject_id, clock, from_at)
);

-- What happens by itself, and when: due_at is the instant of firing. A clock's
-- next warning alone has a row; what follows it is put when that fires
-- (docs/decisions.md, "A clock has one deadline at a time").
CREATE TABLE deadline (
    shard integer NOT NULL,
    subject_id uuid NOT NULL,
    rule text COLLATE "C" NOT NULL,
    stage integer NOT NULL,
    alert_due_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    warn_2_at timestamptz,
    warn_3_at timestamptz,
    warn_4_at timestamptz,
    then_due boolean NOT NULL,
    subject_kind text NOT NULL,
    child_id uuid,
    profile_version text,
    PRIMARY KEY (shard, subject_id, rule, stage, alert_due_at)
);
-- No more than the instant, which many share: those are kept as one entry, and
-- whoever asks in order sorts them (docs/decisions.md, "What falls due").
CREATE INDEX deadline_by_due ON deadline (shard, due_at);

-- Findings; a cleared one stays, because what was said stays said.
CREATE TABLE alert (
    shard integer NOT NULL,
    alert_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    subject_kind text NOT NULL,
    rule text NOT NULL,
    due_at timestamptz NOT NULL,
    raise_number integer NOT NULL,
    stage integer NOT NULL,
    told text NOT NULL,
    case_id uuid,
    child_id uuid,
    unit text,
    worker text,
    raised_at timestamptz NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    cleared_at timestamptz,
    PRIMARY KEY (shard, alert_id)
);
CREATE INDEX alert_by_subject ON alert (shard, subject_id);

-- Missing episodes: a function of their messages, and the interview.
CREATE TABLE episode (
    shard integer NOT NULL,
    episode_id uuid NOT NULL,
    child_id uuid,
    agency_id text NOT NULL,
    episode_ref text,
    received_at timestamptz,
    state text NOT NULL,
    incomplete boolean NOT NULL,
    category text,
    risk_grade text,
    reported_at timestamptz,
    found_at timestamptz,
    cancel_reason text,
    interview text,
    rhi_state text,
    rhi_at timestamptz,
    rhi_due_at timestamptz,
    unit text,
    locality text,
    age_band text,
    csc_status text,
    adult_on date,
    PRIMARY KEY (shard, episode_id)
);
CREATE INDEX episode_by_child ON episode (shard, child_id);

-- The highest amendment of each message of an episode.
CREATE TABLE episode_message (
    shard integer NOT NULL,
    episode_id uuid NOT NULL,
    agency_ref text COLLATE "C" NOT NULL,
    notification_id uuid,
    amendment integer NOT NULL,
    kind text NOT NULL,
    child_id uuid,
    first_child_id uuid,
    reported_at timestamptz,
    graded_at timestamptz,
    found_at timestamptz,
    cancelled_at timestamptz,
    risk_grade text,
    category text,
    cancel_reason text,
    locality text,
    age_band text,
    csc_status text,
    adult_on date,
    PRIMARY KEY (shard, episode_id, agency_ref)
);

-- Open cases of each worker.
CREATE TABLE worker (
    shard integer NOT NULL,
    worker text COLLATE "C" NOT NULL,
    open_cases integer NOT NULL,
    PRIMARY KEY (shard, worker)
);

-- Notices of domestic abuse: has the child's school heard (T11)?
CREATE TABLE encompass (
    shard integer NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    agency_ref text COLLATE "C" NOT NULL,
    child_id uuid NOT NULL,
    amendment integer NOT NULL,
    notification_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    incident_at timestamptz NOT NULL,
    unit text,
    PRIMARY KEY (shard, agency_id, agency_ref)
);
CREATE INDEX encompass_by_child ON encompass (shard, child_id);

-- What activities were applied to, and how it stood before: for corrections.
CREATE TABLE deed (
    shard integer NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    agency_ref text COLLATE "C" NOT NULL,
    activity_id uuid NOT NULL,
    activity text NOT NULL,
    case_id uuid,
    child_id uuid,
    episode_id uuid,
    occurred_at timestamptz NOT NULL,
    number integer,
    corrected boolean NOT NULL,
    state text,
    state_before text,
    unit text,
    worker text,
    closed_at timestamptz,
    close_outcome text,
    contact_at timestamptz,
    csc_status text,
    needs text NOT NULL,
    level integer,
    consent text,
    age_band text,
    interview text,
    interview_at timestamptz,
    PRIMARY KEY (shard, agency_id, agency_ref)
);

-- The clocks that such an activity moved, as they were before.
CREATE TABLE deed_clock (
    shard integer NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    agency_ref text COLLATE "C" NOT NULL,
    clock text COLLATE "C" NOT NULL,
    state text NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz,
    stopped_at timestamptz,
    late boolean,
    by_closing boolean NOT NULL,
    PRIMARY KEY (shard, agency_id, agency_ref, clock)
);
