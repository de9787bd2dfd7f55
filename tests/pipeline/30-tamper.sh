#!/bin/bash
# The checker must name what is wrong: after the sample day a row of every
# table that holds any is changed, deleted or made up, on a copy of the
# database, and reconcile must name each table. SEEDS is how many times (20
# for the whole programme), SEED the first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck disable=SC2034
authority=kent-2015
# shellcheck source=demo/play.sh
. demo/play.sh
seeds=${SEEDS:-3} first=${SEED:-1}
copy=tamper_$$

testbed/services.sh up "$WAYMARK_BED" kent-2015
set -a
eval "$(testbed/services.sh env "$WAYMARK_BED")"
set +a
play demo/day.ndjson >/dev/null
testbed/services.sh down "$WAYMARK_BED"
whole=$PGDATABASE
trap 'psql -qAtX -d "$whole" -c "DROP DATABASE IF EXISTS $copy WITH (FORCE)" >/dev/null' EXIT

# Every table of a service's state; lease, positions and outbox are not part
# of what the log says.
sql "CREATE OR REPLACE VIEW public.tamper_tables AS
    SELECT table_schema AS s, table_name AS t FROM information_schema.columns
    WHERE column_name = 'shard' AND table_schema IN ('intake', 'triage', 'tracker', 'metrics')
    AND table_name !~ '^(shard|position|turn|outbox.*)\$'
    AND NOT (table_schema = 'intake' AND table_name IN ('in_mark', 'config'))
    AND (table_schema, table_name) IN (SELECT schemaname, tablename FROM pg_tables)"

sql "CREATE OR REPLACE FUNCTION public.other(v jsonb, type text) RETURNS jsonb LANGUAGE sql AS \$\$
    SELECT CASE
        WHEN type = 'uuid' THEN to_jsonb(gen_random_uuid())
        WHEN type = 'smallint' THEN to_jsonb(coalesce((v #>> '{}')::int, 0) + 1)
        WHEN type IN ('integer', 'bigint') THEN to_jsonb(coalesce((v #>> '{}')::bigint, 0) + 1000)
        WHEN type = 'boolean' THEN to_jsonb(NOT coalesce((v #>> '{}')::boolean, false))
        WHEN type LIKE 'timestamp%' THEN to_jsonb(coalesce((v #>> '{}')::timestamptz, now()) + interval '1 hour')
        WHEN type = 'date' THEN to_jsonb(coalesce((v #>> '{}')::date, current_date) + 1000)
        WHEN type = 'bytea' THEN to_jsonb('\\x00'::text)
        ELSE to_jsonb(coalesce(v #>> '{}', '') || 'x') END \$\$"

# One random row of every table that holds any; tells which tables these are.
sql "CREATE OR REPLACE FUNCTION public.tamper(how text, seed float8) RETURNS SETOF text LANGUAGE plpgsql AS \$\$
DECLARE x record; r record; place tid; col text; typ text; keys text[]; changed jsonb;
BEGIN
    PERFORM setseed(seed);
    FOR x IN SELECT * FROM public.tamper_tables ORDER BY s, t LOOP
        EXECUTE format('SELECT ctid FROM %I.%I ORDER BY random() LIMIT 1', x.s, x.t) INTO place;
        CONTINUE WHEN place IS NULL;
        SELECT array_agg(a.attname::text) INTO keys FROM pg_index i
            JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
            WHERE i.indisprimary AND i.indrelid = format('%I.%I', x.s, x.t)::regclass AND a.attname <> 'shard';
        -- Texts that may be a word of a closed list or the name of a topic are
        -- left out where a row could not be read back at all.
        SELECT c.column_name, c.data_type INTO col, typ FROM information_schema.columns c
            WHERE c.table_schema = x.s AND c.table_name = x.t AND c.column_name <> 'shard'
            AND (c.column_name = ANY (keys)) = (how = 'insert')
            ORDER BY random() LIMIT 1;
        CONTINUE WHEN col IS NULL;
        IF how = 'delete' THEN
            EXECUTE format('DELETE FROM %I.%I WHERE ctid = \$1', x.s, x.t) USING place;
        ELSE
          BEGIN
            EXECUTE format('SELECT to_jsonb(t) || jsonb_build_object(%L, public.other(to_jsonb(t) -> %L, %L)) FROM %I.%I t WHERE ctid = \$1',
                col, col, typ, x.s, x.t) INTO changed USING place;
            IF how = 'change' THEN
                EXECUTE format('UPDATE %I.%I SET %I = (jsonb_populate_record(NULL::%I.%I, \$1)).%I WHERE ctid = \$2',
                    x.s, x.t, col, x.s, x.t, col) USING changed, place;
            ELSE
                EXECUTE format('INSERT INTO %I.%I SELECT * FROM jsonb_populate_record(NULL::%I.%I, \$1)',
                    x.s, x.t, x.s, x.t) USING changed;
            END IF;
          EXCEPTION WHEN check_violation THEN CONTINUE; -- the table itself refuses it
          END;
        END IF;
        RETURN NEXT x.s || '.' || x.t || coalesce(':' || col, '');
    END LOOP;
END \$\$"

for ((seed = first; seed < first + seeds; seed++)); do
    for how in change delete insert; do
        sql "DROP DATABASE IF EXISTS $copy WITH (FORCE)" 2>/dev/null
        sql "CREATE DATABASE $copy TEMPLATE \"$whole\""
        touched=$(PGDATABASE=$copy sql "SELECT public.tamper('$how', $seed / 1000.0)")
        found=$(PGDATABASE=$copy build/bin/waymark reconcile --authority kent-2015 2>&1 || :)
        while IFS= read -r place; do
            table=${place%%:*}
            claim "seed $seed: the checker names the $how in $place" \
                "$(grep -cE "^${table%%.*} kent-2015: table ${table##*.} " <<<"$found" | sed 's/[1-9][0-9]*/named/')" named
        done <<<"$touched"
    done
done
claims_end tamper
