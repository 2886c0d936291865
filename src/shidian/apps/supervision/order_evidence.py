"""Whether each issued order had the approvals that the rulebook demands, from the evidence alone.

The audit of the record asks. Nothing here trusts what the verbs did: texts are hashed again,
passkeys' signatures are checked again, officers are counted again.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from shidian.apps.record.audit import Finding, Problem, audited
from shidian.apps.supervision.models import Order, OrderChallenge
from shidian.core.procedure.orders import KINDS, approval_challenge, officers_needed
from shidian_kit.wire.digest import sha256_tag
from shidian_kit.wire.order import OrderError, parse_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.apps.supervision.models import OrderApproval


@audited
def unproven_orders() -> Iterator[Finding]:
    """What is missing of each order that was issued."""
    issued = Order.objects.exclude(issued_at=None).select_related("pilot__case")
    for order in issued.prefetch_related("approvals__officer").order_by("pk").iterator(200):
        for lack in lacks_of(order):
            yield Finding(Problem.UNPROVEN, f"order {order.public_id}", lack)


def lacks_of(order: Order) -> Iterator[str]:
    """What an issued order lacks, in words; nothing where its evidence carries it."""
    yield from _text_lacks(order)
    proven = set()
    for approval in order.approvals.all():
        lack = lack_of(approval, order)
        if lack:
            yield f"approval of {approval.at.isoformat()} by {approval.officer}: {lack}"
        elif order.issued_at is not None and approval.at <= order.issued_at:
            proven.add(approval.officer_id)
    rules = order.pilot.case.rulebook.orders
    kind = next((kind for kind in KINDS if kind == order.kind), None)
    demanded = officers_needed(rules, kind) if rules and kind else 2
    needed = max(demanded, order.required_approvals)
    if len(proven) < needed:
        yield f"{len(proven)} of {needed} officers are proven to have approved it by then"


def _text_lacks(order: Order) -> Iterator[str]:
    if sha256_tag(order.canonical.encode()) != order.digest:
        yield "its text does not give its digest"
    try:
        said = parse_order(order.canonical.encode())
    except OrderError as error:
        yield f"its text is no order: {error}"
        return
    told = said.id, said.project, said.kind.value, dict(said.plan)
    if told != (order.public_id, order.pilot.public_id, order.kind, order.plan):
        yield "its text says another order, pilot, kind or plan than its row"
    follows = order.follows.public_id if order.follows else None
    if said.follows != follows:
        yield f"its text follows {said.follows}, its row {follows}"


def lack_of(approval: OrderApproval, order: Order) -> str:
    """What an approval lacks to be one of this very order; empty where it is proven."""
    try:
        challenge = approval_challenge(order.canonical.encode(), bytes.fromhex(approval.nonce))
    except ValueError:
        return "its nonce is not one"
    if approval.digest != order.digest or approval.challenge != f"sha256:{challenge.hex()}":
        return "it is bound to another text"
    asked = OrderChallenge.objects.filter(
        order=order, officer=approval.officer_id, nonce=approval.nonce, used_at__isnull=False
    )
    if not asked.exists():
        return "nobody was asked for it"
    if approval.method == "webauthn":
        return _passkey_lack(approval.evidence, challenge)
    return _code_lack(approval)


def _passkey_lack(evidence: Mapping[str, str], challenge: bytes) -> str:
    """Whether the passkey's signature is over this challenge, checked again."""
    # late: only an audit pays for loading them
    from fido2 import cbor
    from fido2.cose import CoseKey
    from fido2.utils import websafe_decode, websafe_encode
    from fido2.webauthn import AuthenticatorData

    try:
        client = websafe_decode(evidence["client_data"])
        said = json.loads(client)
        data = AuthenticatorData(websafe_decode(evidence["authenticator_data"]))
        key = CoseKey.parse(
            cast("dict[int, Any]", cbor.decode(websafe_decode(evidence["public_key"])))
        )
        if said["type"] != "webauthn.get" or said["challenge"] != websafe_encode(challenge):
            return "the passkey signed something else"
        if not data.is_user_present():
            return "the passkey was not touched"
        key.verify(bytes(data) + sha256(client).digest(), websafe_decode(evidence["signature"]))
    except Exception as error:  # noqa: BLE001 - whatever a forged signature raises, it proves nothing
        return f"the passkey's signature does not hold: {type(error).__name__}"
    return ""


def _code_lack(approval: OrderApproval) -> str:
    """A code leaves a note: which period of which app it was of, for this challenge alone."""
    evidence = approval.evidence
    counter, app = evidence.get("counter"), evidence.get("authenticator")
    if approval.method != "totp" or not isinstance(counter, int):
        return f"no evidence of a second factor ({approval.method})"
    if approval.factor_use != f"totp:{app}:{counter}":
        return "the note of the code is of another use"
    return ""
