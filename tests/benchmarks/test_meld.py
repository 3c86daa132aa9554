"""MELD: the label to the letter, and three numbers that are told apart."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from audio_cogito import benchmarks
from audio_cogito.benchmarks import meld
from audio_cogito.errors import SetupError
from audio_cogito.grading.classes import balanced_accuracy, weighted_f1
from benchmark_rows import shared, write_lines
from road import cogito_here

TRUE = ["neutral"] * 5 + ["joy"] * 3 + ["anger"] * 2
SAID = ["neutral", " neutral", "joy", "neutral", "sad?", "joy", "neutral", "joy", "anger", "Anger"]
HEADER = [
    "Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID", "Season", "Episode",
    "StartTime", "EndTime",
]  # fmt: skip


def write(folder: Path, emotions: list[str] = TRUE) -> Path:
    path = folder / "test_sent_emo.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for n, emotion in enumerate(emotions):
            clock = ("00:14:38,127", "00:14:40,378")
            rows.writerow([n + 1, "Well, “yes”,\nI do", "A", emotion, "neutral", n // 3, n % 3, 3, 19, *clock])
    return path


def test_unweighted_accuracy_and_weighted_f1_are_those_of_scikit_learn() -> None:
    # sklearn 1.x: balanced_accuracy_score and f1_score(average="weighted") of the same lists.
    pairs = list(zip(TRUE, [said.lstrip() for said in SAID], strict=True))
    assert balanced_accuracy(pairs) == pytest.approx(0.5888888888888889)
    assert weighted_f1(pairs) == pytest.approx(0.6666666666666666)


def test_score_prints_and_writes_the_three_numbers(tmp_path: Path) -> None:
    meta, out = write(tmp_path), tmp_path / "out"
    said = [{"id": f"dia{n // 3}_utt{n % 3}", "answer_prediction": text} for n, text in enumerate(SAID)]
    predictions = write_lines(tmp_path / "said.jsonl", said)
    done = cogito_here("score", "meld", "--meta", str(meta), "--predictions", str(predictions), "--out", str(out))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((out / "summary.json").read_text())["avg"] == pytest.approx(60.0)
    found = {one["name"]: one["value"] for one in json.loads((out / "measures.json").read_text())}
    assert found == {"UA": pytest.approx(58.8889, abs=1e-4), "WF1": pytest.approx(66.6667, abs=1e-4)}
    (own,) = (line.split() for line in done.stdout.splitlines() if line.endswith("this run"))
    assert own[-5:-2] == ["60.00", "58.89", "66.67"]
    assert "Audio-Reasoner" in done.stdout
    assert "Table 8" in done.stdout


@pytest.mark.parametrize(("said", "right"), [("joy", True), ("\n joy", True), ("joy ", False), ("Joy", False)])
def test_label_has_to_be_said_to_the_letter_but_for_blanks_before_it(tmp_path: Path, said: str, right: bool) -> None:
    (item,) = benchmarks.read("meld", meld, write(tmp_path, ["joy"])).items
    assert meld.grader(item)(said) is right


def test_clip_is_named_by_dialogue_and_utterance(tmp_path: Path) -> None:
    items = benchmarks.read("meld", meld, write(tmp_path)).items
    assert items[4].audio == "output_repeated_splits_test/dia1_utt1.mp4"
    assert items[4].choices == meld.LABELS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (",".join(HEADER) + "\n1,a,b,happy,x,0,0,1,1,a,b\n", "row 1: 'happy' is none of the emotions"),
        (",".join(HEADER) + "\n1,a,b\n", "row 1: 'Emotion' is missing"),
        ("Emotion\njoy\n", "row 1: 'Dialogue_ID' is missing"),
        ('a,b\n"x', "no CSV file"),
        ("", "no item"),
    ],
)
def test_metadata_that_are_no_good_are_named_in_a_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "test_sent_emo.csv"
    path.write_text(text)
    with pytest.raises(SetupError, match=said) as error:
        benchmarks.read("meld", meld, path)
    assert "\n" not in str(error.value)


def test_real_metadata_are_told_by_their_hash_and_the_majority_scores_as_known() -> None:
    metadata = benchmarks.read("meld", meld, shared("sources/meld_test_sent_emo.csv"))
    assert metadata.version is not None
    answers = {item.id: "neutral" for item in metadata.items}
    unweighted, f1 = (one.value for one in meld.measures(metadata.items, answers))
    right = sum(meld.grader(item)("neutral") for item in metadata.items)
    assert (len(metadata.items), right) == (2610, 1256)
    assert (unweighted, f1) == (pytest.approx(14.2857, abs=1e-4), pytest.approx(31.2685, abs=1e-4))
