"""`cogito train` over a stand-in for ms-swift: what is checked before, what is watched while, what is left after."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from hashlib import blake2b
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import soundfile

import fake_swift
from audio_cogito.train import watching
from road import cogito_here
from training_runs import trace_of, write_train_recipe, write_training_run

NAMES = [f"sound {i}" for i in range(6)]


@pytest.fixture(autouse=True)
def _looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)


def trained(folder: Path, *arguments: str, traces: Any = None, **tables: Any) -> subprocess.CompletedProcess[str]:
    """The command over a run in the folder, which is made once."""
    if not (folder / "run").exists():
        write_training_run(folder, traces or [trace_of(name) for name in NAMES])
    recipe = write_train_recipe(folder, **tables)
    return cogito_here("train", str(folder / "run"), "--recipe", str(recipe), *arguments)


def result(folder: Path) -> Path:
    return folder / "run" / "train" / "train"


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((result(folder) / "train.json").read_text())
    return found


def wrong(monkeypatch: pytest.MonkeyPatch, **told: Any) -> None:
    monkeypatch.setenv("FAKE_SWIFT", json.dumps({key.replace("_", " "): value for key, value in told.items()}))


def test_training_leaves_adapter_record_and_plot(tmp_path: Path) -> None:
    done = trained(tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (result(tmp_path) / "adapter").iterdir()} >= {
        "adapter_model.safetensors",
        "adapter_config.json",
    }
    told = record(tmp_path)
    assert (told["state"], told["rows"], told["steps"], told["last_loss"]) == ("finished", 6, 6, 2 / 6)
    assert told["versions"]["ms-swift"] == "0"
    assert told["command"][0].endswith("/bin/swift")
    assert told["rows_digest"] == blake2b((result(tmp_path) / "rows.jsonl").read_bytes(), digest_size=16).hexdigest()
    assert told["modules"] == ["thinker.model.layers.0.self_attn.q_proj", "thinker.model.layers.0.self_attn.v_proj"]
    assert ElementTree.parse(result(tmp_path) / "loss.svg").getroot().tag.endswith("svg")
    assert not list(result(tmp_path).glob(".*.part"))


def test_progress_shows_loss_rate_speed_and_time_left(tmp_path: Path) -> None:
    said = trained(tmp_path).stderr
    assert "recipe: a test; rendered only, never run" in said
    tokens = record(tmp_path)["tokens"]
    assert f"step 2 of 6: loss 1, learning rate 1e-05, {tokens / 6 / 0.5:,.0f} tokens/s, 4s left" in said


def test_print_shows_the_command_and_the_configuration_and_makes_nothing(tmp_path: Path) -> None:
    done = trained(tmp_path, "--print")
    assert done.returncode == 0
    assert "/bin/swift sft " in done.stdout
    assert '"strict": true' in done.stdout
    assert "proven: rendered only, never run; a test" in done.stdout
    assert not (tmp_path / "run" / "train").exists()


def test_what_is_printed_is_what_is_started(tmp_path: Path) -> None:
    printed = trained(tmp_path, "--print").stdout
    assert trained(tmp_path).returncode == 0
    assert (result(tmp_path) / "swift.json").read_text() in printed
    assert " ".join(record(tmp_path)["command"]) in printed


def test_a_training_that_died_resumes_from_its_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, dies_at=5)
    died = trained(tmp_path)
    assert died.returncode == 2
    assert "No space left on device" in died.stderr
    assert not (result(tmp_path) / "adapter").exists()
    again = trained(tmp_path)
    assert again.returncode == 0, again.stderr
    assert "resuming from checkpoint-4" in again.stderr
    assert "step 4 of 6" not in again.stderr
    assert record(tmp_path)["steps"] == 6


@pytest.mark.parametrize(("step", "resumed"), [(4, "resuming from checkpoint-2"), (2, "starting ms-swift")])
def test_a_disk_that_fills_during_a_checkpoint_is_told_and_the_half_one_is_no_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, resumed: str
) -> None:
    wrong(monkeypatch, no_room_at=step)
    full = trained(tmp_path)
    assert (full.returncode, full.stderr.splitlines()[-1].count("No space left on device")) == (2, 1)
    assert (result(tmp_path) / "swift" / f"checkpoint-{step}" / "adapter_model.safetensors").exists()
    assert not (result(tmp_path) / "adapter").exists()
    assert record(tmp_path)["state"] == "begun"
    wrong(monkeypatch)
    again = trained(tmp_path)
    assert again.returncode == 0, again.stderr
    assert resumed in again.stderr
    assert record(tmp_path)["steps"] == 6


def test_what_torch_says_of_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    """As ms-swift ended where a file could not grow beyond 300 kB."""
    log = tmp_path / "log.txt"
    log.write_text("RuntimeError: [enforce fail at inline_container.cc:672] . unexpected pos 305216 vs 305108\n")
    assert watching.last_word(log).endswith(
        "unexpected pos 305216 vs 305108: torch could not write a file, is the disk full?"
    )
    log.write_text("RuntimeError: shapes do not match\n")
    assert watching.last_word(log) == "RuntimeError: shapes do not match"


def test_a_disk_that_is_full_before_the_start_is_told_and_leaves_no_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(part: Path, place: Path) -> Path:
        if part.name == ".rows.jsonl.part":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(part, place)

    replace = Path.replace
    monkeypatch.setattr(Path, "replace", full)
    done = trained(tmp_path)
    assert (done.returncode, "cannot be written: No space left on device" in done.stderr) == (2, True)
    assert not (result(tmp_path) / "rows.jsonl").exists()
    monkeypatch.undo()
    assert trained(tmp_path).returncode == 0


def test_an_export_that_is_interrupted_leaves_no_rows_and_the_next_has_them_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []

    def interrupted(path: Path) -> Any:
        looked.append(path)
        if len(looked) == 3:
            raise KeyboardInterrupt
        return info(path)

    info = soundfile.info
    monkeypatch.setattr(soundfile, "info", interrupted)
    stopped = trained(tmp_path)
    assert stopped.returncode == 130
    assert [path.name for path in result(tmp_path).iterdir() if not path.name.endswith("lock")] == []
    monkeypatch.undo()
    assert trained(tmp_path).returncode == 0
    assert len(rows(tmp_path)) == len(NAMES)


def test_a_checkpoint_that_is_not_whole_is_not_resumed_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, dies_at=5)
    trained(tmp_path)
    (result(tmp_path) / "swift" / "checkpoint-4" / "trainer_state.json").unlink()
    assert "resuming from checkpoint-2" in trained(tmp_path).stderr


def test_a_finished_training_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(tmp_path)
    before = record(tmp_path)
    wrong(monkeypatch, dies_at=1)
    again = trained(tmp_path)
    assert again.returncode == 0
    assert "done already" in again.stderr
    assert record(tmp_path) == before


def test_other_settings_or_rows_do_not_resume_a_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong(monkeypatch, dies_at=5)
    trained(tmp_path)
    files = [result(tmp_path) / name for name in ("rows.jsonl", "left-out.jsonl", "swift.json", "train.json")]
    before = [file.read_bytes() for file in files]
    for change in ("swift.learning_rate=0.5", 'export.prompt="bare"'):
        other = trained(tmp_path, change)
        assert other.returncode == 2
        assert "other rows, settings or weights" in other.stderr
        assert [file.read_bytes() for file in files] == before


def test_an_interrupt_ends_the_trainer_too_and_nothing_is_lost(tmp_path: Path) -> None:
    write_training_run(tmp_path, [trace_of(name) for name in NAMES])
    recipe = write_train_recipe(tmp_path)
    command = [sys.executable, "-m", "audio_cogito.cli", "train", str(tmp_path / "run"), "--recipe", str(recipe)]
    environment = os.environ | {"FAKE_SWIFT": json.dumps({"hangs at": 3})}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        for line in child.stderr:
            if line.startswith("step 3"):
                break
        child.send_signal(signal.SIGTERM)
        said = child.stderr.read()
    assert child.returncode == 130, said
    time.sleep(0.1)
    running = subprocess.run(["pgrep", "-f", str(result(tmp_path) / "swift.json")], capture_output=True, check=False)
    assert running.stdout == b""
    again = trained(tmp_path)
    assert "resuming from checkpoint-2" in again.stderr
    assert again.returncode == 0


def test_megatron_is_prepared_and_left_to_be_started(tmp_path: Path) -> None:
    done = trained(tmp_path, command=["megatron", "sft"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"/bin/megatron sft {result(tmp_path) / 'swift.json'}\n")
    assert record(tmp_path)["state"] == "begun"
    assert len(rows(tmp_path)) == 6


def test_all_parameters_leave_a_model_and_no_adapter(tmp_path: Path) -> None:
    """`model` is a link into the trainer's folder: a whole model is not copied."""
    recipe = {"max_length": 400, "tuner_type": "full"}
    done = trained(tmp_path, swift=recipe, adapter=None)
    assert done.returncode == 0, done.stderr
    assert (result(tmp_path) / "model").resolve() == result(tmp_path).resolve() / "swift" / "checkpoint-6"
    assert not (result(tmp_path) / "adapter").exists()


FULL = {"max_length": 400, "tuner_type": "full"}
PARAMETERS = {"touches": ["thinker.model.*"], "frozen": ["thinker.audio_tower.*"]}


def all_parameters(folder: Path, **tables: Any) -> subprocess.CompletedProcess[str]:
    (folder / "base").mkdir()
    fake_swift.write_model(folder / "base" / "model.safetensors")
    return trained(folder, **{"swift": FULL, "adapter": None, "model": str(folder / "base")} | tables)


def test_all_parameters_that_changed_stand_in_the_record(tmp_path: Path) -> None:
    done = all_parameters(tmp_path, parameters=PARAMETERS)
    assert done.returncode == 0, done.stderr
    assert "2 of 5 modules are no longer the base model's" in done.stderr
    changed = {part["modules"]: (part["changed"], part["of"]) for part in record(tmp_path)["changed"]}
    assert changed["thinker.audio_tower.layers.*.fc*"] == (0, 2)
    assert changed["thinker.model.layers.*.self_attn.q_proj"] == (1, 1)


def test_a_frozen_tower_that_moves_ends_the_training_at_its_first_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(monkeypatch, also_trains=[fake_swift.TOWER[0]], hangs_at=3)
    done = all_parameters(tmp_path, parameters=PARAMETERS)
    assert done.returncode == 2
    assert "thinker.audio_tower.* is to stay frozen, and 1 of its modules were trained" in done.stderr
    assert "step 4 of 6" not in done.stderr
    assert not (result(tmp_path) / "model").exists()


def test_parameters_that_were_to_be_trained_and_did_not_move_are_told(tmp_path: Path) -> None:
    done = all_parameters(tmp_path, parameters=PARAMETERS | {"touches": ["thinker.model.*", "thinker.lm_head"]})
    assert "thinker.lm_head is to be trained, and nothing of it was" in done.stderr
    assert (done.returncode, (result(tmp_path) / "model").exists()) == (2, False)


def test_a_base_model_that_cannot_be_read_is_said_where_the_recipe_holds_it_to_nothing(tmp_path: Path) -> None:
    done = trained(tmp_path, swift=FULL, adapter=None)
    assert "which weights changed was not looked at" in done.stderr
    assert (done.returncode, record(tmp_path)["changed"]) == (0, [])


def test_steps_in_place_of_epochs_tell_no_speed(tmp_path: Path) -> None:
    said = trained(tmp_path, swift={"max_length": 400, "max_steps": 6}).stderr
    assert "step 2 of 6: loss 1, learning rate 1e-05, 4s left" in said


# --- the traps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"drops_think": True}, "<think> stands 0 times in it, not once"),
        ({"learns_the_prompt": True}, "under the loss is"),
        ({"serves_otherwise": True}, "from token 4 on the question is not encoded as a server encodes it"),
        ({"loses_rows": 1}, "ms-swift trains on 5 rows of 6"),
        ({"also_trains": ["thinker.audio_tower.layers.0.fc1"]}, "thinker.audio_tower.* is to stay frozen"),
        ({"also_trains": ["thinker.lm_head"]}, "modules were trained that the recipe does not name"),
        ({"saves_half": True}, "left no checkpoint"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_trap_fails_the_training_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: dict[str, Any], said: str
) -> None:
    wrong(monkeypatch, **told)
    done = trained(tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (result(tmp_path) / "adapter").exists()


def test_a_template_that_drops_think_stops_before_the_trainer_and_shows_the_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(monkeypatch, drops_think=True)
    done = trained(tmp_path)
    assert "What is sound 0?" in done.stderr.partition("Encoded it reads:")[2]
    assert not (result(tmp_path) / "swift").exists()


@pytest.mark.parametrize("generation_prompt", ["", "<think>\n"])
def test_a_generation_prompt_may_open_the_reasoning_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, generation_prompt: str
) -> None:
    wrong(monkeypatch, generation_prompt=generation_prompt)
    assert trained(tmp_path).returncode == 0


@pytest.mark.parametrize("loss", ["all", "all but the opening tag", "answer"])
def test_each_loss_is_held_to_what_it_says(tmp_path: Path, loss: str) -> None:
    done = trained(tmp_path, rows={"loss": loss})
    assert done.returncode == 0, done.stderr


def test_an_adapter_that_leaves_out_what_is_to_be_trained_is_told(tmp_path: Path) -> None:
    done = trained(tmp_path, adapter={"touches": ["thinker.model.layers.*.self_attn.?_proj", "*.experts"]})
    assert "*.experts is to be trained, and nothing of it was" in done.stderr


# --- rows -------------------------------------------------------------------------------------------------------------


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (result(folder) / "rows.jsonl").read_text().splitlines()]


def left_out(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (result(folder) / "left-out.jsonl").read_text().splitlines()]


def test_rows_over_max_length_are_counted_and_listed_before_training(tmp_path: Path) -> None:
    long = trace_of("long", thinking="Bark. " * 100)
    done = trained(tmp_path, traces=[trace_of("short"), long])
    assert "left out, over 400 tokens: 1 rows" in done.stderr.partition("starting ms-swift")[0]
    assert f"  {long.id}: over 400 tokens" in done.stderr
    assert [row["trace"] for row in left_out(tmp_path)] == [long.id]
    assert len(rows(tmp_path)) == record(tmp_path)["rows"] == 1


def test_a_row_of_exactly_max_length_stays(tmp_path: Path) -> None:
    trained(tmp_path, traces=[trace_of("short")])
    tokens = record(tmp_path)["tokens"]
    for length, count in ((tokens, 1), (tokens - 1, 0)):
        done = trained(tmp_path, f"swift.max_length={length}", "--out", str(tmp_path / f"out-{length}"))
        assert ("no row is left" in done.stderr) == (count == 0), done.stderr


def test_chains_over_ten_thousand_characters_stay_out(tmp_path: Path) -> None:
    traces = [trace_of("short"), trace_of("kept", thinking="x" * 10_000), trace_of("long", thinking="x" * 10_001)]
    done = trained(tmp_path, traces=traces, swift={"max_length": 20_000})
    assert done.returncode == 0, done.stderr
    assert [row["reason"] for row in left_out(tmp_path)] == ["a chain over 10,000 characters"]


def test_sounds_longer_than_the_model_hears_are_refused(tmp_path: Path) -> None:
    done = trained(tmp_path, rows={"longest_seconds": 0.05})
    assert done.returncode == 2
    assert "no row is left to train on (a sound over 0.05 s: 6)" in done.stderr


def test_thought_dropout_empties_easy_chains_alone(tmp_path: Path) -> None:
    traces = [trace_of("easy", pass_rate=1.0), trace_of("hard", pass_rate=0.5), trace_of("unknown")]
    done = trained(tmp_path, traces=traces, rows={"thought_dropout": 1.0})
    assert done.returncode == 0, done.stderr
    empty = {
        row["messages"][0]["content"].split("?")[0]
        for row in rows(tmp_path)
        if "<think>\n\n</think>" in str(row["messages"][1]["content"])
    }
    assert empty == {"<audio>What is easy"}
    assert record(tmp_path)["thoughtless"] == 1


def test_weights_go_along_and_must_be_felt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = trained(tmp_path, traces=[trace_of("easy", pass_rate=1.0)], rows={"weights": True})
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path)[0]["messages"][1]["loss_scale"] == pytest.approx(2 / 3, abs=1e-6)
    wrong(monkeypatch, weightless=True)
    assert "is to weigh 0.6666" in trained(tmp_path, "--out", str(tmp_path / "other"), rows={"weights": True}).stderr


def test_splits_that_share_a_recording_are_refused(tmp_path: Path) -> None:
    traces = [trace_of("a", group="youtube:x"), trace_of("b", group="youtube:x", split="test")]
    done = trained(tmp_path, traces=traces)
    assert done.returncode == 2
    assert "share youtube:x" in done.stderr


def test_held_out_rows_are_not_trained_on(tmp_path: Path) -> None:
    trained(tmp_path, traces=[trace_of("a"), trace_of("b", split="test")])
    assert ["What is a?" in str(row) for row in rows(tmp_path)] == [True]


def test_a_missing_and_a_damaged_sound_are_told(tmp_path: Path) -> None:
    trace = trace_of("a")
    write_training_run(tmp_path, [trace])
    id = trace.question.clips[0].id
    sound = tmp_path / "audio" / id[:2] / f"{id}.flac"
    sound.write_bytes(b"no sound")
    assert f"the sound {sound} cannot be read" in trained(tmp_path).stderr
    sound.unlink()
    done = trained(tmp_path)
    assert (done.returncode, f"{sound} is not there" in done.stderr) == (2, True)


def test_a_chain_that_holds_a_tag_of_its_own_is_no_row_and_is_counted(tmp_path: Path) -> None:
    """In a row its tags would not balance."""
    done = trained(tmp_path, traces=[trace_of("a"), trace_of("b", thinking="A dog. </think> Or a cat.")])
    assert done.returncode == 0, done.stderr
    assert "no row, a reserved tag within a text: 1 traces" in done.stderr.partition("starting ms-swift")[0]
    assert ["What is a?" in str(row) for row in rows(tmp_path)] == [True]


def test_a_run_without_accepted_traces_is_told(tmp_path: Path) -> None:
    done = trained(tmp_path, traces=[trace_of("a", answer=None)])
    assert done.returncode == 2
    assert "nothing to train on" in done.stderr


def test_the_same_rows_in_the_same_order_each_time(tmp_path: Path) -> None:
    trained(tmp_path, rows={"thought_dropout": 0.5})
    first = (result(tmp_path) / "rows.jsonl").read_bytes()
    trained(tmp_path, "--out", str(tmp_path / "other"), rows={"thought_dropout": 0.5})
    assert (tmp_path / "other" / "rows.jsonl").read_bytes() == first


def test_a_question_of_a_benchmark_is_no_row_although_the_build_let_it_pass(tmp_path: Path) -> None:
    traces = [trace_of(name) for name in NAMES]
    asked = [{"question": trace.question.text, "choices": list(trace.question.choices)} for trace in traces]
    (tmp_path / "exam.json").write_text(json.dumps(asked))
    done = trained(tmp_path, f'export.against=["{tmp_path / "exam.json"}"]', traces=traces)
    assert f"no row, its question is one of exam: {len(NAMES)} traces" in done.stderr
    assert done.returncode == 2
    assert trained(tmp_path).returncode == 0


def test_an_engine_that_is_not_there_is_told_with_how_it_is_made(tmp_path: Path) -> None:
    done = trained(tmp_path, f'python="{tmp_path}/.venv-engines/qwen2_audio/bin/python"')
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "bash scripts/engines.sh qwen2_audio, or set python=" in done.stderr
