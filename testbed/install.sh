#!/bin/bash
# install.sh: what building and testing need on Debian 12, as far as it is not
# there: packages (as root or by sudo, or it says what root has to run), the
# broker's jars into var/kafka-jars, and an archive of their classes, which
# halves a broker's start. A second run changes nothing and needs no network.
set -euo pipefail

umask 022
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=${here%/*}
jars=$root/var/kafka-jars

fail()
{
    echo "install.sh: $1" >&2
    exit 1
}

# Prints the packages of the list that are missing, one a line.
missing_packages() # list
{
    local package command have
    have=$(dpkg-query -W -f '${db:Status-Abbrev}|${Package}\n')
    while read -r package command; do
        case $package in '' | '#'*) continue ;; esac
        if [ -n "$command" ] && command -v "$command" >/dev/null; then
            continue
        fi
        case $'\n'$have$'\n' in
        *$'\nii '"|$package"$'\n'*) ;;
        *) printf '%s\n' "$package" ;;
        esac
    done <"$1"
}

# Runs as root: installs the packages of a list, and starts none of their
# servers: the test bed has its own.
install_packages() # list
{
    local conf=/etc/postgresql-common/createcluster.d
    local policy=/usr/sbin/policy-rc.d
    local apt=(apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
    local missing
    exec 8>/run/waymark-install.lock
    flock 8
    mapfile -t missing < <(missing_packages "$1")
    [ ${#missing[@]} -gt 0 ] || return 0
    export DEBIAN_FRONTEND=noninteractive
    if [ ! -d /etc/postgresql-common ]; then
        mkdir -p $conf
        echo 'create_main_cluster = false' >$conf/waymark.conf
    fi
    if [ ! -e $policy ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
    fi
    # Lists that are old may still do.
    "${apt[@]}" update 8>&- || echo 'install.sh: apt-get update failed' >&2
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" 8>&-
}

packages() # list
{
    local missing
    command -v dpkg-query >/dev/null ||
        fail "this is not Debian: install what testbed/${1##*/} names"
    missing=$(missing_packages "$1")
    [ -n "$missing" ] || return 0
    echo "installing: ${missing//$'\n'/ }"
    if [ "$(id -u)" = 0 ]; then
        "$here/install.sh" --as-root "$1" && return 0
    elif command -v sudo >/dev/null; then
        sudo "$here/install.sh" --as-root "$1" && return 0
    fi
    fail "not installed: ${missing//$'\n'/ }
Run this as root, then what you were about to do again, as yourself:
    $here/install.sh --as-root $1"
}

jars_hold() # folder
{
    local jar=("$1"/*.jar)
    [ ${#jar[@]} -eq "$(wc -l <"$here/kafka.sha256")" ] &&
        (cd "$1" && sha256sum --status -c "$here/kafka.sha256")
}

broker_jars()
{
    local new=$jars.new try
    ! jars_hold "$jars" || return 0
    echo 'fetching the broker'
    rm -rf "$new"
    for try in 1 2 3; do
        (cd "$here" && mvn -q -B -Dstyle.color=never process-resources \
            "-Djars=$new" </dev/null) && break
        [ "$try" -lt 3 ] || fail 'maven could not fetch the broker'
    done
    jars_hold "$new" || fail "$new: not the files of kafka.sha256"
    rm -rf "$jars" "$root/var/maven"
    mv "$new" "$jars"
}

# The archive fits one JVM and one class path; any other JVM ignores it. So its
# mark names both, and it is made again when one changes.
class_archive()
{
    local jvm mark
    jvm=$(readlink -f "$(command -v java)")
    jvm=${jvm%/bin/java}/lib/server/libjvm.so
    mark="$jars $(stat -c '%n %s %Y' "$jvm")"
    if [ -f "$jars/kafka.jsa" ] &&
        [ "$(cat "$jars/kafka.jsa.of" 2>/dev/null)" = "$mark" ]; then
        return 0
    fi
    echo "making the archive of the broker's classes"
    # shellcheck source=proc.sh
    . "$here/proc.sh"
    # shellcheck source=kafka.sh
    . "$here/kafka.sh"
    kafka=$root/var/kafka-archive base=0 brokers=1
    kafka_stop 1 KILL 10
    rm -rf "$kafka" "$jars"/kafka.jsa*
    mkdir -p "$kafka"
    archive_at_exit=''
    kafka_words
    kafka_reserve
    kafka_settings 1
    kafka_format 1
    archive_at_exit=$jars/kafka.jsa.new
    kafka_words
    kafka_launch 1
    kafka_wait 1
    kafka_stop 1 TERM 60
    kafka_release
    if [ -f "$archive_at_exit" ]; then
        mv "$archive_at_exit" "$jars/kafka.jsa"
        printf '%s\n' "$mark" >"$jars/kafka.jsa.of"
    else
        echo 'install.sh: no archive: brokers start slower' >&2
    fi
    rm -rf "$kafka"
}

if [ "${1-}" = --as-root ]; then
    install_packages "$2"
    exit 0
fi
list=$here/packages.txt
if [ "${1-}" = --containers ]; then
    list=$here/packages-containers.txt
elif [ $# -gt 0 ]; then
    echo 'usage: testbed/install.sh [--containers]' >&2
    exit 2
fi
mkdir -p "$root/var"
(: >>"$root/var/install.lock") 2>/dev/null ||
    fail "$root/var is another user's, root's perhaps: remove it, or give it back (chown -R)"
exec 9>"$root/var/install.lock"
flock 9
packages "$list"
broker_jars
class_archive
