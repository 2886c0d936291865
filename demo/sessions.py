"""Sessions of panels in the demonstration: a defence that is to come, a meeting that has voted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shidian.apps.accounts.models import Person
from shidian.apps.review import domain as reviewing
from shidian.core.procedure.types import SessionKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shidian.apps.cases.models import Case

OFFICER = "officer-bureau"
ROOM = "示范证监局三层第二会议室（演示）"


def call_defence(case: Case, starts: datetime, at: datetime) -> None:
    """The applicant and the panel are called for an hour."""
    reviewing.call_session(
        case=case,
        kind=SessionKind.DEFENCE,
        when=reviewing.When(starts, starts + timedelta(hours=1), place=ROOM),
        by=_officer(),
        at=at,
    )


def meet_and_vote(case: Case, experts: Sequence[str], called: datetime, starts: datetime) -> None:
    """The panel meets on the scores; the last of it is against, with reasons."""
    reviewing.call_session(
        case=case,
        kind=SessionKind.MEETING,
        when=reviewing.When(starts, starts + timedelta(hours=2), place=ROOM),
        by=_officer(),
        at=called,
    )
    people = {one.username: str(one.pk) for one in Person.objects.filter(username__in=experts)}
    keys = [people[one] for one in experts]
    reviewing.keep_minutes(
        case=case,
        kind=SessionKind.MEETING,
        version=1,
        text="一、主持人介绍评分汇总情况。\n二、专家逐项讨论分歧较大的标准。\n三、专家表决。（演示）",
        present=keys,
        by=_officer(),
        at=starts + timedelta(minutes=90),
    )
    ballots = {key: {"choice": "for", "reason": ""} for key in keys}
    ballots[keys[-1]] = {
        "choice": "against",
        "reason": "模型更换频率较高，建议先完成一轮独立验证再试点。（演示）",
    }
    reviewing.record_vote(
        case=case, chair=keys[0], ballots=ballots, by=_officer(), at=starts + timedelta(minutes=95)
    )


def _officer() -> Person:
    return Person.objects.get(username=OFFICER)
