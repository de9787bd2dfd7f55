# shellcheck shell=bash
# One function a phase: what goes wrong, and what must be true afterwards.
# Sourced by run.sh.
# shellcheck disable=SC2154,SC2034

by_budget() # small full
{
    if [ "$BUDGET" = small ]; then echo "$1"; else echo "$2"; fi
}

phase_smoke()
{
    fresh wall || return 1
    # shellcheck disable=SC2086
    start_all $SERVICES || return 1
    load 200 100 --threads 4
    wait_load 60 || return 1
    hold
}
