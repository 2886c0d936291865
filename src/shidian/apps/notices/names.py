"""Numbers and names of pilots, compared as people read them: alike, or only looking alike. Pure.

Whoever sells a pilot that does not exist gives it a number or a name that looks like a genuine
one's: a letter O for a zero, a Cyrillic а, a character that has no width. `plain` forgives what an
honest person types differently; what only `shape` finds equal is a warning.

Characters that look alike: a selection from the Unicode Consortium's confusables for Security
Mechanisms (UTS 39), those of Latin, Cyrillic and Greek that an ASCII letter or digit can be taken
for.
"""

from __future__ import annotations

import unicodedata

NAME_LENGTH_MAX = 200

_ALIKE = {
    "0": "oоο〇",
    "1": "iіιӏlⅼ",
    "2": "z",
    "5": "sѕ",
    "8": "b",
    "a": "аα",
    "c": "сϲ",
    "d": "ԁ",
    "e": "еє",
    "g": "ɡ",
    "h": "һ",
    "j": "јϳ",
    "k": "кκ",
    "m": "м",
    "n": "пη",
    "p": "рρ",
    "q": "ԛ",
    "r": "г",
    "t": "тτ",
    "u": "υμ",
    "v": "ѵν",
    "w": "ԝω",
    "x": "хχ",
    "y": "уγ",
}
_SHAPES = str.maketrans({ord(one): shape for shape, alike in _ALIKE.items() for one in alike})


def plain(text: str) -> str:
    """Letters and digits alone, full-width forms, accents, capitals and signs between them apart.

    Characters that cannot be seen, and those that turn the direction of writing, are no letters.
    """
    decomposed = unicodedata.normalize("NFKD", text[:NAME_LENGTH_MAX]).casefold()
    return "".join(one for one in decomposed if one.isalnum())[:NAME_LENGTH_MAX]


def shape(text: str) -> str:
    """`plain`, with one character in place of all that look like it."""
    return plain(text).translate(_SHAPES)
