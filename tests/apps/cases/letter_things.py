"""Letters as the tests write them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile

from shidian.apps.accounts.models import Person
from shidian.apps.cases.domain import letters, letters_out, serving
from shidian.apps.cases.letter_texts import LetterText
from shidian.apps.cases.zones import day_in
from shidian.core.procedure.letters import check_code
from tests.files import pdf

if TYPE_CHECKING:
    from datetime import date

    from shidian.apps.cases.models import Letter
    from tests.factories import Walk

TITLE, BODY = "关于补充材料的函字样", "请于五个工作日内补充说明字样。\n特此函告。"


def today(walk: Walk) -> date:
    """The day in the scheme's legal time."""
    return day_in(walk.case.rulebook, walk.at)


def anew(person: Person) -> Person:
    """Read anew, so that no roles are remembered."""
    return Person.objects.get(pk=person.pk)


def text_to(walk: Walk, **other: Any) -> LetterText:
    """From the bureau to the lead."""
    text = LetterText(
        language="zh",
        title=TITLE,
        body=BODY,
        issuers=("bureau",),
        recipients=(f"institution-{walk.case.lead_id}",),
    )
    return replace(text, **other)


def scan(words: str = "stamped") -> SimpleUploadedFile:
    return SimpleUploadedFile("scan.pdf", pdf(words), content_type="application/pdf")


def written(walk: Walk, **other: Any) -> Letter:
    return letters.write_letter(
        case=walk.case,
        text=text_to(walk, **other),
        template="plain",
        by=walk.officer,
        at=walk.tick(),
    )


def edited(walk: Walk, letter: Letter, **other: Any) -> None:
    letters.edit_letter(
        letter=letter,
        text=text_to(walk, **other),
        version=letter.state.version,
        by=walk.officer,
        at=walk.tick(),
    )


def signed(walk: Walk, letter: Letter, *offices: str) -> None:
    for office in offices or ("bureau",):
        letters.sign_letter(
            letter=letter,
            version=letter.state.version,
            by=walk.world.signing_officer[office],
            at=walk.tick(),
        )


def released(walk: Walk, **other: Any) -> Letter:
    letter = written(walk, **other)
    signed(walk, letter, *other.get("issuers", ("bureau",)))
    letters_out.release_letter(
        letter=letter, version=letter.state.version, by=walk.officer, at=walk.tick()
    )
    return letter


def bound(walk: Walk, letter: Letter) -> Letter:
    serving.bind_scan(
        letter=letter,
        code=check_code(letter.text.sha256),
        scan=scan(),
        by=walk.officer,
        at=walk.tick(),
    )
    return letter


def served(walk: Walk, letter: Letter, recipient: str = "", way: str = "online") -> Letter:
    serving.serve_letter(
        letter=letter,
        recipient=recipient or f"institution-{walk.case.lead_id}",
        way=way,
        by=walk.officer,
        at=walk.tick(),
    )
    return letter
