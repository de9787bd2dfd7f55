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
claim 'every cell is the sum of the ids behind it' "$(cell_differences rutland-2014)" ''
claim 'the replay of the log through the cores gives the same' \
    "$(build/bin/waymark reconcile --authority rutland-2014 2>/dev/null | tail -n 1)" 'reconcile: 0 differences'
claim 'everything balances' \
    "$(build/bin/waymark balance --authority rutland-2014 2>/dev/null | tail -n 1)" 'balance: 4 accepted, 0 lost, 0 doubled'
claims_end rutland
