"""What an uploaded file is, found in its bytes; and where its bytes are kept."""

from __future__ import annotations

import hashlib
import zipfile
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.storage import default_storage

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
_MAGIC = ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG))
_ZIP = b"PK\x03\x04"
_ENTRIES_MAX = 10_000


def accepted_types(question: Question) -> tuple[str, ...]:
    """Content types the question takes; all known ones where it names none."""
    named = tuple(_SHORT.get(one.lstrip(".").lower(), one) for one in question.accept)
    return named or KNOWN


def size_max_bytes(question: Question) -> int:
    """Largest upload the question takes."""
    return (question.size_max_mib or int(settings.UPLOAD_SIZE_MAX_MIB)) * 2**20


def sniff(file: IO[bytes] | File[Any]) -> str | None:
    """Content type from the first bytes (and, for Office files, the parts); None: not known.

    An Office file with macros is none of the accepted types.
    """
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    for magic, content_type in _MAGIC:
        if head.startswith(magic):
            return content_type
    return _office(file) if head.startswith(_ZIP) else None


def _office(file: IO[bytes] | File[Any]) -> str | None:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    finally:
        file.seek(0)
    if "[Content_Types].xml" not in names or len(names) > _ENTRIES_MAX:
        return None
    if any(name.endswith("vbaProject.bin") for name in names):
        return None
    if "word/document.xml" in names:
        return DOCX
    return XLSX if "xl/workbook.xml" in names else None


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
