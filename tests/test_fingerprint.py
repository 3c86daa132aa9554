"""Fingerprints: a copy is found whatever was done to it, and a stranger is not, least of all one that says nothing."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_cogito.audio import RATE, Samples
from audio_cogito.hearing import alike
from audio_cogito.hearing.alike import Index
from audio_cogito.hearing.fingerprint import fingerprint, read
from tones import Wave, melody, noise, tone


def heard(wave: Wave) -> Samples:
    return np.clip(np.rint(wave * 32768), -32768, 32767).astype("<i2")


def printed(wave: Wave) -> bytes:
    return fingerprint(heard(wave))


def through(wave: Wave, rate: int) -> Wave:
    there_and_back: Wave = soxr.resample(soxr.resample(wave, RATE, rate), rate, RATE)
    return there_and_back


def mp3(wave: Wave) -> Wave:
    """At 64 kb/s."""
    file = io.BytesIO()
    soundfile.write(
        file, wave, RATE, format="MP3", subtype="MPEG_LAYER_III", compression_level=0.6, bitrate_mode="CONSTANT"
    )
    assert len(file.getvalue()) * 8 / (len(wave) / RATE) == pytest.approx(64_000, rel=0.05)
    file.seek(0)
    back: Wave = soundfile.read(file, dtype="float64")[0]
    return back


@pytest.fixture(scope="module")
def index() -> Index:
    made = Index()
    for number in range(40):
        made.add(f"melody {number}", printed(melody(8, number)))
    return made


# --- copies -----------------------------------------------------------------------------------------------------------

COPIES: dict[str, tuple[Callable[[Wave], Wave], float]] = {
    "itself": (lambda wave: wave, 0),
    "mp3": (mp3, 0),
    "8 kHz": (lambda wave: through(wave, 8000), 0),
    "44.1 kHz": (lambda wave: through(wave, 44_100), 0),
    "quieter": (lambda wave: wave * 0.1, 0),
    "louder": (lambda wave: (wave * 2).clip(-1, 1), 0),
    "offset": (lambda wave: wave[3 * RATE :], 3),
    "cropped": (lambda wave: wave[20_000:76_000], 1.25),
    "all at once": (lambda wave: mp3(through(wave[20_000:76_000] * 0.2, 44_100)), 1.25),
}


@pytest.mark.long
@pytest.mark.parametrize("kind", COPIES)
def test_copy_is_found_at_its_place_and_nothing_else_is(index: Index, kind: str) -> None:
    change, start = COPIES[kind]
    for number in range(8):
        copy = change(melody(8, number))
        (match,) = index.matches(printed(copy))
        assert match.id == f"melody {number}"
        assert match.offset == pytest.approx(start, abs=0.05)
        assert match.common == pytest.approx(len(copy) / RATE, abs=0.6)
        assert match.score > 0.95


@settings(max_examples=25, deadline=None)
@given(number=st.integers(0, 39), first=st.integers(0, 4 * RATE), length=st.integers(round(3.4 * RATE), 4 * RATE))
def test_any_stretch_of_three_seconds_and_a_half_is_found(number: int, first: int, length: int) -> None:
    made = Index()
    made.add("whole", printed(melody(8, number)))
    (match,) = made.matches(printed(melody(8, number)[first : first + length]))
    assert match.offset == pytest.approx(first / RATE, abs=0.05)


def test_who_begins_earlier_is_told_by_the_sign_of_the_offset() -> None:
    made = Index()
    made.add("part", printed(melody(8)[2 * RATE :]))
    (match,) = made.matches(printed(melody(8)))
    assert match.offset == pytest.approx(-2, abs=0.05)


def test_stretch_within_other_sounds_is_found_with_its_length() -> None:
    made, shared = Index(), melody(4, 7)
    made.add("film", printed(np.concatenate([melody(5, 1), shared, melody(3, 2)])))
    (match,) = made.matches(printed(np.concatenate([melody(2, 3), shared, melody(4, 4)])))
    assert match.offset == pytest.approx(3, abs=0.05)
    assert match.common == pytest.approx(4, abs=1)


def test_less_than_three_seconds_in_common_are_nothing_unless_asked_for() -> None:
    shared = melody(2, 7)
    one, other = (printed(np.concatenate([melody(4, a), shared, melody(4, b)])) for a, b in ((1, 2), (3, 4)))
    for shortest, count in ((3.0, 0), (1.5, 1)):
        made = Index(shortest=shortest)
        made.add("other", other)
        assert len(made.matches(one)) == count


@pytest.mark.parametrize("seconds", [1.2, 1.5, 2.0])
def test_stretch_of_a_second_and_a_half_is_found_where_one_second_is_to_suffice(seconds: float) -> None:
    made = Index(shortest=1.0)
    for number in range(12):
        made.add(str(number), printed(melody(2.5, number)))
    for number in range(12):
        found = made.matches(printed(melody(2.5, number)[5000 : 5000 + round(seconds * RATE)]))
        assert [match.id for match in found] == [str(number)]


def test_recording_that_comes_after_the_first_question_is_found_like_the_others() -> None:
    made = Index()
    for number in range(6):
        made.add(str(number), printed(melody(4, number)))
        assert [[match.id for match in made.matches(printed(melody(4, k)))] for k in range(number + 1)] == [
            [str(k)] for k in range(number + 1)
        ]


def test_noise_is_told_from_other_noise_and_knows_its_copy() -> None:
    made = Index()
    for number in range(30):
        made.add(str(number), printed(noise(6, random_seed=number)))
    for number in range(30):
        assert [match.id for match in made.matches(printed(mp3(noise(6, random_seed=number)[RATE:])))] == [str(number)]


# --- strangers --------------------------------------------------------------------------------------------------------


def square(hertz: int) -> Wave:
    wave: Wave = 0.3 - 0.6 * (np.arange(6 * RATE) * 2 * hertz // RATE % 2)
    return wave


def swell(hertz: float) -> Wave:
    """A note that is held, louder and softer: what two takes of one note on one instrument have in common."""
    return tone(6, hertz) * np.linspace(0.2, 1, 6 * RATE)


def ticking(hertz: float) -> Wave:
    wave = np.zeros(6 * RATE)
    wave[:: round(RATE / hertz)] = 0.9
    return wave


def trill(often: float) -> Wave:
    """Two notes in turn, so many times a second: two machines that sound alike are not one recording."""
    turn = (np.arange(6 * RATE) * often / RATE).astype(int) % 2
    wave: Wave = 0.3 * np.sin(np.cumsum(2 * np.pi * np.where(turn, 990, 440) / RATE))
    return wave


SAYING_NOTHING = {
    "trill": trill(6.25),
    "siren": trill(2.5),
    "ticking": ticking(2),
    "faster ticking": ticking(7),
    "mains in the United States": square(60),
    "silence": np.zeros(6 * RATE),
    "tone": tone(6, 440),
    "softer tone": tone(6, 440, gain=0.1),
    "low tone": tone(6, 220),
    "hum": square(50),
    "buzz": square(300),
    "swell": swell(440),
    "offset": np.full(6 * RATE, 0.3),
}


def test_silence_hum_and_held_tones_resemble_nothing_not_even_each_other() -> None:
    made = Index()
    for name, wave in SAYING_NOTHING.items():
        made.add(name, printed(wave))
        made.add(f"{name}, as mp3", printed(mp3(wave)))
    for name, wave in SAYING_NOTHING.items():
        assert made.matches(printed(wave)) == [], name
        assert made.matches(printed(mp3(wave))) == [], name


def plucked(velocity: float, random_seed: int) -> Wave:
    """A string of 196 Hz, plucked once a second or so (Karplus and Strong): the same note, never the same sound."""
    dice, wave = np.random.default_rng(random_seed), np.zeros(6 * RATE)
    for beat in range(0, len(wave), RATE):
        start = beat + int(dice.integers(0, RATE // 2))
        string = dice.normal(0, velocity, RATE // 196)
        for first in range(start, start + RATE, len(string)):
            piece = wave[first : first + len(string)]
            piece += string[: len(piece)]
            string = 0.996 * 0.5 * (string + np.roll(string, 1))
    return wave.clip(-1, 1)


def test_same_note_played_again_by_hand_is_another_recording() -> None:
    made = Index()
    for number in range(10):
        made.add(str(number), printed(plucked(0.1 + 0.01 * number, number)))
    for number in range(10):
        matches = made.matches(printed(plucked(0.1 + 0.01 * number, number)))
        assert [match.id for match in matches] == [str(number)]


def test_speeding_up_by_five_per_cent_makes_another_sound() -> None:
    made = Index()
    made.add("slow", printed(melody(8)))
    assert made.matches(printed(soxr.resample(melody(8), 1.05 * RATE, RATE))) == []


# --- prints -----------------------------------------------------------------------------------------------------------


def test_print_of_half_a_second_is_empty_and_is_never_found() -> None:
    assert fingerprint(heard(melody(0.4))) == b""
    made = Index()
    made.add("short", b"")
    made.add("long", printed(melody(4)))
    assert made.matches(b"") == []
    assert [match.id for match in made.matches(printed(melody(4)))] == ["long"]


def test_print_takes_250_bytes_a_second_and_is_the_same_each_time() -> None:
    made = printed(melody(10))
    assert len(made) == pytest.approx(250 * 9.5, abs=16)
    assert made == printed(melody(10))


def test_print_is_these_bytes_until_its_version_changes() -> None:
    """Stores hold prints for years: who changes what is computed must change `fingerprint.VERSION`."""
    signs, sure = read(printed(np.sin(np.cumsum(np.linspace(0.05, 0.9, 3 * RATE))) * 0.5))
    assert (len(signs), int(np.bitwise_count(sure).sum())) == (78, SURE_OF_A_SWEEP)


SURE_OF_A_SWEEP = 514


@given(st.binary(max_size=64))
def test_bytes_that_are_no_print_are_refused(data: bytes) -> None:
    if len(data) % 8:
        with pytest.raises(ValueError):
            read(data)
    else:
        assert len(read(data).signs) == len(data) // 8


def test_word_that_stands_everywhere_is_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Index()
    for number in range(4):
        made.add(str(number), printed(melody(4)))
    assert len(made.matches(printed(melody(4)))) == 4
    monkeypatch.setattr(alike, "MOST_PLACES", 3)
    assert made.matches(printed(melody(4))) == []
