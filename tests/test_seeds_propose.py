"""`seeds propose`: a model's drafts are linted beside the pool and wait for a person; asking again pays for nothing."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import prompts, seeds
from audio_cogito.errors import CallFailed, SetupError
from audio_cogito.models.scripted import Scripted
from audio_cogito.seeds.pool import as_file, placed_in, read
from audio_cogito.seeds.propose import Cell, Proposed, cells_of, examples, propose, reasons_of
from road import cogito_here, serving

POOL = placed_in(())
CELL = Cell(domain="sound", skill="cause", difficulty="hard")
OTHER = Cell(domain="music", skill="mood", difficulty="easy")
GOOD = "Which faint noise before the crash shows that somebody had meant to prevent it?"


def draft(text: str, **changes: Any) -> dict[str, Any]:
    return {"text": text, "form": "open", "options": [], "distractors": []} | changes


def saying(*drafts: dict[str, Any]) -> Scripted:
    return Scripted(lambda asked, draw, attempt: json.dumps({"questions": drafts}))


async def proposed(model: Scripted, *cells: Cell) -> Proposed:
    prompt = prompts.load("propose")
    return await propose(cells or (CELL,), model=model, prompt=prompt, pool=POOL, against=[], spelling=None, count=2)


async def test_draft_that_passes_is_kept_with_its_cell_and_author_and_no_review() -> None:
    (seed,) = (await proposed(saying(draft(GOOD)))).kept
    assert (seed.domain, seed.skill, seed.difficulty, seed.text) == ("sound", "cause", "hard", GOOD)
    assert (seed.provenance, seed.reviewed) == ("proposed by scripted@1; not reviewed", ())


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (POOL[0].seed.text, "twin"),
        (POOL[0].seed.text.replace("suffers", "suffered"), "near"),
        ("What sound is this?", "soundless"),
        ("Which of the noises in the clip comes before the crash?", "soundless"),
    ],
)
async def test_draft_with_a_fault_is_refused_with_the_fault(text: str, rule: str) -> None:
    made = await proposed(saying(draft(text), draft(GOOD)))
    assert [seed.text for seed in made.kept] == [GOOD]
    assert [refused.text for refused in made.refused] == [text]
    assert reasons_of(made.refused)[rule] == 1


async def test_same_draft_for_two_cells_is_kept_once() -> None:
    made = await proposed(saying(draft(GOOD)), CELL, OTHER)
    assert [seed.domain for seed in made.kept] == ["sound"]
    assert reasons_of(made.refused) == {"twin": 1}


async def test_reply_that_cannot_be_read_is_a_failed_cell_and_the_others_go_on() -> None:
    def script(asked: bytes, draw: int, attempt: int) -> str:
        return "none" if b"Skill: mood" in asked else json.dumps({"questions": [draft(GOOD)]})

    made = await proposed(Scripted(script), OTHER, CELL)
    assert [seed.text for seed in made.kept] == [GOOD]
    assert [failure.partition(":")[0] for failure in made.failed] == ["music/mood/easy"]


async def test_call_that_fails_is_a_failed_cell() -> None:
    def script(asked: bytes, draw: int, attempt: int) -> str:
        raise CallFailed("refused", "too long")

    assert (await proposed(Scripted(script))).failed == ("sound/cause/hard: refused: too long",)


def test_examples_are_of_the_cell_then_the_skill_then_the_domain() -> None:
    pool = seeds.load(())
    shown = examples(CELL, pool)
    cell = [seed for seed in pool if (seed.domain, seed.skill, seed.difficulty) == ("sound", "cause", "hard")]
    assert {seed.id for seed in cell} <= {seed.id for seed in shown[: len(cell)]}
    assert {(seed.domain, seed.skill) for seed in shown} == {("sound", "cause")}


def test_cells_are_named_by_pattern_or_else_the_thinnest() -> None:
    pool = [seed for seed in seeds.load(()) if (seed.skill, seed.difficulty) != ("sarcasm", "hard")]
    assert [str(cell) for cell in cells_of(pool, (), 1)] == ["speech/sarcasm/hard"]
    assert len(cells_of(pool, ("music/*/hard", "speech/sarcasm/*"), 1)) == 16 + 3
    with pytest.raises(SetupError, match="'bats/echo/hard' names no cell"):
        cells_of(pool, ("bats/echo/hard",), 1)


def test_command_writes_what_waits_and_pays_for_nothing_when_asked_again(tmp_path: Path) -> None:
    """The scripted server writes words without sense: all of them are accounted for, kept or refused."""
    with serving() as url:
        command = ["seeds", "propose", "--model", f"scripted@{url}", "--revision", "1", "--out", str(tmp_path / "out")]
        command += ["--cells", "sound/cause/*", "music/mood/easy", "--count", "3"]
        first, again = cogito_here(*command), cogito_here(*command)
    assert first.returncode == 0, first.stderr
    assert "asked 4 cells = answered 4 + failed 0" in first.stdout
    assert "calls 4 (" in first.stdout
    assert "calls 0 (0 tokens in, 0 out), remembered 4" in again.stdout
    kept = tomllib.loads((tmp_path / "out" / "candidates.toml").read_text()).get("seed", [])
    refused = (tmp_path / "out" / "refused.jsonl").read_text().splitlines()
    assert f"made {len(kept) + len(refused)} drafts = kept {len(kept)} + refused {len(refused)}" in first.stdout
    assert first.stdout.partition("calls")[0] == again.stdout.partition("calls")[0]


def test_cells_that_were_asked_before_an_interruption_are_not_asked_again(tmp_path: Path) -> None:
    """Candidates are written last: what a kill leaves are the replies."""
    with serving() as url:
        command = ["seeds", "propose", "--model", f"scripted@{url}", "--revision", "1", "--out", str(tmp_path)]
        cogito_here(*command, "--cells", "sound/cause/hard", "music/mood/easy")
        (tmp_path / "candidates.toml").unlink()
        again = cogito_here(*command, "--cells", "sound/cause/*", "music/mood/easy")
    assert "remembered 2" in again.stdout
    assert "calls 2 (" in again.stdout


def test_candidates_of_which_none_passed_are_a_file_that_lint_and_review_can_read(tmp_path: Path) -> None:
    path = tmp_path / "candidates.toml"
    path.write_bytes(as_file([]))
    assert list(read(path)) == []
    assert "0 seeds, 0 faults" in cogito_here("seeds", "lint", str(path)).stderr
    done = cogito_here("review", "seeds", "--candidates", str(path), "--out", str(tmp_path / "mine"))
    assert (done.returncode, done.stderr.strip()) == (2, f"cogito: {path} holds no seeds")


def test_candidates_that_somebody_edited_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "candidates.toml").write_text("# mine\n")
    with serving() as url:
        ended = cogito_here(
            *("seeds", "propose", "--model", f"scripted@{url}", "--revision", "1"),
            *("--cells", "sound/cause/hard", "--out", str(tmp_path)),
        )
    assert ended.returncode == 2
    assert "move it away" in ended.stderr
    assert (tmp_path / "candidates.toml").read_text() == "# mine\n"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["--model", "scripted"], "is not NAME@URL"),
        (["--cells", "sound/cause"], "'sound/cause' names no cell"),
        (["--against", "none.json"], "there is no benchmark file none.json"),
        (["--out", "/proc/none"], "/proc/none"),
    ],
)
def test_wrong_option_is_one_clear_line_before_any_call(tmp_path: Path, changed: list[str], said: str) -> None:
    stated = {"--model": "m@http://127.0.0.1:9/v1", "--revision": "1", "--out": str(tmp_path)}
    stated |= {changed[0]: changed[1]}
    ended = cogito_here("seeds", "propose", *(word for pair in stated.items() for word in pair))
    assert ended.returncode == 2
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
