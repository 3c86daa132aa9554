"""What a final text states, and above all what it does not."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_cogito.answers import normalise, read_answer
from made import make_question
from paces import paces

ANIMALS = ("Dog", "Cat", "Crow")
NESTED = ("dog", "dog and cat", "cat")
COUNTS = ("2", "3", "13")
METRES = ("3/4", "4/4", "6/8")
NOTES = ("A", "B", "C")
KEYS = ("A minor", "C major", "C# minor")
YES = ("Yes", "No")
YES_WITH = ("Yes, both are live", "No, one is recorded")
PLACES = ("A quiet library", "A busy station, before a departure", "The inside of a car")
CHINESE = ("狗", "猫", "乌鸦")

STATED = [
    # the choice, however dressed
    (ANIMALS, "Cat", "Cat"),
    (ANIMALS, "cat", "Cat"),
    (ANIMALS, "  Cat.\n", "Cat"),
    (ANIMALS, "**Cat**", "Cat"),
    (ANIMALS, "**Cat.**", "Cat"),
    (ANIMALS, "*cat*", "Cat"),
    (ANIMALS, "`Cat`", "Cat"),
    (ANIMALS, "“Cat.”", "Cat"),
    (ANIMALS, "'cat'", "Cat"),
    (("“Go”", "“Stop”"), '"“Stop”"', "“Stop”"),
    (ANIMALS, "a cat", "Cat"),
    (ANIMALS, "- Cat", "Cat"),
    (ANIMALS, "# Cat", "Cat"),
    (CHINESE, "猫。", "猫"),
    (CHINESE, "答案是:猫", "猫"),
    (PLACES, "a busy station, before a departure.", "A busy station, before a departure"),
    # enclosed or announced
    (ANIMALS, "Answer: Cat", "Cat"),
    (ANIMALS, "ANSWER: CAT", "Cat"),
    (ANIMALS, "The answer is Cat", "Cat"),
    (ANIMALS, "The correct answer is **Cat**.", "Cat"),
    (ANIMALS, "**Final answer:** Cat", "Cat"),
    (ANIMALS, "Final answer: **Cat**", "Cat"),
    (ANIMALS, "So the answer must be a cat.", "Cat"),
    (ANIMALS, "\\boxed{Cat}", "Cat"),
    (ANIMALS, "$\\boxed{\\text{Cat}}$", "Cat"),
    (ANIMALS, "It barks? No. <answer>Cat</answer>", "Cat"),
    (ANIMALS, "<answer>\nCat\n</answer>", "Cat"),
    (ANIMALS, "<answer>B</answer>", "Cat"),
    (ANIMALS, "\\boxed{B}", "Cat"),
    (ANIMALS, "The answer is Cat because it purrs.", "Cat"),
    (ANIMALS, "The dog is too far off.\n\nAnswer: Cat", "Cat"),
    (ANIMALS, "Dog\nCat\nCrow\n\nAnswer: Cat", "Cat"),
    (ANIMALS, "A. Dog\nB. Cat\nC. Crow\n\nThe answer is B.", "Cat"),
    (ANIMALS, "Answer: Cat\n\nExplanation: a dog would bark.", "Cat"),
    (ANIMALS, "The answer is not obvious. Answer: Cat", "Cat"),
    (ANIMALS, "Cat (not Dog)", "Cat"),
    # letters and positions
    (ANIMALS, "B because it purrs", "Cat"),
    (ANIMALS, "The answer is B. The cat purrs.", "Cat"),
    (ANIMALS, "B", "Cat"),
    (ANIMALS, "b", "Cat"),
    (ANIMALS, "(B)", "Cat"),
    (ANIMALS, "[B]", "Cat"),
    (ANIMALS, "B.", "Cat"),
    (ANIMALS, "**B**", "Cat"),
    (ANIMALS, "B. Cat", "Cat"),
    (ANIMALS, "B) cat", "Cat"),
    (ANIMALS, "(B) Cat.", "Cat"),
    (ANIMALS, "B: Cat", "Cat"),
    (ANIMALS, "Option B", "Cat"),
    (ANIMALS, "option 2", "Cat"),
    (ANIMALS, "Option Cat", "Cat"),
    (ANIMALS, "The answer is B.", "Cat"),
    (ANIMALS, "The answer is (B) Cat", "Cat"),
    # a sentence that states one
    (ANIMALS, "It is a cat.", "Cat"),
    (ANIMALS, "What purrs here is a cat.", "Cat"),
    (ANIMALS, "It is not a dog but a cat", "Cat"),
    (ANIMALS, "It is a cat, not a dog.", "Cat"),
    (ANIMALS, "A cat rather than a dog.", "Cat"),
    (ANIMALS, "Cat is the answer.", "Cat"),
    (ANIMALS, "Cat: it purrs.", "Cat"),
    (ANIMALS, "Cat – it purrs.", "Cat"),
    (ANIMALS, "I'd say cat.", "Cat"),
    (PLACES, "This sounds like the inside of a car.", "The inside of a car"),
    # prose, then a line
    (ANIMALS, "Something soft vibrates steadily.\nCat", "Cat"),
    (ANIMALS, "Soft, low, regular: purring.\n\n**Cat**", "Cat"),
    # nested choices
    (NESTED, "dog and cat", "dog and cat"),
    (NESTED, "It is a dog and cat.", "dog and cat"),
    (NESTED, "dog", "dog"),
    (NESTED, "Answer: dog", "dog"),
    # choices that differ by a sign or are letters
    (METRES, "3/4", "3/4"),
    (METRES, "The answer is 6/8.", "6/8"),
    (("C", "C#", "Cb"), "C#", "C#"),
    (("C", "C#", "Cb"), "C♯", "C#"),
    (("C", "C#", "Cb"), "The answer is C.", "C"),
    (("-5", "5", "50%"), "-5", "-5"),
    (("-5", "5", "50%"), "−5", "-5"),
    (("-5", "5", "50%"), "50%", "50%"),
    (("A > B", "A < B", "A = B"), "A > B", "A > B"),
    (NOTES, "B", "B"),
    (("B", "C", "A"), "B", "B"),
    (("B", "C", "A"), "The answer is A.", "A"),
    (KEYS, "C# minor", "C# minor"),
    (KEYS, "(B) C major", "C major"),
    # yes and no
    (YES, "Yes", "Yes"),
    (YES, "no.", "No"),
    (YES, "No, there is no rain.", "No"),
    (YES_WITH, "Yes, both are live", "Yes, both are live"),
]

UNSTATED = [
    # nothing, or nothing known
    (ANIMALS, ""),
    (ANIMALS, "   \n"),
    (ANIMALS, "..."),
    (ANIMALS, "A horse."),
    (ANIMALS, "The answer is a horse."),
    (ANIMALS, "<answer></answer>"),
    (ANIMALS, "E"),
    (ANIMALS, "Option 4"),
    (ANIMALS, "D. Horse"),
    # none, any, either
    (ANIMALS, "None of the choices"),
    (ANIMALS, "None of the above: neither the dog nor the cat."),
    (ANIMALS, "I cannot tell."),
    (ANIMALS, "I cannot tell whether it is a cat."),
    (ANIMALS, "either a dog or a cat"),
    (ANIMALS, "Dog or Cat"),
    (ANIMALS, "Dog/Cat"),
    (ANIMALS, "Dog and cat"),
    (ANIMALS, "Dog, Cat"),
    (ANIMALS, "A or B"),
    (ANIMALS, "It might be a cat."),
    (ANIMALS, "Is it a cat?"),
    # two asserted, or one taken back
    (ANIMALS, "Answer: Dog\nAnswer: Cat"),
    (ANIMALS, "<answer>Dog</answer><answer>Cat</answer>"),
    (ANIMALS, "Dog\nCat"),
    (ANIMALS, "Cat\n\nWait, it is a dog."),
    (ANIMALS, "The answer is Cat. Actually, the answer is Dog."),
    (ANIMALS, "The first is a dog and the second is a cat."),
    (ANIMALS, "The answer is Dog... no, Cat."),
    (ANIMALS, "Cat, although a horse fits as well."),
    (ANIMALS, "Cat. However, the dog fits as well."),
    (ANIMALS, "Cat. But option A fits as well."),
    (ANIMALS, "Cat, and a horse."),
    (ANIMALS, "It is a cat. It is not a cat."),
    (ANIMALS, "Cat. It is not a cat."),
    (YES, "The answer is No, followed by Yes."),
    (("dog", "dog and a horse"), "It is a dog. A horse follows."),
    (("dog", "dog and a horse"), "Answer: dog, a horse too"),
    (("C", "a chord"), "It is a chord. It is C."),
    (ANIMALS, "It is a cat. " + "Purring goes on and on. " * 20),
    # denied
    (("Dog", "Cat"), "not the dog"),
    (ANIMALS, "It is not a cat."),
    (ANIMALS, "It isn't a cat."),
    (ANIMALS, "There is no cat."),
    (ANIMALS, "The answer is not Cat."),
    (ANIMALS, "I rule out the cat."),
    (ANIMALS, "Dog is the least likely."),
    (ANIMALS, "Everything but the dog"),
    (ANIMALS, "Other than the cat, nothing fits."),
    (ANIMALS, "Not B."),
    (ANIMALS, "The answer isn't B"),
    # mentioned, not stated
    (ANIMALS, "The bird is near the cat."),
    (ANIMALS, "I would choose Cat over Dog."),
    (ANIMALS, "The sound is made by a dog, which scares a cat."),
    (YES, "No doubt, yes."),
    # a letter that contradicts
    (ANIMALS, "A. Cat"),
    (ANIMALS, "The answer is (A) Cat"),
    (ANIMALS, "Option A: Cat"),
    (ANIMALS, "Cat (A)"),
    (ANIMALS, "Cat - A"),
    (ANIMALS, "Answer: Cat (A)"),
    (NOTES, "Option 2"),
    (KEYS, "A"),
    (COUNTS, "option 2"),
    (ANIMALS, "B. A horse."),
    # a part of something else
    (("5", "7"), "It is -5."),
    (ANIMALS, "Catfish"),
    (ANIMALS, "a hot-dog"),
    (COUNTS, "23"),
    (COUNTS, "I hear 2 or 3 of them"),
    (METRES, "3"),
    (("C", "C#"), "C7"),
    (YES, "There is no rain."),
    (YES, "yes and no"),
    (NESTED, "a dog, and then also the cat"),
    # choices that cannot be told apart but verbatim
    (("cat", "Cat"), "CAT"),
]


@pytest.mark.parametrize(("choices", "text", "stated"), STATED)
def test_text_states_its_choice(choices: tuple[str, ...], text: str, stated: str) -> None:
    assert read_answer(text, make_question(*choices)) == stated


@pytest.mark.parametrize(("choices", "text"), UNSTATED)
def test_text_that_states_no_single_choice_is_not_read(choices: tuple[str, ...], text: str) -> None:
    assert read_answer(text, make_question(*choices)) is None


def test_choices_alike_but_for_case_are_read_verbatim() -> None:
    assert read_answer("cat", make_question("cat", "Cat")) == "cat"


def test_yes_or_no_needs_no_choices() -> None:
    assert read_answer("**yes**", make_question(answer="No", type="yesno")) == "Yes"


@pytest.mark.parametrize("text", ["C#", "3/4", "-5", "50%", ">", "x²", "½", "why?", "1.5", "C++", "...", "*", "#1"])
def test_normalising_keeps_what_tells_choices_apart(text: str) -> None:
    stripped = {normalise(piece) for piece in (text[:-1], text[1:], text[:1]) if piece != text}
    assert normalise(text)
    assert normalise(text) not in stripped


@given(st.text())
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


WRAPPERS = [
    "{}", "{}.", "**{}**", '"{}"', " {}\n", "Answer: {}", "The answer is {}.", "The correct answer is {}",
    "Final answer: **{}**", "\\boxed{{{}}}", "<answer>{}</answer>", "The evidence points one way.\n\n{}",
]  # fmt: skip
WORDS = st.text(string.ascii_letters, min_size=2, max_size=9).filter(lambda word: word.casefold() not in ("the", "an"))
CHOICE = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
CHOICES = st.lists(CHOICE, min_size=2, max_size=5, unique_by=normalise).map(tuple)


@given(CHOICES, st.sampled_from(WRAPPERS), st.data())
def test_wrapped_choice_is_that_choice(choices: tuple[str, ...], wrapper: str, data: st.DataObject) -> None:
    choice = data.draw(st.sampled_from(choices))
    assert read_answer(wrapper.format(choice), make_question(*choices)) == choice


@given(CHOICES, st.text())
def test_nothing_but_a_choice_is_ever_read(choices: tuple[str, ...], text: str) -> None:
    assert read_answer(text, make_question(*choices)) in (None, *choices)


@given(st.lists(WORDS, min_size=2, max_size=30).map(" ".join))
def test_text_that_names_no_choice_is_not_read(text: str) -> None:
    choices = ("98 kilohertz", "an ocarina²", "狗")
    assert read_answer(text, make_question(*choices)) is None


def test_plain_choice_is_read_in_a_few_paces() -> None:
    question = make_question("Mountain stream", "Dense forest", "Open sea", "City streets")
    assert paces(lambda: read_answer("**open sea**", question)) < 2
