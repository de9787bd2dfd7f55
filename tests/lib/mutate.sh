#!/bin/bash
# mutate.sh: do the unit and trace tests notice when the code is wrong? Puts N
# small faults (SEED says which) one at a time into the cores and the engine
# of a copy of the tree, and runs the tests that hold the changed file: that
# of its module first, until one fails. Prints each fault that none noticed;
# the last line is "mutate: N of N caught, SEED=N". Ends with 1 under LEAST per
# cent (80).
#
# ONLY=PREFIX takes the files of one folder or one file. A fault may also
# change nothing that could be seen; that is why 80 and not 100.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/tests/lib}
n=${N:-200} seed=${SEED:-1} only=${ONLY:-services/}
least=${LEAST:-80}
limit_kb=4000000 # of a test's memory: a loop may allocate without end

# Compile one file as the tests do; its object is $2.
compile() # source object
{
    # shellcheck disable=SC2086 # flags are words
    $(cat "$work/cc") -w -c "$1" -o "$2" 2>/dev/null
}

# A test program with $2 in place of the file that was changed.
link_test() # test object program
{
    local libs
    libs=$(cat "$work/libs.${1%%/*}")
    # shellcheck disable=SC2046,SC2086
    gcc -pie -pthread -o "$3" "build/m/obj/tests/$1.o" ${2:+"$2"} \
        $(cat "$work/helpers.${1%%/*}") $libs
}

# Its own processor time ends a loop; the clock only one that waits for ever,
# so that a busy machine catches nothing.
run_test() # seconds program
{
    (
        ulimit -v "$limit_kb" -c 0 -t "$1"
        WAYMARK_ROOT=$PWD timeout -k 1 $((60 + $1)) "$2" >/dev/null 2>&1
    ) 2>/dev/null
}

# Fault number $1, in one line of `chosen`: writes results/$1.
try() # number
{
    local file line col len to words test seconds dir=$work/$1 result=survived
    IFS=$'\t' read -r file line col len to words < <(sed -n "$1p" "$work/chosen")
    mkdir -p "$dir"
    awk -v line="$line" -v col="$col" -v len="$len" -v to="$to" '
        NR == line { $0 = substr($0, 1, col - 1) to substr($0, col + len) }
        { print }' "$file" >"$dir/$(basename "$file")"
    if compile "$dir/$(basename "$file")" "$dir/o.o"; then
        while read -r test seconds; do
            if ! link_test "$test" "$dir/o.o" "$dir/t" ||
                ! run_test "$seconds" "$dir/t"; then
                result="caught by $test"
                break
            fi
        done <"$work/tests.${file//\//:}"
    else
        result=invalid
    fi
    rm -rf "$dir"
    echo "$result" >"$work/results/$1"
}

if [ "${1-}" = try ]; then
    work=$2
    cd "$work/tree"
    try "$3"
    exit 0
fi

# ---- the copy, and which tests hold which file ---------------------------------

work=$root/var/mutate/$$
mkdir -p "$work/tree" "$work/results"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$root"
git ls-files -co --exclude-standard Makefile services schemas tests profiles docs \
    calendars | while read -r f; do [ ! -e "$f" ] || echo "$f"; done |
    tar -c -T - | tar -x -C "$work/tree"
cd "$work/tree"
cat >"$work/ask.mk" <<'EOT'
include Makefile
_cc:
	@echo $(CC) $(filter-out -MMD -MP,$(CFLAGS))
_libs:
	@echo $(ADAPTER_LIBS) $(CORE_LIBS)
_tests:
	@echo $(UNIT) $(TRACE)
_helpers:
	@echo $(TESTLIB_OBJ)
EOT
ask() { make -s -f "$work/ask.mk" B=build/m "OPT_gcc=-O0" "$1"; }
ask _cc >"$work/cc"
echo "build/m/libcore.a -lcmocka -lxxhash -lsodium" >"$work/libs.unit"
echo "build/m/libshell.a build/m/libcore.a -lcmocka $(ask _libs)" >"$work/libs.trace"
: >"$work/helpers.unit"
ask _helpers >"$work/helpers.trace"
read -r -a tests < <(ask _tests)
make -s -j"$(nproc)" B=build/m "OPT_gcc=-O0" WARN=-w "${tests[@]}" >"$work/build.log" 2>&1 || {
    tail -n 30 "$work/build.log"
    exit 1
}
declare -A seconds # for a test with a fault; more is a loop without end
for test in "${tests[@]}"; do
    start=$(date +%s%3N)
    run_test 60 "$test" || {
        echo "mutate: $test fails without a fault"
        exit 1
    }
    seconds[$test]=$((3 + ($(date +%s%3N) - start) / 100))
    nm "$test" | awk '{ print $NF }' | sort -u >"$work/names.$(basename "$test")"
done

# A test holds a file if it took its object: its first function is in there.
files=()
for file in services/*/core/*.c services/common/engine/*.c; do
    name=$(nm -g --defined-only "build/m/obj/${file%.c}.o" |
        awk '$2 ~ /[TDR]/ { print $3; exit }')
    list=$work/tests.${file//\//:}
    own=unit/test_$(basename "$file" .c)
    for test in "${tests[@]}"; do
        short=${test#build/m/tests/}
        ! grep -qxF "${name:-none}" "$work/names.${short#*/}" ||
            echo "$([ "$short" = "$own" ] && echo 0 || echo 1)" \
                "$short ${seconds[$test]}"
    done | sort -s -k1,1 | cut -d' ' -f2- >"$list"
    [[ $file != "$only"* ]] || files+=("$file")
done

# ---- the faults ----------------------------------------------------------------

# Shuffled by SEED, kinds of faults in turn, so that the many removed
# statements don't crowd out the few changed limits.
awk -f tests/lib/mutations.awk "${files[@]}" |
    awk -F'\t' -v seed="$seed" '
    function random(below) {
        state = (state * 16807) % 2147483647
        return state % below
    }
    function kind(words) {
        if (words ~ /early/) return "early"
        if (words ~ /gone/) return "gone"
        if (words ~ /[<>=]/) return "compare"
        if (words ~ /[&|]/) return "logic"
        if (words ~ /[+-]/) return "sum"
        return "constant"
    }
    { k = kind($6); of[k, count[k]++] = $0; if (count[k] == 1) kinds[n++] = k }
    END {
        state = seed % 2147483646 + 1
        for (i = 0; i < 10; i++)
            random(2)
        for (i = 0; i < n; i++)
            for (j = count[kinds[i]] - 1; j > 0; j--) {
                k = random(j + 1)
                t = of[kinds[i], j]
                of[kinds[i], j] = of[kinds[i], k]
                of[kinds[i], k] = t
            }
        for (j = 0; left != n; j++)
            for (i = left = 0; i < n; i++)
                if (j < count[kinds[i]])
                    print of[kinds[i], j]
                else
                    left++
    }' >"$work/chosen"
all=$(wc -l <"$work/chosen")
[ "$n" -le "$all" ] || n=$all

# What does not compile is no fault: then the next one counts.
from=1 valid=0
while [ "$valid" -lt "$n" ] && [ "$from" -le "$all" ]; do
    to=$((from + n - valid - 1))
    seq "$from" $((to < all ? to : all)) |
        xargs -P "$(nproc)" -I{} bash "$here/mutate.sh" try "$work" {}
    from=$((to + 1))
    valid=$(cat "$work/results/"* | grep -vcx invalid || :)
done

caught=0 total=0
for ((i = 1; i < from && i <= all; i++)); do
    result=$(cat "$work/results/$i")
    [ "$result" != invalid ] || continue
    total=$((total + 1))
    if [ "$result" != survived ]; then
        caught=$((caught + 1))
        continue
    fi
    IFS=$'\t' read -r file line col len to words < <(sed -n "${i}p" "$work/chosen")
    printf '%s:%s: %s: %s\n' "$file" "$line" "$words" \
        "$(sed -n "${line}s/^ *//p" "$file")"
done
echo "mutate: $caught of $total caught, SEED=$seed"
[ $((100 * caught)) -ge $((least * total)) ]
