"""How a pilot ends, how long its file is kept, and the provisions that pilots test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import numbers
from shidian.core.rulebook.reading.chapters.safeguards import say_period
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import BridgeRules, Clause, DrillRules
    from shidian.core.rulebook.reading.pen import Pen, Value


def ending(pen: Pen) -> None:
    """Chapter: exit, transition, and how long the file is kept."""
    rules = pen.rulebook.exit
    if rules is None:
        return
    for key, text, zh, en in (
        ("run_off", rules.run_off, "存量业务", "Run-off"),
        ("transition", rules.transition, "过渡安排", "Transition"),
        ("bridge", rules.bridge, "衔接安排", "Bridge to a licence"),
    ):
        pen.quote(pen.article(key, (zh, en)), text, f"/exit/{key}")
    if rules.takeover_due:
        say_period(
            pen,
            pen.article("takeover", ("承接方案", "Take-over arrangement")),
            "/exit/takeover_due",
            rules.takeover_due,
            (
                "机构应当在{period}内提交承接方案。",
                "The institution presents a take-over arrangement within {period}.",
            ),
        )
    if rules.bridging is not None:
        _bridging(pen, rules.bridging)
    if rules.drill is not None:
        _drill(pen, rules.drill)
    if rules.retention_years:
        names = {
            outcome.id: outcome.name for stage in pen.rulebook.stages for outcome in stage.outcomes
        }
        article = pen.article("retention", ("档案保存", "How long files are kept"))
        pen.say(article, "案卷自结案起按结果保存：", "From its closing a file is kept, by outcome:")
        for key, years in rules.retention_years.items():
            pen.point(
                article,
                "{outcome}的，{years}；",
                "{outcome}: {years};",
                outcome=val(names.get(key) or key),
                years=val(numbers.length(years, "year"), f"/exit/retention_years/{key}"),
            )
    pen.chapter("exit", "退出与归档", "Exit and retention")


BUSINESS = {
    "run-off": Text(zh="只了结存量业务", en="existing business is closed out, and no more"),
    "existing": Text(
        zh="继续服务存量客户，不接纳新客户",
        en="existing customers are served on, and no new ones are taken",
    ),
}
"""What may go on under a bridge, in words."""


def _bridging(pen: Pen, rules: BridgeRules) -> None:
    """Article: after which outcomes a bridge is granted, until when, and what goes on under it."""
    path = "/exit/bridging"
    names = {one.id: one.name for stage in pen.rulebook.stages for one in stage.outcomes}
    article = pen.article("bridging", ("牌照审批期间的过渡", "While a licence is pending"))
    pen.say(
        article,
        "结果为{after}、且机构已申请牌照的，主管部门可以准予过渡：{business}。",
        "After {after}, where the institution has applied for a licence, the authorities may grant"
        " a bridge: {business}.",
        after=[val(names.get(one) or one, f"{path}/after") for one in rules.after],
        business=val(BUSINESS[rules.business], f"{path}/business"),
    )
    for key, period, zh, en in (
        (
            "ask_within",
            rules.ask_within,
            "机构应当自结案起{period}内提出。",
            " The institution asks for it within {period} of the closing.",
        ),
        (
            "lasts",
            rules.lasts,
            "过渡自准予之日起最长{period}，届满即止。",
            " It holds for at most {period} from the day on which it is granted, and ends with it.",
        ),
    ):
        if period is not None:
            say_period(pen, article, f"{path}/{key}", period, (zh, en))
    if rules.terms is not None:
        pen.say(article, "{terms}", " {terms}", terms=val(rules.terms, f"{path}/terms"))


def _drill(pen: Pen, rules: DrillRules) -> None:
    """Article: what an exit drill is run on, whom it tells, and when it is due."""
    path = "/exit/drill"
    article = pen.article("drill", ("退出演练", "Exit drill"))
    pen.say(
        article,
        "机构用 {count} 笔模拟头寸演练其退出方案，涵盖{kinds}。",
        "The institution drills its exit plan on {count} made-up positions: {kinds}.",
        count=val(numbers.both(str(rules.positions)), f"{path}/positions"),
        kinds=[val(one.name, f"{path}/kinds/{one.id}") for one in rules.kinds],
    )
    if rules.told:
        pen.say(
            article,
            "除投资者外，方案须通知{told}。",
            " Besides investors, {told} are told.",
            told=[val(one.name, f"{path}/told/{one.id}") for one in rules.told],
        )
    if rules.before_entry:
        pen.say(
            article,
            "未通过演练的，{entry}。",
            " Until one is passed, {entry}.",
            entry=val(Text(zh="试点不得启动", en="no pilot starts"), f"{path}/before_entry"),
        )
    for key, period, zh, en in (
        ("every", rules.every, "上次通过后{period}内再次演练。", " Again within {period}."),
        (
            "notices_within",
            rules.notices_within,
            "自退出起{period}内发出全部通知。",
            " All notices are out within {period} of the exit.",
        ),
        (
            "run_off_within",
            rules.run_off_within,
            "自退出起{period}内了结全部存量业务。",
            " All existing business is run off within {period} of the exit.",
        ),
    ):
        if period is not None:
            say_period(pen, article, f"{path}/{key}", period, (zh, en))


def clauses(pen: Pen) -> None:
    """Chapter: the provisions that pilots test."""
    for clause in pen.rulebook.clauses:
        _clause(pen, clause)
    pen.chapter("clauses", "受试条款", "Provisions under test")


def _clause(pen: Pen, clause: Clause) -> None:
    path = f"/clauses/{clause.id}"
    article = pen.article(clause.id, clause.title)
    source = pen.rulebook.sources.get(clause.source)
    values: dict[str, Value | list[Value]] = {
        "title": val(clause.title, f"{path}/id", f"{path}/title"),
        "source": val(source.title if source else clause.source, f"{path}/source"),
        "text": val(clause.text, f"{path}/text"),
    }
    zh, en = "试点检验“{title}”（{source}", "Pilots test “{title}” ({source}"
    if clause.article:
        zh, en = zh + "，{article}", en + ", {article}"
        values["article"] = val(clause.article, f"{path}/article")
    pen.say(article, zh + "）：{text}", en + "): {text}", **values)
    if clause.question:
        pen.say(
            article,
            "拟回答的问题：{question}",
            " What is to be learnt: {question}",
            question=val(clause.question, f"{path}/question"),
        )
