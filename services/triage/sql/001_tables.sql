-- Tables of triage; services/triage/core/tables.h says what they hold. The
-- schema comes from search_path.

-- A person, as last told; names stand here, in child_identifier and child_told
-- only.
CREATE TABLE child (
    shard integer NOT NULL,
    child_id uuid NOT NULL,
    first_seen_at timestamptz NOT NULL,
    forename text,
    surname text,
    aliases text NOT NULL,
    forename_norm text,
    surname_norm text COLLATE "C",
    dob date,
    dob_estimated boolean NOT NULL,
    expected_dob date,
    mother_norm text COLLATE "C",
    sex text,
    ethnicity text,
    disability text NOT NULL,
    sen boolean,
    la_child_id text,
    postcode text,
    address text,
    address_norm text COLLATE "C",
    school_urn text,
    looked_after_by text,
    nhs_number text,
    upn text,
    merged_into uuid, -- the child that stands for it
    joined integer NOT NULL,
    tellings integer NOT NULL, -- so many there were, erased ones included
    PRIMARY KEY (shard, child_id)
) WITH (fillfactor = 50); -- it changes while it is told of
CREATE INDEX child_by_mother
    ON child (shard, mother_norm) WHERE mother_norm IS NOT NULL;
CREATE INDEX child_by_survivor
    ON child (shard, merged_into) WHERE merged_into IS NOT NULL;

-- What a child has in common with messages about it: hashes of names, birth,
-- postcode (services/triage/core/candidates.h).
CREATE TABLE child_block (
    shard integer NOT NULL,
    block bigint NOT NULL,
    child_id uuid NOT NULL,
    PRIMARY KEY (shard, block, child_id)
);

-- A number that belongs to a child.
CREATE TABLE child_identifier (
    shard integer NOT NULL,
    kind text COLLATE "C" NOT NULL,
    value text COLLATE "C" NOT NULL,
    la_code text COLLATE "C" NOT NULL,
    child_id uuid NOT NULL,
    PRIMARY KEY (shard, kind, value, la_code, child_id)
);

-- What one notification told of a child: with it erased the child's row is made
-- again of the others.
CREATE TABLE child_told (
    shard integer NOT NULL,
    child_id uuid NOT NULL,
    nth integer NOT NULL,
    notification_id uuid NOT NULL,
    over boolean NOT NULL,
    forename text,
    surname text,
    aliases text NOT NULL,
    dob date,
    dob_estimated boolean NOT NULL,
    expected_dob date,
    mother_norm text,
    sex text,
    ethnicity text,
    disability text NOT NULL,
    sen boolean,
    nhs_number text,
    upn text,
    la_child_id text,
    la_code text,
    postcode text,
    address text,
    school_urn text,
    looked_after_by text,
    PRIMARY KEY (shard, child_id, nth)
);

-- Two children who belong together and are not the same.
CREATE TABLE child_link (
    shard integer NOT NULL,
    child_id uuid NOT NULL,
    other_id uuid NOT NULL,
    reason text NOT NULL,
    notification_id uuid NOT NULL,
    PRIMARY KEY (shard, child_id, other_id)
);

-- A match that a person has to look at.
CREATE TABLE match_review (
    shard integer NOT NULL,
    notification_id uuid NOT NULL,
    child_id uuid NOT NULL,
    candidates text NOT NULL,
    step text NOT NULL,
    opened_at timestamptz NOT NULL,
    resolved_at timestamptz,
    by text,
    second_by text,
    joined_id uuid,
    PRIMARY KEY (shard, notification_id)
);

-- One notification and what was decided about it, last; words of a set are
-- separated by blanks, lines of a list by line feeds.
CREATE TABLE decision (
    shard integer NOT NULL,
    agency_id text COLLATE "C" NOT NULL,
    agency_ref text COLLATE "C" NOT NULL,
    amendment integer NOT NULL,
    notification_id uuid NOT NULL,
    superseded boolean NOT NULL,
    agency_type text NOT NULL,
    cin_source text,
    kind text NOT NULL,
    received_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    occurred_at timestamptz NOT NULL,
    child_id uuid NOT NULL,
    match_status text NOT NULL,
    match_step text,
    match_weight integer, -- log2 odds in thousandths
    evidence text NOT NULL,
    entry text,
    needs text NOT NULL,
    level integer,
    csc_threshold text,
    immediate_danger boolean NOT NULL,
    info_only boolean NOT NULL,
    harm text,
    impaired boolean,
    single_agency_able boolean,
    consent text,
    risk_of_csc text,
    risk_grade text,
    rag text,
    episode_id uuid,
    episode_ref text,
    reported_at timestamptz,
    graded_at timestamptz,
    found_at timestamptz,
    cancelled_at timestamptz,
    cancel_reason text,
    missing_category text,
    last_seen_at timestamptz,
    incident_at timestamptz,
    offered_case_id uuid,
    wanted_unit text,
    warnings text NOT NULL,
    decision_id uuid NOT NULL,
    decisions integer NOT NULL,
    outcome text NOT NULL,
    rule_outcome text,
    status text NOT NULL,
    rule_id text NOT NULL,
    hits text NOT NULL,
    action_rules text NOT NULL,
    actions text NOT NULL,
    inputs text NOT NULL,
    ask text NOT NULL,
    profile_version text NOT NULL,
    side text,
    unit text,
    locality text,
    age_band text,
    need_count integer NOT NULL,
    csc_status text,
    eh_status text,
    missing_30d integer,
    missing_90d integer,
    re_referral boolean,
    existing_case_id uuid,
    overridden boolean NOT NULL,
    screened_by text,
    second_by text,
    primary_need text, -- of the CIN census; a screener entered it
    relayed boolean NOT NULL,
    PRIMARY KEY (shard, agency_id, agency_ref, amendment)
);
CREATE INDEX decision_by_episode
    ON decision (shard, episode_id) WHERE episode_id IS NOT NULL;

-- What stands of a decision: the little of it that later ones about the child
-- look at, and what tracker answered. Room is left for the answer's update.
CREATE TABLE standing (
    shard integer NOT NULL,
    notification_id uuid NOT NULL,
    child_id uuid NOT NULL,
    agency_id text NOT NULL,
    agency_ref text NOT NULL,
    amendment integer NOT NULL,
    received_at timestamptz NOT NULL,
    superseded boolean NOT NULL,
    entry text,
    decision_id uuid NOT NULL,
    outcome text NOT NULL,
    status text NOT NULL,
    pending boolean NOT NULL,
    effect text,
    referral_of uuid, -- the child where it made a referral
    PRIMARY KEY (shard, notification_id)
) WITH (fillfactor = 60);
CREATE INDEX standing_by_referral
    ON standing (shard, referral_of) WHERE referral_of IS NOT NULL;

-- Decisions with tracker's answer, for people and reports.
CREATE VIEW decisions AS
SELECT d.*, s.pending, s.effect
  FROM decision d
  JOIN standing s USING (shard, notification_id, child_id, agency_id,
                         agency_ref, amendment);

-- A missing episode as far as counting needs it.
CREATE TABLE episode (
    shard integer NOT NULL,
    episode_id uuid NOT NULL,
    child_id uuid NOT NULL,
    agency_id text NOT NULL,
    episode_ref text NOT NULL,
    counted_on date,
    cancelled boolean NOT NULL,
    risk_grade text,
    PRIMARY KEY (shard, episode_id)
);
CREATE INDEX episode_by_child ON episode (shard, child_id);

-- A case as tracker last said.
CREATE TABLE known_case (
    shard integer NOT NULL,
    case_id uuid NOT NULL,
    child_id uuid NOT NULL,
    side text NOT NULL,
    state text NOT NULL,
    outcome text,
    csc_status text,
    needs text NOT NULL,
    unit text,
    opened_by uuid,
    opened_at timestamptz,
    PRIMARY KEY (shard, case_id)
) WITH (fillfactor = 50); -- it changes with each answer of tracker's
CREATE INDEX known_case_by_child ON known_case (shard, child_id);

-- How many cases a unit has open: for routing.
CREATE TABLE unit_load (
    shard integer NOT NULL,
    side text COLLATE "C" NOT NULL,
    unit text COLLATE "C" NOT NULL,
    open_cases integer NOT NULL,
    PRIMARY KEY (shard, side, unit)
);
