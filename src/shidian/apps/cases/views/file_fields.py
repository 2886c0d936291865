"""A field for a file says what it takes before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from shidian.apps.cases.scanning import is_scanned
from shidian.apps.cases.uploads import size_max_bytes

if TYPE_CHECKING:
    from django import forms

    from shidian.core.rulebook.model import Question

_EXTENSIONS = {
    "application/pdf": "PDF",
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "XLSX",
}


def dress_file(field: forms.Field, question: Question) -> None:
    """Say kinds and limit beside the field, and give the page's script the words to say it with."""
    mib = size_max_bytes(question) // 2**20
    accepted = str(field.widget.attrs.get("accept", ""))
    kinds = _(", ").join(_EXTENSIONS.get(one, one) for one in accepted.split(",") if one)
    limit = _("%(kinds)s, at most %(mib)d MiB.") % {"kinds": kinds, "mib": mib}
    scan = _("Scanned for viruses.") if is_scanned() else _("Not scanned for viruses here.")
    field.help_text = " ".join(filter(None, [str(field.help_text), limit, scan]))
    field.widget.attrs.update(
        {
            "data-mib-max": str(mib),
            "data-problem-id": f"problem-{question.id}",
            "data-problem-kind": _("This kind of file is not accepted here: %(kinds)s only.")
            % {"kinds": kinds},
            "data-problem-size": _("This file is larger than %(mib)d MiB.") % {"mib": mib},
        }
    )
