"""Loading what a supervision page is about, so that the access rule can be asked of its case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.models import Case
from shidian.apps.cases.zones import show_times_of
from shidian.apps.supervision.models import AlertEpisode, MachineKey, Pilot

if TYPE_CHECKING:
    from django.http import HttpRequest


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
