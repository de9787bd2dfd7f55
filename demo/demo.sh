#!/bin/bash
# demo.sh: plays a day of a safeguarding hub through the real services with the
# log clock, shows what came of it, and leaves an empty authority running on
# the wall clock. demo.sh stop ends that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bed=demo
authority=kent-2015

stop()
{
    testbed/services.sh down "$bed" || :
    testbed/bed.sh down "$bed" || :
}

if [ "${1-}" = stop ]; then
    stop
    echo "stopped"
    exit 0
fi

# shellcheck source=demo/play.sh
. demo/play.sh

timeline()
{
    echo
    echo "What was decided, and by which rule"
    psql -qX -c "SELECT to_char(d.received_at AT TIME ZONE 'Europe/London', 'Dy DD Mon HH24:MI:SS') AS received,
        d.agency_id AS agency, d.agency_ref AS ref, d.kind, d.rule_id AS rule, d.outcome, d.status,
        left(d.child_id::text, 8) AS child, coalesce(d.unit, '-') AS unit
        FROM triage.decision d JOIN triage.shard s USING (shard)
        WHERE s.authority = '$authority' ORDER BY d.received_at, d.agency_ref"
    echo "What stands where"
    psql -qX -c "SELECT left(c.case_id::text, 8) AS case, left(c.child_id::text, 8) AS child, c.side, c.state,
        c.outcome, coalesce(c.unit, '-') AS unit, coalesce(c.worker, '-') AS worker
        FROM tracker.cases c JOIN tracker.shard s USING (shard)
        WHERE s.authority = '$authority' ORDER BY c.opened_at, c.case_id"
    echo "Who was told"
    build/bin/waymark alerts --authority "$authority"
    echo
    echo "The scorecard of June (districts with nothing are left out)"
    build/bin/waymark scorecard --authority "$authority" --month 2015-06 |
        awk '/^[a-z]/ { some = 0; for (i = 2; i <= NF; i++) if ($i != "0") some = 1; if (!some) next } 1'
}

live()
{
    local example
    example='{"agency_id":"school-oakfield","agency_ref":"TRY-1","kind":"school_referral","sent_at":"'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'","needs":["c_attendance"],"child":{"forename":"Testchild","surname":"Yours","dob":"2015-09-01","postcode":"CT1 1AA"}}'
    echo "An empty authority, demo-live, is up on the wall clock. Send it one of your own:"
    echo
    echo "  curl -s -X POST $WAYMARK_INTAKE/v1/notifications -H 'Content-Type: application/json' -H 'Waymark-Authority: demo-live' -d '$example'"
    echo
    echo "and look: set -a; eval \"\$(testbed/bed.sh env $bed)\"; set +a; build/bin/waymark case --authority demo-live --notification school-oakfield/TRY-1"
}

stop >/dev/null 2>&1
testbed/bed.sh wipe "$bed" >/dev/null
testbed/bed.sh up "$bed"
testbed/services.sh up "$bed" "$authority,demo-live"
set -a
eval "$(testbed/bed.sh env "$bed")"
eval "$(testbed/services.sh env "$bed")"
set +a

echo "A day in Kent, 2015, with the log clock (rows of the sample day)"
play demo/day.ndjson
echo "Rows 5, 6, 7 and 11 (consultation, duty's \"not met\", hand-over) are tried in tests/trace and tests/pipeline."
timeline

rc=0
differences=$(build/bin/waymark reconcile --authority "$authority" | tee /dev/stderr | tail -n 1) || rc=$?
shard="JOIN intake.shard s USING (shard) WHERE s.authority = '$authority'"
notifications=$(sql "SELECT count(*) FROM intake.receipt $shard AND item_kind = 'notification'")
decisions=$(sql "SELECT count(*) FROM triage.decision ${shard//intake/triage}")
alerts=$(sql "SELECT count(*) FROM tracker.alert ${shard//intake/tracker}")
live
echo "demo: $notifications notifications, $decisions decisions, $alerts alerts, $(tr -dc 0-9 <<<"$differences") differences"
echo "make stop ends it."
exit $rc
