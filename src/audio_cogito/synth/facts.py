"""What is true of a scene, as the facts of a recording: exact, of origin "composed"."""

from __future__ import annotations

from audio_cogito.synth.chains import timeline
from audio_cogito.synth.scenes import Scene
from audio_cogito.types import Event, Facts, Statement


def facts(scene: Scene) -> Facts:
    events = [
        Event(label=event.kind, start=event.start, end=round(event.end, 3), origin="composed") for event in scene.events
    ]
    names = dict.fromkeys([*(event.kind for event in scene.events), *([scene.background] if scene.background else [])])
    if scene.background:
        events.append(Event(label=scene.background, start=0.0, end=scene.seconds, origin="composed"))
    return Facts(
        captions=(Statement(text=timeline(scene), origin="composed", language="en"),),
        labels=tuple(Statement(text=name, origin="composed") for name in names),
        events=tuple(events),
    )
