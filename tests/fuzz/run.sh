#!/bin/bash
# run.sh TARGET...: reads every seed with each target, then tries to find bytes
# that it does not bear, for SECONDS_EACH seconds; 0 reads the seeds alone. What
# it learnt is kept in CORPUS (var/fuzz) for the next time. A finding stands in
# CORPUS/NAME.found-*, as it is, to become a seed once it is mended.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
corpus=${CORPUS:-var/fuzz}
seconds=${SECONDS_EACH:-60}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=0

# Words that inputs are made of, from the tables that read them.
words() # target
{
    case $1 in
    json | ndjson | csv | door)
        cat services/intake/core/kinds.c services/common/core/codes.c ;;
    profile | rule)
        cat services/common/adapters/{profile,rule}*.c services/common/core/profile.c \
            services/common/core/codes.c ;;
    token) cat services/intake/token.c services/intake/agencies_json.c ;;
    http) printf '"%s"\n' 'Content-Length: ' 'Transfer-Encoding: ' chunked 'Host: x' 'HTTP/1.1' \
        'HTTP/1.0' 'POST / ' 'Expect: 100-continue' 'Connection: ' close keep-alive ;;
    esac | grep -oE '"[A-Za-z0-9_.: /-]{2,40}"' | sort -u
}

runs=0 crashes=0 targets=0
printf '%-9s %6s %12s %8s %8s %6s  %s\n' target seeds executions 'a second' coverage found result
for program in "$@"; do
    name=${program##*/}
    mkdir -p "$corpus/$name" "$work/$name"
    for seed in "tests/fuzz/seeds/$name"/*; do
        case $seed in
        *.hex) printf '%b' "$(tr -d '\n' <"$seed" | sed 's/../\\x&/g')" >"$work/$name/$(basename "$seed" .hex)" ;;
        *) cp "$seed" "$work/$name/" ;;
        esac
    done
    more=(-max_total_time="$seconds" -max_len=16384)
    if [ "$name" = profile ]; then
        cp profiles/*-20*.json "$work/$name/"
        more+=(-max_len=32768)
    fi
    [ "$seconds" -gt 0 ] || more+=(-runs=0)
    words "$name" >"$work/$name.dict"
    [ ! -s "$work/$name.dict" ] || more+=(-dict="$work/$name.dict")
    begun=$(date +%s)
    rc=0
    timeout $((seconds + 120)) "$program" "${more[@]}" -seed="${SEED:-1}" -timeout=60 -rss_limit_mb=2048 \
        -print_final_stats=1 \
        -artifact_prefix="$corpus/$name.found-" "$corpus/$name" "$work/$name" >"$work/$name.log" 2>&1 || rc=$?
    n=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$name.log" | tail -n 1)
    rate=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$work/$name.log" | tail -n 1)
    cov=$(grep -oE 'cov: [0-9]+' "$work/$name.log" | tail -n 1)
    targets=$((targets + 1)) runs=$((runs + ${n:-0}))
    result=ok
    [ $rc -eq 0 ] || {
        crashes=$((crashes + 1))
        result="FAILED ($rc) after $(($(date +%s) - begun)) s"
    }
    printf '%-9s %6d %12d %8d %8s %6d  %s\n' "$name" "$(find "$work/$name" -type f | wc -l)" "${n:-0}" \
        "${rate:-0}" "${cov#cov: }" "$(find "$corpus/$name" -type f | wc -l)" "$result"
    [ $rc -eq 0 ] || grep -vE '^(#|INFO|stat::|Recommended|###|")' "$work/$name.log" | tail -n 40
done
echo "fuzz: $targets targets, $runs executions, $crashes crashes"
[ $crashes -eq 0 ] && [ $targets -gt 0 ]
