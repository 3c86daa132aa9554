"""Sounds in the containers that FFmpeg reads, made with PyAV. Import it behind `pytest.importorskip("av")`."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

CODECS = {
    "m4a": ("ipod", "aac"),
    "mp4": ("mp4", "aac"),
    "webm": ("webm", "libopus"),
    "mka": ("matroska", "flac"),
    "aac": ("adts", "aac"),
    "wma": ("asf", "wmav2"),
}
"""What each suffix is written as: muxer and encoder."""
RATES = {"libopus": 48_000, "wmav2": 44_100}
"""Of the encoders that do not take any rate."""


def encode(path: Path, wave: npt.NDArray[Any], rate: int = 48_000, film: bool = False) -> Path:
    """A sound in the container of the suffix; with `film` a second of picture beside it."""
    muxer, codec = CODECS[path.suffix.lower().lstrip(".")]
    frames = wave[:, None] if wave.ndim == 1 else wave
    layout = "mono" if frames.shape[1] == 1 else "stereo"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, av.open(file, "w", format=muxer) as container:
        picture = _picture(container) if film else None
        stream = container.add_stream(codec, rate=RATES.get(codec, rate), layout=layout)
        stream.codec_context.bit_rate = 64_000
        samples = np.ascontiguousarray(np.rint(frames.clip(-1, 1) * 32767).astype("<i2")).reshape(1, -1)
        block = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
        block.sample_rate, block.pts, block.time_base = rate, 0, Fraction(1, rate)
        resampler = av.AudioResampler(
            stream.codec_context.format, layout, stream.rate, frame_size=stream.codec_context.frame_size or 1024
        )
        for given in (block, None):
            for part in resampler.resample(given):
                container.mux(stream.encode(part))
        container.mux(stream.encode(None))
        if picture:
            _draw(container, picture)
    return path


def _picture(container: Any) -> Any:
    stream = container.add_stream("libvpx" if container.format.name == "webm" else "mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
    return stream


def _draw(container: Any, stream: Any) -> None:
    for number in range(10):
        frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 20, np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
