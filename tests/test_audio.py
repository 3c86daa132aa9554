"""From a file to the sound that models hear: the same bits each time, and a named reason for what is no sound."""

from __future__ import annotations

import io
import os
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from audio_cogito import audio
from audio_cogito.audio import SoundLost, Sounds
from audio_cogito.hearing import decoding, measuring
from audio_cogito.hearing.decoding import sndfile
from audio_cogito.hearing.sound import Sound, Undecodable
from audio_cogito.types import Measurements, Span
from tones import FORMATS, Wave, noise, tone, write

SPANS = [Span(start=0, end=0.5), Span(start=0.3337, end=1.2), Span(start=1.9, end=2.5), Span(start=2.4, end=3.0)]
STRANGE_NAMES = ["a dog's bark.wav", "two\nlines.wav", "Früh ☼ 犬.WAV", "-rf.wav", "%s{}.wav"]


def sound_of(samples: Wave, rate: int = 16_000) -> Sound:
    frames = samples.astype(np.float32)
    return Sound(frames[:, None] if frames.ndim == 1 else frames, rate)


def measured_of(sound: Sound) -> Measurements:
    return measuring.measure(sound, audio.mix(sound))


def test_decoder_names_the_libraries_that_an_id_depends_on() -> None:
    assert sndfile.DECODER.startswith(f"sndfile-{soundfile.__libsndfile_version__}/soxr-{soxr.__version__}/")


# --- decode -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("span", SPANS, ids=lambda span: f"{span.start}-{span.end}")
def test_span_is_the_whole_decoded_and_cut(tmp_path: Path, suffix: str, span: Span) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(3, 24_000), 24_000)
    whole, part = decoding.decode(path), decoding.decode(path, span)
    start, end = round(span.start * 24_000), round(span.end * 24_000)
    assert len(part.frames) == end - start
    assert np.array_equal(part.frames, whole.frames[start:end])


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_decodes_to_its_sound_and_its_header_says_how_long(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", tone(2, 440, 24_000), 24_000)
    sound = decoding.decode(path)
    assert (sound.rate, sound.frames.shape[1]) == (24_000, 1)
    assert sound.frames.dtype == np.float32
    assert sound.seconds == pytest.approx(2, abs=0.06)
    assert decoding.duration(path) == pytest.approx(sound.seconds, abs=0.06)
    spectrum = np.abs(np.fft.rfft(sound.mono()))
    assert spectrum.argmax() * 24_000 / len(sound.frames) == pytest.approx(440, abs=1)


@pytest.mark.parametrize(
    ("subtype", "off"), [("PCM_U8", 1 / 100), ("PCM_24", 1e-6), ("PCM_32", 1e-7), ("FLOAT", 1e-7), ("DOUBLE", 1e-7)]
)
def test_sample_widths_of_wav_mean_the_same_sound(tmp_path: Path, subtype: str, off: float) -> None:
    made = tone(0.2)
    assert np.abs(decoding.decode(write(tmp_path / "a.wav", made, subtype=subtype)).mono() - made).max() < off


def test_seven_channels_at_96_khz_are_averaged(tmp_path: Path) -> None:
    channels = np.stack([tone(0.5, 300, 96_000, gain=0.1 * i) for i in range(7)], axis=1)
    sound = decoding.decode(write(tmp_path / "a.wav", channels, 96_000))
    assert sound.frames.shape == (48_000, 7)
    assert len(audio.resample(sound)) == 8_000
    assert np.abs(sound.mono() - tone(0.5, 300, 96_000, gain=0.3)).max() < 1e-4


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_strange_names_are_names(tmp_path: Path, name: str) -> None:
    assert decoding.decode(write(tmp_path / name, tone(0.1))).seconds == pytest.approx(0.1)


def test_headerless_length_is_read_from_the_data_of_a_piped_wav(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(0.5))
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert decoding.decode(path).seconds == pytest.approx(0.5)


def cut(suffix: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = write(folder / f"cut.{suffix}", noise(3, 24_000), 24_000)
        os.truncate(path, path.stat().st_size * 2 // 3)
        return path

    return make


def holding(name: str, data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def no_frames(folder: Path) -> Path:
    return write(folder / "a.wav", np.zeros(0))


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.wav")
    return folder / "pipe.wav"


def a_folder(folder: Path) -> Path:
    (folder / "x.wav").mkdir()
    return folder / "x.wav"


BAD = {
    "zero bytes": (holding("a.wav", b""), "empty file"),
    "text": (holding("a.wav", b"I am a wave, says the file.\n" * 40), "not audio"),
    "only a header's start": (holding("a.wav", b"RIFF\x00\x00"), "not audio"),
    "noise called mp3": (holding("a.mp3", bytes(range(256)) * 8), "not audio|no samples"),
    "a pipe that nobody writes": (a_pipe, "not a regular file"),
    "a folder": (a_folder, "not a regular file"),
    "zero frames": (no_frames, "no samples"),
    **{f"cut {suffix}": (cut(suffix), "truncated") for suffix in FORMATS},
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_sound_is_undecodable_for_a_named_reason(tmp_path: Path, kind: str) -> None:
    make, reason = BAD[kind]
    path = make(tmp_path)
    with pytest.raises(Undecodable, match=reason) as raised:
        decoding.decode(path)
    assert "\n" not in str(raised.value)
    assert str(path) not in str(raised.value)


def test_cut_at_any_byte_of_a_wav_or_flac_is_refused(tmp_path: Path) -> None:
    for suffix in ("wav", "flac"):
        data = write(tmp_path / f"a.{suffix}", noise(0.2)).read_bytes()
        for length in range(1, len(data) - 2, 97):
            (tmp_path / f"cut.{suffix}").write_bytes(data[:length])
            with pytest.raises(Undecodable):
                decoding.decode(tmp_path / f"cut.{suffix}")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("span", [Span(start=1, end=1.5), Span(start=0.5, end=1.5)])
def test_span_beyond_the_end_is_refused(tmp_path: Path, suffix: str, span: Span) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(0.9, 24_000), 24_000)
    with pytest.raises(Undecodable, match="beyond the end"):
        decoding.decode(path, span)


def test_span_that_ends_a_rounding_behind_the_end_is_shortened(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1))
    assert decoding.decode(path, Span(start=0.5, end=1.0 + decoding.SPAN_TOLERANCE)).seconds == 0.5
    with pytest.raises(Undecodable, match="beyond the end"):
        decoding.decode(path, Span(start=0.5, end=1.001 + decoding.SPAN_TOLERANCE))


# --- measure ----------------------------------------------------------------------------------------------------------


def test_levels_of_a_sine_are_those_of_the_textbook() -> None:
    measured = measured_of(sound_of(tone(1, 1000, 48_000, gain=0.5), 48_000))
    assert (measured.seconds, measured.sample_rate, measured.channels) == (1.0, 48_000, 1)
    assert measured.peak_db == pytest.approx(-6.02, abs=0.03)
    assert measured.rms_db == pytest.approx(-9.03, abs=0.01)
    assert (measured.silent, measured.clipped) == (0, 0)


def test_all_zero_sound_is_at_the_floor_and_goes_into_json() -> None:
    measured = measured_of(sound_of(np.zeros(8000)))
    assert (measured.peak_db, measured.rms_db, measured.silent) == (-120, -120, 1)
    assert msgspec.json.decode(msgspec.json.encode(measured), type=Measurements) == measured


def test_opposite_channels_are_silence_to_a_listener_of_the_mono_mix() -> None:
    sound = sound_of(np.stack([tone(), -tone()], axis=1))
    assert measured_of(sound).rms_db == -120
    assert not audio.resample(sound).any()


def test_silent_share_counts_frames_of_20_ms() -> None:
    samples = np.concatenate([np.zeros(16_000), tone(1), 1e-4 * tone(2)])
    assert measured_of(sound_of(samples)).silent == 0.75


def test_clipping_is_a_run_at_full_scale_and_a_lone_peak_is_not() -> None:
    samples = np.zeros(1000)
    samples[[100, 300]] = 1.0
    assert measured_of(sound_of(samples)).clipped == 0
    samples[500:505] = -1.0
    assert measured_of(sound_of(samples)).clipped == 0.005


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW", "ALAW"])
def test_clipping_is_seen_in_every_encoding(tmp_path: Path, subtype: str) -> None:
    hard = write(tmp_path / "hard.wav", (20 * tone(1, gain=1)).clip(-1, 1), subtype=subtype)
    soft = write(tmp_path / "soft.wav", tone(1, gain=0.9), subtype=subtype)
    assert measured_of(decoding.decode(hard)).clipped > 0.9
    assert measured_of(decoding.decode(soft)).clipped == 0


def test_clipping_of_one_channel_is_not_hidden_by_the_mix() -> None:
    hard = (20 * tone(1, gain=1)).clip(-1, 1)
    assert measured_of(sound_of(np.stack([hard, np.zeros_like(hard)], axis=1))).clipped > 0.4


def test_float_samples_of_any_size_can_be_measured() -> None:
    sound = sound_of(np.array([3e38, -3e38, 1e-30, 0.0] * 400))
    assert measured_of(sound).bandwidth_hz > 0
    assert audio.resample(sound).max() == 32767


def test_bandwidth_is_that_of_what_is_heard_whatever_the_rate_says() -> None:
    narrow = audio.resample(sound_of(noise(2, 8_000), 8_000)) / 32768
    assert measured_of(sound_of(noise(2))).bandwidth_hz > 7_900
    assert measured_of(sound_of(narrow)).bandwidth_hz == pytest.approx(3_900, abs=150)
    assert measured_of(sound_of(tone(2, 1_000))).bandwidth_hz == pytest.approx(1_100, abs=150)
    assert measured_of(sound_of(np.full(16_000, 0.25))).bandwidth_hz == 0


def test_mean_level_is_measured_with_its_sign_and_lowers_no_bandwidth() -> None:
    measured = measured_of(sound_of(noise(1) - 0.25))
    assert measured.dc == pytest.approx(-0.25, abs=0.01)
    assert measured.bandwidth_hz > 7_900


def test_signal_to_noise_is_that_of_loud_frames_over_quiet_ones() -> None:
    speech = np.concatenate([noise(1), noise(1) * 10 ** (-30 / 20)])
    assert measured_of(sound_of(speech)).snr_db == pytest.approx(30, abs=1)
    assert measured_of(sound_of(tone(2))).snr_db < 1
    assert measured_of(sound_of(np.concatenate([tone(1), np.zeros(16_000)]))).snr_db > 100


def test_shortest_sound_can_be_measured() -> None:
    assert measured_of(sound_of(np.full(1, 0.5))).rms_db == pytest.approx(-6.02, abs=0.01)


# --- resample ---------------------------------------------------------------------------------------------------------


@given(arrays.arrays("<i2", st.integers(1, 400)))
def test_16_khz_mono_int16_comes_back_bit_for_bit(samples: audio.Samples) -> None:
    frames = (samples / 32768).astype(np.float32)[:, None]
    assert np.array_equal(audio.resample(Sound(frames, 16_000)), samples)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_tone_keeps_its_pitch_level_and_length(rate: int) -> None:
    samples = audio.resample(sound_of(tone(1, 1000, rate), rate))
    assert samples.dtype == np.dtype("<i2")
    assert abs(len(samples) - 16_000) <= 1
    middle, heard = slice(2000, 14_000), samples[:16_000] / 32768
    assert np.abs(heard[middle] - tone(1, 1000)[: len(heard)][middle]).max() < 2e-4


def test_what_16_khz_cannot_hold_is_not_folded_down() -> None:
    samples = audio.resample(sound_of(tone(1, 10_000, 48_000), 48_000))
    assert np.abs(samples[1000:-1000]).max() <= 1


def test_samples_are_rounded_to_the_nearest() -> None:
    assert audio.resample(sound_of(np.array([0.6, -0.6, 1.4, -1.4]) / 32768)).tolist() == [1, -1, 1, -1]


def test_louder_than_full_scale_is_limited_and_does_not_wrap() -> None:
    samples = audio.resample(sound_of(np.array([1.5, -1.5, 1.0, -1.0])))
    assert samples.tolist() == [32767, -32768, 32767, -32768]


def test_shorter_than_one_sample_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="shorter than one sample"):
        audio.resample(sound_of(np.full(1, 0.5), 192_000))


def test_same_samples_have_one_id_whatever_the_file(tmp_path: Path) -> None:
    made = np.rint(noise(0.5) * 32768).astype("<i2")
    paths = [write(tmp_path / name, made) for name in ("a.wav", "b.flac")]
    paths.append(write(tmp_path / "c.wav", np.stack([made, made], axis=1) / 32768, subtype="DOUBLE"))
    ids = {audio.clip_id(audio.resample(decoding.decode(path))) for path in paths}
    assert len(ids) == 1
    assert (
        audio.clip_id(audio.resample(decoding.decode(write(tmp_path / "d.wav", noise(0.5, random_seed=1))))) not in ids
    )


def test_id_does_not_change() -> None:
    assert audio.clip_id(np.array([0, 1, -1, 32767, -32768], dtype="<i2")) == "ecb95f173bce583d941bbaa7345af55c"
    assert audio.clip_id(np.array([0, 1, -1, 32767, -32768], dtype=">i2")) == "ecb95f173bce583d941bbaa7345af55c"


# --- Sounds -----------------------------------------------------------------------------------------------------------


def kept(root: Path, samples: audio.Samples) -> tuple[Sounds, str]:
    sounds, id = Sounds(root), audio.clip_id(samples)
    sounds.write(id, samples)
    return sounds, id


@pytest.mark.parametrize(
    "samples", [np.array([5], "<i2"), np.array([-32768, 32767] * 9000, "<i2"), np.zeros(70, "<i2")]
)
def test_written_sound_reads_back_to_its_id(tmp_path: Path, samples: audio.Samples) -> None:
    sounds, id = kept(tmp_path, samples)
    assert sounds.path(id) == tmp_path / id[:2] / f"{id}.flac"
    assert sounds.holds(id)
    assert audio.clip_id(sounds.samples(id)) == id
    assert np.array_equal(sounds.samples(id), samples)
    described = soundfile.info(io.BytesIO(sounds.flac(id)))
    assert (described.format, described.subtype, described.samplerate) == ("FLAC", "PCM_16", 16_000)


def test_wav_is_44_bytes_of_header_and_the_samples(tmp_path: Path) -> None:
    samples = audio.resample(sound_of(noise(0.25)))
    sounds, id = kept(tmp_path, samples)
    data = sounds.wav(id)
    assert data[44:] == samples.tobytes()
    assert int.from_bytes(data[4:8], "little") == len(data) - 8
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, len(samples))


def test_sound_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    sounds, id = kept(tmp_path, np.zeros(70, "<i2"))
    before = sounds.path(id).stat()
    sounds.write(id, np.zeros(70, "<i2"))
    after = sounds.path(id).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_threads_that_write_one_sound_leave_one_whole_file(tmp_path: Path) -> None:
    samples = audio.resample(sound_of(noise(0.5)))
    with ThreadPoolExecutor(8) as pool:
        ids = [done.result()[1] for done in [pool.submit(kept, tmp_path, samples) for _ in range(32)]]
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{ids[0]}.flac"]
    assert audio.clip_id(Sounds(tmp_path).samples(ids[0])) == ids[0]


def test_sound_that_is_gone_fails_the_call_that_needs_it(tmp_path: Path) -> None:
    sounds, id = kept(tmp_path, np.zeros(70, "<i2"))
    sounds.path(id).unlink()
    assert not sounds.holds(id)
    for read in (sounds.wav, sounds.flac, sounds.samples):
        with pytest.raises(SoundLost, match=id) as raised:
            read(id)
        assert raised.value.reason == "missing"


def test_sound_that_is_damaged_fails_the_call_that_needs_it(tmp_path: Path) -> None:
    sounds, id = kept(tmp_path, audio.resample(sound_of(noise(0.5))))
    _, other = kept(tmp_path, np.zeros(70, "<i2"))
    whole, swapped = sounds.flac(id), sounds.flac(other)
    for damaged in (whole[: len(whole) // 2], b"", b"not audio", swapped):
        sounds.path(id).write_bytes(damaged)
        with pytest.raises(SoundLost, match="damaged") as raised:
            sounds.wav(id)
        assert raised.value.reason == "undecodable"
