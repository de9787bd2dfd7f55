#!/bin/sh
# run.sh PROGRAM: fetches the published JsonLogic tests and runs them. They are
# not kept here: JSONLOGIC_TESTS names a copy, else they come from their site,
# else from its public repository.
set -eu
program=$1
tests=${JSONLOGIC_TESTS:-}
if [ -z "$tests" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    tests=$folder/tests.json
    curl -fsS -m 30 -o "$tests" https://jsonlogic.com/tests.json ||
        curl -fsS -m 30 -o "$tests" \
            https://raw.githubusercontent.com/jwadhams/json-logic/gh-pages/tests.json || {
        echo 'jsonlogic: skipped: the tests could not be fetched (JSONLOGIC_TESTS=FILE has a copy)'
        exit 77
    }
fi
"$program" "$tests"
