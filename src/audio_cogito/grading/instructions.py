"""The rules that MMAU-Pro holds answers to instructions against (`evaluate_aif_sample`, github.com/sonalkum/MMAUPro).

As published, quirks included: a keyword counts within a longer word but for its frequency, paragraphs are told apart by
`***`, any word in capitals is one, `I` too. Three rules count sentences by a tokenizer that is trained (nltk's punkt):
they can say nothing here. A task that the script does not know is failed by it.

Where a published pattern takes the square of an answer's length, what it finds is found in one pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from audio_cogito.benchmarks import Instruction

Options = Mapping[str, Any]
NEEDS_SENTENCES = frozenset(f"Number Sentences ({kind})" for kind in ("at least", "at most", "range"))


STAR = re.compile(r"(?<!\s)(\s*+)\*(?=\s)")


def kept(said: str, instruction: Instruction) -> bool | None:
    """Whether what was said keeps to the instruction; None where that cannot be told."""
    if instruction.name in NEEDS_SENTENCES:
        return None
    rule = RULES.get(instruction.name)
    return rule is not None and rule(said, instruction.options)


def _listed(options: Options, name: str) -> list[str]:
    return [one.lower() for one in str(options.get(name) or "").split(", ")]


def _number(options: Options, name: str = "N", missing: float = 0) -> float:
    value = options.get(name)
    return missing if value is None else float(value)


def _within(count: int, options: Options) -> bool:
    return _number(options, "N1") <= count <= _number(options, "N2", 999)


def _frequency(said: str, options: Options) -> int:
    keyword = re.escape(str(options.get("keyword") or "").lower())
    return len(re.findall(rf"\b{keyword}\b", said.lower()))


def _capitals(said: str) -> int:
    return sum(word.isupper() for word in said.split())


def _letters(text: object, also: str = "") -> str:
    return re.sub(rf"[^a-zA-Z{also}]", "", str(text or "")).lower()


def _parts(said: str, mark: str) -> int:
    return sum(bool(part.strip()) for part in said.split(mark))


def _sections(said: str, options: Options) -> bool:
    mark = str(options.get("section_splitter") or "")
    if mark and mark == mark.strip():
        return _parts(said, mark) == _number(options)
    return sum(bool(part.strip()) for part in re.split(rf"\s*{re.escape(mark)}\s*", said.strip())) == _number(options)


def placeholders(said: str) -> int:
    r"""How often the published `\[[^\]]+\]` is found."""
    return sum(0 <= part.find("[") < len(part) - 1 for part in said.split("]")[:-1])


def titled(said: str) -> bool:
    """Whether the published `<<[^>]+>>` is found."""
    parts = said.split(">")
    # Between the two of `>>` is nothing, and behind them a part.
    closed = (part for part, between in pairwise(parts[:-1]) if not between)
    return any(0 <= part.find("<<") < len(part) - 2 for part in closed)


def bullets(said: str) -> int:
    r"""How often the published `(?:^|\n)\s*\*\s+` is found. The blanks behind one are not those before the next."""
    count, behind = 0, -1
    for star in STAR.finditer(said):
        if star.start() != behind and (star.start() == 0 or "\n" in star[1]):
            count, behind = count + 1, star.end()
    return count


def _two(said: str, _: Options) -> bool:
    parts = said.split("******")
    return len(parts) == 2 and parts[0].lower().strip() != parts[1].lower().strip()


RULES: dict[str, Callable[[str, Options], bool]] = {
    "Include Keywords": lambda said, told: all(word in said.lower() for word in _listed(told, "keywords")),
    "Forbidden Words": lambda said, told: not any(word in said.lower() for word in _listed(told, "forbidden_words")),
    "Keyword Frequency": lambda said, told: _frequency(said, told) == _number(told),
    "Number Paragraphs": lambda said, told: _parts(said, "***") == _number(told),
    "Number Words (at least)": lambda said, told: len(said.split()) >= _number(told),
    "Number Words (at most)": lambda said, told: len(said.split()) <= _number(told),
    "Number Words (range)": lambda said, told: _within(len(said.split()), told),
    "Postscript": lambda said, told: _letters(told.get("postscript_marker")) in _letters(said),
    "Number Placeholder": lambda said, told: placeholders(said) >= _number(told),
    "Number Bullets": lambda said, told: bullets(said) == _number(told),
    "Title": lambda said, told: titled(said),
    "Minimum Number Highlighted Section": lambda said, told: len(re.findall(r"\*[^*]+\*", said)) >= _number(told),
    "Multiple Sections": _sections,
    "Repeat Prompt": lambda said, told: said.strip().lower().startswith(str(told.get("prompt")).strip().lower()),
    "Two Responses": _two,
    "All Uppercase": lambda said, told: said.isupper(),
    "All Lowercase": lambda said, told: said.islower(),
    "All-capital Words (at least)": lambda said, told: _capitals(said) >= _number(told),
    "All-capital Words (at most)": lambda said, told: _capitals(said) <= _number(told),
    "All-capital Words (range)": lambda said, told: _within(_capitals(said), told),
    "Start Checker": lambda said, told: _letters(said, " ").startswith(_letters(told.get("start_phrase"), " ")),
    "End Checker": lambda said, told: _letters(said, " ").endswith(_letters(told.get("end_phrase"), " ")),
    "Quotation": lambda said, told: said.strip().startswith('"') and said.strip().endswith('"'),
    "No Commas": lambda said, told: "," not in said,
}
"""By the metadata's `task_identifier`."""
