"""Retry-After headers and the sentences in error bodies."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from audio_cogito.models.faults import message_of, seconds_of


def test_retry_after_in_seconds_is_read() -> None:
    assert seconds_of("7") == 7


def test_retry_after_as_a_date_counts_from_now() -> None:
    seconds = seconds_of(formatdate(time.time() + 60, usegmt=True))
    assert seconds is not None
    assert 57 < seconds <= 60


def test_retry_after_in_the_past_is_now() -> None:
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("header", [None, "soon", "-3", "inf", "nan", ""])
def test_unreadable_retry_after_says_nothing(header: str | None) -> None:
    assert seconds_of(header) is None


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":{"message":"too  long"}}',
        b'{"error":"too long"}',
        b'{"message":"too\\nlong"}',
        b" too\nlong ",
        b"too long",
    ],
)
def test_message_is_found_whichever_way_it_is_wrapped(body: bytes) -> None:
    assert message_of(body) == "too long"


def test_error_of_an_unknown_form_is_shown_as_it_came() -> None:
    assert message_of(b'{"detail":[{"loc":1}]}') == '{"detail":[{"loc":1}]}'
