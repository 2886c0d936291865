"""Letters of the demonstration: one stamped, served and received; one that waits for a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.base import ContentFile

from demo.documents import document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.days import Diary
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case, Letter, Scheme

OFFICER, SIGNER = "officer-bureau", "signer-bureau"
ISSUER = "bureau"


def play(diary: Diary, scheme: Scheme, people: Mapping[str, Person]) -> None:
    """On a pilot that runs, its notice of admission; on a case before its decision, a draft."""
    from shidian.apps.cases.models import Case

    open_cases = Case.objects.filter(scheme=scheme, outcome="").order_by("pk")
    running = open_cases.filter(number__isnull=False).first()
    pending = open_cases.filter(number__isnull=True, form_version__gt=0).first()
    if running is not None:
        _go_out(_write(diary, running, "admission", people), diary, people)
    if pending is not None:
        _write(
            diary, pending, "plain", people, body="请于十个工作日内补充说明模型的验证情况。（演示）"
        )


def _write(
    diary: Diary, case: Case, template: str, people: Mapping[str, Person], *, body: str = ""
) -> Letter:
    from dataclasses import replace

    from shidian.apps.cases.domain import letters
    from shidian.apps.cases.history import state_of
    from shidian.apps.cases.letter_templates import draft_of

    found = draft_of(case, state_of(case), template, ISSUER, "zh")
    if found is None:
        raise LookupError(template)
    text, consultation = found
    return letters.write_letter(
        case=case,
        text=replace(text, body=body or text.body),
        template=template,
        consultation=consultation,
        by=people[OFFICER],
        at=diary.on(3, "09:20"),
    )


def _go_out(letter: Letter, diary: Diary, people: Mapping[str, Person]) -> None:
    from shidian.apps.cases.domain import letters, letters_out, serving
    from shidian.core.procedure.letters import check_code

    letters.sign_letter(letter=letter, version=1, by=people[SIGNER], at=diary.on(3, "11:00"))
    out = letters_out.release_letter(
        letter=letter, version=1, by=people[OFFICER], at=diary.on(3, "14:00")
    )
    serving.bind_scan(
        letter=letter,
        code=check_code(out.sha256),
        scan=ContentFile(document(), name="盖章件扫描.pdf"),
        by=people[OFFICER],
        at=diary.on(2, "09:40"),
    )
    key = f"institution-{letter.case.lead_id}"
    serving.serve_letter(
        letter=letter,
        recipient=key,
        way=serving.ONLINE,
        by=people[OFFICER],
        at=diary.on(2, "10:00"),
    )
    firm = next(one for one in people.values() if serving.speaks_for(one, key))
    serving.acknowledge_letter(letter=letter, recipient=key, by=firm, at=diary.on(1, "09:10"))
