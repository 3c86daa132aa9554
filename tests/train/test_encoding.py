"""What must hold of a row as the engine encoded it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from audio_cogito.errors import SetupError
from audio_cogito.forms import STRUCTURED
from audio_cogito.train import encoding
from audio_cogito.train.encoding import Encoded, EncodedRow
from audio_cogito.train.rows import Candidate, TrainMessage, TrainRow

PROMPT, RESPONSE, END = "user What? assistant ", "<think>\nA dog.\n</think>\n\nDog", "<|im_end|>\n"
ROW = TrainRow(
    messages=(TrainMessage(role="user", content="What?"), TrainMessage(role="assistant", content=RESPONSE)),
    audios=("a.flac",),
)
PARTS = "".join(f"<{name}>\np\n</{name}>\n" for name in STRUCTURED)
REASONER = f"<THINK>\n{PARTS}</THINK>\n<RESPONSE>\nDog\n</RESPONSE>"
SYSTEM = "Answer in <THINK>, and then in <RESPONSE>."


def ids(text: str) -> tuple[int, ...]:
    return tuple(ord(letter) for letter in text)


def encoded(response: str = RESPONSE, prompt: str = PROMPT, end: str = END, **changes: Any) -> EncodedRow:
    learnt = response + end
    row = EncodedRow(
        index=0,
        ids=ids(prompt + learnt),
        labels=(-100,) * len(prompt) + ids(learnt),
        scales=(),
        serving=ids(PROMPT),
        unthinking=ids(PROMPT + "<think>\n\n</think>\n\n"),
        prompt_text=prompt,
        trained_text=learnt,
        rendered=prompt + learnt,
    )
    return msgspec.structs.replace(row, **changes)


def test_a_row_as_it_is_written_has_no_fault() -> None:
    assert encoding.faults(ROW, encoded(), "all") == []


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (encoded("<think>\n<think>\nA dog.\n</think>\n\nDog"), "<think> stands 2 times"),
        (encoded("Dog"), "</think> stands 0 times"),
        (encoded(RESPONSE[:-3] + "Cat"), "under the loss is"),
        (encoded(end="<|im_end|>\nuser What next?"), "under the loss is more than the response"),
        (encoded(labels=(-100,) * len(PROMPT) + ids(RESPONSE + END)[::-1]), "is not one piece up to the row's end"),
        (encoded(prompt=f" {PROMPT}"), "from token 1 on the question is not encoded as a server encodes it"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_row_that_is_not_is_told(row: EncodedRow, said: str) -> None:
    assert said in "; ".join(encoding.faults(ROW, row, "all"))


def test_nothing_under_the_loss_is_told() -> None:
    row = encoded(labels=(-100,) * len(PROMPT + RESPONSE + END), trained_text="")
    assert "under the loss is ''" in "; ".join(encoding.faults(ROW, row, "all"))


def test_a_prompt_with_an_opened_tag_must_be_the_rows_own_beginning() -> None:
    assert encoding.faults(ROW, encoded(serving=ids(PROMPT + "<think>\n")), "all") == []
    assert encoding.faults(ROW, encoded(serving=ids(PROMPT + "<think>\n\n")), "all") != []


def test_a_row_without_a_chain_may_begin_as_one_that_is_asked_not_to_think() -> None:
    response = "<think>\n\n</think>\n\nDog"
    row = msgspec.structs.replace(ROW, messages=(ROW.messages[0], TrainMessage(role="assistant", content=response)))
    opened = ids(PROMPT + "<think>\nA")
    assert encoding.faults(row, encoded(response, serving=opened), "all") == []
    assert encoding.faults(ROW, encoded(serving=ids(PROMPT + "<think>\nB")), "all") != []


def test_audio_reasoners_tags_are_counted_as_their_own() -> None:
    row = msgspec.structs.replace(ROW, messages=(ROW.messages[0], TrainMessage(role="assistant", content=REASONER)))
    assert encoding.faults(row, encoded(REASONER), "all") == []
    assert encoding.learnt(row, "answer") == "<RESPONSE>\nDog\n</RESPONSE>"
    assert "<THINK> stands 0 times" in encoding.faults(row, encoded("<RESPONSE>\nDog\n</RESPONSE>"), "all")[0]
    assert "<CAPTION> stands 2 times" in encoding.faults(row, encoded(REASONER + "<CAPTION>"), "all")[0]


def test_marks_that_are_named_in_what_is_asked_are_not_those_of_the_answer() -> None:
    """Audio-Reasoner's system prompt names its own tags, and so do the words of our own style."""
    asked = TrainMessage(role="user", content="Reason in <THINK>. What?")
    row = msgspec.structs.replace(ROW, messages=(asked, TrainMessage(role="assistant", content=REASONER)))
    prompt = f"{SYSTEM} user {asked.content} assistant "
    found = encoded(REASONER, prompt=prompt, serving=ids(prompt))
    assert encoding.faults(row, found, "all", SYSTEM) == []
    assert "<RESPONSE> stands 2 times in it, not once" in encoding.faults(row, found, "all")


def test_what_the_engine_says_before_every_question_is_looked_at(tmp_path: Path) -> None:
    row = msgspec.structs.replace(ROW, messages=(ROW.messages[0], TrainMessage(role="assistant", content=REASONER)))
    (tmp_path / "rows").write_bytes(msgspec.json.encode(row) + b"\n")
    found = encoded(REASONER, prompt=SYSTEM + PROMPT, serving=ids(SYSTEM + PROMPT))
    encoding.check(Encoded(versions={}, model="", words=[9], system=SYSTEM, rows=[found]), tmp_path / "rows", "all")
    with pytest.raises(SetupError, match="<THINK> stands 2 times"):
        encoding.check(Encoded(versions={}, model="", words=[9], rows=[found]), tmp_path / "rows", "all")


def test_rows_of_every_kind_are_encoded_and_none_that_is_left_out() -> None:
    kinds = [(thinks, sounds) for thinks in (True, False) for sounds in (1, 2)]
    found = [Candidate("t", True, 2, 1, None)] * 500
    found += [Candidate("t", thinks, 2, sounds, None) for thinks, sounds in kinds]
    found += [Candidate("t", True, 2, 3, "a chain over 10,000 characters")]
    picked = encoding.picked(found)
    assert {(found[index].thinks, found[index].sounds) for index in picked} == set(kinds)
    assert len(picked) < 20
    assert encoding.picked(found) == picked


def test_a_length_that_cannot_be_told_stops_the_training() -> None:
    found = [Candidate("a", True, 10, 1, None), Candidate("b", True, 50, 1, None)]
    rows = [encoded(), encoded(index=1)]
    with pytest.raises(SetupError, match="is rows.hearing that of the model"):
        encoding.frame(Encoded(versions={}, model="", words=[20, 20], rows=rows), found)
