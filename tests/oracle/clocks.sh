#!/bin/bash
# Clocks through the binary: every row of tests/data/clocks.tsv, and every clock
# on every day 2022 to 2027 against numpy and zoneinfo (tests/oracle/clocks.py).
# BUDGET=small|full; PYTHON: one that has numpy.
set -u
waymark=${1:-build/bin/waymark}
PYTHON=${PYTHON:-python3}
unset WAYMARK_PROFILE WAYMARK_PROFILES WAYMARK_CALENDARS
passed=0 failed=0

# Options that ask for what a row says, in $options.
ask() # unit length convention args
{
    options=()
    case $1 in
    office_hours) options+=(--office) ;;
    esac
    case $clock-$2 in
    L1-4) options+=(--colour red) ;;
    L1-24) options+=(--colour amber) ;;
    esac
    [ "$3" = - ] || options+=(--convention "$3")
    case $4 in
    closed=*) options+=(--closed "${4#closed=}") ;;
    pause=*) options+=(--pause "${4#pause=}") ;;
    birth=*) options+=(--birth "${4#birth=}") ;;
    esac
}

row() # id unit length convention start args due_local due_utc
{
    local out got days
    ask "$2" "$3" "$4" "$6"
    out=$("$waymark" clock due "$clock" --start "$5" --profile "$profile" "${options[@]}" 2>&1)
    got=$(printf '%s\n' "$out" | awk '$1 == "due_at" { print $2, substr($4, 1, 10), $3 }')
    days=$(printf '%s\n' "$out" | awk '$1 == "counted" { print $2 }')
    [ "$2" = working_days ] || days=$3
    if [ "$got" = "$8 ${7:0:10} ${7:11:3}" ] && [ "$days" = "$3" ]; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    echo "$profile $1 $clock from $5 ($6): want $8 ${7:0:14} and $3 counted, got $got and $days"
    printf '%s\n' "$out" | head -n 3
}

while IFS=$'\t' read -r id clock unit length convention local_start utc_start args due_local due_utc _; do
    [ "$id" = id ] && continue
    for profile in kent-2015 rutland-2014; do
        row "$id" "$unit" "$length" "$convention" "$utc_start" "$args" "$due_local" "$due_utc"
    done
    profile=kent-2015
    row "$id" "$unit" "$length" "$convention" "$local_start" "$args" "$due_local" "$due_utc"
done <tests/data/clocks.tsv
echo "clocks: $passed passed, $failed failed (47 vectors by UTC start and by local start, two profiles)"
[ $((passed + failed)) -eq 141 ] || { echo "clocks: 0 passed, 1 failed (want 141)"; failed=1; }

if "$PYTHON" -c 'import numpy, zoneinfo' 2>/dev/null; then
    "$PYTHON" tests/oracle/clocks.py "$waymark" "${BUDGET:-full}" || failed=$((failed + 1))
else
    echo "oracle: skipped: $PYTHON has no numpy (PYTHON=/path/to/one make clocks)"
fi
[ $failed -eq 0 ]
