"""A field for files that the public sends along: what they may be is said before, and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.notices import files

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class SeveralFiles(forms.FileInput):
    """Chooses several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Uploads that are taken in as `files.taken_in` does; none is a list of none."""

    widget = SeveralFiles

    def __init__(self, *, hint: str | _StrPromise) -> None:
        super().__init__(
            label=gettext_lazy("Documents or pictures"), required=False, help_text=_told(hint)
        )
        self.widget.attrs["accept"] = ",".join(files.ENDINGS)

    def clean(self, data: Any, initial: Any = None) -> list[files.Given]:
        """The files, judged, scanned and stripped. Raises ValidationError."""
        del initial
        sent = data if isinstance(data, list | tuple) else [data] if data else []
        try:
            return files.taken_in(sent)
        except ValueError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


def _all_told(hint: object) -> str:
    limits = _(
        "At most %(n)d files of %(mib)d MiB each: PDF, PNG, JPEG, DOCX, XLSX without macros. What a"
        " picture tells of place, time and camera is taken out; a document keeps its author's name."
        " Nothing of them is published."
    ) % {"n": files.FILES_MAX, "mib": files.SIZE_MAX_MIB}
    return f"{limits} {hint}"


_told = lazy(_all_told, str)
