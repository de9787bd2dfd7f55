#!/bin/bash
# secrets.sh FOLDER: draws the secrets of docker-compose.yml into FOLDER. What
# is there already stays, so a second run changes nothing.
#
#   postgres_password    of the database's superuser
#   passwords.sql        gives each role its password, once, at first start
#   SERVICE.pgpass       the same for libpq, which wants it to be its reader's
#   intake_hash_key      keys the hash over contents; must never change
#   seal_key             master key: without it no name in the log can be read
#
# The folder is closed to others, its owner aside. Containers run as user 10001
# and must own what they read: as root this is seen to; anyone else starts them
# with WAYMARK_USER=UID:GID of their own, as the last line says.
set -euo pipefail

if [ $# -ne 1 ]; then
    echo 'usage: deploy/secrets.sh FOLDER' >&2
    exit 2
fi
umask 077
folder=$1
names=(intake triage tracker metrics notifier cli)
mkdir -p "$folder"

random()
{
    head -c 32 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_'
}

# Whole or not at all: a run that was ended leaves no half of a secret.
write() # name mode; text on stdin
{
    cat >"$folder/$1.new"
    chmod "$2" "$folder/$1.new"
    mv "$folder/$1.new" "$folder/$1"
}

[ -e "$folder/postgres_password" ] || random | write postgres_password 444
[ -e "$folder/intake_hash_key" ] || random | write intake_hash_key 400
[ -e "$folder/seal_key" ] ||
    head -c 32 /dev/urandom | base64 | write seal_key 400
if [ ! -e "$folder/passwords.sql" ]; then
    statements=''
    for name in "${names[@]}"; do
        password=$(random)
        echo "*:*:*:waymark_$name:$password" | write "$name.pgpass" 400
        statements+="ALTER ROLE waymark_$name PASSWORD '$password';"$'\n'
    done
    printf %s "$statements" | write passwords.sql 444
fi
if [ "$(id -u)" = 0 ]; then
    chown 10001:10001 "$folder"/*.pgpass "$folder/intake_hash_key" \
        "$folder/seal_key"
else
    echo "WAYMARK_USER=$(id -u):$(id -g)"
fi
