"""MUStARD's file is read whole, its apostrophes put right; sarcasm is said by those who saw the picture."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import mustard
from audio_cogito.types import Attribute, Recording

ENTRY = {
    "utterance": "ThatÕs just great, isnâ€™t it.", "speaker": "PERSON", "context": ["It rains.", "Oh no."],
    "context_speakers": ["ADA", "PERSON"], "show": "MADE", "sarcasm": True,
}  # fmt: skip


def dataset(folder: Path, entries: dict[str, Any]) -> Path:
    (folder / "sarcasm_data.json").write_text(json.dumps(entries), "utf-8")
    (folder / "utterances_final").mkdir()
    (folder / "context_final").mkdir()
    return folder


def read(folder: Path, **settings: Any) -> list[Recording | Failure]:
    return list(mustard.recordings(mustard.Settings(path=str(folder), **settings)))


def test_utterance_has_its_words_and_whether_they_are_sarcastic(tmp_path: Path) -> None:
    (dataset(tmp_path, {"1_60": ENTRY}) / "utterances_final" / "1_60.mp4").touch()
    (found,) = read(tmp_path)
    assert isinstance(found, Recording)
    assert found.facts.transcript
    assert found.facts.transcript.text == "That’s just great, isn’t it."
    assert found.facts.attributes == (
        Attribute(key="speaker", value="PERSON", origin="human"),
        Attribute(key="sarcasm", value="yes", origin="seen"),
    )
    assert (found.group, found.split) == ("mustard:1_60", None)


def test_context_is_a_recording_of_the_same_group(tmp_path: Path) -> None:
    dataset(tmp_path, {"1_60": ENTRY | {"sarcasm": False}})
    (tmp_path / "utterances_final" / "1_60.wav").touch()
    (tmp_path / "context_final" / "1_60_c.mp4").touch()
    utterance, context = (one for one in read(tmp_path, context=True) if isinstance(one, Recording))
    assert utterance.facts.attributes[1].value == "no"
    assert utterance.group == context.group
    assert [(t.speaker, t.text, t.start) for t in context.facts.turns] == [
        ("ADA", "It rains.", None),
        ("PERSON", "Oh no.", None),
    ]


def test_absent_sound_and_broken_entry_are_failures(tmp_path: Path) -> None:
    unequal = ENTRY | {"context_speakers": ["ADA"]}
    dataset(tmp_path, {"1_1": ENTRY, "1_2": unequal, "1_3": ENTRY | {"sarcasm": "True"}, "1_4": 4})
    reasons = [one.reason for one in read(tmp_path) if isinstance(one, Failure)]
    assert reasons == ["missing", "malformed", "malformed", "malformed"]


@pytest.mark.parametrize("text", ["[1, 2]", "{", '{"a": NaN}'])
def test_file_that_is_none_is_refused_at_once(tmp_path: Path, text: str) -> None:
    (dataset(tmp_path, {}) / "sarcasm_data.json").write_text(text)
    with pytest.raises(SetupError, match="cannot be read"):
        read(tmp_path)


def test_real_file_has_690_utterances_half_of_them_sarcastic(tmp_path: Path) -> None:
    if not (shared := os.environ.get("COGITO_SHARED_DATA")):
        pytest.skip("set COGITO_SHARED_DATA to the folder of datasets' metadata")
    published = (Path(shared) / "sources" / "mustard_sarcasm_data.json").read_bytes()
    dataset(tmp_path, {})
    (tmp_path / "sarcasm_data.json").write_bytes(published)
    for id in json.loads(published):
        (tmp_path / "utterances_final" / f"{id}.mp4").touch()
    found = [one for one in read(tmp_path) if isinstance(one, Recording)]
    assert len(found) == mustard.INFO.counts["all"]
    assert Counter(one.facts.attributes[1].value for one in found) == {"yes": 345, "no": 345}
    texts = [one.facts.transcript.text for one in found if one.facts.transcript]
    assert not [text for text in texts if "Õ" in text or "â€" in text]
