"""Intervals that hold what they promise: the true value lies in 95 of 100, clusters and strata counted."""

from __future__ import annotations

import random

import pytest

from audio_cogito.spending.estimates import Stratum, ratio, share, total, wilson


def test_none_of_two_hundred_is_no_certainty() -> None:
    found = share([Stratum(population=10_000, sample=200, values=[(0, 1)] * 200)])
    assert found is not None
    assert found.value == 0.0
    assert found.low == pytest.approx(0.0, abs=1e-12)
    assert found.high == pytest.approx(0.0188, abs=2e-4)


def test_wilson_is_as_printed_in_textbooks() -> None:
    found = wilson(0.5, 10)
    assert (found.low, found.high) == (pytest.approx(0.2366, abs=1e-3), pytest.approx(0.7634, abs=1e-3))


def test_whole_that_was_seen_has_no_interval() -> None:
    found = total([Stratum(population=3, sample=3, values=[(5, 1), (7, 1)])])
    assert (found.low, found.value, found.high) == (12, 12, 12)


def test_total_is_never_less_than_what_was_seen() -> None:
    found = total([Stratum(population=100, sample=10, values=[(1000, 1)])])
    assert found.value == 10_000
    all_but_one = total([Stratum(population=11, sample=10, values=[(1000, 1)])])
    assert all_but_one.low == 1000


def test_recordings_without_a_clip_count_as_nothing() -> None:
    found = total([Stratum(population=1000, sample=100, values=[(1, 1)] * 40)])
    assert found.value == pytest.approx(400)
    assert found.low < 320
    assert found.high > 480


def test_large_source_weighs_more_than_a_small_one() -> None:
    small, large = ([(one, 1)] * 50 for one in (1, 0))
    found = share([Stratum(100, 50, small), Stratum(900, 50, large)])
    assert found is not None
    assert found.value == pytest.approx(0.1)


def test_traces_of_one_clip_are_not_taken_for_so_many_witnesses() -> None:
    together = share([Stratum(10**6, 100, [(3, 3)] * 50 + [(0, 3)] * 50)])
    apart = share([Stratum(10**6, 300, [(1, 1)] * 150 + [(0, 1)] * 150)])
    assert together is not None
    assert apart is not None
    assert together.high - together.low > 1.6 * (apart.high - apart.low)


def test_nothing_to_take_a_share_of_is_none() -> None:
    assert share([Stratum(100, 10, [])]) is None
    assert ratio([Stratum(100, 0, [])]) is None


@pytest.mark.parametrize(("accepted", "least"), [(0.03, 0.85), (0.15, 0.92), (0.5, 0.92)])
def test_true_values_lie_in_about_95_of_100_intervals(accepted: float, least: float) -> None:
    """Of a total that five clips in two hundred make up, in somewhat fewer."""
    chance = random.Random(3)
    whole = [_clips(chance, 2000, accepted), _clips(chance, 500, accepted / 2)]
    truth = sum(y for one in whole for y, _ in one)
    rate = truth / sum(x for one in whole for _, x in one)
    held = [0, 0]
    for _ in range(400):
        strata = [Stratum(len(one), 100, chance.sample(one, 100)) for one in whole]
        sums, rates = total(strata), share(strata)
        assert rates is not None
        held[0] += sums.low <= truth <= sums.high
        held[1] += rates.low <= rate <= rates.high
    assert held[0] / 400 >= least, held
    assert held[1] / 400 >= 0.92, held


def _clips(chance: random.Random, count: int, accepted: float) -> list[tuple[float, float]]:
    """Accepted and all traces of clips, alike within a clip."""
    clips = []
    for _ in range(count):
        traces, good = chance.randint(1, 3), chance.random() < accepted
        clips.append((float(traces if good else 0), float(traces)))
    return clips
