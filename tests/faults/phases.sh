# shellcheck shell=bash
# One function a phase: what goes wrong, and what must be true afterwards.
# Sourced by run.sh.
# Words without quotes are lists of services.
# shellcheck disable=SC2154,SC2034,SC2086

by_budget() # small full
{
    if [ "$BUDGET" = small ]; then echo "$1"; else echo "$2"; fi
}

# No fault at all: the checks themselves.
phase_smoke()
{
    fresh wall || return 1
    start_all $SERVICES || return 1
    load 200 100
    wait_load 60 || return 1
    hold
}

# A random instant, so that no two runs hit the same one. Proves nothing.
idle() # most milliseconds
{
    draw "$1"
    sleep "$(printf '%d.%03d' $((drawn / 1000)) $((drawn % 1000)))"
}

at_least() # wanted got
{
    [ "$2" -ge "$1" ] || {
        echo "want at least $1, is $2"
        return 1
    }
}

# Where a process dies between two effects (CRASH_AT); how often it passes
# there before is drawn.
places_of() # service
{
    case $1 in
    intake) echo decided committed published ;;
    *) echo owned republished taken loaded stepped committed published confirmed ;;
    esac
}

# Keeps a load running: the next begins when the last is over.
keep_loaded() # count rate
{
    is_down load || return 0
    [ -z "${child[load]-}" ] || wait_load 10 || return 1
    load "$1" "$2" --threads 8
}

# ---- kill -9 ---------------------------------------------------------------------

# Stops a service to look at it, and kills it if it has something to lose.
# Adds to $hits, and to $lagging or $unconfirmed.
kill_loaded() # service
{
    local lag open
    signal "$1" STOP || return 0
    read -r lag open < <(unfinished "$1")
    if [ "${lag:-0}" -le 0 ] && [ "${open:-0}" -le 0 ]; then
        signal "$1" CONT
        return 0
    fi
    kill9 "$1" || return 1
    hits=$((hits + 1))
    [ "$lag" -le 0 ] || lagging=$((lagging + 1))
    [ "$open" -le 0 ] || unconfirmed=$((unconfirmed + 1))
    start_service "$1"
}

phase_kills()
{
    local want end
    local hits=0 lagging=0 unconfirmed=0
    want=$(by_budget 10 50)
    fresh wall || return 1
    start_all $SERVICES || return 1
    end=$((SECONDS + $(by_budget 20 125)))
    while [ "$hits" -lt "$want" ] || [ "$SECONDS" -lt "$end" ]; do
        [ "$SECONDS" -lt $((end + 300)) ] || break
        keep_loaded 1000 50 || return 1
        idle "$(by_budget 1500 2500)"
        pick $SERVICES
        kill_loaded "$drawn" || return 1
    done
    wait_load 120 || return 1
    say "  $hits kills: $lagging with lag, $unconfirmed with unconfirmed outbox"
    check enough-kills at_least "$want" "$hits"
    hold
}

# ---- every crash point -------------------------------------------------------------

# Starts a service that dies at a place, waits for its death, starts it anew.
# That one has to come on before it is ended in its turn: six deaths behind one
# turn are a record that kills, and the shard stops (common/host/life.h).
crash_at() # service place [times it passes]
{
    local times=$3 code turn
    if [ -z "$times" ]; then
        case $2 in
        owned | republished) times=1 ;;
        *) draw 6 && times=$((drawn + 1)) ;;
        esac
    fi
    kill9 "$1" || return 1
    start_service "$1" WAYMARK_CRASH_AT="$2:$times"
    reap "$1" 60 || return 1
    code=$exit_code
    turn=$(turn_of "$1")
    start_service "$1"
    [ "$1" = intake ] ||
        until_true 60 "a turn of $1" turn_above "$1" "$turn" || return 1
    expect 137 "$code" "exit code at $2:$times"
}

phase_crash_points()
{
    local service place
    local tend='keep_loaded 200 40'
    fresh wall || return 1
    start_all $SERVICES || return 1
    for service in $(by_budget triage "$SERVICES"); do
        for place in $(places_of "$service"); do
            keep_loaded 200 40 || return 1
            check "crash-$service-$place" crash_at "$service" "$place" ''
        done
    done
    tend=''
    wait_load 120 || return 1
    hold
}

# ---- zombies and leases --------------------------------------------------------------

owner_of() # schema
{
    sql "SELECT coalesce(owner, '') FROM $1.shard WHERE shard = $shard" 2>/dev/null
}

owner_is_not() # schema instance
{
    local now
    now=$(owner_of "$1")
    [ -n "$now" ] && [ "$now" != "$2" ]
}

turn_of() # schema
{
    sql "SELECT turn FROM $1.shard WHERE shard = $shard" 2>/dev/null || echo 0
}

turn_above() # schema turn
{
    [ "$(turn_of "$1")" -gt "$2" ]
}

# What it says when it finds that it has lost the shard, behind line $2.
has_noticed() # instance lines
{
    tail -n "+$(($2 + 1))" "$run/log/$authority.$1" |
        grep -q -e shard_standby -e shard_waits
}

# Stops the owner until another has taken over. Where nobody ends its server
# process, as in a mutant, it may have stopped with the row locked: then again.
stop_owner() # schema; sets $zombie
{
    local try
    for try in 1 2 3 4 5 6; do
        until_true 30 "an owner of $1" owner_is_not "$1" '' || return 1
        zombie=$(owner_of "$1")
        signal "$zombie" STOP || return 1
        until_true "$([ -n "${expected_red-}" ] && echo 8 || echo 60)" \
            "another owner of $1" owner_is_not "$1" "$zombie" && return 0
        [ -n "${expected_red-}" ] || return 1
        signal "$zombie" CONT
        idle 500
    done
    return 1
}

# Stops the owner past its lease, lets another take over and work, and wakes it.
make_zombie() # schema
{
    local zombie turn lines
    stop_owner "$1" || return 1
    turn=$(turn_of "$1")
    until_true 60 "turns of the new owner of $1" turn_above "$1" $((turn + 1)) ||
        return 1
    lines=$(wc -l <"$run/log/$authority.$zombie")
    signal "$zombie" CONT
    [ -n "${expected_red-}" ] ||
        until_true 60 "$zombie to notice" has_noticed "$zombie" "$lines"
}

start_twice() # service number of instances
{
    local i
    for ((i = 1; i <= $2; i++)); do
        if [ "$1" = intake ]; then
            start_intake "intake-$i" $((i - 1))
        else
            start "$1-$i" "$1"
        fi
    done
}

phase_zombie()
{
    local service round
    fresh wall || return 1
    lease_ms=1500
    for service in $SERVICES; do
        start_twice "$service" 2
    done
    intakes=(intake-1 intake-2) targets=127.0.0.1:$port,127.0.0.1:$((port + 1))
    until_true $START_S 'intake to answer' intake_answers 0 || return 1
    until_true $START_S 'intake to answer' intake_answers 1 || return 1
    for ((round = 0; round < $(by_budget 1 4); round++)); do
        for service in $(by_budget 'triage tracker' "$SERVICES"); do
            keep_loaded 300 40 || return 1
            check "zombie-$service" make_zombie "$service"
        done
    done
    wait_load 120 || return 1
    hold
}

phase_leases()
{
    local service round takeovers=0 instance
    fresh wall || return 1
    lease_ms=1000
    start_intake intake 0
    for service in triage tracker metrics; do
        start_twice "$service" 3
    done
    until_true $START_S 'intake to answer' intake_answers 0 || return 1
    for ((round = 0; round < 8; round++)); do
        for service in triage tracker metrics; do
            keep_loaded 400 60 || return 1
            until_true 30 "an owner of $service" owner_is_not "$service" '' ||
                return 1
            instance=$(owner_of "$service")
            signal "$instance" STOP || return 1
            until_true 60 "another owner of $service" \
                owner_is_not "$service" "$instance" || return 1
            takeovers=$((takeovers + 1))
            # Sometimes the next one goes before the former is awake.
            draw 2
            [ "$drawn" -eq 0 ] || idle 1500
            signal "$instance" CONT
        done
    done
    wait_load 120 || return 1
    say "  $takeovers takeovers"
    hold
}

# ---- servers ---------------------------------------------------------------------------

bed_do() # verb [argument]
{
    "$root/testbed/bed.sh" "$1" "$bed" "${@:2}" >>"$run/bed.log" 2>&1
}

leader_of() # topic
{
    kcat -b "$WAYMARK_KAFKA" -L -m 10 -t "$1" 2>/dev/null |
        sed -n "s/^ *partition $shard, leader \([0-9]*\),.*/\1/p"
}

all_in_sync()
{
    kcat -b "$WAYMARK_KAFKA" -L -m 10 -t "$1" 2>/dev/null |
        grep -q "partition $shard,.* isrs: [0-9]*,[0-9]*,[0-9]*"
}

phase_broker()
{
    local round topic node before tend=''
    if [ "$brokers" -lt 3 ]; then
        say '  needs three brokers: left out'
        return 0
    fi
    fresh wall || return 1
    start_all $SERVICES || return 1
    tend='keep_loaded 600 40'
    for ((round = 0; round < 4; round++)); do
        pick notifications casework case-journal receipts
        topic=$drawn
        before=$(accepted_so_far)
        until_true 30 'some to be accepted' accepted_at_least $((before + 40)) ||
            return 1
        node=$(leader_of $topic)
        say "  leader of $topic is broker $node"
        bed_do kill-broker "$node" || return 1
        until_true 60 'some to be accepted without it' \
            accepted_at_least $((before + 140)) || return 1
        bed_do start-broker "$node" || return 1
        until_true 60 'the broker to be in sync' all_in_sync $topic || return 1
    done
    tend=''
    wait_load 120 || return 1
    check none-ended expect 4 "$(running | grep -vc '^load$')" 'services that run'
    hold
}

phase_pg()
{
    local round
    fresh wall || return 1
    start_all $SERVICES || return 1
    for ((round = 0; round < $(by_budget 1 4); round++)); do
        keep_loaded 300 40 || return 1
        idle 2500
        bed_do kill-pg || return 1
        idle 1500
        bed_do start-pg || return 1
        until_true 60 'intake to answer again' intake_answers 0 || return 1
    done
    wait_load 120 || return 1
    check none-ended expect 4 "$(running | grep -vc '^load$')" 'services that run'
    # A busy machine may take longer to bring the database back than intake
    # waits when it is asked to stop.
    until_true 60 'intake to be confirmed' intake_is_confirmed || return 1
    hold
}

# ---- lost and forged -----------------------------------------------------------------------

triage_is_done()
{
    [ "$(sql "$(links) SELECT coalesce((SELECT sum(n) FROM lag
        WHERE reader = 'triage'), 0) = 0 AND (SELECT bool_and(turn = confirmed)
        FROM shards WHERE service IN ('intake', 'triage'))" 2>/dev/null)" = t ]
}

# The broker loses what tracker has not read; it must stop, say which numbers,
# and go on once they were sent again.
gap_stops()
{
    start tracker tracker
    reap tracker 60 || return 1
    expect 10 "$exit_code" 'exit code of tracker' || return 1
    gap_from=$(sed -n 's/.*triage\.1 lost from \([0-9]*\) to .*/\1/p' \
        "$run/log/$authority.tracker" | tail -n 1)
    [ -n "$gap_from" ]
}

phase_republish()
{
    local gap_from=''
    fresh wall || return 1
    start_all $SERVICES || return 1
    load 150 60
    wait_load 60 || return 1
    until_true 60 'everything to be read' all_is_read || return 1
    stop tracker || return 1
    load 200 60
    wait_load 60 || return 1
    until_true 60 'triage to have said all' triage_is_done || return 1
    "$run/topic" cut --kafka "$WAYMARK_KAFKA" --authority "$shard" \
        --topic casework --count 20 || return 1
    check gap-stops gap_stops
    [ -n "$gap_from" ] || return 1
    # What was read already is lost, too: all of it goes out again.
    check republish waymark republish --service triage \
        --authority "$authority" --topic casework --from 1
    start tracker tracker
    hold
}

# ---- a topic lost whole --------------------------------------------------------------------

# How many records of a topic one of its readers has not read.
unread() # reader topic
{
    sql "$(links) SELECT coalesce(sum(g.sequence - coalesce(t.sequence, 0)), 0)
        FROM given g LEFT JOIN taken t ON t.reader = '$1'
        AND t.topic = g.topic AND t.writer = g.writer
        WHERE g.topic = '$2'" 2>/dev/null || echo 0
}

unread_at_least() # n reader topic
{
    [ "$(unread "$2" "$3")" -ge "$1" ]
}

unread_at_most() # n reader topic
{
    [ "$(unread "$2" "$3")" -le "$1" ]
}

# Pauses readers until so much of the topic waits for them that none has all
# of it fetched already.
leave_behind() # topic reader...
{
    local topic=$1 reader
    shift
    for reader in "$@"; do
        signal "$reader" STOP || return 1
    done
    for reader in "$@"; do
        until_true 60 "$reader to lag on $topic" \
            unread_at_least 60 "$reader" "$topic" || return 1
    done
}

is_nowhere() # topic
{
    local broker
    for broker in ${WAYMARK_KAFKA//,/ }; do
        kcat -b "$broker" -L -m 10 -t "$1" 2>/dev/null |
            grep -q "\"$1\" with 0 partitions" || return 1
    done
}

drop_topic() # topic
{
    "$run/topic" drop --kafka "$WAYMARK_KAFKA" --authority "$shard" \
        --topic "$1" || return 1
    until_true 30 "$1 to be gone" is_nowhere "$1"
}

make_topic() # topic
{
    "$run/topic" make --kafka "$WAYMARK_KAFKA" --authority "$shard" \
        --topic "$1" --count $((WALL_N + LOG_N)) --replication "$brokers"
}

# A service that has ended did so because of the loss, and names the numbers.
is_gap() # service
{
    expect 10 "$exit_code" "exit code of $1" || return 1
    grep '"shard_stopped"' "$run/log/$authority.$1" | tail -n 1 | grep \
        -e "$topic: $writer\.1 lost from [0-9]* to [0-9]*, republish there" \
        -e "$topic: our [0-9]* to [0-9]* are lost, republish from 1"
}

# It must not go on without what is lost.
stops_at_gap() # service
{
    until_true 60 "end of $1" is_down "$1" && reap "$1" 1 && is_gap "$1"
}

republish_from() # number
{
    waymark republish --service "$writer" --authority "$authority" \
        --topic "$topic" --from "$1"
}

# As an operator would: what a service that has stopped says is lost goes out
# again, and it is started.
all_go_on()
{
    local service from
    for service in "$writer" "${readers[@]}"; do
        is_up "$service" && continue
        reap "$service" 1 || return 1
        from=$(is_gap "$service" |
            sed -n 's/.*\(lost\|republish\) from \([0-9]*\).*/\2/p')
        republish_from "${from:-none}" && start_service "$service"
        return 1
    done
    for service in "${readers[@]}"; do
        unread_at_most 30 "$service" "$topic" || return 1
    done
}

bring_back()
{
    check "$topic-republish" republish_from 1
    check "$topic-goes-on" until_true 60 'all to go on' all_go_on
}

# Its readers lag, its writer doesn't see it go: what comes next shows them
# that something is missing.
lose_casework()
{
    local topic=casework writer=triage readers=(tracker metrics) service
    leave_behind $topic "${readers[@]}" || return 1
    signal triage STOP || return 1
    drop_topic $topic && make_topic $topic || return 1
    for service in "$writer" "${readers[@]}"; do
        signal "$service" CONT
    done
    for service in "${readers[@]}"; do
        check "$topic-$service" stops_at_gap "$service"
    done
    bring_back
}

# Triage, which gives tracker its work, is paused last, and so would have all
# of the little that is still to come fetched already: it is killed instead.
leave_triage_behind_tracker()
{
    leave_behind case-journal metrics || return 1
    signal tracker STOP || return 1
    until_true 60 'casework to wait for tracker' \
        unread_at_least 40 tracker casework || return 1
    kill9 triage || return 1
    signal tracker CONT
    until_true 60 'case-journal to wait for triage' \
        unread_at_least 40 triage case-journal
}

lose_case_journal()
{
    local topic=case-journal writer=tracker readers=(triage metrics) service
    leave_triage_behind_tracker || return 1
    drop_topic $topic && make_topic $topic || return 1
    start_service triage
    signal metrics CONT
    for service in "${readers[@]}"; do
        check "$topic-$service" stops_at_gap "$service"
    done
    bring_back
}

# Intake's door stays open, whatever the log has lost.
lose_notifications()
{
    local topic=notifications writer=intake readers=(triage)
    leave_behind $topic triage || return 1
    drop_topic $topic && make_topic $topic || return 1
    signal triage CONT
    check $topic-triage stops_at_gap triage
    check $topic-intake is_up intake
    bring_back
}

# Everyone is awake, and the writer finds no topic: it must not go on into a
# new one as if nothing had happened.
lose_casework_again()
{
    local topic=casework writer=triage readers=(tracker metrics) lines
    lines=$(wc -l <"$run/log/$authority.$writer")
    drop_topic $topic || return 1
    until_true 60 "$writer to miss it" has_noticed $writer "$lines" || return 1
    make_topic $topic || return 1
    check $topic-$writer stops_at_gap $writer
    bring_back
}

phase_topic_lost()
{
    local tend=''
    fresh wall || return 1
    start_all $SERVICES || return 1
    tend='keep_loaded 2500 60'
    until_true 60 'some to be accepted' accepted_at_least 100 || return 1
    lose_casework && lose_case_journal && lose_notifications &&
        lose_casework_again || return 1
    tend=''
    wait_load 300 || return 1
    hold
}

# Dies at its start, before it does anything: the log is ahead of it.
refuses() # service
{
    start_service "$1"
    reap "$1" 30 || return 1
    expect 13 "$exit_code" "exit code of $1 after the restore"
}

# An instance that lived through the restore and has heard nothing since the
# backup must not take the numbers of what others accepted for free.
idle_accepts_nothing()
{
    local try status
    for ((try = 0; try < 30; try++)); do
        status=$("$run/load" --show --count 1 --first 900000 --seed "$SEED" \
            --prefix "S$SEED-$authority" --sent-at "$sent_at" |
            curl -s -o "$run/post.out" -w '%{http_code}' -m 5 --data-binary @- \
                -H 'Content-Type: application/json' \
                "http://127.0.0.1:$((port + 1))/v1/notifications?authority=$authority")
        [ "$status" != 202 ] || {
            cat "$run/post.out"
            return 1
        }
        sleep 0.1
    done
}

# The database goes back to what it was in the middle of the load. What was
# answered 202 since then is in the log alone, and must be taken back from it,
# the keys of its persons with it; and who was erased since is erased again.
last_notification()
{
    sql "SELECT item_id FROM intake.receipt WHERE shard = $shard
        AND item_kind = 'notification' ORDER BY sequence DESC LIMIT 1"
}

erase() # id: prints the status
{
    printf '{"id":"%s","by":"Officer Alpha","second":"Officer Bravo"}' "$1" |
        curl -sS -o "$run/post.out" -w '%{http_code}' -m 20 --data-binary @- \
            -H 'Content-Type: application/json' \
            "http://127.0.0.1:$port/v1/erasures?authority=$authority"
}

is_erased_alone() # id
{
    [ "$(sql "SELECT string_agg(r.item_id::text, ' ') FROM intake.receipt r
        JOIN intake.person_key_erased e USING (shard, key_id)
        WHERE r.shard = $shard")" = "$1" ]
}

phase_restore()
{
    local service erased
    fresh wall || return 1
    start_all $SERVICES || return 1
    start_intake idle 1
    until_true $START_S 'idle to answer' intake_answers 1 || return 1
    load 300 60
    until_true 30 'some to be accepted' accepted_at_least 100 || return 1
    bed_do base-backup "$run/backup" || return 1
    wait_load 60 || return 1
    until_true 60 'everything to be read' all_is_read || return 1
    erased=$(last_notification)
    check erases expect 202 "$(erase "$erased")" 'answer to an erasure'
    until_true 60 'the erasure to be read' all_is_read || return 1
    for service in triage tracker metrics; do
        stop "$service" || return 1
    done
    until_true 10 'intake to be confirmed' intake_is_confirmed || return 1
    bed_do restore "$run/backup" || return 1
    rm -rf "$run/backup"
    check idle-accepts-nothing idle_accepts_nothing
    kill9 idle && kill9 intake || return 1
    for service in intake triage tracker; do
        check "refuses-$service" refuses "$service"
        is_down "$service" || kill9 "$service" || return 1
    done
    # Triage before intake: then it steps with the keys that the backup has,
    # and intake erases again behind it.
    for service in triage intake tracker metrics; do
        check "recover-$service" waymark recover --service "$service" \
            --authority "$authority"
    done
    check erased-again is_erased_alone "$erased"
    start_all $SERVICES || return 1
    load 60 60
    wait_load 60 || return 1
    # The lease may still be that of an instance that was killed.
    until_true 60 'intake to be confirmed again' intake_is_confirmed || return 1
    hold
}

phase_poison()
{
    local n
    n=$(by_budget 500 10000)
    fresh wall || return 1
    start_all $SERVICES || return 1
    load "$n" $((n / $(by_budget 5 50))) --threads 8
    "$run/topic" put --kafka "$WAYMARK_KAFKA" --authority "$shard" \
        --topic notifications --count $((n * 9 / 10)) --seed "$SEED" || return 1
    "$run/topic" put --kafka "$WAYMARK_KAFKA" --authority "$shard" \
        --topic casework --count $((n / 10)) --seed $((SEED + 1)) || return 1
    wait_load 300 || return 1
    hold
    # Casework is read by two: both bury what they can't read.
    check buried expect "$((n * 9 / 10 + n / 10 + n / 10))" \
        "$(sql "SELECT sum(sequence) FROM (
            SELECT * FROM triage.out_seq UNION ALL
            SELECT * FROM tracker.out_seq UNION ALL
            SELECT * FROM metrics.out_seq) x
            WHERE shard = $shard AND topic = 'dead-letters'")" 'dead letters'
}

# A record that the database refuses is found, buried alone, and the rest of
# its batch goes on.
plant_refusal() # reference
{
    sql "CREATE OR REPLACE FUNCTION triage.planted() RETURNS trigger
        LANGUAGE plpgsql AS \$\$ BEGIN
          IF NEW.agency_ref = '$1' AND NOT EXISTS (SELECT FROM triage.decision
              WHERE agency_ref = '$1') THEN
            RAISE EXCEPTION 'planted' USING ERRCODE = '23514';
          END IF; RETURN NEW; END \$\$;
        CREATE OR REPLACE TRIGGER planted BEFORE INSERT ON triage.decision
        FOR EACH ROW EXECUTE FUNCTION triage.planted()"
}

phase_refused()
{
    fresh wall || return 1
    start_all $SERVICES || return 1
    load 20 60
    wait_load 60 || return 1
    until_true 60 'everything to be read' all_is_read || return 1
    stop triage || return 1
    plant_refusal "S$SEED-$authority-33" || return 1
    load 40 60
    wait_load 60 || return 1
    start triage triage
    # It is in dead-letters instead. The checker's own tables have no trigger.
    sed -i "/\tS$SEED-$authority-33\t/d" "$ledger"
    skip_reconcile=1 hold
    check buried expect 1 "$(sql "SELECT sequence FROM triage.out_seq
        WHERE shard = $shard AND topic = 'dead-letters'")" 'dead letters'
}

# Posts what stands in a file and prints the status. What is accepted of
# notifications goes into the ledger.
post() # file [path]
{
    local status
    status=$(curl -sS -o "$run/post.out" -w '%{http_code}' -m 20 \
        -H 'Content-Type: application/json' --data-binary "@$1" \
        "http://127.0.0.1:$port/v1/${2:-notifications}?authority=$authority")
    if [ "$status" = 202 ] && [ -z "${2-}" ]; then
        sed -n 's/.*"id":"\([^"]*\)".*"agency_id":"\([^"]*\)".*"agency_ref":"\([^"]*\)".*/\2\t\3\t0\t\1/p' \
            <(cat "$run/post.out" && echo) >>"$ledger"
    fi
    echo "$status"
}

# One message of the load's, blown up with blanks to so many bytes.
sized_body() # bytes
{
    local text
    text=$("$run/load" --show --count 1 --first "$1" --sent-at "$sent_at" \
        --prefix "S$SEED-$authority" --seed "$SEED")
    printf "%s%$(($1 - ${#text}))s" "$text" '' >"$run/body.json"
}

phase_oversize()
{
    local size n=0
    fresh wall || return 1
    start_all $SERVICES || return 1
    sized_body 262144
    check at-the-limit expect 202 "$(post "$run/body.json")" 'answer to 256 KiB'
    sized_body 262145
    check over-the-limit expect 413 "$(post "$run/body.json")" 'answer to one byte more'
    for size in 1048576 1048577 2097152 2400000; do
        "$run/topic" put --kafka "$WAYMARK_KAFKA" --authority "$shard" \
            --topic notifications --count 1 --size $size --seed $size || return 1
        n=$((n + 1))
    done
    load 50 50
    wait_load 60 || return 1
    hold
    check buried expect $n "$(sql "SELECT sequence FROM triage.out_seq
        WHERE shard = $shard AND topic = 'dead-letters'")" 'dead letters'
}

# ---- time and order -----------------------------------------------------------------------

set_time() # instant
{
    local status
    printf '{"at":"%s"}' "$1" >"$run/time.json"
    status=$(post "$run/time.json" time)
    expect 202 "$status" "answer to time $1"
}

missing_message() # child kind members
{
    printf '{"agency_id":"kent-police","agency_ref":"%s-%s","kind":"police_missing_%s","sent_at":"%s","episode_ref":"EP-%s",%s"child":{"forename":"Testchild","surname":"Madeup%s","dob":"2012-05-0%s"}}' \
        "$1" "$2" "$2" "$sent_at" "$1" "$3" "$1" "$4" >"$run/body.json"
    expect 202 "$(post "$run/body.json")" "answer to $1 $2" || {
        cat "$run/post.out"
        return 1
    }
}

rhi_held() # child instant
{
    printf '{"agency_id":"social-care","agency_ref":"%s-rhi","activity":"rhi_held","occurred_at":"%s","by":"Testworker","subject":{"notification":{"agency_id":"kent-police","agency_ref":"%s-found"}}}' \
        "$1" "$2" "$1" >"$run/body.json"
    expect 202 "$(post "$run/body.json" activities)" "answer to $1 rhi_held" || {
        cat "$run/post.out"
        return 1
    }
}

rhi_alerts() # child
{
    sql "SELECT count(*) FROM tracker.alert a JOIN tracker.episode e
        ON e.shard = a.shard AND e.episode_id = a.subject_id
        WHERE a.shard = $shard AND e.episode_ref = 'EP-$1' AND a.rule = 'D10'"
}

intake_is_confirmed()
{
    [ "$(sql "SELECT turn = confirmed_turn FROM intake.shard WHERE shard = $shard")" = t ]
}

# Two children came back. One is spoken with in time, but triage is down until
# long after the deadline: no alert may be raised for that one.
phase_deadline()
{
    fresh log || return 1
    start_all $SERVICES || return 1
    sent_at=2026-03-02T09:00:00Z
    set_time $sent_at || return 1
    missing_message Alpha reported "\"reported_at\":\"$sent_at\",\"risk_grade\":\"low\"," 1 || return 1
    missing_message Beta reported "\"reported_at\":\"$sent_at\",\"risk_grade\":\"low\"," 2 || return 1
    missing_message Alpha found "\"found_at\":\"$sent_at\"," 1 || return 1
    missing_message Beta found "\"found_at\":\"$sent_at\"," 2 || return 1
    set_time 2026-03-02T10:00:00Z || return 1
    until_true 60 'everything to be read' all_is_read || return 1
    kill9 triage || return 1
    rhi_held Alpha 2026-03-02T09:30:00Z || return 1
    set_time 2026-03-09T09:00:00Z || return 1
    until_true 60 'intake to have said it' intake_is_confirmed || return 1
    check nothing-fired expect 0 "$(rhi_alerts Beta)" 'alerts for Beta while triage is down'
    start triage triage
    until_true 60 'everything to be read' all_is_read
    check no-early-alert expect 0 "$(rhi_alerts Alpha)" 'alerts for Alpha'
    check due-alert at_least 1 "$(rhi_alerts Beta)"
    hold
}

phase_pair()
{
    local n
    n=100
    fresh wall || return 1
    start_all $SERVICES || return 1
    load 10 50
    wait_load 60 || return 1
    until_true 60 'everything to be read' all_is_read || return 1
    stop triage || return 1
    # Even numbers begin a pair.
    load $((2 * n)) 200 --kind pairs --threads 1 --repeats 0
    wait_load 60 || return 1
    start triage triage
    hold
    check one-batch at_least "$n" "$(sql "SELECT max(n_in) FROM triage.turn
        WHERE shard = $shard")"
    check one-child expect "$n 2" "$(sql "SELECT count(*), max(k) FROM (
        SELECT count(*) k FROM triage.decision d JOIN triage.child c
        USING (shard, child_id) WHERE shard = $shard AND
        substring(agency_ref FROM '[0-9]+\$')::int >= 10
        GROUP BY child_id) x")" 'children, and notifications of one'
    check one-case expect 0 "$(sql "SELECT count(*) FROM (
        SELECT FROM tracker.cases WHERE shard = $shard AND closed_at IS NULL
        AND merged_into IS NULL GROUP BY child_id, side
        HAVING count(*) > 1) x")" 'children with two open cases on a side'
}

# The instance that answered 202 never comes back; another publishes it.
phase_intake_gone()
{
    local lag open
    fresh wall || return 1
    start_intake intake-first 0
    start_service triage
    start_service tracker
    start_service metrics
    intakes=(intake-first intake-second)
    targets=127.0.0.1:$port,127.0.0.1:$((port + 1))
    until_true $START_S 'intake to answer' intake_answers 0 || return 1
    load 300 60
    until_true 30 'some to be accepted' accepted_at_least 60 || return 1
    signal intake-first STOP
    read -r lag open < <(unfinished intake)
    kill9 intake-first || return 1
    check something-was-open at_least 1 "$open"
    start_intake intake-second 1
    wait_load 120 || return 1
    # It may not publish before the other's lease has run out.
    until_true 60 'intake to be confirmed' intake_is_confirmed || return 1
    hold
}

fork_stops()
{
    "$run/topic" fork --kafka "$WAYMARK_KAFKA" --authority "$shard" \
        --topic notifications --from "$1" || return 1
    reap triage 20 || return 1
    expect 11 "$exit_code" 'exit code of triage' || return 1
    grep -q '"code":"fork"\|code=fork' "$run/log/$authority.triage"
}

# A record that was never committed here stands in the log, under the next
# number: triage must not take it for true.
phase_fork()
{
    local from
    fresh wall || return 1
    from=$shard
    start_all intake || return 1
    load 5 50
    wait_load 60 || return 1
    stop intake || return 1
    fresh wall || return 1
    start_all $SERVICES || return 1
    load 50 50
    wait_load 60 || return 1
    until_true 60 'everything to be read' all_is_read || return 1
    stop intake || return 1
    check fork-stops fork_stops "$from"
}
