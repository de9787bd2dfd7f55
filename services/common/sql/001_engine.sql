-- The engine's tables; every service that keeps state has its own set of
-- them in its own schema (docs/decisions.md, "PostgreSQL is where a step
-- becomes true"). The schema comes from search_path.

-- One row an authority: who owns it, and how far it is.
CREATE TABLE shard (
    shard integer PRIMARY KEY,
    authority text NOT NULL,
    incarnation integer NOT NULL DEFAULT 1,
    epoch bigint NOT NULL DEFAULT 0,
    owner text,                -- instance that holds the lease
    backend integer,           -- its server process, which a taker ends
    beat bigint NOT NULL DEFAULT 0, -- rises with every sign of life
    beat_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- for people
    turn bigint NOT NULL DEFAULT 0,
    confirmed_turn bigint NOT NULL DEFAULT 0,
    now timestamptz,           -- event time
    barrier timestamptz,       -- log clock: whose echo is awaited
    starts integer NOT NULL DEFAULT 0, -- owners since the last turn
    cluster_id text            -- of the Kafka cluster it was written to
);

-- Where to fetch next; offsets say nothing else.
CREATE TABLE position (
    shard integer NOT NULL,
    topic text NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (shard, topic)
);

-- Last record applied from every origin.
CREATE TABLE in_mark (
    shard integer NOT NULL,
    topic text NOT NULL,
    service text NOT NULL,
    incarnation integer NOT NULL,
    sequence bigint NOT NULL,
    chain bigint NOT NULL,
    heard timestamptz,         -- last TimeAdvanced from it
    PRIMARY KEY (shard, topic, service, incarnation)
);

-- Last record given out on every topic.
CREATE TABLE out_seq (
    shard integer NOT NULL,
    topic text NOT NULL,
    sequence bigint NOT NULL,
    chain bigint NOT NULL,
    PRIMARY KEY (shard, topic)
);

-- What was applied when, for ever: replay follows these rows.
CREATE TABLE turn (
    shard integer NOT NULL,
    turn bigint NOT NULL,
    epoch bigint NOT NULL,
    ranges text NOT NULL,
    n_in integer NOT NULL,
    n_out integer NOT NULL,
    fired integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (shard, turn)
);

-- What is to be published, by day; a day is dropped after 14 days, never
-- while anything of it is unconfirmed.
CREATE TABLE outbox (
    shard integer NOT NULL,
    turn bigint NOT NULL,
    day date NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')::date,
    block bytea NOT NULL,
    PRIMARY KEY (shard, turn, day)
) PARTITION BY RANGE (day);
ALTER TABLE outbox ALTER COLUMN block SET COMPRESSION lz4;
CREATE TABLE outbox_rest PARTITION OF outbox DEFAULT;
ALTER TABLE outbox_rest ALTER COLUMN block SET COMPRESSION lz4;

-- Texts that the log has activated, in order.
CREATE TABLE config (
    shard integer NOT NULL,
    n integer NOT NULL,
    config_kind text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    hash text NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (shard, n)
);

-- The compare-and-set: first statement of every turn. An owner whose epoch or
-- turn is not the row's has lost the shard.
CREATE FUNCTION engine_turn(p_shard integer, p_epoch bigint, p_turn bigint,
                            p_confirmed bigint, p_now timestamptz,
                            p_barrier timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shard SET turn = p_turn, beat = beat + 1,
           beat_at = clock_timestamp(), now = p_now,
           barrier = p_barrier, starts = 0,
           confirmed_turn = greatest(confirmed_turn, p_confirmed)
     WHERE shard = p_shard AND epoch = p_epoch AND turn = p_turn - 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'fence: shard % is not at epoch %, turn %',
              p_shard, p_epoch, p_turn - 1 USING ERRCODE = 'WM001';
    END IF;
END $$;

-- A sign of life between turns.
CREATE FUNCTION engine_beat(p_shard integer, p_epoch bigint,
                            p_confirmed bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shard SET beat = beat + 1, beat_at = clock_timestamp(),
           confirmed_turn = greatest(confirmed_turn, p_confirmed)
     WHERE shard = p_shard AND epoch = p_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'fence: shard % is not at epoch %', p_shard, p_epoch
              USING ERRCODE = 'WM001';
    END IF;
END $$;
