"""Words of a text as index tokens: Chinese in pairs of characters, other words as they stand. Pure.

A word of two characters is the commonest in Chinese, so that three (a trigram index) are too many
and one too few. Tokens are plain ASCII, so that no database's own idea of a word gets in between:
`x00..x00..` is a pair of characters, `x00..` a character at the end of a run, `w…` a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WORD_LENGTH_MAX = 64
TOKENS_MAX = 20_000
"""A tsvector takes a mebibyte; a form of 400,000 characters has fewer pairs than this."""
QUERY_LENGTH_MAX = 100

_RUNS = re.compile(r"[0-9a-z]+|[^\W\x00-\x7f]+")


@dataclass(frozen=True, slots=True)
class Term:
    """One token that a text must have; with `prefix`, one that begins with it."""

    token: str
    prefix: bool


def _folded(text: str) -> str:
    """Full-width forms, accents and capitals do not matter."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(one for one in decomposed if not unicodedata.combining(one))


def _code(character: str) -> str:
    return f"x{ord(character):06x}"


def _runs(text: str) -> Iterator[str]:
    yield from _RUNS.findall(_folded(text))


def tokens_of(texts: Iterable[str]) -> list[str]:
    """All different tokens of the texts, in order of the alphabet, at most `TOKENS_MAX`."""
    found: set[str] = set()
    for text in texts:
        for run in _runs(text):
            if run.isascii():
                found.add(f"w{run[:WORD_LENGTH_MAX]}")
                continue
            found.update(_code(a) + _code(b) for a, b in pairwise(run))
            found.add(_code(run[-1]))
    return sorted(found)[:TOKENS_MAX]


def terms_of(query: str) -> list[Term]:
    """What a text must have for the query to find it: all of these. None: the query is empty."""
    terms: dict[Term, None] = {}
    for run in _runs(query[:QUERY_LENGTH_MAX]):
        if run.isascii():
            terms[Term(f"w{run[:WORD_LENGTH_MAX]}", prefix=True)] = None
        elif len(run) == 1:
            terms[Term(_code(run), prefix=True)] = None
        else:
            for a, b in pairwise(run):
                terms[Term(_code(a) + _code(b), prefix=False)] = None
    return list(terms)


def strings_in(value: object) -> Iterator[str]:
    """Every text in an answer, however deep; keys are not answers."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings_in(one)
