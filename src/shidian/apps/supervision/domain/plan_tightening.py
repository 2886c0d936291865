"""Tightening a plan: one officer, who proves by a fresh second factor that it is they."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.plan_signing import (
    keep_proof,
    new_challenge,
    proof_of,
    too_old,
    use_up,
)
from shidian.apps.supervision.domain.plan_text import text_of_tightening
from shidian.apps.supervision.domain.plans import newest_version, tightening, write_version
from shidian.apps.supervision.models import Pilot, PlanTightening

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.domain.orders.approving import Answer
    from shidian.apps.supervision.models import PlanChallenge, PlanVersion


@dataclass(frozen=True, slots=True)
class Tightening:
    """What a challenge's text says: on which version it rests, the values that change, and why."""

    base: int
    values: dict[str, str]
    reason: str


def told(challenge: PlanChallenge) -> Tightening:
    """What the officer is asked to confirm."""
    said = json.loads(challenge.canonical)
    return Tightening(int(said["base"]), dict(said["values"]), str(said["reason"]))


@transaction.atomic
def begin_tightening(
    *,
    pilot: Pilot,
    values: Mapping[str, str],
    reason: str,
    by: Person,
    at: datetime | None = None,
) -> PlanChallenge:
    """Put a tightening before the officer who wants it, with a fresh nonce. Nothing changes yet.

    What scales with a value is in it. Raises as `plans.tightening`.
    """
    locked = _locked(pilot)
    tightened = tightening(locked, values, reason=reason, by=by)
    text = text_of_tightening(newest_version(locked), tightened, reason=reason.strip())
    return new_challenge(by, text, at, pilot=locked)


@transaction.atomic
def begin_again(
    *, challenge: PlanChallenge, by: Person, at: datetime | None = None
) -> PlanChallenge:
    """The same text with a fresh nonce: a challenge serves one attempt.

    Raises ForbiddenError for another's; SupervisionError where the plan was changed meanwhile.
    """
    if challenge.pilot is None or challenge.person_id != by.pk:
        raise ForbiddenError
    _require_current(_locked(challenge.pilot), challenge, by)
    return new_challenge(by, challenge.canonical, at, pilot=challenge.pilot)


def tighten_plan(
    *, challenge: PlanChallenge, answer: Answer, by: Person, at: datetime | None = None
) -> PlanVersion:
    """Tighten the plan as the challenge says, once its officer has proven themselves.

    1. The challenge is used up, whatever the answer.
    2. The second factor is checked against it.
    3. Under the lock it is asked again whether the officer may, and whether the text still fits.
    4. The proof is kept, and the version that it carries is written with its control record.

    Raises ForbiddenError; NotProvenError; SupervisionError: used, too old, or the plan was changed.
    """
    moment = at or timezone.now()
    if challenge.pilot is None:
        raise SupervisionError(too_old())
    use_up(challenge, by, moment)
    proof = proof_of(challenge, answer, by)
    with transaction.atomic():
        locked = _locked(challenge.pilot)
        values = _require_current(locked, challenge, by)
        kept = PlanTightening(officer=by, canonical=challenge.canonical)
        keep_proof(kept, challenge, proof, moment)
        reason = told(challenge).reason
        return write_version(locked, values, reason=reason, by=by, moment=moment, tightening=kept)


def _require_current(locked: Pilot, challenge: PlanChallenge, by: Person) -> dict[str, str]:
    """The values as they were confirmed, where they still tighten the very plan looked at."""
    said = told(challenge)
    if newest_version(locked).number != said.base:
        raise SupervisionError(_("The plan was changed meanwhile. Write the change anew."))
    tightening(locked, said.values, reason=said.reason, by=by)
    return said.values


def _locked(pilot: Pilot) -> Pilot:
    return Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)
