"""What the authority does to which something was sent: confirm receipt, answer, send back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.news_kinds import (
    DISPATCH_ANSWERED,
    DISPATCH_RECEIVED,
    DISPATCH_RETURNED,
)
from shidian.apps.national.domain.checks import TEXT_MAX, checked
from shidian.apps.national.models import (
    Dispatch,
    DispatchState,
    DispatchStep,
    DispatchStepKind,
    Position,
)
from shidian.apps.national.telling import tell_of_dispatch
from shidian.core.rulebook.model import DispatchKind, LegalEffect, Text

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

POSITIONS: dict[str, tuple[Position, ...]] = {
    DispatchKind.FILING: (Position.NOTED,),
    DispatchKind.REQUEST: (Position.AGREED, Position.DECLINED, Position.GUIDANCE),
    DispatchKind.PERIODIC: (Position.NOTED,),
    DispatchKind.SPECIAL: (Position.NOTED,),
}
"""What the answer to each kind can come to."""


@transaction.atomic
def confirm_receipt(*, dispatch: Dispatch, by: Person, at: datetime | None = None) -> None:
    """Say that it has arrived; its clock runs from when it was sent all the same.

    Step `received`. Raises ForbiddenError, DomainError (`not-open`).
    """
    at = at or timezone.now()
    locked = _waiting(dispatch, by)
    if locked.state != DispatchState.SENT:
        raise _not_open()
    locked.state = DispatchState.RECEIVED
    locked.save(update_fields=["state"])
    _step(locked, DispatchStepKind.RECEIVED, by, at)
    tell_of_dispatch(locked, DISPATCH_RECEIVED, by, at)


@transaction.atomic
def answer_dispatch(
    *,
    dispatch: Dispatch,
    version: int,
    position: str,
    text: str,
    by: Person,
    at: datetime | None = None,
) -> None:
    """Answer what was sent, once. `version`: the one that the officer read. Step `answered`.

    To take note of something needs no words; everything else does. Raises ForbiddenError,
    DomainError (`position`, `text`, `not-open`, `overtaken`).
    """
    at = at or timezone.now()
    locked = _waiting(dispatch, by)
    _same_version(locked, version)
    if position not in POSITIONS[locked.kind]:
        raise DomainError(
            "position", Text(zh="请选择答复意见。", en="Say what the answer comes to."), "position"
        )
    said = text.strip()
    if said or position != Position.NOTED:
        said = checked("text", text, TEXT_MAX)
    locked.state, locked.answered_at = DispatchState.ANSWERED, at
    locked.save(update_fields=["state", "answered_at"])
    _step(locked, DispatchStepKind.ANSWERED, by, at, position=position, text=said)
    tell_of_dispatch(locked, DISPATCH_ANSWERED, by, at)


@transaction.atomic
def send_back(
    *, dispatch: Dispatch, version: int, reason: str, by: Person, at: datetime | None = None
) -> None:
    """Send it back to be put right; what is sent then is another version, with its own clock.

    Step `returned`. Raises ForbiddenError, DomainError (`text`, `not-open`, `overtaken`).
    """
    at = at or timezone.now()
    locked = _waiting(dispatch, by)
    _same_version(locked, version)
    said = checked("text", reason, TEXT_MAX)
    locked.state, locked.due = DispatchState.RETURNED, None
    locked.save(update_fields=["state", "due"])
    _step(locked, DispatchStepKind.RETURNED, by, at, text=said)
    tell_of_dispatch(locked, DISPATCH_RETURNED, by, at)


def _waiting(dispatch: Dispatch, by: Person) -> Dispatch:
    locked = Dispatch.objects.select_for_update().get(pk=dispatch.pk)
    if not allows(by, Permission.DISPATCH_ANSWER, locked):
        raise ForbiddenError
    if not locked.is_waiting:
        raise _not_open()
    return locked


def _same_version(dispatch: Dispatch, version: int) -> None:
    newest = dispatch.versions.last()
    if newest is None or newest.number != version:
        raise DomainError(
            "overtaken",
            Text(
                zh="报送单位已报送新的文本：请先查看。",
                en="A newer text was sent meanwhile: read it first.",
            ),
        )


def _not_open() -> DomainError:
    return DomainError(
        "not-open",
        Text(
            zh="该件的状态已变化，不能这样办理：请查看最新进展。",
            en="It has moved on meanwhile, and this can no longer be done: see how it stands.",
        ),
    )


def _step(
    dispatch: Dispatch,
    kind: DispatchStepKind,
    by: Person,
    at: datetime,
    *,
    position: str = "",
    text: str = "",
) -> None:
    DispatchStep.objects.create(
        dispatch=dispatch,
        version=dispatch.versions.last(),
        kind=kind,
        at=at,
        by=by,
        authority=dispatch.receiver,
        position=position,
        text=text,
        legal_effect=LegalEffect.SERVICE.value,
    )
