"""Sources, checks, exports, prompts and seeds are files, found by being there.

A folder that a recipe names (`plugins = ["./mine"]`) is searched first, in the layout of this package: `mine/sources/
lab.py`, `mine/checks/short.py`, `mine/prompts/think.md`, `mine/seeds/bats.toml`. A file of the same name stands in for
ours. What a kind of file must hold is written in the docstring of its package and tested by one contract test, which
`cogito list --check` runs over a user's files too.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from audio_cogito.errors import SetupError
from audio_cogito.types import identity

PACKAGE = Path(__file__).parent


def files(kind: str, suffix: str, folders: tuple[Path, ...] = ()) -> dict[str, Path]:
    """Name -> file for every plug-in of a kind (`sources`, `checks`, `prompts`, `seeds`), sorted by name."""
    found: dict[str, Path] = {}
    for folder in (*folders, PACKAGE):
        for path in sorted((folder / kind).glob(f"*{suffix}")):
            if not path.name.startswith(("_", ".")):
                found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def find(kind: str, name: str, suffix: str, folders: tuple[Path, ...] = ()) -> Path:
    found = files(kind, suffix, folders)
    if name not in found:
        raise SetupError(f"there is no {name!r} among the {kind}: {', '.join(found) or 'none found'}")
    return found[name]


def load(kind: str, name: str, folders: tuple[Path, ...] = ()) -> ModuleType:
    """The module of a Python plug-in. Its own errors while loading are the user's to see, with the file's name."""
    path = find(kind, name, ".py", folders)
    if path.parent.parent == PACKAGE:
        return importlib.import_module(f"audio_cogito.{kind}.{name}")
    return _load_file(path)


def load_all(kind: str, folders: tuple[Path, ...] = ()) -> Iterator[tuple[str, ModuleType]]:
    for name in files(kind, ".py", folders):
        yield name, load(kind, name, folders)


def _load_file(path: Path) -> ModuleType:
    module_name = f"audio_cogito_plugin_{path.stem}_{identity(str(path.resolve()))[:8]}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise SetupError(f"{path} cannot be loaded as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module_name]
        raise SetupError(f"{path} fails to load: {type(error).__name__}: {error}") from error
    return module
