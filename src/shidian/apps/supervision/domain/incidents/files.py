"""Files of an incident: judged like every upload, read by who reads the incident alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission
from shidian.apps.cases.domain.applying import keep_file
from shidian.apps.cases.scanning import scanned
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.incidents.writing import locked_incident, write_step
from shidian.core.procedure.incidents import IncidentActKind
from shidian.core.rulebook.model import Question, QuestionKind, Text

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.base import File

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Incident, IncidentStep

SECTION = "incident-files"
"""Where they stand among the case's attachments; the page of these serves none of them."""
FILES_MAX = 100
INCIDENT_FILE = Question(
    id="file",
    kind=QuestionKind.FILE,
    label=Text(zh="文件", en="File"),
    guidance=Text(
        zh="PDF、Word、Excel 文件或图片。", en="A PDF, Word or Excel file, or a picture."
    ),
    accept=("pdf", "docx", "xlsx", "png", "jpg"),
)


@scanned("file")
@transaction.atomic
def attach_to_incident(
    *,
    incident: Incident,
    file: File[Any],
    by: Person,
    is_officer: bool,
    text: str = "",
    at: datetime | None = None,
) -> IncidentStep:
    """Attach a file. The institution's goes to the officers; an officer's stays with them.

    Step `attached`. Raises ForbiddenError; DomainError: no file of these kinds, too large,
    infected; SupervisionError: too many.
    """
    moment = at or timezone.now()
    permission = Permission.INCIDENT_HANDLE if is_officer else Permission.INCIDENT_REPORT
    locked = locked_incident(incident, by, permission)
    if locked.steps.filter(kind=IncidentActKind.ATTACHED.value).count() >= FILES_MAX:
        raise SupervisionError(_("This incident has as many files as it can have."), field="file")
    kept = keep_file(
        case=locked.pilot.case,
        section=SECTION,
        rule=INCIDENT_FILE,
        upload=file,
        question=locked.reference[:64],
        by=by,
        at=moment,
    )
    return write_step(
        locked,
        IncidentActKind.ATTACHED,
        by,
        text,
        moment,
        attachment=kept,
        internal=is_officer,
    )
