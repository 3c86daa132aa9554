"""Whether an audio file ends too early. Decoders read what is there of a cut WAV, Ogg, MP3 or MP4 and say nothing.

A cut is told by what the file itself says: the size of a WAV's data, the last page of an Ogg, the number of frames of
an MP3, the boxes of an MP4, the segment of a Matroska file, the last frame of ADTS, the size that an ASF states. (FLAC
needs nothing: its decoder fails.) Unseen are a cut exactly between two pages of an Ogg or two frames of ADTS, an MP3
that does not state its length, and a Matroska file written to a pipe, which states no size.
"""

from __future__ import annotations

import os
import struct
from io import FileIO

from audio_cogito.hearing.sound import Undecodable

OGG_PAGE = 65_307
"""The largest an Ogg page can be, in bytes (RFC 3533, section 6)."""
WRITTEN_TO_A_PIPE = 0x7FFF0000
"""Data sizes from here on stand in a WAV whose writer could not go back to fill in the real one."""
ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
ADTS_SAMPLES = 1024
"""Of one channel in a frame, without the doubling of HE-AAC."""


def of_container(file: FileIO, size: int) -> str | None:
    """Why a file of `size` bytes is not whole, by its container; None for whole and for formats that have no say."""
    head = file.read(12)
    match head[:4]:
        case b"RIFF" | b"RF64":
            return _of_wav(file, size, "<")
        case b"RIFX":
            return _of_wav(file, size, ">")
        case b"OggS":
            return _of_ogg(file, size)
        case b"\x1a\x45\xdf\xa3":
            return _of_matroska(file, size)
        case b"\x30\x26\xb2\x75":
            return _of_asf(file, size)
    return _of_mp4(file, size) if head[4:8] == b"ftyp" else None


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


def _of_wav(file: FileIO, size: int, order: str) -> str | None:
    position, large = 12, None
    while position + 8 <= size:
        file.seek(position)
        name, length = struct.unpack(f"{order}4sI", file.read(8))
        if name == b"ds64":
            large = struct.unpack("<8xQ", file.read(16).ljust(16, b"\0"))[0]
        if name == b"data":
            stated, there = large if large is not None and length == 0xFFFFFFFF else length, size - position - 8
            return f"truncated: {there} of {stated} bytes" if there < stated and _is_filled_in(stated) else None
        position += 8 + length + length % 2
    return None


def _is_filled_in(length: int) -> bool:
    return not WRITTEN_TO_A_PIPE <= length <= 0xFFFFFFFF


def _of_mp4(file: FileIO, size: int) -> str | None:
    """Boxes stand side by side: size, name, content. A size of 1 is followed by one of 64 bits, 0 means to the end."""
    position = 0
    while position + 8 <= size:
        file.seek(position)
        length, name = struct.unpack(">I4s", file.read(8))
        if length == 1:
            length = int.from_bytes(file.read(8), "big")
        if length == 0 or not name.strip(b"\0"):
            return None
        if length < 8 or position + length > size:
            return f"truncated: its {name.decode('latin-1')!r} goes beyond the end"
        position += length
    return None


def _of_matroska(file: FileIO, size: int) -> str | None:
    """Two elements, the header and the segment, each an id, a size and so many bytes (RFC 8794)."""
    file.seek(4)
    header = _ebml_size(file)
    if header is None:
        return None
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != b"\x18\x53\x80\x67":
        return "truncated: it holds a header and nothing else" if file.tell() >= size else None
    segment = _ebml_size(file)
    there = size - file.tell()
    return f"truncated: {there} of {segment} bytes" if segment is not None and there < segment else None


def _ebml_size(file: FileIO) -> int | None:
    """A number whose leading zeros say how many bytes it has; None where all its bits are set: unknown."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    following = 8 - first[0].bit_length()
    value = int.from_bytes(first + file.read(following), "big") & (1 << 7 * (following + 1)) - 1
    return None if value == (1 << 7 * (following + 1)) - 1 else value


def _of_asf(file: FileIO, size: int) -> str | None:
    """The file properties, an object of the header, state the size of the file."""
    file.seek(0)
    header = file.read(8192)
    place = header.find(ASF_FILE_PROPERTIES)
    if place < 0 or len(header) < place + 48:
        return "truncated: its header is cut" if size < 100 else None
    stated = int.from_bytes(header[place + 40 : place + 48], "little")
    return f"truncated: {size} of {stated} bytes" if size < stated else None


def adts_seconds(file: FileIO) -> float:
    """The length of an ADTS file by the headers of its frames, which are all there is. Raises Undecodable."""
    size = os.fstat(file.fileno()).st_size
    position = count = 0
    data = os.pread(file.fileno(), size, 0)
    while position + 7 <= size and data[position] == 0xFF and data[position + 1] & 0xF6 == 0xF0:
        length = (data[position + 3] & 3) << 11 | data[position + 4] << 3 | data[position + 5] >> 5
        if length < 7:
            break
        count += 1 + (data[position + 6] & 3)
        position += length
    if position > size:
        raise Undecodable("truncated: its last frame is cut")
    rate = data[2] >> 2 & 15 if len(data) > 2 else 15
    if not count or rate >= len(ADTS_RATES):
        raise Undecodable("truncated or damaged: no whole frame")
    return count * ADTS_SAMPLES / ADTS_RATES[rate]


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
