from __future__ import annotations

import io
import os
import re
import struct
import wave
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tones import Frames, sweep, tone, write

from audio_cogito import audio
from audio_cogito.audio import SoundLost, Sounds, Undecodable, clip_id, decode, duration, measure, resample
from audio_cogito.errors import SetupError
from audio_cogito.types import Span

FORMATS = ("wav", "flac", "ogg", "opus", "mp3")
RATES = {"opus": 48_000}


def refused(path: Path, span: Span | None = None) -> str:
    with pytest.raises(Undecodable) as caught:
        decode(path, span)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def measured(path: Path, frames: Frames, rate: int = 16_000, subtype: str = "PCM_16") -> audio.Measurements:
    return measure(decode(write(path, frames, rate, subtype)))


# --- decoding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_span_is_what_a_cut_of_the_whole_is(tmp_path: Path, suffix: str, channels: int) -> None:
    rate = RATES.get(suffix, 22_050 if suffix == "mp3" else 16_000)
    path = write(tmp_path / f"a.{suffix}", sweep(7.3, 48_000 if suffix == "opus" else rate, channels=channels), rate)
    whole = decode(path).frames
    for start, end in ((0, 1), (0.013, 0.5), (1.234, 3.456), (2.0, 7.0), (6.9, 7.29)):
        part = decode(path, Span(start=start, end=end)).frames
        assert np.array_equal(part, whole[round(start * rate) : round(end * rate)])


@pytest.mark.parametrize("subtype", sorted(audio.SEEKABLE - {"PCM_S8"}))
def test_a_seek_in_what_is_called_seekable_is_exact(tmp_path: Path, subtype: str) -> None:
    path = write(tmp_path / "a.wav", sweep(3.0), 44_100, subtype)
    part = decode(path, Span(start=1.1, end=2.7)).frames
    assert np.array_equal(part, decode(path).frames[round(1.1 * 44_100) : round(2.7 * 44_100)])


@pytest.mark.parametrize("suffix", FORMATS)
def test_decoding_twice_gives_the_same_id(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", sweep(3.0, RATES.get(suffix, 44_100)), RATES.get(suffix, 44_100))
    assert len({clip_id(resample(decode(path))) for _ in range(4)}) == 1


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_header_gives_the_duration(tmp_path: Path, suffix: str) -> None:
    rate = RATES.get(suffix, 44_100)
    path = write(tmp_path / f"a.{suffix}", sweep(2.5, rate), rate)
    assert duration(path) == pytest.approx(2.5, abs=0.05)


def test_a_span_a_little_past_the_end_is_shortened(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", tone(2.0))
    assert decode(path, Span(start=1.0, end=2.05)).seconds == 1.0


@pytest.mark.parametrize("suffix", ["wav", "ogg"])
@pytest.mark.parametrize("span", [Span(start=1.0, end=2.5), Span(start=2.0, end=2.05), Span(start=30, end=40)])
def test_a_span_beyond_the_end_is_refused(tmp_path: Path, suffix: str, span: Span) -> None:
    assert "beyond the end at 2.000 s" in refused(write(tmp_path / f"a.{suffix}", tone(2.0)), span)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    assert refused(tmp_path / "a.wav") == "an empty file"


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    assert refused(write(tmp_path / "a.wav", tone(0))) == "no samples"


@pytest.mark.parametrize("content", [b"Title: a text\n" * 50, b"\0" * 5000, b"RIFF", b"OggS", b"fLaC", b"ID3\4"])
def test_what_is_not_audio_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    assert re.match("not audio|truncated", refused(tmp_path / "a.wav"))


def test_a_folder_or_pipe_is_no_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").mkdir()
    with pytest.raises(IsADirectoryError):
        decode(tmp_path / "a.wav")
    os.mkfifo(tmp_path / "b.wav")
    keep_open = os.open(tmp_path / "b.wav", os.O_RDWR)
    assert refused(tmp_path / "b.wav") == "not a regular file"
    os.close(keep_open)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.999])
def test_a_cut_file_is_refused(tmp_path: Path, suffix: str, share: float) -> None:
    rate = RATES.get(suffix, 44_100)
    whole = write(tmp_path / f"a.{suffix}", sweep(5.0, rate), rate).read_bytes()
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole[: int(len(whole) * share)])
    assert re.match("truncated|not audio", refused(cut))


def test_a_wav_written_to_a_pipe_is_whole(tmp_path: Path) -> None:
    data = bytearray(write(tmp_path / "a.wav", tone(1.0)).read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "a.wav").write_bytes(data)
    assert decode(tmp_path / "a.wav").seconds == 1.0


def test_an_ogg_with_something_after_its_end_is_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ogg", sweep(2.0), 44_100)
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
    assert decode(path).seconds == 2.0


def test_a_flac_that_does_not_state_its_length_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", tone(1.0))
    data = bytearray(path.read_bytes())
    total = int.from_bytes(data[18:26], "big") >> 36 << 36
    data[18:26] = total.to_bytes(8, "big")
    path.write_bytes(data)
    assert refused(path) == "its header does not state how long it is"


def mp3_without_length(path: Path, loudness: Frames, mode: str) -> Path:
    """An MP3 of which the first frame, which counts the others, is taken away."""
    noise = np.random.default_rng(1).standard_normal(len(loudness)) * loudness
    soundfile.write(path, noise, 44_100, format="MP3", bitrate_mode=mode, compression_level=0.5)
    data = path.read_bytes()
    tag = max(data.find(b"Xing"), data.find(b"Info"))
    path.write_bytes(data[data.index(b"\xff\xfb", tag) :])
    return path


def test_an_mp3_without_stated_length_is_read_to_its_end(tmp_path: Path) -> None:
    path = mp3_without_length(tmp_path / "a.mp3", np.full(5 * 44_100, 0.2), "CONSTANT")
    assert decode(path).seconds == pytest.approx(5.0, abs=0.1)


def test_an_mp3_whose_length_is_estimated_too_short_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).standard_normal(20 * 44_100)
    soundfile.write(
        tmp_path / "a.mp3", noise * np.linspace(0.2, 0, len(noise)), 44_100, format="MP3", bitrate_mode="CONSTANT"
    )
    slow = (tmp_path / "a.mp3").read_bytes()
    soundfile.write(
        tmp_path / "b.mp3", noise * 0.2, 44_100, format="MP3", bitrate_mode="CONSTANT", compression_level=0.0
    )
    fast = (tmp_path / "b.mp3").read_bytes()
    frames = [data[data.index(b"\xff\xfb", max(data.find(b"Xing"), data.find(b"Info"))) :] for data in (fast, slow)]
    (tmp_path / "c.mp3").write_bytes(frames[0][: len(frames[0]) // 2] + frames[1])
    assert "does not state its length" in refused(tmp_path / "c.mp3")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused_by_name(tmp_path: Path, value: float) -> None:
    frames = tone(1.0)
    frames[500] = value
    assert "NaN or infinity" in refused(write(tmp_path / "a.wav", frames, subtype="FLOAT"))


def test_a_float64_sample_beyond_float32_is_refused(tmp_path: Path) -> None:
    frames = tone(1.0)
    frames[500] = 1e300
    assert "NaN or infinity" in refused(write(tmp_path / "a.wav", frames, subtype="DOUBLE"))


@pytest.mark.parametrize("name", ["two words.wav", "zwei\nZeilen.wav", "犬の声 🐕.wav", "-rf.wav", "a\\b'\".wav"])
def test_any_name_of_a_file_can_be_read(tmp_path: Path, name: str) -> None:
    assert decode(write(tmp_path / name, tone(1.0))).seconds == 1.0


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"])
def test_every_depth_of_wav_is_the_same_tone(tmp_path: Path, subtype: str) -> None:
    found = measured(tmp_path / "a.wav", tone(1.0), subtype=subtype)
    assert found.rms_db == pytest.approx(-9.03, abs=0.1)
    assert found.peak_db == pytest.approx(-6.02, abs=0.1)


# --- measuring --------------------------------------------------------------------------------------------------------


def test_measurements_say_what_the_file_was(tmp_path: Path) -> None:
    found = measured(tmp_path / "a.wav", tone(1.5, 96_000, channels=7), 96_000, "PCM_24")
    assert (found.seconds, found.sample_rate, found.channels) == (1.5, 96_000, 7)
    assert (found.silent, found.clipped) == (0, 0)


def test_levels_of_silence_stand_at_the_floor(tmp_path: Path) -> None:
    found = measured(tmp_path / "a.wav", np.zeros((16_000, 1)))
    assert (found.peak_db, found.rms_db, found.silent, found.clipped) == (-120, -120, 1, 0)


def test_opposite_channels_are_silence_to_a_listener_of_the_mix(tmp_path: Path) -> None:
    frames = tone(1.0, channels=2) * [1, -1]
    found = measured(tmp_path / "a.wav", frames)
    assert found.rms_db < -90
    assert found.silent == 1


def test_the_silent_share_counts_quiet_frames(tmp_path: Path) -> None:
    frames = np.concatenate([tone(1.0), np.zeros((3 * 16_000, 1))])
    assert measured(tmp_path / "a.wav", frames).silent == pytest.approx(0.75)


def test_clipping_counts_runs_and_no_single_peaks(tmp_path: Path) -> None:
    frames = np.zeros((1000, 1))
    frames[[10, 20, 30]] = 1.0
    assert measured(tmp_path / "a.wav", frames).clipped == 0
    frames[[500, 501, 502, 700, 701]] = [[1.0], [1.0], [1.0], [-1.0], [-1.0]]
    assert measured(tmp_path / "a.wav", frames).clipped == pytest.approx(5 / 1000)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW", "ALAW"])
def test_full_scale_is_that_of_the_encoding(tmp_path: Path, subtype: str) -> None:
    square = np.sign(tone(1.0, hertz=50) + 1e-9)
    assert measured(tmp_path / "a.wav", square, subtype=subtype).clipped > 0.99


def test_clipping_of_one_channel_is_not_hidden_by_the_mix(tmp_path: Path) -> None:
    frames = np.concatenate([np.sign(tone(1.0, hertz=50) + 1e-9), np.zeros((16_000, 1))], axis=1)
    assert measured(tmp_path / "a.wav", frames).clipped == pytest.approx(0.5, abs=0.01)


# --- the sound as models hear it --------------------------------------------------------------------------------------


def test_a_sound_that_is_16_khz_mono_int16_comes_back_bit_for_bit(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(-32768, 32768, 16_000).astype("<i2")
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="PCM_16")
    assert np.array_equal(resample(decode(tmp_path / "a.wav")), samples)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 44_101, 48_000, 96_000, 192_000])
def test_resampling_keeps_time_and_tone(tmp_path: Path, rate: int) -> None:
    samples = resample(decode(write(tmp_path / "a.wav", tone(1.0, rate, hertz=1000), rate, "FLOAT")))
    assert len(samples) == 16_000
    middle = samples[4000:12_000] / 32768
    expected = tone(1.0, hertz=1000)[4000:12_000, 0]
    assert np.abs(middle - expected).max() < 1e-4


def test_resampling_lets_nothing_above_8_khz_fold_back(tmp_path: Path) -> None:
    samples = resample(decode(write(tmp_path / "a.wav", tone(1.0, 44_100, hertz=12_000), 44_100, "FLOAT")))
    assert np.abs(samples[1000:-1000]).max() <= 1


def test_loud_floats_are_limited_and_never_wrap(tmp_path: Path) -> None:
    samples = resample(decode(write(tmp_path / "a.wav", np.full((16_000, 1), 3.0), subtype="FLOAT")))
    assert set(samples) == {32767}


def test_less_than_one_sample_is_refused(tmp_path: Path) -> None:
    sound = decode(write(tmp_path / "a.wav", np.full((1, 1), 0.5), 96_000))
    with pytest.raises(Undecodable, match="shorter than one sample"):
        resample(sound)


def test_the_id_is_blake2b_of_little_endian_samples() -> None:
    samples = np.array([0, 1, -2, 32767], dtype=">i2")
    assert clip_id(samples) == blake2b(struct.pack("<4h", 0, 1, -2, 32767), digest_size=16).hexdigest()


def test_a_remix_of_the_same_samples_has_the_same_id(tmp_path: Path) -> None:
    mono = write(tmp_path / "mono.wav", tone(1.0))
    stereo = write(tmp_path / "stereo.flac", tone(1.0, channels=2))
    assert clip_id(resample(decode(mono))) == clip_id(resample(decode(stereo)))


def test_the_decoder_names_both_libraries() -> None:
    assert re.fullmatch(r"sndfile-[\d.]+/soxr-[\d.]+/\d+", audio.DECODER)


# --- where sounds are kept --------------------------------------------------------------------------------------------

NOISE = np.random.default_rng(0).integers(-32768, 32768, 8000).astype("<i2")
NOISE_ID = clip_id(NOISE)


def kept(root: Path) -> Sounds:
    sounds = Sounds(root)
    sounds.write(NOISE_ID, NOISE)
    return sounds


def test_what_is_kept_is_lossless(tmp_path: Path) -> None:
    sounds = kept(tmp_path)
    assert sounds.path(NOISE_ID) == tmp_path / NOISE_ID[:2] / f"{NOISE_ID}.flac"
    assert clip_id(sounds.samples(NOISE_ID)) == NOISE_ID
    again, rate = soundfile.read(io.BytesIO(sounds.flac(NOISE_ID)), dtype="int16")
    assert rate == 16_000
    assert np.array_equal(again, NOISE)


def test_the_wav_is_of_the_plainest_kind(tmp_path: Path) -> None:
    data = kept(tmp_path).wav(NOISE_ID)
    assert data[44:] == NOISE.tobytes()
    with wave.open(io.BytesIO(data)) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, len(NOISE))


def test_a_sound_is_written_once(tmp_path: Path) -> None:
    sounds = kept(tmp_path)
    before = sounds.path(NOISE_ID).stat()
    sounds.write(NOISE_ID, NOISE)
    assert sounds.path(NOISE_ID).stat().st_ino == before.st_ino
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{NOISE_ID}.flac"]


def test_a_missing_sound_says_so(tmp_path: Path) -> None:
    with pytest.raises(SoundLost, match=r"missing.*cannot be read"):
        Sounds(tmp_path).wav(NOISE_ID)


@pytest.mark.parametrize("content", [b"", b"no sound", "cut", "another"])
def test_a_damaged_sound_is_never_handed_out(tmp_path: Path, content: bytes | str) -> None:
    sounds = kept(tmp_path)
    path = sounds.path(NOISE_ID)
    if content == "cut":
        content = path.read_bytes()[:2000]
    if content == "another":
        other = io.BytesIO()
        soundfile.write(other, NOISE[::-1], 16_000, format="FLAC")
        content = other.getvalue()
    assert isinstance(content, bytes)
    path.write_bytes(content)
    with pytest.raises(SoundLost, match="damaged: delete it and run again"):
        sounds.wav(NOISE_ID)


def test_a_full_disk_leaves_no_part_of_a_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SetupError, match="No space left"):
        kept(tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
