#!/bin/bash
# run.sh: a made-up authority of Kent's size through the real services with the
# log clock, and its alerts against an oracle that was written from the domain
# alone (oracle.py). For each seed: a run; the same again, which must give the
# same bytes; the same with kill -9 of tracker and notifier every few seconds.
#   DAYS=28        how many days
#   SEEDS="1 2 3"  or SEED=n
#   RUNS="plain again killed"   which runs; the first is held against the oracle
#   KEEP=FOLDER    where plans, dumps and differences stay
# Exit code 1: something differs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=testbed/proc.sh
. testbed/proc.sh
days=${DAYS:-28}
seeds=${SEEDS:-${SEED:-1}}
runs=${RUNS:-plain again killed}
authority=kent-2015
partition=1
kill_every_s=4
bed=sim-$$
work=${KEEP:-$(mktemp -d)}
mkdir -p "$work"
killer=''
export PYTHONDONTWRITEBYTECODE=1

drop_bed()
{
    [ -z "$killer" ] || kill "$killer" 2>/dev/null || :
    killer=''
    testbed/services.sh down "$bed" >/dev/null 2>&1 || :
    testbed/bed.sh wipe "$bed" >/dev/null 2>&1 || :
    rm -f "var/bed/$bed.lock"
}
finish()
{
    drop_bed
    [ -n "${KEEP-}" ] || rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

sql() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
now_s() { date +%s; }
waymark() { build/bin/waymark simulate --profile "$authority" --days "$days" "$@"; }

up()
{
    testbed/services.sh up "$bed" "$authority" WAYMARK_LEASE_MS=1000 \
        WAYMARK_BEAT_MS=100 ALSO=notifier
}

# ---- one run ------------------------------------------------------------------

fresh_bed()
{
    testbed/bed.sh up "$bed" >/dev/null
    set -a
    eval "$(testbed/bed.sh env "$bed")"
    up
    eval "$(testbed/services.sh env "$bed")"
    set +a
}

kill_again_and_again() # counts in $work/kills
{
    local name pid dir=var/bed/$bed/services
    echo 0 >"$work/kills"
    while sleep "$kill_every_s"; do
        for name in tracker notifier; do
            pid=$(proc_pid "$dir/$name.pid") && kill -9 "$pid" &&
                echo $(($(<"$work/kills") + 1)) >"$work/kills"
        done
        up >/dev/null 2>&1 || :
    done
}

# Tracker, and who reads from it, have heard of the last instant.
is_through() # instant
{
    [ "$(sql "SELECT (SELECT now >= '$1' FROM tracker.shard WHERE authority = '$authority')
        AND (SELECT count(*) > 0 AND bool_and(heard >= '$1') FROM notifier.in_mark
             WHERE topic = 'alerts' AND service = 'tracker')" 2>/dev/null)" = t ]
}

await() # instant
{
    local end=$(($(now_s) + 600 + days * 20))
    until is_through "$1"; do
        [ "$(now_s)" -lt "$end" ] || {
            echo "the services do not get to $1:" >&2
            sql "SELECT now, barrier FROM tracker.shard" >&2
            exit 1
        }
        sleep 0.2
    done
}

dump() # folder
{
    local topic
    mkdir -p "$1"
    for topic in casework case-journal alerts; do
        kcat -b "$WAYMARK_KAFKA" -C -e -q -t "$topic" -p $partition \
            -o beginning -f '%K %S\n%k%s' >"$1/$topic"
    done
    sql "SELECT alert_id, stage, count(*) FROM notifier.delivery
        WHERE alert_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2" >"$1/deliveries"
}

# Sets $seconds, from the first notification until all has been read.
play() # name seed
{
    local started last
    last=$(tail -n 1 "$work/plan-$2.ndjson" | jq -r .at)
    fresh_bed
    if [ "$1" = killed ]; then
        kill_again_and_again &
        killer=$!
    fi
    started=$(now_s)
    waymark --seed "$2" >"$work/$1-$2.sent"
    await "$last"
    seconds=$(($(now_s) - started))
    if [ -n "$killer" ]; then
        kill "$killer"
        wait "$killer" 2>/dev/null || :
        killer=''
        up
        await "$last"
    fi
    dump "$work/$1-$2"
    drop_bed
}

# ---- what must hold ---------------------------------------------------------------

same_bytes() # folder folder: records of both, each once, in order
{
    python3 tests/simulate/same.py "$1" "$2"
}

held_against_oracle() # folder seed
{
    python3 tests/simulate/oracle.py "profiles/$authority.json" \
        calendars/england-and-wales.json profiles/agencies.json \
        "$work/plan-$2.ndjson" >"$work/expected-$2.ndjson"
    python3 tests/simulate/compare.py "$work/expected-$2.ndjson" "$1" \
        "$work/plan-$2.ndjson"
}

seed_runs() # seed
{
    local run first='' rc
    waymark --seed "$1" --out "$work/plan-$1.ndjson"
    for run in $runs; do
        play "$run" "$1"
        echo "seed $1, $run: $days days in $seconds s$([ "$run" != killed ] ||
            echo ", $(<"$work/kills") times kill -9")"
        claim "seed $1, $run: nothing is refused at the door" \
            "$(sed -n 's/.* \([0-9]*\) refused$/\1/p' "$work/$run-$1.sent")" 0
        claim "seed $1, $run: each stage has its delivery, once" \
            "$(python3 tests/simulate/delivered.py "$work/$run-$1")" ''
        if [ -z "$first" ]; then
            first=$run rc=0
            held_against_oracle "$work/$run-$1" "$1" || rc=$?
            claim "seed $1: the oracle's alerts, each once, and no other" $rc 0
        else
            claim "seed $1, $run: the same journal and alerts" \
                "$(same_bytes "$work/$first-$1" "$work/$run-$1")" ''
        fi
    done
}

for seed in $seeds; do
    seed_runs "$seed"
done
claims_end simulate
