"""Questions in a model's words: only what keeps their meaning stands, names and numbers stay, no choice is touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from audio_cogito import prompts
from audio_cogito.errors import CallFailed, SetupError
from audio_cogito.models.scripted import Scripted
from audio_cogito.sources import complex_audio
from audio_cogito.synth import card, paraphrase
from audio_cogito.synth.asking import Asked
from audio_cogito.synth.composing import compose
from audio_cogito.synth.dataset import Making, as_written, composed, make
from audio_cogito.synth.meaning import KEEPS, Original, fault
from audio_cogito.synth.paraphrase import FILE, Reworded, originals, reworded, tally, worded
from audio_cogito.synth.questions import questions
from audio_cogito.synth.settings import DIALS
from audio_cogito.synth.wordings import QUESTIONS
from road import cogito_here, serving

PROMPT = prompts.load("paraphrase")
NAMES = {"x": "bell", "y": "snare drum"}
CHOICES = ("bell", "hiss", "flute", "snare drum")
GOOD = {
    "first": "Of all the sounds, which one do we get to hear first?",
    "last": "Which of them brings the recording to its end?",
    "nth": "Listening in order, which sound is the third?",
    "after": "Immediately after the bell, what sound is heard?",
    "before": "What is the sound directly before the bell?",
    "order": "Give the sequence in which the sounds are heard.",
    "count": "What is the number of times that the bell rings out?",
    "total": "Leaving the background aside, how many sounds can be counted?",
    "different": "Without the background, how many distinct sounds occur?",
    "pause": "What is the duration of the silence between the bell and the snare drum?",
    "length": "What is the duration of the bell?",
    "moment": "At which point in time does the bell start?",
    "longest": "Of the sounds, which one is held longest?",
    "loudest": "Which one is loudest of all the sounds?",
    "louder": "Comparing the bell and the snare drum, which one is louder?",
    "pitch": "Is the bell low (below 300 Hz), middle, or high (above 1000 Hz) in pitch?",
    "higher": "Comparing the bell with the snare drum, which one is higher in pitch?",
    "background": "What can be heard going on behind everything else?",
    "present": "Does one hear the bell anywhere in the recording?",
    "at_once": "What is the largest number of sounds heard simultaneously, leaving out the background?",
    "starts_first": "Among the overlapping sounds, which starts before the others?",
    "stops_first": "Among the overlapping sounds, which one falls silent first?",
    "extract": "Other than the bell, what is sounding in front of the background?",
    "more": "Which of the two recordings has more of the bell?",
    "contains": "In which of the two recordings is the bell present?",
    "busier": "Apart from backgrounds, in which recording are there more sounds?",
    "order_in": "Which recording has the bell earlier than the snare drum?",
}
"""One for each skill, of the template in the middle."""


def original(skill: str, place: int | None = None, **changes: object) -> Original:
    texts = QUESTIONS[skill]
    template = texts[len(texts) // 2 if place is None else place]
    names = tuple(name for key, name in NAMES.items() if f"{{{key}}}" in template)
    stated = {"skill": skill, "text": template.format(n="third", **NAMES), "names": names, "choices": CHOICES}
    return Original(**{**stated, "n": "third" if "{n}" in template else None, **changes})  # type: ignore[arg-type]


# --- what keeps the meaning -------------------------------------------------------------------------------------------


def test_every_skill_has_its_words() -> None:
    assert set(KEEPS) == set(QUESTIONS) == set(GOOD)


@pytest.mark.parametrize("skill", QUESTIONS)
def test_good_paraphrase_of_each_skill_stands(skill: str) -> None:
    given = original(skill, choices=("1", "2", "3", "4") if skill in ("total", "count") else CHOICES[1:3])
    assert fault(given, GOOD[skill]) is None


@pytest.mark.parametrize("skill", QUESTIONS)
def test_the_composers_own_wordings_stand_for_one_another(skill: str) -> None:
    """Each template is an honest paraphrase of the others: hardly one may be refused."""
    texts = [original(skill, place).text for place in range(len(QUESTIONS[skill]))]
    given = original(skill, 0, choices=())
    refused = [text for text in texts[1:] if fault(given, text) is not None]
    assert len(refused) <= 1, refused


@pytest.mark.parametrize(
    ("skill", "wording", "reason"),
    [
        ("after", "What do you hear right before the bell?", "meaning"),
        ("before", "Which sound follows the bell directly?", "meaning"),
        ("after", "What comes at some time after the bell?", "meaning"),
        ("first", "Which sound ends the recording?", "meaning"),
        ("last", "Which of the sounds opens the recording?", "meaning"),
        ("louder", "Which is softer, the bell or the snare drum?", "meaning"),
        ("louder", "Which is louder, the snare drum or the bell?", "name"),
        ("order_in", "In which recording does the bell come after the snare drum?", "meaning"),
        ("order_in", "In which recording does the snare drum come before the bell?", "name"),
        ("pause", "How long is the pause between the bell and the drum?", "name"),
        ("count", "How many times is the gong heard?", "name"),
        ("count", "How many times is the bell heard, two or three?", "number"),
        ("nth", "Which sound comes fourth?", "number"),
        ("pitch", "Is the bell low, middle or high in pitch?", "number"),
        ("pitch", "Is the pitch of the bell below 300 Hz or above 1000 Hz?", "meaning"),
        ("first", "Which sound comes first, perhaps the flute?", "choice"),
        ("present", "Is the bell not heard in the recording?", "negation"),
        ("present", "How often is the bell heard?", "meaning"),
        ("different", "How many distinct sounds can be counted?", "background"),
        ("total", "How many different sounds are there apart from the background?", "meaning"),
        ("length", "How long is the pause around the bell?", "meaning"),
        ("moment", "When does the bell end?", "meaning"),
        ("first", "Which sound comes first? A) bell B) hiss", "form"),
        ("first", "Which of the options is the first sound?", "form"),
        ("first", "Which sound comes first?\nThink well.", "form"),
        ("first", "First", "form"),
        ("first", "Which **sound** comes first?", "form"),
        ("first", "Which sound, of all those that a listener might " + "very " * 40 + "first hear?", "form"),
        ("first", "哪个声音最先出现,请仔细听一听再回答?", "meaning"),
    ],
)  # fmt: skip
def test_wording_that_loses_or_adds_something_is_refused_with_its_reason(skill: str, wording: str, reason: str) -> None:
    assert fault(original(skill, 0 if skill == "different" else None), wording) == reason


def test_unchanged_wording_is_none() -> None:
    given = original("first")
    assert fault(given, given.text.upper().replace("?", "??")) == "unchanged"


def test_name_that_holds_a_word_of_direction_does_not_count_as_one() -> None:
    given = original("after", names=("rising chirp before dawn",), text="What follows the rising chirp before dawn?")
    assert fault(given, "Right after the rising chirp before dawn, what is heard?") is None


# --- asking -----------------------------------------------------------------------------------------------------------


def saying(wordings: Callable[[bytes], list[str]]) -> Scripted:
    return Scripted(lambda asked, draw, attempt: json.dumps({"wordings": wordings(asked)}))


async def test_kept_refused_and_failed_are_counted_and_the_key_is_never_shown() -> None:
    shown: list[bytes] = []

    def script(asked: bytes, draw: int, attempt: int) -> str:
        shown.append(asked)
        if b"loudest" in asked:
            raise CallFailed("refused", "too long")
        return json.dumps({"wordings": [GOOD["after"], "What is before the bell?", GOOD["after"]]})

    given = [original("after"), original("loudest")]
    made = await reworded(given, model=Scripted(script), prompt=PROMPT)
    assert made[0].wordings == (GOOD["after"],)
    assert [(refused.text, refused.reason) for refused in made[0].refused] == [("What is before the bell?", "meaning")]
    assert made[0].by == "scripted@1"
    assert made[1].failed == "refused: too long"
    assert tally(made) == (2, 1, 1, {"meaning": 1})
    assert not any(choice in sent for sent in shown for choice in (b"flute", b"hiss"))


def test_questions_with_the_same_words_are_asked_for_once_with_the_choices_of_all() -> None:
    posed = [(scene, questions(scene)) for scene in (compose(DIALS["medium"], 1, i) for i in range(60))]
    found = originals(posed)
    texts = [(one.skill, one.text) for one in found]
    assert len(set(texts)) == len(texts) < sum(len(asked) for _, asked in posed)
    assert {(a.skill, a.text) for _, asked in posed for a in asked} == set(texts)
    (first,) = [one for one in found if one.text == "Which sound comes first?"]
    assert len(first.choices) > 4
    for one in found:
        assert all(name in one.text for name in one.names)
        assert [one.text.find(name) for name in one.names] == sorted(one.text.find(name) for name in one.names)


def test_only_the_text_changes_and_the_composers_own_words_stay_among_the_wordings() -> None:
    given = Reworded(skill="first", text="Which sound comes first?", by="m@1", wordings=(GOOD["first"],))
    seen = set()
    for i in range(40):
        scene = compose(DIALS["easy"], 1, i)
        asked = [Asked(skill="first", text=given.text, choices=("a", "b"), answer="b"),
                 Asked(skill="last", text="Which sound comes last?", choices=("a", "b"), answer="b")]  # fmt: skip
        said = list(worded(scene, asked, {("first", given.text): given}))
        assert said == list(worded(scene, asked, {("first", given.text): given}))
        assert said[1] == asked[1]
        assert (said[0].choices, said[0].answer, said[0].skill) == (("a", "b"), "b", "first")
        seen.add((said[0].text, said[0].by))
    assert seen == {(given.text, None), (GOOD["first"], "m@1")}


def test_dataset_is_read_in_the_models_words_and_its_parts_stay_as_they_are(tmp_path: Path) -> None:
    making = Making(seconds=(2.0, 2.5), events=(2, 3), pairs=0.0)
    list(make(tmp_path, 30, making, jobs=1))
    before = list(as_written(tmp_path))
    lines = [Reworded(skill="first", text=text, by="m@1", wordings=(GOOD["first"],)) for text in QUESTIONS["first"]]
    (tmp_path / FILE).write_bytes(b"".join(paraphrase.msgspec.json.encode(line) + b"\n" for line in lines))
    found = list(composed(tmp_path))
    assert list(as_written(tmp_path)) == before
    changed = [(a, b) for one, other in zip(before, found, strict=True)
               for a, b in zip(one.asked, other.asked, strict=True) if a != b]  # fmt: skip
    assert changed
    assert all((a.skill, b.text, b.choices, b.answer) == ("first", GOOD["first"], a.choices, a.answer)
               for a, b in changed)  # fmt: skip
    posed = [p for r in complex_audio.recordings(complex_audio.Settings(path=str(tmp_path))) for p in r.posed]  # type: ignore[union-attr]
    assert {p.author for p in posed if p.text == GOOD["first"]} == {f"{complex_audio.AUTHOR}, worded by m@1"}
    assert {p.author for p in posed if p.text != GOOD["first"]} == {complex_audio.AUTHOR}
    assert card.write(tmp_path, making).words == {"the composer": len(posed) - len(changed), "m@1": len(changed)}


def test_damaged_wordings_are_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"skill"')
    with pytest.raises(SetupError, match=r"wordings\.jsonl cannot be read.*delete it"):
        paraphrase.read(tmp_path)


# --- the command ------------------------------------------------------------------------------------------------------


def test_command_asks_counts_and_pays_for_nothing_when_asked_again(tmp_path: Path) -> None:
    """The scripted server writes words without sense: all of them are refused, and every question keeps its words."""
    command = ["synth", "scenes", "--n", "6", "--out", str(tmp_path / "d"), "--dial", "easy", "seconds=[2,2.5]"]
    with serving() as url:
        command += ["--paraphrase", f"scripted@{url}", "--revision", "1"]
        first, again = cogito_here(*command), cogito_here(*command)
    assert first.returncode == 0, first.stderr
    lines = [json.loads(line) for line in (tmp_path / "d" / FILE).read_text().splitlines()]
    assert f"asked {len(lines)} questions = answered {len(lines)} + failed 0" in first.stdout
    refused = sum(len(line.get("refused", ())) for line in lines)
    kept = sum(len(line.get("wordings", ())) for line in lines)
    assert f"made {kept + refused} wordings = kept {kept} + refused {refused}" in first.stdout
    assert f"calls {len(lines)}, remembered 0" in first.stdout
    assert f"calls 0, remembered {len(lines)}" in again.stdout


@pytest.mark.parametrize(
    ("model", "code", "said"),
    [
        ("scripted", 2, "not NAME@URL"),
        ("m@http://user:key@127.0.0.1:9/v1", 2, "credentials"),
        ("m@http://127.0.0.1:9/v1", 4, "127.0.0.1:9"),
    ],
)
def test_wrong_model_or_dead_server_is_one_line_and_scenes_are_whole(
    tmp_path: Path, model: str, code: int, said: str
) -> None:
    done = cogito_here("synth", "scenes", "--n", "3", "--out", str(tmp_path / "d"), "--dial", "easy", "seconds=[2,2.5]",
                  "--paraphrase", model, "paraphrase.patience=1")  # fmt: skip
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "@http" in model or not (tmp_path / "d").exists()
    if code == 4:
        assert len(list(composed(tmp_path / "d"))) == 3
