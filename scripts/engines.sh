#!/usr/bin/env bash
# Makes the environments of real engines, .venv-engines/NAME, each pinned by scripts/engines/NAME.txt, once.
#   bash scripts/engines.sh             all of them (3.5 GB for vllm), but for those on request
#   bash scripts/engines.sh NAME ...    only these
# scripts/engines/NAME.py, where there is one, repairs what was installed. An engine is one more pair of such files.
# Packages come from where pip is configured to look, by uv, which is a hundred times quicker at resolving them. Where
# pip's places do not hold torch's CPU build, TORCH_INDEX names PyTorch's index of CPU wheels. Outside of the folder
# nothing is installed but Debian's libnuma1, which vLLM is linked to, where it is missing and root runs this.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-python3}"
pytorch="${TORCH_INDEX:+--index=$TORCH_INDEX}"
# Made only when named: what it proves is proven beside another transformers in each run already.
on_request="qwen2_audio"

fail() {
    echo "engines.sh: $1" >&2
    exit 2
}

# What pip is told of indexes and folders, by files and variables, as options of uv, which reads none of it: for the
# settings named, such as find-links.
places() {
    local pip="$1"
    shift
    "$pip" -m pip config list | "$pip" -c '
import ast, sys
options = {"index-url": "--default-index", "extra-index-url": "--index", "find-links": "--find-links"}
found = {}
for line in sys.stdin:
    key, _, value = line.strip().partition("=")
    name = key.rsplit(".", 1)[-1]
    for place in ast.literal_eval(value).split() if name in sys.argv[1:] else ():
        found[options[name], place] = None
print(*(word for pair in found for word in pair), sep="\n")' "$@" | sed '/^$/d'
}

install() {
    "$venv/bin/python" -m uv pip install --quiet --python "$venv/bin/python" --index-strategy unsafe-best-match \
        "$@" --requirement "$list" 2>"$venv/install.log"
}

make() {
    local name="$1" list="scripts/engines/$1.txt" repair="scripts/engines/$1.py" venv=".venv-engines/$1"
    [ -e "$list" ] || fail "there is no engine $name; there are: $(cd scripts/engines && echo *.txt)"
    local stamp
    stamp="$venv/made-for-$({ cat "$list" "$repair" 2>/dev/null || true; } | cksum | tr ' ' '-')"
    [ ! -e "$stamp" ] || return 0
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "$python cannot make an environment; on Debian: apt-get install python3-venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv==0.13.9 ||
        fail "uv cannot be installed: is there a network?"
    local pips others
    mapfile -t pips < <(places "$venv/bin/python" index-url find-links)
    mapfile -t others < <(places "$venv/bin/python" extra-index-url)
    # One after the other, since uv takes a version from the first index that has it, whichever file suits better.
    install "${pips[@]}" || install "${pips[@]}" ${pytorch:+"$pytorch"} || install "${pips[@]}" "${others[@]}" ${pytorch:+"$pytorch"} || {
        cat "$venv/install.log" >&2
        fail "$list cannot be installed: a package is not to be had from pip's places (TORCH_INDEX may name PyTorch's index of CPU wheels)"
    }
    [ ! -e "$repair" ] || "$venv/bin/python" "$repair" || fail "$name was installed but cannot be imported"
    touch "$stamp"
}

if [ $# -eq 0 ]; then
    set -- $(cd scripts/engines && for list in *.txt; do echo "${list%.txt}"; done | grep -vx "$on_request")
fi
for name in "$@"; do
    make "$name"
done
