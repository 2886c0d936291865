"""Moving a case to another version of its scheme's rulebook: shown, proposed, signed, carried out.

A running case stays on the version under which it entered. Moving it is a decision of the leading
authorities, taken on what the move changes for that case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.actors import actor_as
from shidian.apps.cases.calendars import calendar_of
from shidian.apps.cases.domain.perform import Performed, perform_act
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import history_of, state_of
from shidian.apps.cases.models import Case, RulebookVersion
from shidian.core.procedure.migration import Preview, preview
from shidian.core.procedure.types import Act, ActorKind, Json, Refusal, Verb
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person


def preview_migration(
    *, case: Case, version: RulebookVersion, at: datetime | None = None
) -> Preview:
    """What moving the case to that version would change. Writes nothing.

    Raises DomainError with the reason where the case cannot be moved there.
    """
    if version.scheme_id != case.scheme_id:
        raise DomainError(
            "no-migration",
            Text(
                zh="该版本不属于本方案。",
                en="That version belongs to another scheme.",
            ),
        )
    old, new = case.rulebook, version.rulebook
    found = preview(
        old,
        new,
        calendar_of(old),
        history_of(case),
        at or timezone.now(),
        new_calendar=calendar_of(new),
    )
    if isinstance(found, Refusal):
        raise DomainError(found.code.value, found.text, found.field)
    return found


@transaction.atomic
def propose_migration(
    *,
    case: Case,
    version: RulebookVersion,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """A case officer proposes to move the case to that version; the leading authorities then sign.

    Refused where the case's history does not read under it. Event: migration.proposed. Raises
    ForbiddenError, OvertakenError, DomainError.
    """
    moment = at or timezone.now()
    locked = Case.objects.select_for_update().get(pk=case.pk)
    preview_migration(case=locked, version=version, at=moment)
    data: dict[str, Json] = {
        "from_digest": locked.rulebook_version.digest,
        "to_digest": version.digest,
        "version": version.version,
        "reason": reason,
    }
    return _perform(case, ActorKind.OFFICER, data, by=by, at=moment, expected_seq=expected_seq)


@transaction.atomic
def sign_migration(
    *,
    case: Case,
    consent: bool,
    by: Person,
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """A signing officer of a leading authority consents to the proposed move, or ends it.

    The last consent moves the case: from then on its whole history is read under the new version,
    its tasks are made anew and a running pilot is watched by the new limits. The move is tried
    again first, since the case may have gone on since the proposal. Events: migration.signed;
    case.migrated. Raises ForbiddenError, OvertakenError, DomainError.
    """
    moment = at or timezone.now()
    locked = Case.objects.select_for_update().get(pk=case.pk)
    pending = state_of(locked, moment).migration
    wanted = pending.to_digest if pending else ""
    if consent and pending is not None:
        version = RulebookVersion.objects.get(digest=wanted)
        preview_migration(case=locked, version=version, at=moment)
    data: dict[str, Json] = {"to_digest": wanted or "–", "consent": consent, "reason": reason}
    return _perform(
        case, ActorKind.SIGNING_OFFICER, data, by=by, at=moment, expected_seq=expected_seq
    )


def _perform(
    case: Case,
    kind: ActorKind,
    data: dict[str, Json],
    *,
    by: Person,
    at: datetime,
    expected_seq: int | None,
) -> Performed:
    actor = actor_as(by, case, kind)
    if actor is None:
        raise ForbiddenError
    if kind is ActorKind.SIGNING_OFFICER:
        data["authority"] = actor.authority
    act = Act(Verb.MIGRATE, actor, at, data)
    return perform_act(case, act, by=by, expected_seq=expected_seq)
