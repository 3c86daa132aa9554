"""The sounds of many scenes as log-mel spectrograms in one file, made once, so that training waits for none.

Half precision, one scene after the other: the file can be continued, and its length says how many are whole.
"""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from audio_cogito.audio import RATE
from audio_cogito.nano.hearing import CHUNK_FRAMES, HOP, MEL_BINS, log_mel
from audio_cogito.nano.lessons import scene_of
from audio_cogito.synth.render import quantised, render
from audio_cogito.synth.scenes import Scene

BYTES = 2
AT_ONCE = 32


class Recordings:
    """Scenes 0 to `count` of a random seed and their spectrograms."""

    def __init__(self, path: Path, random_seed: int, count: int) -> None:
        self.scenes = [scene_of(random_seed, index) for index in range(count)]
        self._ends = np.cumsum([frames_of(scene) for scene in self.scenes])
        self._path, self._random_seed = path, random_seed
        self._mels: npt.NDArray[np.float16] | None = None

    def make(self, workers: int) -> None:
        """Render what the file does not hold yet."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        held = self._path.stat().st_size // (MEL_BINS * BYTES) if self._path.exists() else 0
        done = int(np.searchsorted(self._ends, held, side="right"))
        end = int(self._ends[done - 1]) if done else 0
        with self._path.open("ab") as file, get_context("spawn").Pool(workers, _alone) as pool:
            file.truncate(end * MEL_BINS * BYTES)
            for mel in pool.imap(_mel, self.scenes[done:], chunksize=AT_ONCE):
                file.write(mel.tobytes())

    def mel(self, index: int) -> torch.Tensor:
        """Bins x frames, padded with nothing to whole chunks."""
        if self._mels is None:
            self._mels = np.memmap(self._path, dtype=np.float16, mode="r").reshape(-1, MEL_BINS)
        end, frames = int(self._ends[index]), frames_of(self.scenes[index])
        padded = np.zeros((MEL_BINS, chunks_of(self.scenes[index]) * CHUNK_FRAMES), np.float32)
        padded[:, :frames] = self._mels[end - frames : end].T
        return torch.from_numpy(padded)


def frames_of(scene: Scene) -> int:
    return round(scene.seconds * RATE) // HOP


def chunks_of(scene: Scene) -> int:
    return -(-frames_of(scene) // CHUNK_FRAMES)


def _alone() -> None:
    torch.set_num_threads(1)


def _mel(scene: Scene) -> npt.NDArray[np.float16]:
    mel: npt.NDArray[np.float16] = log_mel(quantised(render(scene))).T.half().numpy()
    return np.ascontiguousarray(mel)
