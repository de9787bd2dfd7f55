#!/bin/bash
# run.sh: kills, pauses, loses and forges, and holds what was answered 202
# against every table and topic. PHASES names what to do ("smoke kills
# crash-points zombie leases broker pg republish topic-lost restore poison refused
# oversize deadline pair intake-gone fork mutants"), BUDGET=small|full how much of
# it, SEED which instants. Everything happens in a bed of its own, wiped at the end.
# Most functions are called through check() or by their names.
# shellcheck disable=SC2317,SC2034
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2
root=$PWD
SEED=${SEED:-1}
BUDGET=${BUDGET:-full}
here=$root/tests/faults
name=faults-$$
run=$root/var/$name
bed=$name
RANDOM_STATE=$SEED
# shellcheck source=testbed/proc.sh
. "$root/testbed/proc.sh"
# shellcheck source=tests/faults/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/faults/phases.sh
. "$here/phases.sh"
# shellcheck source=tests/faults/mutants.sh
. "$here/mutants.sh"

finish()
{
    kill_all
    bed_wipe
    if [ "${failed:-1}" -eq 0 ] && [ -z "${KEEP-}" ]; then
        rm -rf "$run"
    else
        echo "what is left to look at: ${run#"$root"/}"
    fi
}

build()
{
    local libs='-lrdkafka -lavro -ljansson -lpq -lmicrohttpd -lcurl -lxxhash -lsodium'
    local flags='-std=c11 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -Wshadow -pthread'
    [ -n "${NO_MAKE-}" ] || make -s -j"$(nproc)" VARIANT=gcc build || return 1
    # A run must not see what is built meanwhile.
    mkdir -p "$run/bin" && cp build/gcc/bin/waymark* "$run/bin/"
    # shellcheck disable=SC2086
    gcc $flags -Iservices "$here/load.c" build/gcc/libshell.a \
        build/gcc/libcore.a -lsodium -lcrypto -o "$run/load" &&
        gcc $flags -Iservices "$here/topic.c" build/gcc/libshell.a \
            build/gcc/libcore.a $libs -o "$run/topic"
}

small='kills crash-points zombie restore poison fork mutants'
full='kills crash-points zombie leases broker pg republish topic-lost restore
    poison refused oversize deadline pair intake-gone fork mutants'
case $BUDGET in
small) PHASES=${PHASES:-$small} ;;
full) PHASES=${PHASES:-$full} ;;
*)
    echo 'run.sh: want BUDGET=small or full' >&2
    exit 2
    ;;
esac

mkdir -p "$run"
# The shell's own notes about those it was told to kill.
exec 2> >(grep --line-buffered -v ': line [0-9]*: *[0-9]* \(Killed\|Aborted\) ' >&2)
trap finish EXIT
trap 'exit 130' INT TERM
echo "faults: SEED=$SEED BUDGET=$BUDGET"
if ! build >"$run/build.log" 2>&1; then
    tail -n 20 "$run/build.log"
    echo 'faults: it does not build'
    exit 1
fi
bin=$run/bin honest=$run/bin
if [ "$BUDGET" = full ]; then bed_up 3; else bed_up 1; fi || exit 1
mutants_caught=0 mutants_tried=0

for phase in $PHASES; do
    say "phase $phase"
    intakes=(intake) targets='' dead_letters_are_fine=false lease_ms=''
    tick_ms='' child=() bin=$run/bin red='' expected_red=''
    "phase_${phase//-/_}" || {
        failed=$((failed + 1))
        say "  RED   $phase came to no end"
    }
    kill_all
done

echo
echo "faults: $passed passed, $failed failed, 0 skipped"
printf 'faults: %d accepted, %d lost, %d doubled, %d of %d mutants caught\n' \
    "$accepted_total" "$lost_total" "$doubled_total" "$mutants_caught" \
    "$mutants_tried"
[ "$failed" -eq 0 ] && [ "$mutants_caught" -eq "$mutants_tried" ]
