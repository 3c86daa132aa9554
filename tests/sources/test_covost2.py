"""CoVoST 2: a translation beside the sentence that Common Voice has for the same sound; tables read to the letter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import covost2
from audio_cogito.types import Recording, Statement


def dataset(folder: Path, pair: str, *lines: str, **sentences: str) -> Path:
    (folder / f"covost_v2.{pair}.tsv").write_text(
        "path\ttranslation\tsplit\n" + "".join(f"{x}\n" for x in lines), "utf-8"
    )
    place = folder / pair.split("_")[0]
    (place / "clips").mkdir(parents=True, exist_ok=True)
    head = "client_id\tpath\tsentence\tup_votes\n"
    listed = "".join(f"c{name}\t{name}.mp3\t{sentence}\t2\n" for name, sentence in sentences.items())
    (place / "validated.tsv").write_text(head + listed, "utf-8")
    for name in sentences:
        (place / "clips" / f"{name}.mp3").touch()
    return folder


def read(folder: Path, **settings: Any) -> list[Recording | Failure]:
    return list(covost2.recordings(covost2.Settings(path=str(folder), common_voice=str(folder), **settings)))


def test_sentence_and_translation_name_their_languages(tmp_path: Path) -> None:
    (found,) = read(dataset(tmp_path, "zh-CN_en", "a.mp3\tAn example.\ttrain", a="这是一个例子。"))
    assert isinstance(found, Recording)
    assert found.path == str(tmp_path / "zh-CN" / "clips" / "a.mp3")
    assert found.facts.transcript == Statement(text="这是一个例子。", origin="human", language="zh-CN")
    assert found.facts.translation == Statement(text="An example.", origin="human", language="en")
    assert (found.group, found.source_id, found.split) == ("common_voice:ca", "common_voice:a", "train")


def test_quotes_and_escapes_are_what_the_table_means(tmp_path: Path) -> None:
    dataset(tmp_path, "fr_en", 'a.mp3\t"Open, he said\ttrain', "b.mp3\ta\\\\b\ttrain", a='Il dit "ouvre', b='"')
    texts = [(one.facts.transcript, one.facts.translation) for one in read(tmp_path) if isinstance(one, Recording)]
    assert [(t.text, u.text) for t, u in texts if t and u] == [('Il dit "ouvre', '"Open, he said'), ('"', "a\\b")]


def test_train_is_the_larger_train_split_and_others_come_when_told(tmp_path: Path) -> None:
    lines = [f"{name}.mp3\tx\t{split}" for name, split in zip("abcd", covost2.SPLITS, strict=True)]
    dataset(tmp_path, "fr_en", *lines, a="a", b="b", c="c", d="d")
    assert [Path(one.path).stem for one in read(tmp_path) if isinstance(one, Recording)] == ["a", "b"]
    told = [one for one in read(tmp_path, splits=("dev", "test")) if isinstance(one, Recording)]
    assert [(Path(one.path).stem, one.split) for one in told] == [("c", "dev"), ("d", "test")]


def test_name_without_its_ending_is_the_same_sound(tmp_path: Path) -> None:
    (found,) = read(dataset(tmp_path, "fr_en", "a\tx\ttrain", a="b"))
    assert isinstance(found, Recording)


def test_what_is_not_there_and_what_is_broken_is_named(tmp_path: Path) -> None:
    lines = ["a.mp3\tx\ttrain", "b.mp3\tx\ttrain", "b.mp3\ty\ttrain", "c.mp3\tx\tvalid", "d.mp3\t \ttrain", "e.mp3\tx"]
    dataset(tmp_path, "fr_en", *lines, a="a")
    (tmp_path / "fr" / "clips" / "a.mp3").unlink()
    found = read(tmp_path)
    assert [(one.reason, one.detail.split(";")[0]) for one in found if isinstance(one, Failure)] == [
        ("malformed", f"b.mp3 stands at {tmp_path / 'covost_v2.fr_en.tsv'}:3 already"),
        ("malformed", "there is no split 'valid' in CoVoST 2"),
        ("malformed", "has no translation"),
        ("malformed", "2 cells where the header has 3"),
        ("missing", f"there is no audio file {tmp_path / 'fr/clips/a.mp3'}"),
        ("missing", f"b.mp3 is not in {tmp_path / 'fr/validated.tsv'}"),
    ]


def test_there_are_36_pairs_and_each_table_that_is_there_is_read(tmp_path: Path) -> None:
    assert len(set(covost2.PAIRS)) == 21 + 15
    for pair in covost2.PAIRS:
        dataset(tmp_path, pair, "a.mp3\tx\ttrain", a="b")
    languages = [
        one.facts.translation.language for one in read(tmp_path) if isinstance(one, Recording) and one.facts.translation
    ]
    assert languages == [pair.split("_")[1] for pair in covost2.PAIRS]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pairs": ("zh_en",)}, "no 'zh_en' in CoVoST 2; did you mean"),
        ({"pairs": ("de_en",)}, "cannot be read"),
        ({"splits": ("tests",)}, "did you mean 'test'"),
    ],
)
def test_wrong_setting_is_refused_at_once(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    dataset(tmp_path, "fr_en", "a.mp3\tx\ttrain", a="b")
    with pytest.raises(SetupError, match=message):
        covost2.recordings(covost2.Settings(path=str(tmp_path), common_voice=str(tmp_path), **settings))


def test_folder_without_tables_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="holds no table of a pair"):
        read(tmp_path)
