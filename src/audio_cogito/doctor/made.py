"""What the doctor asks about: sounds, a question and a chain that are made, and gone when it is done."""

from __future__ import annotations

from types import TracebackType

import numpy as np

from audio_cogito import audio, prompts
from audio_cogito.audio import RATE, Samples, Sounds
from audio_cogito.hearing import measuring
from audio_cogito.hearing.sound import Sound
from audio_cogito.types import Clip, Facts, Question, Recording, Statement, Trace, identity, question_id

LENGTHS = (1, 5, 20)
"""Seconds."""
CHOICES = ("it rises", "it falls", "it stays", "it leaps")


class Made:
    """Made sounds beside those of the store, where a server that reads files finds them; open it with `with`."""

    def __init__(self, sounds: Sounds) -> None:
        self._sounds, self._written = sounds, list[str]()

    def __enter__(self) -> Made:
        self.rising = {seconds: self._clip(_rising(seconds), "a tone that rises") for seconds in LENGTHS}
        self.noise = self._clip(_noise(5), "bursts of noise")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for id_ in self._written:
            self._sounds.path(id_).unlink(missing_ok=True)

    @property
    def folder(self) -> str:
        return str(self._sounds.root.resolve())

    @property
    def question(self) -> Question:
        clips, text = (self.rising[5],), "How does the pitch of this tone move?"
        id_ = question_id(clips, "choice", text, CHOICES, CHOICES[0])
        return Question(id=id_, clips=clips, type="choice", text=text, choices=CHOICES, answer=CHOICES[0])

    @property
    def trace(self) -> Trace:
        thinking = "I hear one tone. It begins low and its pitch goes up without a break until the end. So it rises."
        return Trace(
            id=identity("doctor"),
            question=self.question,
            draw=0,
            prompt=prompts.load("think").ref,
            author="doctor",
            thinking=thinking,
            text=CHOICES[0],
            answer=CHOICES[0],
            finish="stop",
        )

    def _clip(self, samples: Samples, caption: str) -> Clip:
        id_ = audio.clip_id(samples)
        if not self._sounds.holds(id_):
            self._sounds.write(id_, samples)
            self._written.append(id_)
        sound = Sound((samples / 32768).astype(np.float32)[:, np.newaxis], RATE)
        facts = Facts(captions=(Statement(text=caption, origin="composed"),))
        return Clip(
            id=id_,
            recording=Recording(source="doctor", path=f"{caption}.wav", facts=facts),
            measurements=measuring.measure(sound, sound.mono()),
        )


def _rising(seconds: int) -> Samples:
    """From 200 to 800 Hz, with two harmonics."""
    time = np.arange(seconds * RATE) / RATE
    phase = 2 * np.pi * (200 * time + 300 * time**2 / seconds)
    return _int16(0.2 * (np.sin(phase) + np.sin(2 * phase) / 2 + np.sin(3 * phase) / 3))


def _noise(seconds: int) -> Samples:
    """A burst each half second."""
    time = np.arange(seconds * RATE) / RATE
    wave = np.random.default_rng(0).normal(0, 0.2, len(time)) * (time % 0.5 < 0.1)
    return _int16(wave)


def _int16(wave: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Samples:
    return np.round(wave.clip(-1, 1) * 32767).astype("<i2")
