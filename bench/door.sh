# shellcheck shell=bash
# The phase "door" of run.sh: intake alone, with a database and a broker of its
# own on the same machine, every message durable before its 202.
#
#   DOOR_S=20       seconds of each run; RUNS of them
#   DOOR_ROWS=100000  rows of the CSV file in the drop folder
#
# "accepted": 64 keep-alive connections, 600-byte notifications, each connection
# sends when it has its answer; "signed": the same, each with a token of its own.
# "at_200": 200 a second at even distances, after a checkpoint: what a flood
# leaves to be written would be measured else. What a flood leaves to publish is
# gone within a second. The tail is mostly the disk's: of statements above 15 ms
# nearly all were COMMIT, more of them in the seconds behind a checkpoint, when
# whole pages go into the WAL. So "disk_at_200" says, before and behind these runs,
# what 200 durable pages a second took without a door. "burst": missing children,
# 20 a second, while others send ten times as much (2,000 a second), and while
# 400 connections send without a pause. "csv": until the file stands in done/.
# shellcheck disable=SC2154

DOOR_S=${DOOR_S:-20} DOOR_ROWS=${DOOR_ROWS:-100000}

start_door() # KEY=VALUE...
{
    (
        export PGUSER=waymark_intake WAYMARK_AUTHORITIES=bench-1 WAYMARK_INSTANCE=intake-1
        export WAYMARK_LISTEN=127.0.0.1:0 WAYMARK_PROFILES=profiles WAYMARK_AUTH=open
        export WAYMARK_INTAKE_HASH_KEY=only-for-measuring-0123456789
        for pair in "$@"; do export "${pair?}"; done
        setsid build/gcc/bin/waymark-intake >"$work/intake.log" 2>&1 </dev/null &
        echo $! >"$work/intake.pid"
    )
    until_ready intake
    door_port=$(sed -n 's/.*"event":"service_up".*"listen":"[^"]*:\([0-9]*\)".*/\1/p' "$work/intake.log" | tail -n 1)
}

load_door() # kind connections seconds rate [key]: one JSON object
{
    build/gcc/bench/door_load "$door_port" bench-1 "$1" "$2" "$3" "$4" 600 ${5:+"$5" door}
}

runs_of() # what kind connections rate [key]
{
    local run all=''
    for run in $(seq "$RUNS"); do
        say "door: $1, run $run"
        all+=$(load_door "$2" "$3" "$DOOR_S" "$4" "${5-}"),
    done
    echo "[${all%,}]"
}

disk_at_200() # one JSON object
{
    build/gcc/bench/disk "$(sql 'SHOW data_directory')/only-for-measuring" 5 200
}

# Missing children while others send at a rate, 0: as fast as they can.
burst() # connections rate
{
    local missing others
    load_door school_referral "$1" "$DOOR_S" "$2" >"$work/others.json" &
    others=$!
    sleep 1
    missing=$(load_door police_missing_reported 8 $((DOOR_S - 2)) 20)
    wait $others
    echo "{\"missing\":$missing,\"others\":$(cat "$work/others.json")}"
}

csv() # file
{
    local begun took pid folder=$work/drop/school-oakfield
    seq "$DOOR_ROWS" | awk -v at="$(date -u +%FT%TZ)" '
        BEGIN { print "agency_ref,kind,sent_at,child.forename,child.surname,child.dob,child.postcode,concern" }
        { printf "CSV-%d,school_referral,%s,Testchild,Number%d,2012-03-%02d,CT1 1AA,\"away, again\"\n", $1, at, $1, 1 + $1 % 28 }
        ' >"$folder/.rows"
    say "door: a CSV file of $DOOR_ROWS rows"
    pid=$(cat "$work/intake.pid")
    begun=$(now)
    mv "$folder/.rows" "$folder/school_referral.csv"
    until [ -e "$folder/done/school_referral.csv" ]; do sleep 0.05; done
    took=$(minus "$(now)" "$begun")
    [ "$(tail -n 1 "$folder"/done/*.result.ndjson | jq .accepted)" = "$DOOR_ROWS" ] || {
        say 'rows are missing'
        exit 1
    }
    echo "{\"rows\":$DOOR_ROWS,\"seconds\":$took,\"peak_rss_mb\":$(peak_mb "$pid")}"
}

run_door()
{
    local signed disk
    new_bed door
    psql -qX -f deploy/postgres/10-roles.sql
    mkdir -p "$work/drop/school-oakfield" "$work/profiles"
    start_door "WAYMARK_DROP_FOLDER=$work/drop" WAYMARK_DROP_POLL_MS=50
    parts+=("\"door_csv\":$(csv)")
    stop intake
    # Whose key it is: measured with the register as it is otherwise.
    openssl ecparam -name prime256v1 -genkey -noout -out "$work/key.pem" 2>/dev/null
    cp -a profiles/. "$work/profiles/"
    jq --arg pem "$(openssl pkey -in "$work/key.pem" -pubout)" \
        '(.agencies[] | select(.id == "school-oakfield")).keys = [{kid: "k", pem: $pem}]' \
        profiles/agencies.json >"$work/profiles/agencies.json"
    start_door WAYMARK_AUTH=token WAYMARK_AUDIENCE=door WAYMARK_PROFILES="$work/profiles"
    load_door school_referral 16 2 0 "$work/key.pem" >/dev/null
    signed=$(runs_of signed school_referral 48 0 "$work/key.pem")
    stop intake
    start_door
    load_door school_referral 64 3 0 >/dev/null # makes plans; does not count
    sql CHECKPOINT
    sync
    disk=$(disk_at_200)
    parts+=("\"door_at_200\":$(runs_of 'at 200 a second' school_referral 64 200)"
        "\"door_disk_at_200\":[$disk,$(disk_at_200)]"
        "\"door_accepted\":$(runs_of accepted school_referral 64 0)"
        "\"door_signed\":$signed"
        "\"door_burst_tenfold\":$(burst 64 2000)"
        "\"door_burst_400_connections\":$(burst 400 0)"
        "\"door_peak_rss_mb\":$(peak_mb "$(cat "$work/intake.pid")")")
    stop intake
}
