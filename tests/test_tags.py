"""Marks in rows: a structured chain is told by its four parts, and nothing that looks like a mark slips through."""

from __future__ import annotations

import pytest

from audio_cogito import tags
from made import make_question, make_trace

WHOLE = "<PLANNING>p</PLANNING><CAPTION>c</CAPTION><REASONING>r\n\n1. s</REASONING><SUMMARY> t </SUMMARY>"


@pytest.mark.parametrize("thinking", [WHOLE, f"\n{WHOLE}\n", WHOLE.replace("><", ">\n\n<")])
def test_parts_of_a_structured_chain_are_written_in_whatever_spacing_they_came(thinking: str) -> None:
    said = tags.response(make_trace(thinking=thinking), "audio-reasoner")
    assert "<REASONING>\nr\n\n1. s\n</REASONING>\n<SUMMARY>\nt\n</SUMMARY>" in said


@pytest.mark.parametrize(
    "thinking",
    [
        "",
        "I hear a dog.",
        f"Well. {WHOLE}",
        f"{WHOLE} So be it.",
        WHOLE.replace("<SUMMARY> t </SUMMARY>", ""),
        WHOLE.replace("p", " "),
        WHOLE.replace("c</CAPTION>", "c <SUMMARY>x</SUMMARY></CAPTION>"),
        "<CAPTION>c</CAPTION><PLANNING>p</PLANNING><REASONING>r</REASONING><SUMMARY>s</SUMMARY>",
        WHOLE * 2,
    ],
)
def test_chain_without_exactly_the_four_parts_is_none(thinking: str) -> None:
    assert tags.reason_to_leave(make_trace(thinking=thinking), "audio-reasoner") == tags.NO_PARTS


@pytest.mark.parametrize("style", ["think", "audio-reasoner"])
def test_what_is_written_is_found_sound(style: tags.Tags) -> None:
    trace = make_trace(thinking=WHOLE)
    assert tags.reason_to_leave(trace, style) is None
    assert tags.faults(tags.response(trace, style)) == []


def test_mark_of_the_parts_is_reserved_in_their_form_alone() -> None:
    trace = make_trace(make_question("a <RESPONSE>", "b"), thinking=WHOLE)
    assert tags.reason_to_leave(trace, "think") is None
    assert tags.reason_to_leave(trace, "audio-reasoner") == "a reserved tag within a text"


def test_free_chain_is_never_cut_into_parts() -> None:
    with pytest.raises(ValueError, match="no PLANNING"):
        tags.response(make_trace(), "audio-reasoner")


@pytest.mark.parametrize(
    ("cut", "by"),
    [("\n<CAPTION>", "\n<PLANNING>"), ("\n</RESPONSE>", ""), ("</SUMMARY>\n</THINK>", "</THINK>\n</SUMMARY>")],
)
def test_response_in_parts_that_was_damaged_is_found_out(cut: str, by: str) -> None:
    said = tags.response(make_trace(thinking=WHOLE), "audio-reasoner")
    assert cut in said
    assert tags.faults(said.replace(cut, by))
