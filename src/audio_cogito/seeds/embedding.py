"""Questions by what their words mean: by WordLlama's static embedding, which ships its weights (16 MB, MIT; extra
`embeddings`), or by word vectors of one's own, `lint --vectors FILE` (GloVe's or word2vec's text). See decision 024.

With vectors of one's own a question is the mean of its content words', rare words weighing more and, of many questions,
what all share taken off (Arora et al., "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", 2017).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from audio_cogito.checks.copied_seed import words
from audio_cogito.errors import SetupError
from audio_cogito.seeds.likeness import FUNCTION_WORDS, Vectors

RARE = 1e-3
"""The share of all words from which on a word weighs less than half."""
LEAST = 2
"""Content words with vectors that a question needs; one with fewer is like none."""
MANY = 100
"""Questions from which on what they share is known."""

WordVectors = Mapping[str, Vectors]
Meanings = Callable[[Sequence[str]], Vectors]
"""Texts to rows of length 1, one a text; of zeros for a text that it cannot place."""


def shipped() -> Meanings | None:
    """WordLlama's embedding; None where it is not installed. It knows English: texts in other scripts are of zeros.
    A text is embedded once."""
    if find_spec("wordllama") is None:
        return None
    import wordllama

    folder = Path(wordllama.__file__).parent
    model = wordllama.WordLlama.load(cache_dir=folder, disable_download=True)

    known: dict[str, Vectors] = {}

    def rows(texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            found = np.asarray(model.embed(new, norm=True), dtype=np.float32)
            found[[not _latin(text) for text in new]] = 0
            known.update(zip(new, found, strict=True))
        return np.stack([known[text] for text in texts])

    return rows


def _latin(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter < "\u0250" for letter in letters) > len(letters) / 2


def read(path: Path, texts: Iterable[str]) -> Meanings:
    """By the vectors of the words of these texts. Raises SetupError for what is no file of vectors."""
    wanted = {word for text in texts for word in words(text)}
    found: dict[str, Vectors] = {}
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                word, *numbers = line.rstrip().split(" ")
                if word in wanted and len(numbers) > 1:
                    found[word] = np.array(numbers, dtype=np.float32)
    except (OSError, ValueError) as error:
        raise SetupError(f"{path} cannot be read as word vectors, a word and its numbers a line: {error}") from error
    if len({len(vector) for vector in found.values()}) != 1:
        raise SetupError(f"{path} holds no vectors of one length for the words of these questions")
    return partial(embedded, known=found)


def embedded(texts: Sequence[str], known: WordVectors) -> Vectors:
    """One row a text, of length 1; of zeros where too few of its words are known."""
    said = [[word for word in words(text) if word in known and word not in FUNCTION_WORDS] for text in texts]
    counts = Counter(word for one in said for word in one)
    total = max(1, counts.total())
    rows = np.zeros((len(texts), len(next(iter(known.values())))), dtype=np.float32)
    enough = np.array([len(set(one)) >= LEAST for one in said])
    for row, one in zip(rows, said, strict=True):
        for word in one:
            row += known[word] * (RARE / (RARE + counts[word] / total)) / len(one)
    if enough.sum() >= MANY:
        rows -= rows[enough].mean(axis=0)
    rows[~enough] = 0
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
