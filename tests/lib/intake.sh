# shellcheck shell=bash
# What tests of intake's door share. Set $bed to the name of a bed before: it
# is brought up if it does not run, and stays. Sourced from the top of the
# checkout. Gives $program, $work (a folder for the script to remove), checks
# that are counted in $passed and $failed, and waiting with a bound.
# shellcheck disable=SC2034,SC2154

program=${WAYMARK_INTAKE:-build/bin/waymark-intake}
testbed/bed.sh up --durable "$bed" >&2 || exit 3
set -a
eval "$(testbed/bed.sh env "$bed")"
set +a
# Below the range from which the kernel takes ports for connections, and a
# block of ten for each bed.
ports=${WAYMARK_KAFKA%%,*}
ports=$((16000 + ${ports##*:} / 10))
work=$(mktemp -d)
passed=0 failed=0
export WAYMARK_INTAKE_HASH_KEY=only-for-tests-0123456789 WAYMARK_AUTH=open

check() # sentence, expected, found
{
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "ok    $1"
    else
        failed=$((failed + 1))
        echo "FAIL  $1: want \"$2\", found \"$3\""
    fi
}

wait_for() # seconds, command...
{
    local left=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.05
    done
}
