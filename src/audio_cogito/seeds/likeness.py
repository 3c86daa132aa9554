"""How alike questions are: in their words, and in their build.

Nearness is the cosine of lexical vectors: words, pairs of words and beginnings of 4 and 5 letters, Chinese and
Japanese by characters and pairs of them, as TF-IDF with logarithmic counts (Salton and Buckley 1988), hashed into a
fixed number of places. It sees shared words and shared stems. It is no embedding of meaning: a paraphrase in other
words goes unseen, and is left to people.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from audio_cogito.checks.copied_seed import words

PLACES = 8192
GRAMMAR = """
    a about after all an and any are as at be been before both but by can could did do does each for from had has have
    heard here how if in into is it its itself many more most much no nor not of off on one only or other out over so
    some such than that the their them then there these they this those through to too two under until up was were what
    when where which while who whom whose why will with without would
"""
FUNCTION_WORDS = frozenset(GRAMMAR.split())
KEPT = 4096
"""Texts whose features are kept: on the review page one seed after the other is held beside the same pool."""
STOP = re.compile("[?.:;!]")

Vectors = np.ndarray[Any, np.dtype[np.float32]]


def vectors(texts: Sequence[str]) -> Vectors:
    """One row a text, of length 1; what is rare among these very texts weighs more."""
    table = np.zeros((len(texts), PLACES), dtype=np.float32)
    for row, text in zip(table, texts, strict=True):
        places, counts = _counted(text)
        row[places] = counts
    found = (table > 0).sum(axis=0)
    table *= np.log((1 + len(texts)) / (1 + found)) + 1
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(table / np.maximum(lengths, 1e-9), dtype=np.float32)


@lru_cache(maxsize=KEPT)
def _counted(text: str) -> tuple[list[int], list[float]]:
    """The places of a text's features, and their logarithmic counts."""
    counts = Counter(zlib.crc32(feature.encode()) % PLACES for feature in _features(text))
    return list(counts), [1 + math.log(count) for count in counts.values()]


def _features(text: str) -> list[str]:
    said = words(text)
    features = []
    for word in said:
        weight = 1 if word in FUNCTION_WORDS else 2
        features += [f"w {word}"] * weight
        if len(word) > 4 and word not in FUNCTION_WORDS:
            features += [f"b {word[:4]}", f"b {word[:5]}"]
    features += [f"p {one} {other}" for one, other in pairwise(said)]
    return features


@lru_cache(maxsize=KEPT)
def frame(text: str) -> str | None:
    """The build of a question: its function words and stops, each run of other words as one blank.

    None for a text with fewer than five function words, whose build is common by chance, or in another language.
    """
    parts: list[str] = []
    known = 0
    for token in re.findall(r"\w+|[?.:;!]", text.casefold()):
        known += token in FUNCTION_WORDS
        if token in FUNCTION_WORDS or STOP.match(token):
            parts.append(token)
        elif parts[-1:] != ["_"]:
            parts.append("_")
    return " ".join(parts) if known >= 5 else None


def opening(text: str) -> str:
    """The first three words."""
    return " ".join(words(text)[:3])
