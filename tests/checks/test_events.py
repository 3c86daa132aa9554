"""Claims about known events: what is read of a chain, what contradicts them, and how often the check itself errs."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
import pytest

from audio_cogito.checks import events
from audio_cogito.synth.chains import chain, timeline
from audio_cogito.synth.composing import compose
from audio_cogito.synth.facts import facts
from audio_cogito.synth.library import KINDS
from audio_cogito.synth.questions import questions
from audio_cogito.synth.scenes import Placed, Scene
from audio_cogito.synth.settings import DIALS
from audio_cogito.types import Event, Facts, Verdict
from checks.free_chains import chains
from checks.free_chains import planted as planted_in
from made import make_clip, make_question, make_trace

KNOWN = Facts(
    events=(
        Event(label="bell", start=0.5, end=1.0, origin="composed"),
        Event(label="hiss", start=1.6, end=2.0, origin="composed"),
        Event(label="bell", start=2.7, end=3.2, origin="composed"),
        Event(label="snare drum", start=4.0, end=4.3, origin="composed"),
        Event(label="rain", start=0.0, end=5.0, origin="composed"),
    )
)


async def judged(text: str, known: Facts = KNOWN, seconds: float = 5.0, **settings: object) -> Verdict:
    question = make_question("a", "b", clips=(make_clip(seconds=seconds, facts=known),))
    trace = make_trace(question, thinking=text)
    given = msgspec.convert(settings, events.Settings)
    return await events.check(trace, models={}, prompts={}, settings=given)


def kinds(verdict: Verdict) -> set[str]:
    return {finding.kind for finding in verdict.findings}


@pytest.mark.parametrize(
    "text",
    [
        "I hear a bell at 0.5, a hiss at 1.6, a bell at 2.7 and a snare drum at 4.0. Background: rain.",
        "At 0.5 s a chime rings, at 1.5 s there is a hissing, at 2.8 s a bell again; at 4 s a snare.",
        "0:00.5 bell\n1.6 s: hiss\n2.7 s: bell\n4.0 s: snare drum",
        "**Bell** (0.5 s - 1.0 s), hiss (1.6 s - 2.0 s), bell (2.7 s), then a snare (4.1 s).",
        "A bell, then a hiss, then a bell, then a snare drum. Two bells.",
        "A bell, then a hiss, then two bells in all, then a snare drum. The number of different sounds is 3.",
        "A bell, a hiss, another bell, so two bells, and a snare drum: with the rain four different sounds in all.",
        "First two different sounds, a bell at 0.5 and a hiss at 1.6, then a bell at 2.7 and a snare drum at 4.0.",
    ],
)
async def test_right_claims_in_free_words_are_exact(text: str) -> None:
    verdict = await judged(text)
    assert (verdict.outcome, verdict.reason, verdict.score) == ("pass", "exact", 1.0), verdict


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("A bell at 0.5, a hiss at 1.6, a siren at 2.2 and a snare drum at 4.0.", "extra_event"),
        ("A bell at 0.5, a hiss at 3.4 and a snare drum at 4.0.", "wrong_time"),
        ("A hiss at 0.9, a bell at 0.95.", "wrong_order"),
        ("The hiss is heard three times.", "wrong_count"),
        ("I count three bells.", "wrong_count"),
        ("The snare drum comes before the hiss.", "wrong_order"),
        ("After the snare drum comes the hiss.", "wrong_order"),
        ("The first sound is the hiss.", "wrong_order"),
        ("There is no snare drum here.", "wrong_absence"),
        ("In the background: wind. There is a dog bark.", "extra_event"),
        ("Background: wind.", "extra_event"),
        ("In all that makes 6.", "wrong_count"),
        ("The number of different sounds is 5.", "wrong_count"),
        ("A bell, a hiss, a bell and a snare drum. Counting each kind once gives 2.", "wrong_count"),
        ("A bell, a hiss, a bell: six distinct events overall.", "wrong_count"),
    ],
)
async def test_wrong_claims_are_contradicted_with_their_words(text: str, kind: str) -> None:
    known = KNOWN
    if kind == "wrong_order" and "0.95" in text:
        near = (
            Event(label="bell", start=0.7, end=0.8, origin="composed"),
            Event(label="hiss", start=1.0, end=1.2, origin="composed"),
        )
        known = Facts(events=near)
    verdict = await judged(text, known)
    assert verdict.outcome == "fail"
    assert verdict.reason == "contradicted"
    assert kind in kinds(verdict), verdict
    assert all(finding.quote for finding in verdict.findings)


async def test_event_that_is_left_out_is_partly_and_fails_only_where_all_are_wanted() -> None:
    text = "A bell at 0.5, a hiss at 1.6 and a snare drum at 4.0."
    verdict = await judged(text)
    assert (verdict.outcome, verdict.reason, verdict.score) == ("pass", "partly", 0.75)
    assert kinds(verdict) == {"missing_event"}
    assert (await judged(text, whole=True)).outcome == "fail"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "This needs careful thought about order and number.",
        "It might be a siren at 2.0, or a dog bark at 3.0.",
        "The options are a siren, a dog bark and a flute.",
        "Is there a siren?",
        "我听到一个铃声。",
    ],
)
async def test_what_claims_nothing_is_unscored(text: str) -> None:
    assert (await judged(text)).outcome == "unscored"


@pytest.mark.parametrize(
    "text",
    [
        "The question asks what comes after the siren.",
        "Choice B, the siren, does not fit.",
        "It has the ring of metal rather than the wail of a siren.",
        "A listener would expect a siren next.",
        "Sirens usually go on for longer.",
        "This is no siren.",
        "I do not hear a siren anywhere.",
        "The sound is too short for a siren.",
        "None of them is a siren.",
        "A siren is excluded here.",
        "We can rule out the siren.",
        "If there were a siren, it would drown the rest.",
        "It is wrong to call this a siren.",
        "The clip lacks a siren.",
        "Unlike a siren, it does not rise.",
        "It sounds a bit like a siren.",
    ],
)
async def test_sound_that_is_denied_likened_or_weighed_contradicts_nothing(text: str) -> None:
    assert (await judged(f"{text} There is a bell at 0.5.")).reason != "contradicted"
    assert (await judged("There is a siren, and a bell at 0.5.")).reason == "contradicted"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A chime rings half a second in.", True),
        ("A chime rings two seconds in.", False),
        ("The chime lasts 3 seconds.", True),
        ("Three seconds later a chime rings.", True),
        ("The hissing does not start until 1.6 seconds.", True),
        ("The hissing does not start until 3.6 seconds.", False),
        ("Bells at 0.5 and 2.7 seconds.", True),
        ("Bells at 0.5 and 3.9 seconds.", False),
        ("From 1.6 s to 2.0 s there is hissing.", True),
        ("From 1.6 s to 3.0 s there is hissing.", False),
        ("Right before the snare drum comes the bell.", True),
        ("Right before the snare drum comes the siren.", False),
        ("A snare is struck; before that there is a bell.", True),
        ("A hiss is there; before that there is a snare.", False),
        ("1. Bell\n2. Hiss\n3. Bell\n4. Snare", True),
        ("1. Snare\n2. Hiss", False),
        ("The bell sits on either side of the hiss, so it is rung twice.", True),
        ("There is one bell, and later another.", True),
        ("There are two bells, and later another one: three times it rings.", False),
    ],
)
async def test_free_words_about_times_orders_and_counts(text: str, found: bool) -> None:
    assert (await judged(text)).outcome == ("pass" if found else "fail"), await judged(text)


async def test_label_of_the_clip_goes_by_the_words_of_its_kind() -> None:
    known = Facts(events=(Event(label="Laughter", start=1.0, end=2.0, origin="human"),))
    assert (await judged("Someone is laughing at 1.0 s.", known)).reason == "exact"
    assert (await judged("Someone is laughing at 3.0 s.", known)).reason == "contradicted"


async def test_word_that_may_mean_a_label_by_another_name_contradicts_nothing() -> None:
    known = Facts(events=(Event(label="Motor (medium)", start=1.0, end=2.0, origin="human"),))
    assert (await judged("A motor runs at 1.0 s. I hear an engine.", known)).outcome == "pass"
    assert (await judged("A motor runs at 1.0 s. I hear a siren.", known)).outcome == "fail"


async def test_what_is_taken_back_does_not_count() -> None:
    text = "A siren at 0.5. Wait, that is a bell at 0.5, then a hiss at 1.6."
    assert (await judged(text)).outcome == "pass"


async def test_clip_without_events_and_two_recordings_are_unscored() -> None:
    assert (await judged("A bell at 0.5.", Facts())).outcome == "unscored"
    two = make_question("a", "b", clips=(make_clip("a", facts=KNOWN), make_clip("b", facts=KNOWN)))
    trace = make_trace(two, thinking="A bell at 0.5.")
    verdict = await events.check(trace, models={}, prompts={}, settings=events.Settings())
    assert verdict.outcome == "unscored"


async def test_events_that_a_tool_guessed_contradict_nobody() -> None:
    guessed = Facts(events=(Event(label="bell", start=0.5, end=1.0, origin="tool"),))
    assert (await judged("A siren at 0.5.", guessed)).outcome == "unscored"


async def test_words_of_the_recipe_are_understood() -> None:
    known = Facts(events=(Event(label="Chainsaw", start=1.0, end=2.0, origin="human"),))
    assert (await judged("A power saw at 1.0.", known)).outcome == "unscored"
    said = await judged("A power saw at 1.0.", known, words={"Chainsaw": ["power saw"]})
    assert (said.outcome, said.reason) == ("pass", "exact")


@pytest.mark.long
async def test_gold_chains_of_every_scene_and_question_are_exact() -> None:
    for dial in DIALS:
        for i in range(40):
            scene = compose(DIALS[dial], 21, i)
            for asked in questions(scene):
                verdict = await judged(chain(scene, asked).text, facts(scene), scene.seconds)
                assert (verdict.outcome, verdict.reason) == ("pass", "exact"), (chain(scene, asked).text, verdict)


# --- how often the check errs, on chains with planted errors ----------------------------------------------------------


def listed(events_: list[Placed], style: int, rng: np.random.Generator) -> str:
    """A timeline in one of several free wordings, with synonyms here and there."""

    def name(event: Placed) -> str:
        synonyms = (event.kind, *KINDS[event.kind].synonyms)
        return synonyms[int(rng.integers(len(synonyms)))]

    said = [(name(event), event.start) for event in events_]
    match style:
        case 0:
            return "I hear " + ", then ".join(f"the {n} at {t:.1f} s" for n, t in said) + "."
        case 1:
            return "\n".join(f"{t:.1f} s: {n}" for n, t in said)
        case 2:
            return " ".join(f"At about {t:.1f} seconds there is a {n}." for n, t in said)
        case 3:
            return "Going through it: " + ", ".join(f"{n} ({t:.1f}s)" for n, t in said) + ". That is all."
        case 4:
            return "\n".join(f"{i}. **{n.capitalize()}**: starts at {t:.1f} s." for i, (n, t) in enumerate(said, 1))
        case 5:
            return "Okay, so. " + " ".join(f"Around {t:.1f} s I can make out a clear {n}." for n, t in said) + " Hmm."
        case 6:
            return (
                "The clip opens quietly; " + "; ".join(f"the {n} begins at roughly {t:.1f} sec" for n, t in said) + "."
            )
        case _:
            return " ".join(f"[{t:.1f} s] {n}." for n, t in said) + " Nothing else stands out."


def swapped(scene: Scene, rng: np.random.Generator) -> list[Placed] | None:
    different = [i for i in range(len(scene.events) - 1) if scene.events[i].kind != scene.events[i + 1].kind]
    if not different:
        return None
    i = different[int(rng.integers(len(different)))]
    one, other = scene.events[i], scene.events[i + 1]
    changed = list(scene.events)
    changed[i] = msgspec.structs.replace(one, kind=other.kind)
    changed[i + 1] = msgspec.structs.replace(other, kind=one.kind)
    return changed


def planted(error: str, scene: Scene, rng: np.random.Generator) -> list[Placed] | None:
    there = list(scene.events)
    i = int(rng.integers(len(there)))
    match error:
        case "none":
            return there
        case "wrong order":
            return swapped(scene, rng)
        case "extra event":
            absent = [name for name in KINDS if name not in {event.kind for event in there}]
            new = absent[int(rng.integers(len(absent)))]
            return [
                *there[: i + 1],
                msgspec.structs.replace(there[i], kind=new, start=there[i].start + 0.3),
                *there[i + 1 :],
            ]
        case "missing event":
            return there[:i] + there[i + 1 :]
        case _:
            moved = msgspec.structs.replace(there[i], start=there[i].start + float(rng.choice([-1, 1])) * 1.5)
            same = any(abs(e.start - moved.start) < 0.6 and e.kind == moved.kind for e in there if e is not there[i])
            return None if moved.start < 0 or same else [*there[:i], moved, *there[i + 1 :]]


@pytest.mark.long
@pytest.mark.parametrize("held_out", [False, True])
async def test_errors_in_chains_that_were_written_by_hand_are_caught(
    held_out: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """docs/events.md states these numbers. The odd chains were read while the reader was written, the even ones not."""
    caught: dict[str, list[bool]] = {}
    clean: Counter[str] = Counter()
    for one in chains(held_out=held_out):
        for error, known in planted_in(one):
            verdict = await judged(one.text, known, one.seconds)
            reason = verdict.outcome if verdict.outcome == "unscored" else verdict.reason
            if error == "none":
                clean[reason] += 1
            else:
                wanted = ("contradicted", "partly") if error == "missing event" else ("contradicted",)
                caught.setdefault(error, []).append(reason in wanted)
    every = [right for found in caught.values() for right in found]
    with capsys.disabled():
        shares = ", ".join(f"{error} {sum(found)}/{len(found)}" for error, found in caught.items())
        print(f"\nchains by hand, held out {held_out}: {sum(every)}/{len(every)}; {shares}; clean {dict(clean)}")
    assert clean.total() >= 30
    assert len(every) > 100
    assert sum(every) / len(every) > 0.9
    assert clean["contradicted"] == 0
    assert clean["exact"] / clean.total() > 0.9


@pytest.mark.long
async def test_precision_and_recall_on_planted_errors_are_high(capsys: pytest.CaptureFixture[str]) -> None:
    rng, caught, total, false_alarms, clean, unread = np.random.default_rng(0), 0, 0, 0, 0, 0
    by_error: dict[str, list[bool]] = {}
    for i in range(400):
        scene = compose(DIALS["easy" if i % 2 else "medium"], 31, i)
        if scene.form != "temporal":
            continue
        for error in ("none", "wrong order", "extra event", "missing event", "wrong time", "wrong count"):
            if error == "wrong count":
                kind, off = scene.events[0].kind, int(rng.choice([1, 2]))
                count = sum(e.kind == kind for e in scene.events) + off
                text = f"{timeline(scene)} Counting, the {kind} is heard {count} times."
            else:
                told = planted(error, scene, rng)
                if not told:
                    continue
                text = listed(told, int(rng.integers(8)), rng)
            verdict = await judged(text, facts(scene), scene.seconds)
            unread += verdict.outcome == "unscored"
            flagged = verdict.reason != "exact"
            by_error.setdefault(error, []).append(flagged)
            clean, false_alarms = clean + (error == "none"), false_alarms + (error == "none" and flagged)
            total, caught = total + (error != "none"), caught + (error != "none" and flagged)
    recall, precision = caught / total, caught / (caught + false_alarms)
    with capsys.disabled():
        shares = ", ".join(f"{error} {sum(f) / len(f):.3f}" for error, f in by_error.items())
        print(f"\nchecks/events: precision {precision:.3f}, recall {recall:.3f} of {total}; {clean} clean; {shares}")
    assert recall > 0.95
    assert false_alarms / clean < 0.02
    assert unread < 0.01 * total
