"""Which settings of a recipe name files and folders: those are read from the folder that the recipe lies in.

Values of another type stay as they are; what is wrong with them is said where the recipe is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audio_cogito import nano

SOURCE_PLACES = ("path", "common_voice", "joined", "root")
"""Settings of sources that name a file or a folder."""


def absolute(table: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`run`, `store`, `plugins`, `against`, a source's SOURCE_PLACES, a model's `hf:DIR` and `dir`: from the recipe's
    folder."""
    table = {"store": "store", **table}
    table |= {name: _placed(table[name], folder) for name in ("run", "store") if name in table}
    for stage in ("select", "export"):
        match table.get(stage):
            case {"against": list(named)}:
                table[stage] = table[stage] | {"against": [_placed(place, folder) for place in named]}
    if isinstance(table.get("plugins"), list):
        table["plugins"] = [_placed(entry, folder) for entry in table["plugins"]]
    if isinstance(table.get("sources"), dict):
        table["sources"] = {name: _source(entry, folder) for name, entry in table["sources"].items()}
    if isinstance(table.get("models"), dict):
        table["models"] = {name: _model(entry, folder) for name, entry in table["models"].items()}
    return table


def _placed(value: object, folder: Path) -> object:
    return str(folder / Path(value).expanduser()) if isinstance(value, str) else value


def _source(entry: Any, folder: Path) -> Any:
    if not isinstance(entry, dict):
        return entry
    return entry | {name: _placed(entry[name], folder) for name in SOURCE_PLACES if name in entry}


def _model(entry: Any, folder: Path) -> Any:
    match entry:
        case {"name": str(name)} if name.startswith(nano.OTHER):
            return entry | {"name": f"{nano.OTHER}{folder / nano.folder_of(name).expanduser()}"}
        case {"dir": str(weights)} if weights:
            return entry | {"dir": str(folder / Path(weights).expanduser())}
    return entry
