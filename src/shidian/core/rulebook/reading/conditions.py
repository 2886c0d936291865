"""Expressions in words: `partners > 0 AND data.personal` as a drafter would put it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.expression import (
    ExpressionError,
    Kind,
    ValueType,
    parse,
    stream_types,
)
from shidian.core.rulebook.expression.tree import (
    And,
    Arithmetic,
    Call,
    Compare,
    Contains,
    Expr,
    IsNull,
    Literal,
    Name,
    Negative,
    Not,
    OneOf,
    Or,
)
from shidian.core.rulebook.form import factor_name, name_of, tier_types
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import RiskFactor, Rulebook, Stream

_COMPARE = {
    "=": ("为", "is"),
    "<>": ("不为", "is not"),
    "<": ("小于", "is less than"),
    "<=": ("不超过", "is at most"),
    ">": ("超过", "is more than"),
    ">=": ("不低于", "is at least"),
}
_ARITHMETIC = {
    "+": ("{a}与{b}之和", "the sum of {a} and {b}"),
    "-": ("{a}减去{b}之差", "{a} less {b}"),
    "*": ("{a}乘以{b}之积", "{a} times {b}"),
    "/": ("{a}除以{b}之商", "{a} divided by {b}"),
}
_CALLS = {
    "count": ("{a}的项数", "the number of entries in {a}"),
    "length": ("{a}的字数", "the length of {a}"),
    "coalesce": ("{a}（未填写的，取{b}）", "{a} (or {b} if it is not stated)"),
}
_KNOWN = {
    "partners": Text(zh="参与机构的家数", en="the number of partners"),
    "lead_kind": Text(zh="牵头机构的类别", en="the kind of lead institution"),
    "tier": Text(zh="风险等级", en="the risk tier"),
}


def phrase(rulebook: Rulebook, text: str, stream: Stream | None = None) -> Text:
    """An expression in words. `stream`: names are its fields, otherwise those of the form.

    What does not parse is given as it stands: a sketch may hold what analysis has yet to refuse.
    """
    try:
        tree = parse(text)
    except ExpressionError:
        return numbers.both(text)
    return _Phrasing(rulebook, stream_types(stream) if stream else tier_types(rulebook)).of(tree)


@dataclass
class _Phrasing:
    rulebook: Rulebook
    types: Mapping[str, ValueType]

    def of(self, expr: Expr, beside: Expr | None = None) -> Text:  # noqa: C901, PLR0911 - one a shape
        """An expression in words; `beside`: what a literal is compared with, for its unit."""
        match expr:
            case Literal():
                return self._literal(expr, beside)
            case Name():
                return self._truth(expr, "=") if self._is_bool(expr) else self._name(expr)
            case Not(item):
                return self._not(item)
            case And(items):
                return self._joined(items, ("，且", ", and " if len(items) > 2 else " and "))  # noqa: PLR2004
            case Or(items):
                return self._joined(items, ("，或者", " or "))
            case Compare():
                return self._compare(expr)
            case Arithmetic(operator, left, right):
                return self._filled(_ARITHMETIC[operator], left, right)
            case Negative(item):
                inner = self.of(item)
                return Text(zh=f"负{inner.zh}", en=f"minus {inner.en}")
            case OneOf(item, options):
                return self._one_of(item, options)
            case Contains(item, among):
                many, one = self._name(among), self.of(item, among)
                return Text(zh=f"{many.zh}包括{one.zh}", en=f"{many.en} includes {one.en}")
            case IsNull(item):
                inner = self._plain(item)
                return Text(zh=f"未填写{inner.zh}", en=f"{inner.en} is not stated")
            case Call(function, arguments):
                return self._filled(_CALLS[function], *arguments)

    def _plain(self, expr: Expr) -> Text:
        return self._name(expr) if isinstance(expr, Name) else self.of(expr)

    def _is_bool(self, expr: Name) -> bool:
        known = self.types.get(expr.name)
        return known is not None and known.kind is Kind.BOOL

    def _truth(self, name: Name, operator: str) -> Text:
        inner = self._name(name)
        if operator == "=":
            return Text(zh=f"{inner.zh}为“是”", en=f"{inner.en} holds")
        return Text(zh=f"{inner.zh}为“否”", en=f"{inner.en} does not hold")

    def _not(self, item: Expr) -> Text:
        if isinstance(item, Name) and self._is_bool(item):
            return self._truth(item, "<>")
        if isinstance(item, IsNull):
            inner = self._plain(item.item)
            return Text(zh=f"已填写{inner.zh}", en=f"{inner.en} is stated")
        inner = self.of(item)
        return Text(zh=f"不属于下列情形：{inner.zh}", en=f"it is not the case that {inner.en}")

    def _joined(self, items: tuple[Expr, ...], joints: tuple[str, str]) -> Text:
        parts = []
        for item in items:
            inner = self.of(item)
            if isinstance(item, And | Or):
                inner = Text(zh=f"（{inner.zh}）", en=f"({inner.en})")
            parts.append(inner)
        *first, last = [part.en for part in parts]
        return Text(
            zh=joints[0].join(part.zh for part in parts),
            en=", ".join(first) + joints[1] + last,
        )

    def _compare(self, expr: Compare) -> Text:
        for name, other in ((expr.left, expr.right), (expr.right, expr.left)):
            if (
                isinstance(name, Name)
                and isinstance(other, Literal)
                and isinstance(other.value, bool)
            ):
                same = (expr.operator == "=") is other.value
                return self._truth(name, "=" if same else "<>")
        left, right = self._side(expr.left, expr.right), self._side(expr.right, expr.left)
        zh, en = _COMPARE[expr.operator]
        return Text(zh=f"{left.zh}{zh}{right.zh}", en=f"{left.en} {en} {right.en}")

    def _side(self, expr: Expr, beside: Expr) -> Text:
        return self._name(expr) if isinstance(expr, Name) else self.of(expr, beside)

    def _one_of(self, item: Expr, options: tuple[Expr, ...]) -> Text:
        left = self._plain(item)
        *first, last = [self.of(option, item) for option in options]
        zh = "、".join(option.zh for option in (*first, last))
        en = ", ".join(option.en for option in first)
        if not first:
            return Text(zh=f"{left.zh}为{zh}", en=f"{left.en} is {last.en}")
        return Text(zh=f"{left.zh}为下列之一：{zh}", en=f"{left.en} is {en} or {last.en}")

    def _filled(self, templates: tuple[str, str], *items: Expr) -> Text:
        parts = dict(zip("ab", (self._plain(item) for item in items), strict=False))
        parts.setdefault("b", Text(zh="—", en="—"))
        return Text(
            zh=templates[0].format(**{key: part.zh for key, part in parts.items()}),
            en=templates[1].format(**{key: part.en for key, part in parts.items()}),
        )

    def _name(self, name: Name) -> Text:
        if name.name in _KNOWN:
            return _KNOWN[name.name]
        for section in self.rulebook.form:
            for question in section.questions:
                if name_of(section.id, question.id) == name.name:
                    label = question.label
                    return Text(zh=f"“{label.zh}”", en=f"“{label.en}”")
        for factor in self._factors():
            if factor_name(factor) == name.name:
                return Text(zh=f"“{factor.name.zh}”", en=f"“{factor.name.en}”")
        return numbers.both(name.name)

    def _factors(self) -> tuple[RiskFactor, ...]:
        return self.rulebook.tiers.factors if self.rulebook.tiers is not None else ()

    def _literal(self, literal: Literal, beside: Expr | None) -> Text:
        value = literal.value
        if isinstance(value, bool):
            return Text(zh="是", en="true") if value else Text(zh="否", en="false")
        if isinstance(value, str):
            return self._word(value, beside)
        known = self._type_of(beside)
        if known is not None and known.kind is Kind.MONEY and self.rulebook.currency:
            return numbers.money(self.rulebook, Fraction(value))
        return numbers.both(numbers.number(Fraction(value)))

    def _type_of(self, expr: Expr | None) -> ValueType | None:
        match expr:
            case Name(name):
                return self.types.get(name)
            case Arithmetic(_, left, right):
                return self._type_of(left) or self._type_of(right)
        return None

    def _word(self, word: str, beside: Expr | None) -> Text:
        """The name of an option, institution kind, tier or rule; another word in quotes."""
        name = beside.name if isinstance(beside, Name) else ""
        text = self._names_beside(name).get(word) or numbers.both(word)
        return Text(zh=f"“{text.zh}”", en=f"“{text.en}”")

    def _names_beside(self, name: str) -> dict[str, Text]:
        rulebook = self.rulebook
        if name == "lead_kind" and rulebook.intake is not None:
            return {kind.id: kind.name for kind in rulebook.intake.kinds}
        if name == "tier" and rulebook.tiers is not None:
            return {tier.id: tier.name for tier in rulebook.tiers.levels}
        for section in rulebook.form:
            for question in section.questions:
                if name_of(section.id, question.id) == name:
                    rules = rulebook.waivers.relaxable if rulebook.waivers else ()
                    return {
                        **{rule.id: rule.name for rule in rules},
                        **{option.id: option.name for option in question.options},
                    }
        for factor in self._factors():
            if factor_name(factor) == name:
                return {option.id: option.name for option in factor.options}
        return {}
