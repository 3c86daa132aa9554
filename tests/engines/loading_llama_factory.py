"""Run in LLaMA-Factory's environment: what its own loader and tokenizing make of a folder of rows, as JSON.

    python loading_llama_factory.py ROWS CHECKPOINT DATASET OUT

The road of its SFT up to the model: dataset_info.json, converter, template, processor, labels. Sounds are read with
soundfile in place of torchaudio.load, which wants torchcodec.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import soundfile
import torch
import torchaudio
from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
from llamafactory.hparams import get_train_args
from llamafactory.model import load_tokenizer


def read(path: str) -> tuple[Any, int]:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return torch.from_numpy(samples.T.copy()), rate


def main(rows: str, checkpoint: str, dataset: str, out: str) -> None:
    torchaudio.load = read
    settings = {"stage": "sft", "do_train": True, "finetuning_type": "lora", "template": "qwen3_omni"}
    places = {"model_name_or_path": checkpoint, "dataset_dir": rows, "dataset": dataset, "output_dir": out}
    cpu = {"use_cpu": True, "bf16": False, "fp16": False, "overwrite_cache": True, "report_to": "none"}
    model, data, training, _, _ = get_train_args(settings | places | cpu)
    loaded = load_tokenizer(model)
    template = get_template_and_fix_tokenizer(loaded["tokenizer"], data)
    found = get_dataset(template, model, data, training, stage="sft", **loaded)["train_dataset"]
    tokenizer = loaded["tokenizer"]
    told = [
        {
            "prompt": tokenizer.decode(row["input_ids"][: row["labels"].count(-100)]),
            "trained": tokenizer.decode([label for label in row["labels"] if label != -100]),
            "sounds": row["audios"],
        }
        for row in found
    ]
    Path(out, "told.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
