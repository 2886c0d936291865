"""Small files of each accepted type that are whole by their structure, as a program would write them."""

from __future__ import annotations

import io
import zipfile
import zlib


def pdf(words: str = "A document of the tests") -> bytes:
    """One page, with a table of objects at the right place."""
    stream = f"BT /F1 12 Tf 72 720 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources"
            b" << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    whole, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return whole + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (size, table, size, len(whole))
    )


def png() -> bytes:
    """One black pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return len(body).to_bytes(4, "big") + kind + body + check.to_bytes(4, "big")

    head = b"\0\0\0\x01\0\0\0\x01\x08\0\0\0\0"
    pixels = zlib.compress(b"\0\0")
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def jpeg() -> bytes:
    """The segments of a picture of one pixel, with a scan of two bytes."""
    frame = b"\x08\0\x01\0\x01\x01\x01\x11\0"
    scan = b"\x01\x01\0\0\x3f\0"
    return (
        b"\xff\xd8"
        b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
        + (b"\xff\xc0" + (len(frame) + 2).to_bytes(2, "big") + frame)
        + (b"\xff\xda" + (len(scan) + 2).to_bytes(2, "big") + scan)
        + b"\x3f\x80\xff\xd9"
    )


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def office(
    part: str = "word/document.xml",
    main: str = f"{WORD}.main+xml",
    *,
    types: str = "",
    **more: str,
) -> bytes:
    """A package that leads to one part. `types`: further declarations; `more`: further parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/{part}" ContentType="{main}"/>{types}</Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="officeDocument" Target="{part}"/></Relationships>',
        )
        archive.writestr(part, "<x/>")
        for name, text in more.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def docx() -> bytes:
    """A Word file, by its structure."""
    return office()


def xlsx() -> bytes:
    """An Excel file, by its structure."""
    return office("xl/workbook.xml", f"{EXCEL}.main+xml")
