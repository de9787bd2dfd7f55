#!/bin/bash
# coverage.sh BUILD PROGRAM...: runs test programs that were built with
# counters and prints, folder by folder, how much of the cores and the engine
# they reach. Ends with 1 where a folder is under LINES or BRANCHES per cent.
# What each file lacks is left in var/coverage/missing.txt.
#
# Counters of this run go to a folder of its own: another run at the same time,
# or objects that were compiled anew since, would spoil them.
set -euo pipefail
build=$1
shift
lines=${LINES_MIN:-90} branches=${BRANCHES_MIN:-80}
out=var/coverage
run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT

root=$(pwd -P)
slashes=${root//[!\/]/}
export GCOV_PREFIX=$run GCOV_PREFIX_STRIP=${#slashes}
find "$build/obj/services" -name '*.gcno' -exec cp --parents -t "$run" {} +
sh tests/lib/run.sh coverage "$@" >"$run/tests.log" || {
    cat "$run/tests.log"
    exit 1
}
tail -n 1 "$run/tests.log"

# gcov writes beside the sources, so one at a time. An assertion's other branch
# is one that only a bug takes.
mkdir -p "$out"
exec 9>"$out/lock"
flock 9
gcovr --root . "$run" --exclude-lines-by-pattern '^\s*assert\(' \
    --filter 'services/[a-z]+/core/' --filter 'services/common/engine/' \
    --csv "$out/files.csv" --txt "$out/missing.txt" 2>"$run/gcovr.log" || {
    cat "$run/gcovr.log"
    exit 1
}
awk -F, -v lines="$lines" -v branches="$branches" '
    function percent(n, of) { return of == 0 ? 100 : 100 * n / of }
    function row(name, l, lc, b, bc,    bad) {
        bad = percent(lc, l) < lines || percent(bc, b) < branches
        printf "%-28s %5d lines %5.1f %%  %5d branches %5.1f %%%s\n", name,
            l, percent(lc, l), b, percent(bc, b), bad ? "  too few" : ""
        return bad
    }
    NR > 1 {
        folder = $1
        sub(/\/[^\/]*$/, "", folder)
        if (!(folder in l))
            order[n++] = folder
        l[folder] += $2; lc[folder] += $3
        b[folder] += $5; bc[folder] += $6
        l_all += $2; lc_all += $3; b_all += $5; bc_all += $6
    }
    END {
        for (i = 0; i < n; i++)
            failed += row(order[i], l[order[i]], lc[order[i]], b[order[i]],
                bc[order[i]])
        failed += row("all", l_all, lc_all, b_all, bc_all)
        if (n == 0)
            print "no file was measured"
        exit failed > 0 || n == 0
    }' "$out/files.csv"
