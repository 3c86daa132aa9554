# Sourced by the other scripts: makes .venv from a bare Python 3.11 or later, pinned by constraints.txt, once.
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "audio-cogito needs Python 3.11 or later; PYTHON=/path/to/python names another" >&2
    exit 2
}
stamp=".venv/made-for-$(cat pyproject.toml constraints.txt | cksum | tr ' ' '-')"
if [ ! -e "$stamp" ]; then
    "$python" -m venv .venv || {
        echo "$python cannot make .venv here: is the folder writable, and venv installed?" >&2
        exit 2
    }
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' || {
        echo "what constraints.txt names cannot be installed: is there a network, and room on the disk?" >&2
        exit 2
    }
    rm -f .venv/made-for-*
    touch "$stamp"
fi
