"""Memory, disk and time of select over many clips, with everything of `select.balance` that counts.

    python perf/balance.py [CLIPS]            # a million by default, some 10 minutes on one core, 1.2 GB of disk

Clips are made up: ten sources, three domains, 500 labels of which a few are on most clips, three on each. Printed: the
peak of resident memory before the first clip and at the end, the scratch file, and the strata's part of it a clip.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from audio_cogito.cleaning.balance import Settings as Balance
from audio_cogito.cleaning.balance import ceilings
from audio_cogito.stages.select import Settings, select
from audio_cogito.stages.table import Table
from audio_cogito.types import Clip, Facts, Measurements, Recording, Statement, identity

DOMAINS = ("sound", "speech", "music")
MEASURED = Measurements(
    seconds=10.0, sample_rate=48000, channels=2, peak_db=-3.0, rms_db=-20.0, silent=0.01, clipped=0.0,
    dc=0.0, bandwidth_hz=7900.0, snr_db=22.5,
)  # fmt: skip
BALANCE = Balance(
    sources={"source0": 0.5}, domains={"music": 20_000}, labels={"label0": 50_000}, label_cap=20_000,
    source_mix={"source1": 2, "source2": 1},
)  # fmt: skip


def clips(count: int) -> Iterator[Clip]:
    for number in range(count):
        labels = {f"label{(number * 7919 % 500) * part // 9}" for part in (1, 3, 9)}
        yield Clip(
            id=identity("made", str(number)),
            measurements=MEASURED,
            recording=Recording(
                source=f"source{number % 10}",
                path=f"/data/audioset/balanced/{number:011d}_30.000.flac",
                source_id=f"{number:011d}",
                source_time=30.0,
                group=f"youtube:{number:011d}",
                split="train",
                licence="CC-BY-4.0 (annotations)",
                domains=(DOMAINS[number % 3],),  # type: ignore[arg-type]
                facts=Facts(labels=tuple(Statement(text=label, origin="human") for label in sorted(labels))),
            ),
        )


def peak() -> float:
    """Of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = Path(folder) / "table.sqlite"
        table = Table(path)
        print(f"{count:,} clips; {peak():,.0f} MB before the first")
        began = time.monotonic()
        for clip in clips(count):
            table.add(clip, 0)
        table.flush()
        took, size = time.monotonic() - began, path.stat().st_size
        print(f"added: {took:,.0f} s, peak {peak():,.0f} MB, {size / count:,.0f} B a clip on disk")
        for name, balance in (
            ("no balance", Balance()),
            ("shares alone", Balance(domains={"music": 0.5})),
            ("all", BALANCE),
        ):
            began, kept = time.monotonic(), 0
            for entry in select(table, settings=Settings(balance=balance), random_seed=0):
                kept += isinstance(entry, Clip)
            took = time.monotonic() - began
            print(f"{name}: {kept:,} kept, {took:,.0f} s, {took / count * 1e6:.0f} us a clip, peak {peak():,.0f} MB")
        print(f"scratch file: {path.stat().st_size / count:,.0f} B a clip")
        print(f"strata: {strata_bytes(count):,.0f} B a clip")
        table.close()


def strata_bytes(count: int) -> float:
    """What the strata take on disk by themselves at most, of a tenth of the clips."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "strata.sqlite"
        db = sqlite3.connect(path, isolation_level=None)
        few = max(1000, count // 10)
        ceilings(db, clips(few), BALANCE, 0)
        db.close()
        return path.stat().st_size / few


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 1_000_000)
