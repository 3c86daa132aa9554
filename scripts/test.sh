#!/usr/bin/env bash
# The tests, offline. Makes .venv if it is not there.
#   bash scripts/test.sh            the core suite, under two minutes
#   bash scripts/test.sh --all      also those marked long: kills, faults, one very slow reply, real recordings
#   bash scripts/test.sh --engines  only those with real engines, half an hour; makes .venv-engines if it is not there
#   bash scripts/test.sh ARGS       anything else goes to pytest
# COGITO_REAL_AUDIO and COGITO_SHARED_DATA name folders of real recordings and metadata; without them some tests skip.
# COGITO_ENGINES=required fails instead of skipping where an engine cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh
if [ "${1:-}" = "--engines" ]; then
    shift
    bash scripts/engines.sh || [ "${COGITO_ENGINES:-}" != "required" ] || exit 2
    exec .venv/bin/python -m pytest -q -m engine tests/engines "$@"
fi
if [ "${1:-}" != "--all" ]; then
    exec .venv/bin/python -m pytest -q -n 2 --dist worksteal "$@"
fi
shift
.venv/bin/python -m pytest -q -n 2 --dist worksteal "$@"
# One at a time: they measure.
exec .venv/bin/python -m pytest -q -m long "$@"
