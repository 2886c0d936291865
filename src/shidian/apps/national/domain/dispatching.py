"""What a working group does: draft, revise, send, withdraw. Two officers: one drafts, one sends."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import AccessEffect, Case
from shidian.apps.cases.news_kinds import DISPATCH_SENT, DISPATCH_TO_SEND, DISPATCH_WITHDRAWN
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.national import figures
from shidian.apps.national.bodies import newest_versions, rules_of
from shidian.apps.national.domain.checks import SUBJECT_MAX, TEXT_MAX, checked, last_day
from shidian.apps.national.models import (
    Dispatch,
    DispatchState,
    DispatchStep,
    DispatchStepKind,
    DispatchVersion,
)
from shidian.apps.national.telling import tell_of_dispatch
from shidian.core.rulebook.model import DispatchKind, LegalEffect, Text
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from shidian.apps.accounts.models import Authority, Person
    from shidian.apps.cases.models import RulebookVersion, Scheme
    from shidian.core.rulebook.model import DispatchRule

CASES_MAX = 500
"""Cases that one dispatch names."""


@transaction.atomic
def begin_dispatch(
    *,
    scheme: Scheme,
    rule: str,
    subject: str,
    text: str,
    by: Person,
    cases: Iterable[Case] = (),
    first: date | None = None,
    last: date | None = None,
    at: datetime | None = None,
) -> Dispatch:
    """Begin a draft under the scheme's newest rules, with its figures where the kind has them.

    Step `drafted`. Raises ForbiddenError where `by` is no case officer of a deciding authority,
    DomainError (`no-such-dispatch`, `subject`, `text`, `cases`, `days`, `barred`).
    """
    at = at or timezone.now()
    if not allows(by, Permission.DISPATCH_BEGIN, scheme):
        raise ForbiddenError
    type(scheme).objects.select_for_update().get(pk=scheme.pk)
    version, named = rule_of(scheme, rule)
    part = authorities_handling(by, scheme.pk, OfficerRole.CASE)[0]
    receiver = scheme.parts.select_related("authority").filter(local_id=named.authority).first()
    if receiver is None:
        raise _unknown(rule)
    made = Dispatch(
        scheme=scheme,
        rule=named.id,
        kind=named.kind.value,
        sender=part.authority,
        receiver=receiver.authority,
        reference=f"{scheme.slug}-D-{scheme.dispatches.count() + 1:04}",
        rulebook_version=version,
        drafted_by=by,
        drafted_at=at,
    )
    chosen = _write(made, _Words(subject, text, tuple(cases), first, last), by, at)
    made.save(force_insert=True)
    made.cases.set(chosen)
    _step(made, DispatchStepKind.DRAFTED, by, part.authority, at)
    tell_of_dispatch(made, DISPATCH_TO_SEND, by, at)
    return made


@transaction.atomic
def revise_dispatch(
    *,
    dispatch: Dispatch,
    subject: str,
    text: str,
    by: Person,
    edition: int,
    cases: Iterable[Case] = (),
    first: date | None = None,
    last: date | None = None,
    at: datetime | None = None,
) -> Dispatch:
    """Save another text of a draft, or of what was sent back; figures are drawn anew.

    `edition`: the one that the officer had before them. Raises as `begin_dispatch` does, and
    DomainError (`overtaken`, `not-open`).
    """
    at = at or timezone.now()
    locked = _locked(dispatch, by, Permission.DISPATCH_DRAFT)
    _must_be(locked, DispatchState.DRAFT, DispatchState.RETURNED)
    _same_edition(locked, edition)
    locked.rulebook_version, _named = rule_of(locked.scheme, locked.rule)
    chosen = _write(locked, _Words(subject, text, tuple(cases), first, last), by, at)
    locked.edition += 1
    locked.drafted_by, locked.drafted_at = by, at
    locked.save()
    locked.cases.set(chosen)
    tell_of_dispatch(locked, DISPATCH_TO_SEND, by, at)
    return locked


@transaction.atomic
def send_dispatch(
    *, dispatch: Dispatch, edition: int, by: Person, at: datetime | None = None
) -> DispatchVersion:
    """Approve what another officer drafted, and send it: from now on its text is fixed.

    Writes the version with its digest, and from when its answer is due. Step `sent`. Raises
    ForbiddenError, DomainError (`same-officer`, `overtaken`, `not-open`).
    """
    at = at or timezone.now()
    locked = _locked(dispatch, by, Permission.DISPATCH_SEND)
    _must_be(locked, DispatchState.DRAFT, DispatchState.RETURNED)
    _same_edition(locked, edition)
    if locked.drafted_by_id == by.pk:
        raise DomainError(
            "same-officer",
            Text(
                zh="起草人不能自行签发：请由另一名签批人员签发。",
                en="Who drafted it does not send it: another signing officer does.",
            ),
        )
    locked.rulebook_version, named = rule_of(locked.scheme, locked.rule)
    text = canonical.dumps(_content(locked, at)).decode()
    version = DispatchVersion.objects.create(
        dispatch=locked,
        number=locked.versions.count() + 1,
        canonical=text,
        sha256=sha256(text.encode()).hexdigest(),
        drafted_by=locked.drafted_by,
        sent_by=by,
        at=at,
        due=last_day(named.answer_within, rules_of(locked.rulebook_version), at),
    )
    locked.state, locked.sent_at, locked.due = DispatchState.SENT, at, version.due
    locked.answered_at = None
    locked.save()
    part = authorities_handling(by, locked.scheme_id, OfficerRole.SIGNING)[0]
    _step(locked, DispatchStepKind.SENT, by, part.authority, at, version=version)
    tell_of_dispatch(locked, DISPATCH_SENT, by, at)
    return version


@transaction.atomic
def withdraw_dispatch(
    *, dispatch: Dispatch, reason: str, by: Person, at: datetime | None = None
) -> None:
    """Take back what nobody has answered, or give a draft up. Step `withdrawn`.

    Raises ForbiddenError, DomainError (`reason`, `not-open`).
    """
    at = at or timezone.now()
    locked = _locked(dispatch, by, Permission.DISPATCH_SEND)
    _must_be(
        locked,
        DispatchState.DRAFT,
        DispatchState.RETURNED,
        DispatchState.SENT,
        DispatchState.RECEIVED,
    )
    said = checked("text", reason, TEXT_MAX)
    locked.state, locked.due = DispatchState.WITHDRAWN, None
    locked.save(update_fields=["state", "due"])
    part = authorities_handling(by, locked.scheme_id, OfficerRole.SIGNING)[0]
    _step(locked, DispatchStepKind.WITHDRAWN, by, part.authority, at, text=said)
    if locked.sent_at is not None:
        tell_of_dispatch(locked, DISPATCH_WITHDRAWN, by, at)


def rule_of(scheme: Scheme, rule: str) -> tuple[RulebookVersion, DispatchRule]:
    """The scheme's newest rules, and what they say of that dispatch. Raises DomainError."""
    version = newest_versions([scheme.pk]).get(scheme.pk)
    for one in rules_of(version).dispatches if version is not None else ():
        if one.id == rule and version is not None:
            return version, one
    raise _unknown(rule)


@dataclass(frozen=True, slots=True)
class _Words:
    """What an officer gives for a draft."""

    subject: str
    text: str
    cases: tuple[Case, ...]
    first: date | None
    last: date | None


def _write(made: Dispatch, given: _Words, by: Person, at: datetime) -> list[int]:
    """Put the draft's words and figures into the row; ids of the cases that it is about."""
    made.subject = checked("subject", given.subject, SUBJECT_MAX)
    made.text = checked("text", given.text, TEXT_MAX)
    made.first, made.last, cases = given.first, given.last, given.cases
    seen = Case.objects.visible_to(by).filter(scheme=made.scheme)
    chosen = list(seen.filter(pk__in=[one.pk for one in cases]).values_list("pk", flat=True))
    if len(chosen) != len({one.pk for one in cases}) or len(chosen) > CASES_MAX:
        raise DomainError(
            "cases",
            Text(
                zh=f"请选择本试点方案内您可见的案件，不超过 {CASES_MAX} 件。",
                en=f"Choose cases of this scheme that you see, {CASES_MAX} at most.",
            ),
            "cases",
        )
    if made.kind == DispatchKind.PERIODIC:
        _must_not_be_barred(made.scheme, by)
        chosen = []
    made.figures = []
    if made.kind in {DispatchKind.PERIODIC, DispatchKind.SPECIAL}:
        days = _days(given.first, given.last, at)
        of = None if made.kind == DispatchKind.PERIODIC else chosen
        drawn = figures.draw(made.scheme, rules_of(made.rulebook_version).zone, days, at, of=of)
        made.figures = [one.line for one in drawn]
        if made.kind == DispatchKind.PERIODIC:
            chosen = sorted({case for one in drawn for case in one.cases})
    return chosen


def _days(first: date | None, last: date | None, at: datetime) -> tuple[date, date]:
    if first is None or last is None or first > last or last > timezone.localdate(at):
        raise DomainError(
            "days",
            Text(
                zh="请写明起止日期，止日不早于起日，也不晚于今天。",
                en="Name the first and the last day, in this order and not after today.",
            ),
            "last",
        )
    return first, last


def _must_not_be_barred(scheme: Scheme, by: Person) -> None:
    """Who may not know of a case cannot draw figures that count it."""
    denied = Case.objects.filter(scheme=scheme, access__person=by, access__effect=AccessEffect.DENY)
    if denied.exists():
        raise DomainError(
            "barred",
            Text(
                zh="您对本试点方案的个别案件须回避，涉及全部案件的报告请由其他人员起草。",
                en="You are barred from a case of this scheme: a report on all of them is for"
                " another officer to draft.",
            ),
        )


def _content(dispatch: Dispatch, at: datetime) -> dict[str, Any]:
    cases = dispatch.cases.order_by("reference").values_list("reference", flat=True)
    named = list(cases) if dispatch.kind != DispatchKind.PERIODIC else []
    return {
        "format": "shidian.dispatch/1",
        "reference": dispatch.reference,
        "scheme": dispatch.scheme.slug,
        "rule": dispatch.rule,
        "kind": str(dispatch.kind),
        "rules_digest": dispatch.rulebook_version.rules_digest,
        "subject": dispatch.subject,
        "text": dispatch.text,
        "first": str(dispatch.first or ""),
        "last": str(dispatch.last or ""),
        "figures": dispatch.figures,
        "cases": named,
        "at": at.isoformat(),
    }


def _locked(dispatch: Dispatch, by: Person, permission: Permission) -> Dispatch:
    locked = (
        Dispatch.objects.select_for_update(of=("self",))
        .select_related("scheme", "rulebook_version")
        .get(pk=dispatch.pk)
    )
    if not allows(by, permission, locked):
        raise ForbiddenError
    return locked


def _must_be(dispatch: Dispatch, *states: DispatchState) -> None:
    if dispatch.state not in states:
        raise DomainError(
            "not-open",
            Text(
                zh="该件的状态已变化，不能这样办理：请查看最新进展。",
                en="It has moved on meanwhile, and this can no longer be done: see how it stands.",
            ),
        )


def _same_edition(dispatch: Dispatch, edition: int) -> None:
    if dispatch.edition != edition:
        raise DomainError(
            "overtaken",
            Text(
                zh="页面打开后，已有其他人员保存了新的文本：请先查看。",
                en="Another officer saved a newer text after you opened the page: read it first.",
            ),
        )


def _step(
    dispatch: Dispatch,
    kind: DispatchStepKind,
    by: Person,
    authority: Authority,
    at: datetime,
    *,
    version: DispatchVersion | None = None,
    text: str = "",
) -> None:
    DispatchStep.objects.create(
        dispatch=dispatch,
        version=version or dispatch.versions.last(),
        kind=kind,
        at=at,
        by=by,
        authority=authority,
        text=text,
        legal_effect=LegalEffect.SERVICE.value,
    )


def _unknown(rule: str) -> DomainError:
    return DomainError(
        "no-such-dispatch",
        Text(
            zh=f"本试点方案的制度文本没有“{rule}”这一报送事项。",
            en=f"The rules of this scheme name no dispatch '{rule}'.",
        ),
    )
