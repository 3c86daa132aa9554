"""Recipes of training: those that come along, and what none may say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.train import recipe as recipes
from audio_cogito.train import training
from training_runs import write_train_recipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("train-*.toml"))
PAPER = {"lora", "experts", "8gpu", "multi-node", "full", "full-qwen2-audio"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_loads_renders_and_says_what_it_is_for(path: Path, tmp_path: Path) -> None:
    recipe = recipes.load(path)
    rendered = json.loads(training.configuration(recipe, tmp_path))
    assert rendered.items() >= recipe.swift.items()
    assert (rendered["strict"], rendered["ENV"]) == (True, recipe.environment)
    assert rendered["output_dir"] == str(tmp_path / "swift")
    words = training.command(recipe, tmp_path)
    assert words[0].endswith(f"/bin/{recipe.command[0]}")
    assert recipe.source
    assert recipe.needs
    assert path.read_text().startswith("# ")
    assert f"recipes/{path.name}" in path.read_text()


def test_the_recipes_that_are_promised_are_there() -> None:
    assert {path.stem.removeprefix("train-") for path in RECIPES} == PAPER | {"cpu", "megatron"}


def test_only_the_recipes_that_were_run_say_so_and_on_what() -> None:
    run = {path.stem: recipes.load(path) for path in RECIPES if recipes.load(path).proven == "run"}
    assert run.keys() == {"train-cpu", "train-full-qwen2-audio"}
    assert "a tiny random Qwen2-Audio and a CPU" in run["train-full-qwen2-audio"].proof


@pytest.mark.parametrize("name", sorted(PAPER))
def test_the_papers_train_one_epoch_at_most_1e_5(name: str) -> None:
    swift = recipes.load(RECIPES[0].with_name(f"train-{name}.toml")).swift
    assert (swift["num_train_epochs"], swift["learning_rate"]) == (1, 1e-5)


def test_audio_reasoners_has_its_tags_length_system_prompt_and_limit() -> None:
    recipe = recipes.load(RECIPES[0].with_name("train-full-qwen2-audio.toml"))
    assert recipe.max_length == 4096
    assert recipe.export == {"tags": "audio-reasoner", "prompt": "bare"}
    assert "<PLANNING>, <CAPTION>, <REASONING>, and <SUMMARY>" in str(recipe.swift["system"])
    assert recipe.rows.longest_seconds == 30


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_adapter_keeps_the_audio_tower_frozen(path: Path) -> None:
    recipe = recipes.load(path)
    assert recipe.adapter is None or "thinker.audio_tower.*" in recipe.adapter.frozen
    assert (recipe.adapter is None) == (recipe.swift["tuner_type"] == "full")


def test_all_parameters_of_the_language_model_leave_the_audio_tower_frozen() -> None:
    recipe = recipes.load(RECIPES[0].with_name("train-full.toml"))
    assert recipe.swift["freeze_vit"] is True
    assert recipe.parameters is not None
    assert "thinker.audio_tower.*" in recipe.parameters.frozen


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("swift.strict=false", "swift.strict cannot be set: it is set by train"),
        ("swift.output_dir=here", "swift.output_dir cannot be set: it is set by --out"),
        ("swift.loss_scale=last_round", "it is set by rows.loss"),
        ("swift.max_length=long", "swift.max_length must say"),
        ("swift.tuner_type=full", "[adapter] belongs to"),
        ('parameters.touches=["*"]', "[parameters] belongs to"),
        ("rows.thought_dropout=2", "rows.thought_dropout"),
        ("rows.los=all", "did you mean loss?"),
        ("export.audio=once", "export.audio must be"),
        ("modle=nano", "did you mean model?"),
        ('export.tags="audio-reasoner"', None),
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_one_line(tmp_path: Path, change: str, said: str | None) -> None:
    path = write_train_recipe(tmp_path)
    if said is None:
        recipes.load(path, (change,))
        with pytest.raises(SetupError, match="thought_dropout needs"):
            recipes.load(path, (change, "rows.thought_dropout=0.1"))
        return
    with pytest.raises(SetupError) as told:
        recipes.load(path, (change,))
    assert said in str(told.value)
    assert "\n" not in str(told.value)


def test_weights_want_the_loss_of_the_whole_row(tmp_path: Path) -> None:
    path = write_train_recipe(tmp_path)
    with pytest.raises(SetupError, match="rows.weights weighs whole rows"):
        recipes.load(path, ("rows.weights=true", "rows.loss=answer"))
    rendered = json.loads(training.configuration(recipes.load(path, ("rows.weights=true",)), tmp_path))
    assert rendered["is_binary_loss_scale"] is False


def test_rows_of_qwen2_audio_cannot_be_weighed(tmp_path: Path) -> None:
    path = write_train_recipe(tmp_path)
    with pytest.raises(SetupError, match="cannot weigh rows of Qwen2-Audio"):
        recipes.load(path, ("rows.weights=true", "rows.hearing=qwen2-audio"))


def test_a_model_that_is_a_folder_is_taken_from_the_recipes_and_any_other_is_the_engines_to_find(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine").mkdir()
    path = write_train_recipe(tmp_path, model="mine")
    assert recipes.load(path).model == str(tmp_path / "mine")
    assert recipes.load(path, ("model=Qwen/Some",)).model == "Qwen/Some"
