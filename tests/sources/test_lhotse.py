"""A cut of one file and channel is read; nothing in a manifest is ever run."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import lhotse
from audio_cogito.types import Recording, Span, Statement


def recorded(**source: Any) -> dict[str, Any]:
    stated = {"type": "file", "channels": [0], "source": "a.wav"} | source
    return {"id": "r1", "sources": [stated], "sampling_rate": 16000, "num_samples": 32000, "duration": 2.0}


def cut(*supervisions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    stated = {"id": "c1", "start": 0.0, "duration": 2.0, "channel": 0, "recording": recorded(), "type": "MonoCut"}
    return stated | {"supervisions": list(supervisions)} | changes


def said(text: str, start: float = 0.0, duration: float = 2.0, **changes: Any) -> dict[str, Any]:
    stated = {"id": "s", "recording_id": "r1", "start": start, "duration": duration, "channel": 0, "text": text}
    return stated | changes


def read(folder: Path, *cuts: Any, **settings: Any) -> list[Recording | Failure]:
    path = folder / "cuts.jsonl.gz"
    path.write_bytes(gzip.compress("".join(f"{json.dumps(one)}\n" for one in cuts).encode()))
    return list(lhotse.recordings(lhotse.Settings(path=str(path), **settings)))


def test_whole_recording_is_read_without_a_span(tmp_path: Path) -> None:
    (found,) = read(tmp_path, cut(said("hi", language="en", speaker="ada")), split="dev")
    assert isinstance(found, Recording)
    assert (found.path, found.span, found.split) == (str(tmp_path / "a.wav"), None, "dev")
    assert found.facts.transcript == Statement(text="hi", origin="human", language="en")
    assert [attribute.value for attribute in found.facts.attributes] == ["ada"]


def test_supervisions_of_a_part_are_turns_with_times_from_its_start(tmp_path: Path) -> None:
    spoken = (said("two", 0.75, 0.5, speaker="b"), said("one", 0.0, 0.5, speaker="a"), said("gone", 0.9, 0.5))
    (found,) = read(tmp_path, cut(*spoken, start=0.5, duration=1.25))
    assert isinstance(found, Recording)
    assert found.span == Span(start=0.5, end=1.75)
    assert [(t.text, t.speaker, t.start, t.end) for t in found.facts.turns] == [
        ("one", "a", 0.0, 0.5),
        ("two", "b", 0.75, 1.25),
        ("", None, 0.9, 1.25),
    ]


def test_command_is_never_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    (found,) = read(tmp_path, cut(recording=recorded(type="command", source=f"touch {ran}")))
    assert isinstance(found, Failure)
    assert "never run" in found.detail
    assert not ran.exists()


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ({"id": "m", "type": "MixedCut", "tracks": []}, "a MixedCut is not read"),
        ({"id": "p", "type": "PaddingCut", "duration": 1.0}, "a PaddingCut is not read"),
        (cut(recording=None), "only features"),
        (cut(recording=recorded(channels=[0, 1])), "one of several channels"),
        (cut(recording=recorded(type="url", source="http://x/a.wav")), "of type 'url'"),
        (cut(recording=recorded(source=3)), "has no file name: 3"),
        (cut(start="soon"), "Expected `float`"),
        (cut(said("hi") | {"duration": None}), "Expected `float`"),
        ([1], "Expected `object`"),
    ],
)
def test_what_is_not_read_says_what_it_is_and_the_rest_is_read(tmp_path: Path, line: Any, detail: str) -> None:
    failed, good = read(tmp_path, line, cut())
    assert isinstance(good, Recording)
    assert isinstance(failed, Failure)
    assert failed.subject.endswith("cuts.jsonl.gz:1")
    assert detail in failed.detail


def test_file_that_is_no_gzip_is_a_failure_and_one_that_is_absent_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cuts.jsonl.gz"
    path.write_bytes(b"no gzip")
    (failed,) = lhotse.recordings(lhotse.Settings(path=str(path)))
    assert isinstance(failed, Failure)
    whole = gzip.compress(json.dumps(cut()).encode() * 1000)
    path.write_bytes(whole[: len(whole) // 2])
    assert all(isinstance(one, Failure) for one in lhotse.recordings(lhotse.Settings(path=str(path))))
    with pytest.raises(SetupError, match="cannot be read"):
        lhotse.recordings(lhotse.Settings(path=str(tmp_path / "absent")))


def test_relative_names_start_at_the_root(tmp_path: Path) -> None:
    (found,) = read(tmp_path, cut(), root=str(tmp_path.parent))
    assert isinstance(found, Recording)
    assert found.path == str(tmp_path.parent / "a.wav")
