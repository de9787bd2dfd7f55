#!/bin/bash
# fit.sh: every mutant still fits the source it is to spoil, line by line. The
# small budget of the fault tests builds two of them only; the others must
# not be found rotten on the day that somebody asks for all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
passed=0 failed=0
for mutant in tests/faults/mutants/*.patch; do
    if why=$(patch -p1 -F0 --dry-run -s <"$mutant" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n%s\n' "${mutant##*/}" "$why"
    fi
done
echo "mutants: $passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
