"""Balance: shares and numbers of each source, domain and label, by the hash of each clip alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audio_cogito.cleaning.balance import Settings as Balance
from audio_cogito.cleaning.contamination import Contamination
from audio_cogito.cleaning.known import Known
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Drop
from audio_cogito.stages.select import Settings, select
from audio_cogito.stages.table import Table
from audio_cogito.types import Clip, Facts, Statement
from made import make_clip
from road import build, cogito_here, sums_hold, write_recipe, write_tones

NOWHERE = "http://127.0.0.1:9/v1"


def clip(name: str, *labels: str, source: str = "made", domains: tuple[str, ...] = ("sound",)) -> Clip:
    facts = Facts(labels=tuple(Statement(text=label, origin="human") for label in labels))
    made = make_clip(name, facts=facts, domains=domains)
    return msgspec.structs.replace(made, recording=msgspec.structs.replace(made.recording, source=source))


def many(count: int, *labels: str, name: str = "", **given: Any) -> list[Clip]:
    return [clip(f"{name}{'+'.join(labels)}{i}", *labels, **given) for i in range(count)]


def balanced(
    folder: Path, clips: Iterable[Clip], balance: Balance, *, random_seed: int = 0, exam: Contamination | None = None
) -> tuple[list[Clip], list[Drop]]:
    table = Table(folder / "table.sqlite", exam)
    for one in clips:
        table.add(one, 0)
    entries = list(select(table, settings=Settings(balance=balance), random_seed=random_seed))
    table.close()
    return [e for e in entries if isinstance(e, Clip)], [e for e in entries if isinstance(e, Drop)]


def ids(folder: Path, clips: Iterable[Clip], balance: Balance, **given: Any) -> set[str]:
    return {one.id for one in balanced(folder, clips, balance, **given)[0]}


def labels_in(clips: Iterable[Clip]) -> Counter[str]:
    return Counter(label.text for one in clips for label in one.recording.facts.labels)


# --- shares -----------------------------------------------------------------------------------------------------------


def test_share_of_a_source_is_kept_and_the_others_whole(tmp_path: Path) -> None:
    clips = [*many(2000, name="a", source="a"), *many(50, name="b", source="b")]
    kept, dropped = balanced(tmp_path, clips, Balance(sources={"a": 0.25}))
    counts = Counter(one.recording.source for one in kept)
    assert counts["b"] == 50
    assert 420 <= counts["a"] <= 580, "four standard deviations about 500"
    assert {(drop.reason, drop.detail) for drop in dropped} == {
        ("over_target", "the source a has enough clips without it")
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rates=st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted), kind=st.sampled_from(["domain", "label"]))
def test_raising_a_share_only_adds(tmp_path: Path, rates: list[float], kind: str) -> None:
    clips = many(60, "dog")
    low, high = (
        ids(tmp_path, clips, Balance(domains={"sound": rate}) if kind == "domain" else Balance(labels={"dog": rate}))
        for rate in rates
    )
    assert low <= high


def test_raising_a_number_only_adds(tmp_path: Path) -> None:
    clips = many(60, "dog")
    low, high = (ids(tmp_path, clips, Balance(labels={"dog": number})) for number in (10, 25))
    assert (len(low), len(high)) == (10, 25)
    assert low < high


def test_data_that_is_added_moves_no_clip_under_a_share(tmp_path: Path) -> None:
    clips, more = many(100), many(300, name="more")
    share = Balance(domains={"sound": 0.5})
    assert ids(tmp_path, [*clips, *more], share) & {one.id for one in clips} == ids(tmp_path, clips, share)


def test_random_seed_decides_which_and_nothing_else_does(tmp_path: Path) -> None:
    clips, half = many(100), Balance(domains={"sound": 50})
    first = ids(tmp_path, clips, half)
    assert ids(tmp_path, reversed(clips), half) == first
    assert ids(tmp_path, clips, half, random_seed=1) != first


def test_all_and_none_are_shares(tmp_path: Path) -> None:
    clips = many(40)
    assert len(ids(tmp_path, clips, Balance(sources={"made": 1.0}))) == 40
    assert len(ids(tmp_path, clips, Balance(sources={"made": 0.0}))) == 0


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_number_of_a_domain_is_of_what_the_source_leaves(tmp_path: Path) -> None:
    clips = [*many(400, name="a", source="a"), *many(400, name="b", source="b")]
    kept, _ = balanced(tmp_path, clips, Balance(sources={"a": 0.1}, domains={"sound": 200}))
    counts = Counter(one.recording.source for one in kept)
    assert counts.total() == 200
    assert 0 < counts["a"] <= 60


def test_clip_of_two_domains_is_of_both_together(tmp_path: Path) -> None:
    clips = [*many(30), *many(30, name="x", domains=("sound", "speech")), *many(5, name="n", domains=())]
    kept, _ = balanced(tmp_path, clips, Balance(domains={"sound": 3, "sound+speech": 7, "unknown": 2}))
    assert Counter("+".join(one.recording.domains) for one in kept) == {"sound": 3, "sound+speech": 7, "": 2}


def test_number_that_is_not_reached_drops_nothing(tmp_path: Path) -> None:
    assert not balanced(tmp_path, many(9), Balance(domains={"sound": 10}))[1]


def test_duplicates_and_what_is_a_benchmarks_do_not_count(tmp_path: Path) -> None:
    clips = many(20)
    exam = Contamination([Known(benchmark="exam", sounds=("q",))])
    for one in clips[:8]:
        exam.hear("exam", one)
    kept, dropped = balanced(tmp_path, [*clips, *clips], Balance(domains={"sound": 10}), exam=exam)
    assert len(kept) == 10
    assert Counter(drop.reason for drop in dropped) == {"benchmark_sound": 16, "duplicate": 12, "over_target": 2}
    assert {one.benchmark: one.removed for one in exam.looked() if one.rule == "sound"} == {"exam": 16}


# --- labels -----------------------------------------------------------------------------------------------------------


def test_clip_of_two_named_labels_must_pass_both(tmp_path: Path) -> None:
    clips = [*many(50, "dog"), *many(50, "dog", "rain")]
    kept, dropped = balanced(tmp_path, clips, Balance(labels={"rain": 0}))
    assert labels_in(kept) == {"dog": 50}
    assert {drop.detail for drop in dropped} == {"the label rain has enough clips without it"}


def test_cap_cuts_frequent_labels_and_leaves_the_long_tail_whole(tmp_path: Path) -> None:
    clips = [*many(500, "speech"), *many(200, "dog"), *many(3, "zither"), *many(4, "speech", "lathe"), *many(6)]
    kept, _ = balanced(tmp_path, clips, Balance(label_cap=50))
    counts = labels_in(kept)
    assert (counts["dog"], counts["zither"], counts["lathe"]) == (50, 3, 4)
    assert 50 <= counts["speech"] <= 54, "four stand beside a rare label"
    assert sum(not one.recording.facts.labels for one in kept) == 6


def test_named_label_is_not_capped(tmp_path: Path) -> None:
    clips = [*many(300, "speech"), *many(300, "dog")]
    kept, _ = balanced(tmp_path, clips, Balance(labels={"speech": 120}, label_cap=50))
    assert labels_in(kept) == {"speech": 120, "dog": 50}


def test_what_is_said_of_the_whole_is_no_label_of_a_part(tmp_path: Path) -> None:
    whole = Facts(labels=(Statement(text="dog", origin="human", whole=True),))
    clips = [make_clip(f"{i}", facts=whole) for i in range(20)]
    assert len(balanced(tmp_path, clips, Balance(labels={"dog": 0}))[0]) == 20


# --- mixes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mix", "kept"), [({"a": 3, "b": 1}, (90, 30)), ({"a": 1, "b": 9}, (3, 30)), ({"b": 1}, (300, 30))]
)
def test_mix_keeps_as_many_as_the_scarcest_allows(tmp_path: Path, mix: dict[str, float], kept: tuple[int, int]) -> None:
    clips = [*many(300, name="a", source="a"), *many(30, name="b", source="b")]
    counts = Counter(one.recording.source for one in balanced(tmp_path, clips, Balance(source_mix=mix))[0])
    assert (counts["a"], counts["b"]) == kept


def test_mix_of_domains_is_of_what_the_sources_leave(tmp_path: Path) -> None:
    clips = [*many(100), *many(100, name="m", domains=("music",), source="m")]
    kept, _ = balanced(tmp_path, clips, Balance(sources={"m": 0.2}, domain_mix={"sound": 1, "music": 1}))
    counts = Counter(one.recording.domains for one in kept)
    assert counts["sound",] == counts["music",] <= 35


def test_mix_with_a_domain_that_is_not_there_is_refused_and_not_empty(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="domain_mix names 'music', of which there is no clip"):
        balanced(tmp_path, many(5), Balance(domain_mix={"sound": 1, "music": 1}))


# --- on the road ------------------------------------------------------------------------------------------------------


async def test_balance_stands_in_the_funnel_and_the_sums_hold(tmp_path: Path) -> None:
    write_tones(tmp_path / "recordings", 12)
    recipe = write_recipe(
        tmp_path, NOWHERE, select={"balance": {"domains": {"unknown": 5}, "sources": {"folder": 0.9}, "label_cap": 3}}
    )
    record = await build(recipe, only="collect")
    assert record.stages["select"].kept <= 5
    assert record.stages["select"].reasons == {"over_target": 12 - record.stages["select"].kept}
    assert sums_hold(record)


@pytest.mark.parametrize(
    ("balance", "said"),
    [
        ({"sources": {"folder": 2}}, "<= 1.0 - at `select.balance.sources"),
        ({"sources": {"foldr": 0.5}}, "select.balance.sources names 'foldr'; the sources are folder"),
        ({"domains": {"sond": 5}}, "names the domain 'sond'; there are sound, speech, music, unknown"),
        ({"domains": {"sound": -1}}, ">= 0 - at `select.balance.domains"),
        ({"sources": {"folder": 0.5}, "source_mix": {"folder": 1}}, "names 'folder' by itself and in source_mix"),
        ({"label_cpa": 3}, "did you mean label_cap?"),
    ],
)
def test_wrong_balance_is_one_line_before_anything_is_read(tmp_path: Path, balance: dict[str, Any], said: str) -> None:
    write_tones(tmp_path / "recordings", 1)
    refused = cogito_here("build", str(write_recipe(tmp_path, NOWHERE, select={"balance": balance})))
    assert refused.returncode == 2
    assert said in " ".join(refused.stderr.split())
