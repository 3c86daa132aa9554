"""The recipes that come along: they load, say what they are for, and the ablations differ in one line each."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import config, pipeline
from audio_cogito.config import Recipe, resolved
from audio_cogito.opening import opened
from audio_cogito.run import RunRecord
from audio_cogito.stages.collect import Settings as Collect
from road import calls, write_tones
from server import Server

RECIPES = Path(__file__).parents[1] / "recipes"
OTHERS = ("train-", "loop", "evidence")
"""How the names of recipes begin that are no build's: they have tests of their own."""
BUILDS = sorted(path for path in RECIPES.glob("*.toml") if not path.stem.startswith(OTHERS))
ABLATIONS = {
    "no-seeds": ("construct.seeds", 20, 0),
    "no-facts": ("construct.facts", True, False),
    "no-verification": (
        "verify.checks",
        ("copied_seed", "complete", "consistent", "language", "judge"),
        ("copied_seed", "complete", "language"),
    ),
}
TABLE_1 = {
    "audioset": 179, "clotho": 6, "audiocaps": 40, "complexaudio": 37, "meld": 24, "covost2": 56, "dailytalk": 9,
    "musicbench": 88, "fma": 76, "medley_solos_db": 35,
}  # fmt: skip
"""Thousands, Audio-Cogito, table 1."""


def values(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if not isinstance(tree, dict):
        yield path, tree
        return
    for key, value in tree.items():
        yield from values(value, f"{path}.{key}" if path else key)


@pytest.mark.parametrize("path", BUILDS, ids=lambda path: path.stem)
def test_every_recipe_loads_and_begins_by_saying_what_it_is_for(path: Path) -> None:
    roles = {"thinker"} if path.stem == "demo" else {"annotator", "thinker", "auditor"}
    assert config.load(path).models.keys() == roles
    text = path.read_text()
    assert text.startswith("# ")
    assert f"recipes/{path.name}" in text or "recipes/ablation-$name.toml" in text


def test_the_recipes_that_are_promised_are_there() -> None:
    ablations = {f"ablation-{name}" for name in ("full", *ABLATIONS)}
    assert {path.stem for path in BUILDS} >= {"quick-start", "cogito-545k", "cota"} | ablations


@pytest.mark.parametrize("name", ABLATIONS)
def test_ablation_differs_from_the_full_one_in_one_line_and_one_setting(name: str) -> None:
    paths = [RECIPES / f"ablation-{one}.toml" for one in ("full", name)]
    texts = [path.read_text().splitlines() for path in paths]
    changed = [line for line in difflib.ndiff(*texts) if line[0] in "+-"]
    assert len(changed) == 2, changed
    full, other = (dict(values(resolved(config.load(path)))) for path in paths)
    differing = {key for key in full.keys() | other.keys() if full.get(key) != other.get(key)}
    key, before, after = ABLATIONS[name]
    assert {one for one in differing if not one.startswith("checks.")} == {key, "run"}
    assert (full[key], other[key]) == (before, after)
    assert full["run"].endswith("ablation-full")
    assert full["store"] == other["store"]


def test_full_ablation_is_the_road_as_it_is_by_default() -> None:
    full = config.load(RECIPES / "ablation-full.toml")
    assert full.construct == Recipe(run="", sources={}, models={}).construct
    assert set(full.verify.checks) == set(Recipe(run="", sources={}, models={}).verify.checks)


def test_cogito_545k_holds_the_targets_of_table_1_for_its_ten_sources() -> None:
    recipe = config.load(RECIPES / "cogito-545k.toml")
    assert recipe.collect.target_kept == {name: 1000 * number for name, number in TABLE_1.items()}
    assert recipe.sources.keys() == TABLE_1.keys()
    assert Collect().target_kept == {}


def test_cogito_545k_reads_each_dataset_through_its_own_source() -> None:
    recipe = config.load(RECIPES / "cogito-545k.toml")
    kinds = {name: table["kind"] for name, table in recipe.sources.items()}
    assert kinds == {name: "complex_audio" if name == "complexaudio" else name for name in TABLE_1}


def test_cota_asks_and_judges_as_audio_reasoner() -> None:
    recipe = config.load(RECIPES / "cota.toml")
    assert (recipe.construct.style, recipe.think.style) == ("cota", "structured")
    assert "judge_simple" in recipe.verify.checks
    assert "judge" not in recipe.verify.checks


async def built(name: str, folder: Path, url: str) -> RunRecord:
    """A recipe as it stands, over recordings of ours and the scripted server."""
    roles = ("annotator", "thinker", "auditor")
    servers = [f"models.{role}.{key}" for role in roles for key in (f"url={url}", "name=scripted")]
    overrides = [f"sources.clips.path={folder}/clips.jsonl", f"store={folder}/store", f"run={folder}/{name}", *servers]
    async with opened(config.load(RECIPES / f"ablation-{name}.toml", tuple(overrides))) as one:
        await pipeline.walk(one)
    return one.run.record


async def test_ablations_run_and_pay_only_for_what_they_ask_otherwise(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 6)
    rows = (
        {"path": f"recordings/{path.name}", "caption": "a tone"} for path in (tmp_path / "recordings").glob("*.wav")
    )
    (tmp_path / "clips.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    async with Server() as server:
        full = await built("full", tmp_path, server.url)
        unverified = await built("no-verification", tmp_path, server.url)
        seedless = await built("no-seeds", tmp_path, server.url)
        factless = await built("no-facts", tmp_path, server.url)
    assert calls(unverified) == 0
    assert unverified.stages["verify"].standings["accepted"] > full.stages["verify"].standings["accepted"]
    assert seedless.usage["annotator"].calls == factless.usage["annotator"].calls == 6


def test_serving_has_a_command_for_both_checkpoints() -> None:
    text = (RECIPES.parent / "docs/serve.md").read_text()
    for name in ("Qwen3-Omni-30B-A3B-Instruct", "Qwen3-Omni-30B-A3B-Thinking"):
        assert re.search(rf"vllm serve Qwen/{name} ", text)
