# Makes .venv-nano in the repository's root, where it is not there or of other requirements; sourced by other scripts.
python="${PYTHON:-python3}"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "audio-cogito needs Python 3.11 or later; PYTHON=/path/to/python names another" >&2
    exit 2
}
stamp=".venv-nano/made-for-$(cat pyproject.toml constraints.txt constraints-nano.txt | cksum | tr ' ' '-')"
if [ ! -e "$stamp" ]; then
    echo "making .venv-nano: some minutes of installation ..." >&2
    "$python" -m venv .venv-nano || {
        echo "$python cannot make .venv-nano here: is the folder writable, and venv installed?" >&2
        exit 2
    }
    .venv-nano/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
        --constraint constraints-nano.txt --editable '.[dev,nano]' transformers || {
        echo "torch and transformers cannot be installed: is there a network, and room on the disk?" >&2
        exit 2
    }
    rm -f .venv-nano/made-for-*
    touch "$stamp"
fi
