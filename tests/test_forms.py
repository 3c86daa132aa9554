"""Forms: a chain is in form when it holds its sections once, in order, filled, and nothing besides."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_cogito.forms import OBSERVE, STRUCTURED, formed, sections


def written(*parts: tuple[str, str]) -> str:
    return "\n".join(f"<{name}>\n{text}\n</{name}>" for name, text in parts)


WHOLE = written(*((name, name.lower()) for name in STRUCTURED))
PLAIN = st.text(st.characters(exclude_characters="<>"), min_size=1).filter(str.strip)


@given(st.tuples(PLAIN, PLAIN, PLAIN, PLAIN))
def test_what_was_written_into_sections_is_read_from_them(texts: tuple[str, ...]) -> None:
    said = written(*zip(OBSERVE, texts, strict=True))
    assert sections(said, OBSERVE) == tuple(text.strip() for text in texts)


def test_parts_of_a_structured_chain_can_be_had_from_its_thinking() -> None:
    found = formed(f"<THINK>{WHOLE}</THINK> <RESPONSE>Yes.</RESPONSE>", "structured")
    assert found is not None
    assert found.chain == WHOLE
    assert sections(found.chain, STRUCTURED) == ("planning", "caption", "reasoning", "summary")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Yes.",
        WHOLE,
        f"<THINK>{WHOLE}</THINK>Yes.",
        f"{WHOLE}<RESPONSE>Yes.</RESPONSE>",
        f"So: <THINK>{WHOLE}</THINK><RESPONSE>Yes.</RESPONSE>",
        f"<THINK>{WHOLE}</THINK><RESPONSE>Yes.</RESPONSE> Indeed.",
        f"<THINK>{WHOLE}</THINK><RESPONSE> </RESPONSE>",
        f"<THINK>{WHOLE}</THINK><RESPONSE>Yes.",
        f"<THINK>{WHOLE}<CAPTION>twice</CAPTION></THINK><RESPONSE>Yes.</RESPONSE>",
        f"<THINK>{WHOLE.replace('summary', '<CAPTION>')}</THINK><RESPONSE>Yes.</RESPONSE>",
        f"<THINK>{written(*((name, 'x') for name in STRUCTURED[::-1]))}</THINK><RESPONSE>Yes.</RESPONSE>",
    ],
)
def test_text_out_of_form_is_not_mended(text: str) -> None:
    assert formed(text, "structured") is None


def test_hostile_text_is_refused_in_a_moment() -> None:
    hostile = "<HEARD>x</HEARD><ANALYSIS>" * 20_000
    began = time.process_time()
    assert formed(hostile, "observe") is None
    assert time.process_time() - began < 0.5
