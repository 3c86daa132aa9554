"""The doctor: what a server does wrong is found before a run, with the flag or key to change; what is well, too."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from audio_cogito import config, doctor
from audio_cogito.doctor.line import Line, remedy
from audio_cogito.models.openai import OpenAI, Settings
from audio_cogito.models.wire import SoundParts
from road import cogito, write_recipe, write_tones
from server import Options, Server, refusal

Change = Callable[[dict[str, Any], dict[str, Any]], None]


class Odd(Server):
    """The scripted server with one thing wrong: `spoil` is given the request and the completion to change."""

    def __init__(self, spoil: Change | None = None, refuse: Callable[[dict[str, Any]], str] | None = None) -> None:
        super().__init__(Options())
        self.spoil, self.refuse, self.listing = spoil, refuse, {"id": "scripted"}

    async def _reply(self, request: web.Request, body: bytes, kind: str) -> web.StreamResponse:
        asked = json.loads(body)
        if self.refuse and (message := self.refuse(asked)):
            return refusal(400, message)
        response = await super()._reply(request, body, kind)
        assert isinstance(response, web.Response)
        assert isinstance(response.body, bytes)
        said = json.loads(response.body)
        if self.spoil and response.status == 200:
            self.spoil(asked, said)
        return web.json_response(said, status=response.status)

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [self.listing]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tones(tmp_path / "recordings", 3)
    return tmp_path


async def examined(recipe: Path, *overrides: str) -> dict[str, Line]:
    """The findings by `subject: check`; of the three roles' common server, by the check alone."""
    lines = [line async for line in doctor.examine(config.load(recipe, overrides))]
    return {line.check if "," in line.subject else f"{line.subject}: {line.check}": line for line in lines}


def heard(asked: dict[str, Any]) -> bool:
    return any(isinstance(m["content"], list) and m["content"][0]["type"] != "text" for m in asked["messages"])


async def test_sound_server_has_no_fault_and_every_part_is_tried(folder: Path) -> None:
    async with Server() as server:
        found = await examined(write_recipe(folder, server.url))
    assert [line for line in found.values() if line.state != "ok"] == []
    assert set(found) == {
        "folder: source", "store: disk", "export: formats", "server", "text", "audio", "greedy", "room", "schema",
        "annotator: questions", "thinker: reasoning", "auditor: judge",
    }  # fmt: skip
    assert "113, 165, 360 prompt tokens for 1, 5, 20 s, 13.0 a second" in found["audio"].measured
    assert "3 recordings; of the first 3, 3 can be heard" in found["folder: source"].measured


async def test_nothing_that_the_doctor_asks_is_remembered_and_its_sounds_are_gone(folder: Path) -> None:
    async with Server() as server:
        await examined(write_recipe(folder, server.url))
    assert not (folder / "store/replies.sqlite").exists()
    assert len(list((folder / "store/audio").rglob("*.flac"))) == 3


def deaf(asked: dict[str, Any], said: dict[str, Any]) -> None:
    said["usage"]["prompt_tokens"] = 50
    if heard(asked):
        said["choices"][0]["message"] = {"role": "assistant", "content": "A dog barks."}


async def test_server_that_drops_sounds_is_a_fault_and_no_part_is_tried_on_it(folder: Path) -> None:
    async with Odd(deaf) as server:
        found = await examined(write_recipe(folder, server.url))
    assert found["audio"].state == "fault"
    assert "no sound seems to arrive" in found["audio"].measured
    assert "docs/serve.md" in found["audio"].change
    assert not any("questions" in name for name in found)


def forgetful(asked: dict[str, Any], said: dict[str, Any], count: list[int] = [0]) -> None:  # noqa: B006
    count[0] += 1
    said["usage"]["prompt_tokens"] = 50
    said["choices"][0]["message"]["content"] = f"Sound number {count[0]}."


async def test_other_words_each_time_are_no_sign_that_a_sound_arrives(folder: Path) -> None:
    async with Odd(forgetful) as server:
        found = await examined(write_recipe(folder, server.url))
    assert found["audio"].state == "fault"
    assert "other words each time" in found["audio"].measured


def uncounted(asked: dict[str, Any], said: dict[str, Any]) -> None:
    said["usage"]["prompt_tokens"] = 50


async def test_server_that_hears_and_does_not_count_sounds_is_a_warning(folder: Path) -> None:
    async with Odd(uncounted) as server:
        found = await examined(write_recipe(folder, server.url))
    assert found["audio"].state == "warn"
    assert found["greedy"].state == "ok"


async def test_greedy_replies_that_differ_are_a_warning(folder: Path) -> None:
    def wavering(asked: dict[str, Any], said: dict[str, Any], count: list[int] = [0]) -> None:  # noqa: B006
        count[0] += 1
        if "response_format" not in asked and "Select one" not in json.dumps(asked):
            said["choices"][0]["message"]["content"] = f"Reply number {count[0]}."

    async with Odd(wavering) as server:
        found = await examined(write_recipe(folder, server.url))
    assert (found["audio"].state, found["greedy"].state) == ("ok", "warn")


async def test_reasoning_that_no_parser_splits_is_a_fault_with_the_servers_flag(folder: Path) -> None:
    def unsplit(asked: dict[str, Any], said: dict[str, Any]) -> None:
        said["choices"][0]["message"].pop("reasoning", None)

    async with Odd(unsplit) as server:
        recipe = write_recipe(folder, server.url)
        found = await examined(recipe)
        relaxed = await examined(recipe, "checks.complete.thinking_required=false")
    assert found["thinker: reasoning"].state == "fault"
    assert "--reasoning-parser" in found["thinker: reasoning"].change
    assert relaxed["thinker: reasoning"].state == "warn"


async def test_schemas_that_are_not_honoured_are_told_with_their_remedy(folder: Path) -> None:
    def chatty(asked: dict[str, Any], said: dict[str, Any]) -> None:
        if "response_format" in asked:
            said["choices"][0]["message"]["content"] = "Sure! Here you go."

    async with Odd(chatty) as server:
        found = await examined(write_recipe(folder, server.url))
    assert found["schema"].state == "warn"
    assert found["annotator: questions"].state == found["auditor: judge"].state == "fault"
    assert "--structured-outputs-config" in found["annotator: questions"].change


async def test_context_that_is_too_short_is_a_fault_with_the_number_needed(folder: Path) -> None:
    async with Odd() as server:
        server.listing |= {"max_model_len": 16384}
        found = await examined(write_recipe(folder, server.url))
        server.listing |= {"max_model_len": 32768}
        enough = await examined(write_recipe(folder, server.url))
    assert found["room"].state == "fault"
    assert "--max-model-len 20870" in found["room"].change
    assert enough["room"].state == "ok"


async def test_file_transport_outside_the_allowed_path_names_flag_and_folder(folder: Path) -> None:
    def outside(asked: dict[str, Any]) -> str:
        return "file must be a subpath of --allowed-local-media-path" if "file://" in json.dumps(asked) else ""

    async with Odd(refuse=outside) as server:
        found = await examined(write_recipe(folder, server.url, server={"audio": "file"}))
    assert found["audio"].state == "fault"
    assert f"--allowed-local-media-path {folder}/store/audio" in found["audio"].change


@pytest.mark.parametrize(
    ("overrides", "check", "measured", "change"),
    [
        (["models.thinker.name=other"], "thinker: server", "serves scripted, not other", "--served-model-name"),
        (["models.thinker.url=http://127.0.0.1:9/v1"], "thinker: server", "nothing answers", "models.thinker.url"),
        (["models.thinker.key_env=NO_SUCH"], "thinker: server", "NO_SUCH", "models.thinker"),
        (["think.model=nobody"], "nobody: recipe", "names only annotator, thinker, auditor", "[models.nobody]"),
        (["sources.folder.path=empty"], "folder: source", "yields no recording", "sources.folder"),
        (["sources.folder.path=nowhere"], "folder: source", "nowhere", "sources.folder"),
    ],
)
async def test_wrong_setting_is_a_fault_and_the_rest_is_still_tried(
    folder: Path, monkeypatch: pytest.MonkeyPatch, overrides: list[str], check: str, measured: str, change: str
) -> None:
    (folder / "empty").mkdir()
    async with Server() as server:
        recipe = write_recipe(folder, server.url)
        absolute = [override.replace("path=", f"path={folder}/") for override in overrides]
        found = await examined(recipe, *absolute)
    assert found[check].state == "fault"
    assert measured in found[check].measured
    assert change in found[check].change
    assert found["annotator: questions" if "annotator: questions" in found else "questions"].state == "ok"


async def test_recording_that_cannot_be_decoded_is_told_with_its_reason(folder: Path) -> None:
    (folder / "recordings/tone 0000.wav").write_text("no audio")
    async with Server() as server:
        found = await examined(write_recipe(folder, server.url))
    assert found["folder: source"].state == "warn"
    assert "of the first 3, 2 can be heard" in found["folder: source"].measured
    assert "undecodable" in found["folder: source"].measured


async def test_full_disk_is_a_fault(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE", 10**18)
    async with Server() as server:
        found = await examined(write_recipe(folder, server.url))
    assert found["store: disk"].state == "fault"
    assert "larger disk" in found["store: disk"].change


async def test_key_is_in_no_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-very-secret-17")
    async with Server(Options(key="sk-another-key-4")) as server:
        found = await examined(write_recipe(folder, server.url, server={"key_env": "SOME_KEY"}))
    assert found["text"].state == "fault"
    assert "key_env" in found["text"].change
    assert not any("very-secret" in line.measured + line.change for line in found.values())


async def test_server_that_is_examined_is_not_waited_for_as_in_a_run(folder: Path) -> None:
    asked: list[Settings] = []

    def connect(settings: Settings, parts: SoundParts) -> OpenAI:
        asked.append(settings)
        return OpenAI(settings, parts)

    slow = {"patience": 900.0, "timeout": 9999.0}
    recipe = config.load(write_recipe(folder, "http://127.0.0.1:9/v1", server=slow))
    assert [line.state async for line in doctor.examine(recipe, connect) if line.check == "server"] == ["fault"]
    assert [(one.patience, one.timeout, one.retries) for one in asked] == [(15.0, 180.0, 0)]


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ("status 400: At most 0 audio(s) may be provided in one prompt.", "--limit-mm-per-prompt"),
        ("status 400: This model's maximum context length is 4096 tokens", "--max-model-len"),
        ("status 400: scripted is not a multimodal model", "a model that hears"),
        ("status 500: Please install vllm[audio]", "vllm[audio]"),
        ("status 400: response_format is not supported", "models.auditor.structured = false"),
        ("something else altogether", "log"),
    ],
)
def test_what_servers_say_has_a_remedy(said: str, change: str) -> None:
    assert change in remedy(said, role="auditor", audio="/store/audio")


async def test_command_prints_findings_with_what_to_change_and_ends_by_them(folder: Path) -> None:
    async with Server() as server:
        recipe = str(write_recipe(folder, server.url))
        well = await asyncio.to_thread(cogito, "doctor", recipe)
        ill = await asyncio.to_thread(cogito, "doctor", recipe, "models.auditor.name=other")
    assert (well.returncode, well.stderr) == (0, "")
    assert "faults 0, warnings 0, fine 12" in well.stdout
    assert ill.returncode == 2
    assert "fault  auditor: server:" in ill.stdout
    assert "       change: models.auditor.name" in ill.stdout
