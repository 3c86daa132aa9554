"""What a build counted, as run.json holds it: tallies, calls and tokens, versions."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from audio_cogito import __version__
from audio_cogito.hearing import decoding
from audio_cogito.models.cache import Remembered
from audio_cogito.models.clients import Client
from audio_cogito.run import StageRecord, UsageRecord
from audio_cogito.runner import Tally

LIBRARIES = ("aiohttp", "jinja2", "msgspec", "numpy", "soundfile", "soxr", "zstandard")


def tokens_paid(clients: Mapping[str, Client]) -> int:
    return sum(client.tally.prompt_tokens + client.tally.completion_tokens for client in clients.values())


_version = cache(version)


def versions() -> dict[str, str]:
    libraries = {library: _version(library) for library in LIBRARIES}
    return {
        "audio-cogito": __version__,
        "python": platform.python_version(),
        "decoder": " ".join(decoding.decoders()),
        **libraries,
    }


def stage_record(tally: Tally) -> StageRecord:
    return StageRecord(
        read=tally.read,
        answered=tally.answered,
        unanswered=tally.unanswered,
        made=tally.made,
        kept=tally.kept,
        dropped=tally.dropped,
        failed=tally.failed,
        standings=dict(sorted(tally.standings.items())),
        right=dict(sorted(tally.right.items())),
        reasons=dict(sorted(tally.reasons.items())),
    )


def usage_record(client: Client, model: Remembered) -> UsageRecord:
    paid, memory = client.tally, model.memory
    return UsageRecord(
        calls=paid.calls,
        retries=paid.retries,
        prompt_tokens=paid.prompt_tokens,
        completion_tokens=paid.completion_tokens,
        remembered_calls=memory.hits,
        remembered_prompt_tokens=memory.remembered.prompt,
        remembered_completion_tokens=memory.remembered.completion,
    )
