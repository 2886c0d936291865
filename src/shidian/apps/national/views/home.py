"""The national body's page: what waits for it, how all schemes stand, what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Case, CaseEvent, Task
from shidian.apps.cases.querysets import of_one_of
from shidian.apps.cases.views.case_lines import with_scheme
from shidian.apps.national.across import across
from shidian.apps.national.base_rules import base_rules as bases_of
from shidian.apps.national.bodies import (
    BASE_RULES,
    has_power,
    national_parts,
    newest_versions,
    rules_of,
)
from shidian.apps.national.models import Dispatch, RiskTip
from shidian.apps.national.owed import owed_reports
from shidian.apps.supervision.views.asker import asker
from shidian.core.procedure.types import EventKind, Verb
from shidian.core.rulebook.model import ConsultationKind

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import RulebookVersion, SchemeAuthority
    from shidian.core.rulebook.model import Rulebook

SHOWN = 20
TIPS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A scheme of the body's, with the newest rules of it and the powers that they give."""

    part: SchemeAuthority
    version: RulebookVersion | None
    rulebook: Rulebook | None

    @property
    def powers(self) -> tuple[str, ...]:
        """`verbs` of the authority in these rules."""
        for one in self.rulebook.authorities if self.rulebook else ():
            if one.id == self.part.local_id:
                return one.verbs
        return ()


@rule(Permission.NATIONAL_READ)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Waiting for it; every scheme in sums that lead on; tips; periodic reports."""
    person = asker(request)
    parts = _parts(person)
    schemes = list({one.part.scheme_id: one.part.scheme for one in parts}.values())
    bodies = {one.part.authority_id: one.part.authority for one in parts}
    waiting = Dispatch.objects.visible_to(person).waiting().filter(receiver__in=bodies)
    context = {
        "bodies": list(bodies.values()),
        "waiting": waiting.select_related("scheme", "sender").defer("text", "figures")[:SHOWN],
        "opinions": _opinions(person, bodies),
        "filed": _filed(person, parts),
        "across": across(person, schemes),
        "parts": parts,
        "owed": owed_reports(schemes, timezone.now()),
        "tips": _tips(person, bodies),
        "may_send": allows(person, Permission.TIP_SEND),
        "shows_base": any(
            one.rulebook is not None and has_power(one.part, one.rulebook, BASE_RULES)
            for one in parts
        ),
        "only_reads": roles_of(person).is_auditor,
        "today": timezone.localdate(),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("All schemes"), None)],
    }
    return render(request, "national/home.html", context)


def _parts(person: Person) -> list[Part]:
    parts = list(national_parts(person))
    versions = newest_versions({one.scheme_id for one in parts})
    found = []
    for one in parts:
        version = versions.get(one.scheme_id)
        found.append(Part(one, version, rules_of(version) if version is not None else None))
    return found


def _opinions(person: Person, bodies: Collection[int]) -> list[Task]:
    """Cases on which the body's opinion or no-objection was asked, who waits longest first."""
    asked = Task.objects.open().visible_to(person)
    rows = asked.filter(verb=Verb.GIVE_OPINION.value, authority__in=bodies)
    return list(
        with_scheme(rows.order_by("due", "pk"), "case__").select_related("case__lead")[:SHOWN]
    )


def _filed(person: Person, parts: list[Part]) -> list[CaseEvent]:
    """Cases filed with the body for the record, the newest first."""
    ids = {
        one.id
        for part in parts
        for one in (part.rulebook.consultations if part.rulebook else ())
        if one.kind is ConsultationKind.FILING and one.authority == part.part.local_id
    }
    if not ids:
        return []
    opened = CaseEvent.objects.filter(
        of_one_of(Case.objects.visible_to(person)),
        kind=EventKind.CONSULTATION_OPENED.value,
        case__scheme__in=[one.part.scheme_id for one in parts],
        data__consultation__in=sorted(ids),
    )
    return list(opened.select_related("case__scheme", "case__lead").order_by("-at", "-pk")[:SHOWN])


def _tips(person: Person, bodies: Collection[int]) -> list[RiskTip]:
    own = RiskTip.objects.visible_to(person).filter(authority__in=bodies)
    return list(own.counted().select_related("authority").defer("text", "text_en")[:TIPS_SHOWN])


@rule(Permission.NATIONAL_READ)
@require_safe
def base_rules(request: HttpRequest) -> HttpResponse:
    """Rulebooks that others extend, with who extends them."""
    context = {
        "bases": bases_of(),
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("All schemes"), reverse("national:home")),
            (_("Base rules"), None),
        ],
    }
    return render(request, "national/base_rules.html", context)
