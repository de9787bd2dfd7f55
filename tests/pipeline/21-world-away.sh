#!/bin/bash
# 21-world-away.sh: the broker and the database go away under load and come
# back: nobody is started again, nothing is lost or doubled.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/shard.sh
. tests/lib/shard.sh

n=3000
services=(triage tracker metrics)

bed() { testbed/bed.sh "$1" "$WAYMARK_BED" "${@:2}" >/dev/null 2>&1 || fail "bed.sh $1"; }
has_waited() # instance [times]
{
    [ "$(grep -c shard_waits "$shard_work/$1.log")" -ge "$2" ]
}
waits() { grep -c shard_waits "$shard_work/$1.log"; }
all_level()
{
    is_level tracker casework triage && is_level triage case-journal tracker &&
        is_level metrics casework triage && is_level metrics alerts tracker &&
        is_level metrics case-journal tracker && is_confirmed triage &&
        is_confirmed tracker && is_confirmed metrics
}

health() # instance path: the body, or the status where it is none of 200
{
    local at
    at=$(log_of "$1" service_up | sed 's/.*"listen":"\([^"]*\)".*/\1/')
    curl -s -o "$shard_work/answer" -w '%{http_code}\n' --max-time 5 "http://$at$2"
    [ "$2" != /metrics ] || cat "$shard_work/answer"
}
lag_of() { health "$1" /metrics | sed -n "s/^waymark_lag_records.* //p"; }
is_unsure() # instance: not ready, and its lag is not told
{
    [ "$(health "$1" /readyz)" = 503 ] && [ -z "$(lag_of "$1")" ] &&
        health "$1" /metrics | grep -c '^waymark_lag_known.* 0$' >/dev/null
}
is_sure() { [ "$(health "$1" /readyz)" = 200 ] && [ "$(lag_of "$1")" = 0 ]; }

for service in "${services[@]}"; do # small batches: the load takes a while
    start "$service" "$service" WAYMARK_BATCH_MAX=40
done
for service in "${services[@]}"; do
    until_true 30 "$service is up" log_has "$service" shard_owned
done
load $n

until_true 20 'the load is under way' has_read triage notifications intake 300
before=$(mark triage notifications intake)
bed kill-pg
for service in triage tracker; do
    until_true 20 "$service waits for the database" has_waited $service 1
done
bed start-pg
until_true 30 'triage reads on' has_read triage notifications intake $((before + 200))
waited=$(waits triage)
at=$(mark triage notifications intake)
bed kill-broker 1
until_true 20 'triage waits for the broker, or has all it needs' \
    eval "has_waited triage $((waited + 1)) || is_level triage notifications intake ||
        [ \"\$(sql \"SELECT turn - confirmed_turn > 0 FROM triage.shard WHERE shard = $shard\")\" = t ]"
bed start-broker 1
echo "read of $last: $before when the database went, $at when the broker went"
claim 'the broker went under load' "$([ "$at" -lt "$last" ] && echo yes)" yes
until_true 60 'triage reads all' has_read triage notifications intake "$last"
until_true 60 'all are level' all_level
# Nothing comes, and nobody can ask whether something does.
for service in "${services[@]}"; do
    until_true 20 "$service knows that nothing waits" is_sure "$service"
done
bed kill-broker 1
for service in "${services[@]}"; do
    until_true 20 "without the broker $service knows no lag and is not ready" \
        is_unsure "$service"
done
bed start-broker 1
for service in "${services[@]}"; do
    until_true 40 "$service knows again that nothing waits" is_sure "$service"
done
for service in "${services[@]}"; do
    claim "$service was not started again" "$(is_gone "$service" && echo gone)" ''
    claim "the replay of $service agrees with the log" \
        "$(reconciled "$service")" 'reconcile: 0 differences'
done
claim 'each notification is decided once' \
    "$(sql "SELECT count(*) - count(DISTINCT notification_id), count(DISTINCT notification_id) FROM triage.decision WHERE shard = $shard")" "0|$n"
stop "${services[@]}"
claims_end world-away
