"""`think.answer_shown`: the thinker explains a given answer, no row holds what it was shown, and everybody is told."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from audio_cogito import config, prompts
from audio_cogito.errors import SetupError
from audio_cogito.models.scripted import Scripted
from audio_cogito.report import funnel
from audio_cogito.stages import think
from audio_cogito.stages.export import Settings, export
from audio_cogito.stages.think import render_question
from audio_cogito.types import Trace
from exporting import PASSED, write_run
from made import make_question, make_trace
from road import build, cogito_here, traces, write_recipe, write_tones
from server import Options, Server

SECRET = "a zanzibar bell in a tower"
CHAIN = """<PLANNING>What rings.</PLANNING><CAPTION>Metal rings.</CAPTION><REASONING>{reasoning}</REASONING>
<SUMMARY>A bell.</SUMMARY>"""
SHOWN = {"style": "structured", "answer_shown": True}
URL = "http://127.0.0.1:9/v1"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server(Options()) as server:
        server.keep = True
        yield server


async def test_thinker_is_sent_key_and_caption_and_nothing_else_that_is_known() -> None:
    question = make_question("a bell", "a dog", caption=SECRET, evidence=("unsent",), skill="unsent", author="unsent")
    model = Scripted(lambda *_: f"<THINK>{CHAIN}</THINK><RESPONSE>The answer is a bell.</RESPONSE>")
    settings = msgspec.convert(SHOWN, think.Settings)
    prompt = prompts.load(settings.prompt)
    (trace,) = await think.think(question, model=model, prompt=prompt, settings=settings)
    ((sound, text),) = [message["content"] for message in json.loads(model.requests[0])["messages"]]
    assert sound == {"type": "audio", "clip": question.clips[0].id}
    assert f"<description>\n{SECRET}\n</description>" in text["text"]
    assert "<answer>\na bell\n</answer>" in text["text"]
    assert "unsent" not in text["text"]
    assert isinstance(trace, Trace)
    assert (trace.prompt, trace.answer) == (prompt.ref, "a bell")


@pytest.mark.parametrize("style", ["free", "observe"])
def test_answer_is_shown_to_structured_chains_alone(tmp_path: Path, style: str) -> None:
    recipe = write_recipe(tmp_path, URL, think={"style": style, "answer_shown": True})
    with pytest.raises(SetupError, match='set think.style = "structured"'):
        config.load(recipe)


def test_check_that_nothing_betrays_it_comes_first_listed_or_not(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, URL, think=SHOWN)
    assert config.load(recipe).verify.checks == (
        "unaided",
        *config.load(recipe, ("think.answer_shown=false",)).verify.checks,
    )
    listed = config.load(recipe, ("verify.checks=['complete', 'unaided']",))
    assert listed.verify.checks == ("complete", "unaided")
    assert config.again(config.resolved(listed)).digest == listed.digest


def test_weight_by_how_often_a_shown_answer_is_right_is_refused(tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, URL, think=SHOWN)
    with pytest.raises(SetupError, match=r"export\.weight.*think\.answer_shown"):
        config.load(recipe, ("export.weight=true",))


def explained(reasoning: str = "It rings.", **changes: Any) -> Trace:
    question = make_question("a bell", "a dog", caption=SECRET)
    drawn_with = prompts.load("explain").ref
    given: dict[str, Any] = {"prompt": drawn_with, "verdicts": PASSED, "author": reasoning} | changes
    return make_trace(question, thinking=CHAIN.format(reasoning=reasoning), **given)


def exported(folder: Path, trace: Trace, format: str = "swift", **changes: Any) -> tuple[str, Path]:
    """The rows' text and their folder."""
    known = (prompts.load("structured").ref, prompts.load("explain").ref)
    recipe = {"run": "r", "think": SHOWN | {"draws": 1}}
    run, sounds = write_run(folder, [trace], **{"prompts": known, "recipe": recipe} | changes)
    done = export(
        run,
        format,
        sounds=sounds,
        prompt=prompts.load("structured"),
        drawn_with=prompts.load("explain").ref,
        settings=Settings(),
        random_seed=0,
    )
    return "".join(path.read_text() for path in done.files), run.rows / format


@pytest.mark.parametrize("format", ["swift", "openai", "llama_factory"])
def test_row_asks_in_the_words_of_the_style_and_holds_nothing_that_was_shown(tmp_path: Path, format: str) -> None:
    trace = explained()
    rows, folder = exported(tmp_path, trace, format)
    assert msgspec.json.encode(render_question(trace.question, prompts.load("structured"))).decode()[1:-1] in rows
    for shown in (SECRET, "<description>", "<answer>", "We make examples"):
        assert shown not in rows
    provenance = json.loads((folder / "train.provenance.jsonl").read_text())
    assert provenance["drawn_with"]["name"] == "explain"


def test_card_says_that_answers_were_shown_and_that_no_row_was_sent(tmp_path: Path) -> None:
    _, folder = exported(tmp_path, explained())
    said = " ".join((folder / "README.md").read_text().split())
    for expected in (
        "was shown the answer and the annotator's caption",
        "No row's user text is what the thinker was sent",
        "rates of right answers, weights and difficulty cannot be had",
    ):
        assert expected in said
    for senseless in ("pass rate", "favours easy questions"):
        assert senseless not in said


def test_chain_drawn_without_the_answer_leaves_no_row_of_a_run_that_shows_it(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"the prompt 'explain' .* is not the one that trace .* was drawn with"):
        exported(tmp_path, explained(prompt=prompts.load("structured").ref))


def test_words_that_the_run_did_not_know_make_no_row(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="'structured' .* words the rows, is not the one that the run was built with"):
        exported(tmp_path, explained(), prompts=(prompts.load("explain").ref,))


async def test_road_with_the_answer_shown_says_no_accuracy_and_records_both_prompts(
    tmp_path: Path, server: Server
) -> None:
    write_tones(tmp_path / "recordings", 3)
    recipe = write_recipe(tmp_path, server.url, think=SHOWN, verify={"all": True})
    record = await build(recipe)
    assert {prompt.name for prompt in record.prompts} == {"construct", "explain", "structured", "judge"}
    assert {trace.verdicts[1].check for trace in traces(tmp_path / "runs/recipe")} == {"unaided"}
    asked = [body for body in server.requests if b"<description>" in body]
    assert len(asked) == record.stages["think"].kept
    console = Console(width=200)
    with console.capture() as printed:
        console.print(funnel(record))
    assert "answer is the key: says nothing, since the thinker was shown the answer" in printed.get()
    assert "before verification" not in printed.get()


def test_command_exports_rows_of_shown_answers_with_the_words_of_the_style(tmp_path: Path) -> None:
    recipe = config.load(write_recipe(tmp_path, URL, think=SHOWN))
    both = (prompts.load("structured").ref, prompts.load("explain").ref)
    run, _ = write_run(tmp_path, [explained()], recipe=config.resolved(recipe), prompts=both)
    (tmp_path / "store").mkdir()
    (tmp_path / "audio").rename(tmp_path / "store" / "audio")
    done = cogito_here("export", str(run.folder), "--to", "swift")
    assert done.returncode == 0, done.stderr
    (row,) = (run.rows / "swift" / "train.jsonl").read_text().splitlines()
    assert "Write nothing outside these tags." in row
    assert SECRET not in row
