#!/bin/bash
# lookups_table.sh <JSON: what run.sh printed of its phase lookups, as a table.
set -euo pipefail
jq -r '"machine: \(.machine.cores) cores, \(.machine.cpu), load \(.machine.load_at_start)",
    (["children", "known", "a second", "looked at", "p50 ms", "p99 ms", "max ms", "step p99 ms"],
     (.lookups[] | [.children, .known, .notifications_per_second, .lookups,
        .lookup_ms.p50, .lookup_ms.p99, .lookup_ms.max, .step_ms.p99]) | @tsv)' |
    awk -F'\t' 'NR == 1 { print; next }
        { for (i = 1; i <= NF; i++) printf "%12s", $i; print "" }'
