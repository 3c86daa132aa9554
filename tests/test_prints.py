"""Prints are kept by clip id, made where a sound is heard or from the sound that was kept, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audio_cogito import audio
from audio_cogito.audio import Samples, Sounds
from audio_cogito.hearing import prints
from audio_cogito.hearing.fingerprint import fingerprint
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.hearing.prints import Prints
from audio_cogito.stages.collect import Settings, collect
from audio_cogito.store import Hearings
from audio_cogito.types import Clip
from tones import melody, recording, write


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Prints]:
    made = Prints(tmp_path, Sounds(tmp_path / "audio"), threads=2)
    yield made
    made.close()


def kept(folder: Path, seconds: float = 4, random_seed: int = 0) -> tuple[str, Samples]:
    samples = audio.rounded(melody(seconds, random_seed))
    id = audio.clip_id(samples)
    Sounds(folder / "audio").write(id, samples)
    return id, samples


def deafen(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Samples) -> bytes:
        raise AssertionError("a print was made")

    monkeypatch.setattr(prints, "fingerprint", refuse)


def test_print_that_is_missing_is_made_once_from_the_kept_sound(
    tmp_path: Path, store: Prints, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounds = dict(kept(tmp_path, random_seed=number) for number in range(5))
    expected = [(id, fingerprint(samples)) for id, samples in sounds.items()]
    assert list(store.of(sounds)) == expected
    assert list(store.of(sounds)) == expected
    deafen(monkeypatch)
    again = Prints(tmp_path, Sounds(tmp_path / "audio"))
    assert list(again.of(reversed(sounds))) == expected[::-1]
    again.close()


def test_print_of_another_version_is_made_anew(tmp_path: Path, store: Prints, monkeypatch: pytest.MonkeyPatch) -> None:
    id, samples = kept(tmp_path)
    store.put(id, b"as it was once")
    assert list(store.of([id])) == [(id, b"as it was once")]
    monkeypatch.setattr(prints, "VERSION", "next")
    assert list(store.of([id])) == [(id, fingerprint(samples))]


def test_sound_that_is_gone_has_an_empty_print_which_is_not_kept(tmp_path: Path, store: Prints) -> None:
    id, samples = kept(tmp_path)
    path = Sounds(tmp_path / "audio").path(id)
    data = path.read_bytes()
    path.unlink()
    assert list(store.of([id])) == [(id, b"")]
    path.write_bytes(data)
    assert list(store.of([id])) == [(id, fingerprint(samples))]


def test_more_prints_than_one_question_holds_come_in_their_order(store: Prints) -> None:
    many = [(f"{number:04d}", bytes([number % 256]) * 8) for number in range(700)]
    for id, print in many:
        store.put(id, print)
    assert list(store.of(id for id, _ in reversed(many))) == many[::-1]


def test_what_was_found_of_a_set_of_clips_is_kept_for_that_set(tmp_path: Path, store: Prints) -> None:
    store.found_alike("one set", b"[]")
    again = Prints(tmp_path, Sounds(tmp_path / "audio"))
    assert (again.alike("one set"), again.alike("another")) == (b"[]", None)
    again.close()


@pytest.mark.parametrize("processes", [0, 1])
async def test_what_is_heard_is_printed_unless_it_is_too_short_to_be_compared(
    tmp_path: Path, store: Prints, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    sounds, hearings = Sounds(tmp_path / "audio"), Hearings(tmp_path)
    listeners = Listeners(sounds, processes)
    clips = {}
    for seconds in (4.0, 2.0):
        made = recording(write(tmp_path / f"{seconds}.wav", melody(seconds)))
        (clip,) = await collect(
            made, sounds=sounds, hearings=hearings, listeners=listeners, settings=Settings(), prints=store
        )
        assert isinstance(clip, Clip)
        clips[seconds] = clip.id
    long, short = (store._found((clips[seconds],)) for seconds in (4.0, 2.0))
    assert long == {clips[4.0]: fingerprint(sounds.samples(clips[4.0]))}
    assert short == {}
    listeners.close()
    hearings.close()
