"""Recipes: only what differs is said, and what is wrong is said with what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito import config
from audio_cogito.errors import SetupError
from road import write_recipe

URL = "http://127.0.0.1:1/v1"


def test_defaults_are_those_beside_the_stages(tmp_path: Path) -> None:
    recipe = config.load(write_recipe(tmp_path, URL))
    assert recipe.think.draws == 1
    assert recipe.construct.seeds == 20
    assert recipe.verify.checks == ("copied_seed", "complete", "consistent", "language", "judge")
    assert recipe.checks["judge"]["model"] == "auditor"


def test_paths_are_taken_from_the_recipes_folder(tmp_path: Path) -> None:
    recipe = config.load(write_recipe(tmp_path, URL, name="first"))
    assert recipe.run == str(tmp_path / "runs" / "first")
    assert recipe.store == str(tmp_path / "store")
    assert recipe.sources["folder"]["path"] == str(tmp_path / "recordings")


def test_one_number_of_a_nested_table_leaves_the_others(tmp_path: Path) -> None:
    recipe = config.load(write_recipe(tmp_path, URL, think={"sampling": {"temperature": 0.9}}))
    assert recipe.think.drawn_by.temperature == 0.9
    assert recipe.think.drawn_by.max_tokens == 16384
    judge = config.load(write_recipe(tmp_path, URL, checks={"judge": {"asking": {"attempts": 5}}})).checks["judge"]
    assert judge["asking"]["attempts"] == 5
    assert judge["asking"]["sampling"]["max_tokens"] == 2048


def test_command_line_overrides_the_file(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, URL, think={"draws": 2})
    overrides = ("think.draws=4", "models.thinker.revision=two", "construct.facts=false", "think.sampling=checkpoint")
    recipe = config.load(path, overrides)
    assert (recipe.think.draws, recipe.models["thinker"].revision, recipe.construct.facts) == (4, "two", False)
    assert recipe.think.sampling == "checkpoint"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("think.drawss=2", r"unknown key think\.drawss; did you mean think\.draws\?|did you mean draws"),
        ("think.sampling.temprature=1", "did you mean temperature"),
        ("tink.draws=2", "did you mean think"),
        ("models.thinker.key=abc", "unknown key models.thinker.key"),
        ("sources.folder.pth=x", "did you mean path"),
        ("sources.floder.path=x", "no 'floder' among the sources: .*folder, .*manifest"),
        ("checks.judge.modell=x", "did you mean model"),
        ("checks.complte.x=1", "verify.checks does not list 'complte'"),
        ("think.draws=many", r"Expected `int`, got `str` - at `think\.draws`"),
        ("think.draws=0", "draws"),
        ("verify.checks=['jugde']", "no 'jugde' among the checks"),
        ("plugins=['nowhere']", "plug-in folder .*nowhere does not exist"),
        ("nonsense", "is not key=value"),
    ],
)
def test_wrong_key_or_value_is_named_with_what_is_right(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        config.load(write_recipe(tmp_path, URL), (override,))


def test_missing_revision_is_named(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, URL)
    path.write_text(path.read_text().replace('revision = "1"\n', "", 1))
    with pytest.raises(SetupError, match="missing required field `revision` - at `models"):
        config.load(path)


def test_greedy_draws_are_refused_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="same chain again"):
        config.load(write_recipe(tmp_path, URL), ("think.draws=3", "think.sampling.temperature=0"))


def test_recipe_that_is_not_there_or_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"there is no recipe .*none\.toml"):
        config.load(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("run = \n")
    with pytest.raises(SetupError, match=r"bad\.toml cannot be read: .*line 1"):
        config.load(tmp_path / "bad.toml")


def test_recipe_as_recorded_resolves_to_itself(tmp_path: Path) -> None:
    recipe = config.load(write_recipe(tmp_path, URL), ("think.draws=4",))
    assert config.again(config.resolved(recipe)) == recipe
    assert config.again(config.resolved(recipe)).digest == recipe.digest


def test_shipped_recipes_load() -> None:
    folder = Path(__file__).parents[1] / "recipes"
    builds = {*folder.glob("*.toml")} - {folder / "evidence.toml"}  # which is no recipe of one build
    assert [config.load(path).run for path in sorted(builds)]
