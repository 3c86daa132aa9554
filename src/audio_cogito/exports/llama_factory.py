"""LLaMA-Factory: ms-swift's rows, and the `dataset_info.json` that tells LLaMA-Factory how to read them.

It takes sounds from an `audios` column, as many as there are `<audio>` in the text, and no content parts (its
data/README.md, "Multimodal Audio Dataset" and "OpenAI Format"). Paths are taken from `media_dir`, by default the folder
of `dataset_info.json`, so a folder with `export.audio = "once"` can be moved: `dataset_dir` is all there is to set.
"""

from __future__ import annotations

import json

from audio_cogito.exports import FormatInfo
from audio_cogito.exports.swift import faults, writer

__all__ = ["INFO", "beside", "faults", "writer"]

INFO = FormatInfo(
    summary="rows for LLaMA-Factory, with dataset_info.json", suffix=".jsonl", audio=("reference", "once")
)
TAGS = {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}


def beside(splits: tuple[str, ...]) -> dict[str, bytes]:
    columns = {"messages": "messages", "audios": "audios"}
    described = {
        f"cogito_{split}": {
            "file_name": f"{split}{INFO.suffix}",
            "formatting": "sharegpt",
            "columns": columns,
            "tags": TAGS,
        }
        for split in splits
    }
    return {"dataset_info.json": json.dumps(described, indent=2).encode() + b"\n"}
