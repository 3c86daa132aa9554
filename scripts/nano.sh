#!/usr/bin/env bash
# The built-in model's tests: they need torch, and transformers to be held against. Makes .venv-nano if it is not there
# (1.2 GB; torch's CPU build where pip's places hold one).
#   bash scripts/nano.sh            everything in tests/nano, the exam of the shipped weights included
#   bash scripts/nano.sh ARGS       anything else goes to pytest
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "audio-cogito needs Python 3.11 or later; PYTHON=/path/to/python names another" >&2
    exit 2
}
stamp=".venv-nano/made-for-$(cat pyproject.toml constraints.txt constraints-nano.txt | cksum | tr ' ' '-')"
if [ ! -e "$stamp" ]; then
    "$python" -m venv .venv-nano
    .venv-nano/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
        --constraint constraints-nano.txt --editable '.[dev,nano]' transformers || {
        echo "nano.sh: torch and transformers cannot be installed: is there a network?" >&2
        exit 2
    }
    rm -f .venv-nano/made-for-*
    touch "$stamp"
fi
exec .venv-nano/bin/python -m pytest -q -m 'long or not long' tests/nano "$@"
