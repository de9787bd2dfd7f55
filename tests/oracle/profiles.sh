#!/bin/bash
# Profiles through the binaries: the four check clean and print as tables, each
# planted fault is refused with file, code and rule, and intake doesn't start.
set -u
waymark=${1:-build/bin/waymark}
intake=${2:-build/bin/waymark-intake}
passed=0 failed=0
folder=$(mktemp -d)
seal_key=$(mktemp)
trap 'rm -rf "$folder" "$seal_key"' EXIT
head -c 32 /dev/urandom | base64 >"$seal_key"

verdict() # what, condition's exit code, output
{
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s\n%s\n' "FAILED: $1" "$3"
    fi
}

for name in eis-2012 rutland-2014 kent-2015 wolverhampton-2018; do
    out=$("$waymark" profile check "profiles/$name.json")
    verdict "$name is sound" $? "$out"
    grep -q "^profiles/$name.json: sound: .* every rule can decide, none overlap" <<<"$out"
    verdict "$name is told to be sound" $? "$out"
    # Every rule of the file is in the table.
    ids=$(grep -o '"id": "[A-Z]\+[0-9]\+"' "profiles/$name.json" | cut -d'"' -f4 | sort)
    shown=$("$waymark" profile show "profiles/$name.json" |
        awk '$1 ~ /^[0-9]+$/ { print $2 }' | sort)
    [ "$ids" = "$shown" ]
    verdict "$name shows every rule" $? "$ids / $shown"
done

intake_check() # folder of profiles
{
    env -i PATH="$PATH" WAYMARK_SEAL_KEY_FILE="$seal_key" "$intake" --check --kafka 127.0.0.1:1 --authorities kent-2015 --auth open \
        --intake-hash-key 0123456789abcdef0123456789abcdef --profiles "$1" 2>&1
}

plant() # code, rule (- for none), from, to
{
    local out rc file=$folder/kent-2015.json
    rm -rf "$folder"
    cp -r profiles "$folder"
    FROM=$3 TO=$4 awk '
        BEGIN { RS = "\001"; from = ENVIRON["FROM"]; to = ENVIRON["TO"] }
        { i = index($0, from); if (i == 0) exit 9
          printf "%s%s%s", substr($0, 1, i - 1), to, substr($0, i + length(from)) }' \
        profiles/kent-2015.json >"$file" || { verdict "to find $3" 1 ''; return; }
    out=$("$waymark" profile check "$file")
    rc=$?
    [ $rc -eq 1 ] && grep -q "^$file: $1: $([ "$2" = - ] || echo "rule $2: ")" <<<"$out"
    verdict "$1 $2 is refused by profile check" $? "exit $rc: $out"
    "$waymark" profile check --json "$file" | grep -q "{\"code\":\"$1\",\"rule\":$([ "$2" = - ] && echo null || echo "\"$2\""),\"place\":\"/"
    verdict "$1 $2 is told as JSON" $? ''
    out=$(intake_check "$folder")
    rc=$?
    [ $rc -ne 0 ] && grep -q "$file: /.*$([ "$2" = - ] || echo "rule $2: ")" <<<"$out"
    verdict "intake doesn't start with $1 $2" $? "exit $rc: $out"
}

out=$(intake_check profiles)
verdict 'intake takes the profiles as they are' $? "$out"

need='{"var": "need_count"}'
level='{"var": "level"}'
plant profile-dead KE08 "{\">=\": [$need, 3]}" "{\">=\": [$need, 1]}"
plant profile-dead KE05 "{\"==\": [$level, 3]}" "{\"and\": [{\"==\": [$level, 3]}, {\"==\": [$level, 2]}]}"
plant profile-dead KE07 "{\"==\": [$level, 2]}" "{\"<=\": [$level, 2]}"
plant profile-dead C02 "{\"==\": [{\"var\": \"immediate_danger\"}, true]}" 'true'
plant profile-overlap KE08 "{\">=\": [$need, 1]}" "{\"and\": [{\">=\": [$need, 1]}, {\"<=\": [$need, 3]}]}"
plant profile-overlap A02 '"police_missing_found"]}]}' '"police_encompass"]}]}'
plant profile-limit KE07 "{\">=\": [$need, 3]}" "{\">=\": [$need, 25]}"
plant profile-limit KE04 "[$level, 4]" "[$level, 5]"
plant profile-limit - '"red": 4' '"red": 72'
plant profile-limit - '"review_probability": 0.5' '"review_probability": 0.999'
plant profile-rule C02 '{"var": "harm"}' '{"var": "harmful"}'
plant profile-rule KE07 "{\">=\": [$need, 3]}" "{\"=>\": [$need, 3]}"
plant profile-field KE03 '"service_type": "missing' '"service": "missing'
plant profile-field - '"D02_no_activity_days"' '"D02_no_activity"'
plant profile-source KE99 ', "source": "kent-2015-cabinet-committee.txt 3.3"}
    ]' '}
    ]'
plant profile-source KE05 '"source": "kent-2015-cabinet-committee.txt 3.8"},
      {"id": "KE06"' '"source": ""},
      {"id": "KE06"'
plant profile-missing - '{"length": 45, "unit"' '{"unit"'
plant profile-twin KE02 '"id": "KE05"' '"id": "KE02"'
plant profile-value C01 '"outcome": "strategy_discussion"' '"outcome": "strategy"'
plant profile-ref - '"CT1": "canterbury"' '"CT1": "cantabury"'
plant profile-example KE02 '"rule": "KE01", "outcome"' '"rule": "KE02", "outcome"'
plant profile-text - '"examples": [' '"examples": '
echo "profiles: $passed passed, $failed failed (four profiles, 22 planted faults, waymark and intake)"
[ $failed -eq 0 ]
