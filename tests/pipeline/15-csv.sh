#!/bin/bash
# 15-csv.sh: spreadsheets through every door, against a real Kafka and
# PostgreSQL: the same file sent again, renamed, overlapping or cut by kill -9
# makes one event a row, and its results say so. WAYMARK_BED names the bed.
set -uo pipefail

cd "$(dirname "$0")/../.." || exit 1
bed=${WAYMARK_BED:-csv}
program=${WAYMARK_INTAKE:-build/bin/waymark-intake}
waymark=${WAYMARK_CLI:-build/bin/waymark}
testbed/bed.sh up --durable "$bed" >&2 || exit 3
set -a
eval "$(testbed/bed.sh env "$bed")"
set +a
first=${WAYMARK_KAFKA%%,*}
port=$((16000 + ${first##*:} / 10 + 4))
url=http://127.0.0.1:$port
work=$(mktemp -d)
run=C$(date +%s)
passed=0 failed=0 pid=

export WAYMARK_INTAKE_HASH_KEY=only-for-tests-0123456789 WAYMARK_AUTH=open
export WAYMARK_AUTHORITIES=demo-live WAYMARK_INSTANCE=test
export WAYMARK_LISTEN=127.0.0.1:$port WAYMARK_CLOCK_TICK_MS=1000
export WAYMARK_DROP_FOLDER=$work/drop WAYMARK_DROP_AUTHORITY=demo-live
export WAYMARK_DROP_POLL_MS=20 PGOPTIONS='-c search_path=intake'
folder=$work/drop/school-oakfield
done=$folder/done
mkdir -p "$folder"

finish()
{
    [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT

check() # sentence, expected, found
{
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "ok    $1"
    else
        failed=$((failed + 1))
        echo "FAIL  $1: want \"$2\", found \"$3\""
    fi
}

wait_for() # seconds, command...
{
    local left=$(($1 * 50))
    shift
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ $left -gt 0 ] || return 1
        sleep 0.02
    done
}

start()
{
    "$program" 2>>"$work/log" &
    pid=$!
    wait_for 20 curl -sf "$url/readyz" || {
        cat "$work/log" >&2
        exit 1
    }
}

sql() { psql -qAtc "$1"; }
events() { sql "SELECT count(*) FROM receipt WHERE agency_ref LIKE '$run-$1%'"; }
totals() { tail -n 1 "$done/$1.result.ndjson" | jq -r '[.read, .accepted, .repeated, .rejected] | @tsv'; }
tabs() { printf '%s\t%s\t%s\t%s' "$@"; }

drop() # file, name in the folder
{
    cp "$1" "$folder/.tmp" && mv "$folder/.tmp" "$folder/$2"
}

# As Excel saves it in this country: semicolons, Windows-1252, its own dates.
sheet() # tag, from, to
{
    printf 'child.dob;agency_ref;sent_at;concern;child.surname;needs;child.forename\r\n'
    local i
    for i in $(seq "$2" "$3"); do
        printf '01/03/2006;%s-%s%s;26/06/2015 11:20;"First line;\r\nsecond ""line"", caf\351";Alpha;c_attendance|c_health;Testchild\r\n' \
            "$run" "$1" "$i"
    done
}

# ---- cut by kill -9, and resumed ---------------------------------------------

{
    sheet a 1 1200
    printf '31/02/2006;%s-a1201;26/06/2015 11:20;;Alpha;;Testchild\r\n' "$run"
    printf '01/03/2006;%s-a1202;26/06/2015 11:20\r\n' "$run"
    printf '01/03/2006;%s-a1203;26/06/2015 11:20;;Alpha;;"Testchild" junior\r\n' "$run"
    printf '01/03/2006;%s-a1204;26/06/2015 11:20;;Alpha;;Testchild\r\n' "$run"
} >"$work/week.csv"
drop "$work/week.csv" school_referral-week.csv
WAYMARK_CRASH_AT=accepted:2 "$program" 2>>"$work/log" &
pid=$!
wait "$pid" 2>/dev/null
check 'it died in the middle of the file' 137 $?
check 'the file still waits' yes \
    "$([ -f "$folder/school_referral-week.csv" ] && echo yes)"
check 'two groups of it are true' 1000 "$(events a)"
start
wait_for 20 test -f "$done/school_referral-week.csv"
check 'resumed, every good row is there once' 1201 "$(events a)"
check 'the totals add up: only the group at the crash was read twice' \
    "$(tabs 1204 701 500 3)" "$(totals school_referral-week)"
result=$done/school_referral-week.result.ndjson
check 'every row has one result, by the number that a spreadsheet shows' \
    "$(seq 2 1205 | md5sum)" "$(jq 'select(.row) | .row' "$result" | md5sum)"
check 'what is wrong is told by column' \
    '1202 R12 child.dob;1203 C04 ;1204 C05 ' \
    "$(jq -r 'select(.errors) | "\(.row) \(.errors[0].code) \(.errors[0].column)"' "$result" | paste -sd ';')"
check 'no value of the sheet is repeated' 0 "$(grep -c 31/02 "$result")"

# ---- the refused rows, mended -------------------------------------------------

rejected=$done/school_referral-week.rejected.csv
check 'refused rows come with their reasons in front' \
    "error_code;error_field;error_detail;child.dob;agency_ref;sent_at;concern;child.surname;needs;child.forename" \
    "$(head -n 1 "$rejected" | tr -d '\r')"
check 'and else as they came' \
    "$(tail -n 4 "$work/week.csv" | head -n 3)" \
    "$(tail -n 3 "$rejected" | sed -E 's/^[^;]*;[^;"]*;("[^"]*"|[^;"]*);//')"
sed -e 's|31/02/2006|28/02/2006|' -e 's|"Testchild" junior|Testchild|' \
    -e "/-a1202;/s|11:20|11:20;;Alpha;;Testchild|" "$rejected" >"$work/mended.csv"
drop "$work/mended.csv" school_referral-mended.csv
wait_for 20 test -f "$done/school_referral-mended.csv"
check 'mended and sent as it is, all of them are accepted' \
    "$(tabs 3 3 0 0)" "$(totals school_referral-mended)"
check 'and nothing is left to mend' no \
    "$([ -e "$done/school_referral-mended.rejected.csv" ] && echo yes || echo no)"

# ---- sent again ----------------------------------------------------------------

drop "$work/week.csv" school_referral-week.csv
wait_for 20 test -f "$done/school_referral-week.2.csv"
check 'sent twice: repeats only' "$(tabs 1204 0 1201 3)" \
    "$(totals school_referral-week.2)"
drop "$work/week.csv" school_referral-renamed.CSV
wait_for 20 test -f "$done/school_referral-renamed.CSV"
check 'renamed: repeats only' "$(tabs 1204 0 1201 3)" \
    "$(totals school_referral-renamed)"
sheet a 1150 1200 >"$work/overlap.csv"
sheet b 1 50 | tail -n +2 >>"$work/overlap.csv"
drop "$work/overlap.csv" school_referral-overlap.csv
wait_for 20 test -f "$done/school_referral-overlap.csv"
check 'overlapping: what is new is accepted' "$(tabs 101 50 51 0)" \
    "$(totals school_referral-overlap)"
printf '{"agency_id":"school-oakfield","agency_ref":"%s-b1","kind":"school_referral","sent_at":"2015-06-26T11:20:00","concern":"First line;\\r\\nsecond \\"line\\", caf\u00e9","needs":["c_attendance","c_health"],"child":{"forename":"Testchild","surname":"Alpha","dob":"2006-03-01"}}' \
    "$run" >"$work/same.json"
check 'the same as JSON is a repeat too' true \
    "$(curl -s -H 'Content-Type: application/json' --data-binary "@$work/same.json" \
        "$url/v1/notifications" | jq .repeated)"

# ---- a real kill -9, wherever it hits -------------------------------------------

sheet k 1 6000 >"$work/kill.csv"
drop "$work/kill.csv" school_referral-kill.csv
wait_for 20 test -f "$done/.school_referral-kill.csv.state"
kill -9 "$pid"
wait "$pid" 2>/dev/null
check 'kill -9 hit while the file was read' yes \
    "$([ "$(events k)" -lt 6000 ] && echo yes || echo no)"
start
wait_for 30 test -f "$done/school_referral-kill.csv"
check 'resumed, each row is one event' 6000 "$(events k)"
check 'and has one result' '6000 6000' \
    "$(jq 'select(.row) | .row' "$done/school_referral-kill.result.ndjson" | wc -l) $(jq 'select(.row) | .row' "$done/school_referral-kill.result.ndjson" | sort -u | wc -l)"
check 'at most one group was read twice' yes \
    "$([ "$(totals school_referral-kill | cut -f 3)" -le 500 ] && echo yes)"
check 'nothing is left behind' 0 "$(find "$done" -name '.*' -type f | wc -l)"

# ---- sheets that are refused as a whole -------------------------------------------

sheet z 1 5 | sed '1s/concern/Concerns of Testchild/;1s/needs/colour/' >"$work/wrong.csv"
drop "$work/wrong.csv" school_referral-wrong.csv
wait_for 20 test -f "$done/school_referral-wrong.csv"
check 'unknown columns refuse the sheet, and no name is repeated' \
    'C01  column 4 is not known here;C01 colour column 6 is not known here' \
    "$(head -n 1 "$done/school_referral-wrong.result.ndjson" | jq -r '.errors[] | "\(.code) \(.column) \(.detail)"' | paste -sd ';')"
check 'none of its rows was taken' "$(tabs 0 0 0 0) 0" \
    "$(totals school_referral-wrong) $(events z)"

# ---- waymark send -------------------------------------------------------------------

export WAYMARK_INTAKE=$url
{
    sheet s 1 3000
    printf '01/03/2099;%s-s3001;26/06/2015 11:20;;Alpha;;Testchild\r\n' "$run"
} >"$work/school_referral.csv"
send() { "$waymark" send --agency school-oakfield --results "$work/results" --rejected "$work/rejected.csv" "$work/school_referral.csv" 2>"$work/said"; }
send &
sender=$!
wait_for 20 sh -c "[ \$(wc -l <'$work/results') -ge 500 ]"
kill -9 "$(pgrep -P $sender)" 2>/dev/null
wait $sender 2>/dev/null
send
check 'it ends with 1 where a row was refused' 1 $?
check 'after an interruption every row is one event' 3000 "$(events s)"
check 'what the results had as accepted was not sent again' yes \
    "$(sed -n 's/.* \([0-9]*\) known before/\1/p' "$work/said" | awk '{print ($1 >= 500 ? "yes" : "no")}')"
check 'the refused row is ready to be mended' "R12 child.dob $run-s3001" \
    "$(tail -n 1 "$work/rejected.csv" | awk -F , '{ print $1, $2, $(NF - 5) }')"
sed 's|2099|2006|' "$work/rejected.csv" >"$work/mended.csv"
"$waymark" send --agency school-oakfield --kind school_referral \
    "$work/mended.csv" >"$work/out" 2>/dev/null
check 'and mended it is accepted' '0 202' "$? $(jq .status "$work/out")"
"$waymark" send --agency school-oakfield --kind school_referral \
    "$work/wrong.csv" >"$work/out" 2>"$work/said"
check 'a sheet with wrong headings says what is wrong' \
    '2 C01 column 4 is not known here; C01 colour: column 6 is not known here' \
    "$? $(sed -n 's/.*wrong.csv: //p' "$work/said")"

# ---- templates -------------------------------------------------------------------------

"$waymark" template school_referral >"$work/template.csv"
awk -F , -v OFS=, -v run="$run" 'NR == 1 { for (i = 1; i <= NF; i++) { gsub(/\r/, "", $i); v = "";
    if ($i == "agency_ref") v = run "-t1"; if ($i == "sent_at") v = "26/06/2015 11:20";
    if ($i == "kind") v = "school_referral"; if ($i == "child.surname") v = "Alpha";
    if ($i == "child.age_years") v = 9; row = row (i > 1 ? "," : "") v } }
    { print } END { print row }' "$work/template.csv" >"$work/filled.csv"
"$waymark" send --agency school-oakfield "$work/filled.csv" >"$work/out" 2>/dev/null
check 'a template with a row below its explanations is accepted' '3 202' \
    "$(jq -r '"\(.row) \(.status)"' "$work/out")"
check 'every kind has one' 16 "$(
    "$waymark" template x 2>&1 | sed 's/.*one of //' | tr ' ' '\n' |
        while read -r kind; do "$waymark" template "$kind" | wc -l; done | grep -c '^2$'
)"

# ---- over HTTP, and packed ------------------------------------------------------------------

http() # file, type, query, [coding]: status, then codes or receipts
{
    curl -s -o "$work/body" -w '%{http_code}' --max-time 30 -H "Content-Type: $2" \
        ${4:+-H "Content-Encoding: $4"} --data-binary "@$1" "$url/v1/notifications$3"
    jq -r 'if type == "array" then [.[].status] | @csv else (.code // "") end' "$work/body" | sed 's/^/ /'
}
sheet h 1 3 >"$work/small.csv"
check 'a sheet can be posted' '207 202,202,202' \
    "$(http "$work/small.csv" 'text/csv; header=present' '?kind=school_referral&agency=school-oakfield')"
check 'rows have the numbers of a spreadsheet' '[2,3,4]' "$(jq -c '[.[].row]' "$work/body")"
check 'without a kind it is refused' '400 unreadable' \
    "$(http "$work/small.csv" text/csv '?agency=school-oakfield')"
check 'and says which column is missing' 'C03 kind' \
    "$(jq -r '.errors[0] | "\(.code) \(.column)"' "$work/body")"
check 'a kind of something else is refused' '400 kind' \
    "$(http "$work/small.csv" text/csv '?kind=visit')"
jq -c . "$work/same.json" >"$work/lines.ndjson"
gzip -kf "$work/lines.ndjson" "$work/small.csv" "$work/same.json"
check 'packed NDJSON is read' '207 202' \
    "$(http "$work/lines.ndjson.gz" application/x-ndjson '' gzip)"
check 'a packed sheet too' '207 202,202,202' \
    "$(http "$work/small.csv.gz" text/csv '?kind=school_referral&agency=school-oakfield' gzip)"
check 'a packed object too' '202 ' "$(http "$work/same.json.gz" application/json '' gzip)"
head -c 200000000 /dev/zero | gzip -9 >"$work/bomb.gz"
check 'a bomb is refused' '413 R04' \
    "$(http "$work/bomb.gz" application/x-ndjson '' gzip)"
head -c -4 "$work/bomb.gz" >"$work/liar.gz"
printf '\1\0\0\0' >>"$work/liar.gz"
check 'one that lies about its size too' '400 gzip' \
    "$(http "$work/liar.gz" application/x-ndjson '' gzip)"
check 'what is not packed is not believed' '400 gzip' \
    "$(http "$work/lines.ndjson" application/x-ndjson '' gzip)"
check 'another coding is 415' '415 content_encoding' \
    "$(http "$work/lines.ndjson" application/x-ndjson '' br)"

# ---- the log -----------------------------------------------------------------------------------

kill "$pid"
wait "$pid"
check 'SIGTERM ends with 0' 0 $?
pid=
check 'no content is in the log' 0 "$(grep -ciE 'testchild|alpha|caf' "$work/log")"

echo "15-csv: $passed passed, $failed failed"
[ $failed -eq 0 ] || tail -n 20 "$work/log" >&2
[ $failed -eq 0 ]
