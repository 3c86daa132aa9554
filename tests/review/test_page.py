"""The page's files: what holds of them before any browser reads them."""

from __future__ import annotations

import re

from audio_cogito.review.server import PAGE

SOURCES = {path.name: path.read_text() for path in PAGE.iterdir() if path.suffix in (".html", ".css", ".js")}
SHOWN = {" ": "Space", "ArrowLeft": "←", "ArrowRight": "→", "=": "+"}
"""Keys by the names under which they are told."""


def test_every_key_of_the_page_is_among_those_that_it_tells_of() -> None:
    (keys,) = re.findall(r"const KEYS = \{(.*?)\};", SOURCES["app.js"], re.DOTALL)
    names = [quoted or plain for quoted, plain in re.findall(r'(?:"([^"]+)"|(\w+)): "\w+"', keys)]
    told = " ".join(re.findall(r'\["([^"]+)", "', SOURCES["told.js"])).split()
    assert len(names) > 15
    assert [name for name in names if SHOWN.get(name, name.upper()) not in told] == []


def test_every_button_and_key_does_something() -> None:
    (acts,) = re.findall(r"const actions = \{(.*?)\n\};", SOURCES["app.js"], re.DOTALL)
    (keys,) = re.findall(r"const KEYS = \{(.*?)\};", SOURCES["app.js"], re.DOTALL)
    asked = re.findall(r'data-do="(\w+)"', SOURCES["review.html"]) + re.findall(r': "(\w+)"', keys)
    assert {"accept", "reject", "edit", "flag", "add", "play"} <= set(asked)
    assert set(asked) <= set(re.findall(r"\b(\w+)(?=[:,])", acts))


def test_every_module_is_asked_for_at_once_and_is_there() -> None:
    preloaded = set(re.findall(r'modulepreload" href="/page/([^"]+)"', SOURCES["review.html"]))
    modules = {name for name in SOURCES if name.endswith(".js")}
    assert preloaded == modules - {"app.js"}
    assert set(re.findall(r'href="/page/([^"]+\.css)"', SOURCES["review.html"])) <= set(SOURCES)


def test_page_reaches_no_other_host_and_makes_no_markup_of_words() -> None:
    for name, text in SOURCES.items():
        assert not re.search(r"https?://|//[\w.]+\.\w+/", text), name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\son\w+=\"", text), name
