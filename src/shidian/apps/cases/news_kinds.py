"""What news is of: whether it asks something of its reader, or is for their information. Pure.

What is not named here asks something or runs against its reader, and cannot be silenced: so news of
a new kind is a duty until somebody says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.core.procedure.types import ActorKind, EventKind

if TYPE_CHECKING:
    from collections.abc import Mapping

COACHING, CONTACT = "coaching", "contact"
"""Whom `mail.<…>` rows are for that are of no case: the two sides of either."""
COACHING_ASKED, COACHING_ANSWERED = "coaching.asked", "coaching.answered"
COACHING_WITHDRAWN = "coaching.withdrawn"
CONTACT_SENT, CONTACT_ANSWERED = "contact.sent", "contact.answered"
ORDER, ORDER_ALARM, PLAN_CHANGE = "order", "order.alarm", "plan-change"
REPORT = "report"
COMPLAINT, ALERT_RAISED = "complaint", "alert.raised"
INCIDENT, TOLERANCE, BRIDGE = "incident", "tolerance", "bridge"
INCIDENT_LATE = "incident.late"
LETTER_TO_SIGN, LETTER_SERVED = "letter.to-sign", "letter.served"
LETTER_WITHDRAWN = "letter.withdrawn"
DISPATCH, TIP = "dispatch", "tip"
"""What working groups and a national body send each other (`cases.news_subjects`)."""
DISPATCH_TO_SEND, DISPATCH_SENT = "dispatch.to-send", "dispatch.sent"
DISPATCH_ANSWERED, DISPATCH_RETURNED = "dispatch.answered", "dispatch.returned"
DISPATCH_RECEIVED, DISPATCH_WITHDRAWN = "dispatch.received", "dispatch.withdrawn"
TIP_SENT, TIP_ANSWERED, TIP_LIFTED = "tip.sent", "tip.answered", "tip.lifted"
TIP_TO_PUBLISH, TIP_PUBLISHED, TIP_KEPT_BACK = "tip.to-publish", "tip.published", "tip.kept-back"
TASK_SOON, TASK_LATE, TASK_LATE_OUTSIDE = "task.due-soon", "task.late", "task.late-outside"
"""What the worker reminds of: to whose turn it is, and to officers where others are late."""
OUTSIDE = (ActorKind.APPLICANT, ActorKind.PARTNER, ActorKind.EXPERT, ActorKind.ASSESSOR)
"""To whom mail can be a draft first: who is of no authority."""
OF_THE_PROCEDURE = frozenset(kind.value for kind in EventKind)
NO_CONFLICT = "conflict.none"
"""An expert declared their interests, and there are none that matter."""

NOT_SEEING = frozenset({EventKind.PARTNER_LEFT, EventKind.DEFENCE_CALLED, EventKind.MEETING_CALLED})
"""Told as well to who does not see the case: a partner that left, experts whose round is closed."""

MAY_BE_OFF: Mapping[str, frozenset[str]] = {
    ActorKind.APPLICANT: frozenset(
        {
            EventKind.STAGE_ENTERED,
            EventKind.NOTICE_EXTENDED,
            EventKind.PARTNER_JOINED,
            EventKind.APPLICATION_SIGNED,
        }
    ),
    ActorKind.OFFICER: frozenset(
        {
            EventKind.SIGNOFF_GIVEN,
            EventKind.RISK_GRADED,
            EventKind.REPORT_FILED,
            EventKind.PARTNER_JOINED,
            EventKind.CASE_MIGRATED,
            NO_CONFLICT,
        }
    ),
    COACHING: frozenset({COACHING_ANSWERED, COACHING_WITHDRAWN}),
    CONTACT: frozenset({CONTACT_SENT, CONTACT_ANSWERED}),
    DISPATCH: frozenset({DISPATCH_RECEIVED, DISPATCH_WITHDRAWN}),
    TIP: frozenset({TIP_ANSWERED, TIP_LIFTED, TIP_PUBLISHED}),
}
"""For whom → kinds of event that are for information."""


def kind_of(payload: Mapping[str, Any]) -> str:
    """What a `mail.*` row is about, by its payload."""
    if payload.get("kind") == EventKind.CONFLICT_DECLARED and payload.get("conflict") is False:
        return NO_CONFLICT
    if payload.get("kind"):
        return str(payload["kind"])
    if "order" in payload:
        return ORDER_ALARM if "alarm" in payload else ORDER
    return REPORT if "report" in payload else PLAN_CHANGE


def can_wait(to: str, kind: str) -> bool:
    """Whether mail about it waits for an officer where the rules have mail drafted.

    What follows from a step of the procedure does. An order, an alarm, an incident, or a letter
    that was just served is an officer's act or cannot wait for one.
    """
    return to in OUTSIDE and kind in OF_THE_PROCEDURE


def is_duty(to: str, kind: str) -> bool:
    """Whether its reader has to know. `to`: the topic's ending, as `applicant`."""
    return kind not in MAY_BE_OFF.get(to, frozenset())
