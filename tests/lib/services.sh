# shellcheck shell=bash
# All services of an authority for one script, on the bed of the environment
# (WAYMARK_BED, as check.sh sets it): up at services_up, down at its end,
# whatever that is. Sourced from the top of the checkout. Gives $work, a folder
# that goes with them.
# shellcheck disable=SC2154

work=$(mktemp -d)

services_end()
{
    testbed/services.sh down "$WAYMARK_BED"
    rm -rf "$work"
}

# Exports their addresses; ends the script where they don't come up.
services_up() # authority[,...] [KEY=VALUE...]
{
    trap services_end EXIT
    testbed/services.sh up "$WAYMARK_BED" "$@" || exit 1
    set -a
    eval "$(testbed/services.sh env "$WAYMARK_BED")"
    set +a
}
