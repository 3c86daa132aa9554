"""Rows for training, each read by the library it is for, in an environment of its own (scripts/engines)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import nano
from audio_cogito.types import Distractor, Trace
from engines.conftest import environment
from exporting import PASSED, export_to, truly_named
from made import make_clip, make_question, make_trace

pytestmark = pytest.mark.engine
HERE = Path(__file__).parent
CHECKPOINT = Path(nano.__file__).with_name("checkpoint")
BLOCK = 10 << 20
"""Bytes of JSON lines from which `datasets` takes the types of columns."""


def trace(name: str, *choices: str, **changes: Any) -> Trace:
    told = (Distractor(text="a cat", confusion="a high bark taken for a mew"),) if choices else ()
    clips = (truly_named(make_clip(name)),)
    question = make_question(*choices, answer="a dog", clips=clips, distractors=told, **changes)
    return make_trace(question, verdicts=PASSED)


def rows(folder: Path, format: str, traces: list[Trace] | None = None, **settings: Any) -> Path:
    export_to(folder, traces or [trace(name, "a dog", "a cat") for name in "abc"], format, **settings)
    return folder / "run/rows" / format


def loaded(engine: str, script: str, *arguments: object, out: Path, in_folder: Path | None = None) -> Any:
    """What a script of this folder told, run in an engine's environment, offline and with caches of its own."""
    out.mkdir(exist_ok=True)
    python = environment(engine)
    caches = {"HF_HOME": str(out / "hf"), "MODELSCOPE_CACHE": str(out / "ms"), "HF_HUB_OFFLINE": "1"}
    command = [str(python), str(HERE / script), *map(str, arguments), str(out)]
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | caches | quiet, cwd=in_folder
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((out / "told.json").read_text())


def test_llama_factory_masks_the_prompt_and_trains_on_chain_and_answer(tmp_path: Path) -> None:
    folder = rows(tmp_path, "llama_factory", audio="once")
    arguments = (folder, CHECKPOINT, "cogito_train")
    told = loaded("llama_factory", "loading_llama_factory.py", *arguments, out=tmp_path / "out", in_folder=tmp_path)
    assert len(told) == 3
    for row in told:
        assert row["trained"].startswith("<think>\n")
        assert (row["trained"].count("<think>"), row["trained"].count("</think>")) == (1, 1)
        assert row["trained"].rstrip().endswith("</think>\n\na dog<|im_end|>")
        assert row["prompt"].endswith("<|im_start|>assistant\n")
        assert "<audio>" not in row["prompt"]
        assert row["prompt"].count("<|audio_pad|>") == 2  # a tenth of a second
        (sound,) = row["sounds"]
        assert Path(sound).is_relative_to(folder)


@pytest.fixture(scope="module")
def trl(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("trl")
    return loaded("trl", "loading_trl.py", rows(folder, "trl") / "train.jsonl", CHECKPOINT, out=folder / "out")


def test_trl_sees_parts_without_each_others_keys(trl: Any) -> None:
    assert [sorted(part) for part in trl["parts"]] == [["audio", "type"], ["text", "type"]]


def test_trl_with_a_template_like_the_published_one_loses_the_chain(trl: Any) -> None:
    """The trap that docs/rows.md tells of; were it gone, so should the warning be."""
    assert trl["as it is"] == "a dog<|im_end|>\n"


def test_trl_trains_on_the_whole_chain_where_the_prompt_alone_is_rendered(trl: Any) -> None:
    assert trl["rendered"] == f"<think>\n{make_trace().thinking}\n</think>\n\na dog<|im_end|>"


def test_grpo_trainer_hands_every_column_to_the_reward_functions(trl: Any) -> None:
    told = trl["rewarded"]["columns"]
    assert (told["solution"], json.loads(told["choices"]), told["question_type"]) == (
        "a dog",
        ["a dog", "a cat"],
        "choice",
    )
    assert json.loads(told["rubric"])[0]["choices"] == [0, 1]
    assert told["reference"] == make_trace().thinking
    assert {"rewards/right/mean", "rewards/form/mean"} <= set(trl["rewarded"]["logged"])


def test_ms_swift_keeps_the_columns_of_grpo_rows_and_knows_the_rewards(tmp_path: Path) -> None:
    told = loaded("swift", "loading_swift.py", rows(tmp_path, "grpo") / "train.jsonl", out=tmp_path / "out")
    assert len(told["rows"]) == 3
    for row in told["rows"]:
        assert [message["role"] for message in row["messages"]] == ["user"]
        assert (row["solution"], json.loads(row["choices"])) == ("a dog", ["a dog", "a cat"])
        assert row["reference"] == make_trace().thinking
        assert len(row["audios"]) == 1
    assert told["rewards"] == [[1.0], [1.0]]  # of each function, of each answer


def test_datasets_reads_rows_whose_first_ten_megabytes_have_no_choices(tmp_path: Path) -> None:
    open_first, choice_last = trace("a", type="open", text="What? " * 2000), trace("b", "a dog", "a cat")
    file = rows(tmp_path, "grpo", [open_first, choice_last]) / "train.jsonl"
    lines = {'"choice"' in line: line for line in file.read_text().splitlines(keepends=True)}
    file.write_text(lines[False] * (BLOCK // len(lines[False]) + 100) + lines[True])
    told = loaded("trl", "loading_datasets.py", file, out=tmp_path / "out")
    assert json.loads(told["last"]["choices"]) == ["a dog", "a cat"]


def test_datasets_takes_the_parquets_struct_for_a_sound(tmp_path: Path) -> None:
    told = loaded("trl", "loading_datasets.py", rows(tmp_path, "parquet"), out=tmp_path / "out")
    assert (told["rows"], told["features"]["audio"]) == ({"train": 3}, "Audio")
    assert told["last"]["answer"] == "a dog"


def test_datasets_reads_soundless_rows(tmp_path: Path) -> None:
    told = loaded("trl", "loading_datasets.py", rows(tmp_path, "soundless"), out=tmp_path / "out")
    assert (told["rows"], told["last"]["answer"]) == ({"train": 3}, "a dog")
