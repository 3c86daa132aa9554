"""Near-duplicates: copies of one recording become one clip with the facts of all and never straddle a split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_cogito.audio import Sounds
from audio_cogito.hearing.fingerprint import fingerprint
from audio_cogito.hearing.prints import Prints
from audio_cogito.ledger import Drop
from audio_cogito.stages import near
from audio_cogito.stages.near import Pair
from audio_cogito.stages.select import Settings, select
from audio_cogito.stages.table import Table
from audio_cogito.types import Clip, Facts, Statement
from made import make_clip
from test_fingerprint import heard, mp3
from tones import melody

HALVES = {"train": 0.5, "test": 0.5}


def clip(name: str, *, captions: Sequence[str] = (), seconds: float = 10.0, **changes: Any) -> Clip:
    facts = Facts(captions=tuple(Statement(text=text, origin="human") for text in captions))
    return make_clip(name, seconds, facts, licence="CC0-1.0", **changes)


def copies(one: Clip, other: Clip, **changes: Any) -> Pair:
    """That `one` and `other` are the same throughout, unless told."""
    given: dict[str, Any] = {"offset": 0.0, "common": 10.0, "rule": "print", "score": 0.99} | changes
    return Pair(one=one.id, other=other.id, **given)


def selected(
    folder: Path,
    clips: Iterable[tuple[Clip, int]],
    pairs: Sequence[Pair],
    targets: dict[int, int] | None = None,
    **given: Any,
) -> list[Clip | Drop]:
    table = Table(folder / "table.sqlite")
    for one, rank in clips:
        table.add(one, rank)
    entries = list(select(table, settings=Settings(**given), random_seed=0, targets=targets, copies=pairs))
    table.close()
    return entries


def kept(entries: Iterable[Clip | Drop]) -> dict[str, Clip]:
    return {entry.recording.path: entry for entry in entries if isinstance(entry, Clip)}


def found(folder: Path, clips: Iterable[Clip], prints: Prints) -> list[Pair]:
    table = Table(folder / "table.sqlite")
    for one in clips:
        table.add(one, 0)
    pairs = table.copies(prints)
    table.close()
    return pairs


@pytest.fixture
def prints(tmp_path: Path) -> Iterator[Prints]:
    made = Prints(tmp_path / "store", Sounds(tmp_path / "audio"))
    yield made
    made.close()


# --- who stays --------------------------------------------------------------------------------------------------------


def test_copy_of_the_first_source_stays_with_the_captions_of_all(tmp_path: Path) -> None:
    one, other = clip("b", captions=["A dog"]), clip("a", captions=["A dog", "Barking"])
    entries = selected(tmp_path, [(one, 0), (other, 1)], [copies(other, one)])
    (stays,) = kept(entries).values()
    assert stays.recording.path == "b.wav"
    assert [caption.text for caption in stays.recording.facts.captions] == ["A dog", "Barking"]
    assert [entry for entry in entries if isinstance(entry, Drop)] == [
        Drop(
            stage="select",
            subject="a.wav",
            reason="near_duplicate",
            detail="same recording as b.wav, by its fingerprint",
        )
    ]


def test_facts_of_equal_sounds_are_merged_too_unless_duplicates_are_kept(tmp_path: Path) -> None:
    one = clip("a", captions=["A dog"])
    other = msgspec.structs.replace(one, recording=clip("b", captions=["Barking"]).recording)
    (stays,) = kept(selected(tmp_path, [(one, 0), (other, 1)], [])).values()
    assert [caption.text for caption in stays.recording.facts.captions] == ["A dog", "Barking"]
    both = kept(selected(tmp_path, [(one, 0), (other, 1)], [], duplicates="keep"))
    assert [len(each.recording.facts.captions) for each in both.values()] == [1, 1]


@pytest.mark.parametrize("changes", [{"common": 8.5}, {"score": 0.96}, {"common": 3.0}])
def test_what_is_the_same_only_in_part_or_perhaps_is_kept_and_shares_a_split(
    tmp_path: Path, changes: dict[str, float]
) -> None:
    for number in range(20):
        one, other = clip(f"{number}"), clip(f"{number} too")
        both = kept(selected(tmp_path, [(one, 0), (other, 0)], [copies(one, other, **changes)], splits=HALVES))
        assert len(both) == 2
        assert len({each.split for each in both.values()}) == 1


def test_times_of_a_copy_that_begins_later_are_moved(tmp_path: Path) -> None:
    one = clip("a")
    facts = msgspec.convert({"events": [{"label": "bark", "start": 2, "end": 3, "origin": "human"}]}, Facts)
    other = make_clip("b", 10.0, facts)
    for pair in (copies(one, other, offset=-0.5), copies(other, one, offset=0.5)):
        (stays,) = kept(selected(tmp_path, [(one, 0), (other, 1)], [pair])).values()
        assert [(event.start, event.end) for event in stays.recording.facts.events] == [(2.5, 3.5)]


def test_chain_of_copies_keeps_each_one_that_is_no_copy_of_one_that_stays(tmp_path: Path) -> None:
    a, b, c = (clip(name) for name in "abc")
    entries = selected(tmp_path, [(a, 0), (b, 1), (c, 2)], [copies(a, b), copies(b, c)])
    assert set(kept(entries)) == {"a.wav", "c.wav"}
    assert len({each.split for each in kept(entries).values()}) == 1


def test_copy_counts_for_the_target_of_the_source_that_keeps_it(tmp_path: Path) -> None:
    pairs, clips = [], []
    for number in range(20):
        one, other = clip(f"{number}"), clip(f"{number} too")
        clips += [(one, 0), (other, 1)]
        pairs.append(copies(one, other))
    clips += [(clip(f"own {number}"), 1) for number in range(5)]
    stay = kept(selected(tmp_path, clips, pairs, targets={1: 5}))
    assert sum(path.startswith("own") for path in stay) == 5
    assert len(stay) == 25


NAMES = "abcdef"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranks=st.lists(st.integers(0, 2), min_size=6, max_size=6),
    groups=st.lists(st.sampled_from([None, "g", "h", "i"]), min_size=6, max_size=6),
    stated=st.lists(st.sampled_from([None, "train", "test"]), min_size=6, max_size=6),
    tied=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from([10.0, 5.0])), max_size=6),
    order=st.randoms(use_true_random=False),
)
def test_order_of_coming_changes_nothing_all_is_accounted_for_and_no_pair_straddles(
    tmp_path: Path, ranks: list[int], groups: list[Any], stated: list[Any], tied: Any, order: Any
) -> None:
    clips = [clip(n, group=g, split=s, captions=[n]) for n, g, s in zip(NAMES, groups, stated, strict=True)]
    pairs = [copies(clips[a], clips[b], common=common) for a, b, common in sorted(tied) if a != b]
    rows = list(zip(clips, ranks, strict=True))
    entries = selected(tmp_path, rows, pairs, splits=HALVES)
    shuffled, mixed = list(rows), list(pairs)
    order.shuffle(shuffled)
    order.shuffle(mixed)
    assert selected(
        tmp_path, shuffled, sorted(mixed, key=lambda p: (p.one, p.other, p.common)), splits=HALVES
    ) == selected(tmp_path, rows, sorted(pairs, key=lambda p: (p.one, p.other, p.common)), splits=HALVES)
    assert len(entries) == 6
    stay = {each.id: each for each in kept(entries).values()}
    assert {caption.text for each in stay.values() for caption in each.recording.facts.captions} == set(NAMES)
    for pair in pairs:
        assert len({stay[id].split for id in (pair.one, pair.other) if id in stay}) < 2


def test_more_data_moves_and_displaces_nothing_that_it_is_not_like(tmp_path: Path) -> None:
    def pairs(count: int) -> tuple[list[tuple[Clip, int]], list[Pair]]:
        rows = [(clip(f"{i}{kind}"), rank) for i in range(count) for rank, kind in enumerate(("", " too", " in part"))]
        same = [copies(rows[i][0], rows[i + 1][0]) for i in range(0, len(rows), 3)]
        return rows, same + [copies(rows[i][0], rows[i + 2][0], common=4.0) for i in range(0, len(rows), 3)]

    few = kept(selected(tmp_path, *pairs(30), splits=HALVES))
    many = kept(selected(tmp_path, *pairs(60), splits=HALVES))
    assert few.items() <= many.items()
    assert len(few) == 60


def test_recording_that_comes_later_and_ties_two_moves_few(tmp_path: Path) -> None:
    rows = [(clip(f"{i}"), 0) for i in range(300)]
    before = kept(selected(tmp_path, rows, [], splits={"train": 0.98, "test": 0.02}))
    late = [clip(f"late {i}") for i in range(300)]
    ties = [copies(one, rows[i][0], common=4.0) for i, one in enumerate(late)]
    after = kept(selected(tmp_path, [*rows, *((one, 1) for one in late)], ties, splits={"train": 0.98, "test": 0.02}))
    assert sum(after[path].split != each.split for path, each in before.items()) <= 12


# --- who is alike -----------------------------------------------------------------------------------------------------


def video(name: str, start: float | None, id: str = "abcdefghijk", **changes: Any) -> Clip:
    return clip(name, source_id=id, source_time=start, group=f"youtube:{id}", seconds=2.0, **changes)


def test_same_part_of_the_same_video_is_told_without_any_sound(tmp_path: Path, prints: Prints) -> None:
    clips = [
        video("audioset", 30.0, captions=["Dog"]),
        video("audiocaps", 30.1, captions=["A dog barks"]),
        video("a second on", 31.0),
        video("another video", 30.0, "bbbbbbbbbbb"),
        video("no time", None),
    ]
    (pair,) = found(tmp_path, clips, prints)
    assert {pair.one, pair.other} == {clips[0].id, clips[1].id}
    assert (pair.common, pair.rule) == (1.9, "video")
    assert abs(pair.offset) == 0.1
    entries = selected(tmp_path, [(clips[0], 0), (clips[1], 1)], [pair])
    assert [text.text for text in kept(entries)["audioset.wav"].recording.facts.captions] == ["Dog", "A dog barks"]
    assert "the same part of the same video" in next(entry.detail for entry in entries if isinstance(entry, Drop))


def sounding(number: int, prints: Prints, seconds: float = 8.0, start: int = 0, *, lossy: bool = False) -> Clip:
    wave = melody(seconds, number)[start:]
    one = clip(f"{number} {start} {lossy}", seconds=len(wave) / 16_000)
    prints.put(one.id, fingerprint(heard(mp3(wave) if lossy else wave)))
    return one


def test_copies_are_told_by_their_prints_in_any_order_and_across_blocks(
    tmp_path: Path, prints: Prints, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [
        sounding(number, prints, start=start, lossy=lossy)
        for number in range(6)
        for start, lossy in ((0, False), (0, True), (32_000, False))
    ]
    pairs = found(tmp_path, clips, prints)
    names = {one.id: one.recording.path.split() for one in clips}
    assert len(pairs) == 18
    assert all(names[pair.one][0] == names[pair.other][0] for pair in pairs)
    assert all(
        pair.offset == pytest.approx((int(names[pair.one][1]) - int(names[pair.other][1])) / 16_000, abs=0.05)
        for pair in pairs
    )
    monkeypatch.setattr(near, "BLOCK", 4)
    fresh = Prints(tmp_path / "fresh", Sounds(tmp_path / "audio"))
    for id, print in prints.of([one.id for one in clips]):
        fresh.put(id, print)
    assert found(tmp_path, reversed(clips), fresh) == pairs
    fresh.close()


def test_same_clips_again_read_no_print_and_one_more_clip_does(
    tmp_path: Path, prints: Prints, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = [sounding(1, prints), sounding(1, prints, lossy=True), clip("short", seconds=2.0)]
    pairs = found(tmp_path, clips, prints)
    assert len(pairs) == 1

    def refuse(*_: Any) -> None:
        raise AssertionError("prints were read")

    monkeypatch.setattr(Prints, "of", refuse)
    assert found(tmp_path, reversed(clips), prints) == pairs
    assert found(tmp_path, [*clips, clip("short too", seconds=1.0)], prints) == pairs
    with pytest.raises(AssertionError, match="were read"):
        found(tmp_path, [*clips, sounding(2, prints)], prints)
