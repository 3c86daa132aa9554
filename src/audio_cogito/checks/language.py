"""Whether a chain is written as its question is: a tag, since a chain in another language may be sound all the same.

Told by script alone, which is cheap and never wrong about what it claims, and claims little: English and French share
one script and are not told apart, nor are Russian and Bulgarian. Told apart are Latin, Greek, Cyrillic, Hebrew, Arabic,
Devanagari, Thai, Hangul, Japanese (where a tenth or more of its characters are kana) and Chinese. What counts is the
script of most letters, so that a quotation in another one changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from audio_cogito.checks import CheckInfo
from audio_cogito.messages import Model
from audio_cogito.prompts import Prompt
from audio_cogito.types import Finding, Record, Trace, Verdict

INFO = CheckInfo(takes="trace", summary="a chain in its question's script (a tag)")
SCRIPTS = {
    "Latin": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "Greek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "Cyrillic": re.compile("[\u0400-\u052f]"),
    "Hebrew": re.compile("[\u05d0-\u05ea]"),
    "Arabic": re.compile("[\u0620-\u064a\u066e-\u06d3]"),
    "Devanagari": re.compile("[\u0900-\u097f]"),
    "Thai": re.compile("[\u0e00-\u0e7f]"),
    "Hangul": re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]"),
    "kana": re.compile("[\u3041-\u30ff]"),
    "Han": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
}
KANA_SHARE = 0.1
"""Of kana among kana and Han characters: Japanese prose has far more, Chinese prose that quotes a word far fewer."""


class Settings(Record, omit_defaults=False):
    required: bool = False
    """Let a chain in another script fail; by default it is only tagged."""


async def check(
    trace: Trace, *, models: Mapping[str, Model], prompts: Mapping[str, Prompt], settings: Settings
) -> Verdict:
    advisory = not settings.required
    asked, thought = script(trace.question.text), script(trace.thinking)
    if asked is None or thought is None or asked == thought:
        return Verdict(check="language", outcome="pass", advisory=advisory)
    finding = Finding(kind="other_language", detail=f"the question is in {asked} script, the chain in {thought}")
    return Verdict(check="language", outcome="fail", reason="other_language", findings=(finding,), advisory=advisory)


def script(text: str) -> str | None:
    """The script of most of a text's letters; None for a text without any that is known here."""
    if text.isascii():
        return "Latin" if SCRIPTS["Latin"].search(text) else None
    counts = {name: len(letters.findall(text)) for name, letters in SCRIPTS.items()}
    kana, han = counts.pop("kana"), counts.pop("Han")
    counts["Japanese" if kana and kana >= KANA_SHARE * (kana + han) else "Chinese"] = kana + han
    most = max(counts, key=counts.__getitem__)
    return most if counts[most] else None
