"""AudioSet-strong: events with their times, named by the table that knows all classes."""

from __future__ import annotations

from pathlib import Path

from audio_cogito.types import Event
from lying import parted, read, texts, write

HEAD = "segment_id\tstart_time_seconds\tend_time_seconds\tlabel\n"
EVENTS = (
    "YxlGt805lTA_30000\t2.627\t7.237\t/m/09x0r\nother_id-_x_0\t0.000\t1.5\t/g/11b630rrvh\n"
    "YxlGt805lTA_30000\t0.100\t0.200\t/g/11b630rrvh\n"
)
FILES = {
    "audioset_train_strong.tsv": HEAD + EVENTS,
    "mid_to_display_name.tsv": "/g/11b630rrvh\tKettle whistle\n/m/09x0r\tSpeech\n",
    "class_labels_indices.csv": 'index,mid,display_name\n0,/m/09x0r,"Another word for it"\n',
}


def test_events_of_a_clip_come_together_in_time(tmp_path: Path) -> None:
    write(tmp_path, FILES | {"YxlGt805lTA_30000.flac": ""})
    (recording,), (gone,) = parted(read("audioset_strong", tmp_path))
    assert recording.facts.events == (
        Event(label="Kettle whistle", start=0.1, end=0.2, origin="human"),
        Event(label="Speech", start=2.627, end=7.237, origin="human"),
    )
    assert texts(recording.facts.labels) == ["Speech", "Kettle whistle"]
    assert (recording.source_id, recording.source_time, recording.split) == ("YxlGt805lTA", 30.0, "train")
    assert (gone.reason, gone.detail) == ("missing", "there is no sound of other_id-_x")


def test_broken_events_cost_themselves_and_not_their_clip(tmp_path: Path) -> None:
    broken = (
        "YxlGt805lTA_30000\t5\t4\t/m/09x0r\nYxlGt805lTA_30000\t5\tnan\t/m/09x0r\nYxlGt805lTA\t1\t2\t/m/09x0r\n"
        "YxlGt805lTA_30000\t1\t2\t/m/unheard\nYxlGt805lTA_30000\t1\n"
    )
    write(tmp_path, FILES | {"audioset_train_strong.tsv": HEAD + EVENTS + broken, "YxlGt805lTA.wav": ""})
    (recording,), failures = parted(read("audioset_strong", tmp_path))
    assert len(recording.facts.events) == 2
    assert [failure.reason for failure in failures] == ["malformed"] * 5 + ["missing"]


def test_framewise_table_is_not_taken_for_events(tmp_path: Path) -> None:
    files = {
        "audioset_eval_strong.tsv": HEAD + EVENTS,
        "audioset_eval_strong_framed_posneg.tsv": "segment_id\tpresent\n",
    }
    write(tmp_path, FILES | files | {"YxlGt805lTA.wav": ""})
    (recording,), _ = parted(read("audioset_strong", tmp_path, splits=("eval",)))
    assert recording.split == "test"
