#!/usr/bin/env bash
# The whole loop offline, from a bare Python 3.11 (docs/demo.md). Makes .venv-nano if it is not there (1.2 GB; torch's
# CPU build where pip's places hold one), then runs `cogito demo`.
#   bash scripts/demo.sh            ten minutes of two cores
#   bash scripts/demo.sh --quick    two; further arguments go to `cogito demo`
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment-nano.sh
exec .venv-nano/bin/cogito demo "$@"
