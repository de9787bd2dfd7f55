# shellcheck shell=bash
# PostgreSQL of one bed, in the folder $pg: data/, the socket, and bed.conf
# with its settings. It is reached by that socket alone. Sourced by bed.sh,
# which sets $bed (log and record), $pg, $durable (0 or 1) and $large (0 or 1).
#
# It refuses to run as root: then it runs as the user postgres, whose the
# folder is. An ordinary user runs it as themselves.
# shellcheck disable=SC2154

PG_PORT=5432 # Names the socket only: there is no TCP.
PG_DATABASE=waymark

# Words in front of a command that is to run as the server's user.
if [ "$(id -u)" = 0 ]; then
    pg_as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    pg_user=postgres
else
    pg_as=()
    pg_user=$(id -un)
fi

# Sets $pgbin, the server's programs: of the version that wrote the data, or
# the newest.
pg_find()
{
    local version
    if [ -f "$pg/data/PG_VERSION" ]; then
        version=$(cat "$pg/data/PG_VERSION")
    else
        version=$(cd /usr/lib/postgresql 2>/dev/null &&
            printf '%s\n' [0-9]* | sort -n | tail -n 1)
    fi
    pgbin=/usr/lib/postgresql/$version/bin
    if [ ! -x "$pgbin/postgres" ]; then
        echo "PostgreSQL $version is not there: run testbed/install.sh" >&2
        return 1
    fi
}

pg_run() # command...: as the server's user, away from the caller's folder
{
    (cd / && exec "${pg_as[@]}" env HOME=/ "$@" </dev/null)
}

# Can the server live in this folder? It must be able to enter it, a socket's
# path has at most 107 bytes, and PGHOST goes unquoted into files and shells.
pg_fits() # folder
{
    local socket=$1/.s.PGSQL.$PG_PORT
    [ "$(printf %s "$socket" | wc -c)" -le 107 ] &&
        [[ $1 != *[!A-Za-z0-9/._+@-]* ]] &&
        pg_run test -x "$1"
}

pg_owns() # folder: it is a real one, of the server's user
{
    [ -d "$1" ] && [ ! -L "$1" ] && [ "$(stat -c %U "$1")" = "$pg_user" ]
}

pg_mkdir() # folder: new, and of the server's user alone
{
    mkdir -m 700 "$1" && chown "$pg_user:" "$1"
}

# Sets $pg to a new and empty folder: $1, or $2/$3 where $1 does not fit. $2
# lies in a place that anybody may write to, hence the care.
pg_place() # inside outside name
{
    local parent=$2
    pg=$1
    pg_mkdir "$pg"
    ! pg_fits "$pg" || return 0
    rmdir "$pg"
    if ! pg_mkdir "$parent" 2>/dev/null && ! pg_owns "$parent"; then
        parent=$(mktemp -d "$parent.XXXXXX")
        chown "$pg_user:" "$parent"
    fi
    pg=$parent/$3
    # What an earlier checkout of the same name left behind.
    if [ -e "$pg" ]; then
        pg_stop QUIT 10
        rm -rf "$pg"
    fi
    pg_mkdir "$pg"
    pg_fits "$pg" || {
        echo "$pg_user cannot use $pg" >&2
        return 1
    }
}

# Removes the server's folder, and the one above when nothing else is in it.
pg_remove()
{
    rm -rf "$pg"
    case $pg in "$bed"/*) ;; *) rmdir "${pg%/*}" 2>/dev/null || : ;; esac
}

pg_settings()
{
    local on=off memory=32MB vacuum=off
    [ "$durable" = 0 ] || on=on
    [ "$large" = 0 ] || memory=128MB vacuum=on
    # What a commit wrote survives the death of every process even with fsync
    # off; with synchronous_commit off it would not.
    cat >"$pg/bed.conf" <<EOF
listen_addresses = ''
port = $PG_PORT
unix_socket_directories = '$pg'
max_connections = 200
shared_buffers = $memory
fsync = $on
full_page_writes = $on
synchronous_commit = on
autovacuum = $vacuum
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %a '
EOF
    chmod 644 "$pg/bed.conf"
}

# Makes the cluster once, whole or not at all.
pg_init()
{
    local sync=()
    rm -rf "$pg/data.new"
    # A restore that was cut off between its two renames.
    if [ ! -d "$pg/data" ] && [ -d "$pg/data.old" ]; then
        mv "$pg/data.old" "$pg/data"
    fi
    rm -rf "$pg/data.old"
    [ ! -d "$pg/data" ] || return 0
    [ "$durable" = 1 ] || sync=(--no-sync)
    pg_run "$pgbin/initdb" -D "$pg/data.new" -U postgres -A trust -E UTF8 \
        --locale=C.UTF-8 "${sync[@]}" >>"$bed/pg.log" 2>&1 || {
        tail -n 8 "$bed/pg.log" >&2
        return 1
    }
    echo "include '../bed.conf'" >>"$pg/data.new/postgresql.conf"
    mv "$pg/data.new" "$pg/data"
}

pg_is() # pid: it is the server of this data folder, which it stands in
{
    [ "$(readlink "/proc/$1/cwd" 2>/dev/null)" = "$pg/data" ]
}

# Prints the server's pid; fails when it does not run.
pg_pid()
{
    local pid
    if pid=$(proc_pid "$bed/pg.pid") && pg_is "$pid"; then
        printf '%s\n' "$pid"
        return 0
    fi
    # A start that was cut off before the record was written.
    pid=$(head -n 1 "$pg/data/postmaster.pid" 2>/dev/null) &&
        pg_is "$pid" && proc_record "$bed/pg.pid" "$pid" &&
        printf '%s\n' "$pid"
}

pg_stop() # signal seconds: TERM, INT, QUIT or KILL
{
    ! pg_pid >/dev/null || proc_stop "$bed/pg.pid" "$1" "$2"
}

# The server takes any process under the pid in its lock files for a running
# server. One that is not must not keep it from starting.
pg_unlock()
{
    local pid
    rm -f "$pg/.s.PGSQL.$PG_PORT.lock"
    pid=$(head -n 1 "$pg/data/postmaster.pid" 2>/dev/null) || return 0
    if [ -d "/proc/$pid" ]; then
        rm -f "$pg/data/postmaster.pid"
    fi
}

pg_answers()
{
    "$pgbin/pg_isready" -q -h "$pg" -p "$PG_PORT" -U postgres
}

pg_query() # database sql
{
    "$pgbin/psql" -XqAt -v ON_ERROR_STOP=1 -h "$pg" -p "$PG_PORT" \
        -U postgres -d "$1" -c "$2" </dev/null
}

# Starts the server if it does not run, and waits until it answers, however
# long it recovers. After a kill its last children may need a moment to go, and
# it refuses to start before: hence more than one try.
pg_start()
{
    local end=$((SECONDS + 120)) tries=0
    pg_find
    pg_init
    if ! pg_pid >/dev/null; then
        pg_settings
        pg_unlock
        rm -f "$bed/pg.pid"
    fi
    until pg_answers; do
        if ! proc_pid "$bed/pg.pid" >/dev/null; then
            tries=$((tries + 1))
            [ $tries -eq 1 ] || sleep 0.5
            proc_spawn "$bed/pg.pid" "$bed/pg.log" "${pg_as[@]}" \
                "$pgbin/postgres" -D "$pg/data"
        fi
        if [ $tries -gt 10 ] || [ "$SECONDS" -ge "$end" ]; then
            echo 'PostgreSQL does not answer; the end of its log:' >&2
            tail -n 8 "$bed/pg.log" >&2
            return 1
        fi
        sleep 0.05
    done
    if [ -z "$(pg_query postgres \
        "select 1 from pg_database where datname = '$PG_DATABASE'")" ]; then
        pg_query postgres "create database $PG_DATABASE"
    fi
}

# A copy of the cluster as it is now, taken while it runs.
pg_backup() # folder
{
    local sync=()
    [ "$durable" = 1 ] || sync=(--no-sync)
    pg_find
    "$pgbin/pg_basebackup" -D "$1" -h "$pg" -p "$PG_PORT" -U postgres \
        --checkpoint=fast --wal-method=stream "${sync[@]}"
}

# Puts such a copy in the place of the cluster, which does not run.
pg_restore() # folder
{
    rm -rf "$pg/data.new" "$pg/data.old"
    cp -a "$1" "$pg/data.new"
    chown -R "$pg_user:" "$pg/data.new"
    chmod 700 "$pg/data.new"
    [ ! -d "$pg/data" ] || mv "$pg/data" "$pg/data.old"
    mv "$pg/data.new" "$pg/data"
    rm -rf "$pg/data.old"
}
