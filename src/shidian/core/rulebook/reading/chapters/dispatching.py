"""Dispatches: what the working group sends to other authorities, and when they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.chapters.names import authority_name
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import DispatchRule, Period
    from shidian.core.rulebook.reading.pen import Draft, Pen, Value


def dispatches(pen: Pen) -> None:
    """Chapter: filings, requests and reports of the working group."""
    for one in pen.rulebook.dispatches:
        _dispatch(pen, one)
    pen.chapter("dispatches", "报送与答复", "Dispatches")


def _dispatch(pen: Pen, rule: DispatchRule) -> None:
    path = f"/dispatches/{rule.id}"
    article = pen.article(rule.id, rule.name)
    pen.say(
        article,
        "“{name}”由工作组报送{authority}，方式为{kind}。",
        "The working group sends “{name}” to {authority}, by way of {kind}.",
        name=val(rule.name, f"{path}/id", f"{path}/name"),
        authority=val(authority_name(pen, rule.authority), f"{path}/authority"),
        kind=val(words.DISPATCH[rule.kind], f"{path}/kind"),
    )
    if rule.every_months is not None:
        pen.say(
            article,
            "{every}一期。",
            " One covers each period: {every}.",
            every=val(numbers.every(rule.every_months, "month"), f"{path}/every_months"),
        )
    if rule.sent_within is not None:
        pen.say(
            article,
            "各期届满后{period}内报送。",
            " It is sent within {period} of the end of the period.",
            period=_length(rule.sent_within, f"{path}/sent_within"),
        )
        pen.quote(article, rule.sent_within.note, f"{path}/sent_within/note")
    if rule.answer_within is not None:
        pen.say(
            article,
            "自报送次日起{period}内答复；逾期未答复不产生任何效力。",
            " It is answered within {period} of being sent; silence has no effect.",
            period=_length(rule.answer_within, f"{path}/answer_within"),
        )
        pen.quote(article, rule.answer_within.note, f"{path}/answer_within/note")
    _contents(pen, article, rule, path)


def _length(period: Period, path: str) -> Value:
    return val(numbers.period(period), f"{path}/length", f"{path}/unit")


def _contents(pen: Pen, article: Draft, rule: DispatchRule, path: str) -> None:
    if rule.contents:
        pen.say(article, "载明：", " It states:")
        for index, text in enumerate(rule.contents):
            pen.point(article, "{text}；", "{text};", text=val(text, f"{path}/contents/{index}"))
