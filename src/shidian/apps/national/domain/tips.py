"""Risk tips: sent to working groups, read by officers, answered for a scheme, lifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import outbox
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.news_kinds import (
    TIP_ANSWERED,
    TIP_KEPT_BACK,
    TIP_LIFTED,
    TIP_PUBLISHED,
    TIP_SENT,
    TIP_TO_PUBLISH,
)
from shidian.apps.national.bodies import RISK_TIP, parts_with
from shidian.apps.national.domain.checks import SUBJECT_MAX, TEXT_MAX, checked
from shidian.apps.national.models import RiskTip, TipAddressee, TipStep, TipStepKind
from shidian.apps.national.querysets import deciding_parts
from shidian.apps.national.telling import tell_of_tip
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from shidian.apps.accounts.models import Authority, Person
    from shidian.apps.cases.models import Scheme, SchemeAuthority


@transaction.atomic
def send_tip(
    *,
    authority: Authority,
    schemes: Iterable[Scheme],
    subject: str,
    text: str,
    by: Person,
    subject_en: str = "",
    text_en: str = "",
    published: bool = False,
    answer_by: date | None = None,
    at: datetime | None = None,
) -> RiskTip:
    """Point a risk out to the working groups of these schemes. Binds nobody.

    They have it at once. Where it is to be `published`, another officer of the authority has to
    publish it. Step `sent`. Raises ForbiddenError where no rules let `by` send tips for the
    authority, DomainError (`subject`, `text`, `schemes`, `answer_by`).
    """
    at = at or timezone.now()
    may = {one.scheme_id for one in parts_with(by, RISK_TIP) if one.authority_id == authority.pk}
    if not may:
        raise ForbiddenError
    chosen = {one.pk: one for one in schemes}
    if not chosen or not set(chosen) <= may:
        raise DomainError(
            "schemes",
            Text(
                zh="请选择其制度文本赋予贵单位提示风险职权的试点方案。",
                en="Choose schemes whose rules let your authority point out risks.",
            ),
            "schemes",
        )
    if answer_by is not None and answer_by < timezone.localdate(at):
        raise DomainError(
            "answer_by",
            Text(zh="答复期限不得早于今天。", en="The day to answer by cannot be past."),
            "answer_by",
        )
    type(authority).objects.select_for_update().get(pk=authority.pk)
    year = timezone.localdate(at).year
    made = RiskTip.objects.create(
        authority=authority,
        reference=f"R-{year}-{RiskTip.objects.filter(sent_at__year=year).count() + 1:04}",
        subject=checked("subject", subject, SUBJECT_MAX),
        text=checked("text", text, TEXT_MAX),
        subject_en=" ".join(subject_en.split())[:SUBJECT_MAX],
        text_en=text_en.strip()[:TEXT_MAX],
        published=published,
        answer_by=answer_by,
        sent_by=by,
        sent_at=at,
    )
    TipAddressee.objects.bulk_create(TipAddressee(tip=made, scheme=one) for one in chosen.values())
    _step(made, TipStepKind.SENT, by, authority, at)
    tell_of_tip(made, TIP_SENT, by, at)
    if published:
        tell_of_tip(made, TIP_TO_PUBLISH, by, at)
    return made


@transaction.atomic
def publish_tip(*, tip: RiskTip, by: Person, at: datetime | None = None) -> None:
    """Put on the public site what another officer of the authority sent, word for word.

    Step `published`, outbox `snapshot.tip`. Raises ForbiddenError, DomainError (`same-officer`,
    `decided`, `lifted`).
    """
    at = at or timezone.now()
    locked = _locked(tip)
    if not allows(by, Permission.TIP_PUBLISH, locked):
        raise ForbiddenError
    _must_stand(locked)
    _must_wait(locked)
    if locked.sent_by_id == by.pk:
        raise DomainError(
            "same-officer",
            Text(
                zh="发出人不能自行公开：请由贵单位另一名人员公开。",
                en="Who sent it does not publish it: another officer of your authority does.",
            ),
        )
    _step(locked, TipStepKind.PUBLISHED, by, locked.authority, at)
    tell_of_tip(locked, TIP_PUBLISHED, by, at)
    _renew_page(locked, at)


@transaction.atomic
def keep_tip_back(*, tip: RiskTip, reason: str, by: Person, at: datetime | None = None) -> None:
    """Say that it is not published, and why. The working groups keep it. Step `kept-back`.

    Raises ForbiddenError, DomainError (`text`, `decided`, `lifted`).
    """
    at = at or timezone.now()
    locked = _locked(tip)
    if not allows(by, Permission.TIP_PUBLISH, locked):
        raise ForbiddenError
    _must_stand(locked)
    _must_wait(locked)
    said = checked("text", reason, TEXT_MAX)
    _step(locked, TipStepKind.KEPT_BACK, by, locked.authority, at, text=said)
    tell_of_tip(locked, TIP_KEPT_BACK, by, at)


@transaction.atomic
def read_tip(*, tip: RiskTip, by: Person, at: datetime | None = None) -> int:
    """Confirm that one has read it, for each of one's working groups; how many did so now.

    Step `read`, once for each person and scheme. Raises ForbiddenError.
    """
    at = at or timezone.now()
    locked = _locked(tip)
    parts = _parts(locked, by)
    known = set(locked.steps.filter(kind=TipStepKind.READ, by=by).values_list("scheme", flat=True))
    new = [one for one in parts if one.scheme_id not in known]
    for part in new:
        _step(locked, TipStepKind.READ, by, part.authority, at, scheme=part.scheme)
    return len(new)


@transaction.atomic
def answer_tip(
    *, tip: RiskTip, scheme: Scheme, text: str, by: Person, at: datetime | None = None
) -> None:
    """Say for a scheme's working group what it found and did; it may be added to later.

    Steps `answered`, and `read` where they had not read it. Raises ForbiddenError, DomainError
    (`text`, `lifted`).
    """
    at = at or timezone.now()
    locked = _locked(tip)
    parts = [one for one in _parts(locked, by) if one.scheme_id == scheme.pk]
    if not parts:
        raise ForbiddenError
    _must_stand(locked)
    said = checked("text", text, TEXT_MAX)
    read_tip(tip=locked, by=by, at=at)
    TipAddressee.objects.filter(tip=locked, scheme=scheme, answered_at__isnull=True).update(
        answered_at=at
    )
    _step(locked, TipStepKind.ANSWERED, by, parts[0].authority, at, scheme=scheme, text=said)
    tell_of_tip(locked, TIP_ANSWERED, by, at)


@transaction.atomic
def lift_tip(*, tip: RiskTip, reason: str, by: Person, at: datetime | None = None) -> None:
    """Say that the risk is over: nobody has to answer any more. Step `lifted`.

    Raises ForbiddenError, DomainError (`text`, `lifted`).
    """
    at = at or timezone.now()
    locked = _locked(tip)
    if not allows(by, Permission.TIP_LIFT, locked):
        raise ForbiddenError
    _must_stand(locked)
    said = checked("text", reason, TEXT_MAX)
    locked.lifted_at = at
    locked.save(update_fields=["lifted_at"])
    _step(locked, TipStepKind.LIFTED, by, locked.authority, at, text=said)
    tell_of_tip(locked, TIP_LIFTED, by, at)
    _renew_page(locked, at)


def _renew_page(tip: RiskTip, at: datetime) -> None:
    """Have the public page say what the tip says now, where there is one."""
    if tip.is_public:
        outbox.put("snapshot.tip", {"tip": tip.reference}, at=at)


def _locked(tip: RiskTip) -> RiskTip:
    return RiskTip.objects.select_for_update().get(pk=tip.pk)


def _parts(tip: RiskTip, by: Person) -> list[SchemeAuthority]:
    """One part of `by` for each addressed scheme whose working group they belong to."""
    if not allows(by, Permission.TIP_ANSWER, tip):
        raise ForbiddenError
    found = deciding_parts(by).filter(scheme__tips_received__tip=tip)
    rows = found.select_related("scheme", "authority").order_by("pk")
    return list({one.scheme_id: one for one in reversed(rows)}.values())


def _must_wait(tip: RiskTip) -> None:
    if not tip.waits:
        raise DomainError(
            "decided",
            Text(
                zh="该风险提示不需要公开，或已就是否公开作出处理。",
                en="Whether it is published is decided, or was never asked.",
            ),
        )


def _must_stand(tip: RiskTip) -> None:
    if tip.lifted_at is not None:
        raise DomainError(
            "lifted", Text(zh="该风险提示已解除。", en="This risk tip has been lifted meanwhile.")
        )


def _step(
    tip: RiskTip,
    kind: TipStepKind,
    by: Person,
    authority: Authority,
    at: datetime,
    *,
    scheme: Scheme | None = None,
    text: str = "",
) -> None:
    TipStep.objects.create(
        tip=tip, scheme=scheme, kind=kind, at=at, by=by, authority=authority, text=text
    )
