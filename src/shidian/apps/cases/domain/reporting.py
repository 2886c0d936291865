"""What a firm reports while its pilot runs: a document that is fixed when it is filed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from shidian.apps.cases.actors import actor_for
from shidian.apps.cases.domain.applying import keep_file
from shidian.apps.cases.domain.perform import Performed, perform_act
from shidian.apps.cases.history import state_of
from shidian.apps.cases.scanning import scanned
from shidian.core.procedure.types import Act, Verb
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import Question, QuestionKind, Text

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case

REPORT_FILE = Question(
    id="file",
    kind=QuestionKind.FILE,
    label=Text(zh="报告文件", en="The report"),
    guidance=Text(zh="PDF、Word 或 Excel 文件。", en="A PDF, Word or Excel file."),
    accept=("pdf", "docx", "xlsx"),
)
"""What a report may be. Which reports are due is the rulebook's."""


@scanned("file")
@transaction.atomic
def file_report(
    *,
    case: Case,
    report: str,
    file: File[Any],
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """File one of the reports that the rulebook asks for.

    Keeps the document as an attachment without a section, named by the report, and records its
    SHA-256. Event: report.filed. Raises DomainError (`empty-file`, `too-large`, `wrong-type`, and
    what the procedure refuses), ForbiddenError.
    """
    actor = actor_for(by, case, Verb.FILE_REPORT)
    moment = at or timezone.now()
    kept = keep_file(
        case=case, section="", rule=REPORT_FILE, upload=file, question=report, by=by, at=moment
    )
    data = {"report": report, "sha256": kept.sha256}
    act = Act(Verb.FILE_REPORT, actor, moment, data)
    return perform_act(case, act, by=by, expected_seq=expected_seq)


def record_report(
    *, case: Case, report: str, sha256: str, by: Person, at: datetime
) -> Performed | None:
    """Let the case say that a report of that duty, which is kept elsewhere, was filed.

    `sha256`: of its text, in hex. Event: report.filed; none and None where the case's stage takes
    no reports, as after its end. Raises DomainError, ForbiddenError.
    """
    stage = case.rulebook.stage(state_of(case).stage)
    if stage.kind not in VERBS[Verb.FILE_REPORT].kinds:
        return None
    data = {"report": report, "sha256": sha256}
    return perform_act(
        case, Act(Verb.FILE_REPORT, actor_for(by, case, Verb.FILE_REPORT), at, data), by=by
    )
