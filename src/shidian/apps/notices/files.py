"""Files that the public sends: judged by their structure, freed of what they tell besides, bounded.

    given = taken_in(request.FILES.getlist("attached"))   # the public site's: judges, scans, strips
    content["files"] = [one.as_content() for one in given]
    keep_files(given_in(content), receipt_sha256=…)    # whoever keeps the matter: `domain.files`

What is handed over is JSON, so that it goes wherever a submission goes.
"""

from __future__ import annotations

import base64
import hashlib
import io
import unicodedata
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404

from shidian.apps.cases import scanning, uploads
from shidian.apps.cases.errors import DomainError
from shidian.apps.notices.pictures import bare_jpeg, bare_png
from shidian.apps.notices.zones.sealing import is_public_zone
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.core.files.base import File

    from shidian.apps.notices.models import SentFile

FILES_MAX = 3
SIZE_MAX_MIB = 5
NAME_CHARS_MAX = 150
ENDINGS = {
    uploads.PDF: (".pdf",),
    uploads.PNG: (".png",),
    uploads.JPEG: (".jpg", ".jpeg"),
    uploads.DOCX: (".docx",),
    uploads.XLSX: (".xlsx",),
}
"""What a file of each type that is taken is called; the first is given to one that is not."""
_BARE = {uploads.PNG: bare_png, uploads.JPEG: bare_jpeg}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A file as it is handed over. `sent_sha256`: of the bytes as the sender has them. `scanned`:
    whether this zone had it scanned, where a scanner is named."""

    name: str
    content_type: str
    content: bytes
    sent_sha256: str
    scanned: bool = True

    def as_content(self) -> dict[str, str]:
        """As it stands in a submission."""
        return {
            "name": self.name,
            "type": self.content_type,
            "sent_sha256": self.sent_sha256,
            "data": base64.b64encode(self.content).decode(),
        }


def given_in(content: Mapping[str, Any], *, scanned: bool = True) -> list[Given]:
    """The files of a submission. Raises ValueError where one is not as `as_content` says."""
    return [
        Given(
            name=str(one["name"]),
            content_type=str(one["type"]),
            content=base64.b64decode(one["data"], validate=True),
            sent_sha256=str(one["sent_sha256"]),
            scanned=scanned,
        )
        for one in content.get("files", ())
    ]


def taken_in(sent: Sequence[File[Any]]) -> list[Given]:
    """Judge each upload by its structure, have it scanned, and strip pictures of all else.

    Not scanned in the public zone, where a scanner would write down what nobody there may read:
    the internal zone does so before anybody opens it. Call it outside a transaction. Raises
    DomainError: `too-many-files`, `too-large`, `empty-file`, `wrong-type`, `infected`,
    `not-scanned`.
    """
    if len(sent) > FILES_MAX:
        raise DomainError(
            "too-many-files",
            Text(
                zh=f"最多可附 {FILES_MAX} 个文件。",
                en=f"At most {FILES_MAX} files can be sent along.",
            ),
            "attached",
        )
    return [_taken_in(upload) for upload in sent]


def _taken_in(upload: File[Any]) -> Given:
    named = tidy_name(upload.name or "")
    if (upload.size or 0) > SIZE_MAX_MIB * 2**20:
        raise DomainError(
            "too-large",
            Text(
                zh=f"“{named}”超过 {SIZE_MAX_MIB} MiB，请压缩或拆分后再传。",
                en=f"“{named}” is larger than {SIZE_MAX_MIB} MiB: make it smaller or send a part.",
            ),
            "attached",
        )
    if not upload.size:
        raise DomainError(
            "empty-file", Text(zh=f"“{named}”是空文件。", en=f"“{named}” is empty."), "attached"
        )
    content_type = uploads.sniff(upload)
    if content_type is None:
        raise _wrong_type(named)
    if not is_public_zone():
        scanning.must_be_clean(upload)
    upload.seek(0)
    sent = upload.read()
    content = _bare(sent, content_type, named)
    return Given(
        name=with_ending(named, content_type),
        content_type=content_type,
        content=content,
        sent_sha256=hashlib.sha256(sent).hexdigest(),
    )


def _bare(content: bytes, content_type: str, name: str) -> bytes:
    try:
        return _BARE[content_type](content) if content_type in _BARE else content
    except ValueError:
        raise _wrong_type(name) from None


def _wrong_type(name: str) -> DomainError:
    return DomainError(
        "wrong-type",
        Text(
            zh=f"“{name}”不能收下：只收完整的 PDF、PNG、JPEG、DOCX 和 XLSX 文件，不收带宏的文件。",
            en=f"“{name}” cannot be taken: only whole PDF, PNG, JPEG, DOCX and XLSX files are,"
            " and none with macros.",
        ),
        "attached",
    )


def judged_again(given: Given) -> bytes:
    """What is kept of what was handed over: judged and stripped once more, whoever did so before.

    Raises DomainError `wrong-type`.
    """
    too_large = len(given.content) > SIZE_MAX_MIB * 2**20
    if too_large or uploads.sniff(io.BytesIO(given.content)) != given.content_type:
        raise _wrong_type(given.name)
    return _bare(given.content, given.content_type, given.name)


def tidy_name(name: str) -> str:
    """Without folders, and without signs that cannot be seen or that turn the writing about."""
    last = PurePosixPath(name.replace("\\", "/")).name
    seen = "".join(one for one in last if unicodedata.category(one)[0] not in "CZ" or one == " ")
    return seen.strip()[-NAME_CHARS_MAX:] or "file"


def with_ending(name: str, content_type: str) -> str:
    """The name, ending as its content does: what is a picture is not called a program."""
    endings = ENDINGS[content_type]
    return name if name.lower().endswith(endings) else f"{name}{endings[0]}"


def downloaded(found: SentFile) -> FileResponse:
    """The bytes, always as a download: never shown inside a page, kept by no cache.

    Raises Http404 where they are not there to be fetched, or not yet.
    """
    if not found.is_open:
        raise Http404
    response = FileResponse(
        default_storage.open(found.path), as_attachment=True, filename=found.name
    )
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def as_told(given: Iterable[Given]) -> list[dict[str, Any]]:
    """What a receipt says of each: its size and the hash that the sender can compare."""
    return [
        {"name": one.name, "size": len(one.content), "sha256": one.sent_sha256} for one in given
    ]
