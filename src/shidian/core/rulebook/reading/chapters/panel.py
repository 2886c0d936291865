"""An expert panel as the rules say it: who sits, how they judge, before whom, and how they vote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading.pen import Draft, Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Defence, Panel, ReviewMeeting
    from shidian.core.rulebook.reading.pen import Pen

_OF = {
    "cast": Text(zh="赞成与反对票之和", en="the votes for and against"),
    "present": Text(zh="到会人数", en="those present"),
    "entitled": Text(zh="有表决权人数", en="those entitled"),
}


def say_panel(pen: Pen, panel: Panel, path: str, article: Draft) -> None:
    """The sentences of a stage's article about its panel."""
    _members(pen, panel, path, article)
    if panel.defence is not None:
        _defence(pen, panel.defence, f"{path}/defence", article)
    if panel.meeting is not None:
        _meeting(pen, panel.meeting, f"{path}/meeting", article)


def _members(pen: Pen, panel: Panel, path: str, article: Draft) -> None:
    zh, en = "专家组由不少于{least}人", " The panel has at least {least} experts"
    values: dict[str, Value | list[Value]] = {"least": val(str(panel.min), f"{path}/min")}
    if panel.max is not None:
        zh, en = zh + "、不超过{most}人", en + " and at most {most}"
        values["most"] = val(str(panel.max), f"{path}/max")
    zh += "组成"
    if panel.odd:
        zh, en = zh + "，人数为{odd}", en + ", in {odd}"
        values["odd"] = val(Text(zh="单数", en="an odd number"), f"{path}/odd")
    pen.say(article, zh + "。", en + ".", **values)
    drawn = (
        Text(zh="由经办人员选定", en="are chosen by an officer")
        if panel.drawn == "chosen"
        else Text(zh="随机抽取", en="are drawn at random")
    )
    independent = (
        Text(
            zh="各自独立评审，评审结束前互不知晓对方意见",
            en="judge independently, without seeing one another’s views before the round closes",
        )
        if panel.independent
        else Text(
            zh="查阅材料前申报利益冲突", en="declare conflicts of interest before seeing the file"
        )
    )
    pen.say(
        article,
        "专家{drawn}，{independent}。",
        " Experts {drawn} and {independent}.",
        drawn=val(drawn, f"{path}/drawn"),
        independent=val(independent, f"{path}/independent"),
    )
    if panel.disciplines:
        pen.say(
            article,
            "专家组应当涵盖下列领域：{areas}。",
            " It covers these disciplines: {areas}.",
            areas=[val(one.name, f"{path}/disciplines/{one.id}/id") for one in panel.disciplines],
        )
    score = val(str(panel.score_max), f"{path}/score_max")
    if panel.pass_mark is not None:
        pen.say(
            article,
            "评分满分为{score}分，{mark}分为合格。",
            " The highest score is {score} and the pass mark {mark}.",
            score=score,
            mark=val(str(panel.pass_mark), f"{path}/pass_mark"),
        )
    else:
        pen.say(article, "评分满分为{score}分。", " The highest score is {score}.", score=score)


def _defence(pen: Pen, rule: Defence, path: str, article: Draft) -> None:
    held = (
        Text(zh="应当先举行", en="is held before the round is closed")
        if rule.required
        else Text(zh="可以举行", en="may be held")
    )
    names = (
        Text(zh="专家姓名告知申报机构", en="the applicant is told who sits")
        if rule.panel_names == "shown"
        else Text(zh="专家姓名不告知申报机构", en="the applicant is not told who sits")
    )
    pen.say(
        article,
        "本轮{held}答辩，提前{notice}个工作日通知，答辩人不超过{most}人，{names}。",
        " A defence session {held}; it is called {notice} working days before, at most {most}"
        " present, and {names}.",
        held=val(held, f"{path}/required"),
        notice=val(str(rule.notice_working_days), f"{path}/notice_working_days"),
        most=val(str(rule.presenters_max), f"{path}/presenters_max"),
        names=val(names, f"{path}/panel_names"),
    )


def _meeting(pen: Pen, meeting: ReviewMeeting, path: str, article: Draft) -> None:
    rule, vote = meeting.vote, f"{path}/vote"
    must = (
        Text(zh="须经评审会表决通过", en="needs a vote of the panel in favour")
        if meeting.required
        else Text(zh="可以经评审会表决", en="may be put to a vote of the panel")
    )
    reach = Text(zh="达到", en="at least") if rule.at_least else Text(zh="超过", en="more than")
    pen.say(
        article,
        "评审结束后{must}：到会专家不少于有表决权人数的{quorum}，赞成票{reach}{of}的{majority}为通过。",
        " Once the round is closed the case {must}: {quorum} of those entitled are present, and"
        " {reach} {majority} of {of} are in favour.",
        must=val(must, f"{path}/required"),
        quorum=val(rule.quorum, f"{vote}/quorum"),
        reach=val(reach, f"{vote}/at_least"),
        of=val(_OF[rule.of], f"{vote}/of"),
        majority=val(rule.majority, f"{vote}/majority"),
    )
    if rule.casting or pen.has(f"{vote}/casting"):
        tie = (
            Text(zh="以主持人所投一票为准", en="the chair’s own vote decides")
            if rule.casting
            else Text(zh="为未通过", en="the vote is not in favour")
        )
        pen.say(
            article,
            "赞成与反对票数相等时，{tie}。",
            " At a tie {tie}.",
            tie=val(tie, f"{vote}/casting"),
        )
