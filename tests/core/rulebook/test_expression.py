"""Expressions: what they mean, what is refused, and that a naive evaluator agrees."""

from __future__ import annotations

import time
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shidian.core.rulebook.expression import (
    Kind,
    ValueType,
    check,
    evaluate,
    names,
    parse,
    stream_types,
    wrong_in,
)
from tests.core.rulebook.texts import SMALL, load

TYPES = {
    "s.n": ValueType(Kind.INT),
    "s.m": ValueType(Kind.INT),
    "s.share": ValueType(Kind.DECIMAL),
    "s.money": ValueType(Kind.MONEY),
    "s.other": ValueType(Kind.MONEY),
    "s.day": ValueType(Kind.DATE),
    "s.later": ValueType(Kind.DATE),
    "s.ok": ValueType(Kind.BOOL),
    "s.kinds": ValueType(Kind.CODES, frozenset({"cloud", "chain"})),
    "s.kind": ValueType(Kind.CODE, frozenset({"bank", "broker"})),
    "s.words": ValueType(Kind.TEXT),
    "s.file": ValueType(Kind.FILE),
    "latency": ValueType(Kind.DURATION),
    "end": ValueType(Kind.INT),
}
VALUES: dict[str, Any] = {
    "s.n": 7,
    "s.share": Fraction(1, 3),
    "s.money": Fraction(1001, 100),
    "s.other": Fraction(5),
    "s.day": date(2026, 1, 31),
    "s.later": date(2026, 3, 1),
    "s.ok": True,
    "s.kinds": frozenset({"cloud"}),
    "s.kind": "bank",
    "s.words": "十个字以内",
    "latency": 250_000,
    "end": 3,
}


def value(text: str) -> Any:
    """The value of a checked expression over VALUES; `s.m` and `s.file` are unknown."""
    check(parse(text), TYPES)
    return evaluate(parse(text), VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s.n > 5 AND NOT s.ok", False),
        ("s.n >= 7 and (s.n < 7 or s.ok)", True),
        ("s.n BETWEEN 7 AND 9 AND s.ok", True),
        ("NOT s.n BETWEEN 8 AND 9", True),
        ("s.n NOT IN (1, 2, 3)", True),
        ("s.kind IN ('bank', 'broker')", True),
        ("s.kind <> 'bank'", False),
        ("s.kind != 'broker'", True),
        ("'cloud' IN s.kinds AND 'chain' NOT IN s.kinds", True),
        ("s.kind = 'bank' AND s.kind IN ('broker')", False),
        ("count(s.kinds) = 1", True),
        ("length(s.words) <= 5", True),
        ("COALESCE(s.m, s.n, 0) = 7", True),
        ("s.money * 2 > s.other + 15.01", True),
        ("s.money - s.other = 5.01", True),
        ("s.other / s.money < 0.5", True),
        ("s.share * 3 = 1", True),
        ("s.n / 2", Fraction(7, 2)),
        ("-s.n + 10", 3),
        ("1 - 2 - 3", -4),
        ("2 + 3 * 4", 14),
        ("s.later - s.day", 29),
        ("s.day + 29 = s.later", True),
        ("s.later >= '2026-03-01'", True),
        ("latency > '200ms'", True),
        ("latency * 2 = '500 ms'", True),
        ("end > 2", True),
        ("true OR s.m > 1", True),
        ("s.m > 1", None),
        ("NOT s.m > 1", None),
        ("s.m > 1 AND s.n > 100", False),
        ("s.m > 1 OR s.n > 100", None),
        ("s.m IN (1, 2)", None),
        ("s.m IS NULL AND s.file IS NULL", True),
        ("s.m IS NOT NULL", False),
        ("s.n / 0 > 1", None),
        ("s.day + 999999999 > s.later", None),
    ],
)
def test_expression_has_its_exact_value(text: str, expected: object) -> None:
    assert value(text) == expected
    assert not isinstance(value(text), float)


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [
        ("s.nn > 1", "'s.nn' is not declared", "did you mean 's.n'?"),
        ("s.n > s.money", "'s.n' is a whole number, but 's.money' is money", "both sides must be of one kind and unit"),
        ("s.n + s.money > 1", "'s.n' is a whole number, but 's.money' is money", "both sides must be of one kind and unit"),
        ("s.money * s.other > 1", "money cannot be multiplied by money", "money and durations are multiplied or divided by numbers, or divided by their own kind"),
        ("s.n / s.money > 1", "a whole number cannot be divided by money", "money and durations are multiplied or divided by numbers, or divided by their own kind"),
        ("latency > 5", "'latency' is a duration, but '5' is a number", "a duration is written '5m'"),
        ("latency > '5 minutes'", "'5 minutes' is not a duration", "write '5m'"),
        ("s.day > 2026", "'s.day' is a date, but '2026' is a number", "a date is written '2026-01-31'"),
        ("s.day > '2026-02-30'", "'2026-02-30' is not a date", "write '2026-01-31'"),
        ("s.day > '20260131'", "'20260131' is not a date", "write '2026-01-31'"),
        ("s.kind = 'bnak'", "'bnak' is no choice there", "did you mean 'bank'?"),
        ("s.kind > 'bank'", "a code is neither more nor less than another", "compare with = or <>"),
        ("'cloudy' IN s.kinds", "'cloudy' is no choice there", "did you mean 'cloud'?"),
        ("s.kinds = 'cloud'", "'s.kinds' is several codes, but 'cloud' is a text", "both sides must be of one kind and unit"),
        ("'a' IN s.kind", "'s.kind' is a code", "after IN name a question with several choices, or write ('a', 'b')"),
        ("s.n", "its value is a whole number", "here belongs yes or no"),
        ("s.n AND s.ok", "'s.n' is a whole number, not something true or false", "write a comparison such as x > 0"),
        ("NOT s.words", "'s.words' is a text, not something true or false", "write a comparison such as x > 0"),
        ("-s.words = 1", "'s.words' is a text", "calculate with numbers, money and durations"),
        ("1 < s.n < 3", "(…) is yes or no, but '3' is a number", "both sides must be of one kind and unit"),
        ("count(s.n) > 1", "'s.n' is a whole number", "count counts several choices: count(section.question)"),
        ("length(s.words, 1) > 1", "is no expression", "write for example scale.investors > 100 AND NOT data.personal"),
        ("s.n = NULL", "NULL stands only in IS NULL", "to ask whether there is no answer, write name IS NULL"),
        ("s.n >", "is no expression", "write for example scale.investors > 100 AND NOT data.personal"),
        ("s.n > 1 s.ok", "is no expression", "write for example scale.investors > 100 AND NOT data.personal"),
        ("s.n IN ()", "what follows IN is no list", "write x IN ('a', 'b') or 'a' IN section.question"),
        ("", "the expression is empty", "write for example scale.investors > 100 AND NOT data.personal"),
        ("1e3 > s.n", "'1e3' is not a number", "write 12 or 0.5; a duration is written '5m'"),
        ("0x10 > s.n", "'0x10' is not a number", "write 12 or 0.5; a duration is written '5m'"),
        ("s.kind = 'bank", "a quotation mark opens and never closes", "close it with '"),
        ('s.kind = "bank"', 'the sign " is not used in expressions', "put words in single quotes: 'app'"),
    ],
)  # fmt: skip
def test_expression_that_means_nothing_is_refused(text: str, message: str, expected: str) -> None:
    error = wrong_in(text, TYPES)

    assert error is not None
    assert (error.message.en, error.expected.en) == (message, expected)
    assert error.message.zh != error.message.en


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("__import__('os')", "'__import__' cannot be called"),
        ("s.n.__class__ = 1", "'s.n.__class__' reaches into a value"),
        ("s.kind.upper() = 'a'", "'s.kind.upper' reaches into a value"),
        ("sleep(9) = 0", "'sleep' cannot be called"),
        ("cast(s.n AS text) = '1'", "'cast' cannot be called"),
        ("s.n::text = '1'", "the sign : is not used in expressions"),
        ("s.n > (SELECT 1)", "'SELECT' is not used in expressions"),
        ("EXISTS (SELECT 1)", "'EXISTS' cannot be called"),
        ("s.kind LIKE '%a%a%a%a%a%'", "'LIKE' is not used in expressions"),
        ("s.words ~ '(a+)+$'", "the sign ~ is not used in expressions"),
        ("regexp_like(s.words, '(a+)+$')", "'regexp_like' cannot be called"),
        ("CASE WHEN s.ok THEN 1 ELSE 2 END = 1", "'CASE' is not used in expressions"),
        ("s.n = 1; DROP TABLE cases", "the sign ; is not used in expressions"),
        ("s.n /* x */ = 1", "is no expression"),
        ("s.ok -- comment", "'comment' is not declared"),
        ("[s.n] = 1", "the sign [ is not used in expressions"),
        ("s.n || 'a' = 'b'", "the sign | is not used in expressions"),
        ("s.n ** 9 ** 9 ** 9 > 1", "is no expression"),
        ("lambda: 1", "the sign : is not used in expressions"),
        ("s.kind = '\\u202e'", None),
        ("(" * 400 + "1" + ")" * 400, "an expression of 801 words"),
        ("(" * 40 + "1" + ")" * 40, "the expression is nested too deeply"),
        ("NOT " * 200 + "s.ok", "the expression is nested too deeply"),
        ("-" * 200 + "1 > 0", "the expression is nested too deeply"),
        ("1" * 900 + " > 1", "a number of 900 digits"),
        ("s.ok AND " * 200 + "s.ok", "an expression of 1804 characters"),
        ("1+" * 140 + "1 > 0", "the expression is nested too deeply"),
        ("x" * 100_000, "an expression of 100000 characters"),
        ("s.ok AND\0 s.ok", "the sign U+0000 is not used in expressions"),
    ],
)
def test_expression_that_reaches_for_more_is_refused_at_once(
    text: str, message: str | None
) -> None:
    parse("s.n > 1")  # loading the grammar is paid once, not by the first bad expression
    started = time.process_time()

    error = wrong_in(text, TYPES)

    assert time.process_time() - started < 0.5
    assert error is not None
    assert message is None or error.message.en == message


def test_long_chains_are_flat_and_allowed() -> None:
    text = " AND ".join(["s.ok"] * 100)

    assert value(text) is True
    assert names(parse(text)) == {"s.ok"}


def test_where_may_name_the_fields_of_its_stream() -> None:
    types = stream_types(load(SMALL).rulebook.stream("order.placed"))

    assert wrong_in("amount > 100.50 AND remark = 'x'", types) is None
    assert wrong_in("amount > investor", types) is not None
    assert wrong_in("scale.most > 1", types) is not None


NUMBERS = st.one_of(
    st.integers(0, 20).map(lambda n: ("literal", Fraction(n))),
    st.integers(0, 999).map(lambda n: ("literal", Fraction(n, 100))),
    st.sampled_from(["n", "m", "k"]).map(lambda name: ("name", name)),
)
SUMS = st.recursive(
    NUMBERS,
    lambda inner: st.tuples(st.sampled_from("+-*/"), inner, inner),
    max_leaves=6,
)
TRUTHS = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), SUMS, SUMS),
        st.tuples(st.just("in"), SUMS, st.lists(NUMBERS, min_size=1, max_size=3)),
        st.tuples(st.just("null"), SUMS),
        st.sampled_from([("truth", "p"), ("truth", "q"), ("bool", True), ("bool", False)]),
    ),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), inner, inner), st.tuples(st.just("not"), inner)
    ),
    max_leaves=8,
)
ORACLE_TYPES = {
    "n": ValueType(Kind.DECIMAL),
    "m": ValueType(Kind.DECIMAL),
    "k": ValueType(Kind.DECIMAL),
    "p": ValueType(Kind.BOOL),
    "q": ValueType(Kind.BOOL),
}
HALF = Fraction(1, 2)


def written(one: Any) -> str:  # noqa: PLR0911 - one a shape
    """A generated shape as an author would write it, every part in brackets."""
    match one:
        case ("literal", number):
            return f"{number.numerator * (100 // number.denominator) / 100:.2f}"
        case ("name", name) | ("truth", name):
            return str(name)
        case ("bool", said):
            return str(said)
        case ("not", inner):
            return f"(NOT {written(inner)})"
        case ("null", inner):
            return f"({written(inner)} IS NULL)"
        case ("in", item, options):
            return f"({written(item)} IN ({', '.join(map(written, options))}))"
        case (sign, left, right):
            return f"({written(left)} {sign.upper()} {written(right)})"
    raise AssertionError(one)


def naive_number(one: Any, values: dict[str, Any]) -> Fraction | None:
    match one:
        case ("literal", number):
            return number
        case ("name", name):
            return values[name]
        case (sign, left, right):
            a, b = naive_number(left, values), naive_number(right, values)
            if a is None or b is None or (sign == "/" and b == 0):
                return None
            return {"+": a + b, "-": a - b, "*": a * b, "/": a / (b or 1)}[sign]
    raise AssertionError(one)


def naive_truth(one: Any, values: dict[str, Any]) -> Fraction:  # noqa: PLR0911
    """Lukasiewicz's numbers: false 0, unknown a half, true 1; AND is min, OR max, NOT 1 - x."""
    match one:
        case ("bool", said):
            return Fraction(said)
        case ("truth", name):
            return HALF if values[name] is None else Fraction(values[name])
        case ("not", inner):
            return 1 - naive_truth(inner, values)
        case ("null", inner):
            return Fraction(naive_number(inner, values) is None)
        case ("and", left, right):
            return min(naive_truth(left, values), naive_truth(right, values))
        case ("or", left, right):
            return max(naive_truth(left, values), naive_truth(right, values))
        case ("in", item, options):
            return max(naive_truth(("=", item, option), values) for option in options)
        case (sign, left, right):
            a, b = naive_number(left, values), naive_number(right, values)
            if a is None or b is None:
                return HALF
            order = (a > b) - (a < b)
            wanted = {"=": [0], "<>": [-1, 1], "<": [-1], "<=": [-1, 0], ">": [1], ">=": [0, 1]}
            return Fraction(order in wanted[sign])
    raise AssertionError(one)


def brackets(text: str) -> int:
    """How deep the brackets of a text go."""
    depth = deepest = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


MAYBE = st.none() | st.fractions(-5, 5, max_denominator=8)


@settings(max_examples=300, deadline=None)
@given(
    TRUTHS,
    st.fixed_dictionaries({"n": MAYBE, "m": MAYBE, "k": MAYBE}),
    st.fixed_dictionaries({"p": st.none() | st.booleans(), "q": st.none() | st.booleans()}),
)
def test_evaluation_agrees_with_a_naive_one(
    shape: Any, numbers: dict[str, Any], truths: dict[str, Any]
) -> None:
    text, values = written(shape), {**numbers, **truths}
    if len(text) > 1000 or brackets(text) > 16:
        return

    expr = parse(text)

    assert check(expr, ORACLE_TYPES).kind is Kind.BOOL
    expected = naive_truth(shape, values)
    assert evaluate(expr, values) is {Fraction(0): False, HALF: None, Fraction(1): True}[expected]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=60),
        st.lists(
            st.sampled_from(
                [
                    *TYPES,
                    *("AND", "OR", "NOT", "IN", "IS", "NULL", "BETWEEN", "TRUE", "SELECT"),
                    *("(", ")", ",", "=", "<", "+", "-", "*", "/", "::", "a.b.c"),
                    *("'bank'", "'5m'", "'2026-01-31'", "7", "0.5", "count", "coalesce"),
                ]
            ),
            max_size=12,
        ).map(" ".join),
    )
)
def test_any_text_is_an_expression_with_a_value_or_is_refused(text: str) -> None:
    error = wrong_in(text, TYPES, None)
    if error is not None:
        assert error.message.zh
        assert error.expected.en
        return
    evaluate(parse(text), VALUES)
    evaluate(parse(text), {})
