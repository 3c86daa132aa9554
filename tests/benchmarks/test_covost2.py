"""CoVoST 2: the split files as written, corpus BLEU with its signature, and BLEU-1 to BLEU-4 in both meanings."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from audio_cogito import benchmarks
from audio_cogito.benchmarks import covost2_en_zh, covost2_zh_en
from audio_cogito.errors import SetupError
from audio_cogito.grading import bleu
from benchmark_rows import read_lines, write_lines
from road import cogito_here, serving, write_tones

KEYS = ["他今天去学校了。", "她很喜欢苹果。"]
SAID = ["他今天去了学校。", "她喜欢苹果"]


def write(folder: Path, keys: list[str], name: str = "covost_v2.en_zh-CN.test.tsv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f'tone {n:04d}.wav\tHe said \\"so".\t{key}\tspeaker{n}' for n, key in enumerate(keys)]
    path = folder / name
    path.write_text("\n".join(["path\tsentence\ttranslation\tclient_id", *rows]) + "\n", "utf-8")
    return path


def values(out: Path) -> dict[str, float]:
    return {one["name"]: one["value"] for one in json.loads((out / "measures.json").read_text())}


def test_bleu_is_the_corpus_score_that_sacrebleu_prints() -> None:
    # `sacrebleu keys -i said -m bleu -tok zh`: 45.71 100.0/63.6/44.4/28.6 (BP = 0.857 hyp_len = 13 ref_len = 15)
    found = {one.name: one for one in bleu.measures(SAID, KEYS, "zh")}
    assert found["BLEU"].value == pytest.approx(45.7140, abs=1e-4)
    assert "tok:zh" in found["BLEU"].note
    precisions = [found[f"BLEU-{n}"].value for n in range(1, 5)]
    assert precisions == pytest.approx([100, 700 / 11, 400 / 9, 200 / 7])
    assert found["mean"].value == pytest.approx(sum(100 * x for x in (1, 7 / 11, 4 / 9, 2 / 7)) / 4)


def test_cumulative_scores_are_those_of_shorter_orders() -> None:
    # BLEU(tokenize="zh", max_ngram_order=n) for n = 1, 2, 3
    found = {one.name: one.value for one in bleu.measures(SAID, KEYS, "zh")}
    expected = [85.7404, 68.3972, 56.2807]
    assert [found[f"BLEU up to {n}"] for n in range(1, 4)] == pytest.approx(expected, abs=1e-4)


def test_missing_answers_leave_bleu_and_are_empty_in_the_strict_one(tmp_path: Path) -> None:
    meta, out = write(tmp_path, [*KEYS, "没有人。"]), tmp_path / "out"
    said = write_lines(
        tmp_path / "said.jsonl", [{"id": f"tone {n:04d}.wav", "answer_prediction": text} for n, text in enumerate(SAID)]
    )
    done = cogito_here("score", "covost2_en_zh", "--meta", str(meta), "--predictions", str(said), "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    found = values(out)
    assert found["BLEU"] == pytest.approx(45.7140, abs=1e-4)
    assert found["BLEU strict"] < found["BLEU"]
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["avg"], summary["avg_strict"], summary["missing"], summary["unscored"]) == (None, None, 1, 0)
    outcomes = [(line["correct"], line["outcome"]) for line in read_lines(out / "scores.jsonl")]
    assert outcomes == [(None, "scored"), (None, "scored"), (None, "missing")]
    (own,) = (line.split() for line in done.stdout.splitlines() if line.endswith("this run"))
    assert own[1:3] == ["45.71", "100.00"]
    assert "tok:zh" in done.stdout
    assert "Table 7" in done.stdout


@pytest.mark.parametrize(("module", "tokens"), [(covost2_en_zh, "tok:zh"), (covost2_zh_en, "tok:13a")])
def test_tokens_are_those_of_the_target_language(tmp_path: Path, module: ModuleType, tokens: str) -> None:
    items = module.items(write(tmp_path, KEYS))
    assert tokens in module.measures(items, {items[0].id: "x"})[0].note


def test_quotes_stay_and_backslashes_escape_as_the_split_script_writes_them(tmp_path: Path) -> None:
    (item,) = covost2_zh_en.items(write(tmp_path, ['"Yes", he said \\\\ she']))
    assert (item.answer, item.audio, item.type) == ('"Yes", he said \\ she', "clips/tone 0000.wav", "translation")


@pytest.mark.parametrize(
    ("text", "said"),
    [("a\tb\n1\t2\n", "row 1: 'path' is missing"), ("path\ttranslation\n", "no item"), ("", "no item")],
)
def test_split_that_is_none_is_named_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.tsv"
    path.write_text(text)
    with pytest.raises(SetupError, match=said):
        benchmarks.read("covost2_zh_en", covost2_zh_en, path)


def test_without_sacrebleu_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacrebleu.metrics.bleu", None)
    with pytest.raises(SetupError, match=r"pip install 'audio-cogito\[evaluate\]'"):
        bleu.measures(SAID, KEYS, "zh")


def test_model_is_evaluated_on_it(tmp_path: Path) -> None:
    write(tmp_path / "covost", KEYS)
    write_tones(tmp_path / "covost/clips", 2)
    with serving() as url:
        done = cogito_here(
            "evaluate", "covost2_en_zh", "--model", f"scripted@{url}", "--data", str(tmp_path / "covost"),
            "--out", str(tmp_path / "run"), "model.patience=2",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert values(tmp_path / "run")["BLEU"] >= 0
    assert "Without extraction" not in done.stdout
