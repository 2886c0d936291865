"""What the verbs on letters share: the letter under its lock, its steps, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases import outbox
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Case, Letter, LetterStep, LetterVersion
from shidian.core.procedure.letters import letter_digest, signatures_wanted
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from shidian.apps.accounts.models import Person
    from shidian.core.procedure.letters import LetterState, LetterStepKind

REASON_MAX = 4_000


def locked_letter(letter: Letter) -> tuple[Letter, LetterState]:
    """The letter under its lock, so that of two who act at once the second sees the first's."""
    rows = Letter.objects.select_for_update(of=("self",)).select_related("issuer")
    locked = rows.get(pk=letter.pk)
    locked.case = Case.objects.select_related("lead", "rulebook_version", "scheme").get(
        pk=locked.case_id
    )
    return locked, locked.state


def open_letter(
    letter: Letter, by: Person, version: int | None = None
) -> tuple[Letter, LetterState]:
    """The letter, locked, for a case officer of its issuer. Raises `letter-changed`."""
    locked, state = locked_letter(letter)
    own = locked.issuer_id in roles_of(by).authorities(OfficerRole.CASE)
    if not own or not allows(by, Permission.LETTER_WRITE, locked.case):
        raise ForbiddenError
    must_be_shown(state, version)
    return locked, state


def step(
    letter: Letter,
    kind: LetterStepKind,
    version: int,
    by: Person,
    at: datetime | None,
    **more: Any,
) -> LetterStep:
    """Write one step."""
    return LetterStep.objects.create(
        letter=letter, kind=kind, version=version, person=by, at=at or timezone.now(), **more
    )


def keep_version(
    letter: Letter, version: int, content: dict[str, Any], by: Person, at: datetime
) -> LetterVersion:
    """Keep a text with its digest."""
    return LetterVersion.objects.create(
        letter=letter,
        version=version,
        content=content,
        sha256=letter_digest(content),
        written_by=by,
        written_at=at,
    )


def wanted_of(letter: Letter, state: LetterState) -> tuple[str, ...]:
    """Ids of the authorities that have yet to sign the newest text."""
    issuers = [str(one["authority"]) for one in letter.text.content["issuers"]]
    rules = letter.case.rulebook.letters
    return signatures_wanted(state, issuers, countersigned=rules.countersigned)


def checked_reason(reason: str) -> str:
    """Raises DomainError `reason-missing`."""
    said = reason.strip()
    if not said or len(said) > REASON_MAX:
        raise DomainError(
            "reason-missing",
            Text(
                zh=f"请写明理由，不超过 {REASON_MAX} 字。",
                en=f"Give the reason, in at most {REASON_MAX:,} characters.",
            ),
            "reason",
        )
    return said


def must_be_shown(state: LetterState, version: int | None) -> None:
    """Refuse an act on another text than the newest."""
    if version is not None and version != state.version:
        raise DomainError(
            "letter-changed",
            Text(
                zh="页面打开后，公文已有新的版本：请先阅看最新版本。",
                en="There is a newer version of the letter: read that first.",
            ),
        )


def must_be_draft(state: LetterState) -> None:
    """Refuse what can be done to a draft alone."""
    if not state.is_draft:
        raise DomainError(
            "not-a-draft",
            Text(
                zh="公文已发出或已撤销，不再是拟稿。",
                en="The letter is out, or withdrawn, and no draft any more.",
            ),
        )


def must_stand(state: LetterState) -> None:
    """Refuse what can be done only to a letter that is out."""
    if not state.stands:
        raise not_standing()


def not_standing() -> DomainError:
    """Why nothing more can be done to a letter that is not out."""
    return DomainError(
        "not-out",
        Text(zh="公文尚未发出，或已撤销。", en="The letter is not out, or was withdrawn."),
    )


def tell_recipient(letter: Letter, key: str, kind: str, at: datetime) -> None:
    """Have the people of a recipient with an account told that there is something to read."""
    sort, _dash, name = key.partition("-")
    payload: dict[str, Any] = {"kind": kind, "letter": letter.number}
    if sort == "institution":
        payload["institution"] = name
        lead = int(name) == letter.case.lead_id
        outbox.put(f"mail.{'applicant' if lead else 'partner'}", payload, case=letter.case, at=at)
    elif sort == "authority":
        outbox.put("mail.officer", {**payload, "authority": name}, case=letter.case, at=at)
