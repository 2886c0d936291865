"""Letters: how they are numbered, signed, stamped, and whether mail waits for an officer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading.chapters.names import authority_name
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.reading.pen import Draft, Pen

_SIGNED = (
    Text(
        zh="公文由发文机关签批人员签发后发出",
        en="a letter goes out once a signing officer of its issuer has signed it",
    ),
    Text(
        zh="公文由经办人员发出，联合行文由各联署机关签批人员会签",
        en="a case officer releases a letter; joint issuers sign it first",
    ),
)
_STAMPED = (
    Text(
        zh="盖章件的扫描件经核验后方可送达",
        en="it is served once the scan of the stamped paper is confirmed",
    ),
    Text(zh="送达不以盖章件扫描件为前提", en="it is served without waiting for a stamped paper"),
)
_MAIL = (
    Text(
        zh="办理进展的对外邮件先为拟稿，由经办人员发出",
        en="mail to those outside the authorities about a step of a case waits until a case officer"
        " releases it",
    ),
    Text(
        zh="办理进展的对外邮件自动发出",
        en="mail to those outside the authorities about a step of a case goes out by itself",
    ),
)


def letters(pen: Pen) -> None:
    """Chapter: letters and mail."""
    if pen.has("/letters") or pen.rulebook.letters.codes:
        article = pen.article("letters", ("公文与邮件", "Letters and mail"))
        _numbers(pen, article)
        _said(pen, article, "countersigned", _SIGNED, " {what}.")
        _said(pen, article, "stamped", _STAMPED, " {what}.")
        _said(pen, article, "mail_drafts", _MAIL, " {what}.")
    pen.chapter("letters", "公文与邮件", "Letters and mail")


def _numbers(pen: Pen, article: Draft) -> None:
    for one in pen.rulebook.letters.codes:
        path = f"/letters/codes/{one.id}"
        pen.point(
            article,
            "{authority}的发文字号以{code}开头，按年度顺序编号，不留空号。",
            "Numbers of letters of {authority} begin with {code} and run without gaps in a year.",
            authority=val(authority_name(pen, one.id), f"{path}/id"),
            code=val(_beginning(one.code), f"{path}/code"),
        )


def _beginning(code: str) -> Text:
    """In its own script; English readers are told that there is one."""
    return Text(zh=f"“{code}”", en=f"“{code}”" if code.isascii() else "a code of their own")


def _said(pen: Pen, article: Draft, key: str, words: tuple[Text, Text], en: str) -> None:
    path = f"/letters/{key}"
    if pen.has(path):
        yes, no = words
        said = yes if getattr(pen.rulebook.letters, key) else no
        pen.say(article, "{what}。", en, what=val(said, path))
