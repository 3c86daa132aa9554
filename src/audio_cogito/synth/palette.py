"""The sounds that one scene is drawn from: of the library, of recordings, or of both.

In a scene of both each domain is of the one or of the other, and what of the library shares a word with a label is left
out: whether a recording called "engine" holds the library's drill, or one called "speech" its man's voice, no code can
say, and a scene's truth is to be exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audio_cogito.synth.library import DOMAINS, KINDS, Kind, Vocabulary, akin
from audio_cogito.synth.material import Material, Take
from audio_cogito.synth.scenes import Form, Scene
from audio_cogito.synth.settings import Settings, domains_of
from audio_cogito.synth.waves import Draw


@dataclass(frozen=True)
class Palette:
    """Kinds of sound, and the recordings of those that are no voice of the library."""

    kinds: tuple[Kind, ...]
    recorded: Material | None = None

    @property
    def blended(self) -> bool:
        return self.recorded is not None and not all(kind.name in self.recorded.kinds for kind in self.kinds)

    def take(self, kind: Kind, draw: Draw) -> Take | None:
        """A recording of a kind; None for a voice of the library."""
        if self.recorded is None or kind.name not in self.recorded.kinds:
            return None
        return self.recorded.take(kind.name, draw)

    def drawn(self, draw: Draw) -> list[Kind]:
        """All kinds in an order by chance; where they are of both sorts, one of each comes first."""
        order = [self.kinds[i] for i in draw.permutation(len(self.kinds))]
        if self.recorded is None or not self.blended:
            return order
        known = self.recorded.kinds
        firsts = [next(k for k in order if k.name in known), next(k for k in order if k.name not in known)]
        return [*firsts, *(kind for kind in order if kind not in firsts)]


def palette(
    draw: Draw, settings: Settings, form: Form, modality: str, material: Material | None, split: str
) -> Palette:
    """What a scene of a split is drawn from. Recordings that do not suffice alone are blended, if they can be."""
    library = Palette(_library(settings))
    recorded = material.within(split) if material and draw.random() < settings.recorded else None
    if material is None or recorded is None:
        return library
    alone = Palette(tuple(recorded.kinds.values()), recorded)
    if draw.random() < settings.blended or not _suffices(alone, form, modality, settings):
        both = _both(draw, settings, form, modality, material, recorded)
        alone = both or (alone if _suffices(alone, form, modality, settings) else library)
    return alone


def _library(settings: Settings) -> tuple[Kind, ...]:
    return tuple(KINDS[name] for name in settings.names)


def _fitting(kinds: Sequence[Kind], form: Form) -> list[Kind]:
    return [kind for kind in kinds if form == "temporal" or kind.lasting]


def _suffices(offered: Palette, form: Form, modality: str, settings: Settings) -> bool:
    """Whether there is enough for a scene: three kinds or as many as it may hold, and each domain of a mixture."""
    kinds = _fitting(offered.kinds, form)
    wanted = settings.events[1] if form == "temporal" else settings.tracks[1]
    return len(kinds) >= min(wanted, 3) and {kind.domain for kind in kinds} >= set(domains_of(modality))


def _both(
    draw: Draw, settings: Settings, form: Form, modality: str, material: Material, recorded: Material
) -> Palette | None:
    """Some domains of recordings and the others of the library; None where one of the two would be empty."""
    domains = domains_of(modality) or DOMAINS
    there = _fitting(tuple(recorded.kinds.values()), form)
    candidates = [domain for domain in domains if any(kind.domain == domain for kind in there)]
    if not candidates:
        return None
    count = int(draw.integers(1, min(len(candidates), len(domains) - 1) + 1))
    taken = [candidates[i] for i in draw.permutation(len(candidates))[:count]]
    own = [kind for kind in _apart(settings, material) if kind.domain in domains and kind.domain not in taken]
    both = Palette((*(kind for kind in there if kind.domain in taken), *_fitting(own, form)), recorded)
    return both if both.blended and _suffices(both, form, modality, settings) else None


def _apart(settings: Settings, material: Material) -> list[Kind]:
    """What of the library shares no word with a label."""
    labels = material.kinds.values()
    return [kind for kind in _library(settings) if not any(akin(kind, label) for label in labels)]


def vocabulary(settings: Settings, material: Material | None = None, *scenes: Scene) -> Vocabulary:
    """The sounds that may be named of scenes: those of the library, of the recordings of every split, or of both.

    A domain that is recorded in one of them is not named by the library's words, nor the other way round.
    """
    events = [event for scene in scenes for event in scene.events]
    recorded, own = ({event.domain for event in events if bool(event.recording) is sort} for sort in (True, False))
    kinds: tuple[Kind, ...] = _library(settings)
    if material is not None and not own:
        kinds = tuple(material.kinds.values())
    elif material is not None and recorded:
        labels = (kind for kind in material.kinds.values() if kind.domain in recorded)
        kinds = (*labels, *(kind for kind in _apart(settings, material) if kind.domain not in recorded))
    return Vocabulary(kinds={kind.name: kind for kind in kinds}, backgrounds=settings.beds, events=settings.events)


def comparable(one: Scene, other: Scene) -> bool:
    """Whether one vocabulary fits both: no domain is of recordings in the one and of the library in the other."""
    sorts = [{(event.domain, bool(event.recording)) for event in scene.events} for scene in (one, other)]
    return not any((domain, not recorded) in sorts[1] for domain, recorded in sorts[0])
