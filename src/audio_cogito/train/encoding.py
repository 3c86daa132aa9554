"""Rows encoded by the engine before anything is trained, and what must hold of them.

Qwen3-Omni's published chat template drops an assistant's reasoning beside a sound, silently (docs/decisions/013). So
before a training starts, some of its rows are encoded inside the engine's environment with the checkpoint's own
template and tokenizer and the training's own options (`engine/encode.py`), and what is under the loss is decoded and
held to the row: the whole response or the answer alone, as the recipe says; everything before it masked; the question
encoded as a server would encode it.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import msgspec

from audio_cogito.errors import SetupError
from audio_cogito.exports import read_json_lines
from audio_cogito.parsing import CLOSE, OPEN
from audio_cogito.tags import RESERVED_PARTS
from audio_cogito.train.recipe import Loss, Option
from audio_cogito.train.rows import Candidate, TrainRow
from audio_cogito.types import Record

SCRIPT = Path(__file__).with_name("engine") / "encode.py"
OF_EACH_KIND, SPREAD = 2, 8
"""Rows that are encoded: of each number of sounds, with and without a chain, so many; so many more across the file."""
SHOWN = 2_000
"""Characters of a row in a message."""
MASKED = -100
END = re.compile(r"(<\|[a-z_]+\|>)?\s*")
"""What a template may add to a response, and have learnt: the mark that ends a turn."""


class EncodedRow(Record):
    """A row as the trainer will see it."""

    index: int
    ids: tuple[int, ...]
    labels: tuple[int, ...]
    """The id where it is learnt, -100 where not."""
    scales: tuple[float, ...]
    """What the loss at each place is multiplied by; empty where ms-swift needs no such list."""
    serving: tuple[int, ...]
    """The question as a server encodes it, up to where the model goes on."""
    unthinking: tuple[int, ...]
    """The same, asked not to think."""
    prompt_text: str
    """Everything before the first place that is learnt. A run of one token stands once, with its length."""
    trained_text: str
    """Everything that is learnt."""
    rendered: str
    """The whole row."""


class Encoded(Record, kw_only=True):
    versions: dict[str, str]
    model: str
    """The folder in which the engine found the base model."""
    words: list[int]
    """Of each row, the tokens of what is said in it; sounds and the template's own marks left out."""
    system: str = ""
    """What the engine says before every question."""
    rows: list[EncodedRow]


class Request(Record, omit_defaults=False):
    options: dict[str, Option]
    rows: str
    encode: list[int]


def picked(found: list[Candidate]) -> list[int]:
    """Rows to be encoded: some of each kind, and some across the file."""
    seen: Counter[tuple[bool, int]] = Counter()
    chosen: set[int] = set()
    for index, row in enumerate(found):
        kind = row.thinks, row.sounds
        if row.reason is None and seen[kind] < OF_EACH_KIND:
            seen[kind] += 1
            chosen.add(index)
    fit = [index for index, row in enumerate(found) if row.reason is None]
    chosen.update(fit[:: max(1, len(fit) // SPREAD)][:SPREAD])
    return sorted(chosen)


def encode(python: str, request: Request, folder: Path, environment: dict[str, str]) -> Encoded:
    """Ask the engine. Raises SetupError with its last line where it cannot."""
    asked, answer = folder / ".encode.json", folder / ".encoded.json"
    asked.write_bytes(msgspec.json.encode(request))
    try:
        done = subprocess.run(
            [python, str(SCRIPT), str(asked), str(answer)],
            env=environment, cwd=folder, capture_output=True, text=True, check=False, start_new_session=False,
        )  # fmt: skip
    except OSError as error:
        raise SetupError(f"the engine's Python {python} cannot be started: bash scripts/engines.sh swift") from error
    try:
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
            raise SetupError(f"the engine cannot encode the rows: {' '.join(lines[-1].split())[:500]}")
        return msgspec.json.decode(answer.read_bytes(), type=Encoded)
    except (OSError, msgspec.DecodeError) as error:
        raise SetupError(f"what the engine encoded cannot be read: {error}") from error
    finally:
        asked.unlink(missing_ok=True)
        answer.unlink(missing_ok=True)


def frame(encoded: Encoded, found: list[Candidate]) -> dict[int, int]:
    """By the number of sounds, the tokens that a template adds to words and sounds.

    Raises SetupError where rows of one kind differ in it: then no length of an unseen row could be told.
    """
    added: dict[int, int] = {}
    for row in encoded.rows:
        candidate = found[row.index]
        extra = len(row.ids) - encoded.words[row.index] - candidate.audio_tokens
        if abs(added.setdefault(candidate.sounds, extra) - extra) > candidate.sounds:
            raise SetupError(
                f"row {row.index + 1} has {len(row.ids)} tokens, which is not what its words and sounds come to:"
                " is rows.hearing that of the model?"
            )
        added[candidate.sounds] = max(extra, added[candidate.sounds])
    return added


def check(encoded: Encoded, rows: Path, loss: Loss) -> None:
    """Hold every encoded row to the row as it was written. Raises SetupError that shows the first that fails."""
    wanted = {row.index: row for row in encoded.rows}
    for index, row in enumerate(read_json_lines(rows, TrainRow)):
        if index not in wanted or isinstance(row, str):
            continue
        if found := faults(row, wanted[index], loss, encoded.system):
            shown = wanted[index].rendered[-SHOWN:]
            raise SetupError(
                f"row {index + 1} would not be learnt as it is written: {'; '.join(found)}. Encoded it reads:\n{shown}"
            )


def faults(row: TrainRow, encoded: EncodedRow, loss: Loss, system: str = "") -> list[str]:
    """What is wrong with the encoding of a row; empty where nothing is."""
    return [
        *_faults_of_the_marks(row, encoded, system + row.messages[0].content),
        *_faults_of_what_is_learnt(row, encoded, loss),
        *_faults_of_the_prompt(row, encoded),
    ]


def learnt(row: TrainRow, loss: Loss) -> str:
    """The part of a response that is to be under the loss."""
    response = row.response
    if loss == "all":
        return response
    if loss == "all but the opening tag":
        return response.split("\n", 1)[1]
    ends = f"{CLOSE}\n\n" if f"{CLOSE}\n\n" in response else "</THINK>\n"
    return response.split(ends, 1)[1]


def _faults_of_the_marks(row: TrainRow, encoded: EncodedRow, asked: str) -> list[str]:
    """Each mark stands once beyond what is asked, whose words may name them: Audio-Reasoner's system prompt does."""
    marks = (OPEN, CLOSE) if row.response.startswith(OPEN) else RESERVED_PARTS
    counts = {mark: encoded.rendered.count(mark) - asked.count(mark) for mark in marks}
    return [f"{mark} stands {count} times in it, not once" for mark, count in counts.items() if count != 1]


def _faults_of_what_is_learnt(row: TrainRow, encoded: EncodedRow, loss: Loss) -> list[str]:
    found: list[str] = []
    text, expected = encoded.trained_text, learnt(row, loss)
    if not text.startswith(expected):
        return [f"under the loss is {_short(text)}, not {_short(expected)}"]
    if not END.fullmatch(text[len(expected) :]):
        found.append(f"under the loss is more than the response: {_short(text[len(expected) :])}")
    first = next(place for place, label in enumerate(encoded.labels) if label != MASKED)
    if encoded.labels[first:] != encoded.ids[first:]:
        found.append("what is under the loss is not one piece up to the row's end")
    weight = row.messages[-1].loss_scale
    if weight is not None and (not encoded.scales or abs(encoded.scales[first] - weight) > 1e-6):
        found.append(f"the row is to weigh {weight:g} and does not")
    return found


def _faults_of_the_prompt(row: TrainRow, encoded: EncodedRow) -> list[str]:
    """The row must begin with the ids that a server hands the model, whether or not these end in an opening tag."""
    asked = [encoded.serving] if row.thinks else [encoded.serving, encoded.unthinking]
    if any(encoded.ids[: len(ids)] == ids for ids in asked):
        return []
    pairs = zip(encoded.ids, encoded.serving, strict=False)
    place = next((place for place, (ours, theirs) in enumerate(pairs) if ours != theirs), len(encoded.ids))
    return [f"from token {place + 1} on the question is not encoded as a server encodes it"]


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:40]} ... {text[-30:]}")
