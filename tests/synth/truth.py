"""Whether a choice answers a question, worked out from the score in another way than the composer's."""

from __future__ import annotations

from audio_cogito.synth.asking import Asked
from audio_cogito.synth.scenes import Placed, Scene

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def is_true(asked: Asked, choice: str, scene: Scene, other: Scene | None = None) -> bool:  # noqa: C901, PLR0912
    events = sorted(scene.events, key=lambda event: event.start)
    names = [event.kind for event in events]

    def only(name: str | None) -> Placed:
        (found,) = [event for event in events if event.kind == name]
        return found

    def second(name: str) -> Scene:
        assert other is not None
        return {"the first recording": scene, "the second recording": other}[name]

    def times(name: str | None, where: Scene) -> int:
        return sum(event.kind == name for event in where.events)

    match asked.skill:
        case "first" | "starts_first":
            return names[0] == choice
        case "last":
            return names[-1] == choice
        case "stops_first":
            return min(events, key=lambda event: event.end).kind == choice
        case "nth":
            return names[ORDINALS.index(asked.n or "")] == choice
        case "after":
            return names[names.index(asked.x or "") + 1 :][:1] == [choice] and names.count(asked.x or "") == 1
        case "before":
            return names[: names.index(asked.x or "")][-1:] == [choice] and names.count(asked.x or "") == 1
        case "order":
            return choice.split(", then ") == names
        case "count":
            return times(asked.x, scene) == int(choice)
        case "total":
            return len(events) == int(choice)
        case "different":
            return len(set(names)) == int(choice)
        case "pause":
            one, next_ = only(asked.x), only(asked.y)
            return _near(next_.start - one.end, choice) and names.index(next_.kind) == names.index(one.kind) + 1
        case "length":
            return _near(only(asked.x).seconds, choice)
        case "moment":
            return abs(only(asked.x).start - float(choice.removesuffix(" s"))) <= 0.3
        case "longest":
            return max(events, key=lambda event: event.seconds).kind == choice
        case "loudest":
            return choice in names and max(events, key=lambda event: event.level_db).kind == choice
        case "louder":
            return max(only(asked.x), only(asked.y), key=lambda event: event.level_db).kind == choice
        case "higher":
            return max(only(asked.x), only(asked.y), key=lambda event: event.hertz or 0).kind == choice
        case "pitch":
            hertz = only(asked.x).hertz or 0
            return choice == ("low" if hertz < 300 else "high" if hertz > 1000 else "middle")
        case "background":
            return choice == (scene.background or "nothing")
        case "present":
            return (choice == "Yes") == (asked.x in names)
        case "at_once":
            moments = [event.start + 0.001 for event in events]
            return max(sum(e.start <= m < e.end for e in events) for m in moments) == int(choice)
        case "extract":
            return {choice} == set(names) - set((asked.x or "").split(" and the "))
        case "contains":
            assert other is not None
            return times(asked.x, second(choice)) > 0 and min(times(asked.x, scene), times(asked.x, other)) == 0
        case "more":
            assert other is not None
            return times(asked.x, second(choice)) == max(times(asked.x, scene), times(asked.x, other))
        case "busier":
            assert other is not None
            return len(second(choice).events) == max(len(scene.events), len(other.events))
        case "order_in":
            there = [event.kind for event in second(choice).events]
            return there.index(asked.x or "") < there.index(asked.y or "")
    raise AssertionError(asked.skill)


def _near(seconds: float, choice: str) -> bool:
    return abs(seconds / float(choice.removesuffix(" s")) - 1) <= 0.21
