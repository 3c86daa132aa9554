"""The exact rule: which videos a benchmark hears, and when."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audio_cogito.cleaning import videos
from audio_cogito.cleaning.contamination import Contamination, Hit
from audio_cogito.cleaning.known import Known, known
from audio_cogito.cleaning.videos import digest, names, of_rows, of_table
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import audioset
from audio_cogito.types import Recording
from benchmark_rows import shared
from made import make_clip

VIDEO = "abcDEF_-012"
WATCH = f"https://www.youtube.com/watch?v={VIDEO}&list=RD{VIDEO}x&start_radio=1"


def row(url: str = WATCH, timestamp: str = "00:01:00,00:01:10", id: str = "x") -> dict[str, Any]:
    return {"id": id, "url": url, "timestamp": timestamp}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (WATCH, f"youtube:{VIDEO}"),
        (f"https://youtu.be/{VIDEO}?si=a", f"youtube:{VIDEO}"),
        (f"https://youtube.com/shorts/{VIDEO}", f"youtube:{VIDEO}"),
        ("https://www.bilibili.com/video/BV1wv4y1f7Mh/?spm_id_from=333&vd_source=04", "bilibili:BV1wv4y1f7Mh"),
    ],
)
def test_address_names_its_video(url: str, name: str) -> None:
    assert of_rows([row(url)]) == {digest(name): ((60.0, 70.0),)}


@pytest.mark.parametrize(
    ("times", "heard"),
    [
        ("00:00:09,01:00:00", ((9.0, 3600.0),)),
        ("1:51,2:01;3:14,3:24", ((111.0, 121.0), (194.0, 204.0))),
        ("2:00,1:00", ()),
        ("soon", ()),
        ("", ()),
    ],
)
def test_times_are_seconds_and_what_cannot_be_read_is_no_time(times: str, heard: videos.Heard) -> None:
    assert of_rows([row(timestamp=times)]) == {digest(f"youtube:{VIDEO}"): heard}


def test_item_of_two_videos_has_a_line_of_times_for_each() -> None:
    two = row(f"https://youtu.be/{VIDEO}\nhttps://www.bilibili.com/video/BV1eg411q7iS", "0:30,0:52\n0:00,0:10")
    assert of_rows([two]) == {
        digest(f"youtube:{VIDEO}"): ((30.0, 52.0),),
        digest("bilibili:BV1eg411q7iS"): ((0.0, 10.0),),
    }


def test_shortened_address_is_told_by_the_id_of_its_item() -> None:
    short = row("https://b23.tv/NX5zZbs\n", id="BV1xX4y1y721_00-01-00_00-01-10")
    assert of_rows([short]) == {digest("bilibili:BV1xX4y1y721"): ((60.0, 70.0),)}


def test_same_video_in_several_items_keeps_all_times() -> None:
    found = of_rows([row(), row(timestamp="0:00,0:05"), row()])
    assert found == {digest(f"youtube:{VIDEO}"): ((0.0, 5.0), (60.0, 70.0))}


def test_table_is_written_and_read_alike() -> None:
    found = of_rows([row(), row("https://youtu.be/0123456789a", "soon")])
    assert videos.loads("# a note\n" + videos.dumps(found)) == found


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (f"audiocap_id,youtube_id,start_time,caption\n1,{VIDEO},30,a dog\n", 30.0),
        (
            f'# Segments csv\n# YTID, start_seconds, end_seconds, positive_labels\n{VIDEO}, 30.000, 40.000, "/m/x"\n',
            30.0,
        ),
    ],
)
def test_tables_of_audiocaps_and_audioset_name_videos(tmp_path: Path, text: str, start: float) -> None:
    (tmp_path / "test.csv").write_text(text)
    assert of_table(tmp_path / "test.csv") == {digest(f"youtube:{VIDEO}"): ((start, start + 10.0),)}


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", f"youtube_id,start_time\n{VIDEO},soon\n", "\0\0\0"])
def test_table_without_videos_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "test.csv").write_text(text)
    with pytest.raises(SetupError, match=r"test\.csv"):
        of_table(tmp_path / "test.csv")


@pytest.mark.parametrize(
    "given",
    [
        {"path": "a.wav", "group": f"youtube:{VIDEO}"},
        {"path": "a.wav", "source_id": VIDEO},
        {"path": f"x/{VIDEO}.wav"},
        {"path": f"x/Y{VIDEO}.wav"},
        {"path": f"x/{VIDEO}_30.000_40.000.flac"},
        {"path": "x.tar", "member": f"in/{VIDEO}_30.wav"},
    ],
)
def test_video_of_a_recording_is_told_by_group_by_id_and_by_name(given: dict[str, str]) -> None:
    assert f"youtube:{VIDEO}" in set(names(Recording(source="made", **given)))


def test_video_of_a_benchmarks_own_file_is_told_by_its_name() -> None:
    made = Recording(source="made", path="audio/BV1wv4y1f7Mh_00-01-51_00-02-01.wav")
    assert "bilibili:BV1wv4y1f7Mh" in set(names(made))


# --- the rule ---------------------------------------------------------------------------------------------------------


def hit(seconds: float = 10.0, other_times: bool = True, **recording: Any) -> Hit | None:
    heard = Known(benchmark="exam", videos=of_rows([row()]))
    clip = make_clip("a", seconds=seconds, **{"group": f"youtube:{VIDEO}"} | recording)
    return Contamination([heard], other_times=other_times).of_clip(clip)


def test_same_time_of_the_video_is_an_overlap_and_says_both_times() -> None:
    found = hit(source_time=65.0)
    assert found is not None
    assert (found.rule, found.benchmark) == ("video", "exam")
    assert found.detail == f"exam hears 60 to 70 s of youtube:{VIDEO}; this is 65 to 75 s, the same time"


@pytest.mark.parametrize("start", [50.0, 70.0, 300.0])
def test_other_time_of_the_video_is_an_overlap_unless_it_may_stay(start: float) -> None:
    found = hit(source_time=start)
    assert found is not None
    assert found.detail.endswith("another time")
    assert hit(source_time=start, other_times=False) is None


def test_clip_without_a_time_may_be_the_same_and_goes() -> None:
    assert hit(other_times=False) is not None


def test_other_video_is_no_overlap() -> None:
    assert hit(group="youtube:ZZZZZZZZZZZ", source_time=60.0) is None


# --- the real files ---------------------------------------------------------------------------------------------------


def test_shipped_table_is_what_the_published_metadata_say() -> None:
    rows = [json.loads(line) for line in shared("mmar/MMAR-meta.jsonl").read_text("utf-8").splitlines()]
    assert len({found[1] for one in rows if (found := videos.ADDRESSES[0][1].search(one["url"]))}) == 560
    assert dict(videos.shipped("mmar")) == of_rows(rows)
    assert all(videos.shipped("mmar").values()), "every one has its times"


def test_two_clips_of_audiosets_small_splits_are_found_in_mmar_and_no_other() -> None:
    contamination, found = Contamination(known(())), dict[str, str]()
    files = ("audioset_balanced_train_segments.csv", "audioset_eval_segments.csv")
    segments = [one for file in files for _, one in audioset.segments(shared(f"sources/{file}"))]
    assert len(segments) == 22_160 + 20_371
    for segment in segments:
        assert not isinstance(segment, Failure)
        clip = make_clip("a", segment.end - segment.start, group=f"youtube:{segment.video}", source_time=segment.start)
        if of_clip := contamination.of_clip(clip):
            found[segment.video] = of_clip.detail
    assert found == {
        "5hyI_dM5cGo": "mmar hears 342 to 372 s of youtube:5hyI_dM5cGo; this is 30 to 40 s, another time",
        "a3RfULw7aAY": "mmar hears 0 to 9 s of youtube:a3RfULw7aAY; this is 0 to 10 s, the same time",
    }


def test_audiocaps_has_none_of_mmars_videos() -> None:
    for file in ("audiocaps_v1_test.csv", "audiocaps_v2_val.csv"):
        assert not set(of_table(shared(f"sources/{file}"))) & set(videos.shipped("mmar"))
