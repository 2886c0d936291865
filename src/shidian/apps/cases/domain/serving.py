"""A letter's stamped paper is held against its text; it is served, and its receipt is kept.

As in `letters.py`. Offline: the released version is printed with its digest, stamped and scanned;
an officer uploads the scan and types the digest that the paper bears, or has its code read. A paper
of another version, of another letter, or of a draft is refused, and told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import StaffRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.domain.applying import keep_file
from shidian.apps.cases.domain.letter_rows import (
    locked_letter,
    must_stand,
    open_letter,
    step,
    tell_recipient,
)
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import LetterVersion
from shidian.apps.cases.news_kinds import LETTER_SERVED
from shidian.apps.cases.scanning import scanned
from shidian.apps.cases.scans import scan_question
from shidian.apps.cases.zones import day_in
from shidian.core.procedure.letters import CODE_DIGITS, LetterStepKind, code_in
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Attachment, Letter, LetterStep
    from shidian.core.procedure.letters import LetterState

SECTION = "letter-scans"
"""Where scans lie. `cases:letter-scan` serves them; `cases:attachment` does not."""
SCAN = scan_question(zh="扫描件", en="Scan")
NAME_MAX = 100
ONLINE = "online"
"""Through the system; the only way in which the recipient's own people confirm the receipt."""
WAYS = (ONLINE, "by-hand", "post", "courier", "other")
ENDS = (LetterStepKind.RECEIVED, LetterStepKind.REFUSED, LetterStepKind.UNDELIVERED)


@scanned("scan")
@transaction.atomic
def bind_scan(
    *,
    letter: Letter,
    code: str,
    scan: File[Any],
    by: Person,
    at: datetime | None = None,
) -> LetterStep:
    """Confirm that the scan is of the released version's stamped paper, by the code that it bears.

    Raises DomainError (`not-out`, `already-bound`, `code-unreadable`, `code-unknown`,
    `other-version`, `other-letter`, or what is wrong with the file).
    """
    at = at or timezone.now()
    locked, state = open_letter(letter, by)
    must_stand(state)
    if state.bound:
        raise DomainError(
            "already-bound",
            Text(
                zh="本件的盖章扫描件已经核验，无需重复。",
                en="The scan of this version's stamped paper was confirmed already.",
            ),
        )
    _must_be_of(locked, state, code)
    kept = _keep_scan(locked, scan, f"letter-{locked.number}", by, at)
    return step(locked, LetterStepKind.BOUND, state.version, by, at, scan=kept)


@transaction.atomic
def serve_letter(
    *,
    letter: Letter,
    recipient: str,
    way: str,
    by: Person,
    day: date | None = None,
    at: datetime | None = None,
) -> LetterStep:
    """Serve it on one of its recipients; its people read it here from then on, and are told.

    Where the rulebook has letters stamped, the stamped paper is confirmed first. Serving again is
    possible where it was not received. Raises DomainError (`not-out`, `not-bound`, `no-recipient`,
    `no-account`, `already-received`, `day`).
    """
    at = at or timezone.now()
    locked, state = open_letter(letter, by)
    must_stand(state)
    if locked.case.rulebook.letters.stamped and not state.bound:
        raise DomainError(
            "not-bound",
            Text(
                zh="盖章件的扫描件尚未核验：按制度文本，核验后方可送达。",
                en="The scan of the stamped paper is not confirmed yet: by the rulebook nobody is"
                " served before.",
            ),
        )
    subject = _subject(locked, recipient)
    if way not in WAYS or (way == ONLINE and not subject):
        raise DomainError(
            "no-account",
            Text(
                zh="该单位没有系统账户，请选择纸质送达方式。",
                en="This recipient has no account here: serve it on paper.",
            ),
            "way",
        )
    if state.served.get(recipient) is LetterStepKind.RECEIVED:
        raise DomainError(
            "already-received",
            Text(zh="该单位已经签收。", en="This recipient has received it."),
            "recipient",
        )
    served = _day(locked, at, None if way == ONLINE else day)
    made = step(
        locked,
        LetterStepKind.SERVED,
        state.version,
        by,
        at,
        recipient=recipient,
        way=way,
        day=served,
        **subject,
    )
    tell_recipient(locked, recipient, LETTER_SERVED, at)
    return made


@scanned("scan")
@transaction.atomic
def record_receipt(
    *,
    letter: Letter,
    recipient: str,
    outcome: LetterStepKind,
    by: Person,
    day: date | None = None,
    name: str = "",
    note: str = "",
    scan: File[Any] | None = None,
    at: datetime | None = None,
) -> LetterStep:
    """Enter what the receipt of service (送达回证) says: taken, by whom and when, or not, and why.

    A receipt names who took it; a refusal, or a letter that came back, says why. Raises DomainError
    (`not-served`, `already-received`, `name-missing`, `reason-missing`, `day`).
    """
    at = at or timezone.now()
    locked, state = open_letter(letter, by)
    _must_be_served(state, recipient)
    name, note = " ".join(name.split())[:NAME_MAX], note.strip()
    if outcome not in ENDS:
        raise ForbiddenError
    if outcome is LetterStepKind.RECEIVED and not name:
        raise DomainError(
            "name-missing",
            Text(zh="请写明签收人。", en="Say who signed for it."),
            "name",
        )
    if outcome is not LetterStepKind.RECEIVED and not note:
        raise DomainError(
            "reason-missing",
            Text(zh="请写明未能送达的情况。", en="Say why it was not taken."),
            "note",
        )
    kept = _keep_scan(locked, scan, recipient, by, at) if scan else None
    return step(
        locked,
        outcome,
        state.version,
        by,
        at,
        recipient=recipient,
        day=_day(locked, at, day),
        name=name,
        reason=note,
        scan=kept,
    )


@transaction.atomic
def acknowledge_letter(
    *, letter: Letter, recipient: str, by: Person, at: datetime | None = None
) -> LetterStep:
    """Confirm the receipt for one's institution; its drafters and signers. Once.

    Raises ForbiddenError, DomainError (`not-served`, `already-received`).
    """
    locked, state = locked_letter(letter)
    if not allows(by, Permission.LETTER_RECEIVE, locked.case) or not speaks_for(by, recipient):
        raise ForbiddenError
    _must_be_served(state, recipient)
    return step(
        locked,
        LetterStepKind.RECEIVED,
        state.version,
        by,
        at,
        recipient=recipient,
        way=ONLINE,
        name=by.name_zh[:NAME_MAX],
    )


def speaks_for(person: Person, recipient: str) -> bool:
    """Whether the person may confirm the receipt for the recipient of that key."""
    places = roles_of(person).institutions(StaffRole.DRAFTER, StaffRole.SIGNER)
    return recipient in {f"institution-{place}" for place in places}


def _must_be_of(letter: Letter, state: LetterState, typed: str) -> None:
    """Refuse a code that is not the released version's, and say whose it is."""
    code = code_in(typed)
    if code is None:
        raise DomainError(
            "code-unreadable",
            Text(
                zh=f"请完整录入纸面上的核验码（{CODE_DIGITS} 位），或扫读二维码。",
                en=f"Type the whole check code ({CODE_DIGITS} characters) that stands on the paper,"
                " or read its square code.",
            ),
            "code",
        )
    found = LetterVersion.objects.filter(sha256__startswith=code, letter__case=letter.case)
    known = found.select_related("letter").first()
    if known is None:
        raise DomainError(
            "code-unknown",
            Text(
                zh="核验码与本案任何公文的任何版本都不符：请对照纸面重新录入；仍不符的，该纸件不是由此印出的。",
                en="No version of any letter of this case has this code: compare it with the paper"
                " once more. If it still does not fit, the paper was not printed from here.",
            ),
            "code",
        )
    if known.letter_id != letter.pk:
        title, number = known.title, known.letter.number
        raise DomainError(
            "other-letter",
            Text(
                zh=f"该纸件是本案第 {number} 件公文《{title}》，不是本件。",
                en=f"This paper is of letter {number} of the case, “{title}”, and not of this one.",
            ),
            "code",
        )
    if known.version != state.released:
        raise DomainError(
            "other-version",
            Text(
                zh=f"该纸件印的是第 {known.version} 版，发出的是第 {state.released} 版："
                "请重新打印、盖章并扫描发出的版本。",
                en=f"This paper is of version {known.version}; version {state.released} is the one"
                " that went out. Print, stamp and scan that one.",
            ),
            "code",
        )


def _must_be_served(state: LetterState, recipient: str) -> None:
    if recipient not in state.served or state.withdrawn:
        raise DomainError(
            "not-served",
            Text(zh="尚未向该单位送达。", en="It was not served on this recipient."),
            "recipient",
        )
    if state.served[recipient] is LetterStepKind.RECEIVED:
        raise DomainError(
            "already-received",
            Text(zh="签收已经登记。", en="The receipt is on file already."),
            "recipient",
        )


def _subject(letter: Letter, recipient: str) -> dict[str, Any]:
    """The recipient's institution or authority; empty for a body by name alone."""
    if all(one["key"] != recipient for one in letter.text.recipients):
        raise DomainError(
            "no-recipient",
            Text(zh="请选择主送单位。", en="Choose one of its recipients."),
            "recipient",
        )
    sort, _dash, name = recipient.partition("-")
    if sort == "institution":
        return {"institution_id": int(name)}
    if sort == "authority":
        part = letter.case.scheme.parts.get(local_id=name)
        return {"authority_id": part.authority_id}
    return {}


def _day(letter: Letter, at: datetime, day: date | None) -> date:
    """Today, or the day that was given, which is not ahead and not before the letter."""
    today = day_in(letter.case.rulebook, at)
    if day is None:
        return today
    if not str(letter.text.content["date"]) <= day.isoformat() <= today.isoformat():
        raise DomainError(
            "day",
            Text(
                zh="日期应在成文日期至今天之间。",
                en="The day lies between the letter's date and today.",
            ),
            "day",
        )
    return day


def _keep_scan(
    letter: Letter, scan: File[Any], question: str, by: Person, at: datetime
) -> Attachment:
    return keep_file(
        case=letter.case,
        section=SECTION,
        rule=SCAN,
        upload=scan,
        question=question[:64],
        by=by,
        at=at,
    )
