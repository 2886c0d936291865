"""Approving an order: each officer once, each with a second factor used for this very order."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.domain.proving import (
    NotProvenError,
    prove_by_code,
    prove_by_passkey,
)
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.outbox import put
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.issuing import issue
from shidian.apps.supervision.domain.orders.standing import newest_issued, require_consistent
from shidian.apps.supervision.domain.orders.text import digest_of, text_of
from shidian.apps.supervision.models import (
    IN_FORCE,
    Order,
    OrderApproval,
    OrderChallenge,
    OrderState,
    Pilot,
)
from shidian.core.procedure.orders import NONCE_BYTES, approval_challenge

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.domain.proving import Proof
    from shidian.apps.accounts.models import Person

CHALLENGE_LIVES = timedelta(minutes=10)
ATTEMPTS_MAX = 10
ATTEMPTS_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """A code from the officer's authenticator app, entered for this approval."""

    code: str


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """What the officer's passkey answered to this approval's challenge, as the browser gave it."""

    credential: object


Answer = CodeAnswer | PasskeyAnswer


@transaction.atomic
def begin_approval(*, order: Order, by: Person, at: datetime | None = None) -> OrderChallenge:
    """Put an order before an officer: its canonical text with a fresh nonce, for one attempt.

    The text of an order that nobody has approved yet bears this moment as its time; the first
    approval fixes it. Raises ForbiddenError, or SupervisionError: nothing to approve, approved
    already by this officer, or it contradicts what stands now.
    """
    moment = at or timezone.now()
    found = _locked(order)
    _require_approvable(found, by)
    follows = found.follows if found.digest else newest_issued(found.pilot)
    text = found.canonical or text_of(found, follows=follows, issued_at=moment)
    return OrderChallenge.objects.create(
        order=found,
        officer=by,
        nonce=secrets.token_hex(NONCE_BYTES),
        follows=follows,
        canonical=text,
        made_at=moment,
    )


def challenge_bytes(challenge: OrderChallenge) -> bytes:
    """What a passkey is asked to sign."""
    return approval_challenge(challenge.canonical.encode(), bytes.fromhex(challenge.nonce))


def approve_order(
    *, challenge: OrderChallenge, answer: Answer, by: Person, at: datetime | None = None
) -> Order:
    """Approve a proposed order; issues it where with this one it has as many officers as it takes.

    1. The challenge is used up, whatever the answer: it serves one attempt.
    2. The second factor is checked against it.
    3. Under the lock it is asked again whether the officer may, and whether the order still fits
       what stands; the first approval fixes the text.
    4. The approval is written with its evidence; at the last one the order is issued.

    Raises ForbiddenError; NotProvenError: the factor did not answer as it should; SupervisionError:
    the challenge is used or too old, the order has changed meanwhile or contradicts what stands.
    """
    return _approve(challenge, answer, by, at, countersigning=False)


def countersign_order(
    *, challenge: OrderChallenge, answer: Answer, by: Person, at: datetime | None = None
) -> Order:
    """Approve, as a second officer, an order that one officer issued: it does not lapse any more.

    As `approve_order`, of an order that is in force and would lapse.
    """
    return _approve(challenge, answer, by, at, countersigning=True)


def _approve(
    challenge: OrderChallenge,
    answer: Answer,
    by: Person,
    at: datetime | None,
    *,
    countersigning: bool,
) -> Order:
    moment = at or timezone.now()
    _use_up(challenge, by, moment)
    proof = _proof(challenge, answer, by)
    with transaction.atomic():
        order = _locked(challenge.order)
        _require_approvable(order, by)
        if countersigning != (order.state != OrderState.PROPOSED):
            raise SupervisionError(_("The order has moved on meanwhile. Reload the page."))
        _fix_text(order, challenge)
        _write(order, challenge, proof, by, moment)
        if order.state == OrderState.PROPOSED and _is_approved(order):
            issue(order, by=by, at=moment)
        elif countersigning:
            for office in ("officer", "signing-officer"):
                put(f"mail.{office}", {"order": order.public_id}, case=order.pilot.case, at=moment)
    return order


@transaction.atomic
def _use_up(challenge: OrderChallenge, by: Person, moment: datetime) -> None:
    """One attempt per challenge, and few attempts at a time: codes are short."""
    recent = OrderChallenge.objects.filter(officer=by, used_at__gt=moment - ATTEMPTS_WITHIN)
    if recent.exclude(order__approvals__officer=by).count() >= ATTEMPTS_MAX:
        raise SupervisionError(_("Too many attempts. Wait five minutes."))
    used = OrderChallenge.objects.filter(pk=challenge.pk, officer=by, used_at=None)
    if not used.update(used_at=moment) or moment - challenge.made_at > CHALLENGE_LIVES:
        raise SupervisionError(_("This page is too old, or was used already. Look again."))


def _proof(challenge: OrderChallenge, answer: Answer, by: Person) -> Proof:
    if isinstance(answer, CodeAnswer):
        return prove_by_code(by, answer.code)
    return prove_by_passkey(by, challenge_bytes(challenge), answer.credential)


def _locked(order: Order) -> Order:
    """The order with its pilot, both locked: the pilot first, as every verb does."""
    pilot = Pilot.objects.select_for_update(of=("self",)).select_related("case")
    held = pilot.get(pk=order.pilot_id)
    found = Order.objects.select_for_update(of=("self",)).get(pk=order.pk)
    found.pilot = held
    return found


def _require_approvable(order: Order, by: Person) -> None:
    if not allows(by, Permission.ORDER_APPROVE, order.pilot.case):
        raise ForbiddenError
    if order.approvals.filter(officer=by).exists():
        raise SupervisionError(
            _("You have approved this order. It takes another officer, not the same one twice.")
        )
    if order.state == OrderState.PROPOSED:
        require_consistent(order.pilot, order.kind, but=order)
        return
    if order.state not in IN_FORCE or not order.lapses or order.approvals.count() > 1:
        raise SupervisionError(_("There is nothing to approve about this order any more."))


def _fix_text(order: Order, challenge: OrderChallenge) -> None:
    """The first approval fixes the text; every later one is of that same text."""
    if order.digest:
        if order.canonical != challenge.canonical:
            raise SupervisionError(
                _("Another officer approved the order meanwhile, and fixed its time. Look again.")
            )
        return
    order.follows = challenge.follows
    order.canonical = challenge.canonical
    order.digest = digest_of(challenge.canonical)
    order.save(update_fields=["follows", "canonical", "digest"])


def _write(
    order: Order, challenge: OrderChallenge, proof: Proof, by: Person, moment: datetime
) -> None:
    try:
        with transaction.atomic():
            OrderApproval.objects.create(
                order=order,
                officer=by,
                at=moment,
                digest=order.digest,
                nonce=challenge.nonce,
                challenge=f"sha256:{challenge_bytes(challenge).hex()}",
                method=proof.method,
                factor_use=proof.use,
                evidence=dict(proof.evidence),
            )
    except IntegrityError:
        raise NotProvenError(
            _("This code was used already. Wait for the next one, half a minute at most.")
        ) from None


def _is_approved(order: Order) -> bool:
    approvals = order.approvals.filter(digest=order.digest)
    return approvals.values("officer").distinct().count() >= order.required_approvals
