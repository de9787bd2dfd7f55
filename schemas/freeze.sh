#!/bin/sh
# freeze.sh: keeps a copy of every newest version under frozen/, so that it can
# never change again: the contract test holds NAME.avsc against it, and lock.sh
# writes no new hash for it. To be called with each release (README.md).
set -eu

cd "$(dirname "$0")" || exit 1
mkdir -p frozen
grep -v '^#' ids.lock | while read -r _ name version file _; do
    case $file in
    frozen/*) continue ;;
    esac
    [ -e "frozen/$name.v$version.avsc" ] || cp "$file" "frozen/$name.v$version.avsc"
done
