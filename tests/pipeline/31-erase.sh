#!/bin/bash
# 31-erase.sh: what two people erased is gone. Canary names of an erased
# notification are in no topic's file, table, outbox, dead letter or log,
# searched byte by byte; what others said, of that child too, is still there,
# nothing that was counted has changed, and the checker declares what it can no
# longer repeat. Says what the write-ahead log still holds.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
waymark=build/bin/waymark
bed=var/bed/$WAYMARK_BED
authority=demo-live shard=4
work=$(mktemp -d)

testbed/services.sh up "$WAYMARK_BED" $authority WAYMARK_CLOCK_TICK_MS=200 || exit 1
trap 'testbed/services.sh down "$WAYMARK_BED"; rm -rf "$work"' EXIT
set -a
eval "$(testbed/services.sh env "$WAYMARK_BED")"
set +a

sql() { psql -qAtX -F ' ' -v ON_ERROR_STOP=1 -c "$1"; }

post() # path; body on standard input: the id that it got
{
    curl -sS -m 20 -H 'Content-Type: application/json' \
        -H "Waymark-Authority: $authority" --data-binary @- "$WAYMARK_INTAKE$1" |
        jq -r '.id // .'
}

child() # ref kind forename surname dob [members]
{
    printf '{"agency_id":"%s","agency_ref":"%s","kind":"%s","sent_at":"%s","child":{"forename":"%s","surname":"%s","dob":"%s"%s}}' \
        "$(case $2 in school*) echo school-oakfield ;; *) echo social-care ;; esac)" \
        "$1" "$2" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$3" "$4" "$5" "${6:-}" |
        post /v1/notifications
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

given() # service topic
{
    sql "SELECT coalesce(max(sequence), 0) FROM $1.out_seq WHERE shard = $shard AND topic = '$2'"
}

# All that intake has said until now was heard and said on by all.
heard_of() # instant
{
    [ "$(sql "SELECT count(*) >= 6 AND bool_and(heard >= '$1') FROM metrics.in_mark WHERE shard = $shard")" = t ]
}
settle()
{
    local now
    now=$(sql 'SELECT clock_timestamp()')
    until_true 30 'all are level' heard_of "$now"
}

# What was decided, opened, raised and counted: no erasure changes it.
counted()
{
    sql "SELECT notification_id, child_id, outcome, status, rule_id, age_band FROM triage.decision WHERE shard = $shard ORDER BY 1"
    sql "SELECT * FROM tracker.cases WHERE shard = $shard ORDER BY case_id"
    sql "SELECT * FROM metrics.kpi_cell WHERE shard = $shard ORDER BY kpi, month, numerator, denominator" |
        sort
    sql "SELECT count(*) FROM metrics.fact_notification WHERE shard = $shard"
}

checked() # the last line of reconcile, and its exit code
{
    local code=0
    "$waymark" reconcile --authority $authority >"$work/reconcile" 2>&1 || code=$?
    echo "$(tail -n 1 "$work/reconcile") exit $code"
}

canaries='Zebracanary|Quokkacanary|Ocelotcanary|9434765919|zebracanary|quokkacanary|ocelotcanary|Tapircanary|tapircanary'

one=$(child E-1 school_referral Zebracanary Quokkacanary 2008-03-04 \
    ',"nhs_number":"9434765919","postcode":"CT1 1AA","address":"7 Ocelotcanary Lane"')
other=$(child E-2 school_referral Testchild Bravo 2009-05-06)
child E-3 school_referral Testchild Charlie 2010-07-08 \
    ',"postcode":"CT1 1AA","address":"8 Bravo Lane"' >/dev/null
two=$(child E-4 school_referral Testchild Charlie 2010-07-08 \
    ',"postcode":"CT2 2BB","address":"9 Tapircanary Lane","aliases":["Tapircanary"]')
settle
claim 'triage knows the names before' \
    "$(sql "SELECT forename || ' ' || surname FROM triage.child WHERE shard = $shard AND surname = 'Quokkacanary'")" \
    'Zebracanary Quokkacanary'
claim 'and found a child by what two told of it' \
    "$(sql "SELECT told_by FROM triage.child WHERE surname = 'Charlie'")" 2
claim 'and it lives where the later of them said' \
    "$(sql "SELECT address, aliases FROM triage.child WHERE surname = 'Charlie'")" \
    '9 Tapircanary Lane Tapircanary'
claim 'the checker finds all as it is' "$(checked)" 'reconcile: 0 differences exit 0'
counted >"$work/before"

# How many rows of the key table, a line of hex each in a file, stand in files
# of the topics, of the database (its write-ahead log apart) or in a log.
data=$(sql 'SHOW data_directory')
in_files()
{
    python3 - "$1" "$bed/kafka" "$bed/services" "$bed/pg.log" "$data" <<'EOF'
import os, re, sys
rows = {bytes.fromhex(line) for line in open(sys.argv[1])}
found = set()
# Rows begin alike (version, master key), and are looked up where one begins.
begins = re.compile(b'|'.join(re.escape(row) for row in {row[:9] for row in rows}))
sizes = {len(row) for row in rows}
for top in sys.argv[2:]:
    names = [top] if os.path.isfile(top) else [
        os.path.join(folder, name) for folder, _, files in os.walk(top)
        for name in files if '/pg_wal' not in folder]
    for name in names:
        if os.path.isfile(name):
            with open(name, 'rb') as file:
                text = file.read()
            for at in (match.start() for match in begins.finditer(text)):
                found |= {text[at:at + n] for n in sizes} & rows
print(len(found))
EOF
}
key_rows() { sql "SELECT encode(wrapped, 'hex') FROM intake.person_key WHERE shard = $shard AND wrapped IS NOT NULL ORDER BY first"; }
sql CHECKPOINT
key_rows >"$work/keys-before"
claim 'what all keys follow from is one row, and stands in the files' \
    "$(wc -l <"$work/keys-before") $(in_files "$work/keys-before")" '1 1'

erase() { "$waymark" erase --authority $authority "$@" 2>&1; }
claim 'one person alone erases nothing' \
    "$(erase "$one" --by 'Officer Alpha' >/dev/null; echo $?) $(erase "$one" --by 'Officer Alpha' --second 'officer alpha ' | grep -o R18)" '2 R18'
claim 'what nobody sent is not erased' \
    "$(erase 00000000-0000-8000-8000-000000000000 --by a --second b | grep -o 'says 404')" 'says 404'
answer=$(erase "$one" --by 'Officer Alpha' --second 'Officer Bravo')
# shellcheck disable=SC2001
claim 'two people erase' "$(sed 's/erased .* by/erased by/' <<<"$answer")" \
    "$one: erased by Officer Alpha and Officer Bravo"
claim 'again it is answered the same, whoever asks' \
    "$(erase "$one" --by 'Officer Delta' --second 'Officer Echo')" "$answer"
claim 'and so does another go' \
    "$(erase "$two" --by 'Officer Alpha' --second 'Officer Bravo' | grep -c "^$two: erased")" 1
erased() { [ "$(sql "SELECT count(*) FROM triage.child WHERE surname = 'Quokkacanary'")" = 0 ]; }
until_true 20 'triage erases' erased
settle

claim 'the child keeps its id and no more' \
    "$(sql "SELECT forename IS NULL, dob IS NULL, sex IS NULL, told_by FROM triage.child c JOIN triage.decision d USING (shard, child_id) WHERE d.notification_id = '$one'")" \
    't t t 0'
claim 'no number of it is left' \
    "$(sql "SELECT count(*) FROM triage.child_identifier WHERE shard = $shard")" 0
claim 'casework heard that a child was erased, once' \
    "$(sql "SELECT count(*) FROM triage.child WHERE told_by = 0")" 1
claim 'a child of whom others told keeps what they told, and no more' \
    "$(sql "SELECT told_by, surname, address, postcode, aliases FROM triage.child WHERE surname = 'Charlie'")" \
    '1 Charlie 8 Bravo Lane CT1 1AA '
claim 'the others are still there' \
    "$(sql "SELECT surname FROM triage.child WHERE surname = 'Bravo'")" Bravo
claim 'two keys were erased' \
    "$(sql "SELECT string_agg(erased_by, ', '), count(*) FROM intake.person_key_erased WHERE shard = $shard")" \
    'Officer Alpha, Officer Alpha 2'
key_rows >"$work/keys-after"
counted >"$work/after"
claim 'nothing that was counted has changed' "$(diff "$work/before" "$work/after" | head -n 5)" ''

claim 'the checker finds no difference' \
    "$(checked | sed 's/, [0-9]* declared/, some declared/')" \
    'reconcile: 0 differences, some declared exit 0'
claim 'and declares nothing but what follows from an erasure' \
    "$(grep -c declared: "$work/reconcile") $(grep declared: "$work/reconcile" | grep -cvE 'erased|declared: table (child|child_block|child_identifier|child_told|decision|standing|child_link|match_review|episode) ')" \
    "$(grep -c declared: "$work/reconcile") 0"
grep -v " differences 0$" "$work/reconcile"

# A decision that was tampered with is still found.
sql "UPDATE triage.decision SET outcome = 'eh_intensive' WHERE notification_id = '$other'"
claim 'what is wrong elsewhere is still found' "$(checked | grep -o 'exit .')" 'exit 1'
sql "UPDATE triage.decision d SET outcome = s.outcome FROM triage.standing s WHERE s.shard = d.shard AND s.notification_id = d.notification_id AND d.notification_id = '$other'"

# Every new message of the child goes on: it has a name again where one is told.
testbed/services.sh down "$WAYMARK_BED"
sql 'VACUUM (FULL, ANALYZE) triage.child; '
sql 'VACUUM (FULL, ANALYZE) triage.child_identifier'
sql 'VACUUM (FULL, ANALYZE) triage.child_told'
sql 'VACUUM (FULL, ANALYZE) intake.person_key'
sql 'VACUUM (FULL) pg_catalog.pg_statistic'
sql 'CHECKPOINT'

found() # folder...: files in which a canary stands
{
    grep -rlaE "$canaries" "$@" 2>/dev/null
}
claim 'no canary is in a file of the topics' "$(found "$bed/kafka")" ''
claim 'nor in one of the database, its write-ahead log apart' \
    "$(found "$data" | grep -v /pg_wal/)" ''
claim 'nor is what the erased keys followed from' \
    "$(in_files "$work/keys-before")" 0
claim 'but what all others follow from is' \
    "$(in_files "$work/keys-after")" "$(wc -l <"$work/keys-after")"
claim 'no canary is in a log' "$(found "$bed/services" "$bed/pg.log")" ''
claim 'but the names of others are where triage has them' \
    "$(grep -rlaE 'Bravo' "$data/base" | grep -c . | awk '{ print ($1 > 0) }')" 1
echo "pg_wal holds canaries in $(found "$data/pg_wal" | grep -c .) of $(find "$data/pg_wal" -type f | wc -l) files, until they are overwritten"
claims_end erase
