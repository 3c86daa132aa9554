#!/usr/bin/env bash
# The tests, offline. Makes .venv if it is not there.
#   bash scripts/test.sh            the core suite, under two minutes
#   bash scripts/test.sh --all      also those marked long: kills, faults, one very slow reply, real recordings
#   bash scripts/test.sh ARGS       anything else goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh
marks="not long"
if [ "${1:-}" = "--all" ]; then
    marks="long or not long"
    shift
fi
exec .venv/bin/python -m pytest -q -n 2 --dist worksteal -m "$marks" "$@"
