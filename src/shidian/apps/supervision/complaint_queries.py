"""Which complaints a person sees, and what of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q

from shidian.apps.accounts.models import StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case
from shidian.apps.cases.querysets import of_one_of
from shidian.apps.cases.rules import watched_parts
from shidian.apps.notices.complaint_words import ComplaintState
from shidian.apps.notices.models import SentFile
from shidian.apps.supervision.models import Complaint, ComplaintStep, StepKind

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person


def complaints_for(person: Person) -> QuerySet[Complaint]:
    """Complaints that a person may read, with what a list shows; as `rules` permits one by one.

    Officers of a scheme's authorities and auditors: all about its pilots. Staff of the lead: those
    that were sent to it. Nobody: about a case that they do not see.
    """
    roles = roles_of(person)
    seen = Complaint.objects.filter(of_one_of(Case.objects.visible_to(person), "pilot__case"))
    if roles.is_auditor:
        return _listed(seen)
    mine = Q(pk__in=())
    if roles.is_officer:
        mine |= Q(pilot__case__scheme__in=watched_parts(person).values("scheme"))
    led = roles.institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    if led:
        forwarded = ComplaintStep.objects.filter(
            complaint=OuterRef("pk"), kind=StepKind.FORWARDED.value
        )
        mine |= Q(Exists(forwarded), pilot__case__lead__in=led)
    return _listed(seen.filter(mine))


def _listed(complaints: QuerySet[Complaint]) -> QuerySet[Complaint]:
    return complaints.select_related(
        "pilot__case__lead", "pilot__case__rulebook_version", "pilot__case__scheme"
    ).defer("pilot__case__rulebook_version__document")


def open_count(complaints: QuerySet[Complaint]) -> dict[str, int]:
    """How many there are in each state that is not closed."""
    rows = complaints.order_by().exclude(state=ComplaintState.CLOSED.value)
    return dict(rows.values("state").annotate(n=Count("pk")).values_list("state", "n"))


def steps_for(person: Person, complaint: Complaint) -> QuerySet[ComplaintStep]:
    """What was done, without the authority's own notes for the institution's staff."""
    steps = complaint.steps.select_related("by")
    return steps if roles_of(person).is_officer else steps.filter(internal=False)


def files_of(complaint: Complaint) -> QuerySet[SentFile]:
    """What was sent along with it: for everyone who may read the complaint."""
    return SentFile.objects.filter(receipt_sha256=complaint.receipt_sha256)
