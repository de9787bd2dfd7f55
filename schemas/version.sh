#!/bin/sh
# version.sh NAME: begins a new version of a frozen record. The line of the
# present one names its frozen copy from now on; a line with the next free id
# is added for NAME.avsc, which may then be changed (README.md).
set -eu

[ $# -eq 1 ] || { echo "usage: version.sh NAME" >&2; exit 2; }
cd "$(dirname "$0")" || exit 1
line=$(awk -v name="$1" '$2 == name && $4 == name ".avsc"' ids.lock)
[ -n "$line" ] || { echo "version.sh: ids.lock has no $1.avsc" >&2; exit 1; }
version=$(echo "$line" | cut -d ' ' -f 3)
frozen=frozen/$1.v$version.avsc
[ -e "$frozen" ] || { echo "version.sh: $1 $version is not frozen: change it" >&2; exit 1; }
next=$(awk '$1 != "#" && $1 > max { max = $1 } END { print max + 1 }' ids.lock)
tmp=ids.lock.tmp
trap 'rm -f "$tmp"' EXIT
{
    sed "s|^\([0-9]* $1 $version \)$1.avsc |\1$frozen |" ids.lock
    echo "$next $1 $((version + 1)) $1.avsc $(sha256sum "$1.avsc" | cut -d ' ' -f 1)"
} >"$tmp"
mv "$tmp" ids.lock
echo "$1 $((version + 1)) has the id $next: write it into records.c"
