"""Gates on what taggers said of a sound, by what its source says it is.

    [collect]
    taggers = ["speech", "dnsmos"]
    [collect.gates.speech]                  # recordings of speech and of nothing else
    min_speech = 0.3
    min_overall = 2.0
    [collect.gates.music]
    max_speech = 0.5

A recording of several domains, or of none that is stated, is judged by the gates of "any" alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec

from audio_cogito.hearing.taggers import Tagger
from audio_cogito.ledger import DropReason
from audio_cogito.types import Domain, Measurements, Record

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Score = Annotated[float, msgspec.Meta(ge=1, le=5)]
Judged = Domain | Literal["any"]


class Gates(Record, omit_defaults=False):
    min_speech: Share = 0.0
    """Share of the sound that is speech."""
    max_speech: Share = 1.0
    min_signal: Score = 1.0
    """DNSMOS: of the voice, the background and both together, 1 to 5. Read speech in a quiet room has some 3.5, 4 and
    3.2; a telephone's much less, whatever was said into it."""
    min_background: Score = 1.0
    min_overall: Score = 1.0


TAGGERS: dict[str, Tagger] = {
    "min_speech": "speech", "max_speech": "speech",
    "min_signal": "dnsmos", "min_background": "dnsmos", "min_overall": "dnsmos",
}  # fmt: skip
"""Which tagger each gate judges by."""


def untagged(gates: Mapping[Judged, Gates], taggers: tuple[Tagger, ...]) -> Iterator[str]:
    """The gates, by key, that are set without the tagger that they judge by."""
    for judged, one in gates.items():
        for name, tagger in TAGGERS.items():
            if getattr(one, name) != getattr(Gates(), name) and tagger not in taggers:
                yield f"collect.gates.{judged}.{name} judges by {tagger!r}, which collect.taggers does not list"


def gate(
    measured: Measurements, domains: tuple[Domain, ...], gates: Mapping[Judged, Gates]
) -> tuple[DropReason, str] | None:
    """The first gate that a sound does not pass, with the measurement that decided."""
    judged: tuple[Judged, ...] = ("any", *domains) if len(domains) == 1 else ("any",)
    found = (_gate(measured, gates[one]) for one in judged if one in gates)
    return next((reason for reason in found if reason), None)


def _gate(measured: Measurements, gates: Gates) -> tuple[DropReason, str] | None:
    if measured.speech is not None and measured.speech < gates.min_speech:
        return "little_speech", f"{measured.speech:.1%} of it is speech, less than {gates.min_speech:.1%}"
    if measured.speech is not None and measured.speech > gates.max_speech:
        return "much_speech", f"{measured.speech:.1%} of it is speech, more than {gates.max_speech:.1%}"
    for name, least in (
        ("signal", gates.min_signal),
        ("background", gates.min_background),
        ("overall", gates.min_overall),
    ):
        if measured.dnsmos is not None and (score := getattr(measured.dnsmos, name)) < least:
            return "poor_quality", f"{name} {score:.2f} by DNSMOS, less than {least:g}"
    return None
