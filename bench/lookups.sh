# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034
# Sourced by run.sh: what it costs triage to find a child among very many. One
# authority has all the children; triage alone reads, broker and database are
# real. First the rate at which it decides about children whom it knows, then,
# with turns of one record, how long each look-up takes: `load` is everything
# that is asked of the database for it, `step` the match and the decision.
#
#   LOOKUP_SIZES="100000 1000000"  children in the tables
#   MORE=200000                    notifications about them, for the rate
#   LOOKUPS=2000                   turns that are looked at

LOOKUP_SIZES=${LOOKUP_SIZES:-100000 1000000} LOOKUPS=${LOOKUPS:-2000}
left_over=40000 # that the rate leaves for turns of one record

triage_has_read()
{
    echo "(SELECT coalesce(sum(sequence), 0) FROM triage.in_mark
        WHERE topic = 'notifications')"
}

# A line a turn: its records in all, seconds of load, seconds of step. Turns
# that nobody looked at are left out.
watch_lookups()
{
    local at end=$((SECONDS + 60))
    at=$(sed -n 's/.*"event":"service_up".*"listen":"\([^"]*\)".*/\1/p' \
        "$work/triage.log" | tail -n 1)
    # One curl for many answers: starting it is what would take the time.
    until [ "$(sort -u "$work/lookups.tsv" | wc -l)" -ge "$LOOKUPS" ] ||
        [ $SECONDS -ge $end ]; do
        curl -s "http://$at/metrics?[1-200]" | awk '
            /^waymark_records_given_out_total/ { n = $2 }
            /^waymark_load_seconds/ { load = $2 }
            /^waymark_step_seconds/ { print n, load, $2 }' >>"$work/lookups.tsv"
    done
}

run_lookups()
{
    local children begun took sizes='' n_authorities=1 authorities=bench-1
    local services=(triage)
    for children in $LOOKUP_SIZES; do
        new_bed lookups
        start_up
        load $((children + MORE + left_over)) "$children" "$children"
        start triage
        until_true "SELECT $(triage_has_read) >= $children"
        begun=$(now)
        say "lookups: $children children are there"
        until_true "SELECT $(triage_has_read) >= $((children + MORE))"
        took=$(minus "$(now)" "$begun")
        stop triage
        : >"$work/lookups.tsv"
        WAYMARK_BATCH_MAX=1 start triage
        until_ready triage
        watch_lookups
        [ "$(sql "SELECT $(triage_has_read) < $((children + MORE + left_over))")" = t ] || {
            say "there was nothing left to look up after $(wc -l <"$work/lookups.tsv") looks"
            exit 1
        }
        sizes+="{\"children\":$children,\
\"known\":$(sql 'SELECT count(*) FROM triage.child'),\
\"notifications_per_second\":$(per_second "$MORE" "$took"),\
\"lookups\":$(sort -u "$work/lookups.tsv" | wc -l),\
\"lookup_ms\":$(sort -u "$work/lookups.tsv" |
            awk '{ print ($2 + $3) * 1e6 }' | percentiles),\
\"step_ms\":$(sort -u "$work/lookups.tsv" |
            awk '{ print $3 * 1e6 }' | percentiles)},"
        stop triage
    done
    parts+=("\"lookups\":[${sizes%,}]")
}
