"""Run in the environment of a training: what transformers itself reads of a checkpoint, and what it then says, as JSON.

python loading_qwen2_audio.py CHECKPOINT ROWS.jsonl SYSTEM OUT

The row's question is put by the checkpoint's own chat template and processor, as any user of it would.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import librosa
import torch
from transformers import AutoProcessor, Qwen2AudioForConditionalGeneration

LONGEST = 400
"""Tokens of a reply."""


def main(checkpoint: str, rows: str, system: str, out: str) -> None:
    processor = AutoProcessor.from_pretrained(checkpoint)
    model, said = Qwen2AudioForConditionalGeneration.from_pretrained(checkpoint, output_loading_info=True)
    told: dict[str, Any] = {key: sorted(map(str, said[key])) for key in ("missing_keys", "unexpected_keys")}
    row = json.loads(Path(rows).read_text().splitlines()[0])
    told["row"] = row["messages"][-1]["content"]
    told["said"] = reply(model, processor, row, system)
    told["parameters"] = sum(weight.numel() for weight in model.parameters())
    Path(out, "told.json").write_text(json.dumps(told))


def reply(model: Any, processor: Any, row: dict[str, Any], system: str) -> str:
    rate = processor.feature_extractor.sampling_rate
    words = row["messages"][0]["content"].replace("<audio>", "")
    sounds = [librosa.load(path, sr=rate)[0] for path in row["audios"]]
    parts = [*({"type": "audio", "audio_url": path} for path in row["audios"]), {"type": "text", "text": words}]
    asked = [{"role": "system", "content": system}, {"role": "user", "content": parts}]
    text = processor.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
    named = "audio" if "audio" in inspect.signature(processor.__call__).parameters else "audios"
    inputs = processor(text=text, sampling_rate=rate, return_tensors="pt", **{named: sounds})
    with torch.inference_mode():
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=LONGEST)
    return str(processor.batch_decode(ids[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
