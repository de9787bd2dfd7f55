#!/bin/bash
# context.sh: what deploy/Dockerfile copies is enough to compile the programs,
# and what docker-compose.yml mounts of this repository is there. Needs no engine:
# make only says what it would do, in a folder that holds nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
n=0
while read -r word from to; do
    case $word in
    FROM) stage=$((${stage:-0} + 1)) ;;
    COPY)
        [ "$stage" = 1 ] || continue
        mkdir -p "$there/$(dirname "$to")"
        cp -r "$from" "$there/$to"
        n=$((n + 1))
        ;;
    esac
done <deploy/Dockerfile
# All files with a default below ./ but what deploy/secrets.sh draws.
while read -r mounted; do
    [ -e "$mounted" ] || {
        echo "docker-compose.yml mounts $mounted, which is not there"
        echo "image: $n passed, 1 failed"
        exit 1
    }
    n=$((n + 1))
done < <(grep -oE '(- |:-)\./[^:}]*' docker-compose.yml | grep -oE '\./.*' | grep -v '^\./var/' | sort -u)
if command -v docker-compose >/dev/null; then
    docker-compose --profile door --profile notifier --profile tools config -q
    n=$((n + 1))
fi
if make -C "$there" -n build >/dev/null 2>"$there/said"; then
    echo "image: $n passed, 0 failed"
else
    cat "$there/said"
    echo "image: 0 passed, $n failed"
    exit 1
fi
