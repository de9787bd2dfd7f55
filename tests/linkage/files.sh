# shellcheck shell=bash
# The made-up population as files, and verdicts about what was made of it: for
# the scripts that link its records, by `waymark match` and by triage. Sourced
# from the top of the checkout with the script's arguments, [CHILDREN] [SEED].
# Gives $work with register.csv, messages.csv and twins.csv, and $build, the
# variant's folder (BINARIES).
# shellcheck disable=SC2034

children=${1:-100000}
seed=${2:-1}
build=${BINARIES:-build/gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

verdict() # what, limit, measured
{
    if [ "$3" -le "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: $3, want at most $2"
    fi
}

for file in register messages; do
    "$build/tests/linkage/population" $file "$children" "$seed" >"$work/$file.csv"
done
"$build/tests/linkage/population" twins $((children / 10 / 2 * 2)) "$seed" >"$work/twins.csv"
