"""How a recipe names a model of this process. No torch is needed to read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito import config, nano
from audio_cogito.errors import SetupError
from road import cogito, write_recipe, write_tones

FILES = (nano.CONFIG, nano.WEIGHTS, nano.TOKENIZER, nano.TEMPLATE)


def made_up(folder: Path, content: str = "x") -> Path:
    """A folder that has a checkpoint's files, if not their content."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        (folder / name).write_text(content)
    return folder


def recipe_with(folder: Path, **model: str) -> Path:
    return write_recipe(folder, "http://127.0.0.1:1/v1", models={"thinker": model})


def test_nano_needs_no_url_and_its_revision_is_its_weights(tmp_path: Path) -> None:
    thinker = config.load(recipe_with(tmp_path, name="nano")).models["thinker"]
    assert thinker.revision == nano.revision(nano.SHIPPED)
    assert thinker.url == ()


def test_a_checkpoints_folder_is_taken_from_the_recipes(tmp_path: Path) -> None:
    made_up(tmp_path / "trained")
    thinker = config.load(recipe_with(tmp_path, name="hf:trained")).models["thinker"]
    assert nano.folder_of(thinker.name) == tmp_path / "trained"


def test_other_weights_make_another_recipe(tmp_path: Path) -> None:
    folder, path = made_up(tmp_path / "trained"), recipe_with(tmp_path, name="hf:trained")
    before = config.load(path).digest
    assert config.load(path).digest == before
    made_up(folder, "y")
    assert config.load(path).digest != before


def test_a_resolved_recipe_is_read_again(tmp_path: Path) -> None:
    made_up(tmp_path / "trained")
    recipe = config.load(recipe_with(tmp_path, name="hf:trained"))
    assert config.again(config.resolved(recipe)).digest == recipe.digest


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ({"name": "hf:nowhere"}, "nowhere has no config.json that can be read"),
        ({"name": "nano", "url": "http://127.0.0.1:1/v1"}, "runs in this process and has no url"),
        ({"name": "nano", "revision": "mine"}, "not mine"),
        ({"name": "nan0"}, "missing required field `url`"),
        ({"name": "server", "url": "http://127.0.0.1:1/v1"}, "missing required field `revision`"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, model: dict[str, str], fault: str) -> None:
    with pytest.raises(SetupError) as error:
        config.load(recipe_with(tmp_path, **model))
    assert fault in str(error.value)
    assert "\n" not in str(error.value)


def test_without_torch_a_build_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nano, "NEEDS", ("torch_that_is_not_there", "tokenizers"))
    with pytest.raises(SetupError, match=r"torch_that_is_not_there.*pip install 'audio-cogito\[nano\]'"):
        nano.require()


@pytest.mark.skipif(all(map(nano.find_spec, nano.NEEDS)), reason="torch is installed")
def test_a_build_without_torch_ends_with_one_line(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 1)
    local = {role: {"name": "nano"} for role in ("annotator", "thinker", "auditor")}
    done = cogito("build", str(write_recipe(tmp_path, "", models=local)))
    assert done.returncode == 2
    assert "pip install 'audio-cogito[nano]'" in done.stderr
    assert "Traceback" not in done.stderr
