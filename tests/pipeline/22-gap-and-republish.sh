#!/bin/bash
# 22-gap-and-republish.sh: a broker loses a topic. Who reads it, and who wrote
# it, stops and names the numbers; `waymark republish` sends them again from
# the outbox, and all goes on.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

casework_is_new() # the topic stands there again, empty
{
    [ "$(topic ends --topic casework 2>/dev/null)" = '0 0' ]
}

status() # service: exit code, and its code in the list of services
{
    local rc=0
    waymark status --json --authority "$authority" >"$shard_work/status" || rc=$?
    echo "$rc $(jq -r --arg s "$1" \
        '.services[] | select(.service == $s) | .stopped' "$shard_work/status")"
}
stop_of() # service jq-filter
{
    waymark status --json --authority "$authority" |
        jq -r --arg s "$1" ".stopped[] | select(.service == \$s) | $2"
}

republish() # from
{
    waymark republish --service triage --authority "$authority" \
        --topic casework --from "$1"
}

all_level()
{
    is_level tracker casework triage && is_level triage case-journal tracker &&
        is_confirmed triage && is_confirmed tracker
}

start triage triage
start tracker tracker
load 200
until_true 20 'triage reads all' has_read triage notifications intake "$last"
until_true 20 'all are level' all_level
had=$(mark tracker casework triage)

# Lost between what the tracker has read and what comes later.
stop tracker
plant good:50
until_true 20 'triage reads on' has_read triage notifications intake "$planted"
until_true 20 'all is confirmed' is_confirmed triage
lost=$(given triage casework)
topic drop --topic casework
# Whoever starts makes the missing topic.
start maker metrics WAYMARK_AUTHORITIES=bench-2
until_true 20 'the topic is there again' casework_is_new
plant good:30
until_true 20 'triage reads on still' has_read triage notifications intake "$planted"
until_true 30 'the later ones are confirmed' is_confirmed triage
start tracker tracker
reap tracker 30
claim 'the reader stops' "$exit_code" 10
claim 'and names the numbers that are lost' \
    "$(log_of tracker shard_stopped | grep -o 'casework: triage.1 lost from [0-9]* to [0-9]*')" \
    "casework: triage.1 lost from $((had + 1)) to $lost"
claim 'status shows it stopped, though its process is gone' \
    "$(status tracker)" "1 gap"
claim 'and why' \
    "$(stop_of tracker .reason | grep -o 'casework: triage.1 lost from [0-9]* to [0-9]*')" \
    "casework: triage.1 lost from $((had + 1)) to $lost"
claim 'as text, too' \
    "$(waymark status | grep -c '^tracker  *bench-1  *gap  *tracker ')" 1
claim 'nobody else stopped' "$(status triage)" '1 -'
claim 'what is lost is sent again' \
    "$(republish 1 | grep -o '[0-9]* records of casework')" \
    "$(given triage casework) records of casework"
start tracker tracker
until_true 30 'the tracker goes on' all_level
claim 'status shows that it goes on' "$(status tracker)" '0 -'

# Lost behind what the writer has confirmed: it finds out when it starts.
stop triage tracker maker
topic drop --topic casework
start triage triage
reap triage 30
claim 'the writer stops' "$exit_code" 10
claim 'and says from where on to publish again' \
    "$(log_of triage shard_stopped | grep -o 'our 1 to [0-9]* are lost, republish from 1')" \
    "our 1 to $(given triage casework) are lost, republish from 1"
claim 'an unknown number is refused' \
    "$(republish $(($(given triage casework) + 1)) >/dev/null 2>&1; echo $?)" 3
republish 1
start triage triage
start tracker tracker
start metrics metrics
plant good:20 time
until_true 20 'triage reads on' has_read triage notifications intake "$planted"
until_true 30 'all go on' all_level
until_true 30 'metrics too' is_level metrics casework triage
for service in triage tracker metrics; do
    claim "the replay of $service agrees with the log" \
        "$(reconciled $service)" 'reconcile: 0 differences'
done
stop triage tracker metrics
claims_end gap-and-republish
