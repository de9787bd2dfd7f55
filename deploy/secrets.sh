#!/bin/bash
# secrets.sh [--development] FOLDER: draws the secrets of docker-compose.yml into
# FOLDER. What is there already stays, so a second run changes nothing.
#
#   postgres_password    of the database's superuser
#   SERVICE.pgpass       a role's password for libpq, its reader's own
#   passwords.sql        gives each role its password, once, at first start; by
#                        hand where a role came later
#   intake_hash_key      keys the hash over contents; must never change
#   seal_key             master key: without it no name in the log can be read
#
# For trying out, and only there, --development (wants openssl and jq) adds
#
#   development.pem      one private key for all agencies
#   profiles             those of this repository, with its public half in the
#                        register: WAYMARK_PROFILES=FOLDER/profiles
#
# A real agency draws its own key (docs/agencies.md).
#
# The folder is closed to others, its owner aside. Containers run as user 10001
# and must own what they read: as root this is seen to; anyone else starts them
# with WAYMARK_USER=UID:GID of their own, as the last line says.
set -euo pipefail

development=false
if [ "${1-}" = --development ]; then
    development=true
    shift
fi
if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then
    echo 'usage: deploy/secrets.sh [--development] FOLDER' >&2
    exit 2
fi
umask 077
folder=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
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

statements()
{
    local name
    for name in "${names[@]}"; do
        echo "ALTER ROLE waymark_$name" \
            "PASSWORD '$(cut -d : -f 5 "$folder/$name.pgpass")';"
    done
}

# One key for all agencies. The profiles are written anew in place: containers
# may have the folder open.
draw_development()
{
    local pem
    if [ ! -e "$folder/development.pem" ]; then
        pem=$(openssl ecparam -name prime256v1 -genkey -noout)
        write development.pem 400 <<<"$pem"
    fi
    pem=$(openssl pkey -in "$folder/development.pem" -pubout)
    mkdir -p "$folder/profiles"
    cp -rf "$root/profiles/." "$folder/profiles"
    jq --arg pem "$pem" '.agencies[].keys = [{kid: "development", pem: $pem}]' \
        "$root/profiles/agencies.json" | write profiles/agencies.json 444
    chmod -R a+rX "$folder/profiles"
}

[ -e "$folder/postgres_password" ] || random | write postgres_password 444
[ -e "$folder/intake_hash_key" ] || random | write intake_hash_key 400
[ -e "$folder/seal_key" ] ||
    head -c 32 /dev/urandom | base64 | write seal_key 400
for name in "${names[@]}"; do
    [ ! -e "$folder/$name.pgpass" ] || continue
    rm -f "$folder/passwords.sql"
    echo "*:*:*:waymark_$name:$(random)" | write "$name.pgpass" 400
done
[ -e "$folder/passwords.sql" ] || statements | write passwords.sql 444
! $development || draw_development
if [ "$(id -u)" = 0 ]; then
    chown 10001:10001 "$folder"/*.pgpass "$folder/intake_hash_key" \
        "$folder/seal_key"
else
    echo "WAYMARK_USER=$(id -u):$(id -g)"
fi
