"""What leaves a run: its accepted traces, as rows of a format (`exports/`), with their provenance and a data card.

The user text is byte for byte what the thinker was sent (`think.render_question`; `wording` has the one exception), the
reasoning stands in its tags exactly once, and the response is the bare text of the choice, which is what MMAR's scorer
counts. What was written is read again and held to its format before the files get their names (`row_files`); beside
them `README.md` says what was made, how, and what was checked and what was not (`card`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec

from audio_cogito import card, exports, tags
from audio_cogito.audio import Sounds
from audio_cogito.card.counted import Counted
from audio_cogito.cleaning.contamination import Contamination, asked_again
from audio_cogito.errors import SetupError
from audio_cogito.exports import Carriage, Carried, Format, Sample
from audio_cogito.prompts import Prompt
from audio_cogito.run import Run
from audio_cogito.stages import row_files, verify
from audio_cogito.stages.wording import Wording, worded
from audio_cogito.tags import Tags
from audio_cogito.types import PromptRef, Record, Trace, identity


class Settings(Record, omit_defaults=False):
    prompt: Literal["as seen", "bare"] = "as seen"
    """"bare" leaves out the line `Select one option from the provided choices:`, on purpose unlike what was seen."""
    per_question: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Most rows of one question, chosen among its accepted traces by hash."""
    audio: Carriage | None = None
    """How sounds travel: "once" copies each beside (or into) the rows, so that the folder can be moved; "reference"
    names the store's files; "none" leaves them out. Unset, the first that the format offers."""
    licences: tuple[str, ...] | None = None
    """Only rows whose sounds all have one of these licences, as the sources state them; unset, all rows."""
    tags: Tags = "think"
    """How a chain is parted from its answer; "audio-reasoner" takes structured chains alone (`tags`)."""
    against: tuple[str, ...] = ()
    """Folders and metadata of benchmarks whose questions leave no row, beside those of select.against."""
    weight: bool = False
    """Write each row's weight (`weight_of`) where the format has a place for it, and into the provenance."""


class Exported(NamedTuple):
    """Which files were written, with their rows, and what was left out for which reason."""

    files: dict[Path, int]
    left_out: Counter[str]


def export(
    run: Run,
    format_name: str,
    *,
    sounds: Sounds,
    prompt: Prompt,
    settings: Settings,
    random_seed: int,
    folders: tuple[Path, ...] = (),
    drawn_with: PromptRef | None = None,
    contamination: Contamination | None = None,
) -> Exported:
    """Write RUN/rows/FORMAT/SPLIT.* for every split that has accepted traces, and the card.

    `prompt` says the rows' words; `drawn_with` names the prompt that was sent, where that is another.

    Raises SetupError, and leaves what an earlier export wrote, where a row is not as its format demands or the disk
    refuses.
    """
    format = exports.load(format_name, folders)
    folder = run.rows / format_name
    carried = Carried(how=_carriage(format, format_name, settings.audio), sounds=sounds, folder=folder)
    left_out: Counter[str] = Counter()
    counted = Counted()
    words = worded(run.record, prompt, drawn_with) if drawn_with else Wording(prompt, prompt.ref)
    apart = contamination or Contamination(())
    samples = _samples(run, words, settings, random_seed, format.INFO.most_sounds, left_out, apart)
    with row_files.parts_removed(folder):
        counts = row_files.write(samples, format, carried, counted)
        row_files.check(format, carried, counts)
        files = row_files.publish(format, carried, counts)
    if files:
        loads = {split: row_files.names(split, format)[0] for split in counts} if format.INFO.loads else {}
        looked = tuple(asked_again(run.record.decontamination, apart.looked()))
        leaving = card.Leaving(format_name, carried.how, left_out, loads, looked)
        card.write(folder / row_files.CARD, run, counted, leaving)
    return Exported(files, left_out)


def _carriage(format: Format, name: str, wanted: Carriage | None) -> Carriage:
    if wanted is None:
        return format.INFO.audio[0]
    if wanted not in format.INFO.audio:
        raise SetupError(f"{name} cannot have export.audio = {wanted!r}, only {', '.join(format.INFO.audio)}")
    return wanted


def _samples(
    run: Run,
    wording: Wording,
    settings: Settings,
    random_seed: int,
    most_sounds: int | None,
    left_out: Counter[str],
    contamination: Contamination,
) -> Iterator[Sample]:
    for trace, draws in chosen(verify.traces(run), settings, random_seed, left_out, most_sounds, contamination):
        yield Sample(
            trace=trace,
            user=wording.words(trace, instruct=settings.prompt != "bare"),
            response=tags.response(trace, settings.tags),
            weight=weight_of(trace.pass_rate, draws) if settings.weight else None,
        )


def chosen(
    found: Iterable[Trace],
    settings: Settings,
    random_seed: int,
    left_out: Counter[str],
    most_sounds: int | None = None,
    contamination: Contamination | None = None,
) -> Iterator[tuple[Trace, int]]:
    """Of each question's traces that may leave the first `per_question` by hash, each with the number of the
    question's draws; what is left out is counted by its reason."""
    for _, group in groupby(found, key=lambda trace: trace.question.id):
        drawn = list(group)
        reasons = [_reason_to_leave(trace, settings, most_sounds) for trace in drawn]
        left_out.update(reason for reason in reasons if reason)
        fit = [trace for trace, reason in zip(drawn, reasons, strict=True) if reason is None]
        if fit and contamination and (hit := contamination.of_question(drawn[0].question)):
            contamination.drop("export", drawn[0].question.id, hit)
            left_out[f"its question is one of {hit.benchmark}"] += len(fit)
            continue
        fit.sort(key=lambda trace: identity("export", str(random_seed), trace.id))
        left_out["beyond export.per_question"] += max(0, len(fit) - settings.per_question)
        yield from ((trace, len(drawn)) for trace in fit[: settings.per_question])


def _reason_to_leave(trace: Trace, settings: Settings, most_sounds: int | None) -> str | None:
    if trace.standing != "accepted":
        return trace.standing
    if not trace.answer:
        return "no readable answer"
    clips = trace.question.clips
    if settings.licences is not None:
        for clip in clips:
            if clip.recording.licence not in settings.licences:
                return f"licence not listed: {clip.recording.licence or 'none stated'}"
    if most_sounds is not None and len(clips) > most_sounds:
        return f"more than {most_sounds} sound to a row"
    return tags.reason_to_leave(trace, settings.tags)


def weight_of(pass_rate: float | None, draws: int) -> float | None:
    """How much a row should count, in (0, 1]: 1 where half the draws were right, less the nearer to all or none.

    Filtering by agreement favours questions that are always answered right, which teach least; those answered right
    once in many draws are often wrongly keyed. `1 - |2p - 1|` says so, but with p as it was counted it gives nothing
    at all to a question that was drawn once. So p is the posterior mean under a uniform prior, (right + 1) / (draws +
    2): one right draw of one weighs 0.67, eight of eight 0.2, four of eight 1.
    """
    if pass_rate is None:
        return None
    p = (pass_rate * draws + 1) / (draws + 2)
    return round(1 - abs(2 * p - 1), 6)
