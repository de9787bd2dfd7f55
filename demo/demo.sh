#!/bin/bash
# demo.sh: installs and builds what is missing, plays a day of a safeguarding
# hub through the real services with the log clock, shows what came of it, and
# leaves an empty authority running on the wall clock. demo.sh stop ends that.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bed=demo
keys=var/demo-keys
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

# One key for all agencies, drawn anew: for trying out. A real agency has its
# own, and gives the authority the public half only.
development_key()
{
    rm -rf "$keys"
    mkdir -p "$keys"
    (umask 077 && openssl ecparam -name prime256v1 -genkey -noout \
        -out "$keys/development.pem")
    cp -a profiles "$keys/profiles"
    jq --arg pem "$(openssl pkey -in "$keys/development.pem" -pubout)" \
        '.agencies[].keys = [{kid: "development", pem: $pem}]' \
        profiles/agencies.json >"$keys/profiles/agencies.json"
}

step() { echo "demo: $1 ($SECONDS s)"; }

show() { psql -qX -P footer=off -c "$1"; }

# Leaves out rows with nothing but zeros, and indicators without other rows.
what_is_not_zero()
{
    awk 'function give() { if (some) printf "%s", text; text = ""; some = 0 }
        /^K[0-9]/ { give() }
        /^[a-z(]/ {
            row = 0
            for (i = 2; i <= NF; i++) if ($i != "0" && $i != "-") row = 1
            if (!row) next
            some = 1
        }
        { text = text $0 "\n" }
        END { give() }'
}

timeline()
{
    echo
    echo "What was decided, and by which rule"
    echo "(effect: what the tracker made of it, which knows the child's open case)"
    show "SELECT to_char(d.received_at AT TIME ZONE 'Europe/London', 'Dy DD Mon HH24:MI:SS') AS received,
        d.agency_id AS agency, d.agency_ref AS ref, d.kind, d.rule_id AS rule, d.outcome, f.effect, d.status,
        left(d.child_id::text, 8) AS child, coalesce(d.unit, '-') AS \"unit by rule\"
        FROM triage.decision d JOIN triage.shard s USING (shard)
        LEFT JOIN metrics.fact_notification f USING (shard, notification_id)
        WHERE s.authority = '$authority' ORDER BY d.received_at, d.agency_ref"
    echo "What stands where"
    show "SELECT left(c.case_id::text, 8) AS case, left(c.child_id::text, 8) AS child, c.side, c.state,
        c.outcome, coalesce(c.unit, '-') AS unit, coalesce(c.worker, '-') AS worker
        FROM tracker.cases c JOIN tracker.shard s USING (shard)
        WHERE s.authority = '$authority' ORDER BY c.opened_at, c.case_id"
    echo "Who was told (stage by stage up the line; told: who heard last)"
    show "SELECT to_char(a.raised_at AT TIME ZONE 'Europe/London', 'Dy DD Mon HH24:MI') AS first,
        a.rule, to_char(a.due_at AT TIME ZONE 'Europe/London', 'Dy DD Mon HH24:MI') AS due,
        left(a.case_id::text, 8) AS case, a.stage, a.told, coalesce(a.unit, '-') AS unit,
        coalesce(a.worker, '-') AS worker,
        coalesce(to_char(a.cleared_at AT TIME ZONE 'Europe/London', 'Dy DD Mon HH24:MI'), '-') AS cleared
        FROM tracker.alert a JOIN tracker.shard s USING (shard)
        WHERE s.authority = '$authority' ORDER BY a.raised_at, a.alert_id"
    echo "D01: nobody has taken the case in time. D10: the interview after a missing"
    echo "child's return is due, or late. T13: the family is to be contacted in 48 hours."
    echo
    echo "The scorecard of June (what is zero is left out)"
    build/bin/waymark scorecard --authority "$authority" --month 2015-06 | what_is_not_zero
}

live()
{
    local example
    example='{"agency_id":"school-oakfield","agency_ref":"TRY-1","kind":"school_referral","sent_at":"'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'","needs":["c_attendance"],"child":{"forename":"Testchild","surname":"Yours","dob":"2015-09-01","postcode":"CT1 1AA"}}'
    echo "An empty authority, demo-live, is up on the wall clock. Send it one of your own,"
    echo "signed with the development key (a token is good for one request, within a minute):"
    echo
    echo "  curl -s -X POST $WAYMARK_INTAKE/v1/notifications -H \"Authorization: Bearer \$(build/bin/waymark token --agency school-oakfield --key $keys/development.pem --audience $WAYMARK_AUDIENCE)\" -H 'Content-Type: application/json' -H 'Waymark-Authority: demo-live' -d '$example'"
    echo
    echo "and look at what became of it:"
    echo
    echo "  (set -a; eval \"\$(testbed/bed.sh env $bed)\"; build/bin/waymark case --authority demo-live --notification school-oakfield/TRY-1)"
    echo "  (set -a; eval \"\$(testbed/bed.sh env $bed)\"; build/bin/waymark why --authority demo-live school-oakfield/TRY-1)"
    echo
}

step "1 of 4, installing what is missing (packages, broker)"
testbed/install.sh
step "2 of 4, building"
MAKEFLAGS='' make --no-print-directory -j"$(nproc)" build
stop >/dev/null 2>&1
testbed/bed.sh wipe "$bed" >/dev/null
step "3 of 4, starting a Kafka and a PostgreSQL of its own below var/"
testbed/bed.sh up "$bed"
step "4 of 4, starting the services"
development_key
export WAYMARK_AUDIENCE=waymark-demo WAYMARK_SIGN_KEY=$keys/development.pem
testbed/services.sh up "$bed" "$authority,demo-live" WAYMARK_AUTH=token \
    "WAYMARK_PROFILES=$PWD/$keys/profiles"
set -a
eval "$(testbed/bed.sh env "$bed")"
eval "$(testbed/services.sh env "$bed")"
set +a

echo
echo "A day in Kent, 2015, with the log clock (rows of docs/domain.md, section 12)"
play demo/day.ndjson
echo "Rows 5, 6, 7 and 11 (consultation, duty's \"not met\", hand-over) are tried in tests/trace and tests/pipeline."
timeline

rc=0
echo "The log replayed from its beginning, against what stands in the tables"
found=$(build/bin/waymark reconcile --authority "$authority") || rc=$?
printf '%s\n\n' "$found"
differences=${found##*$'\n'}
shard="JOIN intake.shard s USING (shard) WHERE s.authority = '$authority'"
notifications=$(sql "SELECT count(*) FROM intake.receipt $shard AND item_kind = 'notification'")
decisions=$(sql "SELECT count(*) FROM triage.decision ${shard//intake/triage}")
alerts=$(sql "SELECT count(*) FROM tracker.alert ${shard//intake/tracker}")
live
echo "demo: $notifications notifications, $decisions decisions, $alerts alerts, $(tr -dc 0-9 <<<"$differences") differences"
echo "make stop ends it."
exit $rc
