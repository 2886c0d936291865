"""The pool of experts as seen from one case: who can sit, how busy they are, what bars them."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.models import Assessor, Expert, Institution, Staff
from shidian.apps.cases.domain import ever_asked
from shidian.apps.cases.models import AccessEffect
from shidian.apps.review.models import Assignment
from shidian.core.procedure.seating import Candidate, Proposal, propose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import Panel

TIES_YEARS = 3
"""How long a place at a party bars after it ended: as long as the declaration asks for."""


def party_ids(case: Case) -> set[int]:
    """Institutions with an interest in the case: its parties, and whoever was asked to be one."""
    parties = case.parties.values_list("institution_id", flat=True)
    return {case.lead_id, *parties, *ever_asked(case)}


def ties_of(case: Case, experts: Iterable[Expert]) -> dict[int, tuple[str, ...]]:
    """Person id → what is known to speak against them, in words. Four queries."""
    people = {one.person_id: one for one in experts}
    firms = {one.pk: one for one in Institution.objects.filter(pk__in=party_ids(case))}
    since = timezone.localdate() - timedelta(days=366 * TIES_YEARS)
    lately = Q(ends__isnull=True) | Q(ends__gte=since)
    found: dict[int, dict[str, None]] = {pk: {} for pk in people}
    denied = case.access.filter(person__in=people, effect=AccessEffect.DENY)
    for pk in denied.values_list("person_id", flat=True):
        found[pk][_("declared a conflict in this case")] = None
    for model in (Staff, Assessor):
        places = model.objects.filter(lately, person__in=people, institution__in=firms)
        for pk, place in places.values_list("person_id", "institution_id"):
            found[pk][_("works or worked for %(firm)s") % {"firm": firms[place]}] = None
    names = {_plain(name): one for one in firms.values() for name in (one.name_zh, one.name_en)}
    for pk, one in people.items():
        firm = names.get(_plain(one.employer)) if _plain(one.employer) else None
        if firm is not None:
            found[pk][_("is employed by %(firm)s") % {"firm": firm}] = None
        if not one.active:
            found[pk][_("serves no longer")] = None
    return {pk: tuple(words) for pk, words in found.items()}


def _plain(name: str) -> str:
    """A firm's name without what writing it differently changes."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(folded.split())


def candidates(case: Case) -> dict[Expert, Candidate]:
    """Every active expert as a candidate for this case. The same queries however many there are."""
    busy = Q(panel__closed__isnull=True) & ~Q(declarations__conflict=True)
    load = dict(
        Assignment.objects.filter(busy, reviews__isnull=True)
        .values("expert")
        .annotate(n=Count("pk", distinct=True))
        .values_list("expert", "n")
    )
    experts = list(Expert.objects.filter(active=True).select_related("person").order_by("pk"))
    ties = ties_of(case, experts)
    today = timezone.localdate()
    found = {}
    for one in experts:
        away = one.away_until is not None and one.away_until >= today
        words = ties[one.person_id] + ((_("is away"),) if away else ())
        found[one] = Candidate(str(one.pk), frozenset(one.disciplines), load.get(one.pk, 0), words)
    return found


def proposal_from(pool: Mapping[Expert, Candidate], panel: Panel | None) -> Proposal:
    """The panel that is proposed: as many as the rulebook asks for at least."""
    wanted = [one.id for one in panel.disciplines] if panel else []
    return propose(pool.values(), seats_of(panel), wanted)


def seats_of(panel: Panel | None) -> int:
    """How many the rulebook asks for at least; an odd number where it says so."""
    least = panel.min if panel else 1
    return least + (1 if panel and panel.odd and least % 2 == 0 else 0)
