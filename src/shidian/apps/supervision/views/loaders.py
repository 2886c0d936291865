"""Loading what a supervision page is about, so that the access rule can be asked of its case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404

from shidian.apps.cases.models import Case
from shidian.apps.cases.zones import show_times_of
from shidian.apps.supervision.models import AlertEpisode, MachineKey, Pilot
from shidian.apps.supervision.orders import visible_orders
from shidian.apps.supervision.plans import visible_changes

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Order, PlanChange


def case_of_pilot(request: HttpRequest, public_id: str, **_rest: object) -> Case:
    """The case of the pilot named in the address. Raises DoesNotExist."""
    del request
    case = (
        Case.objects.select_related("pilot", "scheme", "lead", "rulebook_version")
        .defer("rulebook_version__document")
        .get(pilot__public_id=public_id)
    )
    show_times_of(case.rulebook_version)
    return case


def pilot_of(case: Case) -> Pilot:
    """The pilot of a loaded case."""
    return Pilot.objects.select_related("case__scheme", "case__lead", "fault").get(case=case)


def episode_of(case: Case, episode: str) -> AlertEpisode:
    """An episode of that case's pilot. Raises DoesNotExist: of another pilot, or unknown."""
    return AlertEpisode.objects.select_related("pilot__case").get(pilot__case=case, episode=episode)


def key_of(case: Case, key_id: str) -> MachineKey:
    """A key of that case's pilot. Raises DoesNotExist."""
    return MachineKey.objects.get(pilot__case=case, key_id=key_id)


def change_for(person: Person | AnonymousUser, case: Case, number: int) -> PlanChange:
    """The change of the plan, where `person` may see it: until its officers have approved it, it is

    the authorities' own. Raises Http404.
    """
    found = (
        visible_changes(person, case)
        .filter(number=number)
        .select_related("pilot", "authority", "base", "proposed_by", "ended_by")
        .first()
    )
    if found is None:
        raise Http404
    found.pilot.case = case
    return found


def case_of_order(request: HttpRequest, order: str, **_rest: object) -> Case:
    """The case of the pilot to which the order in the address is given. Raises DoesNotExist."""
    del request
    case = (
        Case.objects.select_related("pilot", "scheme", "lead", "rulebook_version")
        .defer("rulebook_version__document")
        .get(pilot__orders__public_id=order)
    )
    show_times_of(case.rulebook_version)
    return case


def order_for(person: Person | AnonymousUser, case: Case, order: str) -> Order:
    """The order, where `person` may see it: a proposal is the authorities' own. Raises Http404."""
    found = (
        visible_orders(person)
        .filter(public_id=order, pilot__case=case)
        .select_related("pilot", "authority", "follows", "lifts", "proposed_by", "ended_by")
        .first()
    )
    if found is None:
        raise Http404
    found.pilot.case = case
    return found
