"""What the documents name is there: links, files, commands, options. Nothing in them waits to be filled in."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from audio_cogito import cli
from road import cogito_here

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "audio_cogito"
DOCUMENTS = [
    *(path for path in sorted(ROOT.glob("*.md")) if path.name != "CHANGELOG.md"),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "perf" / "README.md",
]
SCRIPTS = [*sorted((ROOT / "scripts").glob("*.sh")), *sorted((ROOT / "recipes").glob("*.toml"))]
FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PLACE = re.compile(r"(?<![\w./-])(?:src|docs|perf|scripts|recipes|tests)/(?:[\w./-]*(?:\.\w+|/))?")
STAND_IN = re.compile(r"\b[A-Z]{3,}\b")
"""As in `scripts/engines/NAME.txt`."""
MODULE = re.compile(r"python -m (audio_cogito[\w.]*)")
COMMAND = re.compile(r"(?<![\w/-])(?:\.venv/bin/)?cogito +([a-z].*)")
UNFILLED = re.compile(r"\b(TODO|FIXME|TBD|XXX|MEASURED|PLACEHOLDER)\b")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def slug(heading: str) -> str:
    """A heading's anchor, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ +(.+)$", FENCE.sub("", document.read_text("utf-8")), re.MULTILINE)
    return {slug(heading) for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in LINK.findall(FENCE.sub("", document.read_text("utf-8"))):
        place, _, anchor = link.partition("#")
        if re.match(r"https?:", link):
            continue
        target = document.parent / place if place else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("document", [*DOCUMENTS, *SCRIPTS], ids=named)
def test_every_file_and_module_that_is_named_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    for place in PLACE.findall(text):
        assert STAND_IN.search(place) or (ROOT / place).exists(), place
    for module in MODULE.findall(text):
        assert importlib.util.find_spec(module), module


def commands(text: str) -> Iterator[list[str]]:
    """The words of each `cogito ...` in code, without its comment; a line that ends in a backslash goes on."""
    spans = [*FENCE.findall(text), *re.findall(r"(?<!`)`([^`\n]+)`(?!`)", FENCE.sub("", text))]
    for line in "\n".join(spans).replace("\\\n", " ").splitlines():
        if found := COMMAND.search(line):
            said = re.split(r" #|  +# | \.\.\.|;|\|", found[1])[0]
            yield shlex.split(said)


@cache
def help_of(*words: str) -> str:
    return cogito_here(*words, "--help").stdout


@pytest.mark.parametrize("document", [*DOCUMENTS, *SCRIPTS], ids=named)
def test_every_command_and_option_that_is_shown_exists(document: Path) -> None:
    for words in commands(document.read_text("utf-8")):
        assert words[0].replace("-", "_") in cli.names(), words
        below = len(words) > 1 and re.search(rf"^    {re.escape(words[1])} ", help_of(words[0]), re.MULTILINE)
        inner = words[1:2] if below else []
        known = help_of(words[0], *inner)
        for option in (word.partition("=")[0] for word in words if word.startswith("--")):
            assert re.search(rf"{option}\b", known), (words, option)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_nothing_waits_to_be_filled_in(document: Path) -> None:
    assert not UNFILLED.findall(document.read_text("utf-8"))


def test_readme_says_where_every_part_of_the_package_is() -> None:
    said = (ROOT / "README.md").read_text("utf-8").partition("## What is where")[2].partition("\n## ")[0]
    places = set(re.findall(r"`([\w./]+(?:\.py|\.md|/))`", said))
    found = {f"{path.name}/" for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    found |= {path.name for path in PACKAGE.glob("*.py") if path.name != "__init__.py"}
    assert found - places - {place.removeprefix("src/audio_cogito/") for place in places} == set()
    assert [p for p in places if not ((ROOT / p).exists() or (PACKAGE / p).exists())] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        named(path)
        for path in PACKAGE.rglob("*.py")
        if (text := path.read_text("utf-8")).strip() and not ast.get_docstring(ast.parse(text))
    ]
    assert silent == []
