#!/bin/sh
# lock.sh: writes the hashes of the files in ids.lock anew, keeping ids and
# versions. A frozen version keeps its hash: version.sh begins a new one.
set -eu

cd "$(dirname "$0")" || exit 1
tmp=ids.lock.tmp
trap 'rm -f "$tmp"' EXIT
while read -r id name version file sha; do
    if [ "$id" != "#" ]; then
        now=$(sha256sum "$file" | cut -d ' ' -f 1)
        if [ "$now" != "$sha" ] && [ -e "frozen/$name.v$version.avsc" ]; then
            echo "lock.sh: $name $version is frozen: version.sh $name" >&2
            exit 1
        fi
        sha=$now
    fi
    echo "$id $name $version $file $sha"
done <ids.lock >"$tmp"
mv "$tmp" ids.lock
