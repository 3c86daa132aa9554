"""The stratified draw: 14 of a clip's own domain and 6 others, spread over skills and difficulties, and stable."""

from __future__ import annotations

from collections import Counter

import pytest

from audio_cogito import seeds
from audio_cogito.seeds import Draw, Seed, Settings
from audio_cogito.seeds.pool import DIFFICULTIES
from made import make_seed
from paces import paces

STRATIFIED = Settings(draw="stratified")
DOMAINS = ("mixed", "music", "sound", "speech")
CLIPS = [f"clip {n}" for n in range(300)]


def make_pool(each: int = 3, skills: int = 16, domains: tuple[str, ...] = DOMAINS) -> tuple[Seed, ...]:
    return tuple(
        make_seed(f"{domain} {skill} {level} {n}?", domain=domain, skill=f"skill {skill}", difficulty=level)
        for domain in domains
        for skill in range(skills)
        for level in DIFFICULTIES
        for n in range(each)
    )


def draw(pool: tuple[Seed, ...], clip: str, count: int = 20, domain: str | None = "music") -> tuple[Seed, ...]:
    return Draw(pool, 1, STRATIFIED).draw(clip, count, domain)


@pytest.mark.parametrize("domain", DOMAINS)
def test_14_of_20_are_of_the_clips_own_domain_and_2_of_each_other(domain: str) -> None:
    one = Draw(seeds.load(()), 0, STRATIFIED)
    for clip in CLIPS:
        counted = Counter(seed.domain for seed in one.draw(clip, 20, domain))
        assert counted == {other: 14 if other == domain else 2 for other in DOMAINS}


def test_clip_of_unknown_domain_sees_as_many_of_each() -> None:
    one = Draw(seeds.load(()), 0, STRATIFIED)
    for domain in (None, "bats"):
        assert set(Counter(seed.domain for seed in one.draw("a", 20, domain)).values()) == {5}


def test_own_seeds_are_of_different_skills_and_even_difficulties() -> None:
    one = Draw(seeds.load(()), 0, STRATIFIED)
    for clip in CLIPS:
        own = [seed for seed in one.draw(clip, 20, "music") if seed.domain == "music"]
        assert len({seed.skill for seed in own}) == 14
        assert sorted(Counter(seed.difficulty for seed in own).values()) == [4, 5, 5]


def test_no_seed_is_drawn_twice_and_the_pools_order_does_not_matter() -> None:
    pool = make_pool()
    for clip in CLIPS[:50]:
        drawn = draw(pool, clip)
        assert len({seed.id for seed in drawn}) == 20
        assert draw(pool[::-1], clip) == drawn


def test_every_cell_is_drawn_as_often_as_any_other_of_its_domain() -> None:
    """A thin cell as often as a full one: 14 of 48 cells a clip."""
    extra = tuple(make_seed(f"more {n}?", domain="music", skill="skill 0", difficulty="easy") for n in range(30))
    one = Draw(make_pool() + extra, 1, STRATIFIED)
    cells = Counter(
        (seed.skill, seed.difficulty)
        for n in range(3000)
        for seed in one.draw(f"clip {n}", 20, "music")
        if seed.domain == "music"
    )
    expected = 3000 * 14 / 48
    assert len(cells) == 48
    assert sum((count - expected) ** 2 / expected for count in cells.values()) < 82.7  # 47 degrees, p = 0.001


def test_every_seed_of_a_cell_is_drawn_as_often_as_any_other() -> None:
    one = Draw(make_pool(), 1, STRATIFIED)
    drawn = Counter(
        seed.id for n in range(4000) for seed in one.draw(f"clip {n}", 20, "music") if seed.domain == "music"
    )
    expected = 4000 * 14 / 144
    assert len(drawn) == 144
    assert sum((count - expected) ** 2 / expected for count in drawn.values()) < 199.0  # 143 degrees, p = 0.001


def test_one_more_seed_of_a_known_skill_changes_few_draws_and_each_by_one() -> None:
    """Its cell is shown to 14 of 48 clips of its domain, and one of four seeds in it is the new one."""
    pool = make_pool()
    new = make_seed("the new one?", domain="music", skill="skill 3", difficulty="hard")
    before, after = Draw(pool, 1, STRATIFIED), Draw((*pool, new), 1, STRATIFIED)
    changed = [
        set(after.draw(f"clip {n}", 20, "music")) - set(before.draw(f"clip {n}", 20, "music")) for n in range(2000)
    ]
    assert all(drawn <= {new} for drawn in changed)
    assert 0.5 < sum(map(len, changed)) / (2000 * 14 / 48 / 4) < 1.5
    others = [draw(pool, clip, domain="speech") for clip in CLIPS]
    moved = sum(draw((*pool, new), clip, domain="speech") != drawn for clip, drawn in zip(CLIPS, others, strict=True))
    assert moved <= 8


def test_domain_short_of_seeds_gives_all_it_has_and_the_others_fill_up() -> None:
    few = tuple(make_seed(f"bat {n}?", domain="bats") for n in range(3))
    counted = Counter(seed.domain for seed in draw((*make_pool(1), *few), "a", domain="bats"))
    assert counted["bats"] == 3
    assert sum(counted.values()) == 20


def test_own_domain_fills_up_where_the_others_are_short() -> None:
    few = tuple(make_seed(f"bat {n}?", domain="bats") for n in range(2))
    pool = (*make_pool(domains=("music",)), *few)
    assert Counter(seed.domain for seed in draw(pool, "a")) == {"music": 18, "bats": 2}


@pytest.mark.parametrize("count", [1, 2, 7, 20, 60, 999])
def test_as_many_are_drawn_as_asked_for_or_there_are(count: int) -> None:
    pool = make_pool(each=1, skills=4)
    assert len({seed.id for seed in draw(pool, "a", count)}) == min(count, len(pool))


def test_stratified_draw_stays_what_it_was() -> None:
    drawn = draw(make_pool(), "clip-a", 6)
    assert [seed.text for seed in drawn] == [
        "music 8 medium 1?",
        "mixed 0 medium 1?",
        "music 6 easy 1?",
        "sound 10 easy 1?",
        "music 13 hard 0?",
        "music 7 hard 2?",
    ]


def test_stratified_draw_from_540_costs_some_paces() -> None:
    one = Draw(seeds.load(()), 1, STRATIFIED)
    assert paces(lambda: one.draw("a", 20, "music")) < 12
