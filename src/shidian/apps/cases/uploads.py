"""What an uploaded file is, found in its bytes; and where its bytes are kept."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.storage import default_storage

from shidian.apps.cases import containers

if TYPE_CHECKING:
    from django.core.files.base import File

    from shidian.core.rulebook.model import Question

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KNOWN = (PDF, PNG, JPEG, DOCX, XLSX)
_SHORT = {"pdf": PDF, "png": PNG, "jpg": JPEG, "jpeg": JPEG, "docx": DOCX, "xlsx": XLSX}
_MAGIC = (
    (b"%PDF-", PDF, containers.is_whole_pdf),
    (b"\x89PNG\r\n\x1a\n", PNG, containers.is_whole_png),
    (b"\xff\xd8\xff", JPEG, containers.is_whole_jpeg),
)
_ZIP = b"PK\x03\x04"
_MAIN = {
    DOCX: ("word/document.xml", f"{DOCX}.main+xml"),
    XLSX: ("xl/workbook.xml", f"{XLSX}.main+xml"),
}


def accepted_types(question: Question) -> tuple[str, ...]:
    """Content types the question takes; all known ones where it names none."""
    named = tuple(_SHORT.get(one.lstrip(".").lower(), one) for one in question.accept)
    return named or KNOWN


def size_max_bytes(question: Question) -> int:
    """Largest upload the question takes."""
    return (question.size_max_mib or int(settings.UPLOAD_SIZE_MAX_MIB)) * 2**20


def sniff(file: IO[bytes] | File[Any]) -> str | None:
    """Content type, by the structure of the whole file; None: not known, or not what it begins as.

    A file that merely begins like a PDF is none, nor is one that is cut off. An Office file with
    macros, or with a template from elsewhere that could bring them, is none of the accepted types.
    """
    file.seek(0)
    head = file.read(8)
    try:
        for magic, content_type, is_whole in _MAGIC:
            if head.startswith(magic):
                return content_type if is_whole(file) else None
        if head.startswith(_ZIP):
            for content_type, (part, main) in _MAIN.items():
                if containers.is_office(file, part, main):
                    return content_type
        return None
    finally:
        file.seek(0)


def begins_as(file: IO[bytes] | File[Any]) -> str | None:
    """What the first bytes promise, whether or not the rest keeps it: for the refusal's words."""
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    for magic, content_type, _ in _MAGIC:
        if head.startswith(magic):
            return content_type
    return None


def digest_of(file: File[Any]) -> str:
    """SHA-256 of the contents, in hex."""
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def keep(file: File[Any], path: str) -> None:
    """Store the bytes under `path`, named by their hash, unless they lie there already."""
    if not default_storage.exists(path):
        default_storage.save(path, file)
