"""The recipe that real engines are asked with: the three parts by name on one server, and short replies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audio_cogito.messages import Reply
from audio_cogito.store import Replies
from road import write_recipe

MOST_TOKENS = {"annotator": 600, "thinker": 40, "auditor": 400}


def engine_recipe(folder: Path, url: str, sources: dict[str, Any], **server: Any) -> Path:
    """`enable_thinking = false` lets the grammar hold from the first token, as it does for an Instruct checkpoint."""
    settings = {"url": url, "revision": "tiny", "patience": 10.0, "timeout": 300.0, "concurrency": 64} | server
    body = {"chat_template_kwargs": {"enable_thinking": False}}
    # At temperature 0 an untaught judge would list claims without end.
    judging = {"sampling": {"temperature": 0.7, "max_tokens": MOST_TOKENS["auditor"]}, "retry_temperature": 0.7}
    return write_recipe(
        folder,
        url,
        sources=sources,
        models={
            "annotator": {"name": "annotator", "body": body, **settings},
            "thinker": {"name": "thinker", **settings},
            "auditor": {"name": "auditor", "body": body, **settings},
        },
        construct={"seeds": 5, "asking": {"sampling": {"temperature": 0.7, "max_tokens": MOST_TOKENS["annotator"]}}},
        think={"draws": 2, "sampling": {"temperature": 0.6, "top_p": 0.95, "max_tokens": MOST_TOKENS["thinker"]}},
        checks={"judge": {"asking": judging}},
    )


def replies_of(store: Path, role: str) -> list[Reply]:
    """What is remembered of one part, in no order."""
    replies = Replies(store)
    try:
        found = [replies.get(key) for key in replies.keys()]  # noqa: SIM118
    finally:
        replies.close()
    return [reply for reply in found if reply is not None and reply.model == role]
