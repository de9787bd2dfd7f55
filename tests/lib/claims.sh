# shellcheck shell=bash
# Claims of a test script: each is counted, one that fails is shown, and
# claims_end prints the total that check.sh adds up.
claims_passed=0 claims_failed=0

claim() # what, found, expected
{
    if [ "$2" = "$3" ]; then
        claims_passed=$((claims_passed + 1))
    else
        claims_failed=$((claims_failed + 1))
        printf 'FAILED %s\n  found    %s\n  expected %s\n' "$1" "$2" "$3"
    fi
}

await() # seconds, command...: until it succeeds; a claim says what then holds
{
    local end=$((SECONDS + $1))
    shift
    until "$@" || [ $SECONDS -ge $end ]; do
        sleep 0.05
    done
}

claims_end() # name
{
    echo "$1: $claims_passed passed, $claims_failed failed"
    [ "$claims_failed" -eq 0 ] && [ "$claims_passed" -gt 0 ]
}
