#!/bin/bash
# 33-queue.sh: what waits for people stands in an order of urgency and due
# time; what one has claimed nobody else claims, however many try at the same
# moment and at whichever intake; what was done is claimed no more; `why` says
# what the rules saw.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
waymark=build/bin/waymark
authority=demo-live
work=$(mktemp -d)

testbed/services.sh up "$WAYMARK_BED" $authority WAYMARK_CLOCK_TICK_MS=200 || exit 1
second_pid=''
end()
{
    [ -z "$second_pid" ] || kill "$second_pid" 2>/dev/null
    testbed/services.sh down "$WAYMARK_BED"
    rm -rf "$work"
}
trap end EXIT
set -a
eval "$(testbed/services.sh env "$WAYMARK_BED")"
set +a
env PGUSER=waymark_intake WAYMARK_AUTHORITIES=$authority WAYMARK_AUTH=open \
    WAYMARK_INSTANCE=second WAYMARK_LISTEN=127.0.0.1:0 \
    WAYMARK_INTAKE_HASH_KEY_FILE="var/bed/$WAYMARK_BED/services/intake.key" \
    build/bin/waymark-intake >"$work/second.log" 2>&1 &
second_pid=$!

sql() { psql -qAtX -F ' ' -v ON_ERROR_STOP=1 -c "$1"; }
until_true() # seconds what command...
{
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt "$end" ] || { claim "$what" no yes && return 1; }
        sleep 0.05
    done
}
post() # path body
{
    curl -sS -m 20 -H 'Content-Type: application/json' \
        -H "Waymark-Authority: $authority" -d "$2" "$WAYMARK_INTAKE$1" | jq -r '.id // .'
}
child() # agency ref kind forename surname dob members
{
    post /v1/notifications "{\"agency_id\":\"$1\",\"agency_ref\":\"$2\",\"kind\":\"$3\",\"sent_at\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"child\":{\"forename\":\"$4\",\"surname\":\"$5\",\"dob\":\"$6\"}${7:-}}"
}
queue() { "$waymark" queue "$@" --authority $authority; }
listed() { queue list --json "$@" | jq -r '.[] | "\(.queue) \(.notification)"'; }

child school-oakfield Q-green school_referral Testchild Alpha 2010-01-02 ',"needs":["c_attendance"]' >/dev/null
child mash-desk Q-red mash_feed Testchild Bravo 2011-01-02 ',"rag":"red","harm":"none","needs":["f_neglect"]' >/dev/null
child mash-desk Q-calm mash_feed Testchild Charlie 2012-01-02 ',"rag":"green","harm":"none","needs":["f_housing"]' >/dev/null
child health-trust Q-met health_referral Testchild Delta 2013-01-02 ',"harm":"none","csc_threshold":"met"' >/dev/null
child school-oakfield Q-other school_referral Testchild Alpha 2010-01-02 ',"needs":["c_attendance"]' >/dev/null
post /v1/notifications "{\"agency_id\":\"kent-police\",\"agency_ref\":\"Q-missing\",\"kind\":\"police_missing_reported\",\"episode_ref\":\"E1\",\"reported_at\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"risk_grade\":\"medium\",\"sent_at\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\",\"child\":{\"forename\":\"Testchild\",\"surname\":\"Echo\",\"dob\":\"2009-01-02\"}}" >/dev/null
all_there() { [ "$(queue list --json | jq length)" -ge 6 ]; }
until_true 30 'all six wait' all_there
clocks_there() { [ "$(queue list --json | jq '[.[] | select(.due_at == null)] | length')" = 0 ]; }
until_true 30 'each has a due time' clocks_there

claim 'red before amber before green, then by due time; consultations apart' "$(listed)" \
    "screening mash-desk/Q-red
screening school-oakfield/Q-green
screening school-oakfield/Q-other
consultation health-trust/Q-met
screening kent-police/Q-missing
screening mash-desk/Q-calm"
claim 'one queue' "$(listed --queue consultation)" 'consultation health-trust/Q-met'
claim 'one door' "$(listed --entry mash | sort)" $'screening mash-desk/Q-calm\nscreening mash-desk/Q-red'
claim 'a queue that is none' "$(queue list --queue x >/dev/null 2>&1; echo $?)" 2

claim 'one claims' "$(queue claim mash-desk/Q-red --by 'Screener Alpha' | cut -d ' ' -f 2-)" 'screening: claimed by Screener Alpha'
claim 'another does not' "$(queue claim mash-desk/Q-red --by 'Screener Bravo' 2>&1 | grep -c 'Screener Alpha has it since')" 1
claim 'who has it and for how long is listed' \
    "$(queue list --json | jq -r '.[0] | "\(.owner) \(.claimed | length)"')" 'Screener Alpha 8'
claim 'what is not his he does not give up' "$(queue release mash-desk/Q-red --by 'Screener Bravo' >/dev/null 2>&1; echo $?)" 1
claim 'next is the most urgent that is free' \
    "$(queue claim next --by 'Screener Bravo' --queue screening --json | jq -r '"\(.owner) \(.queue)"')" 'Screener Bravo screening'
claim 'and that was' "$(queue list --json | jq -r '.[] | select(.owner == "Screener Bravo") | .notification')" school-oakfield/Q-green
claim 'from one who is not there it is taken by name' \
    "$(queue claim mash-desk/Q-red --by 'Leader Delta' --from 'Screener Alpha' | grep -c 'claimed by Leader Delta')" 1
claim 'given up it is free' "$(queue release mash-desk/Q-red --by 'Leader Delta' >/dev/null && queue list --json | jq -r '.[0].owner')" null

# Two doors, ten who claim the same at once, again and again: one wins each.
until_true 20 'a second intake is up' grep -q service_up "$work/second.log"
other=http://$(grep -o '"listen":"[^"]*"' "$work/second.log" | cut -d '"' -f 4)
ready() { curl -sf -m 5 "$other/readyz"; }
until_true 20 'the second is ready' ready
id=$(queue list --json | jq -r '.[0].id')
wins=''
for _ in $(seq 12); do
    for who in $(seq 10); do
        url=$WAYMARK_INTAKE
        [ $((who % 2)) = 0 ] || url=$other
        curl -s -m 20 -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' \
            -H "Waymark-Authority: $authority" \
            -d "{\"queue\":\"screening\",\"id\":\"$id\",\"act\":\"claim\",\"by\":\"Screener $who\"}" \
            "$url/v1/claims" >"$work/claim.$who" &
        racers[who]=$!
    done
    wait "${racers[@]}"
    wins+="$(cat "$work"/claim.* | sort | uniq -c | tr -s ' ' | tr -d '\n') "
    queue release "$id" --by "$(queue list --json | jq -r '.[0].owner')" >/dev/null || wins+='not given up '
done
claim 'of ten at two doors one wins, twelve times' "$wins" "$(printf ' 1 202 9 409 %.0s' $(seq 12))"

# What is done is nobody's any more.
queue claim mash-desk/Q-red --by 'Screener Alpha' >/dev/null
post /v1/screenings '{"agency_id":"early-help","agency_ref":"S-1","notification":{"agency_id":"mash-desk","agency_ref":"Q-red"},"level":2,"csc_threshold":"not_met","harm":"none","by":"Screener Alpha"}' >"$work/screened"
gone() { ! listed | grep -q Q-red; }
until_true 20 'what was screened waits no more' gone
claim 'nor is it claimed' "$(sql "SELECT count(*) FROM intake.claim c JOIN triage.decision d ON d.notification_id = c.item_id WHERE d.agency_ref = 'Q-red'")" 0

# Why: every decision says what it saw, and comes out the same again.
claim 'why names the rule and what it saw' \
    "$("$waymark" why mash-desk/Q-calm --authority $authority | grep -c '^  KE08  holds .*need_count=1.*<- decides')" 1
claim 'and the fact that is to be asked for' \
    "$("$waymark" why school-oakfield/Q-green --authority $authority | grep '^to be asked')" 'to be asked for: harm, level'
claim 'each comes out the same again' \
    "$(for ref in school-oakfield/Q-green mash-desk/Q-red mash-desk/Q-calm health-trust/Q-met kent-police/Q-missing; do "$waymark" why $ref --authority $authority --replay | tail -n 1; done | sort | uniq -c | tr -s ' ')" ' 5 replay: same'
sql "UPDATE triage.decision SET rule_outcome = 'nfa' WHERE agency_ref = 'Q-calm'"
claim 'one that was tampered with does not' \
    "$("$waymark" why mash-desk/Q-calm --authority $authority --replay --json | jq -r '.[0].replay'; "$waymark" why mash-desk/Q-calm --authority $authority --replay >/dev/null; echo $?)" \
    $'differs: outcome: then nfa, now single_agency\n1'
claims_end queue
