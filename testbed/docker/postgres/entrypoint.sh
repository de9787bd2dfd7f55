#!/bin/sh
# POSTGRES_USER, POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, POSTGRES_DB and
# the scripts in /docker-entrypoint-initdb.d, as in the official image.
set -eu
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
if [ ! -f "$PGDATA/PG_VERSION" ]; then
    password=$(mktemp)
    if [ -n "${POSTGRES_PASSWORD_FILE-}" ]; then
        cat "$POSTGRES_PASSWORD_FILE" >"$password"
    else
        printf '%s\n' "$POSTGRES_PASSWORD" >"$password"
    fi
    initdb -U "$user" --pwfile="$password" -A scram-sha-256 \
        --auth-local=trust -E UTF8 --locale=C.UTF-8
    rm "$password"
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    # By the socket only: a health check over TCP fails until all is set up.
    pg_ctl -w start -o "-c listen_addresses=''"
    [ "$database" = postgres ] || createdb -U "$user" "$database"
    for script in /docker-entrypoint-initdb.d/*.sql; do
        [ ! -f "$script" ] ||
            psql -v ON_ERROR_STOP=1 -U "$user" -d "$database" -f "$script"
    done
    pg_ctl -w -m fast stop
fi
exec postgres -c listen_addresses='*'
