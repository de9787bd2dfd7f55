#!/bin/bash
# 32-keys.sh: another master key. Both are valid while the rows are wrapped
# anew, a go that is killed is gone on with, and once the old one is out of the
# file everything can still be read, by triage and the checker. Without the
# right one nothing is accepted. Then another key tree is begun while intake
# works.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
waymark=build/bin/waymark
authority=demo-live shard=4
work=$(mktemp -d)
trap 'testbed/services.sh down "$WAYMARK_BED"; rm -rf "$work"' EXIT

sql() { psql -qAtX -F ' ' -v ON_ERROR_STOP=1 -c "$1"; }

up()
{
    testbed/services.sh up "$WAYMARK_BED" $authority WAYMARK_CLOCK_TICK_MS=200 || exit 1
    set -a
    eval "$(testbed/services.sh env "$WAYMARK_BED")"
    set +a
}

masters() # line...: what the file holds from here on
{
    chmod 600 "$WAYMARK_SEAL_KEY_FILE"
    printf '%s\n' "$@" >"$WAYMARK_SEAL_KEY_FILE"
    chmod 400 "$WAYMARK_SEAL_KEY_FILE"
}

# Children whom nothing joins, so that each becomes one of its own.
declare -A is=([K1]='Ada Alpha 2008-03-04' [K2]='Ben Bravo 2010-11-21'
    [K3]='Cleo Charlie 2006-07-15' [K4]='Dan Delta 2012-01-30'
    [K5]='Eve Echo 2003-09-09' [K6]='Finn Foxtrot 2014-05-26')

child() # ref [sent_at]: prints the status, keeps the answer
{
    local forename surname dob
    read -r forename surname dob <<<"${is[$1]}"
    printf '{"agency_id":"school-oakfield","agency_ref":"%s","kind":"school_referral","sent_at":"%s","child":{"forename":"Test%s","surname":"%s","dob":"%s"}}' \
        "$1" "${2:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}" "$forename" "$surname" "$dob" |
        curl -sS -m 20 -o "$work/answer" -w '%{http_code}' \
            -H 'Content-Type: application/json' \
            -H "Waymark-Authority: $authority" --data-binary @- \
            "$WAYMARK_INTAKE/v1/notifications"
}

until_true() # seconds what command...
{
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt "$end" ] || { claim "$what" no yes && return 1; }
        sleep 0.05
    done
}

knows() # ref: triage has read whom it is about
{
    local surname
    read -r _ surname _ <<<"${is[$1]}"
    [ "$(sql "SELECT count(*) FROM triage.child WHERE surname = '$surname'")" = 1 ]
}

keys() { "$waymark" keys "$@" --authority $authority 2>&1; }
reconciled() { "$waymark" reconcile --authority $authority 2>/dev/null | tail -n 1 | sed 's/, [0-9]* declared/, some declared/'; }
old_master() { curl -sS "$WAYMARK_INTAKE/metrics" | sed -n "s/^waymark_intake_old_master{.*authority=\"$authority\".*} //p"; }

up
old=$(grep -v '^#' "$WAYMARK_SEAL_KEY_FILE")
new=$(head -c 32 /dev/urandom | base64)
claim 'a child is accepted' "$(child K1)" 202
until_true 30 'triage reads it' knows K1
id=$(jq -r .id "$work/answer")
child K2 >/dev/null
claim 'a key is erased' \
    "$("$waymark" erase "$id" --authority $authority --by 'Officer Alpha' --second 'Officer Bravo' | grep -c erased)" 1
claim 'all is under the one master key' "$(keys show)" \
    "keys: $authority: 1 trees, 420 rows, 1 erased, 0 under an old master key, 0 under one that is not in the file"
claim 'the metric says so' "$(old_master)" 0
testbed/services.sh down "$WAYMARK_BED"

masters "$new" "$old"
up
claim 'with a new one before it all goes on' "$(child K3)" 202
until_true 30 'triage reads it' knows K3
claim 'and it shows what is left to do' "$(keys show) $(old_master)" \
    "keys: $authority: 1 trees, 420 rows, 1 erased, 420 under an old master key, 0 under one that is not in the file 1"
# As a go that was killed leaves it.
sql "CREATE TABLE public.half AS SELECT first, wrapped FROM intake.person_key WHERE shard = $shard AND wrapped IS NOT NULL ORDER BY first LIMIT 200"
claim 'the rows are wrapped anew while intake works' "$(keys rewrap)" \
    "keys: $authority: 420 of 421 rows wrapped anew"
sql "UPDATE intake.person_key k SET wrapped = h.wrapped FROM public.half h WHERE k.shard = $shard AND k.first = h.first; DROP TABLE public.half"
claim 'half old and half new is read, too' "$(child K4)" 202
until_true 30 'triage reads it' knows K4
claim 'another go does what is left' "$(keys rewrap --json)" \
    "{\"authority\":\"$authority\",\"rows\":421,\"rewrapped\":200}"
claim 'and a third nothing' "$(keys rewrap)" \
    "keys: $authority: 0 of 421 rows wrapped anew"
testbed/services.sh down "$WAYMARK_BED"

masters "$new"
up
sent5=$(date -u +%Y-%m-%dT%H:%M:%SZ)
claim 'without the old one all goes on' "$(child K5 "$sent5")" 202
id5=$(jq -r .id "$work/answer")
until_true 30 'triage reads it' knows K5
claim 'the metric is level' "$(old_master)" 0
claim 'the checker opens everything' "$(reconciled)" \
    'reconcile: 0 differences, some declared'

claim 'another tree is begun while intake works' \
    "$(keys renew | cut -d: -f 3)" ' tree 2 is begun'
claim 'new records are sealed by it' "$(child K6)" 202
until_true 30 'triage reads it' knows K6
claim 'and only these' \
    "$(sql "SELECT left(key_id::text, 4), string_agg(agency_ref, ' ' ORDER BY agency_ref) FROM intake.receipt WHERE shard = $shard GROUP BY 1 ORDER BY 1")" \
    "$(printf '0001 K1 K2 K3 K4 K5\n0002 K6')"
claim 'a repeat of what the first sealed is known' \
    "$(child K5 "$sent5") $(jq -r .id "$work/answer")" "202 $id5"
claim 'and one that says something else, too' "$(child K5 "${sent5%Z}.5Z")" 422
claim 'the checker opens both' "$(reconciled)" \
    'reconcile: 0 differences, some declared'
testbed/services.sh down "$WAYMARK_BED"

masters "$old"
claim 'a file that lacks the master key is found out' \
    "$(keys show) exit $?" \
    "keys: $authority: 2 trees, 421 rows, 1 erased, 0 under an old master key, 421 under one that is not in the file exit 1"
claim 'nothing is wrapped anew with it' "$(keys rewrap | grep -c 'not in the file')" 1
claims_end keys
