#!/bin/bash
# 32-activate.sh: a version of profile, calendar and staff list holds from one
# point of the log on. What does not check is refused with rule and reason, and
# all go on with what they had; what was decided before keeps its version; a
# second intake that has not heard of it yet looks again under the lock; the
# checker replays all versions; a restart begins with the newest.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
waymark=build/bin/waymark
authority=demo-live shard=4
work=$(mktemp -d)

testbed/services.sh up "$WAYMARK_BED" $authority ALSO=notifier WAYMARK_CLOCK_TICK_MS=200 WAYMARK_SMTP=smtp://127.0.0.1:9 || exit 1
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

# A school's child of an age, with two needs: KE08, single_agency.
school() # ref years [door]: its warnings
{
    printf '{"agency_id":"school-oakfield","agency_ref":"%s","kind":"school_referral","sent_at":"%s","child":{"forename":"Testchild","surname":"Number%s","dob":"%s"},"harm":"none","needs":["c_attendance","p_mental_health"]}' \
        "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$(date -u -d "$2 years ago" +%Y-%m-%d)" |
        curl -sS -m 20 -H 'Content-Type: application/json' \
            -H "Waymark-Authority: $authority" --data-binary @- "${3:-$WAYMARK_INTAKE}/v1/notifications" |
        jq -r '.warnings | join(" ")'
}
decided() { sql "SELECT rule_id, split_part(profile_version, '#', 1) FROM triage.decision WHERE shard = $shard AND agency_ref = '$1'"; }
is_decided() { [ -n "$(decided "$1")" ]; }
wait_decided() { until_true 20 "$1 is decided" is_decided "$1" && decided "$1"; }
activate() { "$waymark" profile activate "$@" --authority $authority 2>&1; }
two=(--by 'Officer Alpha' --second 'Officer Bravo')

# Two needs are enough for the rule that wanted three; 17 is too old now.
jq '.version = "0.2-test" | .ages.value.to_years = 16
    | (.decision_rules.rules[] | select(.id == "KE07") | .when) |=
        (tostring | gsub("\"need_count\"},3"; "\"need_count\"},2") | fromjson)
    | (.decision_rules.rules[] | select(.id == "KE08") | .when) |=
        (tostring | gsub("\"need_count\"},2"; "\"need_count\"},1") | fromjson)
    | .examples = []' profiles/kent-2015.json >"$work/two.json"
"$waymark" profile check "$work/two.json" | tail -n 1

# Ten notifications in all, of which the first four are the old version's.
for ref in A-7 A-8; do school $ref 12 >/dev/null; done
school A-1 12 >/dev/null
claim 'by the profile of the files' "$(wait_decided A-1)" 'KE08 kent-2015@0.1-draft'

jq '.version = "0.3-test" | (.decision_rules.rules[] | select(.id == "KE08")) |= del(.source)' \
    profiles/kent-2015.json >"$work/bad.json"
activate "$work/bad.json" "${two[@]}" >"$work/said"
claim 'a rule without source is refused with file, rule and reason' \
    "$? $(head -n 1 "$work/said" | sed "s|$work/||")" \
    '1 bad.json: profile-source: /decision_rules/rules/'"$(jq '[.decision_rules.rules[].id] | index("KE08")' "$work/bad.json")"': rule KE08: "source" is missing'
at_door() # file by second: what the door itself says
{
    jq -n --rawfile text "$1" --arg by "$2" --arg second "$3" \
        '{kind: "profile", text: $text, by: $by, second: $second}' |
        curl -sS -m 20 -H 'Content-Type: application/json' \
            -H "Waymark-Authority: $authority" --data-binary @- "$WAYMARK_INTAKE/v1/configs" |
        jq -r '"\(.status) \(.code)", .detail' | paste -sd ' ' | cut -d : -f 1
}
claim 'the door refuses it, too' "$(at_door "$work/bad.json" 'Officer Alpha' 'Officer Bravo')" '422 profile profile-source'
claim 'one person alone activates nothing' "$(at_door "$work/two.json" 'Officer Alpha' ' officer alpha')" '422 R18 to activate takes two people, by and second'
claim "nor is another authority's profile taken" "$(at_door profiles/rutland-2014.json 'Officer Alpha' 'Officer Bravo')" '422 profile profile-ref'
jq '.duty_phone.value = "01622 000001"' profiles/kent-2015.json >"$work/same-name.json"
claim 'nor another text under a version that was' "$(at_door "$work/same-name.json" 'Officer Alpha' 'Officer Bravo')" '422 profile profile-twin'
school A-2 12 >/dev/null
claim 'all went on with what they had' "$(wait_decided A-2)" 'KE08 kent-2015@0.1-draft'

# A second door that has read the old version from its files.
env PGUSER=waymark_intake WAYMARK_AUTHORITIES=$authority WAYMARK_AUTH=open \
    WAYMARK_INSTANCE=second WAYMARK_LISTEN=127.0.0.1:0 \
    WAYMARK_INTAKE_HASH_KEY_FILE="var/bed/$WAYMARK_BED/services/intake.key" \
    build/bin/waymark-intake >"$work/second.log" 2>&1 &
second_pid=$!
until_true 20 'a second intake is up' grep -q service_up "$work/second.log"
other=http://$(grep -o '"listen":"[^"]*"' "$work/second.log" | cut -d '"' -f 4)
ready() { curl -sf -m 5 "$other/readyz"; }
until_true 20 'the second is ready' ready
claim 'a child of 17 is within the ages' "$(school A-3 17 "$other")" ''

activate "$work/two.json" "${two[@]}" >"$work/said"
claim 'two people activate' "$? $(cut -d '#' -f 1 "$work/said")" '0 kent-2015@0.2-test'
claim 'a second time nothing happens' "$(activate "$work/two.json" "${two[@]}" | grep -c 'in force already')" 1
claim 'who had not heard of it looks again under the lock: W08' "$(school A-4 17 "$other")" W08
school A-5 12 >/dev/null
claim 'from there on the new rule decides' "$(wait_decided A-5)" 'KE07 kent-2015@0.2-test'
claim 'what was decided before is as it was' "$(decided A-1)" 'KE08 kent-2015@0.1-draft'
claim 'who did it stands in the log' \
    "$(timeout 20 kcat -b "$WAYMARK_KAFKA" -C -t notifications -p $shard -o beginning -u | grep -a -o -m 1 'Officer Bravo' | head -n 1)" 'Officer Bravo'

for ref in A-9 A-10; do
    school $ref 12 >/dev/null
    wait_decided $ref >/dev/null
done
why() { "$waymark" why "school-oakfield/$1" --authority $authority "${@:2}"; }
claim 'why says by which version an old decision was made, and which rule saw what' \
    "$(why A-1 | grep -cE '^(profile_version     kent-2015@0.1-draft#|  KE08  holds .*need_count=2.*<- decides)')" 2
claim 'and of a new one the new' \
    "$(why A-5 | grep -cE '^(profile_version     kent-2015@0.2-test#|  KE07  holds .*need_count=2.*<- decides)')" 2
claim 'nine that are decided come out the same, each by its own version' \
    "$(for i in 1 2 3 4 5 7 8 9 10; do why A-$i --replay | tail -n 1; done | sort | uniq -c | tr -s ' ')" ' 9 replay: same'

# Calendar and staff list.
jq '.holidays += [{"date": "2027-06-01", "day": "Tue", "title": "Test day"}]' \
    calendars/england-and-wales.json >"$work/calendar.json"
claim 'a calendar' "$(activate "$work/calendar.json" "${two[@]}" | grep -c '^england-and-wales#.* holds')" 1
jq '.covers.first = "2020-01-01" | .holidays |= map(select(.date > "2020"))' calendars/england-and-wales.json >"$work/short.json"
claim 'one that leaves out days is refused' "$(activate "$work/short.json" "${two[@]}" | grep -c 'leaves out days')" 1
jq '.people[0].address = "mailto:another@staff.invalid"' profiles/staff/demo-live.json >"$work/staff.json"
claim 'a staff list' "$(activate "$work/staff.json" "${two[@]}" | grep -c "^$authority#.* holds")" 1
jq '.people[0].cover = "nobody"' profiles/staff/demo-live.json >"$work/bad-staff.json"
claim 'one that names nobody is refused' "$(activate "$work/bad-staff.json" "${two[@]}" | grep -c 'refused: what is in force stays')" 1

# The staff list says who may do what at the door (R23).
record() # path by [filter]: status and reasons
{
    jq -cn --arg by "$2" --arg ref "R-$RANDOM$RANDOM" --arg at "$(date -u +%FT%TZ)" '
        {agency_id: "early-help", agency_ref: $ref, $by}
        + if "'"$1"'" == "screenings" then {notification: {agency_id: "school-oakfield", agency_ref: "A-1"}, level: 3}
          else {activity: "visit", occurred_at: $at, subject: {notification: {agency_id: "school-oakfield", agency_ref: "A-1"}}} end
        | '"${3:-.}" |
        curl -sS -m 20 -H 'Content-Type: application/json' -H "Waymark-Authority: $authority" \
            --data-binary @- "${4:-$WAYMARK_INTAKE}/v1/$1" |
        jq -r '"\(.status // 202) \([.errors[]? | .code + .pointer] | join(" "))"'
}
claim 'a worker records a visit' "$(record activities worker-1)" '202 '
claim 'nobody of the list does not' "$(record activities worker-9)" '422 R23/by'
claim 'nor at the other door, which heard of no list' "$(record activities worker-9 . "$other")" '422 R23/by'
claim 'a screener screens' "$(record screenings screener-1)" '202 '
claim 'a worker does not' "$(record screenings worker-1)" '422 R23/by'
claim 'a leader is a second name' "$(record screenings screener-1 '.second_by = "leader-others"')" '202 '
claim 'a worker is not' "$(record screenings screener-1 '.second_by = "worker-1"')" '422 R23/second_by'
claim "a leader's visit in his own units" "$(record activities leader-swale '.unit = "swale-1"')" '202 '
claim "and in another's" "$(record activities leader-swale '.unit = "dover-1"')" '422 R23/by'
jq '.people += [{id: "dpo-1", role: "dpo", units: [], address: "mailto:dpo-1@staff.invalid"}]' "$work/staff.json" >"$work/officer.json"
claim 'a list with a data protection officer' "$(activate "$work/officer.json" "${two[@]}" | grep -c "^$authority#.* holds")" 1
claim 'from then on others activate nothing' "$(activate "$work/staff.json" "${two[@]}" | grep -o 'R23')" R23
claim 'nor erase' "$(jq -n --arg id 00000000-0000-8000-8000-000000000000 '{$id, by: "leader-others", second: "head-1"}' |
    curl -sS -m 20 -H 'Content-Type: application/json' -H "Waymark-Authority: $authority" --data-binary @- \
        "$WAYMARK_INTAKE/v1/erasures" | jq -r .code)" R23
claim 'the officer and a leader do' \
    "$(activate "$work/staff.json" --by dpo-1 --second leader-others | grep -c "^$authority#.* holds")" 1
everywhere() # texts that every service has, the same ones
{
    [ "$(sql "SELECT string_agg(n::text, ' ') FROM (SELECT count(*) AS n FROM triage.config UNION ALL SELECT count(*) FROM tracker.config UNION ALL SELECT count(*) FROM metrics.config UNION ALL SELECT count(*) FROM notifier.config) c")" = '7 7 7 7' ]
}
until_true 20 'all services have the seven texts' everywhere
claim 'in one order' \
    "$(sql "SELECT count(DISTINCT t) FROM (SELECT string_agg(version, ',' ORDER BY n) AS t FROM intake.config UNION ALL SELECT string_agg(version, ',' ORDER BY n) FROM triage.config UNION ALL SELECT string_agg(version, ',' ORDER BY n) FROM tracker.config UNION ALL SELECT string_agg(version, ',' ORDER BY n) FROM metrics.config UNION ALL SELECT string_agg(version, ',' ORDER BY n) FROM notifier.config) c")" 1

# Started again, with the old profile in the files: the newest holds.
testbed/services.sh down "$WAYMARK_BED"
kill "$second_pid" && wait "$second_pid"
second_pid=''
testbed/services.sh up "$WAYMARK_BED" $authority WAYMARK_CLOCK_TICK_MS=200 WAYMARK_SMTP=smtp://127.0.0.1:9 || exit 1
eval "$(testbed/services.sh env "$WAYMARK_BED")"
school A-6 12 >/dev/null
claim 'after a restart, too' "$(wait_decided A-6)" 'KE07 kent-2015@0.2-test'
claim 'the tenth does, and the old ones still do' \
    "$(for i in 1 6 7; do why A-$i --replay | tail -n 1; done | sort | uniq -c | tr -s ' ')" ' 3 replay: same'
testbed/services.sh down "$WAYMARK_BED"
claim 'the checker replays every version' \
    "$("$waymark" reconcile --authority $authority 2>&1 | tail -n 1)" 'reconcile: 0 differences'
claim 'and all balances' "$("$waymark" balance --authority $authority >/dev/null 2>&1; echo $?)" 0
claims_end activate
