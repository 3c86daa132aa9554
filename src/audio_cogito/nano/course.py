"""The course itself: one step after the other, in one process or several that share each batch."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import msgspec
import torch
import torch.distributed as dist
from torch.multiprocessing.spawn import spawn

from audio_cogito.errors import SetupError
from audio_cogito.nano import TOKENIZER, checkpoint
from audio_cogito.nano.exam import Result, examine
from audio_cogito.nano.lessons import corpus
from audio_cogito.nano.optimiser import Muon
from audio_cogito.nano.recordings import Recordings
from audio_cogito.nano.schedule import Settings
from audio_cogito.nano.teaching import Classroom, Labeller, hearing_loss, writing_loss
from audio_cogito.store import write_whole
from audio_cogito.types import Record

CLIP = 1.0
"""The longest step of all gradients together."""
UNEVENNESS_WEIGHT = 0.01
NO_BF16 = "this processor has no bf16: float32 is used, about half as fast"
TEXTS = 8000
"""Lessons of which the tokenizer is made."""
EXAM_QUESTIONS = 216
MARK_EVERY = 25
"""Steps."""


def run(out: Path, settings: Settings, *, workers: int, every: float) -> None:
    """From nothing, or from where an earlier run was stopped, to the end. Raises SetupError."""
    prepare(out, settings, workers)
    spawn(work, (workers, out, settings, every), nprocs=workers)


def prepare(out: Path, settings: Settings, workers: int) -> None:
    """Fresh weights and the recordings, where they are not there yet. Raises SetupError for another run's folder."""
    out.mkdir(parents=True, exist_ok=True)
    stamp, own = out / "settings.json", msgspec.json.encode(settings)
    if stamp.exists():
        earlier = msgspec.json.decode(stamp.read_bytes(), type=Settings)
        if msgspec.structs.replace(earlier, lessons=settings.lessons) != settings:
            raise SetupError(f"{out} holds a course with other settings ({stamp}); take another --out")
    write_whole(stamp, own)
    if not (out / "model" / TOKENIZER).exists():
        texts = corpus(settings.random_seed + 1, TEXTS)
        checkpoint.create(out / "model", texts, vocabulary_size=settings.vocabulary, random_seed=settings.random_seed)
    Recordings(out / "scenes.f16", settings.random_seed, settings.scenes).make(workers)
    (out / "meeting").unlink(missing_ok=True)


class Mark(Record, omit_defaults=False):
    """A point of the curve."""

    step: int
    seen: int
    """Clips heard so far, those of the audio tower alone included."""
    minutes: float
    """Of training, all invocations together."""
    hearing: float
    """Loss of the frames; `found` is the intersection over union of what sounds."""
    found: float
    writing: float | None = None
    tokens_right: float | None = None
    exam: Result | None = None


class Course:
    """A training run under way, in one of several processes that share each batch."""

    def __init__(self, out: Path, settings: Settings, part: int, parts: int) -> None:
        self.out, self.settings, self.part, self.parts = out, settings, part, parts
        self.thinker, self.tokenizer = checkpoint.load(out / "model")
        self.thinker.requires_grad_(True).train()
        torch.manual_seed(settings.random_seed)
        self.labeller = Labeller(self.thinker.shape.hidden)
        named = [*self.thinker.named_parameters(), *self.labeller.named_parameters()]
        self.parameters = [p for _, p in named]
        self.optimiser = Muon(named)
        recordings = Recordings(out / "scenes.f16", settings.random_seed, settings.scenes)
        self.classroom = Classroom(recordings, self.tokenizer, settings.random_seed)
        self.curve: list[Mark] = []
        self.step, self.minutes = 0, 0.0
        self.half = has_bf16()

    def advance(self) -> Mark:
        """One step."""
        began = time.monotonic()
        settings = self.settings
        listening = self.step < settings.hearing_steps
        progress = 1.0 if listening else settings.lessons_over(self.step)
        batch = self.classroom.batch(self.step, settings.batch, progress, part=self.part, parts=self.parts)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            sounds = self.thinker.audio_tower(batch.mels, batch.lengths)
        loss, found = hearing_loss(sounds, batch, self.labeller)
        heard, written, right = float(loss.detach()), None, None
        if not listening:
            with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
                writing, unevenness, right = writing_loss(self.thinker, sounds, batch, self.classroom.audio)
            written = float(writing.detach())
            loss = loss + writing + UNEVENNESS_WEIGHT * unevenness
        loss.backward()
        self._share()
        torch.nn.utils.clip_grad_norm_([p for p in self.parameters if p.grad is not None], CLIP)
        self.optimiser.step(settings.rate_at(self.step))
        for parameter in self.parameters:
            parameter.grad = None
        self.step += 1
        self.minutes += (time.monotonic() - began) / 60
        return Mark(
            step=self.step,
            seen=self.step * settings.batch,
            minutes=round(self.minutes, 2),
            hearing=heard,
            found=found,
            writing=written,
            tokens_right=right,
        )

    def _share(self) -> None:
        """Mean gradients over the processes."""
        if self.parts == 1:
            return
        there = [p.grad for p in self.parameters if p.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in there])
        dist.all_reduce(flat)
        flat /= self.parts
        for gradient, mean in zip(there, flat.split([g.numel() for g in there]), strict=True):
            gradient.copy_(mean.view_as(gradient))

    def examine(self) -> Result:
        self.thinker.eval()
        found = examine(self.thinker, self.tokenizer, EXAM_QUESTIONS)
        self.thinker.train()
        return found

    def save(self) -> None:
        state = {
            "settings": msgspec.json.encode(self.settings).decode(),
            "step": self.step,
            "minutes": self.minutes,
            "thinker": self.thinker.state_dict(),
            "labeller": self.labeller.state_dict(),
            "optimiser": self.optimiser.state(),
            "curve": msgspec.json.encode(self.curve).decode(),
        }
        temporary = self.out / "training.pt.new"
        torch.save(state, temporary)
        temporary.replace(self.out / "training.pt")
        checkpoint.save(self.out / "model", self.thinker)
        write_whole(self.out / "curve.json", msgspec.json.format(msgspec.json.encode(self.curve), indent=1) + b"\n")

    def resume(self) -> None:
        path = self.out / "training.pt"
        if not path.exists():
            return
        state = torch.load(path, weights_only=True)
        self.step, self.minutes = state["step"], state["minutes"]
        self.thinker.load_state_dict(state["thinker"])
        self.labeller.load_state_dict(state["labeller"])
        self.optimiser.restore(state["optimiser"])
        self.curve = msgspec.json.decode(state["curve"], type=list[Mark])


def train(course: Course, *, every: float) -> None:
    """To the end of the course; examined and saved every so many minutes, by the first process."""
    saved = time.monotonic()
    while course.step < course.settings.steps:
        mark = course.advance()
        if course.part == 0 and course.step % MARK_EVERY == 0:
            course.curve.append(mark)
            _say(course, mark)
        due = torch.tensor(time.monotonic() - saved > every * 60)
        if course.parts > 1:
            dist.broadcast(due, 0)
        if (bool(due) or course.step == course.settings.steps) and course.part == 0:
            course.curve.append(msgspec.structs.replace(mark, exam=course.examine()))
            course.save()
            _say(course, course.curve[-1])
        if bool(due):
            saved = time.monotonic()
    if course.parts > 1:
        dist.barrier()


def _say(course: Course, mark: Mark) -> None:
    line = f"step {mark.step}/{course.settings.steps}  {mark.minutes:.1f} min"
    line += f"  frames {mark.hearing:.3f} ({mark.found:.2f})"
    if mark.writing is not None:
        line += f"  words {mark.writing:.3f} ({mark.tokens_right:.3f})"
    if mark.exam is not None:
        line += f"  exam {msgspec.json.encode(mark.exam).decode()}"
    print(line, flush=True)  # noqa: T201


def has_bf16() -> bool:
    """Whether this processor multiplies in bf16."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def work(part: int, parts: int, out: Path, settings: Settings, every: float) -> None:
    torch.set_num_threads(1)
    if parts > 1:
        dist.init_process_group(
            "gloo", init_method=f"file://{out / 'meeting'}", rank=part, world_size=parts, timeout=timedelta(hours=2)
        )
    course = Course(out, settings, part, parts)
    if part == 0 and not course.half:
        print(NO_BF16, flush=True)  # noqa: T201
    course.resume()
    train(course, every=every)
