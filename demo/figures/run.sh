#!/bin/bash
# run.sh: the four reports' years told through intake's door in a bed of their
# own, and every published figure beside the one that Waymark counts from them.
# Ends with 1 where one is different that isn't a contradiction of its report.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
authorities=(eis-2012 kent-2015 rutland-2014 wolverhampton-2018)
# shellcheck source=demo/play.sh
. demo/play.sh
bed=figures-$$
finish()
{
    testbed/services.sh down "$bed" >/dev/null 2>&1
    testbed/bed.sh wipe "$bed" >/dev/null 2>&1
}
trap finish EXIT

testbed/bed.sh up "$bed"
set -a
eval "$(testbed/bed.sh env "$bed")"
set +a
testbed/services.sh up "$bed" "$(IFS=,; echo "${authorities[*]}")"
set -a
eval "$(testbed/services.sh env "$bed")"
set +a
for authority in "${authorities[@]}"; do
    python3 demo/figures/tell.py "$authority"
done
for authority in "${authorities[@]}"; do
    told=$(sql "SELECT max(heard) FROM metrics.in_mark JOIN metrics.shard USING (shard)
        WHERE authority = '$authority' AND topic = 'receipts'")
    AWAIT_S=900 await_metrics "$told"
done
build/bin/waymark figures
