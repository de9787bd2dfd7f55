#!/bin/bash
# Another authority's profile through all services: the third need, an intent
# that becomes a CAF, a two-sided hand-over, drift, and a closure in the KPIs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=tests/lib/services.sh
. tests/lib/services.sh
# shellcheck disable=SC2034
authority=rutland-2014
# shellcheck source=demo/play.sh
. demo/play.sh
# shellcheck source=tests/lib/kpi.sh
. tests/lib/kpi.sh
services_up rutland-2014
play tests/data/rutland-day.ndjson
lines() { sql "$1" | tr '\n' ';'; }

claim 'two needs that one agency can meet: RU05' \
    "$(lines "SELECT rule_id, outcome, status FROM triage.decision WHERE agency_ref = 'RS-1'")" \
    'RU05 single_agency final;'
claim 'the third need triggers by RU03, without a person' \
    "$(lines "SELECT rule_id, outcome, status FROM triage.decision WHERE agency_ref = 'RH-1'")" \
    'RU03 caf_taf final;'
claim 'below the threshold at duty: RU02' \
    "$(lines "SELECT rule_id, outcome, status FROM triage.decision WHERE agency_ref = 'RI-1'")" \
    'RU02 caf_taf final;'
claim 'the third need changed the case that was there, its worker stayed' \
    "$(lines "SELECT c.state, c.outcome, c.worker, c.close_outcome FROM tracker.cases c
        JOIN triage.decision d ON d.child_id = c.child_id WHERE d.agency_ref = 'RS-1'")" \
    'closed caf_taf worker-1 needs_met;'
claim 'the intent became a case without a worker' \
    "$(lines "SELECT c.side, c.state, c.outcome FROM tracker.cases c
        JOIN triage.decision d ON d.child_id = c.child_id WHERE d.agency_ref = 'RI-1'")" \
    'eh unallocated caf_taf;'
claim 'the hand-over closed the one side and opened the other, at one instant' \
    "$(lines "SELECT c.side, c.state, c.close_outcome, c.opened_at AT TIME ZONE 'UTC', c.closed_at AT TIME ZONE 'UTC'
        FROM tracker.cases c JOIN triage.decision d ON d.child_id = c.child_id
        WHERE d.agency_ref = 'RC-1' ORDER BY c.opened_at")" \
    'csc closed stepped_down 2014-03-03 09:00:00 2014-03-12 09:00:00;eh unallocated  2014-03-12 09:00:00 ;'
claim 'its leader was told when nobody had taken it in two working days' \
    "$(lines "SELECT a.rule, a.due_at AT TIME ZONE 'UTC', a.cleared_at IS NULL FROM tracker.alert a
        JOIN tracker.cases c ON c.case_id = a.case_id JOIN triage.decision d ON d.child_id = c.child_id
        WHERE d.agency_ref = 'RC-1' AND a.rule = 'D01' AND c.side = 'eh'")" \
    'D01 2014-03-14 23:59:59.999 t;'
claim 'the case that nobody had seen for 28 days raised D02, and closing cleared it' \
    "$(lines "SELECT a.rule, a.cleared_at AT TIME ZONE 'UTC' FROM tracker.alert a JOIN tracker.cases c ON c.case_id = a.case_id
        JOIN triage.decision d ON d.child_id = c.child_id WHERE d.agency_ref = 'RS-1' AND a.rule = 'D02'")" \
    'D02 2014-04-01 09:00:00;'
claim 'K12 counts the step-down in March' \
    "$(lines "SELECT age_band, numerator FROM metrics.kpi_cell WHERE kpi = 'K12' AND month = '2014-03-01' AND numerator <> 0")" \
    '5-10 1;'
claim 'K11 counts a closure of each side in its month' \
    "$(lines "SELECT month, side, sum(numerator) FROM metrics.kpi_cell WHERE kpi = 'K11' GROUP BY 1, 2 HAVING sum(numerator) <> 0 ORDER BY 1, 2")" \
    '2014-03-01 csc 1;2014-04-01 eh 1;'
claim 'K20: one positive of one closure' \
    "$(lines "SELECT sum(numerator), sum(denominator) FROM metrics.kpi_cell WHERE kpi = 'K20' AND month = '2014-04-01'")" \
    '1 1;'
# Two children who turn out to be one have three needs together.
move_time 2014-05-02T09:00:00Z
told() # ref forename surname dob sex need...
{
    jq -nc --arg ref "$1" --arg f "$2" --arg s "$3" --arg d "$4" --arg x "$5" '$ARGS.positional as $needs |
        {agency_id: "school-millbrook", agency_ref: $ref, kind: "school_referral", sent_at: "2014-05-02T08:55:00Z",
         harm: "none", single_agency_able: "Y", needs: $needs,
         child: {forename: $f, surname: $s, dob: $d, sex: $x, nhs_number: "9990000123", postcode: "LE15 6AA"}}' \
        --args "${@:6}" | post /v1/notifications | head -n 1 | jq -r .id
}
told RM-1 Testchild Golf 2006-06-06 F c_attendance p_mental_health >/dev/null
echo '{"agency_id":"early-help","agency_ref":"RMS-1","notification":{"agency_id":"school-millbrook","agency_ref":"RM-1"},"csc_threshold":"not_met","by":"screener-1"}' | post /v1/screenings >/dev/null
doubtful=$(told RM-2 Otherchild Quebec 2009-12-24 M c_health)
move_time 2014-05-02T10:00:00Z
await_metrics 2014-05-02T10:00:00Z
first=$(sql "SELECT child_id FROM triage.decision WHERE agency_ref = 'RM-1'")
jq -nc --arg n "$doubtful" --arg c "$first" '{agency_id: "early-help", agency_ref: "RMR-1", notification_id: $n, child: $c, reason: "The school knows no other child.", by: "screener-1"}' |
    post /v1/matches >/dev/null
move_time 2014-05-02T11:00:00Z
await_metrics 2014-05-02T11:00:00Z
why() { build/bin/waymark why "school-millbrook/$1" --authority rutland-2014 "${@:2}"; }
third='.[0].third_needs[] | [.about.third_need, .about.brought_by, .about.by, .about.profile_version, .replay, (.rules[] | .rule, .is, .saw)] | join(" ")'
version=$(sql "SELECT profile_version FROM triage.decision WHERE agency_ref = 'RM-1'")
claim 'why tells a third need that a merge brought: rule, values, version' \
    "$(for ref in RM-1 RM-2; do why $ref --replay --json | jq -r "$third"; done | uniq -c | tr -s ' ')" \
    " 2 RU03 merge screener-1 $version same RU03 holds eh_status=single_agency, need_count=3"
claim 'also as text' \
    "$(why RM-1 --replay | grep -cE '^(third_need +RU03|brought_by +merge|replay: same)$|^  RU03  holds .*\[eh_status=single_agency, need_count=3\]  <- decides$')" 5
claim 'not of a case whose third need a message brought' \
    "$(why RS-1 --json | jq -c '.[0].third_needs')" '[]'

claim 'every cell is the sum of the ids behind it' "$(cell_differences rutland-2014)" ''
claim 'the replay of the log through the cores gives the same' \
    "$(build/bin/waymark reconcile --authority rutland-2014 2>/dev/null | tail -n 1)" 'reconcile: 0 differences'
claim 'everything balances' \
    "$(build/bin/waymark balance --authority rutland-2014 2>/dev/null | tail -n 1)" 'balance: 6 accepted, 0 lost, 0 doubled'
claims_end rutland
