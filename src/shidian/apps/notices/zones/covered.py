"""A notice is not left behind while comments on it may be on their way from the public zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.apps.cases.domain.perform import objecting
from shidian.apps.cases.errors import DomainError
from shidian.apps.notices.models import Notice, ZoneBundle
from shidian.config import settings
from shidian.core.procedure.types import EventKind, Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.cases.models import Case
    from shidian.core.procedure.types import NewEvent

_ENDS = frozenset({Verb.REJECT, Verb.WITHDRAW, Verb.TERMINATE})
"""What ends a case may end its notice, at any time."""


@objecting
def comments_have_arrived(case: Case, verb: Verb, events: Iterable[NewEvent]) -> None:
    """Refuse to go on from a notice before all that was sent in its window is here.

    In the internal zone alone: a bundle of the public one that was made after the window's end must
    have been applied. Raises DomainError (`comments-on-their-way`).
    """
    if settings().zone != "internal" or settings().zone_in is None or verb in _ENDS:
        return
    if not any(event.kind is EventKind.NOTICE_CLOSED for event in events):
        return
    notice = Notice.objects.filter(case=case).order_by("-version").first()
    if notice is None or not notice.comments_taken or notice.closes_on is None:
        return
    midnight = datetime.combine(notice.closes_on + timedelta(days=1), time())
    over = midnight.replace(tzinfo=ZoneInfo(case.rulebook.zone))
    if ZoneBundle.objects.filter(is_ours=False, made_at__gte=over).exists():
        return
    raise DomainError(
        "comments-on-their-way",
        Text(
            zh=f"公示期（至 {notice.closes_on}）内公众提交的意见可能仍在传送中："
            "收到公众区在期满后发出的数据包后方可转办。请稍后再试，或联系运维人员。",
            en=f"Comments sent until {notice.closes_on} may still be on their way from the public"
            " zone: go on once a bundle that it made after that day is here. Try again in a few"
            " minutes, or ask the operator.",
        ),
    )
