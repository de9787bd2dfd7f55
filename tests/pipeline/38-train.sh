#!/bin/bash
# 38-train.sh: weights learnt from what was told of an authority's own children,
# without saying who is who: a profile takes them, and triage gives nobody's
# message to another child by them. Made-up children.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
waymark=build/bin/waymark
authority=demo-live shard=4 children=5000
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Only triage's tables are needed.
testbed/services.sh up "$WAYMARK_BED" $authority || exit 1
set -a
eval "$(testbed/services.sh env "$WAYMARK_BED")"
set +a
testbed/services.sh down "$WAYMARK_BED"

sql() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
train() { "$waymark" match train --authority $authority --area 330000 2>"$work/said"; }

for file in register messages; do
    build/gcc/tests/linkage/population $file $children 1 >"$work/$file.csv"
done
# Each telling under a child of its own: who is who is nowhere in the table.
{
    cat "$work/register.csv"
    tail -n +2 "$work/messages.csv"
} >"$work/told.csv"
psql -qX -v ON_ERROR_STOP=1 <<SQL
CREATE FUNCTION pg_temp.day(text) RETURNS date LANGUAGE plpgsql AS \$\$
    BEGIN RETURN \$1::date; EXCEPTION WHEN OTHERS THEN RETURN NULL; END \$\$;
CREATE TEMP TABLE told (id text, given text, surname text, dob text, sex text,
    number text, street text, postcode text, phone text, nhs text);
\copy told FROM '$work/told.csv' WITH (FORMAT csv, HEADER)
INSERT INTO triage.child_told (shard, child_id, nth, notification_id, over,
    forename, surname, aliases, dob, dob_estimated, sex, disability, nhs_number,
    postcode, address)
SELECT $shard, md5(id)::uuid, 1, md5('n' || id)::uuid, false, given, surname, '',
    pg_temp.day(dob), false, nullif(sex, ''), '', nullif(nhs, ''),
    nullif(postcode, ''), concat_ws(' ', number, street) FROM told;
SQL
told=$(sql "SELECT count(*) FROM triage.child_told WHERE shard = $shard")
claim 'all that was told is there' "$told" "$(($(wc -l <"$work/told.csv") - 1))"

train >"$work/linkage.json"
claim 'weights are learnt' "$? $(grep -v '^match: ' "$work/said")" '0 '
claim 'from all of it' "$(jq -r '.linkage.source' "$work/linkage.json" | grep -o "what $told messages")" \
    "what $told messages"
train >"$work/again.json"
claim 'and are the same next time' "$(cmp "$work/linkage.json" "$work/again.json" && echo alike)" alike
claim 'nothing was written' "$(sql "SELECT count(*) FROM triage.child_told WHERE shard = $shard")" "$told"
claim 'an equal name, birth or place speaks for one child, another against' \
    "$(jq -r '[.linkage.value.weights | (.given, .surname, .birth) |
        (.equal[0] > .equal[1]), (.different[0] < .different[1])] | all' "$work/linkage.json")" true
jq -s '.[0] * {linkage: {value: .[1].linkage.value, source: .[1].linkage.source}}' \
    profiles/kent-2015.json "$work/linkage.json" >"$work/kent-2015.json"
claim 'the prior is the area' "$(jq .linkage.value.prior "$work/kent-2015.json")" -18332
claim 'a profile takes them' "$("$waymark" profile check "$work/kent-2015.json" >"$work/check" 2>&1; echo $?)" 0
by() # profile: wrongly given; one in twenty missed at most; half given at least
{
    build/gcc/tests/population/triage "$1" calendars/england-and-wales.json \
        "$work/register.csv" "$work/messages.csv" 2>/dev/null |
        tee -a "$work/score" |
        awk '{ wrong += $5; known += $3; same += $4; missed += $6 }
            END { print wrong, (missed * 20 <= known ? "found" : "missed"), (same * 2 >= known ? "most" : "few") }'
}
claim 'triage gives none to another child by them' "$(by "$work/kent-2015.json")" '0 found most'
cat "$work/score"
for wrong in '' '--area 330000' '--authority demo-live' '--authority demo-live --area 1'; do
    # shellcheck disable=SC2086
    "$waymark" match train $wrong >/dev/null 2>&1
    claim "without a file, with \"$wrong\": usage" "$?" 2
done
sql "DELETE FROM triage.child_told"
train >/dev/null
claim 'of nobody nothing is learnt' "$?" 2
claims_end train
