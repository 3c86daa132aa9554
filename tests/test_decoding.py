"""One decoder for each container, the same ids for ever, and cuts of MP4, Matroska, ADTS and ASF noticed."""

from __future__ import annotations

import struct
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_cogito import audio
from audio_cogito.hearing import decoding
from audio_cogito.hearing.decoding import ffmpeg, sndfile
from audio_cogito.hearing.sound import NotInstalled, Undecodable
from audio_cogito.types import Span
from tones import noise, tone, write

SOUNDS = Path(__file__).parent / "golden_sounds"
"""Made for this test; see its ids."""
SNDFILE_IDS = {
    "u8.wav": "ddcb96a45896fde63d9860649dcf91c8",
    "s16.wav": "4a7e4120431d452ebff71f7b502b4c22",
    "s24.wav": "ffe20ad2c676e8d8a62ac3ea529429e3",
    "f32.wav": "89585a1c0c081115599ec10431fdd126",
    "f64.wav": "89585a1c0c081115599ec10431fdd126",
    "a.flac": "8f0a21d4a3dcf10c960255d879a515f3",
    "vorbis.ogg": "8122dab8b9c721b65d7bd5a6298ecd5f",
    "opus.opus": "8df189c4ff0b7bb3453d9c00576f3b6f",
    "a.mp3": "000f7e017fd4b291c88e8c8152dcc938",
}
FFMPEG_IDS = {
    "aac.m4a": "3b23591f752016fe7ef7f172bafb412d",
    "aac.mp4": "55778592a8a9a1ff0a4a77f3d3d3efa5",
    "a.aac": "1238b3bcc15af6c93d2eea2e718bd178",
    "opus.webm": "133c2a94898af33c33112600d1866195",
    "a.wma": "23373080aff7b2f3d52ca455e8110e5e",
}
ENCODED = ["m4a", "mp4", "webm", "mka", "aac", "wma"]


def id_of(path: Path) -> str:
    return audio.clip_id(audio.resample(decoding.decode(path)))


# --- golden ids -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SNDFILE_IDS)
def test_id_of_a_container_that_libsndfile_reads_never_changes(name: str) -> None:
    if not sndfile.DECODER.startswith("sndfile-1.2.2/soxr-1.1.0/"):
        pytest.skip(f"the ids are those of other libraries than {sndfile.DECODER}")
    assert id_of(SOUNDS / name) == SNDFILE_IDS[name]


@pytest.mark.parametrize("name", FFMPEG_IDS)
def test_id_of_a_container_that_ffmpeg_reads_never_changes(name: str) -> None:
    pytest.importorskip("av")
    if version("av") != "18.1.0":
        pytest.skip(f"the ids are those of PyAV 18.1.0, not {version('av')}")
    assert id_of(SOUNDS / name) == FFMPEG_IDS[name]


def test_container_and_not_the_name_decides_the_decoder(tmp_path: Path) -> None:
    pytest.importorskip("av")
    for name, other in (("aac.m4a", "x.wav"), ("s16.wav", "x.m4a"), ("opus.webm", "x.mp3")):
        (tmp_path / other).write_bytes((SOUNDS / name).read_bytes())
        assert id_of(tmp_path / other) == id_of(SOUNDS / name)


def test_only_what_ffmpeg_reads_depends_on_its_version() -> None:
    for name in (*SNDFILE_IDS, *FFMPEG_IDS):
        with (SOUNDS / name).open("rb", buffering=0) as file:
            assert decoding.decoder_of(file).startswith("sndfile-" if name in SNDFILE_IDS else "av-")


def test_missing_extra_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(NotInstalled, match=r"pip install 'audio-cogito\[av\]'"):
        decoding.decode(SOUNDS / "aac.m4a")
    assert decoding.decode(SOUNDS / "s16.wav").rate == 24_000


# --- what FFmpeg reads ------------------------------------------------------------------------------------------------


@pytest.fixture
def encode() -> object:
    pytest.importorskip("av")
    from encoded import encode

    return encode


@pytest.mark.parametrize("suffix", ENCODED)
def test_sound_of_a_film_or_song_is_what_was_put_in(tmp_path: Path, suffix: str, encode) -> None:
    path = encode(tmp_path / f"a.{suffix}", tone(2, 440, 48_000), 48_000)
    sound = decoding.decode(path)
    spectrum = np.abs(np.fft.rfft(sound.mono()))
    assert sound.seconds == pytest.approx(2, abs=0.1)
    assert decoding.duration(path) == pytest.approx(sound.seconds, abs=0.1)
    assert spectrum.argmax() * sound.rate / len(sound.frames) == pytest.approx(440, abs=1)
    assert np.sqrt((sound.mono() ** 2).mean()) == pytest.approx(0.3536, abs=0.02)


@pytest.mark.parametrize("suffix", ENCODED)
@pytest.mark.parametrize("span", [Span(start=0, end=0.5), Span(start=0.3337, end=1.2), Span(start=1.3, end=1.8)])
def test_span_is_the_whole_decoded_and_cut(tmp_path: Path, suffix: str, span: Span, encode) -> None:
    path = encode(tmp_path / f"a.{suffix}", noise(2, 48_000), 48_000)
    whole, part = decoding.decode(path), decoding.decode(path, span)
    start, end = round(span.start * whole.rate), round(span.end * whole.rate)
    assert np.array_equal(part.frames, whole.frames[start:end])


@pytest.mark.parametrize("suffix", ["m4a", "mp4", "webm", "mka", "wma"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9, 0.999])
def test_cut_anywhere_is_noticed(tmp_path: Path, suffix: str, share: float, encode) -> None:
    path = encode(tmp_path / f"a.{suffix}", noise(3, 48_000), 48_000)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(Undecodable, match="truncated"):
        decoding.decode(path)


def test_cut_inside_a_frame_of_adts_is_noticed_and_between_two_the_file_says_nothing(tmp_path: Path, encode) -> None:
    data = encode(tmp_path / "a.aac", noise(1, 48_000), 48_000).read_bytes()
    for length in range(100, len(data), 997):
        (tmp_path / "cut.aac").write_bytes(data[:length])
        with pytest.raises(Undecodable, match="truncated"):
            decoding.decode(tmp_path / "cut.aac")


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_film_that_outlasts_its_sound_is_whole(tmp_path: Path, suffix: str, encode) -> None:
    path = encode(tmp_path / f"a.{suffix}", tone(0.5, 440, 48_000), 48_000, film=True)
    assert decoding.decode(path).seconds == pytest.approx(0.5, abs=0.1)


def test_film_without_sound_is_undecodable(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    with (tmp_path / "a.mp4").open("wb") as file, av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    with pytest.raises(Undecodable, match="no sound in it"):
        decoding.decode(tmp_path / "a.mp4")


# --- wav of every kind ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("format", "endian"), [("WAV", "FILE"), ("WAV", "BIG"), ("WAVEX", "FILE"), ("RF64", "FILE")])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_every_wav_is_read_and_a_cut_one_refused(tmp_path: Path, format: str, subtype: str, endian: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(0.5), 16_000, format=format, subtype=subtype, endian=endian)
    assert np.abs(decoding.decode(path).mono() - tone(0.5)).max() < 1 / 100
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    with pytest.raises(Undecodable, match="truncated"):
        decoding.decode(path)


# --- spans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "opus", "mp3"])
def test_parts_that_are_read_in_one_pass_are_those_that_are_read_alone(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(8, 24_000), 24_000)
    spans = [Span(start=i * 1.3, end=i * 1.3 + 0.9) for i in range(6)]
    with decoding.file_of(path, None) as file, decoding.opened(file) as stream:
        for span, sound in zip(spans, decoding.parts(stream, spans), strict=True):
            assert not isinstance(sound, Undecodable)
            assert np.array_equal(sound.frames, decoding.decode(path, span).frames)


def test_part_behind_the_place_where_a_file_is_cut_is_undecodable_and_those_before_are_had(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", noise(4, 24_000), 24_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with decoding.file_of(path, None) as file, decoding.opened(file) as stream:
        first, last = decoding.parts(stream, [Span(start=0, end=1), Span(start=3, end=4)])
    assert not isinstance(first, Undecodable)
    assert first.seconds == 1
    assert "truncated" in str(last)


def test_length_that_no_memory_holds_is_refused_before_it_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", noise(0.5))
    data = bytearray(path.read_bytes())
    data[21:26] = bytes([data[21] & 0xF0 | 0xF]) + struct.pack(">I", 0xFFFFFFFE)
    path.write_bytes(data)
    with pytest.raises(Undecodable, match="does not fit into memory"):
        decoding.decode(path)


def test_first_bytes_tell_the_container() -> None:
    assert ffmpeg.container_of(b"\0\0\0\x20ftypisom") == "mov"
    assert ffmpeg.container_of(b"\xff\xf1\x50\x80") == "aac"
    for other in (b"RIFF", b"OggS", b"fLaC", b"ID3\4", b"\xff\xfb\x90\x64", b"\xff\xf3", b"", b"\xff"):
        assert ffmpeg.container_of(other) is None
