-- The records of made-up histories as they stood on their topics, and the
-- tables that metrics made of them, each history under its number as shard.
-- psql variables: records, rows (files of play.c). The tables of metrics are
-- in the search path already.
CREATE UNLOGGED TABLE line (j jsonb);
\copy line FROM PROGRAM 'cat "$HISTORIES_RECORDS"' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')
CREATE UNLOGGED TABLE raw AS
SELECT (j ->> 'h')::integer AS h, j ->> 'topic' AS topic,
       (j ->> 'n')::integer AS n, j ->> 'type' AS type, j -> 'body' AS body
  FROM line;
CREATE INDEX ON raw (type, h);
TRUNCATE line;
\copy line FROM PROGRAM 'cat "$HISTORIES_ROWS"' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')

-- A list as metrics' columns have it.
CREATE FUNCTION joined(jsonb, text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
RETURN to_jsonb((SELECT coalesce(string_agg(word, $2 ORDER BY at), '')
                   FROM jsonb_array_elements_text($1)
                        WITH ORDINALITY AS w (word, at)));

CREATE FUNCTION put_rows(name text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %1$I SELECT r.* FROM line
        CROSS JOIN LATERAL jsonb_populate_record(NULL::%1$I,
            j -> ''row'' || jsonb_build_object(''shard'', j -> ''h'')
            || CASE WHEN j -> ''row'' ? ''needs'' THEN jsonb_build_object(
               ''needs'', joined(j -> ''row'' -> ''needs'', '' '')) ELSE ''{}'' END
            || CASE WHEN j -> ''row'' ? ''action_rules'' THEN jsonb_build_object(
               ''action_rules'', joined(j -> ''row'' -> ''action_rules'', E''\n'')) ELSE ''{}'' END
            || CASE WHEN j -> ''row'' ? ''grades'' THEN jsonb_build_object(
               ''grades'', joined(j -> ''row'' -> ''grades'', E''\n'')) ELSE ''{}'' END) r
        WHERE j ->> ''table'' = %1$L', name);
END $$;
SELECT count(put_rows(name))
  FROM (SELECT DISTINCT j ->> 'table' AS name FROM line) AS t;
ANALYZE;
