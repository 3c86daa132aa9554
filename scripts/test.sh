#!/usr/bin/env bash
# The tests, offline. Makes .venv if it is not there.
#   bash scripts/test.sh            the core suite, under two minutes
#   bash scripts/test.sh --all      also those marked long: kills, faults, one very slow reply, real recordings
#   bash scripts/test.sh ARGS       anything else goes to pytest
# COGITO_REAL_AUDIO and COGITO_SHARED_DATA name folders of real recordings and metadata; without them some tests skip.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh
if [ "${1:-}" != "--all" ]; then
    exec .venv/bin/python -m pytest -q -n 2 --dist worksteal "$@"
fi
shift
.venv/bin/python -m pytest -q -n 2 --dist worksteal "$@"
# One at a time: they measure.
exec .venv/bin/python -m pytest -q -m long "$@"
