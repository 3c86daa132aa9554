"""A stand-in for an engine's environment: a `python` that encodes rows, a letter a token, and a `swift` that trains
and merges.

`install` makes both. What they do wrong is told by the environment variable FAKE_SWIFT, a JSON object.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SOUND, START, END = "\ue000", "user\n", "\nassistant\n"
TOWER = ("thinker.audio_tower.layers.0.fc1", "thinker.audio_tower.layers.1.fc1")
MODULES = ("thinker.model.layers.0.self_attn.q_proj", "thinker.model.layers.0.self_attn.v_proj")
STEPS, SAVED_EACH = 6, 2


def install(folder: Path) -> Path:
    """Returns the environment's Python."""
    for name in ("python", "swift"):
        path = folder / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).absolute()}" {name} "$@"\n')
        path.chmod(0o755)
    return folder / "bin" / "python"


def encode(request: Path, answer: Path, wrong: dict[str, Any]) -> None:
    asked = json.loads(request.read_text())
    rows = [json.loads(line) for line in Path(asked["rows"]).read_text().splitlines()]
    words = [sum(len(message["content"].replace("<audio>", "")) for message in row["messages"]) for row in rows]
    encoded = [_encoded(i, rows[i], asked["options"], wrong) for i in asked["encode"]]
    answer.write_text(
        json.dumps({"versions": {"ms-swift": "0"}, "model": asked["options"]["model"], "words": words, "rows": encoded})
    )


def _encoded(index: int, row: dict[str, Any], options: dict[str, Any], wrong: dict[str, Any]) -> dict[str, Any]:
    user, assistant = row["messages"]
    # 0.1 s are 10 frames, which are two tokens.
    prompt = START + user["content"].replace("<audio>", SOUND * 2) + END
    response = assistant["content"]
    if wrong.get("drops think"):
        response = response.split("</think>")[1]
    learnt = response + "\n"
    masked = prompt
    if options["loss_scale"] == "cogito_answer":
        reasoning, answer = response.split("</think>\n\n")
        masked, learnt = prompt + reasoning + "</think>\n\n", answer + "\n"
    if options["loss_scale"] == "ignore_think_prefix":
        masked, learnt = prompt + "<think>\n", learnt.removeprefix("<think>\n")
    if wrong.get("learns the prompt"):
        masked, learnt = "", masked + learnt
    ids, serving = _ids(masked + learnt), _ids(prompt + wrong.get("generation prompt", ""))
    if wrong.get("serves otherwise"):
        serving[3] += 1
    return {
        "index": index,
        "ids": ids,
        "labels": [-100] * len(masked) + _ids(learnt),
        "scales": [assistant["loss_scale"]] * len(ids)
        if "loss_scale" in assistant and "weightless" not in wrong
        else [],
        "serving": serving,
        "unthinking": _ids(prompt + "<think>\n\n</think>\n\n"),
        "prompt_text": masked,
        "trained_text": learnt,
        "rendered": masked + learnt,
    }


def _ids(text: str) -> list[int]:
    return [ord(letter) for letter in text]


def train(config: Path, rest: list[str], wrong: dict[str, Any]) -> None:
    options = json.loads(config.read_text())
    out = Path(options["output_dir"])
    out.mkdir(parents=True, exist_ok=True)
    rows = len(Path(options["dataset"]).read_text().splitlines()) - wrong.get("loses rows", 0)
    print(f"[INFO:swift] train_dataset: Dataset({{\n    features: ['messages'],\n    num_rows: {rows}\n}})", flush=True)
    begin = int(rest[1].rpartition("-")[2]) if rest else 0
    for step in range(begin + 1, STEPS + 1):
        said = {
            "loss": 2.0 / step, "learning_rate": 1e-5, "global_step/max_steps": f"{step}/{STEPS}",
            "elapsed_time": "1s", "remaining_time": f"{STEPS - step}s", "train_speed(s/it)": 0.5,
        }  # fmt: skip
        with (out / "logging.jsonl").open("a") as log:
            log.write(json.dumps(said) + "\n")
        if step == wrong.get("no room at") and not rest:
            _half(out / f"checkpoint-{step}")
        if step % SAVED_EACH == 0:
            _save(out / f"checkpoint-{step}", options, wrong)
        if step == wrong.get("dies at") and not rest:
            sys.exit("OSError: [Errno 28] No space left on device")
        if step == wrong.get("hangs at") and not rest:
            time.sleep(60)


def _save(checkpoint: Path, options: dict[str, Any], wrong: dict[str, Any]) -> None:
    checkpoint.mkdir(exist_ok=True)
    modules = [*MODULES, *wrong.get("also trains", ())]
    if options.get("tuner_type") == "full":
        write_model(checkpoint / "model.safetensors", modules)
    else:
        write_adapter(checkpoint / "adapter_model.safetensors", modules)
        (checkpoint / "adapter_config.json").write_text(json.dumps({"lora_alpha": 32, "alpha_pattern": {"q_proj": 8}}))
    if not wrong.get("saves half"):
        (checkpoint / "trainer_state.json").write_text("{}")


def _half(checkpoint: Path) -> None:
    """As a full disk leaves it: some of the adapter, and nothing of what is written after."""
    checkpoint.mkdir()
    write_adapter(checkpoint / "adapter_model.safetensors", list(MODULES))
    whole = (checkpoint / "adapter_model.safetensors").read_bytes()
    (checkpoint / "adapter_model.safetensors").write_bytes(whole[: len(whole) // 2])
    sys.exit("OSError: [Errno 28] No space left on device")


def export(words: list[str], wrong: dict[str, Any]) -> None:
    """Merged weights whose one number is the adapter's alpha."""
    told = dict(zip(words[::2], words[1::2], strict=True))
    config = json.loads((Path(told["--adapters"]) / "adapter_config.json").read_text())
    out = Path(told["--output_dir"])
    out.mkdir()
    write_weights(out / "model.safetensors", config["lora_alpha"], short=bool(wrong.get("merges half")))
    if wrong.get("cannot merge"):
        sys.exit("OSError: [Errno 28] No space left on device")
    for name, content in {"config.json": "merged", "tokenizer.json": "saved again", "args.json": "paths"}.items():
        (out / name).write_text(json.dumps(content))


def write_weights(path: Path, number: float, *, short: bool = False) -> None:
    _write(path, {"w": number})
    if short:
        path.write_bytes(path.read_bytes()[:-2])


def write_model(path: Path, changed: Iterable[str] = ()) -> None:
    """A small model: of each module, a weight and a bias of one number each, the weight twice as much where changed."""
    changed, names = set(changed), dict.fromkeys([*MODULES, *TOWER, "thinker.lm_head", *changed])
    weights = {f"{name}.weight": 2.0 if name in changed else 1.0 for name in names}
    _write(path, weights | {f"{name}.bias": 0.5 for name in names})


def write_adapter(path: Path, modules: list[str]) -> None:
    """As peft writes a LoRA: two matrices of one number for each module."""
    _write(path, {f"base_model.model.{module}.lora_{side}.weight": 0.0 for module in modules for side in "AB"})


def _write(path: Path, numbers: dict[str, float]) -> None:
    """A file of safetensors, each of one number."""
    header = {
        name: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]} for i, name in enumerate(numbers)
    }
    data = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    path.write_bytes(struct.pack("<Q", len(data)) + data + struct.pack(f"<{len(numbers)}f", *numbers.values()))


if __name__ == "__main__":
    told = json.loads(os.environ.get("FAKE_SWIFT", "{}"))
    if sys.argv[1] == "python":
        encode(Path(sys.argv[3]), Path(sys.argv[4]), told)
    elif sys.argv[2] == "export":
        export(sys.argv[3:], told)
    else:
        train(Path(sys.argv[3]), sys.argv[4:], told)
