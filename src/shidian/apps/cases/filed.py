"""What of an application was filed: the text that everyone but its parties reads.

    filled = form_for(person, case)      # parties: as it stands; everyone else: as last filed
    filled = filed_form(case)            # as last filed, whoever asks
    filings(case)                        # every version that was filed, oldest first

While a request is open, or after a return, the parties go on drafting. What they save then is
theirs alone until an answer or a submission files it: that event names each section's version.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from shidian.apps.cases.answers import MATERIALS, Answers, newest_sections
from shidian.apps.cases.files_of_steps import SECTION as STEP_FILES
from shidian.apps.cases.filled import Filled, fill_form, filled_form
from shidian.apps.cases.models import CaseEvent, FormSection
from shidian.apps.cases.papers import SECTION as PAPER_SCANS
from shidian.apps.cases.rules import is_of_the_parties
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Attachment, Case

FILING = (EventKind.CASE_SUBMITTED.value, EventKind.REQUEST_ANSWERED.value)
"""What can file a version. An answer that amended nothing files none."""


@dataclass(frozen=True, slots=True)
class Filing:
    """One filed version of the form. `number`: from 1, as the event says it."""

    number: int
    event: CaseEvent

    @property
    def sha256(self) -> str:
        """Of the text filed."""
        return str(self.event.data["sha256"])

    @property
    def sections(self) -> Mapping[str, int] | None:
        """Which version of each section was filed; None for an event that does not say yet."""
        named: Mapping[str, int] | None = self.event.data.get("sections")
        return named

    @property
    def partners(self) -> int | None:
        """How many partners filed it; None where the event does not say."""
        named = self.event.data.get("partners")
        return None if named is None else len(named)


def filings(case: Case) -> list[Filing]:
    """Every filed version, oldest first. One query."""
    rows = CaseEvent.objects.filter(case=case, kind__in=FILING).select_related(
        "person", "institution"
    )
    return [
        Filing(int(row.data["version"]), row)
        for row in rows.order_by("seq")
        if "version" in row.data
    ]


def filed_form(case: Case, filing: Filing | None = None) -> Filled:
    """The form as it was last filed, or as `filing` has it; without answers before any filing.

    With the last filing go the documents that a later stage asks for: they are filed by handing
    them in. Four queries at most.
    """
    last = filing
    if last is None:
        known = filings(case)
        last = known[-1] if known else None
    saved = {} if last is None else {one.section: one.answers for one in _rows(case, last)}
    if filing is None and last is not None:
        saved = _with_later_documents(case, saved)
    partners = last.partners if last is not None else None
    return fill_form(
        case.rulebook,
        saved,
        partners=case.parties.count() if partners is None else partners,
        lead_kind=case.lead.kind,
    )


def form_for(person: Someone, case: Case) -> Filled:
    """The form as this reader may know it: the parties as it stands, others as last filed."""
    return filled_form(case) if is_of_the_parties(person, case) else filed_form(case)


def text_of_stage(case: Case) -> Filled:
    """What the parties have before them: in a draft as it stands, else as last filed."""
    return filled_form(case) if case.stage_rule.kind is StageKind.DRAFT else filed_form(case)


def section_versions(case: Case) -> dict[str, int]:
    """The newest version of each section: what an act that files now files."""
    return {section: row.version for section, row in newest_sections(case).items()}


def unfiled_sections(case: Case) -> list[str]:
    """Ids of the sections that were changed since the last filing; none before there is one."""
    known = filings(case)
    if not known:
        return []
    now, then = filled_form(case), filed_form(case)
    changed = [
        one.id for one in case.rulebook.form if now.answers.get(one.id) != then.answers.get(one.id)
    ]
    return [*changed, MATERIALS] if now.handed_in != then.handed_in else changed


def is_filed(case: Case, attachment: Attachment) -> bool:
    """Whether a file is more than the parties' own: named in a version that was filed, or a report.

    A document for a later stage, of an evaluation's step, or on paper, is filed by handing it in.
    """
    if attachment.section in ("", STEP_FILES, PAPER_SCANS):
        return True
    if attachment.section == MATERIALS and attachment.question in _later_documents(case):
        return True
    return any(
        isinstance(value, dict) and value.get("attachment") == attachment.pk
        for filing in filings(case)
        for row in _rows(case, filing, section=attachment.section)
        for value in row.answers.values()
    )


def _rows(case: Case, filing: Filing, *, section: str | None = None) -> list[FormSection]:
    """The rows that were filed. Of events that do not name them: the newest saved by then."""
    rows = FormSection.objects.filter(case=case)
    if section is not None:
        rows = rows.filter(section=section)
    if filing.sections is None:
        earlier = rows.filter(saved_at__lte=filing.event.at).order_by("version")
        return list({row.section: row for row in earlier}.values())
    if not filing.sections:
        return []
    named = (Q(section=name, version=version) for name, version in filing.sections.items())
    return list(rows.filter(reduce(or_, named)))


def _later_documents(case: Case) -> set[str]:
    return {one.id for one in case.rulebook.materials if one.stage is not None}


def _with_later_documents(case: Case, saved: dict[str, Answers]) -> dict[str, Answers]:
    later = _later_documents(case)
    if not later:
        return saved
    newest = FormSection.objects.filter(case=case, section=MATERIALS).order_by("-version").first()
    if newest is None:
        return saved
    filed: dict[str, Any] = {
        key: one for key, one in saved.get(MATERIALS, {}).items() if key not in later
    }
    filed |= {key: one for key, one in newest.answers.items() if key in later}
    return {**saved, MATERIALS: filed} if filed else saved
