"""Who answers for a model of a recipe: a server's client, or the model itself in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from audio_cogito import nano
from audio_cogito.models import serving
from audio_cogito.models.local import Local
from audio_cogito.models.openai import OpenAI, Settings
from audio_cogito.models.wire import SoundParts

Client = OpenAI | Local


def client_of(settings: Settings, sounds: SoundParts) -> Client:
    """A model in this process for a name that means one, else a server's client."""
    return Local(settings, sounds) if nano.is_local(settings.name) else OpenAI(settings, sounds)


@asynccontextmanager
async def connected(settings: Settings, sounds: SoundParts, *, logs: Path) -> AsyncIterator[Client]:
    """One model ready to be asked, its server started where it has a command of its own. Raises SetupError."""
    async with serving.started({"model": settings}, logs=logs) as at, client_of(at["model"], sounds) as client:
        yield client
