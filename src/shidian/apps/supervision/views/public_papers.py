"""Letters and reports of a case, each with its full text beside what the public reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.translation import gettext as _

from shidian.apps.cases.letter_queries import letters_for
from shidian.apps.cases.words import localized
from shidian.apps.supervision.models import ReportVersion
from shidian.apps.supervision.report_papers import amount
from shidian.apps.supervision.report_words import in_language, line_title
from shidian.apps.supervision.reports import duty_titles, visible_reports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case

PAPERS_MAX = 20
"""The newest of each kind; the others are one click further."""


@dataclass(frozen=True, slots=True)
class Paper:
    """`rows`: a heading with its full text each. Of none does the public read a word: the site has
    no page of letters or reports, whatever a rulebook says."""

    name: str
    about: str
    address: str
    rows: list[tuple[str, str]]


def papers_of(person: Person, case: Case) -> list[Paper]:
    """Letters and filed reports that the person may read, the newest first."""
    return [*_letters(person, case), *_reports(person, case)]


def _letters(person: Person, case: Case) -> Iterator[Paper]:
    for letter in letters_for(person, case)[:PAPERS_MAX]:
        text = letter.text
        yield Paper(
            name=text.title,
            about=_("Letter"),
            address=reverse("cases:letter", args=[case.reference, letter.number]),
            rows=[
                (_("To"), ", ".join(str(one["name"]) for one in text.recipients)),
                (_("Text"), str(text.content["body"])),
            ],
        )


def _reports(person: Person, case: Case) -> Iterator[Paper]:
    filed = Prefetch("versions", ReportVersion.objects.order_by("-number"))
    reports = list(
        visible_reports(person).filter(pilot__case=case).prefetch_related(filed)[:PAPERS_MAX]
    )
    titles = duty_titles([one.pilot for one in reports])
    for report in reports:
        versions = report.versions.all()
        if not versions:
            continue
        said, duty = versions[0].content, titles.get((report.pilot_id, report.duty))
        figures = [(line_title(line), amount(line, "stated")) for line in said["lines"]]
        texts = [(in_language(one["heading"]), str(one["text"])) for one in said["texts"]]
        yield Paper(
            name=localized(duty.title) if duty else report.duty,
            about=f"{report.first.isoformat()} – {report.last.isoformat()}",
            address=reverse("supervision:report", args=[report.pilot.public_id, report.number]),
            rows=[*figures, *texts],
        )
