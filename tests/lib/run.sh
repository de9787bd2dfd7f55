#!/bin/sh
# run.sh KIND PROGRAM...: runs test programs, prints a line for each and the
# total as cmocka counts it, and what a program says of cases that it made
# itself ("kinds: 22925 cases, ..."). Ends with 1 if any failed.
set -u
kind=$1
shift
passed=0 failed=0 skipped=0 bad=''
for t in "$@"; do
    out=$(WAYMARK_ROOT=${WAYMARK_ROOT:-$PWD} "$t" 2>&1)
    rc=$?
    p=$(printf '%s\n' "$out" | sed -n 's/^\[  PASSED  \] \([0-9]*\) test.*/\1/p' | awk '{s+=$1} END {print s+0}')
    f=$(printf '%s\n' "$out" | sed -n 's/^\[  FAILED  \] .*: \{0,1\}\([0-9][0-9]*\) test.*/\1/p' | awk '{s+=$1} END {print s+0}')
    s=$(printf '%s\n' "$out" | grep -c '^\[  SKIPPED \] [^0-9]')
    [ "$rc" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    if [ "$rc" -eq 0 ] && [ "$p" -eq 0 ] && [ "$s" -eq 0 ]; then
        f=1
        out="$out
no test was executed"
    fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$f" -eq 0 ] || { bad="$bad ${t##*/}"; printf '%s\n' "$out" | grep -v '^\[ RUN\|^\[       OK' | tail -n 40; }
    printf '%s\n' "$out" | grep -E '^[a-z]+: [0-9]+ (cases|orders|texts), '
    printf '%-9s %-24s %4d passed %3d failed %3d skipped\n' "$kind" "${t##*/}" "$p" "$f" "$s"
done
printf '%s: %d passed, %d failed, %d skipped\n' "$kind" "$passed" "$failed" "$skipped"
[ -z "$bad" ]
