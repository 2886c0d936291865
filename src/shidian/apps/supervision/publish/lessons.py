"""What a pilot that has ended leaves in the case library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.domain.exit_reports import closed_day, is_published
from shidian.apps.supervision.evaluations import evaluation_of
from shidian.apps.supervision.models import ExitReport
from shidian.apps.supervision.publish.agreed import judged_promises
from shidian.apps.supervision.publish.cases import in_language
from shidian.apps.supervision.publish.language import Language, text, title
from shidian.apps.supervision.publish.register import lead_name, outcome_name, shows
from shidian.core.evaluation.grade import NAMES

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.notices.pilot_bodies import LessonBody


def published_report(case: Case) -> ExitReport | None:
    """The newest exit report, where the public may read it."""
    newest = ExitReport.objects.filter(case=case).first()
    if newest is None:
        return None
    newest.case = case
    return newest if is_published(newest) else None


def lesson_body(case: Case, report: ExitReport, language: Language) -> LessonBody:
    """The exit report as it is shown. Judgements only where the register shows the evaluation."""
    rulebook = case.rulebook
    pilot = getattr(case, "pilot", None)
    closed_on = closed_day(case) if shows(case, "dates") else None
    lessons = in_language(report.lessons_zh, report.lessons_en, language)
    grade = NAMES[evaluation_of(case).grade]
    titles = {one.id: text(one.title, language) for one in rulebook.clauses}
    return {
        "reference": case.reference,
        "pilot": pilot.public_id if pilot else "",
        "title": title(case, language),
        "scheme": case.scheme.slug,
        "scheme_title": title(case.scheme, language),
        "zone": rulebook.zone,
        "lead": lead_name(case, language),
        "outcome": outcome_name(case, case.outcome, language),
        "ended_on": closed_on.isoformat() if closed_on else "",
        "grade": grade.zh if language == "zh" else grade.en,
        "promises": judged_promises(case, language),
        "summary": in_language(report.summary_zh, report.summary_en, language),
        "lessons": [line.strip() for line in lessons.splitlines() if line.strip()],
        "clauses": [{"id": one, "title": titles.get(one, one)} for one in report.clauses],
        "clauses_text": in_language(report.clauses_zh, report.clauses_en, language),
    }
