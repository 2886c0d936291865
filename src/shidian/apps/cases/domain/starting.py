"""Start an application under a call."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from shidian.apps.accounts.models import StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.domain.perform import perform_act
from shidian.apps.cases.errors import DomainError, DoubledError, ForbiddenError
from shidian.apps.cases.history import person_key
from shidian.apps.cases.models import Case, Scheme
from shidian.core.procedure.types import Act, Actor, ActorKind, Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.accounts.models import Institution, Person
    from shidian.apps.cases.models import Call

TITLE_LENGTH_MAX = 200
DOUBLE_CLICK_MAX = timedelta(seconds=10)
"""The same person starting the same application within this time has clicked twice."""


@transaction.atomic
def create_case(
    *,
    call: Call,
    lead: Institution,
    title: str,
    by: Person,
    title_en: str = "",
    at: datetime | None = None,
) -> Case:
    """Start an application under an open call.

    Preconditions: the call is open on the day of `at`; `by` drafts or signs for `lead`; the
    rulebook lets institutions of the lead's kind lead. Effects: the case in its draft stage, an
    access row for the lead, a task. Event: case.created. Raises DomainError, ForbiddenError,
    DoubledError where the same person has just started the same one.
    """
    at = at or timezone.now()
    places = roles_of(by).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    if lead.pk not in places:
        raise ForbiddenError
    check_call_is_open(call, at)
    _may_lead(call, lead, timezone.localdate(at))
    if not title.strip() or len(title) > TITLE_LENGTH_MAX:
        raise DomainError(
            "title",
            Text(
                zh="请填写项目名称，不超过 200 字。",
                en="Name the project in at most 200 characters.",
            ),
            "title",
        )
    reference = next_reference(call, at)  # takes the lock under which a double is seen
    _is_no_double(call, lead, title.strip(), by, at)
    case = Case.objects.create(
        scheme_id=call.scheme_id,
        call=call,
        rulebook_version_id=call.rulebook_version_id,
        reference=reference,
        lead=lead,
        title_zh=title.strip(),
        title_en=title_en.strip(),
        stage="",
        created_at=at,
        created_by=by,
        changed_at=at,
    )
    actor = Actor(ActorKind.APPLICANT, person_key(by.pk), institution=str(lead.pk))
    data = {"case": case.reference, "institution": str(lead.pk), "call": call.slug}
    perform_act(case, Act(Verb.CREATE, actor, at, data), by=by)
    return case


def _is_no_double(call: Call, lead: Institution, title: str, by: Person, at: datetime) -> None:
    """Refuse what a second click on the same button would make."""
    twin = (
        Case.objects.filter(call=call, lead=lead, title_zh=title, created_by=by)
        .filter(created_at__gt=at - DOUBLE_CLICK_MAX, created_at__lte=at)
        .filter(changed_at=F("created_at"))  # nothing has happened to it since
        .first()
    )
    if twin is not None:
        raise DoubledError(twin)


def next_reference(call: Call, at: datetime) -> str:
    """The next free case reference of the scheme's year: `demo-city-2026-0007`."""
    scheme = Scheme.objects.select_for_update().get(pk=call.scheme_id)
    prefix = f"{scheme.slug}-{timezone.localtime(at).year}-"
    newest = (
        Case.objects.filter(scheme=scheme, reference__startswith=prefix)
        .order_by("-reference")
        .values_list("reference", flat=True)
        .first()
    )
    number = int(newest.removeprefix(prefix)) + 1 if newest else 1
    return f"{prefix}{number:04d}"


def check_call_is_open(call: Call, at: datetime) -> None:
    """Refuse an application outside the call's days, which are those of the scheme's legal time."""
    zone = ZoneInfo(call.rulebook_version.rulebook.zone)
    if not call.is_open_on(at.astimezone(zone).date()):
        until = call.closes_on or "–"
        raise DomainError(
            "call-closed",
            Text(
                zh=f"该批次受理时间为 {call.opens_on} 至 {until}，现在不能申报。",
                en=f"This call takes applications from {call.opens_on} to {until}, not now.",
            ),
        )


def _may_lead(call: Call, lead: Institution, day: date) -> None:
    intake = call.rulebook_version.rulebook.intake
    if intake is None:
        return
    if lead.kind in intake.lead:
        if any(kind.id == lead.kind and kind.licensed for kind in intake.kinds):
            _is_licensed(lead, day)
        return
    kinds = [kind for kind in intake.kinds if kind.id in intake.lead]
    raise DomainError(
        "may-not-lead",
        Text(
            zh="贵机构类型不能牵头申报。可牵头的机构：" + "、".join(one.name.zh for one in kinds),
            en="An institution of this kind cannot lead. These can: "
            + ", ".join(one.name.en for one in kinds),
        ),
        "lead",
    )


def _is_licensed(lead: Institution, day: date) -> None:
    """Refuse a lead whose registration nobody has checked, or whose licences have all run out."""
    if lead.checked_at is None:
        raise DomainError(
            "not-checked",
            Text(
                zh="贵机构的登记尚未经机关核对：核对后方可牵头申报。",
                en="An officer has not checked your institution's registration yet:"
                " until then it cannot lead an application.",
            ),
            "lead",
        )
    if lead.licences.exists() and not lead.has_licence_on(day):
        raise DomainError(
            "no-licence-in-force",
            Text(
                zh="贵机构登记的许可均不在有效期内：请先更新许可信息。",
                en="None of your institution's licences is in force: bring them up to date first.",
            ),
            "lead",
        )
