"""Taggers: small networks that say of a sound what its levels cannot (decision 039). Their weights come with packages,
`pip install 'audio-cogito[taggers]'`, and nothing is downloaded.

    speech      how much of it Silero VAD takes for speech
    dnsmos      what DNSMOS expects listeners to say of it, were it speech

What one says lies in the field of its name in `types.Measurements`. It says it of the samples that models hear, so that
a sound that was kept can be tagged later without its file.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import metadata
from typing import Literal

import msgspec

from audio_cogito.audio import Samples
from audio_cogito.errors import SetupError
from audio_cogito.hearing.taggers import dnsmos, speech
from audio_cogito.store import Heard
from audio_cogito.types import Measurements

Tagger = Literal["speech", "dnsmos"]
NEEDED: dict[Tagger, tuple[str, ...]] = {"speech": (speech.PACKAGE,), "dnsmos": (dnsmos.PACKAGE, "onnxruntime")}
"""The packages of each; the first holds its weights, and its version names them."""
WORK = {"speech": speech.share, "dnsmos": dnsmos.quality}


def require(taggers: Iterable[Tagger]) -> None:
    """Raises SetupError where one is not installed."""
    needed = [package for tagger in taggers for package in NEEDED[tagger]]
    if missing := [package for package in needed if _version(package) is None]:
        raise SetupError(f"collect.taggers needs {', '.join(missing)}: pip install 'audio-cogito[taggers]'")


def weights(tagger: Tagger) -> str:
    """Which ones: what was said by others is measured anew."""
    package = NEEDED[tagger][0]
    return f"{package} {_version(package)}"


def all_weights(taggers: tuple[Tagger, ...]) -> dict[str, str]:
    """By tagger, as `Heard.tagged` holds them."""
    return {tagger: weights(tagger) for tagger in taggers}


def lacking(tagged: dict[str, str], taggers: tuple[Tagger, ...]) -> tuple[Tagger, ...]:
    """Those that said nothing yet, by what each tagger that did was (`weights`)."""
    return tuple(tagger for tagger in taggers if tagged.get(tagger) != weights(tagger))


def measured(measurements: Measurements, samples: Samples, taggers: tuple[Tagger, ...]) -> Measurements:
    """With what the taggers say of the samples."""
    said = {tagger: WORK[tagger](samples) for tagger in taggers}
    return msgspec.structs.replace(measurements, **said)


def joined(heard: Heard, kept: Heard, taggers: tuple[Tagger, ...]) -> Heard | None:
    """What was heard of a file, with what taggers now say of the sound that was kept of it; None: that is another."""
    if heard.measurements is None or kept.measurements is None or kept.id != heard.id:
        return None
    said = {tagger: getattr(kept.measurements, tagger) for tagger in taggers}
    measurements = msgspec.structs.replace(heard.measurements, **said)
    return msgspec.structs.replace(heard, measurements=measurements, tagged=heard.tagged | kept.tagged)


@cache
def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
