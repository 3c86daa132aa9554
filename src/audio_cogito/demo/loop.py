"""The steps of the demo, through the functions behind `cogito synth scenes`, `build`, `export` and `compare` and
`python -m audio_cogito.nano.distil`.

A step that is done is not done again; one that was interrupted is, and what it was paid for is remembered: replies lie
in the store, parts of a dataset in its folder. So a demo that was killed goes on.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from audio_cogito import config, nano, pipeline, prompts, report
from audio_cogito.audio import Sounds
from audio_cogito.config import Recipe
from audio_cogito.demo import Settings, exams
from audio_cogito.demo.domain import making
from audio_cogito.errors import SetupError
from audio_cogito.interrupts import finished
from audio_cogito.nano import distil
from audio_cogito.nano.pretrain import MALLOC
from audio_cogito.nano.schedule import Further
from audio_cogito.opening import opened
from audio_cogito.run import Run
from audio_cogito.stages import export
from audio_cogito.steps import Steps, claim, encoded
from audio_cogito.synth import dataset

STAMP = "demo.json"
A_SCENE = 3
"""Questions about one scene at most; scenes of this domain nearly always have as many."""
HELD_OUT_SEED, ROUND_SEED = 1_000_003, 7_919
"""By how much the random seeds of exam and rounds lie apart, so that no scene is in two of them."""
EXAM = ("think.draws=1", "think.sampling.temperature=0", "verify.all=true")


class Demo:
    """A demo under way in a folder. Raises SetupError where the folder holds one with other settings."""

    def __init__(self, folder: Path, settings: Settings, recipe: Path, err: Console) -> None:
        self.folder, self.settings, self.recipe, self.err = folder.absolute(), settings, recipe, err
        claim(self.folder, encoded(settings), stamp=STAMP, other="a demo with other settings")
        self._steps = Steps(self.folder)
        self.seconds = self._steps.seconds

    @property
    def rounds(self) -> list[int]:
        """Those that are done, exam included."""
        return [number for number in range(1, self.settings.rounds + 1) if f"exam {number}" in self.seconds]

    def run(self, name: str) -> Run:
        return Run(self.folder / "runs" / name)

    def exam(self, number: int) -> Run:
        """The held-out questions as they were answered after so many rounds."""
        return self.run(f"exam-{number}")

    def scenes(self, name: str) -> Path:
        return self.folder / "scenes" / name

    def model(self, number: int) -> str:
        """The model after so many rounds; before the first, the one that the settings name."""
        if number:
            return f"{nano.OTHER}{self.folder / 'models' / f'round-{number}'}"
        name = self.settings.model
        return name if name == nano.NAME else f"{nano.OTHER}{nano.folder_of(name).expanduser().absolute()}"

    def rows(self, number: int) -> Path:
        return self.run(f"round-{number}").rows / "swift" / "train.jsonl"

    def walk(self) -> None:
        """All steps that are not done yet."""
        nano.require()
        self._recipe("exam-0", self.scenes("held-out"), self.model(0))  # a fault of recipe or model, before scenes
        self._step("exam scenes", lambda: self._compose("held-out", 0, self.settings.held_out, 1, "test"))
        self._step("exam 0", lambda: self._examine(0))
        for number in range(1, self.settings.rounds + 1):
            if number > 1 and not self._time_for(number):
                self.say(f"no round {number}: it would not end within {self.settings.minutes:g} minutes")
                break
            self._round(number)

    def say(self, line: str) -> None:
        self.err.print(line, markup=False)

    def _round(self, number: int) -> None:
        scenes = -(-self.settings.questions // A_SCENE)
        name = f"round-{number}"
        self._step(f"scenes {number}", lambda: self._compose(name, number, scenes, A_SCENE, "train"))
        self._step(f"build {number}", lambda: self._build(name, self.scenes(name), self.model(number - 1)))
        self._step(f"export {number}", lambda: self._export(number))
        self._step(f"teach {number}", lambda: self._teach(number))
        self._step(f"exam {number}", lambda: self._examine(number))

    def _time_for(self, number: int) -> bool:
        """Begun rounds are ended; another is begun where one as long as the last fits."""
        parts = ("scenes", "build", "export", "teach", "exam")
        if f"scenes {number}" in self.seconds:
            return True
        last = sum(self.seconds[f"{part} {number - 1}"] for part in parts)
        return sum(self.seconds.values()) + last <= 60 * self.settings.minutes

    def _step(self, name: str, work: Callable[[], None]) -> None:
        if name in self.seconds:
            self.say(f"{name}: done already")
            return
        self.say(f"{name} ...")
        self._steps.do(name, work)
        total = sum(self.seconds.values())
        self.say(f"{name}: {self.seconds[name]:.0f} s ({total / 60:.1f} minutes so far)")

    # --- one step each ------------------------------------------------------------------------------------------------

    def _compose(self, name: str, number: int, count: int, questions: int, split: str) -> None:
        seed = self.settings.random_seed + (ROUND_SEED * number if number else HELD_OUT_SEED)
        made = making(self.settings.dial, random_seed=seed, questions=questions, split=split)
        for done in dataset.make(self.scenes(name), count, made):
            self.say(f"  {done:,} of {count:,} scenes")

    def _recipe(self, run: str, scenes: Path, model: str, *overrides: str) -> Recipe:
        own = {
            "run": str(self.run(run).folder),
            "store": str(self.folder / "store"),
            "sources.complex_audio.path": str(scenes),
            "models.thinker.name": model,
            "random_seed": self.settings.random_seed,
            "think.draws": self.settings.draws,
        }
        return config.load(self.recipe, (*(f"{key}={json.dumps(value)}" for key, value in own.items()), *overrides))

    def _build(self, name: str, scenes: Path, model: str, *overrides: str) -> None:
        finished(_built(self._recipe(name, scenes, model, *overrides), self.err))

    def _export(self, number: int) -> None:
        run = self.run(f"round-{number}")
        recipe = config.again(run.record.recipe)
        prompt = prompts.load(recipe.think.row_prompt, recipe.folders)
        exported = export.export(
            run,
            "swift",
            sounds=Sounds(Path(recipe.store) / "audio"),
            prompt=prompt,
            settings=recipe.export,
            random_seed=recipe.random_seed,
            folders=recipe.folders,
            drawn_with=prompt.ref,
        )
        if not exported.files:
            raise SetupError(f"no chain of {run.folder} was accepted, so there is nothing to teach: lower dial=")
        self.say(f"  {sum(exported.files.values()):,} verified chains")

    def _teach(self, number: int) -> None:
        out = nano.folder_of(self.model(number))
        shutil.rmtree(out, ignore_errors=True)
        out.parent.mkdir(parents=True, exist_ok=True)
        own = self.settings
        settings = Further(random_seed=own.random_seed, epochs=own.epochs, batch=own.batch, rate=own.rate)
        command = distil.command(self.rows(number), out, self.model(number - 1), settings)
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | MALLOC
        ) as child:
            last = ""
            try:
                for line in child.stdout or ():
                    last = line.strip()
                    self.say(f"  {last}")
            except BaseException:
                child.terminate()
                raise
        if child.returncode:
            raise SetupError(last.removeprefix("cogito: ") or f"the teaching ended with code {child.returncode}")

    def _examine(self, number: int) -> None:
        self._build(f"exam-{number}", self.scenes("held-out"), self.model(number), *EXAM)
        exams.write(self.exam(number), self.folder / "exams" / str(number))


async def _built(recipe: Recipe, err: Console) -> None:
    async with opened(recipe) as build, report.live(build, err):
        await pipeline.walk(build)
    err.print(report.funnel(build.run.record))
