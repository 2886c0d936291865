"""Uploaded files, always as a download: never shown inside a page of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.storage import default_storage
from django.http import FileResponse

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.models import Attachment
from shidian.apps.cases.views.loaders import case_by_reference

if TYPE_CHECKING:
    from django.http import HttpRequest

    from shidian.apps.cases.models import Case


@rule(Permission.CASE_READ, obj=case_by_reference)
def attachment(request: HttpRequest, case: Case, number: int, **_url: object) -> FileResponse:
    """The bytes of one attachment of the case."""
    del request
    from django.shortcuts import get_object_or_404

    found = get_object_or_404(Attachment, case=case, pk=number)
    response = FileResponse(
        default_storage.open(found.path), as_attachment=True, filename=found.name
    )
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    return response
