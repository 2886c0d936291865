"""Proposals of orders, by an officer or by an alert, and what ends them before they are issued."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import SchemeAuthority
from shidian.apps.cases.outbox import put
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.supervision.domain.automatic import by_rule
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.standing import (
    repeats_lapsed,
    require_consistent,
    restriction_to_lift,
)
from shidian.apps.supervision.domain.plans import restriction
from shidian.apps.supervision.models import Order, OrderKind, OrderState, Pilot, PilotState
from shidian.core.procedure.orders import lapses, officers_needed
from shidian.core.rulebook.model import AuthorityRole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import AlertEpisode
    from shidian.core.monitor.items import Item
    from shidian.core.rulebook.model import AlertRule, Limit
    from shidian.core.rulebook.model import OrderKind as KindWord

REASON_MAX_CHARS = 2_000
BASIS_MAX_CHARS = 1_000
_NUMBER_TRIES = 5
PROPOSES = "propose order."
"""How `on_breach` begins where a breach proposes an order; the kind follows."""


@transaction.atomic
def propose_order(
    *,
    pilot: Pilot,
    kind: str,
    reason: str,
    basis: str,
    by: Person,
    reason_en: str = "",
    plan: Mapping[str, str] | None = None,
    episode: AlertEpisode | None = None,
    at: datetime | None = None,
) -> Order:
    """Propose an order. It binds nobody until as many officers as it takes have approved it.

    1. What stands against it is looked for: a kind that the rulebook lacks, a state of the pilot or
       an open proposal that it contradicts.
    2. How many officers it takes is fixed from the rulebook, and whether it lapses.
    3. The other officers of the deciding authorities are told by mail.

    `plan`: for a restriction the values as they shall be; none may be looser than what is agreed.
    `reason` is in Chinese, `reason_en` its translation where there is one.
    Raises ForbiddenError, or SupervisionError with the field at fault or the contradiction.
    """
    moment = at or timezone.now()
    locked = Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)
    parts = authorities_handling(by, locked.case.scheme_id, OfficerRole.CASE, OfficerRole.SIGNING)
    if not allows(by, Permission.ORDER_PROPOSE, locked.case) or not parts:
        raise ForbiddenError
    if episode is not None and episode.pilot_id != locked.pk:
        raise SupervisionError(_("This alert is of another pilot."))
    if kind not in OrderKind.values:
        raise SupervisionError(_("Choose what the order shall do."), field="kind")
    _require_texts(reason, reason_en, basis)
    return _create(
        locked,
        kind,
        part=parts[0],
        texts=(reason.strip(), reason_en.strip() or reason.strip(), basis.strip()),
        plan=restriction(locked, plan or {}) if kind == OrderKind.RESTRICT else {},
        episode=episode.episode if episode else "",
        by=by,
        moment=moment,
    )


def propose_from_alert(
    *, item: Item, pilot: Pilot, rule: Limit | AlertRule | None, at: datetime
) -> Order | None:
    """The proposal that the rulebook attaches to a breach. Never an order: a person decides.

    None where the rule proposes none, where the episode has been answered by an order or a
    proposal already, or where such an order would contradict what stands. A restriction is
    proposed by people alone: which value is to be lowered, and to what, no rule says.
    """
    kind = _proposed_by(rule)
    if rule is None or kind is None or kind == OrderKind.RESTRICT:
        return None
    locked = Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)
    if Order.objects.filter(pilot=locked, episode=item.episode).exists():
        return None
    lead = SchemeAuthority.objects.filter(
        scheme=locked.case.scheme_id, role=AuthorityRole.LEAD.value
    ).first()
    if lead is None:
        return None
    words = item.explanation.get("words") or {}
    zh = f"监测告警“{rule.title.zh}”：{words.get('zh', '')}"[:REASON_MAX_CHARS]
    en = f"Alert “{rule.title.en}”: {words.get('en', '')}"[:REASON_MAX_CHARS]
    rulebook = loaded_rulebook(locked.case.rulebook_version_id)
    basis = f"{rulebook.rulebook.rulebook} {rulebook.rulebook.version} · {item.rule}"
    try:
        return _create(
            locked,
            kind,
            part=lead,
            texts=(zh, en, basis),
            plan={},
            episode=item.episode,
            by=None,
            moment=at,
            automatic=by_rule(item.rule, rulebook.digest),
        )
    except SupervisionError:
        return None


def _proposed_by(rule: Limit | AlertRule | None) -> str | None:
    if rule is None or not rule.on_breach.startswith(PROPOSES):
        return None
    return rule.on_breach.removeprefix(PROPOSES)


def _require_texts(reason: str, reason_en: str, basis: str) -> None:
    if not reason.strip():
        raise SupervisionError(_("Give the reason; the institution reads it."), field="reason")
    for name, text in (("reason", reason), ("reason_en", reason_en)):
        if len(text) > REASON_MAX_CHARS:
            raise SupervisionError(_("The reason is longer than 2,000 characters."), field=name)
    if not basis.strip():
        raise SupervisionError(
            _("Name the terms or the article on which the order rests."), field="basis"
        )
    if len(basis) > BASIS_MAX_CHARS:
        raise SupervisionError(_("The basis is longer than 1,000 characters."), field="basis")


def _create(
    pilot: Pilot,
    kind: str,
    *,
    part: SchemeAuthority,
    texts: tuple[str, str, str],
    plan: Mapping[str, str],
    episode: str,
    by: Person | None,
    moment: datetime,
    automatic: Mapping[str, str] | None = None,
) -> Order:
    rules = require_consistent(pilot, kind)
    word = cast("KindWord", kind)
    officers = officers_needed(rules, word, again=repeats_lapsed(pilot, kind))
    lifts = None
    if kind == OrderKind.RESUME and pilot.state == PilotState.RUNNING:
        lifts = restriction_to_lift(pilot)
    order = Order(
        pilot=pilot,
        kind=kind,
        plan=dict(plan),
        reason_zh=texts[0],
        reason_en=texts[1],
        basis=texts[2],
        authority=part.authority,
        authority_local_id=part.local_id,
        rules_digest=pilot.rules_digest,
        required_approvals=officers,
        lapses=lapses(word, officers),
        episode=episode,
        lifts=lifts,
        proposed_at=moment,
        proposed_by=by,
        automatic=dict(automatic or {}),
    )
    _save_numbered(order, moment.year)
    for office in ("officer", "signing-officer"):
        put(f"mail.{office}", {"order": order.public_id}, case=pilot.case, at=moment)
    return order


def _save_numbered(order: Order, year: int) -> None:
    """Give it the year's next number; proposals on other pilots may take one at the same time."""
    prefix = f"D-{year}-"
    for attempt in range(_NUMBER_TRIES):
        last = (
            Order.objects.filter(public_id__startswith=prefix)
            .order_by("-pk")
            .values_list("public_id", flat=True)
            .first()
        )
        order.public_id = f"{prefix}{int(last.removeprefix(prefix)) + 1 if last else 1:04d}"
        try:
            with transaction.atomic():
                order.save(force_insert=True)
        except IntegrityError:
            if attempt == _NUMBER_TRIES - 1:
                raise
        else:
            return


@transaction.atomic
def decline_order(*, order: Order, reason: str, by: Person, at: datetime | None = None) -> Order:
    """Refuse a proposal, with a reason; approvals that it has are kept and lead to nothing.

    Raises ForbiddenError, or SupervisionError: no reason, or no longer a proposal.
    """
    return _end(order, OrderState.DECLINED, reason, by, at)


@transaction.atomic
def withdraw_order(*, order: Order, reason: str, by: Person, at: datetime | None = None) -> Order:
    """Take one's own proposal back. Raises ForbiddenError, also to whom it is not theirs;

    SupervisionError as `decline_order`.
    """
    if order.proposed_by_id != by.pk:
        raise ForbiddenError
    return _end(order, OrderState.WITHDRAWN, reason, by, at)


def _end(order: Order, state: OrderState, reason: str, by: Person, at: datetime | None) -> Order:
    locked = Order.objects.select_for_update(of=("self",)).select_related("pilot__case")
    found = locked.get(pk=order.pk)
    if not allows(by, Permission.ORDER_PROPOSE, found.pilot.case):
        raise ForbiddenError
    if not reason.strip():
        raise SupervisionError(_("Give the reason."), field="reason")
    if len(reason) > REASON_MAX_CHARS:
        raise SupervisionError(_("The reason is longer than 2,000 characters."), field="reason")
    if found.state != OrderState.PROPOSED:
        raise SupervisionError(_("This order is no longer a proposal. Reload the page."))
    found.state = state
    found.ended_at = at or timezone.now()
    found.ended_by = by
    found.ended_because = reason.strip()
    found.save(update_fields=["state", "ended_at", "ended_by", "ended_because"])
    return found


def withdraw_for_episode(*, pilot: Pilot, episode: str, at: datetime) -> None:
    """An alert was withdrawn: what it proposed by itself, and nobody has approved, goes with it."""
    open_ones = Order.objects.filter(
        pilot=pilot,
        episode=episode,
        state=OrderState.PROPOSED,
        proposed_by=None,
        approvals=None,
    )
    for order in open_ones:
        order.state = OrderState.WITHDRAWN
        order.ended_at = at
        order.ended_because = "alert withdrawn"
        order.save(update_fields=["state", "ended_at", "ended_because"])
