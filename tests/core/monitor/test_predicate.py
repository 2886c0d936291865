"""A condition over columns says of each row what the language says of it alone."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from shidian.core.monitor.events import NULL
from shidian.core.monitor.predicate import compiled
from shidian.core.rulebook.expression import evaluate, parse
from shidian.core.rulebook.model import FieldType

TYPES = {
    "amount": (FieldType.MONEY, 2),
    "n": (FieldType.INT, 0),
    "ok": (FieldType.BOOL, 0),
    "venue": (FieldType.CODE, 0),
    "delay": (FieldType.DURATION, 0),
    "score": (FieldType.DECIMAL, 3),
    "note": (FieldType.TEXT, 0),
}
WORDS = {"a": 0, "b": 1, "5m": 2, "": 3, "cc": 4}
NUMBERS = [0, 1, -3, 250, 300_000_000, 10**15, -(10**15)]


def random_row(rng):
    row = {}
    for name, (kind, _) in TYPES.items():
        if kind in (FieldType.CODE, FieldType.TEXT):
            row[name] = rng.choice(list(WORDS.values()))
        else:
            row[name] = rng.choice([0, 1] if kind is FieldType.BOOL else NUMBERS)
        if rng.random() < 0.2:
            row[name] = NULL
    return row


def as_the_language_reads(row):
    said = {number: word for word, number in WORDS.items()}

    def value(name, number):
        kind, scale = TYPES[name]
        if number == NULL:
            return None
        if kind in (FieldType.CODE, FieldType.TEXT):
            return said[number]
        return bool(number) if kind is FieldType.BOOL else Fraction(number, 10**scale)

    return {name: value(name, number) for name, number in row.items()}


@pytest.mark.parametrize(
    "text",
    [
        "amount > 3",
        "NOT ok",
        "ok OR amount IS NULL",
        "venue IN ('a', 'zz')",
        "venue = 'a' AND ok",
        "venue <> '5m'",
        "length(note) > 1",
        "coalesce(venue, 'none') = 'none'",
        "coalesce(n, 4) > 3",
        "coalesce(amount, n) >= 2.5",
        "delay >= '5m'",
        "delay IN ('5m', '1s')",
        "delay / delay > 0.5",
        "amount / n > 2.25",
        "-n < 2 AND NOT (ok AND venue <> 'b')",
        "n * n * n * n * n * n * n > 10",
        "'a' = 'b' OR ok",
        "score * amount > 3 OR ok = false",
        "amount - amount / 3 >= 1",
        "NOT (n > 1 OR (ok AND score IS NOT NULL))",
    ],
)
def test_condition_holds_where_the_language_says_true(text):
    rows = [random_row(random.Random(seed)) for seed in range(200)]
    columns = {name: np.array([row[name] for row in rows], np.int64) for name in TYPES}

    held = compiled(text, TYPES).holds(columns, WORDS, len(rows))

    expected = [evaluate(parse(text), as_the_language_reads(row)) is True for row in rows]
    assert held.tolist() == expected


def test_field_that_no_event_has_is_left_out_everywhere():
    predicate = compiled("amount IS NULL", TYPES)

    assert predicate.holds({}, {}, 2).tolist() == [True, True]


@pytest.mark.parametrize(
    "text", ["who = 'p_aaaaaaaa'", "length(who) > 3", "coalesce(who, 'x') = 'x'"]
)
def test_pseudonym_beside_a_word_is_refused(text):
    with pytest.raises(ValueError, match="pseudonym"):
        compiled(text, {"who": (FieldType.PSEUDONYM, 0)})
