#!/bin/sh
# embed.sh OUT.c: writes the schemas that ids.lock names as a C table
# (services/common/adapters/schemas.h). Fails where a file isn't the one that
# was locked: a changed schema needs a new id, or before the freeze lock.sh.
set -eu

[ $# -eq 1 ] || { echo "usage: embed.sh OUT.c" >&2; exit 2; }
out=$1
cd "$(dirname "$0")" || exit 1
case $out in
/*) ;;
*) out=$OLDPWD/$out ;;
esac
tmp=$out.tmp
trap 'rm -f "$tmp"' EXIT

locked() {
    grep -v '^#' ids.lock | sort -n
}

locked | while read -r _ _ _ file sha; do
    echo "$sha  $file"
done | sha256sum --check --quiet >&2 ||
    { echo "embed.sh: a schema differs from ids.lock" >&2; exit 1; }

{
    echo '/* Written by schemas/embed.sh from schemas/ids.lock. */'
    echo '#include "common/adapters/schemas.h"'
    locked | while read -r id _ _ file _; do
        printf '\nstatic const char json_%s[] = {' "$id"
        od -An -v -tu1 "$file" | sed 's/  */,/g; s/^,//; s/$/,/'
        echo '};'
    done
    printf '\nconst struct schema_text schemas_embedded[] = {\n'
    locked | while read -r id name version _ _; do
        printf '    { %s, "%s", %s, json_%s, sizeof json_%s },\n' \
            "$id" "$name" "$version" "$id" "$id"
    done
    echo '};'
    echo 'const size_t schemas_embedded_n ='
    echo '    sizeof schemas_embedded / sizeof schemas_embedded[0];'
} >"$tmp"
mv "$tmp" "$out"
