#!/usr/bin/env bash
# Formatting, lint and strict types. Makes .venv if it is not there.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/environment.sh
.venv/bin/ruff format --check src tests perf scripts
.venv/bin/ruff check src tests perf scripts
.venv/bin/mypy
