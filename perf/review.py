"""How fast the review page opens and deals with 50,000 samples, and what memory its server holds.

    python perf/review.py --samples 50000

A run of that many traces is made (`--chain` characters each), the command is started over it twice, first without what
it remembers of the shards, and two reviewers decide 300 items one after the other. With the browser's environment
(`bash scripts/engines.sh browser`) the page is opened in Chromium too, until its first item stands there.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from audio_cogito import shards
from audio_cogito.run import Run
from audio_cogito.types import Trace
from made import make_question, make_trace
from reviewing import FAILED, PASSED, Reviewer, make_run, make_sound

WORDS = "the low bell rings again and a door closes far away while somebody walks over gravel towards the gate "
IN_SHARD = 750
BROWSER = """
import shutil, sys, time
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    context = browser.new_context()
    context.add_init_script("localStorage.setItem('review who', 'cleo')")
    for address, there in ((sys.argv[1] + "/page/icon.svg", "svg"), (sys.argv[1], "#heading")):
        for _ in range(5):
            page = context.new_page()
            began = time.perf_counter()
            page.goto(address)
            page.wait_for_selector(there)
            print(time.perf_counter() - began)
            page.close()
    browser.close()
"""


def make(folder: Path, samples: int, chain: int) -> Run:
    run = make_run(folder, [*traces(folder, 1, chain)])
    for number, start in enumerate(range(0, samples, IN_SHARD)):
        path = run.stage("verify") / f"{number:05d}{shards.SUFFIX}"
        shards.write(path, (shards.lines_of([t]) for t in traces(folder, min(IN_SHARD, samples - start), chain, start)))
    return run


def traces(folder: Path, count: int, chain: int, start: int = 0) -> Iterator[Trace]:
    clip = make_sound(folder / "store", 0)
    for number in range(start, start + count):
        question = make_question("Dog", "Cat", text=f"What is nearest in {number}?", clips=(clip,))
        thinking = f"{number} {WORDS * (chain // len(WORDS))}"
        yield make_trace(question, thinking=thinking, verdicts=(FAILED if number % 3 == 0 else PASSED,))


@contextmanager
def server(run: Run) -> Iterator[tuple[str, int, float]]:
    """Its address, its process and the seconds until it listened."""
    command = [sys.executable, "-m", "audio_cogito.cli", "review", str(run.folder), "--port", "0"]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(line.strip().rstrip("/") for line in process.stdout if line.startswith("http://"))
        try:
            yield url, process.pid, time.perf_counter() - began
        finally:
            process.terminate()
            process.communicate()


def memory(process: int) -> float:
    """Megabytes held at most."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


def opening(url: str) -> float:
    """Seconds for all that the page asks for until its first item stands there, one after the other."""
    reviewer, began = Reviewer(url), time.perf_counter()
    page = reviewer.get("/")[1].decode()
    for name in (*page.split('"/page/')[1:],):
        reviewer.get(f"/page/{name.partition(chr(34))[0]}")
    reviewer.get("/api/state?who=anna")
    item = reviewer.next()
    reviewer.get(f"/sound/{item['sounds'][0]['id']}")
    return time.perf_counter() - began


def deciding(url: str, count: int) -> tuple[list[float], list[float]]:
    """Seconds for each decision, and for each next item."""
    decided, dealt = [], []
    reviewers = [Reviewer(url, who) for who in ("anna", "ben")]
    items = [reviewer.next() for reviewer in reviewers]
    for number in range(count):
        which = number % 2
        began = time.perf_counter()
        status, _ = reviewers[which].decide(items[which], "accept")
        assert status == 200
        middle = time.perf_counter()
        items[which] = reviewers[which].next()
        decided.append(middle - began)
        dealt.append(time.perf_counter() - middle)
    return decided, dealt


def in_browser(url: str) -> list[float]:
    python = ROOT / ".venv-engines/browser/bin/python"
    if not python.exists() or shutil.which("chromium") is None:
        return []
    done = subprocess.run([python, "-c", BROWSER, url], capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def said(seconds: list[float]) -> str:
    ranked = sorted(seconds)
    at = {share: 1000 * ranked[min(len(ranked) - 1, int(share * len(ranked)))] for share in (0.5, 0.95, 1.0)}
    return f"median {at[0.5]:.0f} ms, 95 % {at[0.95]:.0f} ms, most {at[1.0]:.0f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--chain", type=int, default=3_500, help="characters")
    parser.add_argument("--decisions", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = make(Path(folder), options.samples, options.chain)
        print(f"{options.samples:,} samples, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        with server(run) as (url, process, seconds):
            print(f"starts in {seconds:.1f} s without its index, {memory(process):.0f} MB")
        with server(run) as (url, process, seconds):
            print(f"starts in {seconds:.1f} s with it, {memory(process):.0f} MB")
            opened = [opening(url) for _ in range(5)]
            print(f"the page's requests: {said(opened)} (mean {statistics.mean(opened):.2f} s)")
            if seen := in_browser(url):
                print(f"the page in Chromium, to its first item: {said(seen[5:])}; a bare picture: {said(seen[:5])}")
            decided, dealt = deciding(url, options.decisions)
            print(f"a decision, on disk: {said(decided)}")
            print(f"the next item: {said(dealt)}")
            print(f"{memory(process):.0f} MB")


if __name__ == "__main__":
    main()
