"""Collect: a recording becomes a clip, or says why it does not; what was heard once is not opened again."""

from __future__ import annotations

import asyncio
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import numpy as np
import pytest

from audio_cogito import audio
from audio_cogito.audio import Sounds
from audio_cogito.hearing import decoding, listener
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.ledger import Drop, Failure
from audio_cogito.stages import collect
from audio_cogito.stages.collect import Settings
from audio_cogito.store import Hearings
from audio_cogito.types import Clip, Event, Facts, Posed, Recording, Span, Statement, Turn
from tones import noise, recording, tone, write


class Desk:
    """Where a test collects: one store, opened anew when asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sounds = Sounds(folder / "audio")
        self.hearings = Hearings(folder / "store")
        self.listeners = Listeners(self.sounds, 0)

    def reopen(self) -> None:
        self.hearings.close()
        self.hearings = Hearings(self.folder / "store")

    def close(self) -> None:
        self.hearings.close()
        self.listeners.close()

    async def entries(self, made: Recording, **settings: Any) -> list[Clip | Drop | Failure]:
        return await collect.collect(
            made,
            sounds=self.sounds,
            hearings=self.hearings,
            listeners=self.listeners,
            settings=Settings(**settings),
        )

    async def collect(self, made: Recording, **settings: Any) -> Clip | Drop | Failure:
        (entry,) = await self.entries(made, **settings)
        return entry

    async def clip(self, made: Recording, **settings: Any) -> Clip:
        entry = await self.collect(made, **settings)
        assert isinstance(entry, Clip), entry
        return entry


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "desk")
    yield desk
    desk.close()


@pytest.fixture
def deafen(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, whoever opens audio fails the test."""

    def open_audio(*_: Any) -> NoReturn:
        raise AssertionError("audio was opened")

    def deafen() -> None:
        monkeypatch.setattr(listener, "listen", open_audio)

    return deafen


# --- the clip ---------------------------------------------------------------------------------------------------------


async def test_clip_holds_the_recording_its_measurements_and_the_id_of_what_is_written(
    desk: Desk, tmp_path: Path
) -> None:
    made = recording(write(tmp_path / "a.flac", tone(2, rate=44_100), 44_100), split="test", source_id="Q1")
    clip = await desk.clip(made)
    assert clip.recording == made
    assert (clip.seconds, clip.measurements.sample_rate) == (2, 44_100)
    assert audio.clip_id(desk.sounds.samples(clip.id)) == clip.id
    assert len(desk.sounds.samples(clip.id)) == 32_000


async def test_span_alone_is_heard_and_the_hour_around_it_is_not_too_long(desk: Desk, tmp_path: Path) -> None:
    samples = noise(40)
    path = write(tmp_path / "a.wav", samples)
    clip = await desk.clip(recording(path, span=Span(start=31, end=33)))
    alone = await desk.clip(recording(write(tmp_path / "b.wav", samples[31 * 16_000 : 33 * 16_000])))
    assert clip.id == alone.id
    assert clip.seconds == 2


# --- what is remembered -----------------------------------------------------------------------------------------------


async def test_remembered_recording_opens_no_audio_in_the_next_run(
    desk: Desk, tmp_path: Path, deafen: Callable[[], None]
) -> None:
    made = [recording(write(tmp_path / "a.wav", tone())), recording(write(tmp_path / "b.wav", np.zeros(16_000)))]
    (tmp_path / "c.wav").write_bytes(b"no sound")
    made.append(recording(tmp_path / "c.wav"))
    first = [await desk.collect(one) for one in made]
    desk.reopen()
    deafen()
    assert [await desk.collect(one) for one in made] == first
    assert [type(entry) for entry in first] == [Clip, Drop, Failure]


async def test_new_facts_of_a_remembered_sound_are_taken(
    desk: Desk, tmp_path: Path, deafen: Callable[[], None]
) -> None:
    path = write(tmp_path / "a.wav", tone())
    await desk.clip(recording(path, licence="MIT"))
    deafen()
    assert (await desk.clip(recording(path, licence="CC0-1.0"))).recording.licence == "CC0-1.0"


async def test_gates_are_decided_anew_without_opening_audio(
    desk: Desk, tmp_path: Path, deafen: Callable[[], None]
) -> None:
    made = recording(write(tmp_path / "a.wav", tone(2, gain=0.01)))
    assert isinstance(await desk.collect(made, min_rms_db=-20), Drop)
    deafen()
    await desk.clip(made)
    for changed in ({"min_seconds": 3}, {"max_seconds": 1}, {"min_rms_db": -30}):
        assert isinstance(await desk.collect(made, **changed), Drop)


async def test_sound_whose_flac_is_gone_is_written_again(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", tone()))
    clip = await desk.clip(made)
    desk.sounds.path(clip.id).unlink()
    assert await desk.clip(made) == clip
    assert desk.sounds.holds(clip.id)


async def test_file_that_changed_is_heard_again(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", noise(1)))
    before = await desk.clip(made)
    write(tmp_path / "a.wav", noise(1, random_seed=1))
    os.utime(tmp_path / "a.wav", ns=(1, 1))
    assert (await desk.clip(made)).id != before.id


async def test_other_span_and_other_decoder_are_heard_anew(
    desk: Desk, tmp_path: Path, deafen: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.wav", noise(2))
    await desk.clip(recording(path, span=Span(start=0, end=1)))
    deafen()
    assert "audio was opened" in (await failure(desk, recording(path, span=Span(start=0, end=1.0000001)))).detail
    await desk.clip(recording(path, span=Span(start=0, end=1)))
    monkeypatch.setattr(decoding, "decoders", lambda: ("another",))
    assert "audio was opened" in (await failure(desk, recording(path, span=Span(start=0, end=1)))).detail


async def test_same_file_by_another_way_is_the_same_file(
    desk: Desk, tmp_path: Path, deafen: Callable[[], None]
) -> None:
    clip = await desk.clip(recording(write(tmp_path / "x/a.wav", tone())))
    (tmp_path / "y").symlink_to(tmp_path / "x")
    (tmp_path / "b.wav").symlink_to(tmp_path / "x/a.wav")
    deafen()
    for path in (tmp_path / "y/a.wav", tmp_path / "b.wav", tmp_path / "x/../x/a.wav"):
        assert (await desk.clip(recording(path))).id == clip.id


# --- gates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "reason", "detail"),
    [
        (tone(0.4), "too_short", "0.40 s, less than 0.5"),
        (tone(30.2), "too_long", "30.20 s, more than 30"),
        (tone(1, gain=1e-3), "silent", "-63.0 dB, less than -60"),
        (np.zeros(16_000), "silent", "-120.0 dB"),
        (np.stack([tone(), -tone()], axis=1), "silent", "dB, less than -60"),
        (np.concatenate([tone(0.02), np.zeros(32_000)]), "silent", "99.0% of it is silent"),
        ((2 * tone(1, gain=1)).clip(-1, 1), "clipped", "of its samples, more than 1.00%"),
    ],
    ids=["short", "long", "quiet", "all zero", "opposite phase", "one frame", "hard"],
)
async def test_gate_drops_for_its_reason_with_the_measurement(
    desk: Desk, tmp_path: Path, samples: np.ndarray[Any, Any], reason: str, detail: str
) -> None:
    made = recording(write(tmp_path / "a.wav", samples))
    drop = await desk.collect(made)
    assert isinstance(drop, Drop)
    assert (drop.stage, drop.subject, drop.reason) == ("collect", made.ref, reason)
    assert detail in drop.detail


@pytest.mark.parametrize("seconds", [0.5, 30, 30.1])
async def test_sound_at_the_edge_of_a_gate_passes(desk: Desk, tmp_path: Path, seconds: float) -> None:
    clip = await desk.clip(recording(write(tmp_path / "a.wav", tone(seconds))))
    assert clip.seconds == pytest.approx(seconds)


async def test_too_long_by_its_header_or_span_is_dropped_undecoded(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "whole", None)
    path = write(tmp_path / "a.wav", tone(31))
    for made in (recording(path), recording(path, span=Span(start=0, end=30.5))):
        drop = await desk.collect(made)
        assert isinstance(drop, Drop)
        assert (drop.subject, drop.reason) == (made.ref, "too_long")


async def test_telephone_speech_and_other_honest_sounds_pass_every_gate(desk: Desk, tmp_path: Path) -> None:
    telephone = noise(2, 8_000)
    for name, samples, rate in (
        ("telephone", telephone, 8_000),
        ("bass", tone(2, 80, 44_100), 44_100),
        ("rain", noise(2, 44_100), 44_100),
        ("organ", tone(2, 440) + tone(2, 660) / 2, 16_000),
    ):
        clip = await desk.clip(recording(write(tmp_path / f"{name}.wav", samples, rate)))
        assert desk.sounds.holds(clip.id), name


async def test_gate_of_dc_bandwidth_and_noise_names_what_it_measured(desk: Desk, tmp_path: Path) -> None:
    offset = recording(write(tmp_path / "dc.wav", 0.3 + noise(1) / 10))
    hum = recording(write(tmp_path / "hum.wav", tone(2, 50)))
    steady = recording(write(tmp_path / "noise.wav", noise(2)))
    spoken = np.concatenate([noise(1), noise(1) / 100, noise(1)])
    clear = recording(write(tmp_path / "clear.wav", spoken))
    for made, reason, detail, settings in (
        (offset, "offset", "its mean level is 0.300 of full scale, more than 0.1", {}),
        (hum, "narrow", "nothing above 102 Hz, less than 120", {}),
        (hum, "narrow", " Hz, less than 6000", {"min_bandwidth_hz": 6000.0}),
        (steady, "noisy", "dB above its noise, less than 15", {"min_snr_db": 15.0}),
    ):
        drop = await desk.collect(made, **settings)
        assert isinstance(drop, Drop)
        assert drop.reason == reason
        assert detail in drop.detail
    clip = await desk.clip(clear, min_snr_db=15.0)
    assert clip.measurements.snr_db == pytest.approx(40, abs=1)


@pytest.mark.parametrize(("value", "count"), [(float("nan"), 1), (float("inf"), 3), (float("-inf"), 2)])
async def test_samples_that_are_no_numbers_are_counted_and_dropped(
    desk: Desk, tmp_path: Path, value: float, count: int, deafen: Callable[[], None]
) -> None:
    samples = tone(0.6)
    samples[77 : 77 + count] = value
    made = recording(write(tmp_path / "a.wav", samples, subtype="FLOAT"))
    drop = await desk.collect(made)
    assert isinstance(drop, Drop)
    assert (drop.reason, drop.detail) == ("not_numbers", f"{count} samples are NaN or infinite")
    assert not list(desk.sounds.root.rglob("*.flac"))
    deafen()
    assert await desk.collect(made) == drop


# --- long recordings --------------------------------------------------------------------------------------------------

WHOLE = Facts(
    captions=(Statement(text="a long day", origin="human"),),
    turns=(Turn(text="hello", origin="human", start=1.0, end=2.0), Turn(text="bye", origin="human", start=6, end=7)),
    events=(Event(label="bell", start=4.5, end=5.5, origin="human"),),
)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
async def test_split_makes_clips_of_all_parts_of_the_sound(desk: Desk, tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(10))
    entries = await desk.entries(recording(path, facts=WHOLE), max_seconds=4, long="split")
    clips = [entry for entry in entries if isinstance(entry, Clip)]
    spans = [clip.recording.span for clip in clips]
    assert spans == [Span(start=0, end=3.333), Span(start=3.333, end=6.667), Span(start=6.667, end=10)]
    for clip, span in zip(clips, spans, strict=True):
        assert clip.id == audio.clip_id(audio.resample(decoding.decode(path, span)))
    assert len({clip.recording.group for clip in clips}) == 1
    facts = [clip.recording.facts for clip in clips]
    assert [[event.start for event in one.events] for one in facts] == [[], [1.167], []]
    assert [[turn.text for turn in one.turns] for one in facts] == [["hello"], [""], [""]]
    assert all(one.captions[0].whole and one.own.captions == () for one in facts)


async def test_crop_makes_one_clip_of_the_longest_length(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", noise(10)))
    clip = await desk.clip(made, max_seconds=4, long="crop")
    assert clip.seconds == pytest.approx(4)
    assert await desk.clip(made, max_seconds=4, long="crop") == clip


@pytest.mark.parametrize("long", ["split", "crop"])
async def test_long_recording_with_its_own_questions_is_dropped_whatever_is_done_with_others(
    desk: Desk, tmp_path: Path, long: str
) -> None:
    posed = Posed(type="yesno", text="Does it last a minute?", answer="Yes", choices=("Yes", "No"), author="a person")
    made = recording(write(tmp_path / "a.wav", noise(4)), posed=(posed,))
    drop = await desk.collect(made, max_seconds=2, long=long)
    assert isinstance(drop, Drop)
    assert drop.reason == "too_long"


async def test_span_that_is_too_long_is_split_within_itself(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", noise(10)), span=Span(start=2, end=9), facts=WHOLE)
    clips = await desk.entries(made, max_seconds=4, long="split")
    assert [entry.recording.span for entry in clips if isinstance(entry, Clip)] == [
        Span(start=2, end=5.5),
        Span(start=5.5, end=9),
    ]


async def test_remembered_parts_open_no_audio(desk: Desk, tmp_path: Path, deafen: Callable[[], None]) -> None:
    made = recording(write(tmp_path / "a.ogg", noise(10)))
    settings = {"max_seconds": 4, "long": "split"}
    first = await desk.entries(made, **settings)
    desk.reopen()
    deafen()
    assert await desk.entries(made, **settings) == first
    assert isinstance(await desk.collect(made, max_seconds=4), Drop)


async def test_long_recording_is_heard_whole_once_that_is_allowed(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", noise(10)))
    assert isinstance(await desk.collect(made, max_seconds=4), Drop)
    assert (await desk.clip(made, max_seconds=11)).seconds == 10
    assert len(await desk.entries(made, max_seconds=4, long="split")) == 3


async def test_part_that_is_silent_is_dropped_alone(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", np.concatenate([noise(4), np.zeros(64_000)])))
    kept, dropped = await desk.entries(made, max_seconds=4, long="split")
    assert isinstance(kept, Clip)
    assert isinstance(dropped, Drop)
    assert (dropped.reason, dropped.subject) == ("silent", f"{tmp_path / 'a.wav'}@4.0-8.0")


async def test_parts_of_a_cut_recording_are_had_up_to_the_cut(desk: Desk, tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", noise(8))
    os.truncate(path, path.stat().st_size * 5 // 8)
    entries = await desk.entries(recording(path), max_seconds=2, long="split")
    assert [type(entry) for entry in entries] == [Clip, Clip, Failure, Failure]


# --- archives ---------------------------------------------------------------------------------------------------------


async def test_member_is_heard_once_under_its_own_name(desk: Desk, tmp_path: Path, deafen: Callable[[], None]) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(write(tmp_path / "x.wav", noise(1)), "x.wav")
        archive.write(write(tmp_path / "y.wav", noise(1, random_seed=1)), "y.wav")
    alone = [await desk.clip(recording(tmp_path / name)) for name in ("x.wav", "y.wav")]
    members = [recording(tmp_path / "a.zip", member=name) for name in ("x.wav", "y.wav")]
    inside = [await desk.clip(made) for made in members]
    assert [clip.id for clip in inside] == [clip.id for clip in alone]
    assert inside[0].recording.ref == f"{tmp_path / 'a.zip'}::x.wav"
    deafen()
    assert [await desk.clip(made) for made in members] == inside


async def test_extra_that_is_not_installed_is_named_and_the_file_read_once_it_is(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("av")
    from encoded import encode

    made = recording(encode(tmp_path / "a.m4a", tone(1, rate=48_000)))
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "av", None)
        failed = await failure(desk, made)
    assert failed.reason == "not_installed"
    assert "pip install 'audio-cogito[av]'" in failed.detail
    await desk.clip(made)


async def test_hearing_of_an_earlier_version_is_heard_anew(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", noise(1)))
    clip = await desk.clip(made)
    desk.reopen()
    desk.hearings._db.execute("UPDATE hearings SET heard = ?", (b'{"id": "x", "strange": 1}',))
    assert await desk.clip(made) == clip


# --- failures ---------------------------------------------------------------------------------------------------------


async def failure(desk: Desk, made: Recording) -> Failure:
    entry = await desk.collect(made)
    assert isinstance(entry, Failure), entry
    assert (entry.stage, entry.subject) == ("collect", made.ref)
    return entry


async def test_missing_file_is_missing_until_it_comes(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "link.wav").symlink_to(tmp_path / "a.wav")
    for path in (tmp_path / "a.wav", tmp_path / "link.wav", tmp_path / "no/such/folder.wav"):
        assert (await failure(desk, recording(path))).reason == "missing"
    write(tmp_path / "a.wav", tone())
    await desk.clip(recording(tmp_path / "a.wav"))
    await desk.clip(recording(tmp_path / "link.wav"))


async def test_path_that_cannot_be_a_path_is_missing(desk: Desk) -> None:
    for path in ("a\0.wav", "x" * 5000, ""):
        assert (await failure(desk, Recording(source="made", path=path))).reason == "missing"


async def test_file_that_may_not_be_read_is_missing_and_not_remembered(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = recording(write(tmp_path / "a.wav", tone()))

    def refuse(*_: Any) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "file_of", refuse)
        failed = await failure(desk, made)
    assert (failed.reason, failed.detail) == ("missing", "cannot be read: Permission denied")
    await desk.clip(made)


async def test_what_is_no_sound_is_undecodable(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("I am a wave.")
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")
    write(tmp_path / "cut.flac", noise(2))
    os.truncate(tmp_path / "cut.flac", 20_000)
    for name in ("empty.wav", "text.wav", "folder.wav", "pipe.wav", "cut.flac"):
        failed = await failure(desk, recording(tmp_path / name))
        assert failed.reason == "undecodable"
        assert failed.detail


async def test_span_beyond_the_end_is_undecodable(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", noise(1)), span=Span(start=2, end=3))
    failed = await failure(desk, made)
    assert (failed.reason, failed.subject) == ("undecodable", f"{tmp_path / 'a.wav'}@2.0-3.0")
    assert "beyond the end" in failed.detail


async def test_sound_that_the_disk_refuses_is_unwritable_and_not_remembered(desk: Desk, tmp_path: Path) -> None:
    made = recording(write(tmp_path / "a.wav", tone()))
    desk.sounds.root.write_text("in the way")
    assert (await failure(desk, made)).reason == "unwritable"
    desk.sounds.root.unlink()
    await desk.clip(made)


async def test_many_at_once_are_each_collected(desk: Desk, tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{i}.wav", noise(0.6, random_seed=i % 20)) for i in range(60)]
    clips = await asyncio.gather(*(desk.clip(recording(path)) for path in paths))
    assert [clip.recording.path for clip in clips] == [str(path) for path in paths]
    assert len({clip.id for clip in clips}) == 20
    assert len(list(desk.sounds.root.rglob("*.flac"))) == 20


@pytest.mark.parametrize(
    "wrong", [{"max_clipped": 2}, {"min_seconds": -1}, {"processes": -1}, {"long": "keep"}, {"max_second": 3}]
)
def test_setting_that_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(wrong, Settings)
