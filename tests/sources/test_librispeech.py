"""LibriSpeech: an utterance a line of a chapter's transcripts, in the split that its part's name begins with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import librispeech
from audio_cogito.types import Recording

SPEAKERS = """;ID  |SEX| SUBSET           |MINUTES| NAME
14   | F | train-clean-360  | 25.03 | Kristin LeMoine
60   | M | train-clean-100  | 20.18 | |CBW|Simon
"""


def chapter(folder: Path, part: str, speaker: str, number: str, *lines: str) -> Path:
    (place := folder / part / speaker / number).mkdir(parents=True)
    stem = f"{speaker}-{number}"
    (place / f"{stem}.trans.txt").write_text("".join(f"{stem}-{i:04d} {line}\n" for i, line in enumerate(lines)))
    for i in range(len(lines)):
        (place / f"{stem}-{i:04d}.flac").touch()
    return place


def read(folder: Path, **settings: Any) -> list[Recording | Failure]:
    return list(librispeech.recordings(librispeech.Settings(path=str(folder), **settings)))


def test_utterance_has_its_transcript_reader_and_split(tmp_path: Path) -> None:
    chapter(tmp_path, "train-clean-100", "60", "121082", "HE HOPED THERE WOULD BE STEW", "AND HE WAS RIGHT")
    (tmp_path / "SPEAKERS.TXT").write_text(SPEAKERS)
    first, second = (one for one in read(tmp_path) if isinstance(one, Recording))
    assert Path(first.path).name == "60-121082-0000.flac"
    assert (first.source_id, first.group, first.split) == ("librispeech:60-121082-0000", "librispeech:60", "train")
    assert [one.facts.transcript.text for one in (first, second) if one.facts.transcript] == [
        "HE HOPED THERE WOULD BE STEW",
        "AND HE WAS RIGHT",
    ]
    assert [attribute.value for attribute in first.facts.attributes] == ["male reader"]


def test_name_with_a_bar_does_not_spoil_the_table_of_readers(tmp_path: Path) -> None:
    (tmp_path / "SPEAKERS.TXT").write_text(SPEAKERS)
    assert librispeech.readers(tmp_path / "SPEAKERS.TXT") == {"14": "female", "60": "male"}
    assert librispeech.readers(tmp_path / "absent") == {}


def test_only_train_parts_are_read_unless_told(tmp_path: Path) -> None:
    for part in ("train-clean-5", "dev-clean-2", "test-other"):
        chapter(tmp_path, part, "1", "2", "A")
    assert [one.split for one in read(tmp_path) if isinstance(one, Recording)] == ["train"]
    told = read(tmp_path, splits=("dev", "test"))
    assert [one.split for one in told if isinstance(one, Recording)] == ["dev", "test"]
    assert len(read(tmp_path, splits=("dev", "test"), parts=("test-other",))) == 1


def test_absent_sounds_and_transcripts_are_failures(tmp_path: Path) -> None:
    place = chapter(tmp_path, "train-clean-5", "1", "2", "A", "B", "C")
    (place / "1-2-0001.flac").unlink()
    with (place / "1-2.trans.txt").open("ab") as file:
        file.write(b"7-7-0000 OF ANOTHER CHAPTER\n1-2-0003\n1-2-0004 \xff\xfe\n")
    chapter(tmp_path, "train-clean-5", "3", "4", "A")
    (tmp_path / "train-clean-5/3/4/3-4.trans.txt").unlink()
    found = read(tmp_path)
    assert sum(isinstance(one, Recording) for one in found) == 2
    assert [(one.reason, Path(one.subject).name) for one in found if isinstance(one, Failure)] == [
        ("missing", "1-2.trans.txt:2"),
        ("malformed", "1-2.trans.txt:4"),
        ("malformed", "1-2.trans.txt:5"),
        ("malformed", "1-2.trans.txt:6"),
        ("missing", "3-4.trans.txt"),
    ]


def test_link_to_a_folder_above_does_not_hang(tmp_path: Path) -> None:
    place = chapter(tmp_path, "train-clean-5", "1", "2", "A")
    (place / "loop").symlink_to(tmp_path)
    (tmp_path / "train-clean-5" / "9").symlink_to(tmp_path / "train-clean-5" / "9")
    assert len(read(tmp_path)) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"splits": ("training",)}, "there is no 'training'; did you mean 'train'"),
        ({"parts": ("train-clean-50",)}, "no part 'train-clean-50' of train; did you mean 'train-clean-5'"),
        ({"splits": ("dev",)}, "holds no part of dev"),
    ],
)
def test_wrong_setting_is_refused_at_once(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    chapter(tmp_path, "train-clean-5", "1", "2", "A")
    with pytest.raises(SetupError, match=message):
        librispeech.recordings(librispeech.Settings(path=str(tmp_path), **settings))
