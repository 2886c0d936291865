"""Whether a file is, by its structure, what its first bytes say: PDF, PNG, JPEG, Office.

Nothing is rendered, decompressed beyond a bound or followed: uploads are hostile, and this runs in
the web process. Each check reads the file once at most and never raises for what it holds.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.files.base import File

    Readable = IO[bytes] | File[Any]

_TAIL_BYTES = 2048
"""Where a reader of PDFs looks for the end: the last 1,024 bytes, and the lines before it."""
_XREF_BYTES = 4096
"""How much of an xref section's head is looked at."""
_TABLE_BYTES = 2**22
"""Room for a table of two hundred thousand objects."""
_UPDATES_MAX = 64
"""A file that was updated more often than this is not followed to its first table."""
_ENTRIES_MAX = 10_000
_PART_BYTES_MAX = 2**20
_CHUNK_BYTES_MAX = 2**31 - 1
_CHUNK_HEAD_BYTES = 8
_IHDR_BYTES = 13
_MARK, _START_OF_SCAN = 0xFF, 0xDA
_MARKER_BYTES = 2

_STARTXREF = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF")
_TABLE = re.compile(rb"\s*xref\s+\d{1,10}\s+\d{1,10}\s")
_OBJECT = re.compile(rb"\s*\d{1,10}\s+\d{1,5}\s+obj\b")
_ROOT = re.compile(rb"/Root\s*\d{1,10}\s+\d{1,5}\s+R\b")
_PREVIOUS = re.compile(rb"/Prev\s+(\d{1,12})\b")


def is_whole_pdf(file: Readable) -> bool:
    """Header, `startxref` and `%%EOF` at the end, and a chain of xref sections to a catalogue.

    Encrypted files and files with updates appended are whole.
    """
    size = _size(file)
    tail = _read(file, max(0, size - _TAIL_BYTES), _TAIL_BYTES)
    ends = list(_STARTXREF.finditer(tail))
    if not ends:
        return False
    offset, seen, rooted = int(ends[-1][1]), set[int](), False
    while offset not in seen and len(seen) < _UPDATES_MAX:
        seen.add(offset)
        trailer = _xref_trailer(file, offset, size)
        if trailer is None:
            return False
        rooted = rooted or _ROOT.search(trailer) is not None
        previous = _PREVIOUS.search(trailer)
        if previous is None:
            return rooted
        offset = int(previous[1])
    return False


def _xref_trailer(file: Readable, offset: int, size: int) -> bytes | None:
    """The dictionary of the xref table or stream at `offset`; None where there is neither."""
    if not 0 < offset < size:
        return None
    head = _read(file, offset, _XREF_BYTES)
    if head.lstrip().startswith(b"xref"):
        return _table_trailer(file, offset)
    if _OBJECT.match(head) is None:
        return None
    dictionary = head.partition(b"stream")[0]
    kinds = (rb"/Type\s*/XRef\b", rb"/W\s*\[")
    return dictionary if all(re.search(one, dictionary) for one in kinds) else None


def _table_trailer(file: Readable, offset: int) -> bytes | None:
    """What stands behind the table. Entries are not counted: writers err in their length."""
    table = _read(file, offset, _TABLE_BYTES)
    if _TABLE.match(table) is None:
        return None
    _, found, rest = table.partition(b"trailer")
    return rest[:_XREF_BYTES] if found else None


def is_whole_png(file: Readable) -> bool:
    """IHDR first, IEND last, each chunk within the file and with its check sum."""
    file.seek(8)
    first = True
    while True:
        head = file.read(_CHUNK_HEAD_BYTES)
        if len(head) < _CHUNK_HEAD_BYTES:
            return False
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if length > _CHUNK_BYTES_MAX or first != (kind == b"IHDR" and length == _IHDR_BYTES):
            return False
        first = False
        body, check = file.read(length), file.read(4)
        if len(body) < length or zlib.crc32(kind + body).to_bytes(4, "big") != check:
            return False
        if kind == b"IEND":
            return True


_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def is_whole_jpeg(file: Readable) -> bool:
    """Segments one after another to a frame and its scan, and an end-of-image behind it.

    Cameras write more behind the end; that is let pass.
    """
    file.seek(2)
    framed = False
    while True:
        marker = file.read(2)
        while marker == b"\xff\xff":
            marker = b"\xff" + file.read(1)
        if len(marker) < _MARKER_BYTES or marker[0] != _MARK:
            return False
        if marker[1] in _STANDALONE:
            continue
        length = int.from_bytes(file.read(2), "big")
        if length < _MARKER_BYTES or len(file.read(length - 2)) < length - 2:
            return False
        framed = framed or marker[1] in _FRAMES
        if marker[1] == _START_OF_SCAN:  # the scan: coded data to the end
            return framed and b"\xff\xd9" in file.read()


_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    ET.ParseError,
    EOFError,  # data that ends before its length
    KeyError,  # a part that the directory names and the package lacks
    NotImplementedError,  # raised by zipfile of a compression method that it lacks
    OSError,  # an offset before the file's beginning
    RuntimeError,  # encrypted
    ValueError,  # names and numbers that cannot be
)
"""What `zipfile` and the parser raise of files that are no packages, or hostile ones."""


def is_office(file: Readable, part: str, content_type: str) -> bool:
    """An OPC package whose main part is `part` of that very type, without macros."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if len(names) > _ENTRIES_MAX or len(set(names)) < len(names) or part not in names:
                return False
            types = dict(_types_of(archive))
            related = _related(archive)
    except _UNREADABLE:
        return False
    if types.get(f"/{part}") != content_type or part not in related:
        return False
    return not any(_is_active(one) for one in (*names, *types.values()))


def _is_active(word: str) -> bool:
    """A part's name or type by which Office would run something."""
    lowered = word.lower()
    marks = ("vbaproject", "vbadata", "macroenabled", "macrosheet", "activex")
    return any(mark in lowered for mark in marks)


def _types_of(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """(part or extension, content type) as the package declares them."""
    for one in _parse(archive, "[Content_Types].xml"):
        name = one.get("PartName") or f"*.{one.get('Extension', '')}"
        yield name, one.get("ContentType", "")


def _related(archive: zipfile.ZipFile) -> set[str]:
    """Parts that the package leads to. Raises ValueError for a template that lies elsewhere."""
    for name in archive.namelist():
        if name.endswith("settings.xml.rels") and any(
            one.get("TargetMode") == "External" and one.get("Type", "").endswith("Template")
            for one in _parse(archive, name)
        ):
            raise ValueError(name)
    found = _parse(archive, "_rels/.rels")
    return {str(one.get("Target", "")).lstrip("/") for one in found}


def _parse(archive: zipfile.ZipFile, name: str) -> list[ET.Element]:
    """The children of a small XML part. Raises ValueError for a large one or one with a DTD."""
    with archive.open(name) as part:
        text = part.read(_PART_BYTES_MAX + 1)
    if len(text) > _PART_BYTES_MAX or b"<!" in text.replace(b"<!--", b""):
        raise ValueError(name)
    return list(ET.fromstring(text))  # noqa: S314 - no DTD, bounded


def _size(file: Readable) -> int:
    file.seek(0, 2)
    return int(file.tell())


def _read(file: Readable, offset: int, length: int) -> bytes:
    file.seek(offset)
    return bytes(file.read(length))
