"""Sounds on their way: encoded once, kept within a bound."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from audio_cogito.errors import SetupError
from audio_cogito.models.wire import SoundParts


class Counted:
    """1,000 bytes a clip; counts how often each is read, and on which threads."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.threads: set[int] = set()

    def wav(self, id: str, /) -> bytes:
        if id == "00":
            raise SetupError("the clip 00 is missing")
        self.read.append(id)
        self.threads.add(threading.get_ident())
        return id.encode() * 500

    def flac(self, id: str, /) -> bytes:
        return self.wav(id)

    def path(self, id: str, /) -> Path:
        return Path(id)


async def test_sound_asked_for_by_many_at_once_is_encoded_once_off_the_loop() -> None:
    sounds = Counted()
    parts = SoundParts(sounds)
    made = await asyncio.gather(*(parts.part("ab", "wav") for _ in range(20)))
    assert len(set(made)) == 1
    assert sounds.read == ["ab"]
    assert threading.get_ident() not in sounds.threads


async def test_least_recently_used_sounds_make_room_within_the_bound() -> None:
    sounds = Counted()
    parts = SoundParts(sounds, cache_bytes=3 * 1500)
    for clip in ("aa", "bb", "cc", "aa", "dd", "aa", "bb"):
        await parts.part(clip, "wav")
        assert parts.kept_bytes <= 3 * 1500
    assert sounds.read == ["aa", "bb", "cc", "dd", "bb"]


async def test_sound_too_large_to_keep_is_still_sent() -> None:
    parts = SoundParts(Counted(), cache_bytes=10)
    assert await parts.part("ab", "wav")
    assert parts.kept_bytes == 0


async def test_caller_that_goes_away_takes_the_sound_from_nobody() -> None:
    parts = SoundParts(Counted())
    first, second = (asyncio.create_task(parts.part("ab", "wav")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second


async def test_missing_sound_is_told_to_all_who_ask_and_asked_for_again() -> None:
    parts = SoundParts(Counted())
    said = await asyncio.gather(*(parts.part("00", "wav") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(error, SetupError) for error in said)
    with pytest.raises(SetupError, match="missing"):
        await parts.part("00", "wav")


async def test_every_sound_of_a_request_is_spliced_in_its_place() -> None:
    body = await SoundParts(Counted()).body(b'[{"type":"audio","clip":"aa"},{"type":"audio","clip":"bb"},1]', "wav")
    text = body.decode()
    assert text.count('"input_audio":{"data":') == 2
    assert text.index("YWFh") < text.index("YmJi")
    assert body.size == len(text)
