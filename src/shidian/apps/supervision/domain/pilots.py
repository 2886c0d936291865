"""Starting and closing a pilot."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.models import Case
from shidian.apps.cases.outbox import put
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.supervision.domain.control import post_control
from shidian.apps.supervision.domain.instants import to_us
from shidian.apps.supervision.domain.keys import revoke_all_keys
from shidian.apps.supervision.models import Pilot, PilotState, PlanVersion
from shidian.apps.supervision.term import term_of
from shidian.core.rulebook.executable import not_executable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person


@transaction.atomic
def start_pilot(
    *,
    case: Case,
    plan: Mapping[str, str],
    at: datetime | None = None,
    by: Person | None = None,
) -> Pilot:
    """Begin the run of an admitted case. Called again for the same case, it returns the pilot.

    1. The pilot gets its public id, `P-<year>-<number>`, and its term from the rulebook's clock.
    2. What the rulebook says and this release cannot run is listed; if there is anything, the pilot
       stays `pending` and nothing is activated.
    3. Otherwise the plan's first version and an activation record for the journal are written, and
       the public snapshot is asked for.

    `by` is None where the system acts on `pilot.admitted`.
    """
    case = Case.objects.select_for_update().get(pk=case.pk)
    existing = Pilot.objects.filter(case=case).first()
    if existing is not None:
        return existing
    moment = at or timezone.now()
    loaded = loaded_rulebook(case.rulebook_version_id)
    problems = not_executable(loaded.rulebook)
    starts_on, ends_on = term_of(case, moment)
    pilot = Pilot.objects.create(
        case=case,
        public_id=_next_public_id(starts_on.year),
        state=PilotState.PENDING if problems else PilotState.RUNNING,
        starts_on=starts_on,
        ends_on=ends_on,
        start_us=to_us(moment),
        rules_digest=loaded.rules_digest,
        problems=[
            {
                "path": item.path,
                "message": item.message.model_dump(),
                "expected": item.expected.model_dump(),
            }
            for item in problems
        ],
        automatic={} if by else {"started": _by_rule("pilot.admitted", loaded.digest)},
        created_at=moment,
    )
    outbox_id = None if problems else _activate(pilot, plan, moment)
    PlanVersion.objects.create(
        pilot=pilot,
        number=1,
        values=dict(plan),
        effective_us=to_us(moment),
        reason="",
        made_at=moment,
        made_by=by,
        outbox_id=outbox_id,
    )
    ask_for_snapshot(pilot, at=moment)
    return pilot


def _activate(pilot: Pilot, plan: Mapping[str, str], moment: datetime) -> int:
    """The activation names the rulebook by its digest; the worker puts in the document itself."""
    return post_control(
        pilot,
        "activation",
        {
            "start_us": to_us(moment),
            "effective_us": to_us(moment),
            "rules_digest": pilot.rules_digest,
            "rulebook_digest": loaded_rulebook(pilot.case.rulebook_version_id).digest,
            "plan": dict(plan),
        },
        at=moment,
    )


def _by_rule(rule: str, rulebook_digest: str) -> dict[str, str]:
    """What an automatic act must name: its rule, the rulebook, the software."""
    return {"rule": rule, "rulebook": rulebook_digest, "software": installed_version("shidian")}


def _next_public_id(year: int) -> str:
    prefix = f"P-{year}-"
    last = (
        Pilot.objects.filter(public_id__startswith=prefix)
        .order_by("-public_id")
        .values_list("public_id", flat=True)
        .first()
    )
    number = int(last.removeprefix(prefix)) + 1 if last else 1
    return f"{prefix}{number:04d}"


@transaction.atomic
def close_pilot(*, pilot: Pilot, at: datetime | None = None, by: Person | None = None) -> Pilot:
    """End the run: its keys are revoked, so that nothing more is taken from it. Idempotent."""
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update().get(pk=pilot.pk)
    if locked.state == PilotState.CLOSED:
        return locked
    locked.state = PilotState.CLOSED
    locked.closed_at = moment
    if by is None:
        digest = loaded_rulebook(locked.case.rulebook_version_id).digest
        locked.automatic = {**locked.automatic, "closed": _by_rule("pilot.closed", digest)}
    locked.save(update_fields=["state", "closed_at", "automatic"])
    revoke_all_keys(pilot=locked, at=moment, by=by)
    ask_for_snapshot(locked, at=moment)
    return locked


def ask_for_snapshot(pilot: Pilot, *, at: datetime) -> None:
    """The public page of the pilot is stale; the worker publishes it anew."""
    put("snapshot.pilot", {"pilot": pilot.public_id}, case=pilot.case, at=at)
