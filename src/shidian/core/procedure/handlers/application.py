"""Creating, submitting, asking back and answering."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.procedure.case_clocks import request_days
from shidian.core.procedure.facts import facts_given
from shidian.core.procedure.handlers.entering import enter
from shidian.core.procedure.handlers.gates import must_be_complete
from shidian.core.procedure.handlers.partners import must_be_of_one_mind
from shidian.core.procedure.handlers.proposal import proposed_plan, waivers_allowed
from shidian.core.procedure.reading import refuse
from shidian.core.procedure.types import EventKind, RefusalCode

if TYPE_CHECKING:
    from shidian.core.procedure.reading import Data
    from shidian.core.procedure.situation import Situation
    from shidian.core.procedure.types import NewEvent

REQUEST_DAYS_MAX = 250


def create(case: Situation) -> tuple[NewEvent, ...]:
    """Starts a case in the rulebook's first draft stage."""
    data = case.data
    data.name("case")
    if data.name("institution") != case.act.actor.institution:
        refuse(
            RefusalCode.WRONG_INSTITUTION,
            "申报应由牵头机构自己的人员新建，请以该机构账户登录。",
            "The lead institution's own staff start its application; sign in for it.",
            "institution",
        )
    created = case.event(EventKind.CASE_CREATED)
    entered = case.follows(
        EventKind.STAGE_ENTERED, case.pointer, **{"from": None, "to": case.stage.id, "reason": ""}
    )
    return (created, entered)


def submit(case: Situation) -> tuple[NewEvent, ...]:
    """Files the form. Refused while sections or hard gates are missing."""
    data = case.data
    must_be_complete(case)
    data.integer("version", 1, 10**9)
    must_be_of_one_mind(case, data.sha256("sha256"))
    _names_sections(data)
    promises = [(item.name("id"), item.text("text")) for item in data.tables("promises")]
    if len({name for name, _ in promises}) != len(promises):
        refuse(
            RefusalCode.BAD_DATA,
            "两项承诺编号相同，请分别编号。",
            "Two promises have the same id; give each its own.",
            "promises",
        )
    plan = proposed_plan(case.rulebook, data.table("plan"))
    waivers_allowed(case.rulebook, data)
    facts_given(case.rulebook, data)
    return (case.event(EventKind.CASE_SUBMITTED, plan=plan), *enter(case, case.target()))


def request_information(case: Situation) -> tuple[NewEvent, ...]:
    """Asks the applicant. Clocks that pause on it pause from the day after."""
    data = case.data
    data.text("question")
    _names_what_is_wanting(case)
    days = request_days(case.rulebook)
    if data.has("due_working_days"):
        days = data.integer("due_working_days", 1, REQUEST_DAYS_MAX)
    name = f"r{len(case.state.requests) + 1}"
    return (case.event(EventKind.REQUEST_OPENED, request=name, due_working_days=days),)


def _names_what_is_wanting(case: Situation) -> None:
    """Refuses what is neither a section of the form nor a document of the rulebook."""
    if not case.data.has("about"):
        return
    known = {one.id for one in case.rulebook.form} | {one.id for one in case.rulebook.materials}
    unknown = [name for name in case.data.names("about") if name not in known]
    if unknown:
        refuse(
            RefusalCode.BAD_DATA,
            f"制度文本没有这一节或这份材料：{unknown[0]}。",
            f"The rulebook has no such section or document: {unknown[0]}.",
            "about",
        )


def answer_information(case: Situation) -> tuple[NewEvent, ...]:
    """Answers an open request, late or not, as long as the case has not moved on."""
    data = case.data
    wanted = data.name("request")
    if wanted not in {request.id for request in case.state.open_requests}:
        refuse(
            RefusalCode.NO_SUCH_REQUEST,
            "该补正要求不存在或已了结，请刷新页面查看待答复事项。",
            "That request does not exist or is settled; reload to see what is open.",
            "request",
        )
    data.text("answer")
    if data.has("version") or data.has("sha256"):
        data.integer("version", 1, 10**9)
        data.sha256("sha256")
        _names_sections(data)
        facts_given(case.rulebook, data)
    return (case.event(EventKind.REQUEST_ANSWERED),)


def _names_sections(data: Data) -> None:
    """What was filed is a version of each section: everyone but the parties reads that one."""
    if not data.has("sections"):
        return
    versions = data.table("sections")
    for section in versions.fields():
        versions.integer(section, 1, 10**9)


def must_be_answered(case: Situation) -> None:
    """Refuses while the applicant still has time to answer a request."""
    for clock in case.clocks if case.state.open_requests else ():
        if clock.key.startswith("request/") and (clock.due is None or case.today <= clock.due):
            refuse(
                RefusalCode.REQUEST_OPEN,
                f"补正尚未答复且未到期（{clock.due or '期限待定'}）：请等待答复或期满。",
                f"A request is open until {clock.due or 'a date not yet known'}:"
                " wait for the answer or for that day to pass.",
            )
