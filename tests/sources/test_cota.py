"""CoTA's rows are questions with the answer's response as key; tags that do not close in order are malformed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tones
from audio_cogito import sources
from audio_cogito.errors import SetupError
from audio_cogito.ledger import Failure
from audio_cogito.sources import cota
from audio_cogito.types import Recording
from road import build, calls, cogito_here, traces, write_recipe
from server import Options, Server

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
CHAIN = "<THINK><PLANNING>p</PLANNING><Caption>c</Caption><REASONING>r</REASONING><SUMMARY>s</SUMMARY></THINK>"


def table(path: Path, *answers: str | None, **names: str) -> Path:
    columns = {
        names.get("audio", "audio"): [{"bytes": b"x", "path": "a.wav"}] * len(answers),
        names.get("question", "question"): [f"What is {i}?" for i in range(len(answers))],
        names.get("answer", "answer"): list(answers),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.table(columns), path)
    return path


def read(path: Path, **settings: Any) -> list[Recording | Failure]:
    return list(cota.recordings(cota.Settings(path=str(path), **settings)))


def heard(path: Path, answer: str) -> Path:
    """A table of one question about a tone."""
    sound = tones.write(path.with_name("a.wav"), tones.tone(0.6)).read_bytes()
    cells = {"audio": [{"bytes": sound, "path": "a.wav"}], "question": ["Which animal is heard?"], "answer": [answer]}
    parquet.write_table(pyarrow.table(cells), path)
    return path


async def test_chain_is_verified_and_exported_as_it_is_and_no_thinker_is_asked(tmp_path: Path) -> None:
    heard(tmp_path / "00.parquet", f"{CHAIN} <RESPONSE>A dog.</RESPONSE>")
    checks = {"checks": ["complete", "judge"], "all": True}
    async with Server(Options()) as server:
        recipe = write_recipe(
            tmp_path, server.url, sources={"cota": {"path": "00.parquet", "domains": ["sound"]}}, verify=checks
        )
        record = await build(recipe)
        again = await build(recipe)
    assert (record.usage["thinker"].calls, record.usage["auditor"].calls, calls(again)) == (0, 1, 0)
    (trace,) = traces(tmp_path / "runs/recipe")
    assert trace.thinking == CHAIN.removeprefix("<THINK>").removesuffix("</THINK>")
    assert (trace.text, trace.answer, trace.author, trace.right) == ("A dog.", "A dog.", cota.AUTHOR, True)
    assert trace.question.chain is None
    assert [verdict.check for verdict in trace.verdicts] == ["complete", "judge"]
    assert trace.verdicts[0].outcome == "pass"


async def test_accepted_chain_is_a_row_and_the_card_says_whose_it_is(tmp_path: Path) -> None:
    heard(tmp_path / "00.parquet", f"{CHAIN}<RESPONSE>A dog.</RESPONSE>")
    source = {"path": "00.parquet"}
    async with Server(Options()) as server:
        await build(write_recipe(tmp_path, server.url, sources={"cota": source}, verify={"checks": ["complete"]}))
    done = cogito_here("export", str(tmp_path / "runs/recipe"), "--to", "swift")
    assert done.returncode == 0, done.stderr
    rows = tmp_path / "runs/recipe/rows/swift"
    assert "<PLANNING>p</PLANNING>" in (rows / "train.jsonl").read_text()
    assert "1 rows hold a chain that came with its question" in (rows / "README.md").read_text()


async def test_chain_left_out_is_thought_about_anew(tmp_path: Path) -> None:
    heard(tmp_path / "00.parquet", f"{CHAIN}<RESPONSE>A dog.</RESPONSE>")
    async with Server(Options()) as server:
        record = await build(
            write_recipe(tmp_path, server.url, sources={"cota": {"path": "00.parquet", "chains": False}})
        )
    assert record.usage["thinker"].calls == 1
    assert [trace.author for trace in traces(tmp_path / "runs/recipe")] == ["scripted@1"]


@pytest.mark.parametrize(
    ("answer", "thinking"),
    [
        (f"{CHAIN}<RESPONSE>a</RESPONSE>", CHAIN[7:-8]),
        (f"{CHAIN.lower()}\n<response>a</response>\n", CHAIN.lower()[7:-8]),
        ("<PLANNING>p</PLANNING><RESPONSE>a</RESPONSE>", "<PLANNING>p</PLANNING>"),
        ("<THINK> </THINK><RESPONSE>a</RESPONSE>", None),
        ("a", None),
    ],
)
def test_chain_is_what_stands_around_the_response(answer: str, thinking: str | None) -> None:
    found = cota.chain(answer)
    assert (found.thinking if found else None) == thinking
    assert found is None or (found.text, found.author) == ("a", cota.AUTHOR)


def test_row_is_a_question_whose_key_is_the_response(tmp_path: Path) -> None:
    path = table(tmp_path / "meld" / "00.parquet", f"{CHAIN}<RESPONSE> A dog. </RESPONSE>", "A cat.")
    first, second = (one for one in read(tmp_path, domains=("sound",)) if isinstance(one, Recording))
    (posed,) = first.posed
    assert (posed.type, posed.text, posed.answer, posed.author) == ("open", "What is 0?", "A dog.", cota.AUTHOR)
    assert second.posed[0].answer == "A cat."
    assert (first.ref, first.split, first.domains) == (f"{path}::audio/0", "train", ("sound",))
    assert sources.poses(cota, cota.Settings(path="x"))


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (f"{CHAIN}<RESPONSE>a", "do not close: <RESPONSE>"),
        ("<THINK><PLANNING>p</THINK></PLANNING><RESPONSE>a</RESPONSE>", "do not close in order: </THINK>"),
        ("</RESPONSE>a<RESPONSE>", "do not close in order"),
        (CHAIN, "has 0 responses"),
        ("<RESPONSE>a</RESPONSE><response>b</response>", "has 2 responses"),
        ("<RESPONSE> </RESPONSE>", "has 1 responses"),
        (" ", "answer is no text"),
        (None, "answer is no text: None"),
    ],
)
def test_answer_that_is_not_whole_is_malformed_and_the_rest_is_read(
    tmp_path: Path, answer: str | None, detail: str
) -> None:
    table(tmp_path / "00.parquet", answer, "right")
    failed, good = read(tmp_path)
    assert isinstance(failed, Failure)
    assert (failed.reason, failed.subject) == ("malformed", f"{tmp_path / '00.parquet'}::audio/0")
    assert detail in failed.detail
    assert isinstance(good, Recording)


def test_corrupt_table_costs_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "00.parquet").write_bytes(b"PAR1 no more")
    table(tmp_path / "01.parquet", "a")
    broken, good = read(tmp_path)
    assert isinstance(broken, Failure)
    assert broken.reason == "undecodable"
    assert isinstance(good, Recording)


def test_columns_of_other_names_are_told_and_absent_ones_are_refused_at_once(tmp_path: Path) -> None:
    table(tmp_path / "00.parquet", "a", question="prompt")
    with pytest.raises(SetupError, match="no column 'question'; there are audio, prompt, answer"):
        cota.recordings(cota.Settings(path=str(tmp_path)))
    (found,) = read(tmp_path, question="prompt")
    assert isinstance(found, Recording)
