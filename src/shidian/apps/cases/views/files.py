"""Uploaded files, always as a download: never shown inside a page of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.answers import MATERIALS
from shidian.apps.cases.filed import is_filed
from shidian.apps.cases.models import Attachment
from shidian.apps.cases.papers import SECTION as PAPER_SCANS
from shidian.apps.cases.rules import is_of_the_parties, reads_sensitive
from shidian.apps.cases.views.loaders import case_by_reference

if TYPE_CHECKING:
    from django.http import HttpRequest

    from shidian.apps.cases.models import Case


KEPT_BACK = ("paper-sheets", "letter-scans", "incident-files")
"""Sections that other pages serve, to fewer readers: experts' sheets, stamped letters, what was
attached to incidents."""


@rule(Permission.CASE_READ, obj=case_by_reference)
def attachment(request: HttpRequest, case: Case, number: int, **_url: object) -> FileResponse:
    """The bytes of one attachment of the case.

    A sensitive document, or one not filed, is not there for those whose it is not.
    """
    served = Attachment.objects.exclude(section__in=KEPT_BACK)
    found = get_object_or_404(served, case=case, pk=number)
    if _is_sensitive(case, found) and not reads_sensitive(request.user, case):
        raise Http404
    if not is_of_the_parties(request.user, case) and not is_filed(case, found):
        raise Http404
    response = FileResponse(
        default_storage.open(found.path), as_attachment=True, filename=found.name
    )
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _is_sensitive(case: Case, attachment: Attachment) -> bool:
    """By the marking that the rulebook gives the document."""
    return attachment.section in (MATERIALS, PAPER_SCANS) and any(
        one.id == attachment.question and one.marking == "sensitive"
        for one in case.rulebook.materials
    )
