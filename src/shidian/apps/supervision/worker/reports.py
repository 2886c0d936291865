"""Filed reports held against telemetry by the clock, one at a time, each once a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db.models import F, Q
from django.utils import timezone

from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.report_judging import check_report
from shidian.apps.supervision.models import Report, ReportState

if TYPE_CHECKING:
    from datetime import datetime

EVERY = timedelta(days=1)
WATCHED = timedelta(days=400)
"""So long after its period a report is compared by itself; later, when somebody asks."""
_log = structlog.get_logger("shidian.worker")


def check_next_report(*, at: datetime | None = None) -> Report | None:
    """Compare the filed report that was compared longest ago, if it is a day or more; which it was.

    Where no figures can be computed it is tried again a day later.
    """
    moment = at or timezone.now()
    due = Report.objects.filter(
        Q(checked_at=None) | Q(checked_at__lte=moment - EVERY),
        state__in=(ReportState.FILED, ReportState.ACCEPTED),
        last__gte=(moment - WATCHED).date(),
    ).select_related("pilot__case")
    found = due.order_by(F("checked_at").asc(nulls_first=True), "pk").first()
    if found is None:
        return None
    try:
        changes = check_report(report=found, at=moment)
    except SupervisionError as refusal:
        _log.warning("report not compared", report=found.pk, reason=str(refusal))
        changes = []
    Report.objects.filter(pk=found.pk).update(checked_at=moment)
    if changes:
        _log.info("telemetry of a filed report has changed", report=found.pk, figures=len(changes))
    return found
