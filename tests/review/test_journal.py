"""The journal: what is acknowledged is there, what was torn is not, and nothing else is ever changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio_cogito.errors import RunLocked, SetupError
from audio_cogito.review.decisions import Decision
from audio_cogito.review.journal import Journal, read, said_in


def decision(number: int, subject: str = "a") -> Decision:
    key = f"k{number}"
    return Decision(number=number, subject=subject, action="accept", by="anna", at="now", version=0, key=key)


def journal_of(path: Path, count: int) -> bytes:
    journal = Journal(path)
    for number in range(1, count + 1):
        journal.append(decision(number))
    journal.close()
    return path.read_bytes()


def test_what_was_appended_is_read_in_order(tmp_path: Path) -> None:
    journal_of(tmp_path / "reviews.jsonl", 3)
    assert [one.number for one in said_in(tmp_path)["a"]] == [1, 2, 3]


def test_run_that_nobody_reviewed_has_nothing_said(tmp_path: Path) -> None:
    assert said_in(tmp_path) == {}


def test_torn_end_is_passed_over_by_readers_and_cut_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    whole = journal_of(path, 2)
    for torn in (b'{"number":3,"sub', b'{"number":3}'):
        path.write_bytes(whole + torn)
        assert len(read(path)) == 2
        assert path.read_bytes() == whole + torn
        Journal(path).close()
        assert path.read_bytes() == whole


def test_append_leaves_the_lines_before_it_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "reviews.jsonl"
    before = journal_of(path, 2)
    journal = Journal(path)
    journal.append(decision(3))
    journal.close()
    assert path.read_bytes().startswith(before)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda lines: [lines[0], b"{}", lines[2]], "line 2, is no decision"),
        (lambda lines: [lines[0], lines[2]], "line 2, says that it is line 3"),
        (lambda lines: [lines[1], lines[0], lines[2]], "line 1, says that it is line 2"),
        (lambda lines: [b"\xff" + lines[0], *lines[1:]], "line 1, is no decision"),
        (lambda lines: [lines[0].replace(b'"accept"', b'"add"'), *lines[1:]], "line 1, adds a seed without its words"),
    ],
)
def test_journal_that_was_changed_by_hand_is_refused_with_its_line(tmp_path: Path, spoil, why: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "reviews.jsonl"
    lines = journal_of(path, 3).splitlines()
    path.write_bytes(b"".join(line + b"\n" for line in spoil(lines)))
    with pytest.raises(SetupError, match=why):
        read(path)
    with pytest.raises(SetupError, match=why):
        Journal(path)


def test_second_server_of_a_run_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "reviews.jsonl")
    with pytest.raises(RunLocked, match="held by another"):
        Journal(tmp_path / "reviews.jsonl")
    journal.close()
    Journal(tmp_path / "reviews.jsonl").close()


def test_place_that_cannot_be_written_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be written"):
        Journal(tmp_path / "file" / "reviews.jsonl")
