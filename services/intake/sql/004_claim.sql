-- Who has taken what from a work queue (intake/claims.h). Says only who is at
-- it: no decision reads it, and it is no part of the log.
CREATE TABLE claim (
    shard integer NOT NULL,
    queue text COLLATE "C" NOT NULL,
    item_id uuid NOT NULL, -- of the notification
    owner text NOT NULL,
    claimed_at timestamptz NOT NULL,
    PRIMARY KEY (shard, queue, item_id)
);
