#!/bin/bash
# 40-notifier.sh: notifier against a real SMTP server and web hook sinks that
# take, delay, refuse, redirect, cut and hang: attempts and outcomes as a table,
# none lost; kill -9 between sending and noting; D16 and time that stands still
# reach the duty phone. WAYMARK_BED names the bed; services of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=testbed/proc.sh
. testbed/proc.sh
bed=${WAYMARK_BED:-notifier}
testbed/bed.sh up "$bed" >&2
set -a
eval "$(testbed/bed.sh env "$bed")"
set +a
authority=demo-live
work=$(mktemp -d)
sinks=''
finish()
{
    [ -z "$sinks" ] || kill "$sinks" 2>/dev/null || :
    testbed/services.sh down "$bed" >/dev/null 2>&1 || :
    rm -rf "$work"
}
trap finish EXIT
run=$(date +%s)

sql() { psql -qAtX -F ' ' -v ON_ERROR_STOP=1 -c "$1"; }
lines() { sql "$1" | tr '\n' ';'; }

wait_sql() # seconds query: until it says t
{
    local end=$((SECONDS + $1))
    until [ "$(sql "$2" 2>/dev/null)" = t ]; do
        [ $SECONDS -lt $end ] || { echo "in vain: $2" >&2; return 1; }
        sleep 0.1
    done
}

# ---- a staff list whose addresses are the sinks' -------------------------------

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
python3 tests/lib/sinks.py "$work" 2>"$work/sinks.log" &
sinks=$!
until [ -s "$work/ports" ]; do sleep 0.05; done
read -r smtp https <"$work/ports"

cp -r profiles "$work/profiles"
openssl ecparam -name prime256v1 -genkey -noout -out "$work/desk.pem" 2>/dev/null
jq --arg d "$(openssl pkey -in "$work/desk.pem" -pubout 2>/dev/null)" \
    '(.agencies[] | select(.id == "early-help")).keys += [{kid: "d", pem: $d}]' \
    profiles/agencies.json >"$work/profiles/agencies.json"
# D16 after 2 and 6 seconds instead of 60 and 300.
jq '(.. | objects | select(has("D16_missing_untriaged_seconds")))
    .D16_missing_untriaged_seconds.value = 2 | .clocks.L7.value.length = 2' \
    profiles/kent-2015.json >"$work/profiles/kent-2015.json"
person() # id role address
{
    printf '{"id":"%s","role":"%s","units":["*"],"address":"%s"}' "$1" "$2" "$3"
}
{
    printf '{"source":"made up","hook_hosts":["localhost","127.0.0.1"],"people":['
    person duty-1 duty 'mailto:duty@sink.invalid'
    for row in 'leader-1 unit_leader mailto:gone@sink.invalid' \
        'district-1 district_manager mailto:district@sink.invalid' \
        'head-1 head_of_service mailto:head@sink.invalid' \
        'mash-1 mash_manager mailto:mash@sink.invalid' \
        'screener-1 screener mailto:screener@sink.invalid'; do
        # shellcheck disable=SC2086
        printf ',' && person $row
    done
    for who in ok busy full gone cut slow silent; do
        printf ',' && person "mail-$who" worker "mailto:$who@sink.invalid"
    done
    for who in ok busy full gone cut slow moved; do
        printf ',' && person "hook-$who" worker "https://localhost:$https/$who"
    done
    printf '],"parties":[{"id":"kent-police","address":"https://localhost:%s/ok/police"}],' "$https"
    printf '"test":{"at":"00:00","to":['
    for who in ok busy full gone cut slow silent; do printf '"mail-%s",' "$who"; done
    for who in ok busy full gone cut slow; do printf '"hook-%s",' "$who"; done
    printf '"hook-moved"]}}\n'
} >"$work/profiles/staff/$authority.json"

settings=(WAYMARK_PROFILES="$work/profiles" WAYMARK_CLOCK_TICK_MS=500
    WAYMARK_SMTP="smtp://localhost:$smtp" WAYMARK_CA_CERTS="$work/cert.pem"
    WAYMARK_HOOK_SECRET=only-for-tests-0123456789 WAYMARK_HOOK_LOOPBACK=on
    WAYMARK_ACK_KEY=only-for-tests-9876543210
    WAYMARK_LINK_BASE=https://waymark.invalid
    WAYMARK_RETRY_FIRST_MS=200 WAYMARK_GIVE_UP_S=8 WAYMARK_URGENT_GIVE_UP_S=2
    WAYMARK_SEND_TIMEOUT_MS=1000 WAYMARK_SEND_POLL_MS=50
    WAYMARK_WATCH_MS=200 WAYMARK_STILL_S=4)
up() { testbed/services.sh up "$bed" "$authority" "${settings[@]}" "$@" ALSO=notifier; }
dir=var/bed/$bed/services
kill9() # service
{
    kill -9 "$(proc_pid "$dir/$1.pid")"
}
missing() # reference surname
{
    printf '{"agency_id":"kent-police","agency_ref":"%s","kind":"police_missing_reported","sent_at":"%s","episode_ref":"%s","reported_at":"%s","risk_grade":"medium","harm":"none","child":{"forename":"Testchild","surname":"%s","dob":"2012-03-04","postcode":"ME15 6AA"}}' \
        "$1" "$(date -u +%FT%TZ)" "$1" "$(date -u +%FT%TZ)" "$2" |
        curl -sS -m 20 -o /dev/null -w '%{http_code}' -X POST "$WAYMARK_INTAKE/v1/notifications" \
            -H 'Content-Type: application/json' -H "Waymark-Authority: $authority" --data-binary @-
}

up
set -a
eval "$(testbed/services.sh env "$bed")"
set +a

# ---- each channel, each way to fail ---------------------------------------------

wait_sql 60 "SELECT count(*) = 14 FROM notifier.message m JOIN notifier.notice n
    USING (shard, message_id) WHERE n.purpose = 'test' AND m.state <> 'ready'"
claim 'attempts and outcomes of every sink' \
    "$(lines "SELECT m.person, m.state, m.outcome, m.tries > 1 FROM notifier.message m
        JOIN notifier.notice n USING (shard, message_id) WHERE n.purpose = 'test' ORDER BY 1")" \
    'hook-busy sent ok t;hook-cut failed cut t;hook-full failed http-500 t;hook-gone failed http-404 f;hook-moved failed http-302 f;hook-ok sent ok f;hook-slow failed timeout t;mail-busy sent ok t;mail-cut failed cut t;mail-full failed 452 t;mail-gone failed 550 f;mail-ok sent ok f;mail-silent failed timeout t;mail-slow failed timeout t;'
sql "SELECT m.person, m.state, m.tries, string_agg(a.outcome, ' ' ORDER BY a.try)
    FROM notifier.message m JOIN notifier.attempt a USING (shard, message_id)
    JOIN notifier.notice n USING (shard, message_id) WHERE n.purpose = 'test'
    GROUP BY 1, 2, 3 ORDER BY 1"
claim 'every attempt has its outcome' \
    "$(sql "SELECT count(*) FROM notifier.attempt a JOIN notifier.notice n USING (shard, message_id)
        WHERE n.purpose = 'test' AND a.outcome IS NULL")" 0
claim 'as many attempts are stored as were made' \
    "$(sql "SELECT count(*) FROM notifier.message m WHERE tries <>
        (SELECT count(*) FROM notifier.attempt a WHERE a.message_id = m.message_id)")" 0
wait_sql 20 "SELECT count(*) = 10 FROM notifier.incident WHERE rule = 'delivery'"
claim 'each of the ten that failed is an incident that duty was told' \
    "$(wait_sql 20 "SELECT count(*) = 10 FROM notifier.told WHERE purpose = 'incident' AND rule = 'delivery' AND told = 'duty' AND state = 'sent'" && echo yes)" yes
claim 'mail goes by TLS only' "$(jq -s 'all(.tls)' "$work/mails")" true
claim 'no redirect is followed' "$(grep -c redirected "$work/hooks")" 0
claim 'the same Message-ID at each attempt' \
    "$(jq -r 'select(.to == "slow@sink.invalid") | .text' "$work/mails" | grep '^Message-ID' | sort -u | wc -l)" 1
signature=$(jq -r 'select(.path == "/ok") | .headers["Waymark-Signature"]' "$work/hooks" | sed -n 1p)
stamp=$(jq -r 'select(.path == "/ok") | .headers["Waymark-Timestamp"]' "$work/hooks" | sed -n 1p)
claim 'a hook is signed over time and body' "$signature" \
    "v1=$(printf '%s.%s' "$stamp" "$(jq -r 'select(.path == "/ok") | .body' "$work/hooks" | sed -n 1p)" |
        openssl dgst -sha256 -hmac only-for-tests-0123456789 | sed 's/.*= //')"

# ---- an answer and alerts of the log ----------------------------------------------

for i in 1 2 3; do
    claim "missing notice $i is accepted" "$(missing "$run-$i" Alpha)" 202
done
claim 'the police read their answers' \
    "$(wait_sql 20 "SELECT count(*) = 3 FROM notifier.told WHERE purpose = 'answer' AND state = 'sent'" && echo yes)" yes
claim 'three episodes tell duty at once' \
    "$(wait_sql 20 "SELECT count(*) = 1 FROM notifier.told WHERE rule = 'D11' AND told = 'duty' AND rung = 0 AND state = 'sent'" && echo yes)" yes
claim 'the leader whose address is gone is followed by the district manager' \
    "$(wait_sql 20 "SELECT count(*) = 1 FROM notifier.told WHERE rule = 'D11' AND rung = 1 AND told = 'district_manager' AND state = 'sent'" && echo yes)" yes
claim 'no name is in any message' \
    "$(cat "$work/mails" "$work/hooks" | grep -ciE 'testchild|alpha')" 0
claim 'an alert carries a link to acknowledge it' \
    "$(jq -r 'select(.text | test("D11")) | .text' "$work/mails" | grep -c '^I have seen it: https://waymark.invalid/ack?k=a&id=' | awk '{ print ($1 > 0) }')" 1

# ---- killed between sending and noting ----------------------------------------------

kill9 notifier
for i in 4 5 6 7 8 9; do missing "$run-$i" Beta >/dev/null; done
for n in 1 2 3; do
    up WAYMARK_CRASH_AT="told:$n" >/dev/null 2>&1 || :
    end=$((SECONDS + 10))
    while proc_pid "$dir/notifier.pid" >/dev/null && [ $SECONDS -lt $end ]; do
        sleep 0.1
    done
    claim "killed at attempt $n" "$(proc_pid "$dir/notifier.pid" || echo dead)" dead
done
up
claim 'after kills between sending and noting every answer is sent' \
    "$(wait_sql 40 "SELECT count(*) = 9 FROM notifier.told WHERE purpose = 'answer' AND state = 'sent'" && echo yes)" yes
claim 'each of them came, some twice, each under one Message-ID' \
    "$(jq -r 'select(.path == "/ok/police") | .headers["Waymark-Message"]' "$work/hooks" | sort -u | wc -l)" 9
wait_sql 20 "SELECT count(*) = 0 FROM notifier.message m JOIN notifier.attempt a USING (shard, message_id)
    WHERE m.state = 'ready' AND a.outcome IS NULL"
again=$(sql "SELECT DISTINCT m.message_id FROM notifier.message m JOIN notifier.attempt a USING (shard, message_id)
    WHERE m.state = 'sent' AND a.outcome IS NULL")
arrivals() # of one message, at either sink
{
    { jq -r '.headers["Waymark-Message"]' "$work/hooks"
        jq -r .text "$work/mails" | sed -n 's/^Message-ID: <\(.*\)@.*/\1/p'; } | grep -c "$1" || :
}
claim 'what was told at each of three kills was told again, under the same Message-ID' \
    "$(for id in $again; do arrivals "$id"; done | awk '{ n += $1 - 1 } END { print (n >= 3) }')" 1

# ---- the dead-man's switch -------------------------------------------------------------

claim 'no D16 while everything is decided' \
    "$(sql "SELECT count(*) FROM notifier.incident WHERE rule = 'D16'")" 0
kill9 triage
missing "$run-10" Gamma >/dev/null
claim 'a missing child without decision reaches duty while triage is dead' \
    "$(wait_sql 20 "SELECT count(*) = 1 FROM notifier.told WHERE rule = 'D16' AND told = 'duty' AND state = 'sent'" && echo yes)" yes
claim 'not before it was due' \
    "$(sql "SELECT bool_and(i.raised_at > m.due_at) FROM notifier.incident i JOIN notifier.missing m
        ON m.notification_id = i.subject_id WHERE i.rule = 'D16'")" t
alerts() { # rule: what waymark alerts has open of it
    build/bin/waymark alerts --open --json |
        jq -r ".[] | select(.rule == \"$1\") | \"\(.authority) \(.subject_kind)\"" | sort -u
}
claim 'it stands among the alerts, beside the tracker'"'"'s' "$(alerts D16)" 'demo-live notification'
claim 'time that stands still on casework is told to duty' \
    "$(wait_sql 20 "SELECT count(*) >= 1 FROM notifier.told t JOIN notifier.incident i ON i.incident_id = t.notice_id
        WHERE t.rule = 'still' AND i.reference = 'casework of triage' AND t.state = 'sent'" && echo yes)" yes
up
claim 'with triage back both are over' \
    "$(wait_sql 30 "SELECT count(*) = 0 FROM notifier.incident WHERE rule IN ('D16', 'still', 'lag') AND cleared_at IS NULL" && echo yes)" yes
claim 'and not among the open alerts' "$(alerts D16)$(alerts still)$(alerts lag)" ''

# ---- what can't be applied, and who has seen what notifier found ------------------------

activity='{"agency_id":"early-help","agency_ref":"nobody-1","activity":"visit","occurred_at":"%s","by":"worker-1","subject":{"case_id":"00000000-0000-8000-8000-000000000001"}}'
# shellcheck disable=SC2059
claim 'a visit to a case that nobody knows is taken in' "$(printf "$activity" "$(date -u +%FT%TZ)" |
    curl -sS -m 20 -o /dev/null -w '%{http_code}' -X POST "$WAYMARK_INTAKE/v1/activities" \
        -H 'Content-Type: application/json' -H "Waymark-Authority: $authority" --data-binary @-)" 202
claim 'who is told of the dead letter reads why it is one' \
    "$(wait_sql 20 "SELECT count(*) = 1 FROM notifier.incident WHERE rule = 'dead-letters' AND reference = '1 new: 1 R22 of triage'" && echo yes)" yes
seen=$(sql "SELECT incident_id FROM notifier.incident WHERE rule = 'dead-letters' LIMIT 1")
ack() { # person: what the verb ends with
    local rc=0
    build/bin/waymark ack "$seen" --by "$1" --agency early-help --authority "$authority" \
        --profiles "$work/profiles" >"$work/said" 2>"$work/why" || rc=$?
    echo "$rc"
}
claim 'an incident is acknowledged by who is told of such, not by a worker' "$(ack mail-ok) $(ack mash-1)" '1 0'
claim 'under his name, by way of the log' \
    "$(wait_sql 20 "SELECT acknowledged_by = 'mash-1' FROM notifier.incident WHERE incident_id = '$seen'" && echo yes)" yes

# ---- "I have seen it" ------------------------------------------------------------------------

# Intake asks who sends from here on.
testbed/services.sh down "$bed"
settings+=(WAYMARK_AUDIENCE=the-door)
up WAYMARK_AUTH=token
set -a
eval "$(testbed/services.sh env "$bed")"
set +a
kill9 notifier
up WAYMARK_ACK_LISTEN=127.0.0.1:0 WAYMARK_ACK_INTAKE="$WAYMARK_INTAKE" \
    WAYMARK_ACK_SIGN_WITH="$work/desk.pem" WAYMARK_ACK_AUDIENCE=the-door
port=$(sed -n 's/.*"event":"ack_up".*"port":"\([0-9]*\)".*/\1/p' "$dir/notifier.log" | tail -n 1)
link=$(jq -r .text "$work/mails" | sed -n 's/^I have seen it: //p' | grep 'k=a' | sed -n 1p)
alert=${link#*id=} alert=${alert%%[!0-9a-f-]*}
door="http://127.0.0.1:$port/ack?${link#*\?}"
click() { curl -s -m 10 -o /dev/null -w '%{http_code}' "$@"; }
claim 'who looks at the link changes nothing' "$(click "$door")" 200
claim 'a link that was changed is not ours' \
    "$(click -X POST "${door/k=a/k=i}")" 403
claim 'nothing is acknowledged by that' \
    "$(sql "SELECT count(*) FROM notifier.alert WHERE acknowledged_at IS NOT NULL")" 0
claim 'the button says that it was seen' "$(click -X POST "$door")" 200
claim 'and the tracker hears it, through intake, and all others' \
    "$(wait_sql 20 "SELECT acknowledged_at IS NOT NULL FROM notifier.alert WHERE alert_id = '$alert'" && echo yes)" yes

# ---- what is old is held, and the checker agrees -----------------------------------------

sql "INSERT INTO notifier.notice (shard, notice_id, rung, purpose, rule, told, made_at, send_at, urgent)
    SELECT shard, gen_random_uuid(), 0, 'test', 'old', 'duty', now() - interval '61 minutes', now() - interval '61 minutes', true FROM notifier.shard"
claim 'what is older than an hour waits for a person, and duty hears that it does' \
    "$(wait_sql 20 "SELECT (SELECT count(*) = 1 FROM notifier.notice WHERE rule = 'old' AND state = 'held')
        AND (SELECT count(*) = 1 FROM notifier.told WHERE rule = 'held' AND state = 'sent')" && echo yes)" yes
claim 'the replay of the log through the cores gives the same' \
    "$(build/bin/waymark reconcile --authority "$authority" 2>/dev/null | tail -n 1)" 'reconcile: 0 differences'
claims_end notifier
