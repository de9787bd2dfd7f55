#!/bin/sh
# embed.sh OUT.c: every services/NAME/sql/NNN_what.sql as bytes of the
# programs, in order, so that a service can set up its own schema.
set -eu
out=$1
{
    printf '#include "common/adapters/sql.h"\n\n'
    for f in services/*/sql/*.sql; do
        id=$(printf '%s' "$f" | tr -c 'a-zA-Z0-9' '_')
        printf 'static const char %s[] = {\n' "$id"
        od -An -v -tx1 "$f" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
        printf '0x00 };\n'
    done
    printf '\nconst struct sql_text sql_embedded[] = {\n'
    for f in services/*/sql/*.sql; do
        id=$(printf '%s' "$f" | tr -c 'a-zA-Z0-9' '_')
        service=${f#services/}
        printf '    { "%s", "%s", %s },\n' "${service%%/*}" "${f##*/}" "$id"
    done
    printf '};\nconst size_t sql_embedded_n =\n'
    printf '    sizeof sql_embedded / sizeof sql_embedded[0];\n'
} >"$out.new"
mv "$out.new" "$out"
