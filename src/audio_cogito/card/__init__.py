"""The data card: what an export holds, how it was made, what was checked and what was not (`card.md` is its text).

A number that was not counted (`counted`) is not there. The card holds no time and no price, so that the same replies
give the same card.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jinja2

from audio_cogito import seeds
from audio_cogito.card.counted import BIN, NOT_STATED, Counted
from audio_cogito.cleaning.contamination import RULES, Looked
from audio_cogito.exports import Carriage
from audio_cogito.run import Run, RunRecord
from audio_cogito.spending import coverage
from audio_cogito.store import write_whole

TEMPLATE = Path(__file__).with_name("card.md")
SKILLS_SHOWN = 3
AUDIO_SAID = {
    "once": "with the rows",
    "reference": "named by their place on the machine that made them",
    "none": "not included; rows name source, source id and span",
}


SHOWN_SAID = (
    "The thinker was shown the answer and the annotator's caption: the chains explain a given answer and were not "
    "derived without it.",
    "No row's user text is what the thinker was sent: it is the question in the words of the style, without answer "
    "and caption. Chains that mention either were rejected by `unaided`, which knows their words in English and "
    "Chinese; those that only lean on them were not.",
    "Keys are the annotator's. That a chain ends with its key proves nothing, since it was shown; rates of right "
    "answers, weights and difficulty cannot be had.",
)


class Leaving(NamedTuple):
    """How the rows left their run."""

    format: str
    audio: Carriage
    left_out: Counter[str]
    """Traces by the reason for which they stay."""
    files: dict[str, str]
    """Those that `datasets` loads, by split."""
    looked: tuple[Looked, ...] = ()
    """What overlap with benchmarks was looked for."""


def write(path: Path, run: Run, counted: Counted, leaving: Leaving) -> None:
    """Write the card beside the rows."""
    write_whole(path, rendered(run.record, _pool(run), counted, leaving).encode())


def rendered(record: RunRecord, pool: tuple[seeds.Seed, ...] | None, counted: Counted, leaving: Leaving) -> str:
    """The card's text."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, trim_blocks=True, autoescape=False)
    environment.filters |= {"number": lambda value: f"{value:,}", "tojson": json.dumps}
    environment.globals["table"] = table
    name = Path(record.recipe["run"]).name
    text = environment.from_string(TEMPLATE.read_text("utf-8")).render(
        title=f"{name}, {leaving.format}",
        data_files=[(re.sub(r"\W", "_", split), file) for split, file in sorted(leaving.files.items())],
        rows=counted.rows,
        version=record.versions.get("audio-cogito", NOT_STATED),
        format=leaving.format,
        audio=AUDIO_SAID[leaving.audio],
        unfinished=_unfinished(record),
        splits=sorted(counted.splits.items()),
        left_out=sorted((+leaving.left_out).items()),
        random_seed=record.random_seed,
        recipe_digest=record.recipe_digest,
        seed_pool=record.seed_pool or "none",
        looked=[(one.benchmark, one.rule, one.said, one.why or "-") for one in leaving.looked],
        unchecked=[*_not_looked(leaving.looked), *_unchecked(record, pool, counted)],
        covered=list(_covered(record)),
        columns=list(coverage.COVERED),
        **_what(counted),
        **_how(record),
    )
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers stand to the right, and a text cannot leave its cell."""
    if not rows:
        return "None."
    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(head))]
    marks = ["--:" if right else "---" for right in numeric]
    lines = [head, marks, *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else " ".join(str(value).replace("|", "\\|").split())


def _pool(run: Run) -> tuple[seeds.Seed, ...] | None:
    return seeds.loads(run.seeds.read_bytes()) if run.seeds.exists() else None


def _unfinished(record: RunRecord) -> str:
    said = [] if record.state.startswith("finished") else [f"it is {record.state}"]
    if record.limit is not None:
        said.append(f"at most {record.limit:,} recordings were read")
    return ", ".join(said)


def _what(counted: Counted) -> dict[str, object]:
    """The tables of what was made."""
    rows = counted.rows
    return {
        "made": [
            (domain, source, _main(counted.skills[domain, source]), count, 100 * count / rows)
            for (domain, source), count in sorted(counted.sources.items())
        ],
        "seconds": [
            (source, heard.sounds, round(heard.seconds, 1), heard.seconds / 3600)
            for source, heard in sorted(counted.heard.items())
        ],
        "words": {"least": counted.words_least, "mean": counted.words_sum / rows, "most": counted.words_most},
        "histogram": [
            (
                f"{BIN * hundred} to {BIN * (hundred + 1) - 1}",
                counted.words[hundred],
                100 * counted.words[hundred] / rows,
            )
            for hundred in range(min(counted.words), max(counted.words) + 1)
        ],
        "licences": sorted(counted.licences.items()),
        "authors": [(wrote, author, count) for (wrote, author), count in sorted(counted.authors.items())],
        "checks": [(check, outcome, count) for (check, outcome), count in sorted(counted.checks.items())],
    }


def _main(skills: Counter[str]) -> str:
    ranked = sorted(skills.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{skill} ({count:,})" for skill, count in ranked[:SKILLS_SHOWN])


def _covered(record: RunRecord) -> Iterator[tuple[str | int, ...]]:
    for name, *counts in coverage.covered(record):
        one = record.sources[str(name)]
        yield name, one.title, one.skill or NOT_STATED, *counts


def _how(record: RunRecord) -> dict[str, object]:
    """The tables of how it was made, off the run's record."""
    stages, models = record.stages, record.recipe.get("models", {})
    return {
        "models": [(role, model["name"], model["revision"]) for role, model in sorted(models.items())],
        "prompts": [(prompt.name, prompt.digest) for prompt in record.prompts],
        "sampling": list(_sampling(record.recipe)),
        "yields": [
            (name, stage.read, stage.kept, stage.dropped, stage.failed, _reasons(stage.reasons))
            for name, stage in stages.items()
        ],
        "standings": ", ".join(
            f"{count:,} {standing}" for stage in stages.values() for standing, count in stage.standings.items()
        ),
    }


def _reasons(reasons: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items())) or "-"


def _sampling(settings: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Every `sampling` of the recipe, wherever it stands."""
    for name, value in sorted(settings.items()):
        if name == "sampling":
            yield path, json.dumps(value, sort_keys=True).replace('"', "")
        elif isinstance(value, dict):
            yield from _sampling(value, f"{path}.{name}".lstrip("."))


def _not_looked(looked: Sequence[Looked]) -> Iterator[str]:
    """The rules of decontamination that could not run."""
    if not looked:
        yield "Decontamination was not run: overlap with the test sets of benchmarks was not looked for."
        return
    for rule in RULES:
        of_rule = [one for one in looked if one.rule == rule]
        absent = [one.benchmark for one in of_rule if one.removed is None]
        if absent or not of_rule:
            yield f"Overlap by {rule} was not looked for: {', '.join(absent) or 'every benchmark'}."


def _unchecked(record: RunRecord, pool: tuple[seeds.Seed, ...] | None, counted: Counted) -> Iterator[str]:
    """What a reader might think was done and was not."""
    think, verify = record.recipe.get("think", {}), record.recipe.get("verify", {})
    if pool is not None:
        reviewed = sum(bool(seed.reviewed) for seed in pool)
        yield f"Seed questions: {reviewed:,} of {len(pool):,} were reviewed by an expert."
    yield f"A person judged {counted.seen_by_a_person:,} of {counted.rows:,} rows."
    yield "Duplicates were looked for by equal samples alone; the same recording encoded anew is another sound."
    if think.get("answer_shown"):
        yield from SHOWN_SAID
    elif counted.posed < counted.rows:
        yield "Keys are the annotator's. That a thinker agrees with one does not prove it, and favours easy questions."
    if counted.posed:
        yield f"{counted.posed:,} rows have a question that came with its recording; its key is its source's."
    if counted.given:
        yield (
            f"{counted.given:,} rows hold a chain that came with its question, by the author named above: no model of "
            "this run wrote it, and the words of its user were not what that author was sent."
        )
    if think.get("draws") == 1 and not think.get("answer_shown"):
        yield "Each question was drawn once, so its pass rate says nothing of how hard it is."
    if not verify.get("all"):
        yield "A chain that failed one check was not given to those that come after it."
