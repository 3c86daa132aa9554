#!/usr/bin/env bash
# The built-in model's tests: they need torch, and transformers to be held against. Makes .venv-nano if it is not there
# (1.2 GB; torch's CPU build where pip's places hold one).
#   bash scripts/nano.sh            everything in tests/nano, the exam of the shipped weights included
#   bash scripts/nano.sh ARGS       anything else goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment-nano.sh
exec .venv-nano/bin/python -m pytest -q -m 'long or not long' tests/nano "$@"
