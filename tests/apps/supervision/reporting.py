"""A pilot with a journal of one month, for the tests of reports."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from shidian.apps.supervision.domain.report_drafts import open_report, save_draft
from shidian.apps.supervision.domain.report_signing import begin_report_signature, sign_report
from shidian.config import settings
from tests.core.monitor.agreement import write_journal
from tests.factories import loaded
from tests.oracle.histories import MINUTE, Log

from .things import PLAN

if TYPE_CHECKING:
    from shidian.apps.supervision.models import Pilot, Report, ReportVersion

FAILED = {"rev": 0, "op": "new", "type": "order.failed", "order.failed/investor": 1}
ZONE = ZoneInfo("Asia/Shanghai")
TEXTS = ("运行平稳。", "无。", "无投诉。", "按计划。")


class Telemetry:
    """The journal of one pilot, as far as it was sent; more can come at any time."""

    def __init__(self, pilot: Pilot) -> None:
        self.pilot = pilot
        self.start_us = pilot.start_us // MINUTE * MINUTE
        self.log = Log(now_us=self.start_us)
        self.log.activate(pilot.public_id, loaded(), self.start_us, PLAN)
        self.seqno = 0
        self.path = settings().journal

    def fail(self, minute: int, number: int) -> None:
        """So many failed orders at a minute of the run."""
        at_us = self.start_us + minute * MINUTE
        rows = []
        for _ in range(number):
            self.seqno += 1
            rows.append(FAILED | {"seqno": self.seqno, "time_us": at_us})
        self.log.now_us = max(self.log.now_us, at_us + MINUTE)
        self.log.data(self.pilot.public_id, "orders", rows)

    def complain(self, minute: int, *, seqno: int) -> None:
        """A complaint at a minute of the run, told by a source of its own."""
        at_us = self.start_us + minute * MINUTE
        row = {"rev": 0, "op": "new", "type": "complaint.received"}
        self.log.now_us = max(self.log.now_us, at_us + MINUTE)
        self.log.data(self.pilot.public_id, "desk", [row | {"seqno": seqno, "time_us": at_us}])

    def take_back(self, seqno: int, minute: int) -> None:
        """A late correction: one of them never was."""
        row = FAILED | {"seqno": seqno, "time_us": self.start_us + minute * MINUTE}
        self.log.data(self.pilot.public_id, "orders", [row | {"rev": 1, "op": "void"}])

    def write(self) -> None:
        """Lay the journal where the installation reads it."""
        self.remove()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_journal(self.path, self.log.entries)

    def remove(self) -> None:
        """Take it away."""
        for one in self.path.parent.glob("journal*"):
            if one.is_file():
                one.unlink()


def first_month(pilot: Pilot) -> tuple[date, date]:
    """The first and last day of the pilot's first period."""
    first = pilot.starts_on
    following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(days=1)


def after_month(pilot: Pilot, days: int = 2) -> datetime:
    """Ten in the morning, so many days after the first period."""
    last = first_month(pilot)[1] + timedelta(days=days)
    return datetime(last.year, last.month, last.day, 10, tzinfo=ZONE)


def drafted(pilot: Pilot, by, at: datetime, **stated: str) -> Report:
    """The monthly report with its texts; figures as telemetry has them, or as stated here."""
    report = open_report(pilot=pilot, duty="monthly", first=pilot.starts_on, by=by, at=at)
    given = {name.replace("__", "."): value for name, value in stated.items()}
    return save_draft(
        report=report,
        seq=report.draft_seq,
        stated=given,
        why=dict.fromkeys(given, "以机构台账为准。"),
        texts=TEXTS,
        by=by,
        at=at,
    )


def signed(report: Report, by, at: datetime) -> ReportVersion:
    """Signed by one who has no second factor."""
    challenge = begin_report_signature(report=report, by=by, at=at)
    return sign_report(challenge=challenge, answer=None, by=by, at=at)
