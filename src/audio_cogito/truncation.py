"""Whether an audio file ends too early. libsndfile reads what is there of a cut WAV, Ogg or MP3 and says nothing.

A cut is told by what the file itself says: the size of a WAV's data, the last page of an Ogg, the number of frames of
an MP3. (FLAC needs nothing: its decoder fails.) Unseen are an Ogg cut exactly between two pages and an MP3 that does
not state its length.
"""

from __future__ import annotations

import os
import struct
from io import FileIO

OGG_PAGE = 65_307
"""The largest an Ogg page can be, in bytes (RFC 3533, section 6)."""
WRITTEN_TO_A_PIPE = 0x7FFF0000
"""Data sizes from here on stand in a WAV whose writer could not go back to fill in the real one."""


def of_container(file: FileIO, size: int) -> str | None:
    """Why a file of `size` bytes is not whole, by its container; None for whole and for formats that have no say."""
    match file.read(4):
        case b"RIFF":
            return _of_wav(file, size)
        case b"OggS":
            return _of_ogg(file, size)
    return None


def of_decoded(file: FileIO, format: str, read: int, stated: int) -> str | None:
    """Why a file read to its end is not whole, by the frames that came out. Reads no position but the decoder's own."""
    if format != "MP3":
        return f"truncated: {read} of {stated} frames" if read < stated else None
    if read < stated:
        return f"truncated: {read} of {stated} frames" if _states_length(file) else None
    # Without a stated length the decoder extrapolates the first frame's bitrate and stops there.
    following = os.pread(file.fileno(), 2, os.lseek(file.fileno(), 0, os.SEEK_CUR))
    if len(following) == 2 and following[0] == 0xFF and following[1] >= 0xE0 and not _states_length(file):
        return "an MP3 of variable bitrate that does not state its length: write it anew"
    return None


def _of_wav(file: FileIO, size: int) -> str | None:
    position = 12
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            there = size - position - 8
            return f"truncated: {there} of {length} bytes" if there < length < WRITTEN_TO_A_PIPE else None
        position += 8 + length + length % 2
    return None


def _of_ogg(file: FileIO, size: int) -> str | None:
    file.seek(max(0, size - OGG_PAGE - 27))
    tail = file.read()
    page = tail[tail.rfind(b"OggS\0") :]
    segments = page[26] if len(page) > 26 else 0
    whole = len(page) > 26 + segments and len(page) >= 27 + segments + sum(page[27 : 27 + segments])
    return None if whole else "truncated: its last page is cut"


def _states_length(file: FileIO) -> bool:
    """Whether the first frame holds the Xing, Info or VBRI tag, which counts the frames."""
    head = os.pread(file.fileno(), 10, 0)
    tag = 0
    if head[:3] == b"ID3" and len(head) == 10:
        tag = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    first = os.pread(file.fileno(), 64, tag)
    return any(name in first for name in (b"Xing", b"Info", b"VBRI"))
