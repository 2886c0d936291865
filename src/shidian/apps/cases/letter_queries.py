"""Letters as they are read: one person's, of one case, with all that a page of them needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Prefetch

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.domain.letter_rows import wanted_of
from shidian.apps.cases.domain.serving import speaks_for
from shidian.apps.cases.models import Letter, LetterStep, LetterVersion
from shidian.apps.cases.rules import authorities_handling
from shidian.core.procedure.letters import LetterStepKind

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.core.procedure.letters import LetterState

WRITE, SIGN, SEND_BACK, RELEASE = "edit", "sign", "send-back", "release"
TAKE_BACK, WITHDRAW, BIND = "take-back", "withdraw", "bind"
SERVE, RECEIPT, ACKNOWLEDGE = "serve", "receipt", "acknowledge"


def letters_for(person: Person, case: Case) -> list[Letter]:
    """The letters of the case that the person may read, the newest first. Three queries."""
    versions = LetterVersion.objects.select_related("written_by")
    steps = LetterStep.objects.select_related("person", "scan", "institution", "authority")
    rows = Letter.objects.visible_to(person).filter(case=case).select_related("issuer", "numbered")
    found = list(
        rows.prefetch_related(Prefetch("versions", versions), Prefetch("steps", steps)).order_by(
            "-number"
        )
    )
    for letter in found:
        letter.case = case
    return found


def letter_for(person: Person, case: Case, number: int) -> Letter | None:
    """One of these."""
    return next((one for one in letters_for(person, case) if one.number == number), None)


def shown_version(letter: Letter, state: LetterState, *, internal: bool) -> LetterVersion:
    """The newest text; for who is of no authority the one that was released."""
    if internal or state.released is None:
        return letter.text
    return next(one for one in letter.versions.all() if one.version == state.released)


def recipients_of(person: Person, letter: Letter) -> list[str]:
    """Keys of the recipients for which the person speaks and that were served."""
    keys = [str(one["key"]) for one in letter.text.recipients]
    served = letter.state.served
    return [key for key in keys if key in served and speaks_for(person, key)]


def open_acts(person: Person, letter: Letter, state: LetterState) -> list[str]:
    """What the person may do to the letter now, what is to be done next first."""
    found = _of_signer(person, letter, state)
    if _is_of_issuer(person, letter):
        found += _of_issuer(letter, state)
    waiting = (LetterStepKind.SERVED, LetterStepKind.REFUSED, LetterStepKind.UNDELIVERED)
    mine = [key for key in recipients_of(person, letter) if state.served[key] in waiting]
    if mine and not state.withdrawn and allows(person, Permission.LETTER_RECEIVE, letter.case):
        found.append(ACKNOWLEDGE)
    return found


def _is_of_issuer(person: Person, letter: Letter) -> bool:
    own = letter.issuer_id in roles_of(person).authorities(OfficerRole.CASE)
    return own and allows(person, Permission.LETTER_WRITE, letter.case)


def _of_signer(person: Person, letter: Letter, state: LetterState) -> list[str]:
    if not state.is_draft or not allows(person, Permission.LETTER_SIGN, letter.case):
        return []
    held = authorities_handling(person, letter.case.scheme_id, OfficerRole.SIGNING)
    wanted = wanted_of(letter, state)
    return [SIGN, SEND_BACK] if any(part.local_id in wanted for part in held) else []


def _of_issuer(letter: Letter, state: LetterState) -> list[str]:
    if state.is_draft:
        ready = not state.sent_back and not wanted_of(letter, state)
        return [*([RELEASE] if ready else []), WRITE, WITHDRAW]
    if not state.stands:
        return []
    received = {key for key, how in state.served.items() if how is LetterStepKind.RECEIVED}
    keys = {str(one["key"]) for one in letter.text.recipients}
    found = [] if state.bound else [BIND]
    if (state.bound or not letter.case.rulebook.letters.stamped) and keys - received:
        found.append(SERVE)
    if set(state.served) - received:
        found.append(RECEIPT)
    return [*found, *([] if state.served else [TAKE_BACK]), WITHDRAW]
