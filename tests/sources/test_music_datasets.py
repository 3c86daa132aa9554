"""MusicBench, FMA and Medley-solos-DB: facts with who says them, licences by row, and held-out rows that stay out."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_cogito.errors import SetupError
from audio_cogito.hearing import decoding
from audio_cogito.types import Attribute
from lying import parted, read, texts, write

# --- MusicBench -------------------------------------------------------------------------------------------------------

BENCH = {
    "dataset": "MusicBench", "location": "data_aug2/sUjAb0S_ppQ_12.wav", "main_caption": "A slow waltz.",
    "alt_caption": "A waltz, slow.", "prompt_aug": "", "beats": [[0.4, 1.1], [1, 2]], "bpm": 86.5,
    "chords": ["D", "Am7"], "chords_time": [0.4, 2.0], "key": ["D", "major"], "keyprob": [0.8],
}  # fmt: skip
PLAIN = BENCH | {"location": "data/sUjAb0S_ppQ.wav", "bpm": None, "chords": [], "key": None, "alt_caption": ""}


def bench(folder: Path, *rows: object) -> Path:
    lines = "".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows)
    sounds = {f"datashare/{row['location']}": "" for row in (BENCH, PLAIN)}
    return write(folder, {"MusicBench_train.json": lines} | sounds)


def test_musicbench_facts_are_a_programs_and_copies_share_the_group_of_their_video(tmp_path: Path) -> None:
    (changed, plain), failures = parted(read("musicbench", bench(tmp_path, BENCH, PLAIN)))
    assert failures == []
    assert changed.facts.attributes == (
        Attribute(key="bpm", value="86.5", origin="tool"),
        Attribute(key="key", value="D major", origin="tool"),
        Attribute(key="chords", value="D Am7", origin="tool"),
    )
    assert texts(changed.facts.captions) == ["A slow waltz.", "A waltz, slow."]
    assert {caption.origin for caption in changed.facts.captions} == {"tool"}
    assert (
        (changed.group, changed.source_id) == (plain.group, plain.source_id) == ("youtube:sUjAb0S_ppQ", "sUjAb0S_ppQ")
    )
    assert (plain.facts.attributes, plain.licence, plain.split) == ((), "CC-BY-SA-3.0", "train")


def test_musicbench_rows_of_audiosets_eval_stay_out_unless_told(tmp_path: Path) -> None:
    bench(tmp_path, BENCH | {"is_audioset_eval_mcaps": True}, PLAIN | {"is_audioset_eval_mcaps": False})
    assert [Path(one.path).name for one in parted(read("musicbench", tmp_path))[0]] == ["sUjAb0S_ppQ.wav"]
    (flagged,), _ = parted(read("musicbench", tmp_path, splits=("audioset_eval",)))
    assert (Path(flagged.path).name, flagged.split) == ("sUjAb0S_ppQ_12.wav", "test")


@pytest.mark.parametrize(
    ("row", "reason", "word"),
    [
        ("{", "malformed", "truncated"),
        (BENCH | {"bpm": "fast"}, "malformed", "float"),
        (BENCH | {"location": "../../etc/passwd"}, "malformed", "leaves the folder"),
        (BENCH | {"location": "/etc/passwd"}, "malformed", "leaves the folder"),
        (BENCH | {"location": "data/no id.wav"}, "malformed", "names no video"),
        (BENCH | {"location": "data/aaaaaaaaaaa.wav"}, "missing", "aaaaaaaaaaa"),
        ({"aug_caption": "the first revision"}, "malformed", "location"),
    ],
)
def test_broken_musicbench_row_costs_itself_alone(tmp_path: Path, row: object, reason: str, word: str) -> None:
    recordings, (failure,) = parted(read("musicbench", bench(tmp_path, PLAIN, row, BENCH)))
    assert (len(recordings), failure.reason) == (2, reason)
    assert word in failure.detail
    assert failure.subject.endswith("MusicBench_train.json:2")


# --- FMA --------------------------------------------------------------------------------------------------------------

TOP = ",album,artist,artist,artist,set,set,track,track,track,track,track\n"
SUB = ",title,bio,id,name,split,subset,genre_top,genres,genres_all,license,title\n"
THIRD = "track_id,,,,,,,,,,,\n"
FOOD = '2,A Way of Life,"<p>Two\nlines</p>",1,AWOL,training,small,Hip-Hop,[21],"[21]",CC BY-NC-SA,Food\n'
DEEP = '134,X,,7,Choir,training,medium,,"[103]","[103, 17, 38]",,Song\n'
HELD = "200,X,,8,Duo,test,small,Folk,[17],[17],CC BY,Reel\n"
GENRES = (
    "genre_id,#tracks,parent,title,top_level\n21,9,0,Hip-Hop,21\n17,3,0,Folk,17\n38,2,17,Old Folk,17\n"
    "103,1,38,Singing,17\n"
)
FMA = {
    "fma_metadata/tracks.csv": TOP + SUB + THIRD + FOOD + DEEP + HELD,
    "fma_metadata/genres.csv": GENRES,
    "fma_medium/000/000002.mp3": "",
    "fma_medium/000/000134.mp3": "",
    "fma_medium/000/000200.mp3": "",
}


def test_fma_track_has_its_own_licence_and_genres_from_the_broadest(tmp_path: Path) -> None:
    (food, deep), failures = parted(read("fma", write(tmp_path, FMA)))
    assert failures == []
    assert (food.licence, deep.licence) == ("CC BY-NC-SA", None)
    assert [(one.key, one.value) for one in food.facts.attributes] == [
        ("genre", "Hip-Hop"),
        ("title", "Food"),
        ("artist", "AWOL"),
    ]
    assert [one.value for one in deep.facts.attributes if one.key == "genre"] == ["Folk", "Old Folk", "Singing"]
    assert (food.source_id, food.group, food.split) == ("2", "fma:artist:1", "train")


def test_fma_small_leaves_out_tracks_of_larger_sizes_and_test_waits_to_be_asked_for(tmp_path: Path) -> None:
    files = {name.replace("fma_medium", "fma_small"): text for name, text in FMA.items()}
    write(tmp_path, files)
    assert [one.source_id for one in parted(read("fma", tmp_path))[0]] == ["2"]
    assert [one.source_id for one in parted(read("fma", tmp_path, splits=("test",)))[0]] == ["200"]


def test_fma_of_two_sizes_asks_which(tmp_path: Path) -> None:
    write(tmp_path, FMA | {"fma_small/000/000002.mp3": ""})
    with pytest.raises(SetupError, match="fma_small and fma_medium: set size"):
        read("fma", tmp_path)
    assert len(parted(read("fma", tmp_path, size="medium"))[0]) == 2


@pytest.mark.parametrize(
    ("row", "reason", "word"),
    [
        (FOOD.replace("[21]", "[5]"), "malformed", "no genre of genres.csv: 5"),
        (FOOD.replace('"[21]"', "__import__('os')"), "malformed", "JSON"),
        (FOOD.replace("2,A", "../x,A"), "malformed", "no track_id"),
        (FOOD.replace("training", "train"), "malformed", "no split"),
        (FOOD.replace("2,A", "3,A"), "missing", "000/000003.mp3"),
        ("2,short\n", "malformed", "2 cells"),
    ],
)
def test_broken_fma_row_costs_itself_alone(tmp_path: Path, row: str, reason: str, word: str) -> None:
    write(tmp_path, FMA | {"fma_metadata/tracks.csv": TOP + SUB + THIRD + DEEP + row + FOOD})
    recordings, (failure,) = parted(read("fma", tmp_path))
    assert (len(recordings), failure.reason) == (2, reason)
    assert word in failure.detail


def test_table_with_one_header_is_no_fma(tmp_path: Path) -> None:
    write(tmp_path, FMA | {"fma_metadata/tracks.csv": "track_id,title\n2,Food\n"})
    with pytest.raises(SetupError, match=r"no tracks.csv of FMA: it has no column set.split"):
        read("fma", tmp_path)


# --- Medley-solos-DB --------------------------------------------------------------------------------------------------

UUID = "d07b1fc0-567d-52c2-fef4-239f31c9d40e"
MEDLEY = (
    f"subset,instrument,instrument_id,song_id,uuid4\ntraining,flute,3,210,{UUID}\n"
    f"validation,violin,7,211,{UUID}\ntraining,piano,4,212,gone\n"
)


def floats() -> bytes:
    written = io.BytesIO()
    soundfile.write(written, np.zeros(131072, np.float32), 44100, format="WAV", subtype="FLOAT")
    return written.getvalue()


def test_medley_solos_are_found_and_their_floating_point_samples_decoded(tmp_path: Path) -> None:
    name = f"Medley-solos-DB_training-3_{UUID}.wav"
    write(tmp_path, {"annotation/Medley-solos-DB_metadata.csv": MEDLEY, f"audio/{name}": floats()})
    (flute,), (gone,) = parted(read("medley_solos_db", tmp_path))
    assert flute.facts.attributes == (Attribute(key="instruments", value="flute", origin="human"),)
    assert (flute.group, flute.split, flute.domains) == ("medley_solos_db:song:210", "train", ("music",))
    assert decoding.duration(Path(flute.path)) == pytest.approx(2.972, abs=0.001)
    assert (gone.reason, gone.subject.rpartition(":")[2]) == ("missing", "4")


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (f"training,flute,4,210,{UUID}", "instrument '4' is not 'flute'"),
        (f"training,kazoo,8,210,{UUID}", "instrument '8'"),
        (f"train,flute,3,210,{UUID}", "no subset"),
        ("training,flute,3,210,../../x", "leaves the folder"),
        ("training,flute,3,210,", "no uuid4"),
    ],
)
def test_broken_medley_row_costs_itself_alone(tmp_path: Path, row: str, word: str) -> None:
    table = MEDLEY.splitlines()[0] + f"\n{row}\n"
    write(tmp_path, {"Medley-solos-DB_metadata.csv": table})
    (failure,) = parted(read("medley_solos_db", tmp_path))[1]
    assert failure.reason == "malformed"
    assert word in failure.detail
