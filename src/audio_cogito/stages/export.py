"""What leaves a run: its accepted traces, as rows of a format (`exports/`), with their provenance and a data card.

The user text is byte for byte what the thinker was sent (`think.render_question`; `wording` has the one exception), the
reasoning stands in its tags exactly once, and the response is the bare text of the choice, which is what MMAR's scorer
counts. Beside each file of rows, `*.provenance.jsonl` says line by line which trace and question a row came of;
`README.md` says what was made, how, and what was checked and what was not (`card`). What was written is read again and
held to its format before the files get their names.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import IO, Annotated, Literal, NamedTuple

import msgspec

from audio_cogito import card, exports, tags
from audio_cogito.audio import Sounds
from audio_cogito.cleaning.contamination import Contamination, asked_again
from audio_cogito.errors import SetupError
from audio_cogito.exports import AUDIO_FOLDER, Carriage, Carried, Format, Sample
from audio_cogito.prompts import Prompt
from audio_cogito.run import Run
from audio_cogito.stages import verify
from audio_cogito.stages.wording import Wording, worded
from audio_cogito.store import write_whole
from audio_cogito.tags import Tags
from audio_cogito.types import PromptRef, Record, Trace, identity

PROVENANCE = ".provenance.jsonl"
CARD = "README.md"


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


class Provenance(Record):
    """Where a row came from."""

    trace: str
    question: str
    clips: tuple[str, ...]
    licences: tuple[str | None, ...]
    drawn_with: PromptRef
    """The prompt that the thinker was sent; another than the row's where it was shown the answer."""
    weight: float | None = None


class Exported(NamedTuple):
    """Which files were written, with their rows, and what was left out for which reason."""

    files: dict[Path, int]
    left_out: Counter[str]


class _Split(NamedTuple):
    """One split's files while they are written."""

    write: Callable[[Sample], None]
    provenance: IO[bytes]


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
    counted = card.Counted()
    words = worded(run.record, prompt, drawn_with) if drawn_with else Wording(prompt, prompt.ref)
    apart = contamination or Contamination(())
    samples = _samples(run, words, settings, random_seed, format.INFO.most_sounds, left_out, apart)
    with _parts_removed(folder):
        counts = _write(samples, format, carried, counted)
        _check(format, carried, counts)
        files = _publish(format, carried, counts)
    if files:
        loads = {split: _names(split, format)[0] for split in counts} if format.INFO.loads else {}
        looked = tuple(asked_again(run.record.decontamination, apart.looked()))
        card.write(
            folder / CARD,
            run,
            counted,
            format=format_name,
            audio=carried.how,
            left_out=left_out,
            files=loads,
            looked=looked,
        )
    return Exported(files, left_out)


def _carriage(format: Format, name: str, wanted: Carriage | None) -> Carriage:
    if wanted is None:
        return format.INFO.audio[0]
    if wanted not in format.INFO.audio:
        raise SetupError(f"{name} cannot have export.audio = {wanted!r}, only {', '.join(format.INFO.audio)}")
    return wanted


# --- which traces -----------------------------------------------------------------------------------------------------


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


# --- files ------------------------------------------------------------------------------------------------------------


def _write(samples: Iterable[Sample], format: Format, carried: Carried, counted: card.Counted) -> Counter[str]:
    """The part files, a split's when its first row comes; returns the rows of each split."""
    splits: dict[str, _Split] = {}
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        for sample in samples:
            split = sample.trace.question.clips[0].split
            if split not in splits:
                rows, provenance = _parts(carried.folder, split, format)
                splits[split] = _Split(
                    stack.enter_context(format.writer(rows, carried)), stack.enter_context(provenance.open("wb"))
                )
            splits[split].write(sample)
            splits[split].provenance.write(msgspec.json.encode(_provenance(sample)) + b"\n")
            counts[split] += 1
            counted.add(sample, split)
    return counts


def _provenance(sample: Sample) -> Provenance:
    clips = sample.trace.question.clips
    return Provenance(
        trace=sample.trace.id,
        question=sample.trace.question.id,
        clips=tuple(clip.id for clip in clips),
        licences=tuple(clip.recording.licence for clip in clips),
        drawn_with=sample.trace.prompt,
        weight=sample.weight,
    )


def _names(split: str, format: Format) -> tuple[str, str]:
    return f"{split}{format.INFO.suffix}", f"{split}{PROVENANCE}"


def _parts(folder: Path, split: str, format: Format) -> tuple[Path, Path]:
    rows, provenance = _names(split, format)
    return folder / f".{rows}.part", folder / f".{provenance}.part"


def _check(format: Format, carried: Carried, counts: Counter[str]) -> None:
    """Read the part files again. Raises SetupError for a row that is not as it must be, or not there."""
    for split, count in sorted(counts.items()):
        read = 0
        for read, faults in enumerate(format.faults(_parts(carried.folder, split, format)[0], carried), start=1):
            if faults:
                raise SetupError(f"row {read} of split {split!r} is not fit for training: {'; '.join(faults)}")
        if read != count:
            raise SetupError(f"split {split!r}: {count} rows were written and {read} read back")


def _publish(format: Format, carried: Carried, counts: Counter[str]) -> dict[Path, int]:
    """Give the files their names, sounds before the rows that name them, and remove those of an earlier export."""
    folder, kept = carried.folder, set[str]()
    _publish_sounds(folder)
    for split in sorted(counts):
        for part, name in zip(_parts(folder, split, format), _names(split, format), strict=True):
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(folder / name)
            kept.add(name)
    beside = format.beside(tuple(sorted(counts))) if counts else {}
    for name, data in beside.items():
        write_whole(folder / name, data)
    for path in (*folder.glob("*.jsonl"), *folder.glob(f"*{format.INFO.suffix}"), *(() if counts else [folder / CARD])):
        if path.name not in kept:
            path.unlink(missing_ok=True)
    return {folder / _names(split, format)[0]: counts[split] for split in sorted(counts)}


def _publish_sounds(folder: Path) -> None:
    """The copies of this export stand in for those of the last: a sound that no row names must not stay behind."""
    staged, place = folder / exports.STAGED_AUDIO, folder / AUDIO_FOLDER
    if place.exists():
        place.rename(folder / ".replaced.part")
    if staged.exists():
        staged.rename(place)


@contextmanager
def _parts_removed(folder: Path) -> Iterator[None]:
    """The folder, made, in which nothing half done stays behind."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_parts(folder)
        try:
            yield
        finally:
            _remove_parts(folder)
    except OSError as error:
        raise SetupError(f"{folder} cannot be written: {error.strerror or error}") from error


def _remove_parts(folder: Path) -> None:
    for part in folder.glob(".*.part"):
        if part.is_dir():
            shutil.rmtree(part)
        else:
            with suppress(FileNotFoundError):
                part.unlink()
