"""A picture without what it tells besides: place, time, camera, owner, thumbnails. Pure.

Nothing is decoded: a picture's parts are copied one by one, and what is not needed to show it is
left out. What is left is the same picture, pixel for pixel. Only what `containers` has found whole
is given here; ValueError for anything that is not.

PNG: of the chunks of the specification (W3C, Third Edition) those that bear pixels, transparency
and colour are kept; text, time, Exif and unknown ones go. JPEG: of the application segments JFIF
and Adobe's are kept, without which colours are wrong; comments and whatever stands behind the end
go. A camera says in its Exif which way is up; that alone is written anew.
"""

from __future__ import annotations

import struct

_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD"}
    | {b"pHYs", b"acTL", b"fcTL", b"fdAT"}
)
_SOI, _EOI, _SOS, _APP0, _APP1, _APP14, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xFE
_TELLING = frozenset({_COM, *range(0xE0, 0xF0)})
_MARK = 0xFF
_BARE = frozenset({0x01, *range(0xD0, 0xD8)})
_RESTARTS = range(0xD0, 0xD8)
_EXIF = b"Exif\x00\x00"
_ORIENTATION = 0x0112
_UPRIGHT, _TURNS_MAX = 1, 8
_ENTRY_BYTES = 12


def bare_png(content: bytes) -> bytes:
    """The picture alone. Raises ValueError where the chunks do not lead to the end."""
    if not content.startswith(_PNG_HEAD):
        raise ValueError("no PNG")
    kept, at = [_PNG_HEAD], len(_PNG_HEAD)
    while at + 12 <= len(content):
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content):
            break
        if kind in _PNG_KEPT:
            kept.append(content[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    raise ValueError("a PNG without its end")


def bare_jpeg(content: bytes) -> bytes:
    """The picture alone, with the way up that its Exif named. Raises ValueError as `bare_png`."""
    if content[:2] != bytes((0xFF, _SOI)):
        raise ValueError("no JPEG")
    kept: list[bytes] = []
    jfif, way_up, at = b"", _UPRIGHT, 2
    while True:
        marker, at = _marker(content, at)
        if marker == _EOI:
            kept.append(bytes((0xFF, _EOI)))
            break
        if marker in _BARE:
            kept.append(bytes((0xFF, marker)))
            continue
        end = at + int.from_bytes(content[at : at + 2])
        if end < at + 2 or end > len(content):
            raise ValueError("a JPEG's segment is longer than the file")
        if marker == _APP0 and content[at + 2 : at + 6] == b"JFIF":
            jfif = _JFIF  # only where there was one: it says what the colours are
        elif marker == _APP1:
            way_up = _way_up(content[at + 2 : end]) or way_up
        colours = marker == _APP14 and content[at + 2 : at + 7] == b"Adobe"
        if colours or marker not in _TELLING:
            kept.append(content[at - 2 : end])
        at = end
        if marker == _SOS:
            at = _end_of_scan(content, at)
            kept.append(content[end:at])
    return b"".join((bytes((0xFF, _SOI)), jfif, _exif_of(way_up), *kept))


_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
"""Without a thumbnail and without a resolution: version 1.01, square pixels."""


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The marker that stands here, fill bytes apart, and where its segment begins."""
    if at >= len(content) or content[at] != _MARK:
        raise ValueError("no marker where one must be")
    while at < len(content) and content[at] == _MARK:
        at += 1
    if at >= len(content) or content[at] == 0:
        raise ValueError("a JPEG without its end")
    return content[at], at + 1


def _end_of_scan(content: bytes, at: int) -> int:
    """Where coded data end: at the next marker that is neither a stuffed byte nor a restart."""
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise ValueError("a JPEG's scan without its end")
        following = content[at + 1]
        if following == _MARK:  # a fill byte
            at += 1
        elif following == 0 or following in _RESTARTS:
            at += 2
        else:
            return at


def _way_up(segment: bytes) -> int | None:
    """Orientation 1 to 8 of an Exif segment's first directory; None without one."""
    if not segment.startswith(_EXIF):
        return None
    tiff = segment[len(_EXIF) :]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for number in range(count):
            entry = start + 2 + number * _ENTRY_BYTES
            tag, kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
            if (tag, kind) == (_ORIENTATION, 3):
                return int(value) if _UPRIGHT <= value <= _TURNS_MAX else None
    except struct.error:
        return None
    return None


def _exif_of(way_up: int) -> bytes:
    """An Exif segment that says the way up and nothing else; none where it is upright."""
    if way_up == _UPRIGHT:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, way_up, 0)
    body = _EXIF + b"MM\x00*" + struct.pack(">IH", 8, 1) + entry + bytes(4)
    return bytes((0xFF, _APP1)) + struct.pack(">H", len(body) + 2) + body
