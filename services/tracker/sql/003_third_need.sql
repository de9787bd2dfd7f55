-- A third need that tracker triggered by itself (third_need.h): which rule,
-- what it saw, and whether a worker or a merge brought it. For `waymark why`;
-- nothing here is read by a step.
CREATE TABLE third_need (
    shard integer NOT NULL,
    case_id uuid NOT NULL,
    record_id uuid NOT NULL,
    activity_id uuid,
    merged_id uuid,
    by text,
    at timestamptz NOT NULL,
    rule_id text NOT NULL,
    outcome text NOT NULL,
    inputs text NOT NULL,
    profile_version text NOT NULL,
    PRIMARY KEY (shard, case_id, record_id)
);
