#!/bin/bash
# run.sh [CHILDREN] [SEED]: record linkage on a made-up population: no link
# between two children, none between twins; what was missed and what people
# must look at is counted. BINARIES is the variant's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/linkage/files.sh
. tests/linkage/files.sh

start=$(date +%s.%N)
"$build/bin/waymark" match link "$work/register.csv" "$work/messages.csv" \
    --reviews "$work/reviews.csv" >"$work/links.csv"
seconds=$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f", b - a }')
cut -d, -f1 "$work/register.csv" >"$work/known"
awk -F, -v OFS=' ' '
    function child(id) { return substr(id, 3) }
    FNR == 1 { file++; next }
    file == 1 { known[child($1)] = 1; next }
    file == 2 { messages++; all += child($1) in known; next }
    file == 3 { if (child($1) == child($2)) right++; else { wrong++; print "false:", $0 >"/dev/stderr" }; next }
    { reviews++; right_reviews += child($1) == child($2); about[$2]; by[$4]++ }
    END {
        n = 0
        for (m in about) n++
        printf "%d %d %d %d %d %d %d\n", wrong, messages, all, right,
            reviews, right_reviews, n
        for (g in by) printf "reviews %s %d\n", g, by[g] >"/dev/stderr"
    }' "$work/known" "$work/messages.csv" "$work/links.csv" "$work/reviews.csv" >"$work/score"
read -r wrong messages all right reviews right_reviews asked <"$work/score"
echo "population: $children children, $messages messages, $all about a known" \
    "child: $right linked, $wrong false, $right_reviews to be looked at," \
    "$((all - right - right_reviews)) missed; $asked messages for people" \
    "($reviews pairs); $seconds s"
verdict 'false links' 0 "$wrong"
verdict 'one in twenty missed' $((all / 20)) $((all - right - right_reviews))
verdict 'one in four to be looked at' $((messages / 4)) "$asked"

for file in register twins; do
    "$build/bin/waymark" match dedupe "$work/$file.csv" --reviews "$work/reviews.csv" >"$work/links.csv"
    n=$(($(wc -l <"$work/links.csv") - 1))
    echo "$file: $(($(wc -l <"$work/$file.csv") - 1)) different children: $n linked," \
        "$(($(wc -l <"$work/reviews.csv") - 1)) to be looked at"
    verdict "links within $file" 0 "$n"
done
# ---- the verb: weights are the same by file, columns by another name ----
match() {
    "$build/bin/waymark" match "$@" 2>"$work/said"
}
equal() # what, two files
{
    verdict "$1" 0 "$(cmp -s "$2" "$3"; echo $?)"
}
small=$work/small.csv
head -n 1500 "$work/messages.csv" >"$small"
match link "$work/register.csv" "$small" >"$work/links.csv"
verdict 'links are found' 0 "$([ "$(wc -l <"$work/links.csv")" -gt 100 ]; echo $?)"
match train "$work/register.csv" "$small" >"$work/weights.csv"
match link "$work/register.csv" "$small" --weights "$work/weights.csv" >"$work/by-file.csv"
equal 'the same links with trained weights from a file' "$work/links.csv" "$work/by-file.csv"
sed '1s/given_name/forename/;1s/date_of_birth/dob/' "$small" >"$work/named.csv"
match link "$work/register.csv" "$work/named.csv" >"$work/by-file.csv"
verdict 'fewer links without names and births' 0 "$(cmp -s "$work/links.csv" "$work/by-file.csv" && echo 1 || echo 0)"
sed '1s/given_name/forename/;1s/date_of_birth/dob/' "$work/register.csv" >"$work/named-too.csv"
match link "$work/named-too.csv" "$work/named.csv" --map given_name=forename,date_of_birth=dob >"$work/by-file.csv"
equal 'the same links by mapped columns' "$work/links.csv" "$work/by-file.csv"
match link "$work/register.csv" "$small" --json >"$work/links.json"
verdict 'a line of JSON with evidence a link' 0 "$(($(grep -c '"evidence":\[{"field":' "$work/links.json") - $(wc -l <"$work/links.csv") + 1))"
head -n 1 "$small" >"$work/empty.csv"
match link "$work/register.csv" "$work/empty.csv" >"$work/by-file.csv"
verdict 'no links with a file without records' 1 "$(wc -l <"$work/by-file.csv")"
refused() # what, arguments
{
    local rc=0 what=$1
    shift
    match "$@" >/dev/null || rc=$?
    verdict "$what ends with 2" 0 $((rc - 2)) # and not with 3, or a signal
    verdict "$what is told" 0 "$([ -s "$work/said" ]; echo $?)"
}
printf 'id,colour\n1,red\n' >"$work/other.csv"
refused 'a file without known columns' dedupe "$work/other.csv"
refused 'a file that is not there' dedupe "$work/nothing.csv"
refused 'a threshold of 1' dedupe "$small" --threshold 1
refused 'a map of no column' dedupe "$small" --map name=forename
refused 'weights that are none' dedupe "$small" --weights "$small"
refused 'one file to link' link "$small"

echo "linkage: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
