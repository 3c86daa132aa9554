"""A cut file is told from one that only says little of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from audio_cogito.hearing.decoding import decode
from audio_cogito.hearing.sound import Undecodable
from tones import noise, write


def cut_at(path: Path, share: float) -> str:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(Undecodable) as raised:
        decode(path)
    return str(raised.value)


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "opus", "mp3"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.999])
def test_cut_anywhere_is_truncated(tmp_path: Path, suffix: str, share: float) -> None:
    assert "truncated" in cut_at(write(tmp_path / f"a.{suffix}", noise(4, 48_000), 48_000), share)


def test_wav_chunks_before_the_data_are_passed_over(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", noise(1))
    data = path.read_bytes()
    path.write_bytes(data[:36] + b"odd \3\0\0\0abc\0" + data[36:])
    assert decode(path).seconds == 1
    assert "truncated" in cut_at(path, 0.9)


@pytest.mark.parametrize("suffix", ["ogg", "opus", "mp3", "wav"])
def test_tag_behind_the_end_is_no_cut(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", noise(1, 24_000), 24_000)
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
    assert decode(path).seconds == pytest.approx(1, abs=0.06)


def test_tag_before_an_mp3_hides_no_cut(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", noise(4, 24_000), 24_000)
    path.write_bytes(b"ID3\4\0\0\0\0\x08\0" + bytes(1024) + path.read_bytes())
    assert decode(path).seconds == 4
    assert "truncated" in cut_at(path, 0.6)


def test_flac_that_does_not_state_its_length_is_undecodable(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac", noise(1))
    data = bytearray(path.read_bytes())
    data[18:26] = (int.from_bytes(data[18:26], "big") >> 36 << 36).to_bytes(8, "big")
    path.write_bytes(data)
    with pytest.raises(Undecodable, match="does not state how long it is"):
        decode(path)


def mp3_without_length(path: Path, compression: float) -> bytes:
    """Five seconds at a constant bitrate, less the first frame, which counts the others."""
    soundfile.write(
        path, noise(5, 44_100), 44_100, format="MP3", bitrate_mode="CONSTANT", compression_level=compression
    )
    data = path.read_bytes()
    return data[data.index(b"\xff\xfb", data.index(b"Info")) :]


def test_mp3_that_does_not_state_its_length_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(mp3_without_length(path, 0.5))
    assert decode(path).seconds == pytest.approx(5, abs=0.1)


def test_mp3_of_which_the_decoder_would_leave_a_part_out_is_undecodable(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    fast, slow = (mp3_without_length(path, compression) for compression in (0.0, 0.9))
    path.write_bytes(fast + slow)
    with pytest.raises(Undecodable, match="does not state its length"):
        decode(path)
