"""Who answers for a model of a recipe: a server's client, or the model itself in this process."""

from __future__ import annotations

from audio_cogito import nano
from audio_cogito.models.local import Local
from audio_cogito.models.openai import OpenAI, Settings
from audio_cogito.models.wire import SoundParts

Client = OpenAI | Local


def client_of(settings: Settings, sounds: SoundParts) -> Client:
    """A model in this process for a name that means one, else a server's client."""
    return Local(settings, sounds) if nano.is_local(settings.name) else OpenAI(settings, sounds)
