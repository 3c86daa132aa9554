"""`seeds lint`: the shipped pool passes, and each kind of fault is found where it stands."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from audio_cogito import seeds
from audio_cogito.errors import SetupError
from audio_cogito.seeds.benchmarks import Benchmark, read_benchmark
from audio_cogito.seeds.likeness import frame, vectors
from audio_cogito.seeds.lint import lint
from audio_cogito.seeds.pool import Placed, as_toml, placed_in
from audio_cogito.seeds.skills import SKILLS
from audio_cogito.types import Distractor
from made import make_seed
from road import cogito_here

SHARED = os.environ.get("COGITO_SHARED_DATA")
CHOICE: dict[str, Any] = {"form": "choice", "options": ("the cup", "the lid", "the tray", "the spoon")}
PLAIN = "Which of the two knocks came from nearer by?"


def place(text: str, entry: int = 1, **changes: Any) -> Placed:
    seed = make_seed(text, **{"skill": "cause"} | changes)
    return Placed(seed=seed, path=Path("mine.toml"), entry=entry, line=entry * 10)


def found(*pool: Placed, **options: Any) -> set[tuple[str, str]]:
    return {(fault.where, fault.rule) for fault in lint(pool, balanced=False, **options)}


def rules(text: str, **changes: Any) -> set[str]:
    return {rule for _, rule in found(place(text, **changes))}


# --- the pool that comes with the program -----------------------------------------------------------------------------


def test_shipped_pool_has_no_fault() -> None:
    assert lint(placed_in(())) == []


def test_shipped_pool_is_spelt_right() -> None:
    pytest.importorskip("spellchecker", reason="needs pyspellchecker: pip install 'audio-cogito[seeds]'")
    from audio_cogito.seeds.spelling import Spelling

    spelling = Spelling()
    assert [word for placed in placed_in(()) for word in spelling.unknown(placed.seed)] == []
    assert list(spelling.unknown(make_seed("Which barkk is loudst?", language="en"))) == ["barkk", "loudst"]
    assert list(spelling.unknown(make_seed("Wer bellt am lautesten?", language="de"))) == []


@pytest.mark.skipif(SHARED is None, reason="needs COGITO_SHARED_DATA, a folder with mmar/ and mmau/")
def test_shipped_pool_holds_no_question_of_mmar_or_mmau() -> None:
    files = [Path(str(SHARED)) / "mmar" / "MMAR-meta.jsonl", Path(str(SHARED)) / "mmau" / "mmau-test-mini.json"]
    against = [read_benchmark(path) for path in files]
    assert [len(benchmark.questions) for benchmark in against] == [980, 811]
    assert lint(placed_in(()), against=against) == []
    asked = [question for benchmark in against for question in benchmark.questions if len(question.split()) >= 6]
    copies = [place(question, n + 1) for n, question in enumerate(asked[::9])]
    assert {where for where, rule in found(*copies, against=against) if rule == "benchmark"} == {
        c.where for c in copies
    }


# --- one seed ---------------------------------------------------------------------------------------------------------


def test_sound_seed_has_no_fault() -> None:
    assert rules(PLAIN) == set()
    assert rules("Which of the things falls after the bang?", **CHOICE) == set()


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (PLAIN, {"options": ("left", "right")}),
        (PLAIN, {"form": "choice"}),
        (PLAIN, CHOICE | {"options": ("left", "Left", "right")}),
        (PLAIN, CHOICE | {"options": ("left",)}),
        (PLAIN, CHOICE | {"options": tuple("abcdefg")}),
        (PLAIN, CHOICE | {"distractors": (Distractor(text="the pan", confusion="rings"),)}),
        (PLAIN, {"form": "yesno"}),
        (PLAIN, {"form": "number"}),
        ("What brings the music to its end here?", {"form": "order"}),
        ("哪一声敲击离听的人更近一些？", {"language": "zh", "form": "number"}),
        (PLAIN, {"language": "zh"}),
        ("哪一声敲击离听的人更近一些？", {}),
        ("Which knock is nearest to the listener", {}),
        ("Who knocks?", {}),
        ("Which " + "very " * 50 + "near knock is it?", {}),
    ],
)
def test_seed_out_of_its_form_is_a_fault(text: str, changes: dict[str, Any]) -> None:
    assert rules(text, **changes) == {"form"}


def test_skill_must_be_one_of_its_domain_and_may_be_anything_in_a_domain_of_the_users() -> None:
    assert rules(PLAIN, skill="harmony") == {"skill"}
    assert rules(PLAIN, skill="echolocation", domain="bats") == set()


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("Does the bang come from the lid or from elsewhere, and which?", CHOICE),
        ("Which of the things falls after the bang? The answer is clear.", {}),
        (PLAIN, CHOICE | {"options": ("the cup", "the lid", "the tray that was put down before the bang")}),
        (PLAIN, CHOICE | {"distractors": tuple(Distractor(text=o, confusion="near") for o in CHOICE["options"][:3])}),
    ],
)
def test_seed_that_gives_an_option_away_is_a_leak(text: str, changes: dict[str, Any]) -> None:
    assert rules(text, **changes) == {"leak"}


def test_question_that_names_all_its_options_is_no_leak() -> None:
    assert rules("Which falls first: the cup, the lid, the tray or the spoon?", **CHOICE) == set()


@pytest.mark.parametrize(
    "text",
    [
        "What sound is this that we hear?",
        "Which instrument is being played here?",
        "What do you hear here in the recording?",
        "What kind of music is playing in the background?",
        "What is a glissando on the harp?",
        "Why do dogs bark at the postman?",
        "Define the word rubato in your own words.",
        "Who composed the piece that is played here?",
        "Which of the knocks in this audio clip is nearer?",
        "What does the caption leave out about the second knock?",
        "The second knock is the nearer one, isn't it?",
    ],
)
def test_question_that_needs_no_listening_or_no_more_than_recognition_is_soundless(text: str) -> None:
    assert "soundless" in rules(text)


# --- two seeds --------------------------------------------------------------------------------------------------------


def test_same_question_twice_is_a_fault_at_the_later_one_whatever_its_case_and_stops() -> None:
    assert found(place(PLAIN, 1), place(PLAIN.upper().replace("?", "."), 2)) == {("mine.toml:20", "twin")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PLAIN, PLAIN.replace("knocks", "shots")),
        (
            "Before the glass breaks, who whispers and who laughs?",
            "Who laughs and who whispers before the glass breaks?",
        ),
        ("Is the xylophone a part of this?", "Is the lighthouse a part of this?"),
    ],
)
def test_question_with_a_word_changed_or_in_another_order_is_near(one: str, other: str) -> None:
    assert ("mine.toml:20", "near") in found(place(one, 1), place(other, 2), beside=placed_in(()))


def test_chinese_question_with_one_word_changed_is_near() -> None:
    one, other = "最后那一声脆响之前，哪一处声音已经预示了结果？", "最后那一声闷响之前，哪一处声音已经预示了结果？"
    assert ("mine.toml:20", "near") in found(place(one, 1, language="zh"), place(other, 2, language="zh"))


def test_question_about_the_same_thing_in_another_way_is_not_near() -> None:
    assert found(place(PLAIN, 1), place("How far away does the person stand who knocks the second time?", 2)) == set()


def test_built_alike_with_other_content_is_a_fault() -> None:
    one = "What does the dog do before the second bang, and what does it do after it?"
    other = "What does the singer do before the final refrain, and what does it do after it?"
    assert frame(one) == frame(other)
    assert ("mine.toml:20", "alike") in found(place(one, 1), place(other, 2))


def test_short_questions_are_not_alike_by_chance() -> None:
    assert frame("Which dog barks at the door?") is None


def test_seeds_beside_are_compared_with_and_not_judged() -> None:
    near = {("mine.toml:10", "twin")}
    assert found(place(PLAIN, 1), beside=[place(PLAIN, 7), place("Who?", 8)]) == near


def test_seeds_beside_that_are_built_alike_are_no_fault_of_the_judged() -> None:
    one = "What does the dog do before the second bang, and what does it do after it?"
    other = "What does the singer do before the final refrain, and what does it do after it?"
    assert found(place(PLAIN, 1), beside=[place(one, 7), place(other, 8)]) == set()
    assert ("mine.toml:10", "alike") in found(place(one, 1), beside=[place(other, 8)])


def test_more_than_four_percent_that_open_alike_are_a_fault_at_each_of_them() -> None:
    pool = [placed.seed for placed in placed_in(())][:200]
    mine = [place(f"Which old green {word} is it?", n) for n, word in enumerate("abcdefghijkl")]
    pool_placed = [place(seed.text, 100 + n, domain=seed.domain) for n, seed in enumerate(pool)]
    faults = lint(mine, beside=pool_placed, balanced=False)
    assert {f.where for f in faults if "open with 'which old green'" in f.detail} == {m.where for m in mine}


def test_nearness_is_one_for_a_text_and_itself_and_none_for_strangers() -> None:
    rows = vectors(["The dog barks twice.", "The dog barks twice!", "Quanta rerum novarum"])
    assert rows[0] @ rows[1] == pytest.approx(1)
    assert rows[0] @ rows[2] == pytest.approx(0, abs=0.05)


# --- benchmarks -------------------------------------------------------------------------------------------------------

BENCHMARK = Benchmark(
    name="test",
    questions=(
        "How many times does the man in the grey coat knock before the door is opened?",
        "Who is there",
        "Is it rain now",
        "Which animal was scared by the sudden noise?",
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "How many times does the man in the grey coat knock before the door is opened?",
        "Say first how often the man in the grey coat knock before the noise.",
        "Tell by the gutter and the roof: is it rain now, or a tap?",
        "Based on the sound, which animal was scared by the sudden noise?",
    ],
)
def test_question_of_a_benchmark_whole_in_part_or_framed_is_a_fault(text: str) -> None:
    assert ("mine.toml:10", "benchmark") in found(place(text), against=[BENCHMARK])


def test_short_question_of_a_benchmark_inside_another_is_none() -> None:
    assert found(place("One asks who is there and gets no reply. Why not?"), against=[BENCHMARK]) == set()


@pytest.mark.parametrize("form", ["array", "lines"])
def test_benchmark_is_read_from_an_array_or_from_lines(tmp_path: Path, form: str) -> None:
    items = [{"id": 1, "question": "Who?"}, {"question": "Where?", "choices": []}, {"question": "Who?"}]
    path = tmp_path / "b.json"
    path.write_text(json.dumps(items) if form == "array" else "\n".join(map(json.dumps, items)) + "\n\n")
    assert read_benchmark(path).questions == ("Who?", "Where?")


@pytest.mark.parametrize("text", ["", "[]", "[1]", '{"questions": []}', "not json", '[{"question": 1}]'])
def test_file_that_is_no_benchmark_is_refused_in_a_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "b.json"
    path.write_text(text)
    with pytest.raises(SetupError, match=r"the benchmark .*b\.json") as refused:
        read_benchmark(path)
    assert "\n" not in str(refused.value)


# --- balance ----------------------------------------------------------------------------------------------------------


def test_empty_cell_and_crowded_cell_are_faults_of_the_pool() -> None:
    whole = list(placed_in(()))
    thinned = [p for p in whole if (p.seed.skill, p.seed.difficulty) != ("sarcasm", "hard")]
    crowd = [place(f"Why does the {n}th bell ring, and who hears {n} of it?", n + 1) for n in range(40)]
    details = [fault.detail for fault in lint([*thinned, *crowd]) if fault.rule == "balance"]
    assert any("no seed of speech, sarcasm: hard" in detail for detail in details)
    assert any("sound, cause, easy: 43 of" in detail and "more than 5%" in detail for detail in details)


def test_pool_of_one_form_is_unbalanced() -> None:
    whole = [place(p.seed.text, n, domain="own") for n, p in enumerate(placed_in(()), 1)]
    details = [fault.detail for fault in lint(whole) if fault.rule == "balance"]
    assert any(detail.startswith("open: ") and "more than 50%" in detail for detail in details)


# --- the command ------------------------------------------------------------------------------------------------------


def test_command_passes_the_pool_and_says_what_it_did_not_check() -> None:
    ended = cogito_here("seeds", "lint")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert f"{len(seeds.load(())):,} seeds, 0 faults." in ended.stderr
    assert "no benchmark (--against FILE)" in ended.stderr


def test_command_names_file_and_line_of_each_fault_and_fails(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(as_toml(make_seed(PLAIN, skill="cause")) + "\n" + as_toml(make_seed("Who?", skill="cause")))
    ended = cogito_here("seeds", "lint", str(path))
    assert ended.returncode == 2
    assert ended.stdout.startswith(f"{path}:11: form: ")
    assert len(ended.stdout.splitlines()) == 1


def test_command_lints_a_users_folder_with_the_pool(tmp_path: Path) -> None:
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "bats.toml").write_text(as_toml(make_seed(seeds.load(())[0].text, domain="bats")))
    ended = cogito_here("seeds", "lint", "--plugins", str(tmp_path))
    assert ended.returncode == 2
    assert "twin: stands at " in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["lint", "none.toml"], "the seeds none.toml cannot be read"),
        (["lint", "--against", "none.json"], "there is no benchmark file none.json"),
        (["lint", "--plugins", "none"], "there is no folder none"),
        (["stats", "--picture", "p.png"], "should end in .svg"),
        (["stats", "--picture", "/proc/none/p.svg"], "/proc/none/p.svg cannot be written"),
    ],
)
def test_wrong_argument_is_one_clear_line(arguments: list[str], said: str) -> None:
    ended = cogito_here("seeds", *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_vocabulary_of_skills_is_that_of_the_files() -> None:
    assert {seed.domain for seed in seeds.load(())} == set(SKILLS)
