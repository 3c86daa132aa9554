"""chrF against values that sacreBLEU publishes with its own tests."""

from __future__ import annotations

import pytest

from audio_cogito.answers.chrf import chrf

GERMAN = (
    "Die Beziehung zwischen Obama und Netanjahu ist nicht gerade freundlich.",
    "Das Verhältnis zwischen Obama und Netanyahu ist nicht gerade freundschaftlich.",
)
ENGLISH = (
    "risk assessment must be made of those who are qualified and expertise in the sector - these are the scientists .",
    "risk assessment has to be undertaken by those who are qualified and expert in that area - "
    "that is the scientists .",
)


@pytest.mark.parametrize(
    ("text", "reference", "spaces", "published"),
    [
        (*GERMAN, True, 67.3481606),
        (*ENGLISH, True, 65.2414427),
        ("aa", "ab", False, 25.0),
        ("a", "a", False, 100.0),
        ("a b c", "abc", False, 100.0),
        ("", "reference", False, 0.0),
        ("", "c", False, 0.0),
    ],
)
def test_agrees_with_published_values_at_beta_3(text: str, reference: str, spaces: bool, published: float) -> None:
    assert 100 * chrf(text, reference, beta=3, spaces=spaces) == pytest.approx(published, abs=1e-4)


def test_follows_the_formula_at_beta_2() -> None:
    """Runs of 1: 3 of 4 and 3 of 3; of 2: 1 of 3 and 1 of 2; of 3: none. P = 13/36, R = 1/2."""
    precision, recall = (3 / 4 + 1 / 3) / 3, (1 + 1 / 2) / 3
    assert chrf("abdc", "acb") != pytest.approx(0)
    assert chrf("xabc", "bca") == pytest.approx(5 * precision * recall / (4 * precision + recall))


def test_nothing_in_common_is_0_and_the_same_is_1() -> None:
    assert chrf("abcdefg", "hijklmnop") == 0
    assert chrf(GERMAN[0], GERMAN[0]) == 1
