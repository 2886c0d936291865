"""Writing a draft's history: every verb of the lab ends here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases import outbox
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.lab.errors import refuse
from shidian.apps.lab.models import DraftEvent, DraftEventKind, DraftState, RulebookDraft
from shidian.core.rulebook.model import LegalEffect

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person

OFFICES = (OfficerRole.CASE, OfficerRole.SIGNING)


def locked_draft(draft: RulebookDraft, by: Person, permission: Permission) -> RulebookDraft:
    """The draft, locked, if `by` has the permission in its scheme and it is open.

    Raises ForbiddenError, DomainError (`draft-ended`).
    """
    locked = RulebookDraft.objects.select_for_update().select_related("scheme").get(pk=draft.pk)
    if not allows(by, permission, locked.scheme):
        raise ForbiddenError
    if not locked.is_open:
        raise refuse(
            "draft-ended",
            "该草案已发布或已否决，不能再改动。",
            "This draft was published or rejected: nothing about it can change any more.",
        )
    return locked


def must_be_in(draft: RulebookDraft, state: DraftState) -> None:
    """Raises DomainError (`wrong-state`) where the draft stands elsewhere."""
    if draft.state != state:
        raise refuse(
            "wrong-state",
            "草案当前状态不允许此操作：请查看最新进展。",
            "The draft's state does not allow this: see what happened meanwhile.",
        )


def office_of(person: Person, draft: RulebookDraft) -> str:
    """Id of the scheme's authority for which the officer acts. Raises ForbiddenError."""
    parts = authorities_handling(person, draft.scheme_id, *OFFICES)
    if not parts:
        raise ForbiddenError
    return str(parts[0].local_id)


def record(
    draft: RulebookDraft,
    kind: DraftEventKind,
    *,
    by: Person | None,
    at: datetime,
    data: Mapping[str, Any] | None = None,
    legal_effect: LegalEffect = LegalEffect.SERVICE,
) -> DraftEvent:
    """Append an event. The caller has locked the draft and saves no counter itself.

    The legal effect of everything done here is `service`: the system publishes and keeps texts. An
    act by which an organ of state adopts rules is done elsewhere, and only referred to.
    """
    draft.last_seq += 1
    draft.changed_at = at
    event = DraftEvent.objects.create(
        draft=draft,
        seq=draft.last_seq,
        kind=kind,
        at=at,
        person=by,
        authority=office_of(by, draft) if by else "",
        legal_effect=legal_effect.value,
        data=dict(data or {}),
    )
    draft.save(update_fields=("state", "last_revision", "last_seq", "published", "changed_at"))
    return event


def put_leaf(kind: str, said: Mapping[str, Any], *, at: datetime) -> None:
    """Have a public act of the lab put on record: outbox `record.leaf`."""
    outbox.put("record.leaf", leaf_payload(kind, said, at=at), at=at)


def leaf_payload(kind: str, said: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """What the outbox says of a public act of the lab."""
    return {
        "kind": kind,
        **said,
        "legal_effect": LegalEffect.SERVICE.value,
        "at": at.isoformat(),
    }
