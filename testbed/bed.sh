#!/bin/bash
# bed.sh: a private Kafka and PostgreSQL for tests and demonstrations.
set -euo pipefail

usage()
{
    cat <<'EOF'
usage: testbed/bed.sh VERB [NAME] [ARGUMENT]

  up [NAME] [--brokers 1|3] [--durable]
                         start what does not run; a new bed takes the options
  down [NAME]            stop; the data stay
  wipe [NAME]            kill, and remove the data
  status [NAME]          what runs; exit code 3 if something does not
  env [NAME]             how to reach it, as KEY=VALUE lines
  kill-broker [NAME] N   kill -9
  start-broker [NAME] N  and again
  kill-pg [NAME]         end PostgreSQL without a checkpoint
  start-pg [NAME]        and again; it recovers
  base-backup [NAME] DIR copy PostgreSQL's cluster, while it runs, to a new DIR
  restore [NAME] DIR     put that copy in the place of the cluster; start it

NAME is "main" unless WAYMARK_BED says otherwise. A bed lives in var/bed/NAME
and keeps the shape of its first "up": one broker, or three with replication 3
and two in-sync replicas; --durable lets PostgreSQL write through to the disk.
Broker N answers on the N-th port of WAYMARK_KAFKA. The ports from 40 to 98
above the first are nobody's: free for the services and tests of this bed.

  set -a; eval "$(testbed/bed.sh env)"; set +a; psql; kcat -b $WAYMARK_KAFKA -L

WAYMARK_KAFKA_HEAP is the largest heap of a broker (128m). Exit codes: 0 done,
1 failed, 2 usage, 3 not running.
EOF
}

fail() # text [exit code]
{
    echo "bed.sh: $1" >&2
    exit "${2:-1}"
}

umask 022
export LC_ALL=C.UTF-8
# What the caller talks to is not what this script talks to.
unset "${!PG@}"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}
jars=$root/var/kafka-jars
# shellcheck source=proc.sh
. "$here/proc.sh"
# shellcheck source=kafka.sh
. "$here/kafka.sh"
# shellcheck source=pg.sh
. "$here/pg.sh"

# Reads the command line into $verb, $name, $argument and $want_*.
read_words()
{
    local words=() takes=0
    want_brokers='' want_durable=''
    verb=${1-}
    [ $# -eq 0 ] || shift
    while [ $# -gt 0 ]; do
        case $verb:$1 in
        up:--brokers) want_brokers=${2-} && shift ;;
        up:--brokers=*) want_brokers=${1#*=} ;;
        up:--durable) want_durable=1 ;;
        *:-*) usage >&2 && exit 2 ;;
        *) words+=("$1") ;;
        esac
        [ $# -eq 0 ] || shift
    done
    case $verb in
    -h | --help | help) usage && exit 0 ;;
    up | down | wipe | status | env | kill-pg | start-pg) ;;
    kill-broker | start-broker | base-backup | restore) takes=1 ;;
    *) usage >&2 && exit 2 ;;
    esac
    name=${WAYMARK_BED:-main} argument=''
    if [ ${#words[@]} -eq $((takes + 1)) ]; then
        name=${words[0]} argument=${words[1]-}
    elif [ ${#words[@]} -eq $takes ]; then
        argument=${words[0]-}
    else
        usage >&2 && exit 2
    fi
    case $want_brokers in
    '' | 1 | 3) ;;
    *) fail 'want --brokers 1 or 3' 2 ;;
    esac
    [[ $name =~ ^[a-z0-9][a-z0-9-]{0,30}$ ]] ||
        fail "\"$name\": a bed's name is lower case letters, digits and -" 2
}

# Everything that changes a bed waits for whoever changes it now.
lock()
{
    mkdir -p "$root/var/bed"
    exec 9>"$root/var/bed/$name.lock"
    flock -w 600 9 || fail "bed $name is locked for ten minutes"
}

value() # key, from the file env
{
    sed -n "s/^$1=//p" "$bed/env"
}

# Sets what the file env of a bed tells: $base, $brokers, $durable, $pg.
load()
{
    local addresses first inside
    [ -f "$bed/env" ] || fail "there is no bed $name: bed.sh up $name" 3
    addresses=$(value WAYMARK_KAFKA)
    first=${addresses%%,*}
    base=${first##*:}
    brokers=$(tr , '\n' <<<"$addresses" | wc -l)
    durable=0
    [ ! -f "$bed/durable" ] || durable=1
    large=$durable
    [ "$name" != main ] || large=1
    # A checkout that was moved takes along what lies inside.
    inside=$bed/pg pg=$(value PGHOST)
    if [ -d "$inside" ]; then
        pg=$inside
    fi
    case $pg in
    "$inside" | "$outside"/* | "$outside".*) ;;
    *) pg=$inside && mkdir -p "$pg" ;;
    esac
}

write_env()
{
    cat >"$bed/env.new" <<EOF
WAYMARK_KAFKA=$(kafka_bootstrap)
PGHOST=$pg
PGPORT=$PG_PORT
PGUSER=postgres
PGDATABASE=$PG_DATABASE
EOF
    mv "$bed/env.new" "$bed/env"
}

# A bed is there from its file env on; whatever was before is nothing yet.
create()
{
    rm -rf "$bed"
    mkdir -p "$kafka"
    brokers=${want_brokers:-1}
    [ -z "$want_durable" ] || : >"$bed/durable"
    pg_place "$bed/pg" "$outside" "$name"
    base=0 # none yet
    write_env
}

# The master key that seals persons here; whoever has the bed's environment has
# its path.
draw_key()
{
    [ -s "$bed/seal.key" ] ||
        (umask 077 && head -c 32 /dev/urandom | base64 >"$bed/seal.key")
}

# Starts the brokers that do not run. When none does, ports that somebody else
# took meanwhile are given up for others.
start_kafka()
{
    local node missing=() tries=5 rc=1
    for ((node = 1; node <= brokers; node++)); do
        kafka_pid "$node" >/dev/null || missing+=("$node")
    done
    if [ ${#missing[@]} -lt "$brokers" ]; then
        [ ${#missing[@]} -eq 0 ] || kafka_start "${missing[@]}"
        for ((node = 1; node <= brokers; node++)); do
            kafka_wait "$node"
        done
        return
    fi
    # A port may be lost between the look and the start, to a client's end of
    # some connection: other ports, then.
    while [ $rc -ne 0 ] && [ $tries -gt 0 ]; do
        tries=$((tries - 1))
        kafka_reserve
        write_env
        rc=0
        kafka_start "${missing[@]}" || rc=$?
        kafka_release
        if [ $rc -ne 0 ]; then
            stop_kafka KILL 10
            grep -q 'Address already in use' \
                <(tail -q -n 30 "$kafka"/*.log) || break
            echo 'a port was taken meanwhile: trying others' >&2
        fi
    done
    return $rc
}

stop_kafka() # signal seconds
{
    local node pids=()
    for ((node = 1; node <= brokers; node++)); do
        kafka_stop "$node" "$1" "$2" &
        pids+=($!)
    done
    wait "${pids[@]}"
}

verb_up()
{
    local job rc=0
    case $root in
    *[[:space:],:\\%*?\[\]]*)
        fail "Kafka cannot work below $root: blank or one of , : % * ? [ ]" ;;
    esac
    [ -d "$jars" ] || fail 'run testbed/install.sh first'
    lock
    [ -f "$bed/env" ] || create
    load
    draw_key
    if [ "${want_brokers:-$brokers}" != "$brokers" ] ||
        [ "${want_durable:-$durable}" != "$durable" ]; then
        fail "bed $name has another shape; to change it: bed.sh wipe $name"
    fi
    kafka_words
    # In the background, where set -e holds as it does here.
    pg_start &
    job=$!
    start_kafka || rc=1
    wait "$job" || rc=1
    [ $rc -eq 0 ] || fail "bed $name is not up"
}

verb_down()
{
    lock
    [ -f "$bed/env" ] || return 0
    load
    stop_kafka TERM 30 &
    pg_stop INT 30
    wait
}

verb_wipe()
{
    lock
    if [ -f "$bed/env" ]; then
        load
        stop_kafka KILL 10
        pg_stop QUIT 10
        pg_remove
    fi
    rm -rf "$bed"
}

verb_status()
{
    local node pid rc=0
    load
    pg_find
    for ((node = 1; node <= brokers; node++)); do
        if pid=$(kafka_pid "$node"); then
            echo "broker $node up pid $pid port $(kafka_port "$node")"
        else
            echo "broker $node down port $(kafka_port "$node")"
            rc=3
        fi
    done
    if ! pid=$(pg_pid); then
        echo 'postgresql down'
        rc=3
    elif pg_answers; then
        echo "postgresql up pid $pid"
    else
        echo "postgresql starting pid $pid"
        rc=3
    fi
    return $rc
}

verb_env()
{
    load
    cat "$bed/env"
    echo "WAYMARK_SEAL_KEY_FILE=$bed/seal.key"
}

check_node()
{
    if ! [[ $argument =~ ^[1-9]$ ]] || [ "$argument" -gt "$brokers" ]; then
        fail "bed $name has brokers 1 to $brokers" 2
    fi
}

verb_kill_broker()
{
    lock
    load
    check_node
    kafka_stop "$argument" KILL 10
}

verb_start_broker()
{
    lock
    load
    check_node
    kafka_words
    if ! kafka_pid "$argument" >/dev/null; then
        kafka_settings "$argument"
        kafka_format "$argument"
        kafka_launch "$argument"
    fi
    # Alone it cannot answer: it waits for a majority.
    if [ "$(kafka_count)" -gt $((brokers / 2)) ]; then
        kafka_wait "$argument"
    fi
}

verb_kill_pg()
{
    lock
    load
    pg_stop QUIT 10
}

verb_start_pg()
{
    lock
    load
    pg_start
}

verb_base_backup()
{
    lock
    load
    pg_backup "$argument"
}

verb_restore()
{
    [ -f "$argument/backup_label" ] || fail "$argument: no base backup" 2
    lock
    load
    pg_stop QUIT 10
    pg_restore "$argument"
    pg_start
}

read_words "$@"
bed=$root/var/bed/$name
kafka=$bed/kafka
# Where PostgreSQL lives when it cannot live in the checkout.
outside=$(cd /var/tmp && pwd -P)/waymark-$(id -u)-$(
    printf %s "$root" | sha256sum | cut -c 1-12)
"verb_${verb//-/_}"
