"""The template keeps the two habits of the published one that trap people. No torch is needed for this."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2.sandbox

import audio_cogito.nano

TEMPLATE = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(
    Path(audio_cogito.nano.__file__).with_name("chat_template.jinja").read_text("utf-8")
)
SOUND = [{"type": "audio", "audio": "x"}, {"type": "text", "text": "Which?"}]
REPLY = {"role": "assistant", "content": "<think>\nA bell.\n</think>\n\nbell"}


def rendered(*messages: dict[str, Any], **options: Any) -> str:
    return TEMPLATE.render(messages=list(messages), **options)


def test_thinking_stays_where_the_question_is_a_string() -> None:
    text = rendered({"role": "user", "content": "Which?"}, REPLY)
    assert text.endswith("<|im_start|>assistant\n<think>\nA bell.\n</think>\n\nbell<|im_end|>\n")


def test_thinking_is_lost_where_the_question_is_a_list() -> None:
    text = rendered({"role": "user", "content": SOUND}, REPLY)
    assert text.endswith("<|im_start|>assistant\nbell<|im_end|>\n")
    assert "<think>" not in text


def test_thinking_of_earlier_turns_is_taken_out() -> None:
    text = rendered({"role": "user", "content": "Which?"}, REPLY, {"role": "user", "content": "And then?"}, REPLY)
    assert text.count("<think>") == 1
    assert text.index("<think>") > text.index("And then?")


def test_reasoning_in_a_field_of_its_own_is_thinking() -> None:
    said = {"role": "assistant", "content": "bell", "reasoning_content": "A bell."}
    assert "<think>\nA bell.\n</think>\n\nbell" in rendered({"role": "user", "content": "Which?"}, said)


def test_the_prompt_for_a_reply_ends_at_the_role_unless_thinking_is_opened() -> None:
    ask = {"role": "user", "content": SOUND}
    plain = rendered(ask, add_generation_prompt=True)
    assert plain.endswith("Which?<|im_end|>\n<|im_start|>assistant\n")
    assert rendered(ask, add_generation_prompt=True, enable_thinking=True) == f"{plain}<think>\n"
    assert rendered(ask, add_generation_prompt=True, enable_thinking=False) == f"{plain}<think>\n\n</think>\n\n"


def test_a_sound_stands_where_it_was_put() -> None:
    text = rendered({"role": "system", "content": "Listen."}, {"role": "user", "content": SOUND})
    assert text == (
        "<|im_start|>system\nListen.<|im_end|>\n"
        "<|im_start|>user\n<|audio_start|><|audio_pad|><|audio_end|>Which?<|im_end|>\n"
    )
