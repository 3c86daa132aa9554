"""MMAU-Pro: published rules for instructions, the closed and the open part unscored, several sounds in a question."""

from __future__ import annotations

import asyncio
import json
import re
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from audio_cogito import benchmarks, prompts
from audio_cogito.benchmarks import Instruction, mmau_pro
from audio_cogito.errors import SetupError, Unreadable
from audio_cogito.grading import instructions, opened
from audio_cogito.grading.instructions import NEEDS_SENTENCES, kept
from audio_cogito.messages import Text
from benchmark_rows import read_lines, write_lines
from road import cogito, cogito_here, serving, write_tones
from server import Options, Server


def row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"made-{number}",
        "audio_path": [f"data/tone {number:04d}.wav"],
        "question": "What is heard?",
        "choices": ["a dog", "a cat"],
        "answer": "a dog",
        "category": "sound",
        "length_type": "short",
        "perceptual_skills": ["Events"],
        "reasoning_skills": [],
        "transcription": None,
        "task_classification": None,
        "task_identifier": None,
        "kwargs": None,
        "sub-cat": None,
    } | changes


def instruction(number: int, name: str = "No Commas", **options: Any) -> dict[str, Any]:
    return row(
        number, category="instruction following", choices=None, answer=None, task_identifier=name, kwargs=options
    )


def opened_row(number: int) -> dict[str, Any]:
    return row(number, category="open", choices=[], answer="Rain falls.")


def write(folder: Path, rows: list[dict[str, Any]]) -> Path:
    return write_lines(folder / "test.jsonl", rows)


@pytest.mark.parametrize(
    ("name", "options", "said", "right"),
    [
        ("Include Keywords", {"keywords": "Rain, dog"}, "The raining DOGS", True),
        ("Include Keywords", {"keywords": "Rain, dog"}, "rain", False),
        ("Forbidden Words", {"forbidden_words": "rain, dog"}, "training", False),
        ("Forbidden Words", {"forbidden_words": "rain, dog"}, "a cat", True),
        ("Keyword Frequency", {"keyword": "Dog", "N": 2}, "dog, Dogs, DOG.", True),
        ("Keyword Frequency", {"keyword": "dog", "N": 2}, "dog", False),
        ("Number Paragraphs", {"N": 2}, "one *** two ***  ", True),
        ("Number Paragraphs", {"N": 2}, "one\n\ntwo", False),
        ("Number Words (at least)", {"N": 3}, "one two three", True),
        ("Number Words (at least)", {"N": 3}, "one two", False),
        ("Number Words (at most)", {"N": 2}, "one two three", False),
        ("Number Words (range)", {"N1": 2, "N2": 3}, "one two three", True),
        ("Number Words (range)", {"N1": 2}, "one", False),
        ("Number Words (range)", {"N1": 1}, "word " * 1000, False),
        ("Postscript", {"postscript_marker": "P.S."}, "Yes. p s: more", True),
        ("Postscript", {"postscript_marker": "P.P.S."}, "P.S. more", False),
        ("Number Placeholder", {"N": 2}, "[a] and [b] and [c]", True),
        ("Number Placeholder", {"N": 2}, "[] and [b]", False),
        ("Number Bullets", {"N": 2}, "* one\n  * two", True),
        ("Number Bullets", {"N": 2}, "* one\n- two", False),
        ("Title", {}, "<<Rain>> falls", True),
        ("Title", {}, "<<>> falls", False),
        ("Minimum Number Highlighted Section", {"N": 1}, "so *loud* here", True),
        ("Minimum Number Highlighted Section", {"N": 2}, "so *loud* here", False),
        ("Multiple Sections", {"N": 2, "section_splitter": "SECTION"}, "SECTION one SECTION two", True),
        ("Multiple Sections", {"N": 2, "section_splitter": "SECTION"}, "one", False),
        ("Repeat Prompt", {"prompt": "What is heard?"}, " what is HEARD? A dog.", True),
        ("Repeat Prompt", {"prompt": "What is heard?"}, "A dog.", False),
        ("Two Responses", {}, "a dog ****** a cat", True),
        ("Two Responses", {}, "a dog ****** A Dog", False),
        ("All Uppercase", {}, "A DOG!", True),
        ("All Uppercase", {}, "A DOg!", False),
        ("All Lowercase", {}, "a dog 3", True),
        ("All Lowercase", {}, "A dog", False),
        ("All-capital Words (at least)", {"N": 2}, "I hear A dog", True),
        ("All-capital Words (at most)", {"N": 1}, "I hear A dog", False),
        ("All-capital Words (range)", {"N1": 1, "N2": 2}, "I hear A dog", True),
        ("Start Checker", {"start_phrase": "I hear:"}, "i hear a dog", True),
        ("Start Checker", {"start_phrase": "I hear:"}, "Then I hear a dog", False),
        ("End Checker", {"end_phrase": "That is all."}, "A dog. THAT is all!", True),
        ("End Checker", {"end_phrase": "That is all."}, "That is all. A dog", False),
        ("Quotation", {}, ' "a dog" ', True),
        ("Quotation", {}, '"a dog', False),
        ("No Commas", {}, "a dog; a cat", True),
        ("No Commas", {}, "a dog, a cat", False),
        ("Something New", {}, "a dog", False),
    ],
)
def test_instructions_are_held_against_the_published_rules(
    name: str, options: dict[str, Any], said: str, right: bool
) -> None:
    assert kept(said, Instruction(name=name, options=options)) is right


def test_megabytes_are_held_against_every_rule_at_once() -> None:
    began = time.process_time()
    for said in (
        "[" * 10**5,
        "<" * 10**5,
        "a" + " " * 10**5 + "b",
        "\n" * 10**5 + "b",
        "*" * 10**5,
        "* \n" * 10**5,
    ):
        for name in instructions.RULES:
            instructions.kept(said, Instruction(name=name, options={"N": 1, "section_splitter": "##", "keyword": "a"}))
    assert time.process_time() - began < 5


@given(st.text("[]<>* \n#a", max_size=16))
def test_one_pass_finds_what_the_published_patterns_find(said: str) -> None:
    assert instructions.placeholders(said) == len(re.findall(r"\[[^\]]+\]", said))
    assert instructions.titled(said) == (re.search(r"<<[^>]+>>", said) is not None)
    assert instructions.bullets(said) == len(re.findall(r"(?:^|\n)\s*\*\s+", said))
    sections = sum(bool(part.strip()) for part in re.split(r"\s*\#\s*", said.strip()))
    told = Instruction(name="Multiple Sections", options={"N": sections, "section_splitter": "#"})
    assert instructions.kept(said, told)


@pytest.mark.parametrize("name", sorted(NEEDS_SENTENCES))
def test_rules_that_count_sentences_say_neither(name: str) -> None:
    assert kept("One. Two.", Instruction(name=name, options={"N": 2})) is None


def score(folder: Path, rows: list[dict[str, Any]], said: list[str]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    predictions = write_lines(
        folder / "said.jsonl", [{"id": one["id"], "model_output": text} for one, text in zip(rows, said, strict=True)]
    )
    given = ("--meta", str(write(folder, rows)), "--predictions", str(predictions), "--out", str(folder / "out"))
    done = cogito_here("score", "mmau_pro", *given)
    assert (done.returncode, done.stderr) == (0, "")
    measures = {one["name"]: one["value"] for one in json.loads((folder / "out/measures.json").read_text())}
    return done.stdout, json.loads((folder / "out/summary.json").read_text()), measures


def test_closed_and_open_answers_are_unscored_and_string_match_stands_beside_by_name(tmp_path: Path) -> None:
    rows = [
        row(0),
        row(1),
        row(2),
        opened_row(3),
        instruction(4),
        instruction(5),
        instruction(6, "Number Sentences (range)"),
    ]
    said = ["a dog", "A dog.", "a cat", "It rains.", "fine", "not, fine", "One. Two."]
    told, summary, measures = score(tmp_path, rows, said)
    assert measures == {
        "Overall": None,
        "open": None,
        "instruction following": pytest.approx(50.0),
        "closed, our string match": pytest.approx(200 / 3),
    }
    assert (summary["items"], summary["unscored"], summary["missing"]) == (7, 5, 0)
    assert [line["correct"] for line in read_lines(tmp_path / "out/scores.jsonl")] == [*[None] * 4, 1, 0, None]
    assert "NV-Embed-v2" in told
    assert "no published number may be held beside it" in told
    assert "this run is" not in told


def test_items_that_no_choice_wins_are_not_claimed(tmp_path: Path) -> None:
    assert benchmarks.read("mmau_pro", mmau_pro, write(tmp_path, [row(0)])).unwinnable == ()


def test_instructions_alone_are_no_hidden_test(tmp_path: Path) -> None:
    assert not benchmarks.read("mmau_pro", mmau_pro, write(tmp_path, [instruction(0)])).hidden


def test_parquet_is_read_as_lines_are(tmp_path: Path) -> None:
    rows = [row(0), opened_row(1), instruction(2, "Number Bullets", N=2)]
    for one in rows:
        one["kwargs"] = {"N": None, "keyword": None} | (one["kwargs"] or {})
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "test.parquet")
    assert mmau_pro.items(tmp_path / "test.parquet") == mmau_pro.items(write(tmp_path, rows))


async def test_question_about_two_sounds_is_asked_with_both_and_no_other_is_asked(tmp_path: Path) -> None:
    write_tones(tmp_path / "data", 3)
    rows = [row(0, audio_path=["data/tone 0000.wav", "data/tone 0002.wav"]), row(1)]
    write(tmp_path, rows)
    async with Server(Options()) as server:
        server.keep = True
        given = ("--model", f"scripted@{server.url}", "--data", str(tmp_path), "--out", str(tmp_path / "run"))
        done = await asyncio.to_thread(cogito, "evaluate", "mmau_pro", *given)
        sent = [json.loads(request)["messages"][-1]["content"] for request in server.requests]
    assert done.returncode == 0, done.stderr
    assert sorted(sum(part["type"] != "text" for part in parts) for parts in sent) == [1, 2]
    assert "nothing_to_ask" in done.stdout
    assert len(read_lines(tmp_path / "run/submission.jsonl")) == 2


def test_missing_second_sound_costs_its_item_alone(tmp_path: Path) -> None:
    write_tones(tmp_path / "data", 2)
    write(tmp_path, [row(0, audio_path=["data/tone 0000.wav", "data/none.wav"]), row(1)])
    with serving() as url:
        given = ("--model", f"scripted@{url}", "--data", str(tmp_path), "--out", str(tmp_path / "run"))
        done = cogito_here("evaluate", "mmau_pro", *given)
    assert done.returncode == 3, done.stderr
    assert [line["id"] for line in read_lines(tmp_path / "run/submission.jsonl")] == ["made-1"]
    assert [line["outcome"] for line in read_lines(tmp_path / "run/scores.jsonl")] == ["missing", "unscored"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"audio_path": []}, "'audio_path' is no list of paths"),
        ({"audio_path": [3]}, "'audio_path' is no list of paths"),
        ({"choices": "a dog"}, "'choices' is no list of texts"),
        ({"answer": None}, "'answer' is missing"),
        ({"category": "instruction following"}, "'task_identifier' is missing"),
        ({"category": "instruction following", "task_identifier": "Title", "kwargs": "{}"}, "'kwargs' is no object"),
    ],
)
def test_row_that_is_no_good_is_named_in_a_line(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SetupError, match=said):
        benchmarks.read("mmau_pro", mmau_pro, write(tmp_path, [row(0, **changes)]))


def test_parquet_that_is_none_is_a_setup_error(tmp_path: Path) -> None:
    (tmp_path / "test.parquet").write_text("no table")
    with pytest.raises(SetupError, match="cannot be read"):
        benchmarks.read("mmau_pro", mmau_pro, tmp_path / "test.parquet")


# --- open answers, judged ---------------------------------------------------------------------------------------------

FOUR = "CORRECTNESS: {} - so\nRELEVANCE: {} - so\nCOMPLETENESS: {} - so\nCLARITY: {} - so\n"


@pytest.mark.parametrize(
    ("reply", "overall"),
    [
        (FOUR.format(4, 4, 4, 4) + "OVERALL: 4.5 - good", 4.5),
        (FOUR.format(4, 5, 4, 5), 4.5),
        (FOUR.format(5, 5, 4, 4) + "OVERALL: 3 - so", 4.5),
        ("overall: 2", 2.0),
    ],
)
def test_score_is_overall_or_the_mean_of_the_four_as_the_script_reads_it(reply: str, overall: float) -> None:
    assert opened.read_scores(reply)[-1] == pytest.approx(overall)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "It is good.",
        "CORRECTNESS: 4\nRELEVANCE: 4",
        "OVERALL: 3",
        "OVERALL: 9",
        FOUR.format(4, 4, 4, 7),
        "OVERALL: 0",
    ],
)
def test_reply_without_scores_is_refused_not_given_half_marks(reply: str) -> None:
    with pytest.raises(Unreadable):
        opened.read_scores(reply)


def test_request_is_the_published_one() -> None:
    said = {"question": "What falls?", "reference": "Rain.", "said": "Snow."}
    system, user = prompts.load("mmau_pro_open").messages((), **said)
    (text,) = (part.text for part in user.parts if isinstance(part, Text))
    # Of the official `create_evaluation_prompt(question, reference, said, "open")`, by its own file at 960e93a.
    assert sha256(text.encode()).hexdigest() == "a756afe8c6f29abbf7ebfeba4f434ac9bd49de2b25ab3f4ccd00af0f1f2b5f4e"
    assert [part.text for part in system.parts if isinstance(part, Text)] == [
        "You are a helpful and objective evaluator."
    ]


class OpenJudge:
    """Scores an answer by the number in it; says nothing of use where there is none."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def serve(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        answer = re.search(r"Model Response: (.*)", self.bodies[-1]["messages"][1]["content"])
        assert answer
        number = re.search(r"\d", answer[1])
        text = f"{FOUR.format(4, 4, 4, 4)}OVERALL: {number[0]}" if number else "I would rather not say."
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 9}})


async def test_open_answers_are_judged_once_and_the_rest_never(tmp_path: Path) -> None:
    judge, app = OpenJudge(), web.Application()
    app.router.add_post("/v1/chat/completions", judge.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    rows = [opened_row(0), opened_row(1), opened_row(2), row(3), instruction(4), opened_row(5)]
    said = [{"id": f"made-{n}", "model_output": text} for n, text in enumerate(["5", "2", "none", "a dog", "4"])]
    predictions = write_lines(tmp_path / "said.jsonl", said)
    given = ("--meta", str(write(tmp_path, rows)), "--predictions", str(predictions), "--out", str(tmp_path / "out"))
    judged = ("--judge", f"judge@http://127.0.0.1:{runner.addresses[0][1]}/v1")
    done = await asyncio.to_thread(cogito, "score", "mmau_pro", *given, *judged)
    again = await asyncio.to_thread(cogito, "score", "mmau_pro", *given, *judged)
    await runner.cleanup()
    assert (done.returncode, again.returncode) == (0, 0), done.stderr
    assert len(judge.bodies) == 3
    assert {(body["temperature"], body["max_tokens"]) for body in judge.bodies} == {(0.1, 512)}
    outcomes = [line["outcome"] for line in read_lines(tmp_path / "out/scores.jsonl")]
    assert outcomes == ["scored", "scored", "unscored", "unscored", "scored", "missing"]
    found = {one["name"]: one for one in json.loads((tmp_path / "out/measures.json").read_text())}
    assert found["open"]["value"] == pytest.approx(100 * (5 + 2) / 2 / 5)
    assert found["open"]["note"] == "over 2 open answers, 1 more with no readable score"
    assert "Ratings are by the judge" in done.stdout
