"""Letters go out under a number, are taken back for correction, and are withdrawn.

As in `letters.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.models import Authority
from shidian.apps.cases.domain.letter_rows import (
    checked_reason,
    keep_version,
    must_be_draft,
    must_stand,
    not_standing,
    open_letter,
    step,
    tell_recipient,
    wanted_of,
)
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.letter_texts import Out, content_of, text_of
from shidian.apps.cases.models import LetterNumber
from shidian.apps.cases.news_kinds import LETTER_WITHDRAWN
from shidian.apps.cases.zones import day_in
from shidian.core.procedure.letters import LetterStepKind
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case, Letter, LetterStep, LetterVersion
    from shidian.core.procedure.letters import LetterState


@transaction.atomic
def release_letter(
    *, letter: Letter, version: int, by: Person, at: datetime | None = None
) -> LetterVersion:
    """Number and date it, and fix its text as a version of its own, whose digest the paper bears.

    Preconditions: a draft; every signature that it wants is there. A letter that was taken back
    keeps its number. Raises DomainError (`not-a-draft`, `letter-changed`, `not-signed`).
    """
    at = at or timezone.now()
    locked, state = open_letter(letter, by, version)
    must_be_draft(state)
    missing = wanted_of(locked, state)
    if missing or state.sent_back:
        raise _not_signed(locked.case, missing)
    text = text_of(locked.text.content)
    day = day_in(locked.case.rulebook, at)
    numbered = _number(locked, day.year)
    out = Out(number=str(numbered), day=day, signers=_signers(locked, state))
    newest = state.version + 1
    content = content_of(locked.case, locked.number, newest, text, out)
    kept = keep_version(locked, newest, content, by, at)
    step(locked, LetterStepKind.RELEASED, newest, by, at)
    return kept


@transaction.atomic
def take_back_letter(
    *, letter: Letter, reason: str, by: Person, at: datetime | None = None
) -> LetterStep:
    """Make it a draft again, to be corrected under the same number, before anyone was served.

    A paper of the version that was out, stamped or not, is no longer one of this letter's.
    """
    locked, state = open_letter(letter, by)
    must_stand(state)
    if state.served:
        raise DomainError(
            "already-served",
            Text(
                zh="公文已送达，不能收回修改：可以撤销，并另行发文。",
                en="It was served and cannot be changed: withdraw it, and write another.",
            ),
        )
    said = checked_reason(reason)
    return step(locked, LetterStepKind.TAKEN_BACK, state.version, by, at, reason=said)


@transaction.atomic
def withdraw_letter(
    *, letter: Letter, reason: str, by: Person, at: datetime | None = None
) -> LetterStep:
    """Say that it stands no more. Its number stays in the register; who was served is told."""
    locked, state = open_letter(letter, by)
    if state.withdrawn:
        raise not_standing()
    said = checked_reason(reason)
    made = step(locked, LetterStepKind.WITHDRAWN, state.version, by, at, reason=said)
    for key in state.served:
        tell_recipient(locked, key, LETTER_WITHDRAWN, made.at)
    return made


def _not_signed(case: Case, missing: tuple[str, ...]) -> DomainError:
    names = [case.rulebook.authority(one).name for one in missing]
    if not names:
        return DomainError(
            "not-signed",
            Text(
                zh="签批人员已退回修改：请先修改。",
                en="A signing officer sent it back: change it first.",
            ),
        )
    return DomainError(
        "not-signed",
        Text(
            zh="尚待签发：" + "、".join(one.zh for one in names) + "。",
            en="Not signed yet for: " + ", ".join(one.en for one in names) + ".",
        ),
    )


def _number(letter: Letter, year: int) -> LetterNumber:
    """The letter's number, or the next one of its issuer's register, under the register's lock."""
    given = LetterNumber.objects.filter(letter=letter).first()
    if given is not None:
        return given
    authority = Authority.objects.select_for_update().get(pk=letter.issuer_id)
    code = code_of(letter)
    register = LetterNumber.objects.filter(authority=authority, code=code, year=year)
    last = register.order_by("-serial").values_list("serial", flat=True).first()
    return LetterNumber.objects.create(
        letter=letter, authority=authority, code=code, year=year, serial=(last or 0) + 1
    )


def code_of(letter: Letter) -> str:
    """With what its number begins: as the rulebook says, else the issuer's name and 函."""
    first = str(letter.text.content["issuers"][0]["authority"])
    for one in letter.case.rulebook.letters.codes:
        if one.id == first:
            return one.code
    return f"{letter.issuer.name_zh[:19]}函"


def _signers(letter: Letter, state: LetterState) -> tuple[tuple[str, str], ...]:
    """Who signed the newest text, for whom, in the issuers' order."""
    zh = letter.text.content["language"] == "zh"
    order = [str(one["authority"]) for one in letter.text.content["issuers"]]
    signed = letter.steps.filter(kind=LetterStepKind.SIGNED, version=state.version)
    names = {
        one.signed_for: one.person.name_zh if zh else one.person.name_en or one.person.name_zh
        for one in signed.select_related("person").order_by("pk")
    }
    return tuple((one, names[one]) for one in order if one in names)
