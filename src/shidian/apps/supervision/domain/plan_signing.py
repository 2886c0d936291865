"""Approving a change of a plan, and signing it for the institution: one fresh proof for each."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.domain.proving import (
    NotProvenError,
    Proof,
    factors_of,
    prove_by_code,
    prove_by_passkey,
)
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.approving import (
    ATTEMPTS_MAX,
    ATTEMPTS_WITHIN,
    CHALLENGE_LIVES,
    CodeAnswer,
)
from shidian.apps.supervision.domain.plan_changes import (
    is_approved,
    locked_change,
    put_in_force_if_carried,
    require_current,
    require_open_way,
    tell,
)
from shidian.apps.supervision.domain.plan_text import text_of_version
from shidian.apps.supervision.models import (
    OrderApproval,
    PlanApproval,
    PlanChallenge,
    PlanChange,
    PlanSignature,
    PlanTightening,
    PlanVersion,
)
from shidian.core.procedure.orders import NONCE_BYTES, PLAN_DOMAIN, approval_challenge
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.domain.orders.approving import Answer
    from shidian.apps.supervision.models import Pilot

SESSION = "session"
"""How a signer signs who has no second factor: the firm's people need not have one."""


@transaction.atomic
def begin_plan_approval(
    *, change: PlanChange, by: Person, at: datetime | None = None
) -> PlanChallenge:
    """Put a change before an officer: its text with a fresh nonce, for one attempt.

    Raises ForbiddenError, or SupervisionError: nothing to approve, approved already by this
    officer, or it does not fit what stands now.
    """
    found = locked_change(change)
    _require_approvable(found, by)
    return new_challenge(by, found.canonical, at, change=found)


@transaction.atomic
def begin_plan_signature(
    *, of: PlanChange | PlanVersion, by: Person, at: datetime | None = None
) -> PlanChallenge:
    """Put a change, or a version that an officer tightened, before a signer of the institution.

    Raises ForbiddenError, or SupervisionError: nothing to sign.
    """
    if isinstance(of, PlanVersion):
        _require_signable_version(of, by)
        return new_challenge(by, text_of_version(of), at, version=of)
    found = locked_change(of)
    _require_signable(found, by)
    return new_challenge(by, found.canonical, at, change=found)


def plan_challenge_bytes(challenge: PlanChallenge) -> bytes:
    """What a passkey is asked to sign."""
    nonce = bytes.fromhex(challenge.nonce)
    return approval_challenge(challenge.canonical.encode(), nonce, PLAN_DOMAIN)


def approve_change(
    *, challenge: PlanChallenge, answer: Answer, by: Person, at: datetime | None = None
) -> PlanChange:
    """Approve a change. At the last officer the institution is told that it may sign.

    1. The challenge is used up, whatever the answer: it serves one attempt.
    2. The second factor is checked against it.
    3. Under the lock it is asked again whether the officer may, and whether the change still fits.
    4. The approval is written with its evidence.

    Raises ForbiddenError; NotProvenError: the factor did not answer as it should; SupervisionError:
    the challenge is used or too old, or the change no longer fits what stands.
    """
    moment = at or timezone.now()
    if challenge.change is None:
        raise SupervisionError(too_old())
    use_up(challenge, by, moment)
    proof = proof_of(challenge, answer, by)
    with transaction.atomic():
        change = locked_change(challenge.change)
        _require_approvable(change, by)
        keep_proof(PlanApproval(change=change, officer=by), challenge, proof, moment)
        if is_approved(change):
            tell(change, "applicant", at=moment)
    return change


def sign_plan(
    *, challenge: PlanChallenge, answer: Answer | None, by: Person, at: datetime | None = None
) -> PlanChange | None:
    """Sign for the institution; a change that its officers carry is in force with it.

    `answer`: None for a signer who has no second factor, and for nobody else. Returns the change,
    None for a version. Raises as `approve_change`.
    """
    moment = at or timezone.now()
    if answer is None and factors_of(by):
        raise NotProvenError(_("Confirm with your second factor."))
    use_up(challenge, by, moment)
    proof = proof_of(challenge, answer, by)
    with transaction.atomic():
        if challenge.change is None:
            _sign_version(challenge, proof, by, moment)
            return None
        change = locked_change(challenge.change)
        _require_signable(change, by)
        keep_proof(PlanSignature(change=change, signer=by), challenge, proof, moment)
        put_in_force_if_carried(change, by=by, at=moment)
    return change


def _sign_version(
    challenge: PlanChallenge, proof: Proof | None, by: Person, moment: datetime
) -> None:
    version = challenge.version
    if version is None:
        raise SupervisionError(too_old())
    _require_signable_version(version, by)
    keep_proof(PlanSignature(version=version, signer=by), challenge, proof, moment)


def _require_approvable(change: PlanChange, by: Person) -> None:
    if not allows(by, Permission.PLAN_APPROVE, change.pilot.case):
        raise ForbiddenError
    require_current(change)
    if change.approvals.filter(officer=by).exists():
        raise SupervisionError(
            _("You have approved this change. It takes another officer, not the same one twice.")
        )
    if is_approved(change):
        raise SupervisionError(_("It has its officers: it waits for the institution's signature."))
    require_open_way(change.pilot, change.values, but=change.pk)


def _require_signable(change: PlanChange, by: Person) -> None:
    if not allows(by, Permission.PLAN_SIGN, change.pilot.case):
        raise ForbiddenError
    require_current(change)
    if not is_approved(change):
        raise SupervisionError(_("The officers have not approved it yet."))


def _require_signable_version(version: PlanVersion, by: Person) -> None:
    if not allows(by, Permission.PLAN_SIGN, version.pilot.case):
        raise ForbiddenError
    if version.number == 1 or version.change_id is not None or version.signatures.exists():
        raise SupervisionError(_("This version is signed already."))


def new_challenge(
    by: Person,
    canonical: str,
    at: datetime | None,
    *,
    change: PlanChange | None = None,
    version: PlanVersion | None = None,
    pilot: Pilot | None = None,
) -> PlanChallenge:
    """A text put before a person with a fresh nonce; of one of the three."""
    return PlanChallenge.objects.create(
        change=change,
        version=version,
        pilot=pilot,
        person=by,
        nonce=secrets.token_hex(NONCE_BYTES),
        canonical=canonical,
        made_at=at or timezone.now(),
    )


@transaction.atomic
def use_up(challenge: PlanChallenge, by: Person, moment: datetime) -> None:
    """One attempt per challenge, and few attempts at a time: codes are short."""
    recent = PlanChallenge.objects.filter(person=by, used_at__gt=moment - ATTEMPTS_WITHIN)
    if recent.count() >= ATTEMPTS_MAX:
        raise SupervisionError(_("Too many attempts. Wait five minutes."))
    used = PlanChallenge.objects.filter(pk=challenge.pk, person=by, used_at=None)
    if not used.update(used_at=moment) or moment - challenge.made_at > CHALLENGE_LIVES:
        raise SupervisionError(too_old())


def proof_of(challenge: PlanChallenge, answer: Answer | None, by: Person) -> Proof | None:
    """What the answer proves; None where there is none. Raises NotProvenError."""
    if answer is None:
        return None
    if isinstance(answer, CodeAnswer):
        return prove_by_code(by, answer.code)
    return prove_by_passkey(by, plan_challenge_bytes(challenge), answer.credential)


def keep_proof(
    row: PlanApproval | PlanSignature | PlanTightening,
    challenge: PlanChallenge,
    proof: Proof | None,
    moment: datetime,
) -> None:
    """Write what was proven. A code that served an order serves nothing else."""
    evidence: dict[str, Any] = dict(proof.evidence) if proof else {}
    row.at = moment
    row.digest = sha256_tag(challenge.canonical.encode())
    row.nonce = challenge.nonce
    row.challenge = f"sha256:{plan_challenge_bytes(challenge).hex()}"
    row.method = proof.method if proof else SESSION
    row.factor_use = proof.use if proof else f"{SESSION}:{challenge.nonce}"
    row.evidence = evidence
    used = (OrderApproval, PlanApproval, PlanSignature, PlanTightening)
    if any(one.objects.filter(factor_use=row.factor_use).exists() for one in used):
        raise _used_code()
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise _used_code() from None


def _used_code() -> NotProvenError:
    return NotProvenError(
        _("This code was used already. Wait for the next one, half a minute at most.")
    )


def too_old() -> str:
    """What is said of a challenge that serves no more."""
    return _("This page is too old, or was used already. Look again.")
