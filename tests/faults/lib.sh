# shellcheck shell=bash
# What the fault tests share: a bed of their own, processes that are known by
# their record, waiting with a bound, and what is held against every table and
# topic in the end. Sourced by run.sh, which sets $root and $run.
# shellcheck disable=SC2154,SC2034

# Longest waits, seconds; far beyond what a busy machine needs.
SETTLE_S=${SETTLE_S:-120}
START_S=60

say()
{
    printf '%s %s\n' "$(date +%H:%M:%S)" "$*"
}

# A number below $1, from the seed: the same run draws the same numbers.
draw()
{
    RANDOM_STATE=$(((RANDOM_STATE * 1103515245 + 12345) & 0x7fffffff))
    drawn=$(((RANDOM_STATE >> 8) % $1))
}

pick() # word...
{
    draw $#
    drawn=${*:drawn+1:1}
}

# A phase whose steps need traffic sets $tend to what keeps it going: a busy
# machine may take longer for a step than one load lasts.
until_true() # seconds what command...
{
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        ${tend:-true} || return 1
        if [ "$SECONDS" -ge "$end" ]; then
            say "gave up waiting: $what"
            return 1
        fi
        sleep 0.05
    done
}

# ---- the bed ------------------------------------------------------------------

# One bed, one profiles folder with authorities of the tests' own: f0.. by the
# wall clock, g0.. by the log's. Each scenario takes a fresh one and a fresh
# database, so that none sees another's records.
WALL_N=20
LOG_N=4

bed_up() # brokers
{
    local i list=''
    brokers=$1
    mkdir -p "$run/log" "$run/pid"
    "$root/testbed/bed.sh" up "$bed" --durable --brokers "$1" >"$run/bed.log" 2>&1 || {
        cat "$run/bed.log"
        return 1
    }
    set -a
    eval "$("$root/testbed/bed.sh" env "$bed")"
    set +a
    rm -rf "$run/profiles"
    cp -r "$root/profiles" "$run/profiles"
    for ((i = 0; i < WALL_N; i++)); do
        list+="\"f$i\": {\"partition\": $i, \"name\": \"Fault test $i\", \"profile\": \"kent-2015.json\", \"clock\": \"wall\"},"
    done
    for ((i = 0; i < LOG_N; i++)); do
        list+="\"g$i\": {\"partition\": $((WALL_N + i)), \"name\": \"Fault test, log clock $i\", \"profile\": \"kent-2015.json\", \"clock\": \"log\"},"
    done
    printf '{%s}\n' "${list%,}" >"$run/profiles/authorities.json"
    port=${WAYMARK_KAFKA%%,*}
    # Below the range from which the kernel takes ports for connections; ten
    # for each bed.
    port=$((16000 + ${port##*:} / 10))
    next_wall=0 next_log=0
}

bed_wipe()
{
    "$root/testbed/bed.sh" wipe "$bed" >/dev/null 2>&1 || :
    rm -f "$root/var/bed/$bed.lock"
}

sql() # query
{
    psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -d "$db" -c "$1"
}

# A fresh authority and database for a scenario: $authority, $shard, $db.
fresh() # wall|log
{
    if [ "$1" = wall ]; then
        authority=f$next_wall shard=$next_wall
        next_wall=$((next_wall + 1))
    else
        authority=g$next_log shard=$((WALL_N + next_log))
        next_log=$((next_log + 1))
    fi
    if [ "$shard" -ge $((WALL_N + LOG_N)) ] ||
        { [ "$1" = wall ] && [ "$shard" -ge $WALL_N ]; }; then
        say 'no authority is left in this bed'
        return 1
    fi
    db=fault_$authority
    psql -Xq -d postgres -c "CREATE DATABASE $db"
    ledger=$run/ledger.$authority
    : >"$ledger"
    sent_at=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    next_message=0
}

# ---- processes -----------------------------------------------------------------

# Every process is known by its record (testbed/proc.sh): pid, start time, boot.
declare -A child=()

is_up() # instance
{
    proc_pid "$run/pid/$1" >/dev/null
}

is_down()
{
    ! is_up "$1"
}

# start INSTANCE SERVICE [KEY=VALUE...]
start()
{
    local instance=$1 service=$2
    shift 2
    (
        cd "$root" || exit 3
        exec setsid env WAYMARK_AUTHORITIES="$authority" \
            WAYMARK_PROFILES="$run/profiles" PGDATABASE="$db" \
            WAYMARK_INSTANCE="$instance" WAYMARK_REPLICATION="$brokers" \
            WAYMARK_LEASE_MS="${lease_ms:-3000}" WAYMARK_BEAT_MS=300 \
            "$@" "$bin/waymark-$service"
    ) </dev/null >>"$run/log/$authority.$instance" 2>&1 &
    child[$instance]=$!
    proc_record "$run/pid/$instance" $! || rm -f "$run/pid/$instance"
}

# Intake listens where the load looks for it.
start_intake() # instance number [KEY=VALUE...]
{
    local instance=$1 n=$2
    shift 2
    start "$instance" intake WAYMARK_LISTEN="127.0.0.1:$((port + n))" \
        WAYMARK_INTAKE_HASH_KEY=not-a-secret-of-anyone WAYMARK_AUTH=open \
        WAYMARK_CALENDARS="$root/calendars" \
        WAYMARK_CLOCK_TICK_MS="${tick_ms:-1000}" "$@"
}

intake_answers() # number
{
    curl -fsS -o /dev/null -m 2 "http://127.0.0.1:$((port + $1))/readyz" 2>/dev/null
}

signal() # instance signal
{
    local pid
    pid=$(proc_pid "$run/pid/$1") && kill -s "$2" "$pid"
}

# Sets $exit_code once the process is gone.
reap() # instance seconds
{
    until_true "$2" "end of $1" is_down "$1" || return 1
    exit_code=0
    wait "${child[$1]}" 2>/dev/null || exit_code=$?
    rm -f "$run/pid/$1"
}

kill9() # instance
{
    signal "$1" KILL || :
    reap "$1" 20
}

# Ends it as an operator would; it must settle and say 0.
stop() # instance
{
    signal "$1" CONT 2>/dev/null || :
    signal "$1" TERM || :
    reap "$1" 60 || return 1
    [ "$exit_code" -eq 0 ] || {
        say "$1 ended with $exit_code: $(tail -n 2 "$run/log/$authority.$1")"
        return 1
    }
}

# All that still runs, whatever state it is in. Only what has a record here.
kill_all()
{
    local file
    for file in "$run"/pid/*; do
        [ -f "$file" ] || continue
        case $file in *.new) continue ;; esac
        signal "${file##*/}" CONT 2>/dev/null || :
        signal "${file##*/}" KILL 2>/dev/null || :
        reap "${file##*/}" 20 || :
    done
}

# A service that a fault has ended is started again under its own name.
start_service() # service [KEY=VALUE...]
{
    local service=$1
    shift
    if [ "$service" = intake ]; then
        start_intake intake 0 "$@"
    else
        start "$service" "$service" "$@"
    fi
}

start_all()
{
    local service
    for service in "$@"; do
        start_service "$service"
    done
    until_true $START_S 'intake to answer' intake_answers 0
}

SERVICES='intake triage tracker metrics'

# ---- load ------------------------------------------------------------------------

# load COUNT RATE [MORE...]: runs in the background until it is told to be
# waited for. References go on where the last load ended.
load()
{
    local count=$1 rate=$2
    shift 2
    "$run/load" --to "${targets:-127.0.0.1:$port}" \
        --path "/v1/notifications?authority=$authority" \
        --prefix "S$SEED-$authority" --sent-at "$sent_at" --seed "$SEED" \
        --ledger "$ledger" --first "$next_message" --count "$count" \
        --rate "$rate" --repeats 5 "$@" >"$run/load.out" 2>"$run/load.err" &
    child[load]=$!
    proc_record "$run/pid/load" $! || rm -f "$run/pid/load"
    next_message=$((next_message + count))
}

load_is_over()
{
    is_down load
}

wait_load() # seconds
{
    reap load "$1" || return 1
    say "load: $(cat "$run/load.out")"
    if [ "$exit_code" -ne 0 ]; then
        cat "$run/load.err"
        return 1
    fi
}

accepted_so_far()
{
    wc -l <"$ledger"
}

accepted_at_least()
{
    [ "$(accepted_so_far)" -ge "$1" ]
}

# ---- how far everyone is -------------------------------------------------------

# Everything given out and everything read, as two lists.
links()
{
    cat <<SQL
WITH reads(reader, topic) AS (VALUES
    ('triage', 'notifications'), ('triage', 'case-journal'),
    ('tracker', 'casework'),
    ('metrics', 'receipts'), ('metrics', 'casework'),
    ('metrics', 'case-journal'), ('metrics', 'alerts'),
    ('metrics', 'feedback'), ('metrics', 'indicators')),
given(writer, topic, sequence) AS (
    SELECT 'intake', topic, sequence FROM intake.out_seq WHERE shard = $shard
    UNION ALL
    SELECT 'triage', topic, sequence FROM triage.out_seq WHERE shard = $shard
    UNION ALL
    SELECT 'tracker', topic, sequence FROM tracker.out_seq WHERE shard = $shard),
taken(reader, topic, writer, sequence) AS (
    SELECT 'triage', topic, service, sequence FROM triage.in_mark
     WHERE shard = $shard
    UNION ALL
    SELECT 'tracker', topic, service, sequence FROM tracker.in_mark
     WHERE shard = $shard
    UNION ALL
    SELECT 'metrics', topic, service, sequence FROM metrics.in_mark
     WHERE shard = $shard),
shards(service, turn, confirmed) AS (
    SELECT 'intake', turn, confirmed_turn FROM intake.shard WHERE shard = $shard
    UNION ALL
    SELECT 'triage', turn, confirmed_turn FROM triage.shard WHERE shard = $shard
    UNION ALL
    SELECT 'tracker', turn, confirmed_turn FROM tracker.shard
     WHERE shard = $shard
    UNION ALL
    SELECT 'metrics', turn, confirmed_turn FROM metrics.shard
     WHERE shard = $shard),
lag(reader, n) AS (
    SELECT r.reader, sum(g.sequence - coalesce(t.sequence, 0))
      FROM given g JOIN reads r USING (topic)
      LEFT JOIN taken t USING (reader, topic, writer) GROUP BY r.reader)
SQL
}

# What a service would leave unfinished if it died now: "lag unconfirmed".
unfinished() # service
{
    sql "$(links) SELECT coalesce((SELECT n FROM lag WHERE reader = '$1'), 0),
        coalesce((SELECT turn - confirmed FROM shards
                   WHERE service = '$1'), 0)" 2>/dev/null || echo '0 0'
}

all_is_read()
{
    [ "$(sql "$(links) SELECT coalesce((SELECT sum(n) FROM lag), 0) = 0 AND
        (SELECT count(*) FROM shards) = 4 AND
        (SELECT sum(turn) > 0 FROM shards)" 2>/dev/null)" = t ]
}

all_is_confirmed()
{
    [ "$(sql "$(links) SELECT sum(turn - confirmed) = 0 FROM shards" \
        2>/dev/null)" = t ]
}

# ---- checks ----------------------------------------------------------------------

# A check has a name, and is red or green. $red lists the red ones of a scenario.
red=''
passed=0
failed=0
accepted_total=0
lost_total=0
doubled_total=0

check() # name command...
{
    local name=$1
    shift
    if "$@" >"$run/check.out" 2>&1; then
        passed=$((passed + 1))
        [ -n "${quiet-}" ] || say "  green $name"
        return 0
    fi
    red="$red $name"
    # What a mutant does to the other checks is nobody's failure.
    if [ -z "${expected_red-}" ]; then
        failed=$((failed + 1))
        say "  RED   $name"
        { tail -n 30 "$run/check.out" && echo; } | sed 's/^/        /;/^ *$/d'
    else
        say "  red   $name"
        { tail -n 3 "$run/check.out" && echo; } | cut -c 1-200 |
            sed 's/^/        /;/^ *$/d'
    fi
    return 0
}

is_red() # name
{
    case " $red " in
    *" $1 "*) return 0 ;;
    esac
    return 1
}

expect() # wanted got what
{
    [ "$1" = "$2" ] || {
        echo "$3: want $1, is $2"
        return 1
    }
}

# Everything that was answered 202 is in every table that must know of it.
LOST_SQL="SELECT l.ref FROM ledger l
 LEFT JOIN intake.receipt r ON r.shard = :shard AND r.item_id = l.id
  AND r.agency_ref = l.ref AND r.agency_id = l.agency
 LEFT JOIN triage.decision d ON d.shard = :shard AND d.notification_id = l.id
 LEFT JOIN tracker.referral t ON t.shard = :shard
  AND t.agency_id = l.agency AND t.agency_ref = l.ref
 LEFT JOIN metrics.fact_notification f ON f.shard = :shard
  AND f.notification_id = l.id AND f.accepted_at IS NOT NULL
  AND f.decision_id IS NOT NULL
 WHERE r.item_id IS NULL OR d.notification_id IS NULL
    OR (t.agency_ref IS NULL AND NOT (:dead))
    OR (f.notification_id IS NULL AND NOT (:dead))"

# Turns name what they applied: each number once, in order, up to the mark.
APPLIED_SQL="WITH r AS (
  SELECT turn, w.o, regexp_match(w.t,
    '^([a-z-]+):([a-z]+)\\.([0-9]+):([0-9]+)-([0-9]+)\$') AS m
   FROM :schema.turn, unnest(string_to_array(ranges, ' '))
    WITH ORDINALITY AS w(t, o)
  WHERE shard = :shard AND w.t NOT LIKE '~%' AND w.t <> ''),
 s AS (
  SELECT turn, o, m[1] AS topic, m[2] AS service, m[3]::int AS incarnation,
   m[4]::bigint AS a, m[5]::bigint AS z FROM r),
 n AS (
  SELECT *, coalesce(lag(z) OVER (PARTITION BY topic, service, incarnation
   ORDER BY turn, o), 0) AS before FROM s),
 t AS (
  SELECT topic, service, incarnation, sum(z - a + 1) AS applied,
   sum(greatest(before - a + 1, 0)) AS again,
   sum(greatest(a - before - 1, 0)) AS skipped FROM n GROUP BY 1, 2, 3)
 SELECT :'schema', t.topic, t.service, t.incarnation, applied, again, skipped,
  k.sequence
  FROM t FULL JOIN (SELECT * FROM :schema.in_mark WHERE shard = :shard) k
   USING (topic, service, incarnation)
  WHERE again IS DISTINCT FROM 0 OR skipped IS DISTINCT FROM 0
     OR applied IS DISTINCT FROM k.sequence"

fill_ledger()
{
    sort -u "$ledger" >"$run/ledger.sorted"
    psql -XqAt -v ON_ERROR_STOP=1 -d "$db" -c 'DROP TABLE IF EXISTS ledger;
        CREATE TABLE ledger (agency text, ref text, amendment int, id uuid)' \
        -c "\\copy ledger FROM '$run/ledger.sorted'" 2>/dev/null
}

check_unlost()
{
    local n
    fill_ledger || return 1
    n=$(psql -XqAt -v ON_ERROR_STOP=1 -v shard="$shard" -v dead="${dead_letters_are_fine:-false}" -d "$db" \
        <<<"SELECT count(*) FROM ($LOST_SQL) x;") || return 1
    [ -n "${expected_red-}" ] || lost_total=$((lost_total + n))
    [ "$n" -eq 0 ] || {
        echo "$n answered 202 are not in every table:"
        psql -XqAt -v shard="$shard" -v dead="${dead_letters_are_fine:-false}" -d "$db" <<<"$LOST_SQL LIMIT 10;"
        return 1
    }
}

# One receipt a reference, one application a record.
check_undoubled()
{
    local bad=0 schema out
    out=$(awk -F '\t' '{ k = $1 "/" $2 } k in id && id[k] != $4 { print k } { id[k] = $4 }' "$ledger")
    [ -z "$out" ] || {
        echo "two receipts for one reference: $out"
        bad=$((bad + $(wc -l <<<"$out")))
    }
    for schema in triage tracker metrics; do
        out=$(psql -XqAt -F ' ' -v ON_ERROR_STOP=1 -v shard="$shard" \
            -v schema=$schema -d "$db" <<<"$APPLIED_SQL;") || return 1
        [ -z "$out" ] || {
            echo "schema topic service incarnation applied again skipped mark:"
            echo "$out"
            bad=$((bad + $(awk '{ s += ($6 == "" ? 1 : $6) } END { print s + 0 }' <<<"$out")))
            [ "$bad" -gt 0 ] || return 1
        }
    done
    [ -n "${expected_red-}" ] || doubled_total=$((doubled_total + bad))
    [ "$bad" -eq 0 ]
}

# Most of a scan is waiting for the end of a topic, so all at once.
scan_topics()
{
    local topic pids=() files=() pid rc=0
    for topic in notifications receipts casework case-journal alerts \
        feedback indicators dead-letters; do
        "$run/topic" scan --kafka "$WAYMARK_KAFKA" --authority "$shard" \
            --topic $topic >"$run/scan.$topic" &
        pids+=($!) files+=("$run/scan.$topic")
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || rc=1
    done
    sort "${files[@]}"
    return $rc
}

# What stands on the topics: every number once, unbroken, one chain, and as
# many as the database says it gave out.
check_topics()
{
    local want got
    scan_topics >"$run/scan.out" || return 1
    awk '$5 != $6 || $7 != 0 { bad = 1; print "topic service incarnation records distinct last forks strangers:"; print }
        END { exit bad }' "$run/scan.out" || return 1
    want=$(sql "SELECT topic || ' ' || s || ' ' || sequence FROM (
        SELECT 'intake' s, * FROM intake.out_seq UNION ALL
        SELECT 'triage', * FROM triage.out_seq UNION ALL
        SELECT 'tracker', * FROM tracker.out_seq UNION ALL
        SELECT 'metrics', * FROM metrics.out_seq) x
        WHERE shard = $shard" | sort) || return 1
    got=$(awk '{ print $1, $2, $6 }' "$run/scan.out" | sort)
    [ "$want" = "$got" ] || {
        echo 'given out, and on the topics:'
        diff <(echo "$want") <(echo "$got")
        return 1
    }
}

waymark() # verb...
{
    PGDATABASE=$db WAYMARK_PROFILES=$run/profiles \
        timeout 600 "$honest/waymark" "$@"
}

# Settles what runs, ends it, and holds what was accepted against every table
# and topic. Leaves the names of red checks in $red.
hold()
{
    local service instance n
    n=$(sort -u "$ledger" | wc -l)
    [ -n "${expected_red-}" ] || accepted_total=$((accepted_total + n))
    say "  $n accepted"
    # The door closes first: then what stands in the log is all there is.
    for instance in "${intakes[@]:-intake}"; do
        is_down "$instance" || check "$instance-ends" stop "$instance"
    done
    check settled until_true "$SETTLE_S" 'everything to be read' all_is_read
    for instance in $(running); do
        check "$instance-ends" stop "$instance"
    done
    check confirmed all_is_confirmed
    check unlost check_unlost
    check undoubled check_undoubled
    check topics check_topics
    if [ -x "$honest/waymark" ]; then
        check balance waymark balance --authority "$authority"
        [ -n "${skip_reconcile-}" ] ||
            check reconcile waymark reconcile --authority "$authority"
    fi
}

running()
{
    local file
    for file in "$run"/pid/*; do
        [ -f "$file" ] && is_up "${file##*/}" && printf '%s\n' "${file##*/}"
    done
    return 0
}
