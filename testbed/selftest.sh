#!/bin/bash
# selftest.sh: what the test bed promises, tried on copies of it in a temporary
# folder; about a minute. Needs install.sh to have run. As root it also tries
# an ordinary user and a folder that only root may enter. With names of tests
# (life neighbours three others) it runs those alone.
# Most functions are called through check():
# shellcheck disable=SC2317
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
unset WAYMARK_BED
temp=$(mktemp -d /var/tmp/bedtest.XXXXXX)
chmod 755 "$temp"
copies=()
failed=0

# Wipes what the tests started, then removes the copies.
finish()
{
    local copy file
    for copy in "${copies[@]}"; do
        for file in "$copy"/var/bed/*/env; do
            [ -f "$file" ] || continue
            file=${file%/env}
            "$copy/testbed/bed.sh" wipe "${file##*/}" || :
        done
    done
    rm -rf "$temp"
}
trap finish EXIT

check() # sentence command...
{
    local what=$1
    shift
    if "$@" >"$temp/out" 2>&1; then
        echo "ok: $what"
    else
        echo "FAILED: $what"
        sed 's/^/    /' "$temp/out"
        failed=1
    fi
}

# Makes a copy of the test bed with the jars, and sets $copy.
copy_to() # folder
{
    copy=$1
    mkdir -p "$copy/var"
    cp -r "$here" "$copy/testbed"
    cp -rp "$here/../var/kafka-jars" "$copy/var/"
    copies+=("$copy")
}

# A command with what `env` prints in its environment.
with() # copy bed command...
{
    local lines
    lines=$("$1/testbed/bed.sh" env "$2")
    shift 2
    # shellcheck disable=SC2086
    env $lines "$@"
}

ask() # copy bed sql
{
    with "$1" "$2" psql -XqAt -v ON_ERROR_STOP=1 -c "$3"
}

answers() # copy bed
{
    ask "$1" "$2" 'select 1'
    # shellcheck disable=SC2016
    with "$1" "$2" sh -c 'kcat -b "$WAYMARK_KAFKA" -L -m 5'
}

pids() # copy bed
{
    "$1/testbed/bed.sh" status "$2" | sed -n 's/.* pid \([0-9]*\).*/\1/p'
}

topic() # copy bed: makes one by a tool, as no topic comes by itself
{
    local base
    base=$(with "$1" "$2" printenv WAYMARK_KAFKA)
    java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        -cp "$1/var/kafka-jars/*" org.apache.kafka.tools.TopicCommand \
        --bootstrap-server "$base" --create --topic t --partitions 1
}

produce() # copy bed text
{
    # shellcheck disable=SC2016
    printf '%s\n' "$3" | with "$1" "$2" sh -c \
        'kcat -b "$WAYMARK_KAFKA" -X acks=all -P -t t -p 0'
}

consume() # copy bed: everything, on one line
{
    # shellcheck disable=SC2016
    with "$1" "$2" sh -c 'kcat -b "$WAYMARK_KAFKA" -C -t t -p 0 -o 0 -e -q' |
        paste -sd' '
}

same() # wanted command...
{
    local want=$1 got
    shift
    got=$("$@") || return 1
    echo "want $want, got $got"
    [ "$got" = "$want" ]
}

gone() # pid...
{
    local pid
    for pid in "$@"; do
        ! grep -q '^State:[[:space:]]*[^ZX[:space:]]' \
            "/proc/$pid/status" 2>/dev/null || return 1
    done
}

test_life()
{
    local one list
    copy_to "$temp/one"
    one=$copy
    check 'a bed starts' "$one/testbed/bed.sh" up
    check 'both servers answer' answers "$one" main
    list=$(pids "$one" main | paste -sd' ')
    check 'up again changes nothing' "$one/testbed/bed.sh" up
    check 'the same processes run' same "$list" \
        sh -c "'$one/testbed/bed.sh' status | sed -n 's/.* pid //p' |
            sed 's/ .*//' | paste -sd' '"
    check 'another shape is refused' \
        sh -c "! '$one/testbed/bed.sh' up --brokers 3"
    topic "$one" main >"$temp/out" 2>&1
    produce "$one" main first
    ask "$one" main "create table t as select 'first' as a"

    # Everything dies at once, right after a commit.
    ask "$one" main "insert into t values ('second')"
    produce "$one" main second
    # shellcheck disable=SC2046
    kill -9 $(pids "$one" main)
    check 'status says that they are gone' \
        sh -c "'$one/testbed/bed.sh' status; [ \$? -eq 3 ]"
    check 'a bed starts after kill -9 of everything' "$one/testbed/bed.sh" up
    check 'no commit is lost' same 'first second' \
        sh -c "$(declare -f ask with); ask '$one' main \
        \"select string_agg(a, ' ') from t\""
    check 'no record is lost' same 'first second' consume "$one" main

    # The pid in the record now belongs to somebody else.
    "$one/testbed/bed.sh" down
    sleep 300 &
    echo "$! 1 $(cat /proc/sys/kernel/random/boot_id)" \
        >"$one/var/bed/main/kafka/1.pid"
    echo "$! 1 x" >"$one/var/bed/main/pg.pid"
    printf '%s\n' $! >"$one/var/bed/main/pg/data/postmaster.pid"
    check 'down leaves a recycled pid alone' "$one/testbed/bed.sh" down
    check 'its process lives' kill -0 $!
    check 'up is not misled by a recycled pid' "$one/testbed/bed.sh" up
    check 'both servers answer' answers "$one" main
    kill $!

    check 'a base backup is taken' "$one/testbed/bed.sh" base-backup "$temp/b"
    ask "$one" main "insert into t values ('third')"
    check 'kill-pg' "$one/testbed/bed.sh" kill-pg
    check 'start-pg' "$one/testbed/bed.sh" start-pg
    check 'three rows before the restore' same 3 ask "$one" main \
        'select count(*) from t'
    check 'the backup is restored' "$one/testbed/bed.sh" restore "$temp/b"
    check 'two rows after the restore' same 2 ask "$one" main \
        'select count(*) from t'

    # A caller that reads the output of `up` to its end is not kept waiting.
    "$one/testbed/bed.sh" down
    check 'up holds no pipe open' timeout 60 \
        sh -c "'$one/testbed/bed.sh' up 2>&1 | cat"
    list=$(pids "$one" main)
    check 'wipe' "$one/testbed/bed.sh" wipe
    # shellcheck disable=SC2086
    check 'nothing runs after wipe' gone $list
    check 'nothing is left after wipe' [ ! -e "$one/var/bed/main" ]
}

# With a second broker of somebody's at BASE+10, does BASE go to another?
other_base() # base
{
    local got
    # shellcheck disable=SC2016
    got=$(perl -MIO::Socket::INET -e '
        my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1",
            LocalPort => $ARGV[1] + 10, ReuseAddr => 1) or die $!;
        print qx{"$ARGV[0]" $ARGV[1] </dev/null}' "$here/reserve-ports" "$1") &&
        echo "got $got" && [ -n "$got" ] && [ "$got" != "$1" ]
}

test_neighbours()
{
    local a b one two
    copy_to "$temp/a" && a=$copy
    copy_to "$temp/b b" && b=$copy
    check 'a path with a blank is refused' sh -c "! '$b/testbed/bed.sh' up"
    copy_to "$temp/c" && b=$copy
    "$a/testbed/bed.sh" up & one=$!
    "$b/testbed/bed.sh" up & two=$!
    check 'two checkouts start at once: the one' wait "$one"
    check 'and the other' wait "$two"
    check 'the one answers' answers "$a" main
    check 'the other answers' answers "$b" main
    check 'on other ports' \
        sh -c "! cmp '$a/var/bed/main/env' '$b/var/bed/main/env'"
    "$a/testbed/bed.sh" down
    check 'a second bed takes what is free' "$b/testbed/bed.sh" up second
    check 'a bed whose ports were taken finds others' "$a/testbed/bed.sh" up
    check 'and answers' answers "$a" main
    check 'nor the base of one whose first broker is down' other_base 64800
    rm -rf "$temp/copied"
    cp -rp "$a" "$temp/copied"
    check 'a copied checkout stops nothing' "$temp/copied/testbed/bed.sh" down
    check 'the original still runs' "$a/testbed/bed.sh" status
    "$a/testbed/bed.sh" wipe
    "$b/testbed/bed.sh" wipe
    "$b/testbed/bed.sh" wipe second
}

test_three()
{
    local three
    copy_to "$temp/three" && three=$copy
    check 'three brokers start' \
        "$three/testbed/bed.sh" up loss --brokers 3 --durable
    topic "$three" loss >"$temp/out" 2>&1
    check 'PostgreSQL is durable' same 'on on on on' \
        sh -c "$(declare -f with); with '$three' loss psql -XqAt -c \"select \
        string_agg(setting, ' ') from pg_settings where name in ('fsync', \
        'synchronous_commit', 'full_page_writes', 'autovacuum')\""
    check 'a broker dies' "$three/testbed/bed.sh" kill-broker loss 2
    check 'two of three take a record' produce "$three" loss one
    check 'the broker comes back' "$three/testbed/bed.sh" start-broker loss 2
    check 'all are there' "$three/testbed/bed.sh" status loss
    # shellcheck disable=SC2046
    kill -9 $(pids "$three" loss)
    check 'all start after kill -9' "$three/testbed/bed.sh" up loss
    check 'the record is there' same one consume "$three" loss
    check 'all stop' "$three/testbed/bed.sh" down loss
}

# A copy that others use, as they: who may not enter the folder above it, and
# who is not root.
test_others()
{
    local closed folder
    [ "$(id -u)" = 0 ] || return 0
    closed=$temp/closed
    mkdir -m 700 "$closed"
    copy_to "$closed/copy"
    check 'a bed starts below a folder of root alone' "$copy/testbed/bed.sh" up
    check 'both servers answer' answers "$copy" main
    folder=$(with "$copy" main printenv PGHOST)
    check 'PostgreSQL lives elsewhere' \
        sh -c "case $folder in $temp*) false; esac"
    check 'where nobody else may look' same 'postgres 700' \
        stat -c '%U %a' "$folder"
    # shellcheck disable=SC2046
    kill -9 $(pids "$copy" main)
    check 'it starts again after kill -9' "$copy/testbed/bed.sh" up
    check 'and is gone after wipe' "$copy/testbed/bed.sh" wipe
    check 'with its folder' [ ! -e "$folder" ]

    copy_to "$temp/$(printf '%090d' 0)"
    check 'a bed starts below a long path' "$copy/testbed/bed.sh" up
    check 'both servers answer' answers "$copy" main
    "$copy/testbed/bed.sh" wipe

    copy_to "$temp/user"
    chown -R nobody: "$copy"
    check 'a bed starts as an ordinary user' as_nobody "$copy/testbed/bed.sh" up
    check 'status' as_nobody "$copy/testbed/bed.sh" status
    check 'its PostgreSQL is theirs' same nobody \
        stat -c %U "$copy/var/bed/main/pg/data"
    check 'it stops' as_nobody "$copy/testbed/bed.sh" down
    check 'it starts again' as_nobody "$copy/testbed/bed.sh" up
    check 'wipe' as_nobody "$copy/testbed/bed.sh" wipe
}

as_nobody()
{
    setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$temp" "$@"
}

[ $# -gt 0 ] || set -- life neighbours three others
for name; do
    "test_$name"
done
[ $failed -eq 0 ] && echo 'the test bed keeps its promises'
exit $failed
