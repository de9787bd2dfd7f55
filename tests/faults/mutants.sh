# shellcheck shell=bash
# Mutants: one fault each, patched into a copy of the source, that a named
# check must find. A patch's first lines say which:
#
#   service: the one that is wrong
#   crash point: where it is hit
#   red: the check that must turn red
#   scenario: the function below that hits it
#
# Where another guard hides the fault, the patch removes that one as well and
# says so. Every scenario is run on the unpatched build first: all green.
# Sourced by run.sh.
# shellcheck disable=SC2154,SC2034,SC2086

# ---- scenarios ------------------------------------------------------------------

# Records that stand on a topic already come once more.
scenario_repeat()
{
    fresh wall || return 1
    start_all $SERVICES || return 1
    load 60 60
    wait_load 60 || return 1
    until_true 60 'everything to be read' all_is_read || return 1
    "$run/topic" copy --kafka "$WAYMARK_KAFKA" --authority "$shard" \
        --topic casework --count 20 --seed "$SEED" || return 1
    load 20 60
    wait_load 60 || return 1
    hold
}

# A service dies behind its commit, with nothing published: until the turn is
# one that had something to say.
dies_committed() # service
{
    local try
    for try in 1 2 3 4 5 6 7 8; do
        signal "$1" KILL
        reap "$1" 20 || return 1
        start_service "$1" WAYMARK_CRASH_AT=committed:2
        reap "$1" 60 || return 1
        expect 137 "$exit_code" 'exit code at committed' || return 1
        [ "$(sql "SELECT n_out > 0 FROM $1.turn WHERE shard = $shard
            ORDER BY turn DESC LIMIT 1")" != t ] || break
        [ "$try" -lt 8 ] || return 1
        start_service "$1"
        until_true 30 'a turn of it' turn_above "$1" "$(turn_of "$1")" || return 1
    done
    start_service "$1"
}

scenario_committed() # service
{
    fresh wall || return 1
    start_all $SERVICES || return 1
    load 150 30
    check "crash-$1-committed" dies_committed "$1"
    wait_load 60 || return 1
    hold
}

scenario_committed_triage()
{
    scenario_committed triage
}

scenario_committed_tracker()
{
    scenario_committed tracker
}

# Triage dies right after publishing a decision. When it is back, the database
# refuses the notification if it was not yet decided.
scenario_published()
{
    fresh wall || return 1
    start_all $SERVICES || return 1
    load 20 60
    wait_load 60 || return 1
    until_true 60 'everything to be read' all_is_read || return 1
    stop triage || return 1
    load 1 0 --repeats 0
    wait_load 60 || return 1
    until_true 30 'intake to be confirmed' intake_is_confirmed || return 1
    start triage triage WAYMARK_CRASH_AT=published:1
    reap triage 60 || return 1
    check crash-triage-published expect 137 "$exit_code" 'exit code'
    plant_refusal "S$SEED-$authority-20" || return 1
    start triage triage
    load 20 60
    wait_load 60 || return 1
    hold
}

# An owner sleeps past its lease under load, and wakes.
scenario_zombie()
{
    local round
    fresh wall || return 1
    lease_ms=1500
    start_all intake tracker metrics || return 1
    # Two owners of the first turn would stumble over its texts.
    start triage-1 triage
    until_true 60 'the first turn' turn_above triage 0 || return 1
    start triage-2 triage
    load 300 30
    for round in 1 2; do
        check zombie make_zombie triage
    done
    wait_load 60 || return 1
    hold
}

# Intake dies between two messages of one agency that waits for each answer.
scenario_door()
{
    fresh wall || return 1
    tick_ms=600000
    start_all triage tracker metrics intake || return 1
    kill9 intake || return 1
    start_intake intake 0 WAYMARK_CRASH_AT=decided:20
    load 60 0 --threads 1 --repeats 0
    reap intake 60 || return 1
    check crash-intake-decided expect 137 "$exit_code" 'exit code'
    start_intake intake 0
    wait_load 60 || return 1
    hold
}

scenario_fork()
{
    phase_fork
}

scenario_deadline()
{
    phase_deadline
}

# ---- running them -----------------------------------------------------------------

header() # patch key
{
    sed -n "s/^$2: //p;/^---/q" "$1" | head -n 1
}

# A copy of the source with the patch, built. Objects come along, so that only
# what the patch touches is compiled.
build_mutant() # patch folder
{
    mkdir -p "$2/build/gcc" || return 1
    cp -a services schemas profiles calendars Makefile "$2/" &&
        cp -a build/gcc/obj build/gcc/gen build/gcc/lib*.a "$2/build/gcc/" &&
        patch -s -F0 -p1 -d "$2" <"$1" &&
        make -s -C "$2" -j"$(nproc)" VARIANT=gcc build
}

run_scenario() # name
{
    intakes=(intake) targets='' lease_ms='' tick_ms='' child=() red=''
    "scenario_$1" || red="$red no-end"
    kill_all
}

one_mutant() # patch
{
    local folder want scenario name
    name=$(basename "$1" .patch)
    want=$(header "$1" red) scenario=$(header "$1" scenario)
    folder=$run/$name
    mutants_tried=$((mutants_tried + 1))
    say "mutant $name ($(header "$1" service), $(header "$1" 'crash point')): $want must turn red"
    if ! build_mutant "$1" "$folder" >"$run/$name.log" 2>&1; then
        tail -n 20 "$run/$name.log"
        say '  RED   it does not build'
        failed=$((failed + 1))
        return 0
    fi
    expected_red=$want SETTLE_S=15 bin=$folder/build/gcc/bin
    run_scenario "$scenario"
    expected_red='' SETTLE_S=120 bin=$run/bin
    rm -rf "$folder"
    if is_red "$want"; then
        mutants_caught=$((mutants_caught + 1))
        say "  caught: $want is red"
    else
        say "  NOT CAUGHT: $want stayed green; red:${red:- none}"
    fi
}

phase_mutants()
{
    local patch scenario done=' ' chosen=()
    # Fresh authorities, and one broker is enough.
    if [ "$brokers" -gt 1 ]; then
        bed_wipe
        bed_up 1 || return 1
    fi
    for patch in "$here"/mutants/*.patch; do
        case $(by_budget small full)$patch in
        full* | *-outbox-forgotten* | *-chain-not-checked*) chosen+=("$patch") ;;
        esac
    done
    [ -z "${MUTANTS-}" ] || chosen=()
    for patch in ${MUTANTS-}; do
        chosen+=("$here/mutants/$patch.patch")
    done
    for patch in "${chosen[@]}"; do
        scenario=$(header "$patch" scenario)
        case $done in
        *" $scenario "*) ;;
        *)
            say "unpatched: $scenario"
            run_scenario "$scenario"
            [ -z "$red" ] || say "  red:$red"
            done="$done$scenario "
            ;;
        esac
        quiet=1 one_mutant "$patch"
    done
}
