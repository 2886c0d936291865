"""What protects investors, in the rulebook's own words and periods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.reading import numbers
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Period
    from shidian.core.rulebook.reading.pen import Draft, Pen

_SAFEGUARDS = (
    ("consent", "知情同意", "Consent"),
    ("disclosure", "信息披露", "Disclosure"),
    ("withdraw", "退出权利", "Right to withdraw"),
    ("compensation", "损失补偿", "Compensation"),
    ("insurance", "保险", "Insurance"),
    ("client_assets", "客户资产", "Client assets"),
    ("safe_harbour", "容错安排", "Safe harbour"),
    ("complaint", "投诉处理", "Complaints"),
)
_PERIODS = (
    ("refund", "退款", "Refund", "应当在{period}内退款。", "A refund is made within {period}."),
    (
        "insurance_until",
        "保险期限",
        "How long insurance lasts",
        "保险应当维持至试点结束后{period}。",
        "Insurance is kept until {period} after the pilot has ended.",
    ),
    (
        "complaint_acknowledge",
        "投诉的受理告知",
        "Acknowledging complaints",
        "机构应当在收到投诉后{period}内告知已收到。",
        "The institution acknowledges a complaint within {period}.",
    ),
    (
        "complaint_answer",
        "投诉的答复",
        "Answering complaints",
        "机构应当在收到投诉后{period}内答复。",
        "The institution answers a complaint within {period}.",
    ),
)


def safeguards(pen: Pen) -> None:
    """Chapter: what protects investors, in the rulebook's own words and periods."""
    rules = pen.rulebook.safeguards
    for key, zh, en in _SAFEGUARDS:
        pen.quote(pen.article(key, (zh, en)), getattr(rules, key), f"/safeguards/{key}")
    for key, zh, en, zh_text, en_text in _PERIODS:
        period: Period | None = getattr(rules, key)
        if period is not None:
            say_period(
                pen, pen.article(key, (zh, en)), f"/safeguards/{key}", period, (zh_text, en_text)
            )
    pen.chapter("safeguards", "投资者保护", "Protection of investors")


def say_period(
    pen: Pen, article: Draft, path: str, period: Period, wording: tuple[str, str]
) -> None:
    """Say in `wording` how long the period at `path` is, and its note."""
    pen.say(
        article,
        *wording,
        period=val(numbers.period(period), f"{path}/length", f"{path}/unit"),
    )
    if period.note:
        pen.say(article, "{note}", " {note}", note=val(period.note, f"{path}/note"))
