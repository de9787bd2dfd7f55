# shellcheck shell=bash
# shellcheck disable=SC2154
# Sourced by run.sh: what it costs tracker to fire what falls due, beside few and
# beside very many open cases. The cases are put into its tables, with four
# clocks and six deadlines each, as they would stand there after months; time is
# then moved over some of the deadlines, each of which raises an alert.
#
#   DEADLINE_SIZES="10000 1000000"  open cases
#   FIRED=3000                      deadlines that fall due in a step, three steps

DEADLINE_SIZES=${DEADLINE_SIZES:-10000 1000000} FIRED=${FIRED:-3000}
deadline_steps=3

deadline_time() # instant; the moment from which the tracker has it
{
    curl -sS -m 60 -o /dev/null -X POST "$url/v1/time" \
        -H 'Content-Type: application/json' -H 'Waymark-Authority: kent-2015' \
        --data-binary "{\"at\":\"$1\"}"
    until_true "SELECT now >= '$1' FROM tracker.shard WHERE authority = 'kent-2015'"
}

# Rows come quicker without keys and indexes; what they were stands in $keys.
drop_keys() # table
{
    keys=$(sql "SELECT format('ALTER TABLE tracker.$1 ADD %s;', pg_get_constraintdef(oid))
        FROM pg_constraint WHERE conrelid = 'tracker.$1'::regclass AND contype = 'p'
        UNION ALL SELECT indexdef || ';' FROM pg_indexes i WHERE schemaname = 'tracker'
        AND tablename = '$1' AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)")
    sql "SELECT format('ALTER TABLE tracker.$1 DROP CONSTRAINT %I;', conname)
        FROM pg_constraint WHERE conrelid = 'tracker.$1'::regclass AND contype = 'p'
        UNION ALL SELECT format('DROP INDEX tracker.%I;', indexname) FROM pg_indexes i
        WHERE schemaname = 'tracker' AND tablename = '$1'
        AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conname = i.indexname)" |
        psql -qX -v ON_ERROR_STOP=1
}

fill() # table, its rows as SQL
{
    local keys
    drop_keys "$1"
    sql "INSERT INTO tracker.$1 $2"
    sql "$keys"
    sql "VACUUM (ANALYZE) tracker.$1"
}

# Those of the first cases fall due in January 2024, one step a day; all else later.
fill_cases() # cases
{
    fill cases "(shard, case_id, child_id, first_child_id, side, state, outcome,
        unit, worker, received_at, opened_at, contact_at, needs, third_need, intent,
        changes)
        SELECT 1, md5('case' || i)::uuid, md5('child' || i)::uuid,
        md5('child' || i)::uuid, 'eh', 'allocated', 'eh_intensive', 'swale-1',
        'worker-' || i % 500, '2024-01-02Z', '2024-01-02Z', '2024-01-02Z', '',
        false, false, 0
        FROM generate_series(1, $1) i"
    fill clock "(shard, subject_id, clock, subject_kind, child_id, state,
        started_at, due_at, by_closing)
        SELECT 1, md5('case' || i)::uuid, k, 'case', md5('child' || i)::uuid,
        'started', '2024-01-02Z', '2024-06-01Z', false
        FROM generate_series(1, $1) i, unnest('{T12,T12b,T13,T17}'::text[]) k"
    fill deadline "(shard, subject_id, rule, stage, due_at, subject_kind,
        child_id, alert_due_at, then_due)
        SELECT 1, md5('case' || i)::uuid, d.rule, d.stage,
        CASE WHEN d.rule = 'T17' AND i <= $((FIRED * deadline_steps))
            THEN '2024-01-11Z'::timestamptz + make_interval(days => (i - 1) / $FIRED)
            ELSE '2024-03-01Z'::timestamptz + make_interval(
                secs => (i * 7919::bigint + length(d.rule) * 31 + d.stage) % 31536000)
        END, 'case', md5('child' || i)::uuid, '2024-06-01Z', false
        FROM generate_series(1, $1) i, (VALUES ('T12', 1), ('T12', 5),
            ('T12b', 5), ('T17', 5), ('D02', 5), ('D06', 5)) d (rule, stage)"
    sql CHECKPOINT
}

run_deadlines()
{
    local size url begun step took idle sizes=''
    for size in $DEADLINE_SIZES; do
        new_bed deadlines
        testbed/services.sh up "$bed" kent-2015 >/dev/null
        url=$(testbed/services.sh env "$bed" | sed -n 's/^WAYMARK_INTAKE=//p')
        deadline_time 2024-01-09T00:00:00Z
        say "deadlines: $size open cases"
        fill_cases "$size"
        begun=$(now)
        deadline_time 2024-01-10T00:00:00Z
        idle=$(minus "$(now)" "$begun")
        took=''
        for step in $(seq "$deadline_steps"); do
            begun=$(now)
            deadline_time "2024-01-1${step}T12:00:00Z"
            took+="$(minus "$(now)" "$begun"),"
        done
        [ "$(sql 'SELECT count(*) FROM tracker.alert')" = $((FIRED * deadline_steps)) ] || {
            say 'alerts are missing'
            exit 1
        }
        sizes+="{\"open_cases\":$size,\"deadlines\":$((6 * size)),\
\"fired\":$FIRED,\"seconds\":[${took%,}],\"seconds_when_nothing_is_due\":$idle},"
        testbed/services.sh down "$bed" >/dev/null
    done
    parts+=("\"deadlines\":[${sizes%,}]")
}
