"""Who is told of what happens to dispatches and risk tips, in their inbox and by mail.

Mail names the reference alone; what it is about stands behind the page, which checks access. Who
did something is not told of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.models import OfficerRole, Person
from shidian.apps.cases import outbox
from shidian.apps.cases.models import SchemeAuthority
from shidian.apps.cases.news_kinds import (
    DISPATCH,
    DISPATCH_SENT,
    DISPATCH_TO_SEND,
    DISPATCH_WITHDRAWN,
    TIP,
    TIP_LIFTED,
    TIP_SENT,
    TIP_TO_PUBLISH,
)
from shidian.apps.cases.news_subjects import Subject, register
from shidian.apps.cases.rules import DECIDING
from shidian.apps.national.models import Dispatch, RiskTip
from shidian.apps.national.querysets import OFFICES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

_WORKING = (OfficerRole.CASE, OfficerRole.SIGNING)


def tell_of_dispatch(dispatch: Dispatch, kind: str, by: Person, at: datetime) -> None:
    """Have the other side told, or, of a draft, those who may send it."""
    said = {"kind": kind, DISPATCH: dispatch.reference, "by": by.pk}
    outbox.put(f"mail.{DISPATCH}", said, at=at)


def tell_of_tip(tip: RiskTip, kind: str, by: Person, at: datetime) -> None:
    """Have the working groups told, or the officers of the authority that sent it."""
    outbox.put(f"mail.{TIP}", {"kind": kind, TIP: tip.reference, "by": by.pk}, at=at)


def _told_of_dispatch(payload: Mapping[str, Any]) -> Iterable[Person]:
    dispatch = Dispatch.objects.filter(reference=payload[DISPATCH]).first()
    if dispatch is None:
        return ()
    if payload["kind"] in (DISPATCH_SENT, DISPATCH_WITHDRAWN):
        return _officers([dispatch.receiver_id], OFFICES, payload)
    offices = (OfficerRole.SIGNING,) if payload["kind"] == DISPATCH_TO_SEND else _WORKING
    return _officers(_deciding([dispatch.scheme_id]), offices, payload)


def _told_of_tip(payload: Mapping[str, Any]) -> Iterable[Person]:
    tip = RiskTip.objects.filter(reference=payload[TIP]).first()
    if tip is None:
        return ()
    if payload["kind"] in (TIP_SENT, TIP_LIFTED):
        schemes = list(tip.addressees.values_list("scheme", flat=True))
        return _officers(_deciding(schemes), _WORKING, payload)
    own = _officers([tip.authority_id], (OfficerRole.NATIONAL,), payload)
    if payload["kind"] == TIP_TO_PUBLISH:
        return [one for one in own if one.pk != tip.sent_by_id]
    return own


def _deciding(schemes: Collection[int]) -> list[int]:
    """Authorities that decide in these schemes."""
    parts = SchemeAuthority.objects.filter(scheme__in=schemes, role__in=DECIDING)
    return list(parts.values_list("authority", flat=True))


def _officers(
    authorities: Collection[int], offices: Collection[str], payload: Mapping[str, Any]
) -> list[Person]:
    """Who holds such an office there today, but for the one who acted."""
    today = timezone.localdate()
    holding = Person.objects.filter(
        Q(officer_of__ends__isnull=True) | Q(officer_of__ends__gte=today),
        officer_of__starts__lte=today,
        officer_of__authority__in=authorities,
        officer_of__role__in=offices,
        is_active=True,
    )
    return list(holding.exclude(pk=payload["by"]).distinct().order_by("pk"))


register(
    Subject(
        DISPATCH,
        people=_told_of_dispatch,
        visible=Dispatch.objects.visible_to,
        words=_("Dispatch %(reference)s"),
        route="national:dispatch",
    )
)
register(
    Subject(
        TIP,
        people=_told_of_tip,
        visible=RiskTip.objects.visible_to,
        words=_("Risk tip %(reference)s"),
        route="national:tip",
    )
)
