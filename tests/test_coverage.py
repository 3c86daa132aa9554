"""What of a dataset is here is counted as the ledger has it, and table 1 is printed for what was found."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

import tones
from audio_cogito import config, plugins, report, shards, sources
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop, Failure
from audio_cogito.run import RunRecord, SourceRecord
from audio_cogito.spending import coverage
from lying import write
from road import build, write_recipe, write_tones
from server import Options, Server

HEADER = "Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        yield server


def meld(folder: Path) -> None:
    """Two sounds, one that is too short, one that is none, one that is not there, and a broken row."""
    (folder / "train_splits").mkdir(parents=True)
    rows = "".join(f"Hi {u}.,Ada,joy,positive,0,{u}\n" for u in range(5)) + "Hi.,Ada,glee,positive,0,5\n"
    (folder / "train_sent_emo.csv").write_text(HEADER + rows)
    for u, seconds in ((0, 0.6), (1, 0.7), (2, 0.1)):
        tones.write(folder / f"train_splits/dia0_utt{u}.wav", tones.tone(seconds, 300 + 10 * u))
    (folder / "train_splits/dia0_utt3.wav").write_bytes(b"no sound")


def tables(folder: Path) -> dict[str, Any]:
    meld(folder / "MELD")
    write_tones(folder / "recordings", 3)
    return {
        "meld": {"path": "MELD"},
        "lab": {"kind": "folder", "path": "recordings", "text": "caption", "domains": ["sound"]},
    }


def ledger(run: Path) -> Counter[str]:
    lines = (line for path in shards.paths(run / "ledger", "collect-") for line in shards.read_lines(path))
    entries = [msgspec.json.decode(line, type=Drop | Failure) for line in lines]
    return Counter(entry.reason for entry in entries if isinstance(entry, Failure))


def shown(record: RunRecord) -> str:
    console = Console(width=140, file=io.StringIO())
    with console.capture() as captured:
        console.print(report.funnel(record))
    return captured.get()


async def test_present_missing_and_broken_are_those_of_the_ledger(tmp_path: Path, server: Server) -> None:
    record = await build(write_recipe(tmp_path, server.url, sources=tables(tmp_path)))
    meld = record.sources["meld"]
    assert (meld.expected, meld.present, meld.missing, meld.broken, meld.unread) == (9989, 3, 1, 2, 0)
    assert meld.clips == 2
    assert ledger(tmp_path / "runs/recipe") == {"missing": 1, "malformed": 1, "undecodable": 1}
    assert record.sources["lab"].expected is None
    assert ["meld", "9,989", "3", "1", "2", "0"] in [line.split() for line in shown(record).splitlines()]
    assert ["lab", "not", "known", "3", "0", "0", "0"] in [line.split() for line in shown(record).splitlines()]


async def test_table_1_of_a_build_has_domain_dataset_skill_quantity_and_ratio(tmp_path: Path, server: Server) -> None:
    record = await build(write_recipe(tmp_path, server.url, sources=tables(tmp_path)))
    made = {row[1]: row for row in coverage.made(record)}
    assert made["meld"][:3] == ("speech", "meld", "speech emotion")
    assert made["lab"][:3] == ("sound", "lab", "not stated")
    assert sum(row[3] for row in made.values()) == record.stages["verify"].standings["accepted"] > 0
    assert sum(row[4] for row in made.values()) == pytest.approx(100)
    assert "speech emotion" in shown(record)


async def test_stage_that_runs_alone_keeps_what_the_others_counted(tmp_path: Path, server: Server) -> None:
    recipe = write_recipe(tmp_path, server.url, sources=tables(tmp_path))
    whole = await build(recipe)
    for stage in ("collect", "construct", "think", "verify"):
        alone = await build(recipe, only=stage)
        assert (stage, alone.sources) == (stage, whole.sources)


async def test_rerun_counts_the_same(tmp_path: Path, server: Server) -> None:
    recipe = write_recipe(tmp_path, server.url, sources=tables(tmp_path))
    assert (await build(recipe)).sources == (await build(recipe)).sources


def test_funnel_of_a_benchmark_has_no_table_of_datasets() -> None:
    one = SourceRecord(kind="benchmark", title="The items of a benchmark", present=5, accepted=3)
    record = RunRecord(
        recipe={}, recipe_digest="d", random_seed=0, only=None, limit=None, state="finished", began="now",
        sources={"mmar": one},
    )  # fmt: skip
    assert coverage.covered(record) == coverage.made(record) == []


@pytest.mark.parametrize(
    ("name", "settings", "count"),
    [
        ("meld", {"splits": ("dev", "test")}, 1109 + 2610),
        ("meld", {"splits": ("train",), "unit": "dialogues"}, 1038),
        ("dailytalk", {}, 23773),
        ("dailytalk", {"unit": "dialogues"}, 2541),
        ("mustard", {"context": True}, 2 * 690),
        ("librispeech", {}, 281241),
        ("librispeech", {"parts": ("train-clean-100",)}, 28539),
        ("librispeech", {"parts": ("train-clean-5",)}, None),
        ("clotho", {}, 3839),
        ("musicbench", {}, 52768),
        ("musicbench", {"splits": ("audioset_eval",)}, None),
        ("covost2", {"common_voice": "cv", "pairs": ("en_de", "en_ja")}, 2 * 289430),
        ("covost2", {"common_voice": "cv", "pairs": ("fr_en", "cy_en"), "splits": ("dev", "test")}, 2 * (14760 + 690)),
        ("covost2", {"common_voice": "cv", "pairs": ("fr_en", "fr_de")}, None),
        ("covost2", {"common_voice": "cv", "pairs": ("fr_en",), "splits": ("trian",)}, None),
        ("covost2", {"common_voice": "cv"}, None),
        ("fma", {}, None),
        ("fma", {"size": "medium"}, 19922),
        ("fma", {"size": "small", "splits": ("training", "validation", "test")}, 8000),
        ("medley_solos_db", {}, 5841),
        ("manifest", {}, None),
    ],
)
def test_what_was_published_follows_what_is_asked_for(name: str, settings: dict[str, Any], count: int | None) -> None:
    module, made = config.source(name, {"path": "p"} | settings, ())
    assert sources.expected(module, made) == count


def test_what_was_published_follows_the_tables_and_sounds_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, {f"covost_v2.{pair}.tsv": "path\ttranslation\tsplit\n" for pair in ("zh-CN_en", "en_zh-CN")})
    module, settings = config.source("covost2", {"path": str(tmp_path), "common_voice": "cv"}, ())
    assert sources.expected(module, settings) == 7085 + 289430
    (tmp_path / "fma_medium").mkdir()
    module, settings = config.source("fma", {"path": str(tmp_path)}, ())
    assert sources.expected(module, settings) == 19922
    (tmp_path / "fma_small").mkdir()
    assert sources.expected(module, settings) is None


def test_splits_of_fma_sum_to_its_sizes() -> None:
    module = plugins.load("sources", "fma")
    assert {size: sum(splits) for size, splits in module.PUBLISHED.items()} == module.INFO.counts


def test_second_version_of_audiocaps_has_more_to_be_there(tmp_path: Path) -> None:
    for version, count in (("dataset", 49838), ("dataset2.0", 91256)):
        write(tmp_path, {f"{version}/train.csv": "audiocap_id,youtube_id,start_time,caption\n"})
        module, settings = config.source("audiocaps", {"path": str(tmp_path), "metadata": version}, ())
        assert sources.expected(module, settings) == count


@pytest.mark.parametrize(("names", "count"), [(("balanced_train",), 22160), (("balanced_train", "eval"), 22160)])
def test_audioset_expects_the_training_splits_that_are_there(tmp_path: Path, names: tuple[str], count: int) -> None:
    write(tmp_path, {f"{name}_segments.csv": "" for name in names})
    module, settings = config.source("audioset", {"path": str(tmp_path)}, ())
    assert sources.expected(module, settings) == count


async def test_source_of_ones_own_that_breaks_the_contract_stops_the_build_in_a_line(tmp_path: Path) -> None:
    plugin = """'''A lab.'''
from audio_cogito.types import Record
class Settings(Record):
    path: str
def recordings(settings):
    return iter(())
"""
    write(tmp_path, {"mine/sources/lab.py": plugin})
    recipe = write_recipe(tmp_path, "http://127.0.0.1:9/v1", sources={"lab": {"path": "p"}})
    recipe.write_text('plugins = ["mine"]\n' + recipe.read_text())
    with pytest.raises(SetupError, match="the source lab is no source: INFO must be a sources.SourceInfo"):
        await build(recipe)


async def test_wrong_setting_of_one_source_among_several_names_it(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    recipe = write_recipe(
        tmp_path, "http://127.0.0.1:9/v1", sources={"folder": {"path": "recordings"}, "meld": {"path": "gone"}}
    )
    with pytest.raises(SetupError, match=r"^sources\.meld: there is no folder "):
        await build(recipe)


def test_parts_of_librispeech_sum_to_its_splits() -> None:
    module = plugins.load("sources", "librispeech")
    for split, count in module.INFO.counts.items():
        assert sum(n for part, n in module.PARTS.items() if part.startswith(split)) == count


def test_expected_that_is_no_function_of_settings_is_a_fault() -> None:
    module = plugins.load("sources", "folder")
    module.__dict__["expected"] = lambda: 3
    try:
        assert "expected must be a function of one argument, settings" in sources.faults(module)
    finally:
        del module.__dict__["expected"]
