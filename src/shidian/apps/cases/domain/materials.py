"""The documents that a rulebook asks for: handed in by the applicant, some before a later stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.answers import MATERIALS, file_answer
from shidian.apps.cases.domain.applying import is_editable, keep_file
from shidian.apps.cases.domain.perform import objecting
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.models import Case, FormSection
from shidian.apps.cases.papers import papers_of
from shidian.apps.cases.scanning import scanned
from shidian.core.procedure.moves import is_ahead
from shidian.core.procedure.types import EventKind, Verb
from shidian.core.rulebook.model import Material, Question, QuestionKind, StageKind, Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Attachment
    from shidian.core.procedure.types import NewEvent

MOVING_ON = frozenset(
    {Verb.SUBMIT, Verb.ADVANCE, Verb.SIGN_OFF, Verb.BEGIN_EVALUATION, Verb.EXTEND, Verb.CLOSE}
)
"""Verbs that wait for a document. Leaving, refusing and silence do not."""


def material_rule(material: Material) -> Question:
    """A document as the question that asks for its file."""
    return Question(
        id=material.id,
        kind=QuestionKind.FILE,
        label=material.name,
        guidance=material.guidance,
        required=material.required,
        accept=material.accept,
        size_max_mib=material.size_max_mib,
    )


def may_hand_in(case: Case, material: Material) -> bool:
    """Whether the document can be handed in, or replaced, now.

    What belongs to the application goes with it; what a later stage asks for is taken at any time
    until the case is closed.
    """
    if material.stage is None:
        return is_editable(case)
    return case.stage_rule.kind is not StageKind.CLOSED


@scanned("upload")
@transaction.atomic
def hand_in_material(
    *, case: Case, material: str, upload: File[Any], by: Person, at: datetime | None = None
) -> Attachment:
    """Keep a document. An earlier one under the same name stays in the file.

    Raises DomainError (`unknown-material`, `not-editable`, `too-large`, `wrong-type`,
    `empty-file`), ForbiddenError.
    """
    at = at or timezone.now()
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not allows(by, Permission.FORM_EDIT, locked):
        raise ForbiddenError
    rule = _material(locked, material)
    if not may_hand_in(locked, rule):
        raise DomainError(
            "not-editable",
            Text(
                zh="申报已提交：只有在退回修改或要求补正时才能更换申报材料。",
                en="The application is filed: its documents can be changed only when it is"
                " returned or more information is requested.",
            ),
            material,
        )
    kept = keep_file(
        case=locked,
        section=MATERIALS,
        rule=material_rule(rule),
        upload=upload,
        question=material,
        by=by,
        at=at,
    )
    newest = FormSection.objects.filter(case=locked, section=MATERIALS).order_by("-version").first()
    before = dict(newest.answers) if newest else {}
    FormSection.objects.create(
        case=locked,
        section=MATERIALS,
        version=(newest.version if newest else 0) + 1,
        answers=before | {material: file_answer(kept)},
        saved_by=by,
        saved_at=at,
    )
    return kept


@objecting
def documents_are_in(case: Case, verb: Verb, events: Iterable[NewEvent]) -> None:
    """Refuse an act that would take the case into a stage whose documents are not in.

    `case` still stands in the stage that it leaves. Raises DomainError (`materials-missing`).
    """
    if verb not in MOVING_ON or not any(one.stage for one in case.rulebook.materials):
        return
    # A submission files what stands there now; nothing else that moves a case on does.
    form_of = filled_form if verb is Verb.SUBMIT else filed_form
    for event in events:
        if event.kind is not EventKind.STAGE_ENTERED:
            continue
        target = case.rulebook.stage(str(event.data["to"]))
        if not is_ahead(case.rulebook, case.stage_rule, target):
            continue
        if missing := form_of(case).missing_materials(target.id, on_paper=papers_of(case)):
            zh, en = "、".join(m.name.zh for m in missing), ", ".join(m.name.en for m in missing)
            name = target.names.staff
            raise DomainError(
                "materials-missing",
                Text(
                    zh=f"转入“{name.zh}”前，申报机构须先提交：{zh}。",
                    en=f"Before the case enters {name.en}, the applicant hands in: {en}.",
                ),
            )


def _material(case: Case, material_id: str) -> Material:
    for material in case.rulebook.materials:
        if material.id == material_id:
            return material
    raise DomainError(
        "unknown-material",
        Text(zh="制度文本未要求该材料。", en="The rulebook asks for no such document."),
    )
