#!/bin/bash
# compose.sh: docker-compose.yml on an engine of our own, with images made here
# in place of those that cannot be pulled. Needs root.
set -euo pipefail

usage()
{
    cat <<'EOF'
usage: testbed/compose.sh VERB

  up [SERVICE...]   start the engine, make the images that are missing, build
                    and start the services; wait until all are healthy
  down              stop and remove the containers and their data
  stop              the same; where nothing else runs on the engine, stop it
                    and take back what it did to the machine's network
  images            start the engine and make the images that are missing
  status            containers and their health
  env               what docker and docker-compose need, as KEY=VALUE lines
  run WORD...       docker-compose WORD...

Everything lies in var/docker; var/docker/secrets/development.pem signs for every
agency. Notifier is started too, with a mail server that nobody can reach unless
WAYMARK_SMTP names one. The base images are made by debootstrap, once
(two minutes). Ports: WAYMARK_INTAKE_PORT and so on, see docker-compose.yml.
EOF
}

fail() # text
{
    echo "compose.sh: $1" >&2
    exit 1
}

umask 022
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}
engine=$root/var/docker
mark=$(printf %s "$root" | sha256sum | cut -c 1-12)
# shellcheck source=proc.sh
. "$here/proc.sh"

# A socket's path has at most 107 bytes.
socket=$engine/sock
if [ "$(printf %s "$socket" | wc -c)" -gt 107 ]; then
    socket=/run/waymark-$mark.sock
fi

engine_env()
{
    cat <<EOF
DOCKER_HOST=unix://$socket
DOCKER_BUILDKIT=0
COMPOSE_PROJECT_NAME=${COMPOSE_PROJECT_NAME:-waymark}
COMPOSE_FILE=$root/docker-compose.yml
COMPOSE_PROFILES=notifier
KAFKA_IMAGE=testbed/kafka
POSTGRES_IMAGE=testbed/postgres
WAYMARK_SECRETS=$engine/secrets
WAYMARK_PROFILES=$engine/secrets/profiles
WAYMARK_SMTP=${WAYMARK_SMTP:-smtp://127.0.0.1:9}
EOF
}

# An engine makes the bridge docker0 and filter rules, turns forwarding on and
# leaves all of it behind. Where there was no bridge, network_restore takes away
# what names it; rules that somebody else changed meanwhile stay.
network_save()
{
    local tool
    rm -f "$engine"/network.*
    ! ip link show docker0 >/dev/null 2>&1 || return 0
    for tool in iptables ip6tables; do
        "$tool" -S FORWARD | sed -n 's/^-P FORWARD //p' >"$engine/network.$tool"
    done
    cat /proc/sys/net/ipv4/ip_forward >"$engine/network.forward"
}

network_restore()
{
    local tool policy
    [ -f "$engine/network.forward" ] || return 0
    ! ip link show docker0 >/dev/null 2>&1 || ip link delete docker0
    for tool in iptables ip6tables; do
        policy=$(cat "$engine/network.$tool")
        "$tool-save" | sed -e '/DOCKER/d' -e '/docker0/d' \
            -e "/^\*filter/,/^COMMIT/s/^:FORWARD [A-Z]*/:FORWARD $policy/" |
            "$tool-restore"
    done
    cat "$engine/network.forward" >/proc/sys/net/ipv4/ip_forward
    rm -f "$engine"/network.*
}

engine_start()
{
    local end=$((SECONDS + 30))
    if ! proc_pid "$engine/engine.record" >/dev/null; then
        rm -f "$engine/pid" "$socket"
        [ -f "$engine/network.forward" ] || network_save
        proc_spawn "$engine/engine.record" "$engine/log" dockerd \
            --data-root "$engine/data" --exec-root "$engine/exec" \
            --pidfile "$engine/pid" -H "unix://$socket"
    fi
    until docker version >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            tail -n 8 "$engine/log" >&2
            fail 'the engine does not answer'
        fi
        sleep 0.1
    done
}

# Imports a bare Debian under the name that Dockerfiles use.
base_image() # version release
{
    local tree=$engine/debian-$1
    ! docker image inspect "debian:$1" >/dev/null 2>&1 || return 0
    echo "making debian:$1"
    rm -rf "$tree"
    debootstrap --variant=minbase "$2" "$tree" >"$engine/debootstrap.log" ||
        fail "debootstrap failed: see $engine/debootstrap.log"
    tar -C "$tree" -c . | docker import - "debian:$1" >/dev/null
    rm -rf "$tree"
}

# Builds one stand-in from its folder here and the files beside it.
stand_in() # name file...
{
    local name=$1 context=$engine/context-$1
    shift
    rm -rf "$context"
    mkdir -p "$context"
    cp -r "$here/docker/$name/." "$@" "$context/"
    echo "making testbed/$name"
    docker build -q -t "testbed/$name" "$context" >/dev/null ||
        fail "testbed/$name could not be built"
    rm -rf "$context"
}

images()
{
    base_image 13 trixie
    base_image 12 bookworm
    rm -rf "$engine/jars"
    mkdir "$engine/jars"
    cp "$root"/var/kafka-jars/*.jar "$engine/jars/"
    stand_in kafka "$engine/jars" "$here/log4j2.xml"
    stand_in postgres
    rm -rf "$engine/jars"
}

# One line a container: name, state, health.
health()
{
    local ids format='{{.Name}} {{.State.Status}} {{.State.Health.Status}}'
    mapfile -t ids < <(docker-compose ps -q)
    [ ${#ids[@]} -eq 0 ] || docker inspect -f "$format" "${ids[@]}"
}

wait_healthy()
{
    local end=$((SECONDS + 180)) state
    while state=$(health) && grep -qv ' running healthy$' <<<"$state"; do
        if [ "$SECONDS" -ge "$end" ]; then
            printf '%s\n' "$state" >&2
            fail 'not all are healthy'
        fi
        sleep 0.5
    done
    printf '%s\n' "$state"
}

lock()
{
    exec 9>"$engine/lock"
    flock 9
}

verb=${1-}
[ $# -eq 0 ] || shift
case $verb in
up | down | stop | images | status | env | run) ;;
-h | --help | help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac
[ "$(id -u)" = 0 ] || fail 'the engine needs root'
mkdir -p "$engine"
set -a
eval "$(engine_env)"
set +a
case $verb in
up)
    lock
    "$here/install.sh" 9>&-
    "$here/install.sh" --containers 9>&-
    "$root/deploy/secrets.sh" --development "$engine/secrets"
    engine_start
    images
    docker-compose up -d --build "$@"
    wait_healthy
    ;;
down)
    lock
    engine_start
    docker-compose down -v --remove-orphans
    ;;
stop)
    lock
    if proc_pid "$engine/engine.record" >/dev/null; then
        docker-compose down -v --remove-orphans
        [ -z "$(docker ps -q)" ] || exit 0
        proc_stop "$engine/engine.record" TERM 30
    fi
    network_restore
    ;;
images)
    lock
    "$here/install.sh" 9>&-
    "$here/install.sh" --containers 9>&-
    engine_start
    images
    ;;
status) health ;;
env) engine_env ;;
run) exec docker-compose "$@" ;;
esac
