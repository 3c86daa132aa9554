"""A person at the review page, in a real browser: `python browsing.py SCENARIO URL FOLDER`.

It runs in an environment of its own (`scripts/engines/browser.txt`). What was seen is printed as JSON; what should not
be so is an AssertionError.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

WIDE = {"width": 1360, "height": 860}
PHONE = {"width": 390, "height": 844}
LATER = 10_000
"""Milliseconds that anything may take."""


def opened(browser: Browser, url: str, who: str, **context: Any) -> Page:
    """A page in a browser of its own, its reviewer named by keyboard. What it complains of ends the test."""
    page = browser.new_context(**({"viewport": WIDE} | context)).new_page()
    page.set_default_timeout(LATER)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(url)
    page.wait_for_selector("dialog")
    page.keyboard.type(who)
    page.keyboard.press("Enter")
    ready(page)
    return page


complaints: list[str] = []


def ready(page: Page) -> str:
    """Wait for an item; its id."""
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector("#heading")
    return str(page.evaluate("location.hash.slice(1)"))


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def after(page: Page, subject: str) -> str:
    """The item that comes after this one."""
    page.wait_for_function("subject => location.hash.slice(1) !== subject", arg=subject)
    return ready(page)


def ten_items_by_keyboard(browser: Browser, url: str, folder: Path) -> dict[str, Any]:
    page = opened(browser, url, "Anna")
    subject, done = ready(page), []
    for number in range(10):
        done.append(subject)
        if number in (2, 5, 7):
            press(page, "r")
            page.wait_for_selector("dialog[open]")
            press(page, "4", "Enter")
        elif number == 4:
            edit_and_reload(page, subject)
        elif number == 8:
            press(page, "f")
            page.wait_for_selector("dialog[open]")
            page.keyboard.type("is that a dog?")
            press(page, "Control+Enter")
        else:
            press(page, "a")
        subject = after(page, subject)
    press(page, "b")
    after(page, subject)
    assert ready(page) == done[-1], "back is to what was decided last"
    return {"done": done, "left": page.inner_text("#done")}


def edit_and_reload(page: Page, subject: str) -> None:
    """An edit that is begun, cut off by a reload, and ended."""
    press(page, "e")
    page.wait_for_selector("dialog[open]")
    press(page, "Tab", "Tab", "Tab")
    assert page.evaluate("document.activeElement.name") == "thinking"
    press(page, "Control+End")
    page.keyboard.type(" And nothing else.")
    page.reload()
    assert ready(page) == subject, "a reload shows the same item"
    press(page, "e")
    page.wait_for_selector("dialog[open]")
    assert page.input_value("[name=thinking]").endswith(" And nothing else."), "what was typed is still there"
    press(page, "Control+Enter")


def two_reviewers(browser: Browser, url: str, folder: Path) -> dict[str, Any]:
    pages = [opened(browser, url, who) for who in ("Anna", "Ben")]
    seen: list[list[str]] = [[], []]
    for _ in range(5):
        for page, own in zip(pages, seen, strict=True):
            own.append(ready(page))
            press(page, "a")
            after(page, own[-1])
    subject = ready(pages[0])
    pages[1].goto(f"{url}/#{subject}")
    pages[1].wait_for_function("subject => location.hash.slice(1) === subject", arg=subject)
    ready(pages[1])
    press(pages[0], "a")
    after(pages[0], subject)
    press(pages[1], "r")
    pages[1].wait_for_selector("dialog[open]")
    press(pages[1], "5", "Enter")
    pages[1].wait_for_selector("dialog.wide")
    told = pages[1].inner_text("dialog.wide")
    pages[1].screenshot(path=folder / "conflict.png")
    assert len(complaints) == 1, complaints
    assert "409" in complaints.pop(), "the browser itself tells of the refusal, and of nothing else"
    press(pages[1], "Control+Enter")
    after(pages[1], subject)
    press(pages[0], "g")
    pages[0].wait_for_selector("dialog[open]")
    agreement = pages[0].inner_text("dialog")
    return {"anna": seen[0], "ben": seen[1], "told": told, "both": subject, "agreement": agreement}


def writing_a_seed(browser: Browser, url: str, folder: Path) -> dict[str, Any]:
    """By keyboard alone: what the lint says of a poor one, a reload in the midst, no connection, and a good one."""
    page = opened(browser, url, "Anna")
    shown = ready(page)
    other = page.context.new_page()
    other.goto(f"{url}/#{shown}")
    ready(other)
    press(page, " ", "l", "ArrowRight")  # there is nothing to be played
    press(page, "n")
    page.wait_for_selector("dialog[open]")
    page.keyboard.type("What instrument is this?")
    fill(page, "music", "instrument", "easy", "choice", "en", "the oboe", "Enter", "the shawm")
    press(page, "Control+Enter")
    page.wait_for_selector("dialog .faults li")
    told = page.inner_text("dialog .lint")
    button = page.inner_text("dialog [type=submit]")
    page.screenshot(path=folder / "new-seed-faults.png")
    page.reload()
    assert ready(page) == shown, "a reload shows the same item"
    press(page, "n")
    page.wait_for_selector("dialog[open]")
    kept = page.input_value("[name=text]"), page.input_value("[name=options]")
    press(page, "Control+a")
    page.keyboard.type(
        "Which breath betrays that one player covers both the shawm and the oboe, and where is it taken?"
    )
    press(page, *["Tab"] * 4)
    page.keyboard.type("open")
    press(page, "Tab", "Tab", "Control+a", "Delete")
    page.context.set_offline(True)
    press(page, "Control+Enter")
    page.wait_for_selector("dialog .fault:not([hidden])")
    offline = page.inner_text("dialog .fault")
    page.context.set_offline(False)
    complaints.clear()
    press(page, "Control+Enter")
    page.wait_for_selector("dialog", state="detached")
    page.wait_for_selector("#toast:not([hidden])")
    assert ready(page) == shown, "the item that was looked at stays"
    press(page, "b")
    after(page, shown)
    press(other, "n")
    other.wait_for_selector("dialog[open]")
    assert other.input_value("[name=text]") == "", "another tab begins anew as well"
    page.screenshot(path=folder / "written-seed.png")
    press(page, "n")
    page.wait_for_selector("dialog[open]")
    return {
        "told": told,
        "button": button,
        "kept": kept,
        "offline": offline,
        "written": page.inner_text("main"),
        "next": page.input_value("[name=text]"),
    }


def fill(page: Page, *values: str) -> None:
    """The fields behind the one that is at the keyboard, one after the other; `Enter` goes on in the last."""
    for number, value in enumerate(values):
        if value == "Enter":
            press(page, value)
            continue
        if values[number - 1] != "Enter" or number == 0:
            press(page, "Tab", "Control+a")
        page.keyboard.type(value)


def lost_connection(browser: Browser, url: str, folder: Path) -> dict[str, Any]:
    page = opened(browser, url, "Anna")
    subject = ready(page)
    page.context.set_offline(True)
    press(page, "a")
    page.wait_for_selector("#banner:not([hidden])")
    told = page.inner_text("#banner")
    page.screenshot(path=folder / "offline.png")
    complaints.clear()
    page.context.set_offline(False)
    after(page, subject)
    page.wait_for_selector("#banner", state="hidden")
    return {"subject": subject, "told": told}


def phone(browser: Browser, url: str, folder: Path) -> dict[str, Any]:
    for scheme in ("dark", "light"):
        page = opened(browser, url, "Anna", viewport=PHONE, has_touch=True, is_mobile=True, color_scheme=scheme)
        page.wait_for_timeout(500)
        page.screenshot(path=folder / f"phone-{scheme}.png")
    subject = ready(page)
    if page.is_visible("#add"):
        page.tap("#add")
        page.wait_for_selector("dialog[open]")
        assert page.eval_on_selector("dialog", "one => one.scrollWidth <= one.clientWidth")
        page.screenshot(path=folder / "phone-new-seed.png")
        page.tap("dialog button.quiet")
        page.wait_for_selector("dialog", state="detached")
    width = page.evaluate("document.scrollingElement.scrollWidth")
    heights = page.eval_on_selector_all("#actions button", "all => all.map(one => one.getBoundingClientRect().height)")
    page.tap("[data-do=edit]")
    page.wait_for_selector("dialog[open]")
    dialog = page.eval_on_selector("dialog", "one => one.scrollWidth <= one.clientWidth")
    page.screenshot(path=folder / "phone-edit.png")
    page.tap("dialog button.quiet")
    page.wait_for_selector("dialog", state="detached")
    page.tap("[data-do=accept]")
    after(page, subject)
    return {"width": width, "heights": heights, "dialog": dialog}


def accessible(browser: Browser, url: str, folder: Path) -> dict[str, Any]:
    """axe's violations, by where they were found."""
    found: dict[str, list[str]] = {}
    for scheme in ("light", "dark"):
        page = opened(browser, url, "Anna", color_scheme=scheme)
        page.wait_for_timeout(300)
        look(page, f"item {scheme}", found, folder)
        if page.query_selector("#facts"):
            press(page, "i")
            look(page, f"facts {scheme}", found, folder)
        dialogs = [("r", "reject"), ("e", "edit"), ("f", "flag"), ("?", "keys"), ("g", "agreement")]
        for key, name in dialogs + ([("n", "new seed")] if page.is_visible("#add") else []):
            press(page, key)
            page.wait_for_selector("dialog[open]")
            if name == "new seed":
                weigh(page)
            look(page, f"{name} {scheme}", found, folder)
            press(page, "Escape")
            page.wait_for_selector("dialog", state="detached")
    return {"violations": found, "headings": page.eval_on_selector_all("h1", "all => all.length")}


def weigh(page: Page) -> None:
    """A poor seed, and what the lint says of it."""
    page.fill("[name=text]", "What sound is that?")
    page.fill("[name=skill]", "source")
    press(page, "Control+Enter")
    page.wait_for_selector("dialog .faults li")


def look(page: Page, name: str, found: dict[str, list[str]], folder: Path) -> None:
    results = Axe().run(page)
    found[name] = [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:120]}" for one in results.response["violations"]
    ]
    page.screenshot(path=folder / f"{name.replace(' ', '-')}.png")


def hostile(browser: Browser, url: str, folder: Path) -> dict[str, Any]:
    page = opened(browser, url, "<script>alert(1)</script>")
    page.on("dialog", lambda dialog: complaints.append(f"a script ran: {dialog.message}"))
    press(page, "i")
    page.wait_for_timeout(300)
    page.screenshot(path=folder / "hostile.png")
    subject = ready(page)
    press(page, "f")
    page.wait_for_selector("dialog[open]")
    page.keyboard.type("<img src=x onerror=alert(2)>")
    press(page, "Control+Enter")
    page.wait_for_function("() => document.querySelector('#main .empty')")
    page.goto(f"{url}/#{subject}")
    page.wait_for_selector(".history")
    return {
        "elements": page.eval_on_selector_all("main script, main img, main iframe", "all => all.length"),
        "text": page.inner_text("main"),
    }


def playing(browser: Browser, url: str, folder: Path) -> dict[str, Any]:
    page = opened(browser, url, "Anna")
    page.wait_for_function("() => document.querySelector('.wave').width > 300")
    drawn = """all => all.map(one => {
        const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
        return new Set(new Uint32Array(data.buffer)).size;
    })"""
    colours = page.eval_on_selector_all("canvas", drawn)
    folded = [page.eval_on_selector("#facts", "one => one.open"), page.query_selector(".known") is not None]
    claims = page.eval_on_selector_all(".claimed .mark", "all => all.map(one => one.getAttribute('aria-label'))")
    press(page, "i")
    page.wait_for_selector(".known")
    press(page, "i")
    press(page, "=", "=")
    page.wait_for_timeout(100)
    now = "document.querySelector('audio').currentTime"
    press(page, " ")
    page.wait_for_function(f"() => {now} > 0.5")
    press(page, " ")
    paused = page.evaluate("document.querySelector('audio').paused")
    box = page.eval_on_selector(
        ".stage", "one => { const b = one.getBoundingClientRect(); return [b.x, b.y, b.width]; }"
    )
    x, y, width = box
    page.mouse.move(x + width * 0.25, y + 20)
    page.mouse.down()
    page.mouse.move(x + width * 0.5, y + 20, steps=5)
    page.mouse.up()
    page.screenshot(path=folder / "loop.png")
    press(page, " ")
    places = []
    for _ in range(30):
        page.wait_for_timeout(40)
        places.append(page.evaluate(now))
    press(page, " ")
    page.click(".moment")
    page.wait_for_timeout(200)
    return {
        "colours": colours,
        "folded": folded,
        "claims": claims,
        "paused": paused,
        "rate": page.evaluate("document.querySelector('audio').playbackRate"),
        "places": places,
        "seconds": page.evaluate("document.querySelector('audio').duration"),
        "loop": page.inner_text("button[aria-keyshortcuts=l]"),
    }


SCENARIOS: tuple[Callable[[Browser, str, Path], dict[str, Any]], ...] = (
    ten_items_by_keyboard,
    two_reviewers,
    writing_a_seed,
    lost_connection,
    phone,
    accessible,
    hostile,
    playing,
)


def main(scenario: str, url: str, folder: Path) -> None:
    (act,) = (one for one in SCENARIOS if one.__name__ == scenario)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        seen = act(browser, url, folder)
        browser.close()
    assert not complaints, complaints
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
