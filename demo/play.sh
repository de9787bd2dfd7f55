# shellcheck shell=bash
# Plays a file of steps (demo/day.ndjson) through intake's HTTP door with the
# log clock: each step moves the time and may send something. Sourced by
# demo.sh and tests/pipeline, which set $authority and the bed's environment.
# shellcheck disable=SC2154

sql() { psql -qAtX -F ' ' -v ON_ERROR_STOP=1 -c "$1"; }

# With WAYMARK_SIGN_KEY (a key that all agencies have) each call is signed.
post() # path, body on stdin; prints what came back
{
    local body signed=()
    body=$(cat)
    if [ -n "${WAYMARK_SIGN_KEY-}" ]; then
        signed=(-H "Authorization: Bearer $(build/bin/waymark token --agency \
            "$(jq -r '.agency_id // "early-help"' <<<"$body")")")
    fi
    curl -sS -m 20 -X POST "$WAYMARK_INTAKE$1" \
        -H "Content-Type: application/json" \
        -H "Waymark-Authority: $authority" "${signed[@]}" --data-binary "$body" \
        -w '\n%{http_code}\n'
}

move_time() { # instant
    local answer
    answer=$(printf '{"at":"%s"}' "$1" | post /v1/time)
    case ${answer##*$'\n'} in
    2??) ;;
    *) echo "time does not move to $1: $answer" >&2; exit 1 ;;
    esac
}

# Metrics has heard from every input that all before this instant was read.
await_metrics() # instant
{
    local end=$((SECONDS + ${AWAIT_S:-30}))
    until [ "$(sql "SELECT count(*) >= 6 AND bool_and(heard >= '$1') FROM metrics.in_mark
        JOIN metrics.shard USING (shard) WHERE authority = '$authority'")" = t ]; do
        if [ $SECONDS -ge $end ]; then
            echo "the services do not get to $1:" >&2
            sql "SELECT topic, service, sequence, heard FROM metrics.in_mark" >&2
            exit 1
        fi
        sleep 0.05
    done
}

play() # file of steps
{
    local line at row say to answer last=''
    while IFS= read -r line; do
        at=$(jq -r .at <<<"$line") row=$(jq -r .row <<<"$line")
        say=$(jq -r .say <<<"$line") to=$(jq -r '.to // ""' <<<"$line")
        [ "$at" = "$last" ] || move_time "$at"
        last=$at
        answer=''
        if [ -n "$to" ]; then
            answer=$(jq -c .body <<<"$line" | post "$to")
            case ${answer##*$'\n'} in
            202) answer="202 ${answer%%$'\n'*}" ;;
            *) echo "row $row was refused: $answer" >&2; exit 1 ;;
            esac
        fi
        printf '%-4s %s  %s\n' "$row" "${at:0:19}" "$say"
        [ -z "$answer" ] || printf '       -> %.140s\n' "$answer"
    done <"$1"
    await_metrics "$last"
}

