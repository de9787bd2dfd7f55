# shellcheck shell=bash
# One authority's shard under fault: services that a script starts, kills and
# pauses itself. Uses the bed of the environment (WAYMARK_BED, as check.sh sets
# it) or brings one up and wipes it again. Everything that waits has a bound;
# only what was started here is ended. Sourced from the top of the checkout.
# BUILD names where programs are (build/gcc).
# shellcheck disable=SC2034,SC2154

# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh

authority=bench-1
shard=5 # its partition, profiles/authorities.json
build=${BUILD:-build/gcc}
shard_work=$(mktemp -d)
own_bed=''
declare -A pid_of=() # by instance

shard_end()
{
    local instance
    for instance in "${!pid_of[@]}"; do
        kill -CONT "${pid_of[$instance]}" 2>/dev/null
        kill -KILL "${pid_of[$instance]}" 2>/dev/null
        wait "${pid_of[$instance]}" 2>/dev/null
    done
    if [ -n "$own_bed" ]; then
        testbed/bed.sh wipe "$own_bed" >/dev/null 2>&1
        rm -f "var/bed/$own_bed.lock"
    fi
    rm -rf "$shard_work"
}
trap shard_end EXIT
trap 'exit 130' INT TERM

if [ -z "${WAYMARK_BED:-}" ]; then
    own_bed=p$(basename "$0" .sh | cut -c 1-2)-$$
    testbed/bed.sh up "$own_bed" --durable >&2 || exit 3
    set -a
    eval "$(testbed/bed.sh env "$own_bed")"
    set +a
    export WAYMARK_BED=$own_bed
fi
make -s VARIANT=gcc ${BUILD:+B="$BUILD"} build "$build/tests/pipeline/plant" \
    "$build/tests/faults/topic" "$build/bench/load_log" >&2 || exit 3

now_ms() { date +%s%3N; }

fail() # text
{
    echo "FAILED $1"
    tail -n 3 "$shard_work"/*.log 2>/dev/null
    claims_failed=$((claims_failed + 1))
    claims_end "$(basename "$0" .sh | sed 's/^[0-9]*-//')"
    exit 1
}

until_true() # seconds what command...
{
    local end=$(($(now_ms) + $1 * 1000)) what=$2
    shift 2
    until "$@"; do
        [ "$(now_ms)" -lt "$end" ] || fail "$what: not within the time"
        sleep 0.02
    done
}

sql() { psql -XqAt -v ON_ERROR_STOP=1 -c "$1" 2>/dev/null; }
waymark() { "$build/bin/waymark" "$@"; }

# ---- processes -------------------------------------------------------------

start() # instance service [KEY=VALUE...]
{
    local instance=$1 service=$2
    shift 2
    env WAYMARK_AUTHORITIES="$authority" WAYMARK_INSTANCE="$instance" \
        WAYMARK_LEASE_MS=1000 WAYMARK_BEAT_MS=100 WAYMARK_LISTEN=127.0.0.1:0 \
        "$@" "$build/bin/waymark-$service" >>"$shard_work/$instance.log" 2>&1 &
    pid_of[$instance]=$!
}

log_has() # instance event [times]
{
    [ "$(grep -c "\"$2\"" "$shard_work/$1.log")" -ge "${3:-1}" ]
}

log_of() # instance event: its last line
{
    grep "\"$2\"" "$shard_work/$1.log" | tail -n 1
}

is_gone() # instance
{
    ! kill -0 "${pid_of[$1]}" 2>/dev/null ||
        [ "$(ps -o stat= -p "${pid_of[$1]}" | cut -c 1)" = Z ]
}

# Sets $exit_code of a process that ends by itself, or by $3.
reap() # instance seconds [signal]
{
    [ -z "${3:-}" ] || kill -s "$3" "${pid_of[$1]}"
    until_true "$2" "end of $1" is_gone "$1"
    exit_code=0
    wait "${pid_of[$1]}" 2>/dev/null || exit_code=$?
    unset "pid_of[$1]"
}

stop() # instance...
{
    local instance
    for instance in "$@"; do
        reap "$instance" 20 TERM
        [ "$exit_code" -eq 0 ] || fail "$instance ended with $exit_code"
    done
}

owner() { sql "SELECT owner FROM $1.shard WHERE shard = $shard"; }
owns() { [ "$(owner "$2")" = "$1" ]; } # instance service

# ---- records ----------------------------------------------------------------

load() # notifications [children]
{
    "$build/bench/load_log" "$WAYMARK_KAFKA" profiles \
        calendars/england-and-wales.json "$authority" "$1" \
        "${2:-$(($1 / 3 + 1))}" 5 >"$shard_work/load.out" || fail 'the load'
    last=$(($1 + 4)) # two texts and two times beside them
}

# Sets $planted, the last number on the topic.
plant() # word...
{
    planted=$("$build/tests/pipeline/plant" --kafka "$WAYMARK_KAFKA" \
        --authority $shard "$@") || fail "to plant $*"
}

topic() # verb arguments...
{
    local verb=$1
    shift
    "$build/tests/faults/topic" "$verb" --kafka "$WAYMARK_KAFKA" \
        --authority $shard "$@"
}

mark() # service topic writer: last number that it has applied
{
    sql "SELECT coalesce(max(sequence), 0) FROM $1.in_mark
        WHERE shard = $shard AND topic = '$2' AND service = '$3'"
}

given() # service topic: last number given out
{
    sql "SELECT coalesce(max(sequence), 0) FROM $1.out_seq
        WHERE shard = $shard AND topic = '$2'"
}

has_read() # service topic writer number
{
    local at
    at=$(mark "$1" "$2" "$3") && [ "${at:-0}" -ge "$4" ]
}

# What each reader has is all that its writer gave out.
is_level() # reader topic writer
{
    [ "$(mark "$1" "$2" "$3")" = "$(given "$3" "$2")" ]
}

is_confirmed() # service
{
    [ "$(sql "SELECT turn = confirmed_turn FROM $1.shard WHERE shard = $shard")" = t ]
}

reconciled() # service: the last line
{
    waymark reconcile --authority "$authority" --service "$1" \
        >"$shard_work/reconcile.out" 2>&1
    grep -v ' 0 differences' "$shard_work/reconcile.out" | head -n 20 >&2
    tail -n 1 "$shard_work/reconcile.out"
}
