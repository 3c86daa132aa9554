"""CoTA, the data of Audio-Reasoner: parquet tables of sounds with questions and structured answers.

A question is posed as it stands, and its key is what the answer says between <RESPONSE> and </RESPONSE>. What stands
around that is its chain, which goes to verify as CoTA has it: that its author read and did not listen is what checks
are for. With `chains = false` it is left out and a thinker writes one anew. An answer without tags has no chain; one
whose tags do not close in order is malformed. The columns are not documented: they are taken to be called `audio`,
`question` and `answer` unless told, and a table without them is refused with the names that it has. A table that cannot
be read (some of the published ones cannot) costs itself alone. No source ids are published, so benchmarks cannot be
told by id.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audio_cogito.hearing.sound import Undecodable
from audio_cogito.ledger import Failure
from audio_cogito.reading import columns, rows
from audio_cogito.sources import SourceInfo
from audio_cogito.sources.hugging_face import check_columns, sound_column, tables
from audio_cogito.types import Chain, Domain, Posed, Record, Recording

INFO = SourceInfo(
    title="CoTA: the question and answer data of Audio-Reasoner",
    homepage="https://huggingface.co/datasets/zhifeixie/Audio-Reasoner-CoTA",
    licence="MIT (code repository); that of the sounds is not stated",
    citation="Xie et al., Audio-Reasoner, 2025",
    domains=("sound", "speech", "music"),
    skill="audio reasoning",
)
AUTHOR = "Audio-Reasoner CoTA"
TAGS = re.compile(r"<(/?)(THINK|PLANNING|CAPTION|REASONING|SUMMARY|RESPONSE)>", re.IGNORECASE)
RESPONSE = re.compile(r"<RESPONSE>.*</RESPONSE>", re.IGNORECASE | re.DOTALL)
THINK = re.compile(r"</?THINK>", re.IGNORECASE)


class Settings(Record, omit_defaults=False, kw_only=True):
    path: str
    """A table, or a folder of them: one subset, or all."""
    audio: str = "audio"
    question: str = "question"
    answer: str = "answer"
    """The columns' names."""
    domains: tuple[Domain, ...] = ()
    """Of these tables, which do not say it."""
    chains: bool = True
    """Whether its chains are verified, or its questions thought about anew. A thinker must be named either way."""
    split: str = "train"
    """CoTA is training data; its own splits are directions of translation and the like."""


def poses(settings: Settings) -> bool:
    return True


def recordings(settings: Settings) -> Iterator[Recording | Failure]:
    found = tables(Path(settings.path))
    check_columns(found, [settings.audio, settings.question, settings.answer], "columns")
    return itertools.chain.from_iterable(_table(path, settings) for path in found)


def _table(path: Path, settings: Settings) -> Iterator[Recording | Failure]:
    number = 0
    try:
        table = columns.table(path)
        sound = sound_column(table, settings.audio)
        for number, row in enumerate(table.rows()):
            yield _recording(path, f"{sound}/{number}", row, settings)
    except Undecodable as error:
        yield rows.failure(f"{path}:{number}", error, "undecodable")
    except OSError as error:
        yield rows.failure(str(path), f"cannot be read: {error.strerror}", "missing")


def _recording(path: Path, member: str, row: dict[str, Any], settings: Settings) -> Recording | Failure:
    try:
        written = _text(row, settings.answer)
        posed = Posed(
            type="open",
            text=_text(row, settings.question),
            answer=response(written),
            author=AUTHOR,
            chain=chain(written) if settings.chains else None,
        )
    except ValueError as error:
        return rows.failure(f"{path}::{member}", error)
    return Recording(
        source="cota", path=str(path), member=member, split=settings.split, domains=settings.domains, posed=(posed,)
    )


def _text(row: dict[str, Any], column: str) -> str:
    value = row.get(column)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{column} is no text: {value!r:.80}")
    return value.strip()


def response(answer: str) -> str:
    """The part that answers; the whole where there are no tags. Raises ValueError where they do not close in order."""
    opened: list[str] = []
    starts: list[int] = []
    found: list[str] = []
    for tag in TAGS.finditer(answer):
        name = tag[2].upper()
        if not tag[1]:
            opened.append(name)
            starts.append(tag.end())
        elif not opened or opened.pop() != name:
            raise ValueError(f"the answer's tags do not close in order: </{tag[2]}>")
        elif (start := starts.pop()) and name == "RESPONSE":
            found.append(answer[start : tag.start()].strip())
    if opened:
        raise ValueError(f"the answer's tags do not close: <{opened[-1]}>")
    if not TAGS.search(answer):
        return answer
    if len(found) != 1 or not found[0]:
        raise ValueError(f"the answer has {len(found)} responses")
    return found[0]


def chain(answer: str) -> Chain | None:
    """All around the response, its sections tagged as they were; None where nothing stands there."""
    found = RESPONSE.search(answer)
    thinking = THINK.sub("", answer[: found.start()] + answer[found.end() :]).strip() if found else ""
    return Chain(thinking=thinking, text=response(answer), author=AUTHOR) if thinking else None
