"""Styles on the whole road: a recipe names one, and the run's record says which words were sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito import config
from audio_cogito.errors import SetupError
from road import build, write_recipe, write_tones
from server import Options, Server


async def test_style_of_a_recipe_decides_which_prompt_is_sent_and_recorded(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 2)
    async with Server(Options()) as server:
        recipe = write_recipe(tmp_path, server.url, think={"style": "observe"})
        server.keep = True
        record = await build(recipe)
    assert {prompt.name for prompt in record.prompts} == {"construct", "observe", "judge"}
    thinking = [body for body in server.requests if b"response_format" not in body]
    assert thinking
    assert all(b"<VERIFICATION>" in body for body in thinking)
    assert record.stages["verify"].reasons["complete fail"] == record.stages["think"].kept


async def test_styles_stand_in_the_recipe_of_the_record_and_load_again(tmp_path: Path) -> None:
    path = write_recipe(tmp_path, "http://127.0.0.1:9/v1", think={"style": "structured"}, construct={"style": "cota"})
    recipe = config.load(path)
    again = config.again(config.resolved(recipe))
    assert (again.think.prompt, again.construct.prompt) == ("structured", "cota")
    assert again.digest == recipe.digest


def test_unknown_style_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="style"):
        config.load(write_recipe(tmp_path, "http://127.0.0.1:9/v1", think={"style": "terse"}))
