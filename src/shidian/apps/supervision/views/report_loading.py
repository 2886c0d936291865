"""Loading a report, so that the access rule is asked and nobody learns of what is not theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.supervision.models import Report
from shidian.apps.supervision.reports import visible_reports

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import ReportVersion
    from shidian.apps.supervision.report_lines import Line


def report_for(person: Person | AnonymousUser, case: Case, number: int) -> Report:
    """The report of the case's pilot, where `person` may see it. Raises Http404."""
    seen = visible_reports(person).filter(pilot__case=case, number=number).values("pk")
    found = Report.objects.filter(pk__in=seen).select_related("pilot", "draft_by").first()
    if found is None:
        raise Http404
    found.pilot.case = case
    return found


def version_of(report: Report, number: int) -> ReportVersion:
    """A version of a report. Raises Http404."""
    found = report.versions.filter(number=number).select_related("signer").first()
    if found is None:
        raise Http404
    found.report = report
    return found


def line_of(person: Person | AnonymousUser, report: Report, version: int, key: str) -> Line:
    """A line of a version; of version 0, of the draft, which is the institution's own.

    Raises Http404.
    """
    if version == 0:
        if not allows(person, Permission.REPORT_DRAFT, report.pilot.case):
            raise Http404
        lines = report.draft["lines"]
    else:
        lines = version_of(report, version).content["lines"]
    for line in lines:
        if line["key"] == key:
            found: Line = line
            return found
    raise Http404
