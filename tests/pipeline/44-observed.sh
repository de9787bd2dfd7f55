#!/bin/bash
# Figures that others counted, on the scorecard in each of its formats: the last
# period of each series by the month's end, gaps by their word, nothing added
# up, small counts hidden from the public with their sheet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/lib/claims.sh
. tests/lib/claims.sh
# shellcheck source=tests/lib/services.sh
. tests/lib/services.sh
# shellcheck disable=SC2034
authority=kent-2015
# shellcheck source=demo/play.sh
. demo/play.sh

services_up $authority
move_time 2015-06-01T09:00:00Z
# Two years of one series, a year that begins after the month, a gap, a small
# count beside a typed total, two definitions, a district.
cat >"$work/observed.csv" <<'CSV'
agency_ref,indicator,period_from,period_to,area,breakdown,definition,status,value
O-1,neet,2013-04-01,2014-03-31,authority,,own count,final,6.1
O-2,neet,2014-04-01,2015-03-31,authority,,own count,provisional,5.70%
O-3,neet,2015-06-01,2015-06-01,authority,,own count,provisional,9.9
O-4,neet,2014-04-01,2015-03-31,authority,,national count,final,6.4
O-5,commissioned_children,2014-04-01,2015-03-31,authority,Mediation,Table 2,final,444
O-6,commissioned_children,2014-04-01,2015-03-31,authority,"Young carers, respite",Table 2,final,3
O-7,commissioned_children,2014-04-01,2015-03-31,authority,TOTAL,Table 2,final,447
O-8,commissioned_step_downs,2014-04-01,2015-03-31,authority,Mediation,Table 2,final,unknown
O-9,attendance,2015-05-01,2015-05-31,swale,,sessions,final,95.5
O-10,young_carers_supported,2014-04-01,2015-03-31,authority,,"<own> & ""other""",final,na
CSV
claim 'they are taken' "$(curl -s -H 'Content-Type: text/csv' -H "Waymark-Authority: $authority" \
    --data-binary "@$work/observed.csv" "$WAYMARK_INTAKE/v1/indicators?agency=social-care" |
    jq -c '[.[].status] | unique')" '[202]'
move_time 2015-06-02T09:00:00Z
await_metrics 2015-06-02T09:00:00Z

card() { build/bin/waymark scorecard --month "$month" --authority $authority "$@"; }
month=2015-05
card --json >"$work/card.json"
claim 'of each series the last period that began by the month'"'"'s end' \
    "$(jq -c '[.observed[] | select(.indicator == "neet") | [.definition, .period_to, .value, .status]]' "$work/card.json")" \
    '[["national count","2015-03-31","6.4","final"],["own count","2015-03-31","5.70%","provisional"]]'
claim 'two years before it was another' \
    "$(month=2014-03 && card --json | jq -c '[.observed[] | [.indicator, .value]]')" '[["neet","6.1"]]'
claim 'a gap has a word and no value' \
    "$(jq -c '.observed[] | select(.indicator == "commissioned_step_downs") | [.gap, .value, .hidden]' "$work/card.json")" \
    '["unknown",null,false]'
claim 'what is not available is told as such, not as 0' \
    "$(card | grep -c 'young_carers_supported .* not available  final')" 1
claim 'as text with a sign of per cent' "$(card | grep -c 'neet .*2015-03-31 *5.70%  provisional (social-care, own count)')" 1
claim 'CSV has the value, its period and its definition' \
    "$(card --format csv | tr -d '\r' | grep 'K36.*Mediation.*444')" \
    'kent-2015,2015-05,K36,,authority,commissioned_children/Mediation,all,,,,no,final,444,2014-04-01,2015-03-31,"Table 2"'
claim 'each line of CSV has as many cells' \
    "$(card --format csv | python3 -c 'import csv, sys; print(sorted({len(r) for r in csv.reader(sys.stdin)}))')" '[16]'
claim 'a district has its own' \
    "$(card --json --district swale | jq -c '[.observed[] | [.indicator, .area, .value]]')" '[["attendance","swale","95.5"]]'
claim 'a small count is hidden from the public, and the counts beside it' \
    "$(card --json --audience public | jq -c '[.observed[] | select(.hidden) | [.breakdown, .typed_total, .value]]')" \
    '[["Mediation",false,null],["Young carers, respite",false,null],["",true,null]]'
claim 'its number is nowhere in what they get' \
    "$(for f in text csv html; do card --format $f --audience public; done | grep -cE '\b44[47]\b' || :)" 0
claim 'as months were fixed there are none' "$(card --json --frozen | jq '.observed | length')" 0
card --format html >"$work/card.html"
claim 'the page has them, markup written out' \
    "$(grep -c '&lt;own&gt; &amp; &quot;other&quot;' "$work/card.html")" 1
claim 'it is well-formed but for the doctype' \
    "$(sed 's/<!DOCTYPE html>//; s/<meta [^>]*>//g; s/&#8211;/-/g; s/&#8722;/-/g' "$work/card.html" |
        python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parseString(sys.stdin.read()); print("well")')" well
claims_end observed
