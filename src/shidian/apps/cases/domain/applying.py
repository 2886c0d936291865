"""What an applicant does: save, attach, submit, answer, withdraw. Partners: `partners`."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases import uploads
from shidian.apps.cases.actors import actor_for
from shidian.apps.cases.answers import Answers, plan_in, promises_in, waivers_in
from shidian.apps.cases.domain.perform import Performed, perform_act, supplies
from shidian.apps.cases.domain.starting import check_call_is_open
from shidian.apps.cases.errors import DomainError, ForbiddenError, StaleForm
from shidian.apps.cases.filed import section_versions
from shidian.apps.cases.filled import Filled, filled_form
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Attachment, Case, FormSection
from shidian.apps.cases.papers import papers_of
from shidian.apps.cases.scanning import scanned
from shidian.core.procedure.facts import facts_of
from shidian.core.procedure.types import Act, Json, Verb
from shidian.core.rulebook.model import Question, QuestionKind, Section, StageKind, Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person


def _editable(case: Case, by: Person) -> Case:
    """The case, locked, if `by` may edit its form and it is open for editing."""
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not allows(by, Permission.FORM_EDIT, locked):
        raise ForbiddenError
    if not is_editable(locked):
        raise DomainError(
            "not-editable",
            Text(
                zh="申报已提交：只有在退回修改或要求补正时才能更改。",
                en="The application is filed: it can be changed only when it is returned or more"
                " information is requested.",
            ),
        )
    return locked


def is_editable(case: Case) -> bool:
    """Whether the form may be changed now: in draft, or while a request is open."""
    if case.stage_rule.kind is StageKind.DRAFT:
        return True
    return bool(state_of(case).open_requests)


@transaction.atomic
def save_section(
    *,
    case: Case,
    section: str,
    answers: Answers,
    base_version: int,
    by: Person,
    at: datetime | None = None,
) -> FormSection:
    """Save a new version of a section. `base_version`: the version shown, 0 for an unsaved one.

    Saving what is there already writes nothing and returns it. Raises StaleForm with both versions
    where someone saved meanwhile, DomainError, ForbiddenError.
    """
    locked = _editable(case, by)
    rule = section_rule(locked, section)
    unknown = sorted(set(answers) - {question.id for question in rule.questions})
    if unknown:
        raise DomainError(
            "unknown-question",
            Text(zh=f"没有这个问题：{unknown[0]}", en=f"There is no question {unknown[0]}."),
            unknown[0],
        )
    newest = (
        FormSection.objects.filter(case=locked, section=section)
        .select_related("saved_by")
        .order_by("-version")
        .first()
    )
    if newest is not None and newest.answers == answers:
        return newest
    if newest is not None and newest.version != base_version:
        raise StaleForm(newest, answers)
    return FormSection.objects.create(
        case=locked,
        section=section,
        version=(newest.version if newest else 0) + 1,
        answers=answers,
        saved_by=by,
        saved_at=at or timezone.now(),
    )


def section_rule(case: Case, section: str) -> Section:
    """The rulebook's section of that id. Raises DomainError."""
    try:
        return case.rulebook.section(section)
    except KeyError:
        raise DomainError(
            "unknown-section", Text(zh="申报表没有这一节。", en="The form has no such section.")
        ) from None


@scanned("upload")
@transaction.atomic
def attach_file(
    *,
    case: Case,
    section: str,
    question: str,
    upload: File[Any],
    by: Person,
    name: str = "",
    at: datetime | None = None,
) -> Attachment:
    """Keep an uploaded file for a file question; name it in the answer with `file_answer`.

    The type is found in the bytes. Raises DomainError (`too-large`, `wrong-type`, `damaged-file`,
    `empty-file`, `infected`, `not-scanned`, `unknown-question`), ForbiddenError.
    """
    locked = _editable(case, by)
    rule = _file_question(section_rule(locked, section), question)
    return keep_file(
        case=locked,
        section=section,
        rule=rule,
        upload=upload,
        question=question,
        by=by,
        at=at or timezone.now(),
        name=name,
    )


def keep_file(
    *,
    case: Case,
    section: str,
    rule: Question,
    upload: File[Any],
    question: str,
    by: Person,
    at: datetime,
    name: str = "",
) -> Attachment:
    """Judge an upload by the rule and keep it. The caller has seen to the permission.

    Raises DomainError (`too-large`, `wrong-type`, `damaged-file`, `empty-file`).
    """
    attachment = Attachment(
        case=case,
        section=section,
        question=question,
        name=PurePath((name or upload.name or "file").replace("\\", "/")).name[:200],
        content_type=_accepted_type(rule, upload),
        size_bytes=upload.size or 0,
        sha256=uploads.digest_of(upload),
        uploaded_by=by,
        uploaded_at=at,
    )
    uploads.keep(upload, attachment.path)
    attachment.save(force_insert=True)
    return attachment


DAMAGED = Text(
    zh="文件不完整或已损坏，其他程序可能无法打开：请打开原文件，重新保存或打印为 PDF 后再上传。",
    en="The file is cut off or damaged, and others may be unable to open it: open the original,"
    " save it anew or print it as PDF, then upload that.",
)


def _accepted_type(rule: Question, upload: File[Any]) -> str:
    """Content type of an upload that the question takes. Raises DomainError."""
    size, limit = upload.size or 0, uploads.size_max_bytes(rule)
    if size == 0:
        raise DomainError("empty-file", Text(zh="文件是空的。", en="The file is empty."), rule.id)
    if size > limit:
        mib = limit // 2**20
        raise DomainError(
            "too-large",
            Text(zh=f"文件超过 {mib} MiB。", en=f"The file is larger than {mib} MiB."),
            rule.id,
        )
    content_type = uploads.sniff(upload)
    if content_type is None and uploads.begins_as(upload) is not None:
        raise DomainError("damaged-file", DAMAGED, rule.id)
    if content_type is None or content_type not in uploads.accepted_types(rule):
        listed = ", ".join(uploads.accepted_types(rule))
        raise DomainError(
            "wrong-type",
            Text(
                zh=f"文件内容不是可接受的类型。可接受：{listed}",
                en=f"The file's contents are not of an accepted type. Accepted: {listed}",
            ),
            rule.id,
        )
    return content_type


def _file_question(section: Section, question_id: str) -> Question:
    for question in section.questions:
        if question.id == question_id and question.kind is QuestionKind.FILE:
            return question
    raise DomainError(
        "unknown-question",
        Text(zh="此处不收文件。", en="No file is asked for here."),
        question_id,
    )


TEXT_CHANGED = Text(
    zh="您核对后申报内容又有改动，尚未提交：请重新核对后再提交。",
    en="The application was changed after you read it, and was not submitted: read it again.",
)


@supplies(Verb.SUBMIT)
def _what_is_submitted(case: Case, data: Mapping[str, Json], _at: datetime) -> dict[str, Json]:
    """The form as it stands: version, hash, what is missing, promises, partners, plan, waivers.

    Raises DomainError (`text-changed`, `checks-failed`, `materials-missing`).
    """
    filled = filled_form(case)
    if data.get("sha256", filled.sha256) != filled.sha256:
        raise DomainError("text-changed", TEXT_CHANGED)
    answers = filled.answers
    missing: list[Json] = [*filled.incomplete()]
    if not missing:
        _answers_fit(filled)
        _materials_are_in(case, filled)
    partners = case.parties.order_by("pk").values_list("institution_id", flat=True)
    promises: list[Json] = [dict(one) for one in promises_in(case.rulebook, answers)]
    facts: dict[str, Json] = {
        "version": case.form_version + 1,
        "sha256": filled.sha256,
        "sections": dict(section_versions(case)),
        "missing": missing,
        "promises": promises,
        "partners": [str(partner) for partner in partners],
        "plan": dict(plan_in(case.rulebook, answers)),
    }
    if waivers := waivers_in(case.rulebook, answers):
        facts["waivers"] = [dict(one) for one in waivers]
    if known := facts_of(case.rulebook, filled.values):
        facts["facts"] = known
    return facts


def _answers_fit(filled: Filled) -> None:
    """Refuse answers that the rulebook's checks contradict."""
    if not filled.failed:
        return
    raise DomainError(
        "checks-failed",
        Text(
            zh="请先更正：" + "；".join(check.message.zh for _, check in filled.failed),
            en="Correct this first: " + "; ".join(check.message.en for _, check in filled.failed),
        ),
    )


def _materials_are_in(case: Case, filled: Filled) -> None:
    """Refuse a submission without its required documents."""
    if missing := filled.missing_materials(on_paper=papers_of(case)):
        raise DomainError(
            "materials-missing",
            Text(
                zh="请先上传：" + "、".join(one.name.zh for one in missing),
                en="Hand in first: " + ", ".join(one.name.en for one in missing),
            ),
        )


def submit_case(
    *,
    case: Case,
    by: Person,
    sha256: str | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """File the application. `by` signs for the lead; `sha256`: of the text that they were shown.

    Preconditions: draft; every section complete, hard gates first; the rulebook's checks hold and
    the required documents are in; every partner has signed this text; the call still open unless
    the case was returned; the text is still the one shown (`text-changed`). Effects: the form's
    version and hash are fixed, the scheme's authorities get access, the screening clock starts.
    Events: case.submitted, stage.entered.
    """
    at = at or timezone.now()
    if case.form_version == 0:
        check_call_is_open(case.call, at)
    actor = actor_for(by, case, Verb.SUBMIT)
    shown: dict[str, Json] = {"sha256": sha256} if sha256 is not None else {}
    return perform_act(case, Act(Verb.SUBMIT, actor, at, shown), by=by, expected_seq=expected_seq)


def answer_information(
    *,
    case: Case,
    request: str,
    answer: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Answer an information request (`r1` …), and file the amendments, where there are any.

    Until then nobody but the parties reads them. Event: request.answered, with the version and hash
    of an amended form; the paused clock goes on the next day.
    """
    data: dict[str, Json] = {"request": request, "answer": answer}
    actor = actor_for(by, case, Verb.ANSWER_INFORMATION)
    act = Act(Verb.ANSWER_INFORMATION, actor, at or timezone.now(), data)
    return perform_act(case, act, by=by, expected_seq=expected_seq)


@supplies(Verb.ANSWER_INFORMATION)
def _what_is_amended(case: Case, _data: Mapping[str, Json], _at: datetime) -> dict[str, Json]:
    """The form as it stands, where it is no longer what was filed last."""
    filled = filled_form(case)
    if filled.sha256 == state_of(case).sha256:
        return {}
    facts: dict[str, Json] = {
        "version": case.form_version + 1,
        "sha256": filled.sha256,
        "sections": dict(section_versions(case)),
    }
    if known := facts_of(case.rulebook, filled.values):
        facts["facts"] = known
    return facts


def withdraw_case(
    *,
    case: Case,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Leave, from any open stage. `by` signs for the lead. Events: stage.entered, case.closed."""
    actor = actor_for(by, case, Verb.WITHDRAW)
    act = Act(Verb.WITHDRAW, actor, at or timezone.now(), {"reason": reason})
    return perform_act(case, act, by=by, expected_seq=expected_seq)
