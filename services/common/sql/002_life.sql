-- How a process's life with an authority goes: a clean end takes the row away,
-- a stop leaves its reason for `waymark status`, and a death without a word is
-- counted by the next start. Nothing here is part of a turn.
CREATE TABLE life (
    shard integer NOT NULL,
    instance text NOT NULL,
    epoch bigint NOT NULL,     -- of the shard then; older than it: over
    turn bigint NOT NULL,      -- the shard's last one when this life began
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    deaths integer NOT NULL DEFAULT 0, -- behind that turn, one after another
    doing text,                -- where the turn under way begins, if told
    code text,                 -- why it stopped for good
    reason text,
    PRIMARY KEY (shard, instance)
);
