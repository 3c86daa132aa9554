"""Run in ms-swift's environment: what its loader of datasets makes of a file of rows, as JSON.

python loading_swift.py ROWS.jsonl OUT
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from swift.dataset import load_dataset
from swift.rewards import orms


def main(rows: str, out: str) -> None:
    found, _ = load_dataset([rows], remove_unused_columns=False)
    sys.path.insert(0, str(Path(rows).parent))
    told = {"rows": list(found), "rewards": []}
    if Path(rows).with_name("rewards.py").exists():
        __import__("rewards")
        names = ("cogito_right", "cogito_form")
        row = found[0]
        columns = {name: [row[name]] for name in row if name not in ("messages", "audios")}
        told["rewards"] = [orms[name]()(["x</think>" + row["solution"]], **columns) for name in names]
    Path(out, "told.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
