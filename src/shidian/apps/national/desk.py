"""What stands on the desk of who owes the other side an answer."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.cases.views.desk import Owed, supply
from shidian.apps.national.models import Dispatch, RiskTip
from shidian.apps.national.querysets import OFFICES, deciding_parts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from shidian.apps.cases.views.roles import Viewer

SHOWN_MAX = 20


@supply
def owed(viewer: Viewer) -> Iterator[Owed]:
    """What waits for the answer of the person's authority, and tips to their working groups."""
    held = viewer.roles.authorities(*OFFICES)
    if not held:
        return
    waiting = Dispatch.objects.visible_to(viewer.person).waiting()
    rows = waiting.filter(receiver__in=held, due__isnull=False).select_related("scheme")
    for one in rows[:SHOWN_MAX]:
        if one.due is not None:
            what = _("Answer: %(subject)s") % {"subject": one.subject}
            url = reverse("national:dispatch", args=[one.reference])
            yield _owed(what, str(one.scheme), url, one.due)
    unanswered = RiskTip.objects.unanswered_in(deciding_parts(viewer.person).values("scheme"))
    for tip in unanswered.select_related("authority")[:SHOWN_MAX]:
        if tip.answer_by is not None:
            what = _("Answer the risk tip: %(subject)s") % {"subject": tip.title}
            url = reverse("national:tip", args=[tip.reference])
            yield _owed(what, str(tip.authority), url, tip.answer_by)


def _owed(what: str, whose: str, url: str, due: date) -> Owed:
    legal = ZoneInfo(timezone.get_current_timezone_name())
    at = datetime.combine(due, time(23, 59, 59), tzinfo=legal)
    return Owed(what, whose, url, at, at < timezone.now())
