"""Letters are written, and signed by the officers whose authorities issue them.

All are keyword-only, take `by` and `at`, and raise ForbiddenError, or DomainError with a code. An
act on a text names its `version`: on another text than the one shown it is refused
(`letter-changed`). A letter's rows are append-only; `letters.py`, `letters_out.py` and `serving.py`
alone write them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases import outbox
from shidian.apps.cases.domain.letter_rows import (
    checked_reason,
    keep_version,
    locked_letter,
    must_be_draft,
    must_be_shown,
    open_letter,
    step,
    wanted_of,
)
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.letter_texts import LetterText, content_of
from shidian.apps.cases.models import Case, Letter
from shidian.apps.cases.news_kinds import LETTER_TO_SIGN
from shidian.apps.cases.rules import authorities_handling
from shidian.core.procedure.letters import LetterStepKind
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import LetterStep, LetterVersion, SchemeAuthority
    from shidian.core.procedure.letters import LetterState

LETTERS_MAX = 500
"""Of one case."""
VERSIONS_MAX = 100


@transaction.atomic
def write_letter(
    *,
    case: Case,
    text: LetterText,
    template: str,
    by: Person,
    consultation: str = "",
    at: datetime | None = None,
) -> Letter:
    """Begin a letter with its first text. `by`: a case officer of the first issuer.

    Steps: written; the signing officers whose signature it wants are told. Raises DomainError
    (`letter-text`, `too-many`).
    """
    at = at or timezone.now()
    locked = Case.objects.select_for_update().get(pk=case.pk)
    issuer = issuer_of(locked, text, by)
    number = Letter.objects.filter(case=locked).count() + 1
    if number > LETTERS_MAX:
        raise DomainError(
            "too-many",
            Text(
                zh=f"一案最多 {LETTERS_MAX} 件公文。", en=f"At most {LETTERS_MAX} letters a case."
            ),
        )
    letter = Letter.objects.create(
        case=locked,
        number=number,
        issuer=issuer.authority,
        template=template,
        consultation=consultation,
        begun_by=by,
        begun_at=at,
    )
    _keep(letter, 1, content_of(locked, number, 1, text), by, at)
    _tell_signers(letter, at)
    return letter


@transaction.atomic
def edit_letter(
    *, letter: Letter, text: LetterText, version: int, by: Person, at: datetime | None = None
) -> LetterVersion:
    """Replace the draft's text. Signatures under the text before stay with it and count no more.

    The first issuer stays: its register will number it. Raises DomainError (`not-a-draft`,
    `letter-changed`, `letter-text`, `issuer-stays`, `too-many`).
    """
    at = at or timezone.now()
    locked, state = open_letter(letter, by, version)
    must_be_draft(state)
    issuer = issuer_of(locked.case, text, by)
    if issuer.authority_id != locked.issuer_id:
        raise DomainError(
            "issuer-stays",
            Text(
                zh="主办发文机关不能更改：请另拟一件公文。",
                en="Who issues it cannot change: write another letter.",
            ),
            "issuer",
        )
    newest = state.version + 1
    if newest > VERSIONS_MAX:
        raise DomainError(
            "too-many",
            Text(zh="修改次数过多：请另拟一件公文。", en="Too many texts: write another letter."),
        )
    kept = _keep(locked, newest, content_of(locked.case, locked.number, newest, text), by, at)
    _tell_signers(locked, at)
    return kept


@transaction.atomic
def sign_letter(
    *, letter: Letter, version: int, by: Person, at: datetime | None = None
) -> LetterStep:
    """Sign the newest text for the issuers for which `by` is a signing officer.

    Nobody countersigns what they wrote themselves. Raises DomainError (`not-a-draft`,
    `letter-changed`, `nothing-to-sign`, `own-text`).
    """
    locked, state, office = _signing(letter, version, by)
    if locked.text.written_by_id == by.pk:
        raise DomainError(
            "own-text",
            Text(
                zh="本稿由您拟写或修改：请由另一位签批人员签发。",
                en="You wrote this text yourself: another signing officer signs it.",
            ),
        )
    return step(locked, LetterStepKind.SIGNED, state.version, by, at, signed_for=office)


@transaction.atomic
def send_back_letter(
    *, letter: Letter, version: int, reason: str, by: Person, at: datetime | None = None
) -> LetterStep:
    """Say what is to be changed before it can be signed. The text's signatures count no more."""
    locked, state, office = _signing(letter, version, by)
    said = checked_reason(reason)
    return step(
        locked, LetterStepKind.SENT_BACK, state.version, by, at, signed_for=office, reason=said
    )


def issuer_of(case: Case, text: LetterText, by: Person) -> SchemeAuthority:
    """The part of the first issuer, for which `by` is a case officer. Raises ForbiddenError."""
    if not allows(by, Permission.LETTER_WRITE, case):
        raise ForbiddenError
    first = text.issuers[0] if text.issuers else ""
    for part in authorities_handling(by, case.scheme_id, OfficerRole.CASE):
        if part.local_id == first:
            return part
    raise ForbiddenError


def _signing(letter: Letter, version: int, by: Person) -> tuple[Letter, LetterState, str]:
    """The letter, and the issuer for which `by` signs: one whose signature is still wanted."""
    locked, state = locked_letter(letter)
    if not allows(by, Permission.LETTER_SIGN, locked.case):
        raise ForbiddenError
    must_be_draft(state)
    must_be_shown(state, version)
    held = authorities_handling(by, locked.case.scheme_id, OfficerRole.SIGNING)
    own = {part.local_id for part in held}
    wanted = [one for one in wanted_of(locked, state) if one in own]
    if not wanted:
        raise DomainError(
            "nothing-to-sign",
            Text(
                zh="本稿无需您签发，或您所在机关已经签发。",
                en="This text waits for no signature of yours, or your authority has signed it.",
            ),
        )
    return locked, state, wanted[0]


def _keep(
    letter: Letter, version: int, content: dict[str, Any], by: Person, at: datetime
) -> LetterVersion:
    kept = keep_version(letter, version, content, by, at)
    step(letter, LetterStepKind.WRITTEN, version, by, at)
    return kept


def _tell_signers(letter: Letter, at: datetime) -> None:
    for authority in wanted_of(letter, letter.state):
        outbox.put(
            "mail.signing-officer",
            {"kind": LETTER_TO_SIGN, "authority": authority, "letter": letter.number},
            case=letter.case,
            at=at,
        )
