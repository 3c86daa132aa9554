"""Run in TRL's environment: its two trainers take a step over a file of rows, and what they made of it, as JSON.

    python loading_trl.py ROWS.jsonl CHECKPOINT OUT

The policy is a text model of two small layers with the checkpoint's tokenizer and chat template, since TRL 1.16 passes
sounds to no model: in its eyes a sound is the one token that the template puts there. The rewards are those beside the
rows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from datasets import Dataset, load_dataset
from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

CPU = {"use_cpu": True, "bf16": False, "report_to": "none", "max_steps": 1, "save_strategy": "no", "logging_steps": 1}


def main(rows: str, checkpoint: str, out: str) -> None:
    dataset = load_dataset("json", data_files=rows, split="train")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    sys.path.insert(0, str(Path(rows).parent))
    told = {
        "parts": dataset[0]["prompt"][0]["content"],
        "as it is": labels(dataset, tokenizer, out),
        "rendered": labels(rendered(dataset, tokenizer), tokenizer, out),
        "rewarded": rewarded(dataset, tokenizer, out),
    }
    Path(out, "told.json").write_text(json.dumps(told))


def rendered(dataset: Dataset, tokenizer: Any) -> Dataset:
    """The way of docs/rows.md to keep the chain: the prompt by the template, the completion word for word."""

    def texts(row: dict[str, Any]) -> dict[str, str]:
        prompt = tokenizer.apply_chat_template(row["prompt"], add_generation_prompt=True, tokenize=False)
        return {"prompt": prompt, "completion": row["completion"][0]["content"]}

    return dataset.map(texts, remove_columns=dataset.column_names)


def labels(dataset: Dataset, tokenizer: Any, out: str) -> str:
    """What of the first row SFTTrainer puts under the loss."""
    trainer = SFTTrainer(model(tokenizer), SFTConfig(out, **CPU), train_dataset=dataset, processing_class=tokenizer)
    batch = trainer.data_collator([trainer.train_dataset[0]])
    trainer.train()
    return str(tokenizer.decode([label for label in batch["labels"][0].tolist() if label != -100]))


def rewarded(dataset: Dataset, tokenizer: Any, out: str) -> dict[str, Any]:
    """What the reward functions were handed by GRPOTrainer, and what it logged of them."""
    import rewards

    seen: dict[str, Any] = {}

    def right(completions: list[Any], **columns: Any) -> list[float | None]:
        seen.update({name: columns[name][0] for name in dataset.column_names if name in columns})
        return list(rewards.right(completions, **columns))

    config = GRPOConfig(out, **CPU, num_generations=2, per_device_train_batch_size=2, max_completion_length=8)
    functions = [right, rewards.form]
    trainer = GRPOTrainer(model(tokenizer), functions, config, dataset, processing_class=tokenizer)
    trainer.train()
    logged = {key: value for entry in trainer.state.log_history for key, value in entry.items() if "rewards/" in key}
    return {"columns": seen, "logged": logged}


def model(tokenizer: Any) -> Qwen2ForCausalLM:
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    return Qwen2ForCausalLM(Qwen2Config(vocab_size=len(tokenizer), **sizes, **heads))


if __name__ == "__main__":
    main(*sys.argv[1:])
