#!/bin/bash
# run.sh: how fast, and against what. Prints one JSON object; says on stderr
# what it is at. Called by make bench, which has built the programs' library.
#
#   N=100000        notifications in the log before a service starts
#   CHILDREN=10000  children they are about
#   REPEATS=1       per cent of the records that come twice
#   RATES="50 1000" FOR=20 RUNS=3
#                   latency: notifications a second, seconds, how often each
#   SIZES="10000 1000000" MORE=200000
#                   size: children in the tables, notifications about them
#   PHASES="latency chain alone", size, door (door.sh),
#   deadlines (deadlines.sh), lookups (lookups.sh)
#
# Every phase has a bed of its own, with fsync, full_page_writes and
# synchronous_commit on. "chain": triage, tracker and metrics together, until
# each KPI row is committed and triage has heard every answer; behind it the
# pass-through on the same broker. "alone": one service after the other. "size":
# the chain again, with so many children in its tables before the clock starts.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"
N=${N:-100000} CHILDREN=${CHILDREN:-10000} REPEATS=${REPEATS:-1}
RATES=${RATES:-50 1000} FOR=${FOR:-20} RUNS=${RUNS:-3}
SIZES=${SIZES:-10000 1000000} MORE=${MORE:-200000}
PHASES=${PHASES:-latency chain alone}
n_authorities=4
authorities=bench-1,bench-2,bench-3,bench-4
partitions=(5 6 7 8)
services=(triage tracker metrics)
work=$(mktemp -d)
bed=''
parts=()
# shellcheck source=bench/door.sh
. bench/door.sh

say() { echo "bench: $*" >&2; }

finish()
{
    stop_all
    [ -z "$bed" ] || testbed/services.sh down "$bed" >/dev/null 2>&1 || :
    [ -z "$bed" ] || testbed/bed.sh wipe "$bed" >/dev/null 2>&1 || :
    rm -rf "$work"
}
trap finish EXIT

sql() { psql -qXAt -v ON_ERROR_STOP=1 -c "$1"; }
now() { date +%s.%N; }
minus() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", a - b }'; }
per_second() { awk -v n="$1" -v s="$2" 'BEGIN { printf "%.0f", n / s }'; }
# Hundredths of a second of processor time to seconds for a million.
for_a_million() { awk -v t="$1" -v n="$2" 'BEGIN { printf "%.1f", t * 1e4 / n }'; }

new_bed() # phase
{
    [ -z "$bed" ] || testbed/bed.sh wipe "$bed" >/dev/null
    bed=bench-$1
    say "$1: a bed"
    testbed/bed.sh wipe "$bed" >/dev/null
    testbed/bed.sh up "$bed" --durable >/dev/null
    use_bed
    # Rows tell when they were committed.
    sql 'ALTER SYSTEM SET track_commit_timestamp = on'
    # PostgreSQL's own default; a bed of tests has a quarter of it.
    sql "ALTER SYSTEM SET shared_buffers = '128MB'"
    testbed/bed.sh down "$bed" >/dev/null
    testbed/bed.sh up "$bed" >/dev/null
    use_bed
}

use_bed()
{
    set -a
    eval "$(testbed/bed.sh env "$bed")"
    set +a
}

roles()
{
    local name
    for name in "${services[@]}"; do
        sql "CREATE ROLE waymark_$name LOGIN;
             CREATE SCHEMA $name AUTHORIZATION waymark_$name"
    done
}

start() # service
{
    PGUSER=waymark_$1 WAYMARK_AUTHORITIES=$authorities \
        WAYMARK_PROFILES=profiles WAYMARK_INSTANCE="$1-1" \
        WAYMARK_LISTEN=127.0.0.1:0 \
        setsid "build/gcc/bin/waymark-$1" >"$work/$1.log" 2>&1 </dev/null &
    echo $! >"$work/$1.pid"
}

ready() # service
{
    local at
    at=$(sed -n 's/.*"event":"service_up".*"listen":"\([^"]*\)".*/\1/p' \
        "$work/$1.log" | tail -n 1)
    [ -n "$at" ] && curl -sf -m 2 -o /dev/null "http://$at/readyz"
}

stop() # service
{
    local pid
    pid=$(cat "$work/$1.pid" 2>/dev/null) || return 0
    kill "$pid" 2>/dev/null || :
    while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    rm -f "$work/$1.pid"
}

stop_all()
{
    local name
    for name in "${services[@]}" intake; do stop "$name"; done
}

until_ready() # service
{
    local end=$((SECONDS + 60))
    until ready "$1"; do
        [ $SECONDS -lt $end ] || {
            tail -n 5 "$work/$1.log" >&2
            exit 1
        }
        sleep 0.005
    done
}

# One session asks, since starting psql fifty times a second is work that the
# services would pay for. The commits let go of its snapshot, or the rows that
# they update could not be pruned.
until_true() # SQL
{
    PGOPTIONS='-c statement_timeout=15min' sql "
         DO \$\$ BEGIN LOOP
           EXIT WHEN ($1);
           COMMIT; PERFORM pg_sleep(0.02); COMMIT;
         END LOOP; END \$\$" || {
        say "not true in time: $1"
        exit 1
    }
}

# Topics and schemas; then how long each takes from its start to its readiness.
start_up()
{
    local name begun line=''
    roles
    for name in "${services[@]}"; do
        start "$name"
        until_ready "$name"
    done
    stop_all
    for name in "${services[@]}"; do
        begun=$(now)
        start "$name"
        until_ready "$name"
        line+="\"$name\":$(minus "$(now)" "$begun"),"
    done
    stop_all
    startup_s="{${line%,}}"
}

load() # notifications children [of the notifications, how many name them in turn]
{
    local i
    say "loading $1 notifications about $2 children"
    for i in $(seq $n_authorities); do
        build/gcc/bench/load_log "$WAYMARK_KAFKA" profiles \
            calendars/england-and-wales.json "bench-$i" \
            $(($1 / n_authorities)) $(($2 / n_authorities)) "$REPEATS" \
            $((${3:-0} / n_authorities)) >"$work/load-$i.json"
    done
    sql CHECKPOINT
}

# Hundredths of a second of processor time so far.
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
cpu_of_pg() # ends what it counts among the children, too
{
    local main pid sum
    main=$(head -n 1 "$PGHOST/data/postmaster.pid")
    sum=$(awk '{ print $14 + $15 + $16 + $17 }' "/proc/$main/stat")
    for pid in $(pgrep -P "$main"); do
        sum=$((sum + $(cpu "$pid" 2>/dev/null || echo 0)))
    done
    echo "$sum"
}
broker() { pgrep -f "$top/var/bed/$bed/kafka" | head -n 1; }
# Memory of a service, MB, once a second until it ends.
watch_memory() # service
{
    local pid
    pid=$(cat "$work/$1.pid")
    while awk '/VmRSS/ { printf "%.0f\n", $2 / 1024 }' "/proc/$pid/status" \
        2>/dev/null | grep .; do sleep 1; done >"$work/$1.rss"
}
# Its median in the second, third and last quarter of that time.
quarters() # service
{
    local n
    n=$(($(wc -l <"$work/$1.rss") / 4))
    for i in 2 3 4; do
        head -n $((i * n)) "$work/$1.rss" | tail -n "$n" | sort -n |
            sed -n "$((n / 2 + 1))p"
    done | paste -sd,
}
peak_mb() { awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }

# What a reader has to have read of one writer's topic, and has.
fed() # writer topic reader
{
    echo "(SELECT coalesce(sum(sequence), 0) FROM $1.out_seq
      WHERE topic = '$2') = (SELECT coalesce(sum(sequence), 0)
       FROM $3.in_mark WHERE topic = '$2' AND service = '$1')"
}
# What load_log sent is read to the end: its last record is a TimeAdvanced.
ends_of() # topic reader
{
    local i sum=0
    for i in $(seq $n_authorities); do
        sum=$((sum + $(sed 's/.*"'"$1"'":\([0-9]*\).*/\1/' "$work/load-$i.json")))
    done
    echo "(SELECT coalesce(sum(sequence), 0) >= $sum FROM $2.in_mark
      WHERE topic = '$1' AND service = 'intake')"
}
facts_true="$(fed triage casework metrics) AND
 $(fed tracker case-journal metrics) AND $(fed tracker feedback metrics)"

outputs() # records given out so far, all services
{
    sql "SELECT sum(n) FROM (
      SELECT sum(sequence) n FROM triage.out_seq UNION ALL
      SELECT sum(sequence) FROM tracker.out_seq) x"
}

run_chain()
{
    local begun pg kafka_pid kafka facts heard name pid used='' peak='' rss=''
    new_bed chain
    start_up
    load "$N" "$CHILDREN"
    kafka_pid=$(broker)
    say 'chain: draining'
    pg=$(cpu_of_pg) kafka=$(cpu "$kafka_pid") begun=$(now)
    for name in "${services[@]}"; do
        start "$name"
        watch_memory "$name" &
    done
    until_true "SELECT $(ends_of notifications triage)"
    until_true "SELECT $(fed triage casework tracker)"
    until_true "SELECT $facts_true AND $(ends_of receipts metrics)"
    facts=$(minus "$(now)" "$begun")
    until_true "SELECT $(fed tracker case-journal triage)"
    heard=$(minus "$(now)" "$begun")
    for name in "${services[@]}"; do
        pid=$(cat "$work/$name.pid")
        used+="\"$name\":$(for_a_million "$(cpu "$pid")" "$N"),"
        peak+="\"$name\":$(peak_mb "$pid"),"
        rss+="\"$name\":[$(quarters "$name")],"
    done
    used+="\"postgresql\":$(for_a_million $(($(cpu_of_pg) - pg)) "$N"),"
    used+="\"broker\":$(for_a_million $(($(cpu "$kafka_pid") - kafka)) "$N")"
    [ "$(sql "SELECT count(*) FROM metrics.notifications
              WHERE accepted_at IS NOT NULL AND case_id IS NOT NULL")" = "$N" ] || {
        say 'facts are missing'
        exit 1
    }
    parts+=("\"chain\":{\"seconds_to_kpi\":$facts,\
\"notifications_per_second\":$(per_second "$N" "$facts"),\
\"seconds_to_answers_heard\":$heard,\
\"outputs_per_notification\":$(awk -v o="$(outputs)" -v n="$N" \
        'BEGIN { printf "%.2f", o / n }'),\
\"cpu_s_per_million\":{$used},\"peak_rss_mb\":{${peak%,}},\
\"rss_mb_by_quarter\":{${rss%,}}}"
        "\"startup_s\":$startup_s")
    stop_all
    say 'pass-through'
    parts+=("\"passthrough\":$(build/gcc/bench/passthrough "$WAYMARK_KAFKA" \
        notifications alerts "${partitions[@]}")")
}

run_one() # service title SQL
{
    local begun pg kafka took pid
    say "alone: $2"
    pg=$(cpu_of_pg) kafka=$(cpu "$(broker)") begun=$(now)
    start "$1"
    until_true "SELECT $3"
    took=$(minus "$(now)" "$begun")
    pid=$(cat "$work/$1.pid")
    ones+="\"$2\":{\"seconds\":$took,\
\"notifications_per_second\":$(per_second "$N" "$took"),\
\"cpu_s_per_million\":{\"itself\":$(for_a_million "$(cpu "$pid")" "$N"),\
\"postgresql\":$(for_a_million $(($(cpu_of_pg) - pg)) "$N"),\
\"broker\":$(for_a_million $(($(cpu "$(broker)") - kafka)) "$N")},\
\"peak_rss_mb\":$(peak_mb "$pid")},"
    stop "$1"
}

run_alone()
{
    local ones=''
    new_bed alone
    start_up
    load "$N" "$CHILDREN"
    run_one triage triage "$(ends_of notifications triage)"
    run_one tracker tracker "$(fed triage casework tracker)"
    run_one triage triage_hears_answers "$(fed tracker case-journal triage)"
    run_one metrics metrics "$facts_true AND $(ends_of receipts metrics)"
    parts+=("\"alone\":{${ones%,}}")
}

# p50, p90, p99 and the longest of the numbers on standard input, ms.
percentiles()
{
    sort -n | awk '{ v[NR] = $1 / 1000 }
        function at(p) { i = int(NR * p + 0.999999); return v[i < 1 ? 1 : i] }
        END { if (NR == 0) { print "null"; exit }
              printf "{\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"max\":%.2f}",
                     at(0.5), at(0.9), at(0.99), v[NR] }'
}

# A sender for each 50 a second, since each waits for its answers.
send_all() # rate seconds [missing]
{
    build/gcc/bench/latency "$WAYMARK_KAFKA" "$url" demo-live 4 $(($1 * $2)) \
        "$1" $((($1 + 49) / 50)) ${3:+"$3"} >"$work/sent.tsv"
}

# Children who are reported missing for the third time: each raises D11 (the
# first two reports make it so). From its 202 to the alert at a subscriber.
run_alert_latency()
{
    local run runs='' rate=50
    say "latency: alerts at $rate a second for $FOR s"
    for run in 1 2 3; do
        send_all "$rate" "$FOR" missing
    done
    runs="{\"sent\":$(wc -l <"$work/sent.tsv"),\
\"alerts\":$(awk '$4 > 0' "$work/sent.tsv" | wc -l),\
\"from_202_to_alert\":$(awk '$4 > 0 { print $4 - $2 }' "$work/sent.tsv" | percentiles)}"
    parts+=("\"alert_latency_ms_at_$rate\":$runs")
}

run_latency()
{
    local url rate run runs
    new_bed latency
    testbed/services.sh up "$bed" demo-live >/dev/null
    url=$(testbed/services.sh env "$bed" | sed -n 's/^WAYMARK_INTAKE=//p')
    # The first ones make plans and topics; they do not count.
    send_all 200 2
    for rate in $RATES; do
        runs=''
        for run in $(seq "$RUNS"); do
            say "latency: $rate a second for $FOR s, run $run"
            send_all "$rate" "$FOR"
            sleep 1
            psql -qXAt -v ON_ERROR_STOP=1 >"$work/latency.tsv" <<SQL
CREATE TEMP TABLE sent (id uuid, accepted bigint, journal bigint, alert bigint);
\\copy sent FROM '$work/sent.tsv'
SELECT s.journal - s.accepted,
       (extract(epoch FROM pg_xact_commit_timestamp(d.xmin)) * 1e6)::bigint
       - s.accepted,
       (extract(epoch FROM pg_xact_commit_timestamp(e.xmin)) * 1e6)::bigint
       - s.accepted
  FROM sent s
  JOIN metrics.fact_decided d ON d.notification_id = s.id
  JOIN metrics.fact_effect e ON e.notification_id = s.id
 WHERE s.journal > 0;
SQL
            runs+="{\"sent\":$(wc -l <"$work/sent.tsv"),\
\"seen\":$(wc -l <"$work/latency.tsv"),\
\"from_202_to_case_journal\":$(cut -d'|' -f1 "$work/latency.tsv" | percentiles),\
\"from_202_to_kpi_row\":$(cut -d'|' -f2 "$work/latency.tsv" | percentiles),\
\"from_202_to_effect_row\":$(cut -d'|' -f3 "$work/latency.tsv" | percentiles)},"
        done
        parts+=("\"latency_ms_at_$rate\":[${runs%,}]")
    done
    run_alert_latency
    testbed/services.sh down "$bed" >/dev/null
}

# Committed so far: facts of decisions.
counted() { echo "(SELECT coalesce(sum(sequence), 0) FROM metrics.in_mark
  WHERE topic = 'casework' AND service = 'triage')"; }

run_size()
{
    local children begun took sizes=''
    for children in $SIZES; do
        new_bed size
        start_up
        load $((children + MORE)) "$children" "$children"
        for name in "${services[@]}"; do start "$name"; done
        until_true "SELECT $(counted) >= $children"
        begun=$(now)
        say "size: $children children are there"
        until_true "SELECT $(counted) >= $((children + MORE))"
        took=$(minus "$(now)" "$begun")
        sizes+="{\"children\":$children,\"seconds\":$took,\
\"notifications_per_second\":$(per_second "$MORE" "$took")},"
        stop_all
    done
    parts+=("\"size\":[${sizes%,}]")
}

machine()
{
    local model
    model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
    jq -cn --arg cpu "$model" --argjson cores "$(nproc)" \
        --argjson mb "$(awk '/MemTotal/ { printf "%.0f", $2 / 1024 }' /proc/meminfo)" \
        --arg kernel "$(uname -sr)" \
        --arg load "$(cut -d' ' -f1 /proc/loadavg)" \
        '{cpu: $cpu, cores: $cores, memory_mb: $mb, kernel: $kernel,
          load_at_start: $load}'
}

settings()
{
    local list='' name
    for name in server_version fsync full_page_writes synchronous_commit \
        shared_buffers max_wal_size autovacuum; do
        list+="\"$name\":\"$(sql "SHOW $name")\","
    done
    echo "{\"postgresql\":{${list%,}},\"kafka\":{\"brokers\":1,\
\"acks\":\"all\",\"enable.idempotence\":true},\"batch_max\":$(
        build/gcc/bin/waymark-triage --help 2>&1 |
            sed -n 's/.*BATCH_MAX.*default \([0-9]*\).*/\1/p' |
            grep . || echo null
    )}"
}

# shellcheck source=bench/deadlines.sh
. bench/deadlines.sh
# shellcheck source=bench/lookups.sh
. bench/lookups.sh
make -s build bench-build
about=$(machine)
for phase in $PHASES; do
    case $phase in
    latency) run_latency ;;
    chain) run_chain ;;
    alone) run_alone ;;
    size) run_size ;;
    deadlines) run_deadlines ;;
    door) run_door ;;
    lookups) run_lookups ;;
    *)
        say "no phase $phase"
        exit 2
        ;;
    esac
done
known=$(settings)
{
    printf '{"n":%s,"children":%s,"repeats_percent":%s,"authorities":%s,' \
        "$N" "$CHILDREN" "$REPEATS" "$n_authorities"
    printf '"machine":%s,"settings":%s' "$about" "$known"
    printf ',%s' "${parts[@]}"
    printf '}\n'
} | jq .
