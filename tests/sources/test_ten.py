"""The paper's ten datasets, as they are distributed, in one build of the recipe that comes along, and its table 1."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

import tones
from audio_cogito import config, pipeline
from audio_cogito.opening import opened
from audio_cogito.run import RunRecord
from audio_cogito.spending import coverage
from audio_cogito.synth.dataset import Making, make
from lying import write
from road import sums_hold
from server import Options, Server

RECIPE = Path(__file__).parents[2] / "recipes" / "cogito-545k.toml"
VIDEOS = ("--PJHxphWEs", "Yabcdefghi_", "r1nicOVtvkQ", "sUjAb0S_ppQ")
UUID = "d07b1fc0-567d-52c2-fef4-239f31c9d40e"
TABLES = {
    "audioset/balanced_train_segments.csv": f'# a\n{VIDEOS[0]}, 0.000, 10.000, "/m/a"\n'
    f'{VIDEOS[1]}, 0.000, 9.000, "/m/a"\n',
    "audioset/class_labels_indices.csv": 'index,mid,display_name\n0,/m/a,"Bark"\n',
    "clotho/clotho_captions_development.csv": "file_name,caption_1,caption_2,caption_3,caption_4,caption_5\r\n"
    " Birds.wav,Birds sing,A bird,Birds,Singing,Morning\r\n",
    "audiocaps/dataset/train.csv": f"audiocap_id,youtube_id,start_time,caption\r\n1,{VIDEOS[2]},130,A woman talks\r\n",
    "meld/train_sent_emo.csv": "Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n"
    "Hi.,Ada,joy,positive,0,0\nWhat?,Ben,anger,negative,0,1\n",
    "covost2/covost_v2.en_zh-CN.tsv": "path\ttranslation\tsplit\na.mp3\t这是一个例子。\ttrain\n",
    "covost2/covost_v2.zh-CN_en.tsv": "path\ttranslation\tsplit\nb.mp3\tAn example.\ttrain\n",
    "common-voice/en/validated.tsv": "client_id\tpath\tsentence\nc\ta.mp3\tAn example.\n",
    "common-voice/zh-CN/validated.tsv": "client_id\tpath\tsentence\nd\tb.mp3\t例子。\n",
    "dailytalk/metadata.json": json.dumps(
        {"7": {str(turn): {"text": "hi", "speaker": turn, "emotion": "none"} for turn in (0, 1)}}
    ),
    "musicbench/MusicBench_train.json": json.dumps({"location": f"data/{VIDEOS[3]}.wav", "main_caption": "A waltz."}),
    "fma/fma_metadata/tracks.csv": ",artist,artist,set,set,track,track,track,track\n"
    ",id,name,split,subset,genre_top,genres_all,license,title\ntrack_id,,,,,,,,\n"
    '2,1,AWOL,training,small,Hip-Hop,"[21]",CC BY,Food\n',
    "fma/fma_metadata/genres.csv": "genre_id,#tracks,parent,title,top_level\n21,9,0,Hip-Hop,21\n",
    "medley/Medley-solos-DB_metadata.csv": "subset,instrument,instrument_id,song_id,uuid4\n"
    f"training,flute,3,1,{UUID}\n",
}
SOUNDS = (
    f"audioset/clips/Y{VIDEOS[0]}.wav", "clotho/development/ Birds.wav", f"audiocaps/{VIDEOS[2]}_130.flac",
    "meld/train_splits/dia0_utt0.wav", "meld/train_splits/dia0_utt1.wav", "common-voice/en/clips/a.mp3",
    "common-voice/zh-CN/clips/b.mp3", "dailytalk/data/7/0_0_d7.wav", "dailytalk/data/7/1_1_d7.wav",
    f"musicbench/datashare/data/{VIDEOS[3]}.wav", "fma/fma_small/000/000002.mp3",
    f"medley/audio/Medley-solos-DB_training-3_{UUID}.wav",
)  # fmt: skip
PLACES = {"medley_solos_db": "medley", "complexaudio": "scenes"}


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        yield server


def datasets(folder: Path) -> Path:
    write(folder, TABLES)
    for name, hertz in zip(SOUNDS, count(300, 17), strict=False):
        tones.write(folder / name, tones.tone(0.8, hertz))
    list(make(folder / "scenes", 4, Making(seconds=(3.0, 4.0), events=(2, 3)), jobs=1))
    return folder


def overrides(folder: Path, url: str) -> Iterator[str]:
    """The recipe with its datasets in this folder and its models behind this server."""
    for name in config.load(RECIPE).sources:
        yield f"sources.{name}.path={folder / PLACES.get(name, name)}"
    yield f"sources.covost2.common_voice={folder / 'common-voice'}"
    yield f"sources.dailytalk.joined={folder / 'joined'}"
    for role in ("annotator", "thinker", "auditor"):
        yield from (f"models.{role}.url={url}", f"models.{role}.name=scripted")
    yield from (f"run={folder / 'run'}", f"store={folder / 'store'}", "collect.processes=0")


async def built(folder: Path, url: str) -> RunRecord:
    async with opened(config.load(RECIPE, tuple(overrides(folder, url)))) as build:
        await pipeline.walk(build)
    return build.run.record


async def test_ten_datasets_are_read_as_they_lie_and_table_1_is_of_what_is_here(tmp_path: Path, server: Server) -> None:
    record = await built(datasets(tmp_path), server.url)
    assert sums_hold(record)
    here = {row[0]: row[2:] for row in coverage.covered(record)}
    assert here.pop("audioset") == (1, 1, 0, 0)
    assert here.pop("meld") == here.pop("covost2") == (2, 0, 0, 0)
    assert here.pop("complexaudio") == (4, 0, 0, 0)
    assert set(here.values()) == {(1, 0, 0, 0)}
    table = coverage.made(record)
    assert [row[1] for row in table if row[0] == "music"] == ["musicbench", "fma", "medley_solos_db"]
    assert [row[1] for row in table if row[0] == "speech"] == ["meld", "covost2", "dailytalk"]
    assert [row[0] for row in table] == ["sound"] * 3 + ["sound + speech + music"] + ["speech"] * 3 + ["music"] * 3
    assert all(row[2] != coverage.NOT_STATED for row in table)
    assert sum(row[3] for row in table) == record.stages["verify"].standings["accepted"]
