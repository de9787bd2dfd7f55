#!/bin/bash
# manual.sh WAYMARK: the manual pages and the operator's page against the
# programs themselves. Every verb and every option that `--help` prints (from
# the table that the program reads) stands in the verb's paragraphs, and no
# paragraph has another; the same for the services' settings; every alert rule
# of Prometheus is explained in docs/operations.md. WAYMARK is the command; the
# services lie beside it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
waymark=$1
page=man/waymark.1.scd
passed=0 failed=0

# Sentences of a paragraph that stand for several options.
signed='agency key kid audience intake'
# Said once for all verbs, in the section OPTIONS.
everywhere='json kafka pgconn profiles help'

same() { # what, wanted, got: lists with an item a line
    local less more
    less=$(comm -23 <(sort -u <<<"$2") <(sort -u <<<"$3") | xargs)
    more=$(comm -13 <(sort -u <<<"$2") <(sort -u <<<"$3") | xargs)
    if [ -z "$less$more" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1${less:+; not in the page: $less}${more:+; in the page alone: $more}"
    fi
}

paragraphs() { # of a verb
    awk -v verb="$1" '/^# /{ in_verbs = $2 == "VERBS"; mine = 0 }
        in_verbs && /^\*[a-z]/ { word = $1; gsub(/\*/, "", word); mine = word == verb }
        mine' "$page"
}

options_of_program() { # verb
    "$waymark" "$1" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p'
}

# To `everywhere` belongs nothing that a paragraph speaks of all the same.
options_of_page() { # text
    grep -o '\*--[a-z-]*\*' <<<"$1" | tr -d '*' | sed 's/^--//' || :
    if grep -q 'Signed as with \*send\*' <<<"$(xargs -d '\n' <<<"$1")"; then
        tr ' ' '\n' <<<"$signed"
    fi
}

without_everywhere() {
    grep -vxF "$(tr ' ' '\n' <<<"$everywhere")" || :
}

verbs=$("$waymark" --help | sed -n 's/^  \([a-z-]*\)  *[^ ].*/\1/p')
same 'the verbs' "$verbs" \
    "$(awk '/^# /{ on = $2 == "VERBS" } on && /^\*[a-z]/ { gsub(/\*/, "", $1); print $1 }' "$page")"
for verb in $verbs; do
    same "options of waymark $verb" "$(options_of_program "$verb" | without_everywhere)" \
        "$(options_of_page "$(paragraphs "$verb")" | without_everywhere)"
done
same 'options of all verbs' "$(tr ' ' '\n' <<<"$everywhere")" \
    "$(awk '/^# /{ on = $0 == "# OPTIONS" } on && /^\*--/' "$page" | grep -o '\*--[a-z-]*\*' | tr -d '*' | sed 's/^--//')"

for service in intake triage tracker metrics notifier; do
    pages=("man/waymark-$service.8.scd" man/service.inc)
    [ "$service" = intake ] || pages+=(man/turns.inc)
    keys=$("$waymark-$service" --help | sed -n 's/^  \([A-Z_]*\)  .*/\1/p')
    headings=$(cat "${pages[@]}" | grep '^\*[A-Z]' | grep -o '\*[A-Z_]*\*' | tr -d '*')
    # A setting may be explained in the paragraph of another; no heading is none.
    told=$(cat "${pages[@]}" | grep -o '\*[A-Z_]*\*' | tr -d '*' | grep -xF "$keys")
    same "settings of $service" "$keys" "$told
$headings"
done

same 'alert rules' "$(sed -n 's/^ *- alert: //p' deploy/prometheus/rules.yml)" \
    "$(awk '/^## /{ on = $2 == "Watching" } on' docs/operations.md | grep -o '\bWaymark[A-Z][A-Za-z]*' | sort -u)"

echo "man: $passed passed, $failed failed"
[ $failed -eq 0 ]
