"""Every format: its contract, rows that can be read back, sounds that travel, and rows out of form found out."""

from __future__ import annotations

import inspect
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito import exports, plugins
from audio_cogito.audio import Sounds
from audio_cogito.errors import SetupError
from audio_cogito.exports import openai, soundless
from audio_cogito.types import Span, Trace
from exporting import PASSED, export_to, truly_named
from made import make_clip, make_question, make_trace

FORMATS = list(plugins.files("exports", ".py"))


def trace(name: str = "a", **changes: Any) -> Trace:
    clip = make_clip(name, source_id=f"id {name}", span=Span(start=1, end=2.5), licence="CC0-1.0", domains=("sound",))
    question = make_question("a dog", "a cat", clips=(truly_named(clip),), skill="counting", author="writer@1")
    return make_trace(question, **({"verdicts": PASSED, "pass_rate": 1.0} | changes))


def lines(folder: Path, format: str) -> list[Any]:
    return [json.loads(line) for line in (folder / f"run/rows/{format}/train.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("name", FORMATS)
def test_format_keeps_the_contract(name: str) -> None:
    module = exports.load(name)
    assert isinstance(module.INFO, exports.FormatInfo)
    assert module.INFO.audio
    assert (inspect.getdoc(module) or "").strip()
    assert list(inspect.signature(module.writer).parameters) == ["path", "carried"]
    assert list(inspect.signature(module.faults).parameters) == ["path", "carried"]
    assert isinstance(module.beside(("train",)), dict)


def jsonl() -> list[tuple[str, str]]:
    infos = ((name, exports.load(name).INFO) for name in FORMATS)
    return [(name, how) for name, info in infos for how in info.audio if info.suffix == ".jsonl"]


@pytest.mark.parametrize(("name", "how"), jsonl())
def test_every_way_of_carrying_gives_the_same_bytes_again(tmp_path: Path, name: str, how: str) -> None:
    found = [trace("a"), trace("b")]
    export_to(tmp_path, found, name, audio=how)
    folder = tmp_path / f"run/rows/{name}"
    before = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    done = export_to(tmp_path, found, name, audio=how)
    assert list(done.files.values()) == [2]
    assert {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_openai_row_that_refers_opens_with_the_sound_as_a_file_url(tmp_path: Path) -> None:
    folder = tmp_path / "a place"
    export_to(folder, [trace()], "openai")
    ((user, assistant),) = (row["messages"] for row in lines(folder, "openai"))
    assert [part["type"] for part in user["content"]] == ["audio_url", "text"]
    assert user["content"][0]["audio_url"]["url"].startswith(f"file://{tmp_path}/a%20place/audio/")
    assert assistant == {"role": "assistant", "content": assistant["content"]}
    assert assistant["content"].endswith("a dog")


def test_openai_row_that_holds_its_sound_holds_it_as_wav(tmp_path: Path) -> None:
    one = trace()
    export_to(tmp_path, [one], "openai", audio="once")
    part = lines(tmp_path, "openai")[0]["messages"][0]["content"][0]
    assert (part["type"], part["input_audio"]["format"]) == ("input_audio", "wav")
    wav = Sounds(tmp_path / "audio").wav(one.question.clips[0].id)
    assert b64decode(part["input_audio"]["data"]) == wav


def test_damaged_sound_is_one_clear_line(tmp_path: Path) -> None:
    one = trace()
    export_to(tmp_path, [one], "openai")
    Sounds(tmp_path / "audio").path(one.question.clips[0].id).write_bytes(b"fLaC?")
    with pytest.raises(SetupError, match="is damaged"):
        export_to(tmp_path, [one], "openai", audio="once")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("messages", 0, "content"), [{"type": "text", "text": "Which?"}]),
        (("messages", 0, "content", 0, "audio_url", "url"), "file:///nowhere.flac"),
        (("messages", 0, "content", 0), {"type": "input_audio", "input_audio": {"data": "?", "format": "wav"}}),
        (("messages", 0, "content", 0), {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
        (("messages", 0, "content", 1, "text"), " "),
        (("messages", 1, "content"), "a dog"),
    ],
)
def test_openai_row_out_of_form_is_found_out(tmp_path: Path, path: tuple[Any, ...], value: Any) -> None:
    export_to(tmp_path, [trace()], "openai")
    row = lines(tmp_path, "openai")[0]
    assert openai.faults_of(msgspec.convert(row, openai.OpenAIRow)) == []
    place = row
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert openai.faults_of(msgspec.convert(row, openai.OpenAIRow))


def test_llama_factory_is_told_how_to_read_each_split(tmp_path: Path) -> None:
    one = trace("a")
    dev = msgspec.structs.replace(make_clip("b"), split="dev")
    export_to(tmp_path, [one, make_trace(make_question("x", "y", clips=(dev,)), verdicts=PASSED)], "llama_factory")
    folder = tmp_path / "run/rows/llama_factory"
    described = json.loads((folder / "dataset_info.json").read_bytes())
    assert [entry["file_name"] for entry in described.values()] == ["dev.jsonl", "train.jsonl"]
    for entry in described.values():
        row = json.loads((folder / entry["file_name"]).read_text())
        user, assistant = row[entry["columns"]["messages"]]
        assert user[entry["tags"]["content_tag"]].count("<audio>") == len(row[entry["columns"]["audios"]]) == 1
        assert assistant[entry["tags"]["role_tag"]] == entry["tags"]["assistant_tag"]


def test_soundless_row_tells_where_a_sound_comes_from_and_no_path(tmp_path: Path) -> None:
    export_to(tmp_path, [trace("home/a")], "soundless", weight=True)
    (row,) = lines(tmp_path, "soundless")
    (place,) = row["clips"]
    assert (place["source"], place["source_id"], place["start"], place["end"]) == ("made", "id home/a", 1.0, 2.5)
    assert (place["licence"], place["file"]) == ("CC0-1.0", "a.wav")
    assert (row["question"], row["choices"], row["answer"]) == ("What is nearest?", ["a dog", "a cat"], "a dog")
    assert (row["checks"], row["pass_rate"], row["annotator"]) == (["complete pass"], 1.0, "writer@1")
    assert row["weight"] == pytest.approx(2 / 3, abs=1e-6)
    assert "home/a.wav" not in json.dumps(row)
    assert not (tmp_path / "run/rows/soundless/audio").exists()


@pytest.mark.parametrize(
    "change",
    [{"question": " "}, {"answer": ""}, {"thinking": ""}, {"clips": []}, {"answer": "a horse"}, {"response": "a dog"}],
)
def test_soundless_row_out_of_form_is_found_out(tmp_path: Path, change: dict[str, Any]) -> None:
    export_to(tmp_path, [trace()], "soundless")
    row = lines(tmp_path, "soundless")[0]
    assert soundless.faults_of(msgspec.convert(row, soundless.SoundlessRow)) == []
    assert soundless.faults_of(msgspec.convert(row | change, soundless.SoundlessRow))


def test_format_of_a_users_own_is_found_in_a_folder_and_held_to_its_faults(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports/strict.py").write_text(
        "from audio_cogito.exports.swift import INFO, beside, writer\n"
        "def faults(path, carried):\n    yield ['never good enough']\n"
    )
    module = exports.load("strict", (tmp_path,))
    carried = exports.Carried(how="reference", sounds=Sounds(tmp_path), folder=tmp_path)
    assert list(module.faults(tmp_path, carried)) == [["never good enough"]]
