#!/bin/bash
# core_is_pure.sh LIB: the core includes libc, hashing and core headers only,
# and calls nothing that knows a clock, the environment, the heap or a file.
# Shows first that it would notice each of these.
set -euo pipefail
lib=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# All that a core may call beside itself: text, memory, hashes, assertions.
allowed='^(mem(chr|cmp|cpy|move|set)|str(chr|cmp|len|ncmp|nlen|rchr|spn|cspn|pbrk)|v?snprintf|__v?snprintf_chk|__mem(cpy|move|set)_chk|qsort|bsearch|abort|__assert_fail|__stack_chk_fail|__popcount[ds]i2|_GLOBAL_OFFSET_TABLE_|XXH[A-Za-z0-9_]*|crypto_generichash[a-z0-9_]*|__ctype_b_loc|__gcov_.*|__(asan|ubsan)_.*)$'

foreign_calls() # objects or libraries
{
    nm -u "$@" | awk '$1 == "U" { print $2 }' | sort -u >"$work/used"
    nm --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort -u >"$work/own"
    comm -23 "$work/used" "$work/own" | grep -vE "$allowed" || :
}

foreign_includes() # files
{
    grep -HnE '^#include' "$@" |
        grep -vE '<(assert|inttypes|limits|stdalign|stdarg|stdbool|stddef|stdint|stdio|stdlib|string|ctype|xxhash|sodium|sodium/crypto_generichash)\.h>' |
        grep -vE '"(common|intake|triage|tracker|metrics|notifier|cli)/core/[a-z_]+\.h"' || :
}

# A check that can't fail is none: each of these must be noticed.
for call in 'time(0)' 'getenv("X")' 'malloc(1)' 'fopen("x", "r")' \
    'clock()' 'printf("x")'; do
    printf '#include <stdio.h>\n#include <stdlib.h>\n#include <time.h>\nlong bad(void);\nlong bad(void) { return (long)%s; }\n' \
        "$call" >"$work/bad.c"
    gcc -c "$work/bad.c" -o "$work/bad.o"
    [ -n "$(foreign_calls "$work/bad.o")" ] || {
        echo "the check does not notice $call"
        exit 1
    }
done
[ -n "$(foreign_includes "$work/bad.c")" ] || {
    echo "the check does not notice a foreign include"
    exit 1
}

found=$(foreign_calls "$lib"; foreign_includes services/*/core/*.[ch])
# One service never includes another's folder.
for service in intake triage tracker metrics notifier; do
    found+=$(grep -HnE '^#include "(intake|triage|tracker|metrics|notifier|console|cli)/' \
        services/$service/*.[ch] services/$service/core/*.[ch] 2>/dev/null |
        grep -v "\"$service/" || :)
done
# One outside library a file: nobody else includes it.
for pair in "librdkafka:kafka_(admin|client|reader|writer)" avro:avro libpq-fe:pg microhttpd:http \
    'curl/curl:(http_client|mail)' csv:csv iconv:csv zlib:gzip; do
    found+=$(grep -lE "^#include <${pair%%:*}(/rdkafka)?\.h>" services/*/*.[ch] \
        services/*/*/*.[ch] | grep -vE "^services/common/adapters/${pair##*:}\.[ch]$" || :)
done
if [ -n "$found" ]; then
    printf '%s\n' "$found"
    echo "core: 0 passed, 1 failed"
    exit 1
fi
echo "core: 9 passed, 0 failed"
