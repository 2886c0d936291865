"""The firms' monthly reports: `python -m demo.reporting`, once what was sent of the past is in.

Figures are drawn from the journal, so that they cannot be loaded with the story. One report of the
newest month is returned with reasons, all others are accepted.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import django

from demo.registration import load_registrations

os.environ.setdefault("SHIDIAN_HOME", "var/demo")
os.environ.setdefault("SHIDIAN_DEMO", "true")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Pilot
    from shidian.apps.supervision.reports import DueLine

OFFICER = "officer-bureau"
WAIT_S = 240.0
FRESH = timedelta(minutes=10)
TEXTS = (
    "本月试点按计划运行，未开展计划外业务。",
    "告警均已核查并记录原因，未造成投资者损失。",
    "收到的投诉已按期答复。",
    "下月维持现有规模。",
)
REASON = "请在“风险与告警的处置”中逐起说明告警原因和整改措施。"


def main() -> int:
    """File what is owed of months that are over; nothing where reports were filed before."""
    django.setup()
    from shidian.apps.supervision.domain.errors import SupervisionError
    from shidian.apps.supervision.models import Pilot, PilotState, Report

    if Report.objects.exists():
        return 0
    pilots = list(
        Pilot.objects.filter(
            state=PilotState.RUNNING, case__scheme__slug="demo-city", machine_keys__isnull=False
        )
        .select_related("case__lead", "case__rulebook_version")
        .distinct()
    )
    _wait_for(pilots)
    lines = _owed(pilots)
    for number, line in enumerate(lines):
        try:
            _file(line, returned=number == len(lines) - 1)
        except SupervisionError as refusal:
            print(f"{line.pilot}: {refusal}", flush=True)
    return 0


def _owed(pilots: Iterable[Pilot]) -> list[DueLine]:
    """Months that are over, the newest last; within a month in the order of the story."""
    from shidian.apps.supervision.reports import due_lines

    lines = due_lines(pilots, datetime.now(UTC))
    found = [one for one in lines if one.over and one.duty.kind == "periodic"]
    return sorted(found, key=lambda one: (one.last, one.pilot.pk))


def _wait_for(pilots: Iterable[Pilot]) -> None:
    """Until the newest event of each simulated system is of now: its past went before it."""
    from shidian.apps.supervision.domain.instants import from_us
    from shidian.apps.supervision.models import SourceReading

    ends = time.monotonic() + WAIT_S
    sources = {one.source for one in load_registrations()}
    readings = SourceReading.objects.filter(source__in=sources)
    left = {pilot.pk for pilot in pilots}
    while left and time.monotonic() < ends:
        fresh = datetime.now(UTC) - FRESH
        for pilot_id, newest_us in readings.values_list("pilot_id", "newest_us"):
            if from_us(newest_us) >= fresh:
                left.discard(pilot_id)
        time.sleep(1.0)


def _file(line: DueLine, *, returned: bool) -> None:
    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.domain.report_drafts import open_report, save_draft
    from shidian.apps.supervision.domain.report_judging import accept_report, return_report
    from shidian.apps.supervision.domain.report_signing import begin_report_signature, sign_report

    signer = _signer_of(line.pilot)
    report = open_report(pilot=line.pilot, duty=line.duty.id, first=line.first, by=signer)
    if report.versions.exists():
        return
    report = save_draft(
        report=report, seq=report.draft_seq, stated={}, why={}, texts=TEXTS, by=signer
    )
    challenge = begin_report_signature(report=report, by=signer)
    version = sign_report(challenge=challenge, answer=None, by=signer)
    officer = Person.objects.get(username=OFFICER)
    if returned:
        return_report(report=report, version=version.number, reason=REASON, by=officer)
    else:
        accept_report(report=report, version=version.number, by=officer)


def _signer_of(pilot: Pilot) -> Person:
    from shidian.apps.accounts.models import Person

    staff = Person.objects.filter(
        staff_of__institution=pilot.case.lead, staff_of__role="signer", is_active=True
    )
    return staff.order_by("pk")[0]


if __name__ == "__main__":
    sys.exit(main())
