#!/bin/bash
# run.sh [CHILDREN] [SEED]: a made-up population through triage: no message is
# given to another child, none to a twin; what was missed and what people must
# look at is counted. BINARIES is the variant's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/linkage/files.sh
. tests/linkage/files.sh

triage() # files: the lines of the program, without the folder
{
    "$build/tests/population/triage" profiles/kent-2015.json \
        calendars/england-and-wales.json "$@" || [ $? -eq 1 ]
}
# The register tells of each child once, so nobody in it is somebody else's.
triage "$work/register.csv" "$work/messages.csv" >"$work/score"
triage "$work/twins.csv" >>"$work/score"
while read -r file messages known same wrong missed review right fresh seconds; do
    name=$(basename "$file" .csv)
    echo "$name: $messages messages, $known about a known child: $same given to" \
        "it, $wrong to another, $missed missed; $review for people ($right name" \
        "the child), $fresh new; $seconds s"
    verdict "$name: given to another child" 0 "$wrong"
    case $name in
    messages)
        verdict 'one in twenty missed' $((known / 20)) "$missed"
        verdict 'one in four for people' $((messages / 4)) "$review"
        verdict 'half at most not given' $((known / 2)) $((known - same))
        ;;
    twins) verdict 'a twin given to its twin' 0 "$same" ;;
    register) verdict 'one in ten for people' $((messages / 10)) "$review" ;;
    esac
done <"$work/score"

echo "population: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
