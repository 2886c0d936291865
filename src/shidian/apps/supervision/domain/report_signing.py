"""Signing a report for the institution: a fixed text, one fresh proof, then it is filed.

The text is drawn from the draft and held against telemetry just before: a figure that has moved
since the draft was drawn is drawn anew first, and a line that the institution states otherwise
needs its reason. What was signed never changes; a revised report is another version.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.domain.proving import (
    NotProvenError,
    factors_of,
    prove_by_code,
    prove_by_passkey,
)
from shidian.apps.cases.domain.reporting import record_report
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.orders.approving import (
    ATTEMPTS_MAX,
    ATTEMPTS_WITHIN,
    CHALLENGE_LIVES,
    CodeAnswer,
)
from shidian.apps.supervision.domain.report_drafts import locked_draft
from shidian.apps.supervision.domain.report_judging import changed_lines, differing_lines
from shidian.apps.supervision.domain.report_parts import (
    drawn_for,
    duty_of,
    mail,
    move,
    require,
    step,
)
from shidian.apps.supervision.domain.report_text import text_of_report
from shidian.apps.supervision.models import (
    OrderApproval,
    PlanApproval,
    PlanSignature,
    ReportChallenge,
    ReportKind,
    ReportState,
    ReportStepKind,
    ReportVersion,
)
from shidian.apps.supervision.report_words import line_title
from shidian.core.procedure.orders import NONCE_BYTES, REPORT_DOMAIN, approval_challenge
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.domain.proving import Proof
    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.domain.orders.approving import Answer
    from shidian.apps.supervision.models import Report
    from shidian.core.rulebook.model import ReportDuty

SESSION = "session"
"""How a signer signs who has no second factor: the firm's people need not have one."""


class FiguresMovedError(SupervisionError):
    """Telemetry says other figures than the draft was drawn with; `changes` names them."""

    def __init__(self, changes: list[dict[str, Any]]) -> None:
        super().__init__(
            _("Telemetry has changed since the figures were drawn: draw them anew first.")
        )
        self.changes = changes


def in_the_way(report: Report, duty: ReportDuty) -> list[str]:
    """What a draft still lacks before it can be signed, in words."""
    draft = report.draft
    lacks = [
        _("Write on: %(heading)s") % {"heading": heading}
        for heading, text in zip(map(localized, duty.contents), draft["texts"], strict=False)
        if not text
    ]
    if report.kind in (ReportKind.PERIODIC, ReportKind.FINAL) and draft["drawn_at"] is None:
        lacks.append(_("Draw the figures from telemetry."))
    lacks += [
        _("Say why you state another figure than telemetry: %(what)s") % {"what": line_title(line)}
        for line in differing_lines(draft["lines"])
        if not line["why"]
    ]
    return lacks


def begin_report_signature(
    *, report: Report, by: Person, at: datetime | None = None
) -> ReportChallenge:
    """Put the report before a signer: its text with a fresh nonce, for one attempt.

    Raises ForbiddenError; SupervisionError where something is in the way; FiguresMovedError.
    """
    require(by, Permission.REPORT_SIGN, report.pilot)
    duty = duty_of(report)
    if lacks := in_the_way(report, duty):
        raise SupervisionError(_("It cannot be signed yet.") + " " + " · ".join(lacks))
    if report.draft["lines"]:
        drawn = drawn_for(report.pilot, duty, (report.first, report.last))
        if changes := changed_lines(report.draft["lines"], drawn.lines):
            raise FiguresMovedError(changes)
    with transaction.atomic():
        found = locked_draft(report, report.draft_seq, by, Permission.REPORT_SIGN)
        return ReportChallenge.objects.create(
            report=found,
            person=by,
            draft_seq=found.draft_seq,
            nonce=secrets.token_hex(NONCE_BYTES),
            canonical=text_of_report(found, duty, version=found.versions.count() + 1, signer=by),
            made_at=at or timezone.now(),
        )


def report_challenge_bytes(challenge: ReportChallenge) -> bytes:
    """What a passkey is asked to sign."""
    nonce = bytes.fromhex(challenge.nonce)
    return approval_challenge(challenge.canonical.encode(), nonce, REPORT_DOMAIN)


def sign_report(
    *, challenge: ReportChallenge, answer: Answer | None, by: Person, at: datetime | None = None
) -> ReportVersion:
    """Sign and file the report.

    1. The challenge is used up, whatever the answer: it serves one attempt.
    2. The second factor is checked against it; `answer` None: the signer has none.
    3. Under the lock it is asked again whether the person may sign, and whether the draft is still
       the one whose text was shown. The version is written with its proof.
    4. The case gets its event `report.filed` with the digest, where its stage takes reports,
       and the event tells officers; elsewhere they are told by mail.

    Raises ForbiddenError, NotProvenError, SupervisionError, DraftOvertakenError.
    """
    moment = at or timezone.now()
    if answer is None and factors_of(by):
        raise NotProvenError(_("Confirm with your second factor."))
    _use_up(challenge, by, moment)
    proof = _proof(challenge, answer, by)
    with transaction.atomic():
        found = locked_draft(challenge.report, challenge.draft_seq, by, Permission.REPORT_SIGN)
        digest = sha256_tag(challenge.canonical.encode())
        version = ReportVersion(
            report=found,
            number=found.versions.count() + 1,
            canonical=challenge.canonical,
            digest=digest,
            signer=by,
            at=moment,
            nonce=challenge.nonce,
            challenge=f"sha256:{report_challenge_bytes(challenge).hex()}",
            method=proof.method if proof else SESSION,
            factor_use=proof.use if proof else f"{SESSION}:{challenge.nonce}",
            evidence=dict(proof.evidence) if proof else {},
        )
        _insert(version)
        move(found, ReportState.FILED, None)
        step(found, ReportStepKind.FILED, moment, by=by, version=version)
        told = record_report(
            case=found.pilot.case,
            report=found.duty,
            sha256=digest.removeprefix("sha256:"),
            by=by,
            at=moment,
        )
        if told is None:
            mail(found, "officer", moment)
    return version


@transaction.atomic
def _use_up(challenge: ReportChallenge, by: Person, moment: datetime) -> None:
    """One attempt per challenge, and few attempts at a time: codes are short."""
    recent = ReportChallenge.objects.filter(person=by, used_at__gt=moment - ATTEMPTS_WITHIN)
    if recent.count() >= ATTEMPTS_MAX:
        raise SupervisionError(_("Too many attempts. Wait five minutes."))
    used = ReportChallenge.objects.filter(pk=challenge.pk, person=by, used_at=None)
    if not used.update(used_at=moment) or moment - challenge.made_at > CHALLENGE_LIVES:
        raise SupervisionError(_("This page is too old, or was used already. Look again."))


def _proof(challenge: ReportChallenge, answer: Answer | None, by: Person) -> Proof | None:
    if answer is None:
        return None
    if isinstance(answer, CodeAnswer):
        return prove_by_code(by, answer.code)
    return prove_by_passkey(by, report_challenge_bytes(challenge), answer.credential)


def _insert(version: ReportVersion) -> None:
    """A code that served something else serves nothing more."""
    refused = NotProvenError(
        _("This code was used already. Wait for the next one, half a minute at most.")
    )
    others = (OrderApproval, PlanApproval, PlanSignature)
    if any(one.objects.filter(factor_use=version.factor_use).exists() for one in others):
        raise refused
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except IntegrityError:
        raise refused from None
