"""Three hundred recordings that this project did not make, of several lengths, rates and formats.

COGITO_REAL_AUDIO names a folder with a manifest of them. Without it, three small packages of Debian are fetched with
`apt-get download`, which needs neither root nor an installation, and kept beside the engines' environments. Where that
cannot be, sounds are made, and the summary says so. What is fetched is used and never committed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from audio_cogito.types import Record
from tones import FORMATS, noise, tone, write

COUNT = 300
PACKAGES = ("asterisk-core-sounds-en-wav", "sonic-pi-samples", "sound-theme-freedesktop")
"""Speech at 8 kHz (CC-BY-SA-3.0), instruments and field recordings at 44.1 kHz (CC0), signals of a desktop
(CC-BY-SA-3.0): 40 MB, 769 sounds as WAV, FLAC and Ogg."""


class Recordings(Record):
    origin: str
    """In words, for the summary."""
    sources: dict[str, Any]
    """The recipe's `[sources]`."""


def real_recordings(kept: Path, made: Path) -> Recordings:
    """`kept`: where packages stay between runs; `made`: an empty folder for sounds of our own."""
    if folder := os.environ.get("COGITO_REAL_AUDIO"):
        return Recordings(origin=f"{COUNT} real recordings of COGITO_REAL_AUDIO", sources=by_manifest(Path(folder)))
    missing = fetch(kept)
    if missing is None:
        return Recordings(origin=f"{COUNT} real recordings of Debian's {', '.join(PACKAGES)}", sources=by_folder(kept))
    return Recordings(origin=f"{COUNT} sounds made here, not real: {missing}", sources=by_folder(make(made)))


def by_manifest(folder: Path) -> dict[str, Any]:
    fields = {"licence": "license", "group": "dialogue"}
    return {"manifest": {"path": str(folder / "manifest.jsonl"), "fields": fields}}


def by_folder(folder: Path) -> dict[str, Any]:
    return {"folder": {"path": str(folder), "text": "ignored"}}


def fetch(folder: Path) -> str | None:
    """What is missing to fetch the packages; None once they are there."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return "apt-get and dpkg-deb are not here"
    for package in PACKAGES:
        if (folder / package).is_dir():
            continue
        part = folder / f"{package}.part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        got = subprocess.run(
            ["apt-get", "download", "-q", package], cwd=part, capture_output=True, text=True, check=False
        )
        if got.returncode != 0:
            return f"apt-get download {package} failed: {(got.stderr.strip().splitlines() or ['no word'])[-1]}"
        (archive,) = part.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(archive), str(part)], check=True)
        archive.unlink()
        part.rename(folder / package)
    return None


def make(folder: Path) -> Path:
    """Tones and noise from 0.6 to 9 s, in five formats and three rates."""
    for i in range(COUNT):
        rate, seconds = (8000, 16000, 48000)[i % 3], 0.6 + (i * 37 % 84) / 10
        wave = tone(seconds, 150 + 7 * i, rate, 0.3)
        wave = np.asarray(wave + 0.2 * noise(seconds, rate, i))
        suffix = list(FORMATS)[i % len(FORMATS)]
        write(folder / f"{i:03d}.{suffix}", wave, rate)
    return folder
