"""Encodes rows as ms-swift would, with the model's real template and tokenizer, and as a server would.

Run by the Python of the engine's environment, where this package is not installed, and by nothing else:

    python encode.py REQUEST.json ANSWER.json

The request names ms-swift's options, the file of rows, which rows are to be encoded whole, and how many; the answer
holds what `train.look` reads. Rows are encoded through the very options that the training will have.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import json
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

MASKED = -100
PACKAGES = ("ms-swift", "peft", "transformers", "torch", "trl", "accelerate", "datasets", "tokenizers", "deepspeed")
BATCH = 1024
"""Rows whose words are counted at once."""

LONG_RUN = 5

Row = dict[str, Any]


def main(request: Path, answer: Path) -> None:
    asked = json.loads(request.read_text("utf-8"))
    arguments = options(asked["options"])
    _, processor = arguments.get_model_processor(load_model=False)
    template = arguments.get_template(processor)
    template.set_mode("train")
    template.max_length = None
    words = list(words_of(Path(asked["rows"]), template.tokenizer))
    wanted = set(asked["encode"])
    rows = {index: row for index, row in enumerate(read(Path(asked["rows"]))) if index in wanted}
    encoded = [encode(index, rows[index], template, processor, arguments.system) for index in asked["encode"]]
    model = str(Path(arguments.model_dir).absolute())
    held = {"words": words, "system": arguments.system or "", "rows": encoded}
    found = {"versions": versions(), "model": model, **held}
    answer.write_text(json.dumps(found), "utf-8")


def options(given: dict[str, Any]) -> Any:
    """Of ms-swift's options those that say how rows are read; what says how to train would ask for devices."""
    from swift.arguments import BaseArguments

    known = {field.name for field in dataclasses.fields(BaseArguments)} - {"dataset", "val_dataset", "streaming"}
    return BaseArguments(**{name: value for name, value in given.items() if name in known})


def words_of(path: Path, tokenizer: Any) -> Iterator[int]:
    """Tokens of each row's words, sounds left out."""
    for rows in batched(read(path), BATCH):
        texts = [message["content"].replace("<audio>", "") for row in rows for message in row["messages"]]
        lengths = iter([len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]])
        yield from (sum(next(lengths) for _ in row["messages"]) for row in rows)


def encode(index: int, row: Row, template: Any, processor: Any, system: str | None) -> dict[str, Any]:
    encoded = template.encode({"messages": row["messages"], "audios": row["audios"]})
    ids, labels = [int(i) for i in encoded["input_ids"]], [int(i) for i in encoded["labels"]]
    tokenizer = template.tokenizer
    first = next((place for place, label in enumerate(labels) if label != MASKED), len(labels))
    mark = tokenizer.convert_tokens_to_ids(getattr(processor, "audio_token", None) or tokenizer.eos_token)
    once = ids.count(mark) == len(row["audios"])
    prompts = [served(row, processor, system, enable_thinking=thinking) for thinking in (True, False)]
    return {
        "index": index,
        "ids": ids,
        "labels": labels,
        "scales": [float(scale) for scale in encoded.get("loss_scale") or ()],
        "serving": narrowed(prompts[0], mark) if once else prompts[0],
        "unthinking": narrowed(prompts[1], mark) if once else prompts[1],
        "prompt_text": readable(ids[:first], tokenizer),
        "trained_text": tokenizer.decode([i for i in labels if i != MASKED]),
        "rendered": readable(ids, tokenizer),
    }


def served(row: Row, processor: Any, system: str | None, *, enable_thinking: bool) -> list[int]:
    """The ids that a server makes of the same question by the checkpoint's own chat template."""
    import librosa

    rate = processor.feature_extractor.sampling_rate
    sounds = [librosa.load(path, sr=rate)[0] for path in row["audios"]]
    said = row["messages"][0]["content"].replace("<audio>", "")
    parts = [{"type": "audio", "audio": path, "audio_url": path} for path in row["audios"]]
    messages: list[Row] = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": [*parts, {"type": "text", "text": said}]})
    # The template is rendered without the processor's own defaults: what it says of thinking is what a server asks.
    text = processor.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, **({} if enable_thinking else {"enable_thinking": False})
    )
    text = text if isinstance(text, str) else text[0]
    # Before 4.50 transformers called it "audios" here, and took no notice of "audio".
    sound = "audio" if "audio" in inspect.signature(processor.__call__).parameters else "audios"
    return [int(i) for i in processor(text=text, sampling_rate=rate, **{sound: sounds})["input_ids"][0]]


def narrowed(ids: list[int], mark: int) -> list[int]:
    """With one mark for each sound: so ms-swift hands Qwen2-Audio its rows, and the model itself widens them to what a
    server's processor writes out."""
    return [id_ for place, id_ in enumerate(ids) if id_ != mark or place == 0 or ids[place - 1] != mark]


def readable(ids: list[int], tokenizer: Any) -> str:
    """The text, in which a long run of one token, such as a sound's, stands once with its length."""
    text, plain = "", []
    for id_, run in itertools.groupby(ids):
        count = len(list(run))
        if count < LONG_RUN:
            plain += [id_] * count
            continue
        text += tokenizer.decode(plain) + f"{tokenizer.decode([id_])}*{count}"
        plain = []
    return text + str(tokenizer.decode(plain))


def read(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        yield from map(json.loads, file)


def batched(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while batch := list(itertools.islice(rows, size)):
        yield batch


def versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
