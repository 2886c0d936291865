"""Other authorities are told or asked, risk is graded, and time is lengthened or has run out.

All are keyword-only and raise as those of `deciding.py` do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.actors import consulted_actor
from shidian.apps.cases.domain.applying import keep_file
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.domain.perform import Performed, perform_act
from shidian.apps.cases.domain.serving import SCAN, SECTION
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.scanning import scanned
from shidian.core.procedure.types import Act, Json, Verb

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case


def consult(
    *,
    case: Case,
    consultation: str,
    by: Person,
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Send a filing, or ask for a word, with the application as it was last filed.

    The authority asked sees the case from now on. Event: consultation.opened.
    """
    data: dict[str, Json] = {
        "consultation": consultation,
        "sha256": filed_form(case).sha256,
        "reason": reason or None,
    }
    return do(Verb.CONSULT, case, data, by=by, at=at, expected_seq=expected_seq)


def give_opinion(
    *,
    case: Case,
    consultation: str,
    position: str,
    text: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """The word of the authority that the consultation asks. Event: opinion.given."""
    data: dict[str, Json] = {"consultation": consultation, "position": position, "text": text}
    actor = consulted_actor(by, case, consultation)
    act = Act(Verb.GIVE_OPINION, actor, at or timezone.now(), data)
    return perform_act(case, act, by=by, expected_seq=expected_seq)


@scanned("scan")
@transaction.atomic
def enter_opinion(
    *,
    case: Case,
    consultation: str,
    position: str,
    text: str,
    dated: date,
    scan: File[Any],
    by: Person,
    number: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Enter what a consulted authority without an account wrote in a letter, with the scan of it.

    Effects: the scan is kept, its SHA-256 is in the event. Event: opinion.given, by the officer.
    """
    at = at or timezone.now()
    if not allows(by, Permission.CASE_HANDLE, case):
        raise ForbiddenError
    kept = keep_file(
        case=case, section=SECTION, rule=SCAN, upload=scan, question=consultation, by=by, at=at
    )
    data: dict[str, Json] = {
        "consultation": consultation,
        "position": position,
        "text": text,
        "sha256": kept.sha256,
        "dated": dated.isoformat(),
        "number": number.strip() or None,
    }
    return do(Verb.ENTER_OPINION, case, data, by=by, at=at, expected_seq=expected_seq)


def grade_risk(
    *,
    case: Case,
    tier: str,
    by: Person,
    reason: str = "",
    factors: Mapping[str, Mapping[str, str]] | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Grade the case's risk, with reasons; the tier scales what follows. Event: risk.graded.

    `factors`: `found` and `reason` on each of the rulebook's. `reason`: needed where there are
    none, for another tier than follows from them, and for grading anew.
    """
    data: dict[str, Json] = {"tier": tier, "reason": reason}
    if factors:
        data["factors"] = {name: dict(one) for name, one in factors.items()}
    return do(Verb.GRADE_RISK, case, data, by=by, at=at, expected_seq=expected_seq)


def record_silence(
    *,
    case: Case,
    clock: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Have the law's consequence of a period that ran out written down. Event: silence.recorded."""
    return do(Verb.RECORD_SILENCE, case, {"clock": clock}, by=by, at=at, expected_seq=expected_seq)


def extend_clock(
    *,
    case: Case,
    clock: str,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Lengthen a running period by what the rulebook allows. Event: clock.extended."""
    data: dict[str, Json] = {"clock": clock, "reason": reason}
    return do(Verb.EXTEND_CLOCK, case, data, by=by, at=at, expected_seq=expected_seq)
