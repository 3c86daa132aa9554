"""What all pages share: a page fetches nothing, says nothing unsaid, and its plot of lengths loses no chain."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import jinja2
import pytest

from audio_cogito import pages
from audio_cogito.pages import lengths

FRAMED = """{% extends "frame.html" %}{% import "plots.html" as plots %}
{% block title %}{{ said }}{% endblock %}{% block width %}60rem{% endblock %}
{% block content %}{{ said }}{{ plots.lengths(lengths, "kept", "not kept") }}{% endblock %}"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "page.html"
    path.write_text(FRAMED)
    return path


def test_page_escapes_what_it_is_given_and_is_legible_by_day_by_night_and_on_a_phone(template: Path) -> None:
    columns = lengths.columns({True: Counter({3: 2}), False: Counter({4: 1})})
    html = pages.page(template, said="<script>", lengths=columns)
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 2
    assert "prefers-color-scheme: dark" in html
    assert 'name="viewport"' in html
    assert "http" not in html
    assert "2 kept, 0 not kept" in html


def test_page_that_is_not_given_all_it_shows_is_an_error(template: Path) -> None:
    with pytest.raises(jinja2.UndefinedError, match="lengths"):
        pages.page(template, said="a")


def test_every_chain_is_counted_in_one_column_a_very_long_one_in_the_last() -> None:
    found = lengths.columns({True: Counter({0: 1, 1: 1, 47: 1}), False: Counter({48: 200, 900: 1})})
    assert sum(column.good for column in found) == 3
    assert sum(column.bad for column in found) == 201
    assert found[-1].bad == 1
    assert found[-1].low < 100
    assert next(column for column in found if column.low <= 48 <= column.high).bad == 200
    assert max(column.good_percent + column.bad_percent for column in found) == 100


def test_chains_without_a_word_make_no_plot() -> None:
    assert lengths.columns({True: Counter(), False: Counter()}) == ()
    assert lengths.columns({True: Counter({0: 5}), False: Counter()}) == ()
