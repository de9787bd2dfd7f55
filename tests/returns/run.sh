#!/bin/bash
# run.sh: the census of N made-up children (default 3000) against the DfE's
# rules as the open-source validator runs them. The validator comes from PyPI
# into var/returns and stays outside the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
children=${N:-3000}
seed=${SEED:-1}
bed=returns-$$
venv=$PWD/var/returns
authority=kent-2015
# shellcheck source=demo/play.sh
. demo/play.sh

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c 'import cin_validator' 2>/dev/null; then
    "${PYTHON:-python3}" -m venv "$venv"
    # Its pandas wants numpy 1.
    "$venv/bin/pip" install -q --disable-pip-version-check \
        csc-validator-be-cin==0.1.13 'numpy<2'
fi
work=$(mktemp -d)
# shellcheck disable=SC2317
end() {
    testbed/services.sh down "$bed" >/dev/null 2>&1 || :
    testbed/bed.sh wipe "$bed" >/dev/null 2>&1 || :
    rm -rf "$work"
}
trap end EXIT
testbed/bed.sh up "$bed" --durable
set -a
eval "$(testbed/bed.sh env "$bed")"
testbed/services.sh up "$bed" $authority
eval "$(testbed/services.sh env "$bed")"
set +a
python3 tests/returns/children.py "$children" "$seed"
AWAIT_S=3600 await_metrics 2026-04-01T12:00:00Z

measured() { # command; then how long it took and the most memory it had
    python3 -c 'import resource, subprocess, sys, time
begun = time.monotonic()
code = subprocess.run(sys.argv[1:]).returncode
took = time.monotonic() - begun
kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(f"{took:.1f} s, {kib / 1024:.0f} MiB")
sys.exit(code)' "$@"
}

failed=0
measured build/bin/waymark return cin --year 2025-26 --out "$work/cin.xml" \
    --report "$work/report.csv" || failed=1
xmllint --noout --schema tests/returns/cin.xsd "$work/cin.xml" || failed=1
"$venv/bin/python" tests/returns/judge.py "$work/cin.xml" || failed=1
cut -d, -f3,5- "$work/report.csv" | tail -n +2 | sort | uniq -c
echo "returns: $((1 - failed)) passed, $failed failed"
exit $failed
