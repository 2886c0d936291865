"""Which texts are about like things: weighted pairs of characters and words. Pure.

Texts are sets of tokens as search has them (`cases.search`): Chinese in pairs of characters, so
that no word list is needed. A token weighs the more the fewer texts have it, ln(1 + N / n) of N
texts of which n have it (Spärck Jones, J. Documentation 28 (1972) 11–21); likeness is the cosine of
the angle between two texts' weights (Salton et al., CACM 18 (1975) 613–620), from 0 to 1.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

Key = TypeVar("Key")
LIKE_MIN = 0.03
"""Below, texts have no more in common than their language: see the judged texts in the tests."""
STEM_CHARS = 7
"""A token's mark and six letters: `settles`, `settled` and `settlement` count as one word."""
_PAIR_CHARS = 14
_FUNCTION_WORDS = frozenset(
    "w" + word
    for word in [
        "a",
        "all",
        "also",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "before",
        "between",
        "both",
        "by",
        "can",
        "each",
        "every",
        "for",
        "from",
        "has",
        "have",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "more",
        "most",
        "no",
        "not",
        "of",
        "on",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "so",
        "some",
        "such",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "was",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "will",
        "with",
        "within",
        "without",
        "would",
        "you",
        "your",
    ]
)
COMMON_SHARE = 0.5
"""What more than half of many texts have says nothing of any of them."""
MANY = 20


def telling(tokens: Iterable[str]) -> set[str]:
    """Of a text's tokens those that say what it is about: no function words, no lone characters."""
    found = set()
    for token in tokens:
        if token.startswith("w"):
            if token not in _FUNCTION_WORDS:
                found.add(token[:STEM_CHARS])
        elif len(token) == _PAIR_CHARS:
            found.add(token)
    return found


class Corpus(Generic[Key]):
    """Texts that others are compared with. Some 300 tokens a text take 4 bytes each."""

    def __init__(self, texts: Mapping[Key, Iterable[str]]) -> None:
        self._keys = list(texts)
        places: dict[str, list[int]] = defaultdict(list)
        for place, tokens in enumerate(texts.values()):
            for token in telling(tokens):
                places[token].append(place)
        self._places: dict[str, NDArray[np.int32]] = {
            token: np.array(found, np.int32) for token, found in places.items()
        }
        squares = np.zeros(len(self._keys))
        for found in self._places.values():
            squares[found] += self._weight(len(found)) ** 2
        self._lengths = np.sqrt(squares)

    def __len__(self) -> int:
        return len(self._keys)

    def like(self, tokens: Iterable[str], most: int) -> list[tuple[Key, float]]:
        """At most so many texts that are like this one, the likest first, with their likeness."""
        shared = np.zeros(len(self._keys))
        square = 0.0
        for token in telling(tokens):
            found = self._places.get(token)
            weight = self._weight(0 if found is None else len(found))
            square += weight**2
            if found is not None:
                shared[found] += weight**2
        if not square or not len(self._keys):
            return []
        with np.errstate(invalid="ignore", divide="ignore"):
            likeness = np.nan_to_num(shared / (self._lengths * math.sqrt(square)))
        best = np.argsort(-likeness, kind="stable")[:most]
        return [
            (self._keys[place], float(likeness[place]))
            for place in best
            if likeness[place] >= LIKE_MIN
        ]

    def _weight(self, having: int) -> float:
        if len(self._keys) >= MANY and having > COMMON_SHARE * len(self._keys):
            return 0.0
        return math.log(1 + len(self._keys) / max(having, 1))
