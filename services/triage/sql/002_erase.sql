-- What it takes to erase a person: how many notifications have told of a child,
-- and the numbers that belong to one.
ALTER TABLE child ADD COLUMN told_by integer NOT NULL DEFAULT 0;
UPDATE child c SET told_by = (
    SELECT count(*) FROM decision d WHERE d.shard = c.shard
       AND d.child_id = c.child_id AND d.rule_id <> 'W12');
ALTER TABLE child ALTER COLUMN told_by DROP DEFAULT;
CREATE INDEX child_identifier_by_child ON child_identifier (shard, child_id);
