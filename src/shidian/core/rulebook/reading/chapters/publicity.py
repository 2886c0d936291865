"""Public notices and the public register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import words
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.reading.pen import Pen


def publicity(pen: Pen) -> None:
    """Chapter: public notices and the public register."""
    _notice(pen)
    _register(pen)
    pen.chapter("publicity", "公示与公开", "Publicity")


def _notice(pen: Pen) -> None:
    rules = pen.rulebook.notice
    if not pen.has("/notice"):
        return
    article = pen.article("notice", ("社会公示", "Public notice"))
    if rules.public_sections:
        titles = {one.id: one.title for one in pen.rulebook.form}
        pen.say(
            article,
            "公示下列申报内容中标明公开的事项：{sections}。",
            "A notice shows what is marked public in these sections of the application:"
            " {sections}.",
            sections=[
                val(titles.get(one) or one, f"/notice/public_sections/{n}")
                for n, one in enumerate(rules.public_sections)
            ],
        )
    moderated = (
        Text(zh="经审核后公开", en="reviewed before they appear")
        if rules.premoderation
        else Text(zh="即时公开", en="shown at once")
    )
    pen.say(
        article,
        "{commenter}，意见{moderated}，{answers}。",
        " {commenter}; comments are {moderated}; {answers}.",
        commenter=val(_capital(words.COMMENTER[rules.commenter]), "/notice/commenter"),
        moderated=val(moderated, "/notice/premoderation"),
        answers=val(words.ANSWERS[rules.answers], "/notice/answers"),
    )


def _capital(text: Text) -> Text:
    return Text(zh=text.zh, en=text.en[:1].upper() + text.en[1:])


def _register(pen: Pen) -> None:
    rules = pen.rulebook.public_register
    if not pen.has("/register"):
        return
    article = pen.article("register", ("公开登记", "The public register"))
    if rules.public:
        pen.say(
            article,
            "公开登记载明：{items}。",
            "The public register shows {items}.",
            items=[
                val(words.REGISTER[one], f"/register/public/{n}")
                for n, one in enumerate(rules.public)
            ],
        )
    pen.say(
        article,
        "未获通过的申报，{refusals}；退出报告，{exit_report}。",
        " Refusals are {refusals}; exit reports are {exit_report}.",
        refusals=val(words.REFUSALS[rules.refusals], "/register/refusals"),
        exit_report=val(words.EXIT_REPORT[rules.exit_report], "/register/exit_report"),
    )
