"""How fast published tables are read, with their sounds on the disk, beside the standard library alone.

    COGITO_SHARED_DATA=DIR python perf/sources.py [--rounds 5]

AudioSet's 22,160 balanced rows, with an empty file for each under a name that people keep them by, are read as a build
reads them: labels by name, domains by the ontology, each row's sound looked for. The bare loop beside it reads the same
rows with `csv`, splits their labels and asks for each file by one `os.path.exists`; it checks nothing and makes no
record. Rows a second of CPU, the sides in turn, medians; and the most memory that reading holds.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "src"))

from audio_cogito.sources import audioset
from audio_cogito.types import Recording

SEGMENTS = "audioset_balanced_train_segments.csv"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds: int = parser.parse_args().rounds
    published = Path(os.environ["COGITO_SHARED_DATA"]).resolve() / "sources"
    with tempfile.TemporaryDirectory() as folder:
        for video, start in bare_rows(published / SEGMENTS):
            Path(folder, f"Y{video}_{start:.3f}.flac").touch()
        sides: dict[str, Callable[[], int]] = {
            "audio-cogito": lambda: read(folder, published),
            "bare csv and exists": lambda: bare(folder, published / SEGMENTS),
        }
        rates: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, side in sides.items():
                began = time.process_time()
                count = side()
                rates[name].append(count / (time.process_time() - began))
        for name, found in rates.items():
            print(f"{name:<20} {statistics.median(found):>10,.0f} rows/s ({min(found):,.0f} to {max(found):,.0f})")
        tracemalloc.start()
        read(folder, published)
        print(f"at most {tracemalloc.get_traced_memory()[1] / 2**20:.1f} MiB held while reading")


def read(folder: str, published: Path) -> int:
    settings = audioset.Settings(path=folder, metadata=str(published), splits=("balanced_train",))
    found = sum(isinstance(one, Recording) for one in audioset.recordings(settings))
    assert found == audioset.INFO.counts["balanced_train"], found
    return found


def bare(folder: str, segments: Path) -> int:
    return sum(os.path.exists(f"{folder}/Y{video}_{start:.3f}.flac") for video, start in bare_rows(segments))  # noqa: PTH110


def bare_rows(segments: Path) -> list[tuple[str, float]]:
    with segments.open(newline="") as file:
        rows = csv.reader((line for line in file if not line.startswith("#")), skipinitialspace=True)
        return [(row[0], float(row[1])) for row in rows if row[3].split(",")]


if __name__ == "__main__":
    main()
