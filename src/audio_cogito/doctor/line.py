"""A finding in a line, and what to change for what servers are known to say."""

from __future__ import annotations

import re
from typing import Literal

from audio_cogito.types import Record

State = Literal["ok", "warn", "fault"]


class Line(Record):
    subject: str
    """The source, disk or roles that it is about."""
    check: str
    state: State
    measured: str
    change: str = ""
    """The server's flag or the recipe's key, where it is not ok."""


KNOWN = (
    (r"local.media|file://|subpath", "start the server with --allowed-local-media-path {audio}, or set {key}.audio"),
    (r"at most \d+ audio|limit.mm", """start the server with --limit-mm-per-prompt '{{"audio": 3}}'"""),
    (r"context length|max_model_len|too long|max_tokens", "raise the server's --max-model-len, or lower max_tokens"),
    (r"response_format|json_schema|grammar|guided|structured", "set {key}.structured = false"),
    (r"multimodal|input_audio|audio_url|image_url|modalit", "serve a model that hears (docs/serve.md); or {key}.audio"),
    (r"vllm\[audio\]|librosa|soundfile|torchaudio|decod", "install vllm[audio] where the server runs; or {key}.audio"),
    (r"no connection|no answer|gave no", "start the server (docs/serve.md), or correct {key}.url"),
    (r"key", "{key}.key_env"),
    (r"model", "{key}.name"),
)  # fmt: skip
"""What an error says -> what to change; the first that fits."""


def remedy(said: str, *, role: str, audio: str) -> str:
    """What to change after such an error. `audio`: the folder of sounds."""
    for pattern, change in KNOWN:
        if re.search(pattern, said, re.IGNORECASE):
            return change.format(key=f"models.{role}", audio=audio)
    return "the server's own log says more (docs/serve.md)"
