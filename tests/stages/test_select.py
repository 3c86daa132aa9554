"""Select: one of equal sounds stays, and what belongs together is never torn apart by a split."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_cogito.cleaning.contamination import Contamination
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop
from audio_cogito.stages.select import Settings, select
from audio_cogito.stages.splits import split_of
from audio_cogito.stages.table import Table, scratch
from audio_cogito.types import Clip
from made import make_clip

HALVES = {"train": 0.5, "test": 0.5}


def clip(sound: str, path: str | None = None, **changes: Any) -> Clip:
    """A clip of a sound, from the file at `path`."""
    made = make_clip(sound, **changes)
    return msgspec.structs.replace(made, recording=msgspec.structs.replace(made.recording, path=path or f"{sound}.wav"))


def selected(
    folder: Path, clips: Iterable[tuple[Clip, int]], *, random_seed: int = 0, **given: Any
) -> list[Clip | Drop]:
    table = Table(folder / "table.sqlite")
    for one, rank in clips:
        table.add(one, rank)
    entries = list(select(table, settings=Settings(**given), random_seed=random_seed))
    table.close()
    return entries


def kept(entries: Iterable[Clip | Drop]) -> list[Clip]:
    return [entry for entry in entries if isinstance(entry, Clip)]


def splits(folder: Path, *clips: Clip, **given: Any) -> dict[str, str]:
    return {one.recording.path: one.split for one in kept(selected(folder, [(c, 0) for c in clips], **given))}


# --- duplicates -------------------------------------------------------------------------------------------------------


def test_clips_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    entries = selected(tmp_path, [(clip(f"{i}"), 0) for i in range(50)])
    ids = [one.id for one in kept(entries)]
    assert len(ids) == len(entries) == 50
    assert ids == sorted(ids)


def test_duplicate_of_the_later_source_or_place_goes_and_says_which_stays(tmp_path: Path) -> None:
    same = [(clip("x", "b.wav"), 1), (clip("x", "a.wav"), 2), (clip("x", "z.wav"), 0), (clip("x", "y.wav"), 0)]
    first, *rest = selected(tmp_path, same)
    assert isinstance(first, Clip)
    assert first.recording.path == "y.wav"
    assert rest == [
        Drop(stage="select", subject=subject, reason="duplicate", detail="same sound as y.wav")
        for subject in ("z.wav", "b.wav", "a.wav")
    ]


def test_one_place_listed_twice_with_other_facts_keeps_the_same_clip_in_either_order(tmp_path: Path) -> None:
    twice = [(clip("x", licence="MIT"), 0), (clip("x", licence="CC0-1.0"), 0)]
    assert kept(selected(tmp_path, twice)) == kept(selected(tmp_path, reversed(twice)))


CLIPS = st.lists(
    st.tuples(
        st.builds(
            clip,
            st.sampled_from("abcd"),
            st.sampled_from(["1.wav", "2.wav", "3.wav"]),
            group=st.sampled_from([None, "g", "h"]),
            split=st.sampled_from([None, "train", "dev", "test", "extra"]),
        ),
        st.integers(0, 2),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clips=CLIPS, order=st.randoms(use_true_random=False))
def test_order_of_coming_changes_nothing_and_everything_is_accounted_for(
    tmp_path: Path, clips: list[tuple[Clip, int]], order: Any
) -> None:
    entries = selected(tmp_path, clips, splits=HALVES)
    shuffled = list(clips)
    order.shuffle(shuffled)
    assert selected(tmp_path, shuffled, splits=HALVES) == entries
    assert len(entries) == len(clips)
    assert len({one.id for one in kept(entries)}) == len(kept(entries)) == len({one.id for one, _ in clips})
    by_group = {(one.recording.group, one.split) for one in kept(entries) if one.recording.group}
    assert len(by_group) == len({group for group, _ in by_group})


# --- splits -----------------------------------------------------------------------------------------------------------


def test_group_shares_a_split_and_a_clip_without_group_stands_alone(tmp_path: Path) -> None:
    grouped = splits(tmp_path, *(clip(f"{i}", group=f"youtube:{i % 40}") for i in range(200)), splits=HALVES)
    found = {i % 40: grouped[f"{i}.wav"] for i in range(200)}
    assert all(grouped[f"{i}.wav"] == found[i % 40] for i in range(200))
    assert set(found.values()) == {"train", "test"}
    alone = splits(tmp_path, *(clip(f"{i}") for i in range(200)), splits=HALVES)
    assert set(alone.values()) == {"train", "test"}


def test_group_holds_across_sources(tmp_path: Path) -> None:
    clips = [(clip(f"{i}.{rank}", group=f"youtube:{i}"), rank) for i in range(40) for rank in range(2)]
    found = {one.recording.path: one.split for one in kept(selected(tmp_path, clips, splits=HALVES))}
    assert all(found[f"{i}.0.wav"] == found[f"{i}.1.wav"] for i in range(40))


@pytest.mark.parametrize("stated", ["train", "dev", "test", "test-clean"])
def test_split_that_the_source_states_is_kept_for_the_whole_group(tmp_path: Path, stated: str) -> None:
    found = splits(tmp_path, clip("a", group="g", split=stated), clip("b", group="g"), clip("c", split=stated))
    assert set(found.values()) == {stated}


@pytest.mark.parametrize(
    ("stated", "wins"),
    [
        (("train", "dev"), "dev"),
        (("train", "test", "dev"), "test"),
        (("train", "validation"), "validation"),
        (("validation", "dev"), "dev"),
    ],
)
def test_most_protective_split_wins_in_a_group(tmp_path: Path, stated: tuple[str, ...], wins: str) -> None:
    for order in (stated, tuple(reversed(stated))):
        found = splits(tmp_path, *(clip(split, group="g", split=split) for split in order), clip("none", group="g"))
        assert set(found.values()) == {wins}


def test_duplicate_that_goes_still_protects_its_sound(tmp_path: Path) -> None:
    same = [(clip("x", "a.wav", split="train"), 0), (clip("x", "b.wav", split="test"), 1)]
    (one,) = kept(selected(tmp_path, same))
    assert (one.recording.path, one.split) == ("a.wav", "test")


def test_group_named_like_a_clip_is_not_that_clip(tmp_path: Path) -> None:
    a = clip("a")
    found = splits(tmp_path, a, clip("b", group=f"clip:{a.id}", split="test"), splits={"train": 1.0})
    assert found == {"a.wav": "train", "b.wav": "test"}


def test_more_data_moves_nothing(tmp_path: Path) -> None:
    few = splits(tmp_path, *(clip(f"{i}", group=f"{i % 70}") for i in range(200)), splits=HALVES)
    many = splits(tmp_path, *(clip(f"{i}", group=f"{i % 70}") for i in reversed(range(400))), splits=HALVES)
    assert few.items() <= many.items()


def test_shares_are_met_and_the_random_seed_deals_anew() -> None:
    shares = {"train": 0.8, "dev": 0.15, "test": 0.05}
    dealt = [split_of(f"clip:{i}", shares, 0) for i in range(20_000)]
    counts = Counter(dealt)
    for name, share in shares.items():
        assert counts[name] / 20_000 == pytest.approx(share, abs=0.01)
    assert dealt != [split_of(f"clip:{i}", shares, 1) for i in range(20_000)]


@pytest.mark.parametrize("shares", [{}, {"train": 0.9}, {"train": 1.2, "dev": -0.2}, {"train": 0.9, "dev": 0.2}])
def test_shares_that_do_not_sum_to_one_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(msgspec.ValidationError, match="must sum to 1"):
        msgspec.convert({"splits": shares}, Settings)


# --- the table --------------------------------------------------------------------------------------------------------


def test_table_is_made_anew_and_goes_when_closed(tmp_path: Path) -> None:
    path = tmp_path / "run/table.sqlite"
    left = Table(path)
    left.add(clip("old"), 0)
    left.flush()
    table = Table(path)
    table.add(clip("new"), 0)
    (one,) = select(table, settings=Settings(), random_seed=0)
    assert isinstance(one, Clip)
    assert one.recording.path == "new.wav"
    table.close()
    assert not path.exists()
    left.db.close()


def test_empty_table_yields_nothing(tmp_path: Path) -> None:
    assert selected(tmp_path, []) == []


def test_clip_comes_out_as_it_went_in_but_for_its_split(tmp_path: Path) -> None:
    went = clip("x", "two\nlines ☼.wav", group="g", source_id="Q1", licence="MIT", split="dev", domains=("speech",))
    assert selected(tmp_path, [(went, 0)]) == [msgspec.structs.replace(went, split="dev")]


def test_clips_are_handed_out_one_by_one(tmp_path: Path) -> None:
    table = Table(tmp_path / "table.sqlite")
    for i in range(50):
        table.add(clip(f"{i}"), 0)
    entries = select(table, settings=Settings(), random_seed=0)
    assert isinstance(entries, Iterator)
    next(entries)
    assert len(list(entries)) == 49
    table.close()


def test_disk_that_is_full_at_any_step_is_a_setup_error_and_no_clips_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, room = sqlite3.connect, 0

    class Filling(sqlite3.Connection):
        def _take(self) -> None:
            nonlocal room
            room -= 1
            if room < 0:
                raise sqlite3.OperationalError("database or disk is full")

        def execute(self, *statement: Any) -> sqlite3.Cursor:
            self._take()
            return super().execute(*statement)

        def executemany(self, *statement: Any) -> sqlite3.Cursor:
            self._take()
            return super().executemany(*statement)

    def walked() -> list[Clip | Drop]:
        with scratch(tmp_path / "table.sqlite", Contamination(())) as table:
            table.add(clip("a"), 0)
            table.flush()
            return list(select(table, settings=Settings(), random_seed=0))

    monkeypatch.setattr(sqlite3, "connect", partial(real, factory=Filling))
    for steps in range(15):
        room = steps
        with pytest.raises(SetupError, match=r"table\.sqlite cannot be written: database or disk is full"):
            walked()
    room = 100
    assert len(walked()) == 1


def test_disk_that_is_full_while_a_clip_is_added_is_no_fault_of_the_clip(tmp_path: Path) -> None:
    """In a stage any other error than a SetupError would be called a crash over that clip."""
    table = Table(tmp_path / "table.sqlite")
    table.db.execute("DROP TABLE clips")
    table.add(clip("a"), 0)
    with pytest.raises(SetupError, match=r"table\.sqlite cannot be written"):
        table.flush()
