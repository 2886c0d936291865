"""A picture sent by the public keeps its pixels and loses what it told of place, time and person."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.cases import containers
from shidian.apps.notices.pictures import bare_jpeg, bare_png
from tests.files import jpeg, png

PLACE = b"31 deg 14' 22.1 N, 121 deg 28' 10.9 E"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def talkative_png() -> bytes:
    told = [
        chunk(b"tEXt", b"Author\0" + PLACE),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PLACE),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(PLACE)),
        chunk(b"eXIf", b"MM\0*" + PLACE),
        chunk(b"tIME", b"\x07\xea\x0b\x1e\x01\x02\x03"),
        chunk(b"prVt", PLACE),
    ]
    whole = png()
    head = whole.index(b"IDAT") - 4
    return whole[:head] + b"".join(told) + whole[head:] + PLACE


def exif(way_up: int, order: str) -> bytes:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = [
        struct.pack(f"{order}HHII", 0x010F, 2, len(PLACE), 200),
        struct.pack(f"{order}HHIHH", 0x0112, 3, 1, way_up, 0),
    ]
    body = mark + struct.pack(f"{order}IH", 8, len(entries)) + b"".join(entries) + PLACE
    return segment(0xE1, b"Exif\0\0" + body)


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def talkative_jpeg(way_up: int = 6, order: str = ">") -> bytes:
    told = [
        exif(way_up, order),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE),
        segment(0xED, b"Photoshop 3.0\0" + PLACE),
        segment(0xE2, b"MPF\0" + PLACE),
        segment(0xFE, PLACE),
    ]
    whole = jpeg()
    frame = whole.index(b"\xff\xc0")
    return whole[:frame] + b"".join(told) + whole[frame:] + PLACE + jpeg()


def test_a_png_keeps_its_pixels_alone() -> None:
    bare = bare_png(talkative_png())
    assert bare == png()
    assert containers.is_whole_png(io.BytesIO(bare))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_keeps_its_pixels_and_which_way_is_up(order: str) -> None:
    bare = bare_jpeg(talkative_jpeg(6, order))
    assert PLACE not in bare
    assert containers.is_whole_jpeg(io.BytesIO(bare))
    assert bare[bare.index(b"\xff\xc0") :] == jpeg()[jpeg().index(b"\xff\xc0") :]
    assert bare.count(b"Exif\0\0") == 1
    assert bare_jpeg(bare) == bare  # what it says of the way up is read as it was written


@pytest.mark.parametrize("way_up", [0, 1, 9, 65535])
def test_a_jpeg_that_is_upright_or_says_nonsense_has_no_exif_at_all(way_up: int) -> None:
    assert b"Exif" not in bare_jpeg(talkative_jpeg(way_up))


def test_a_jpeg_of_several_scans_is_kept_to_its_end() -> None:
    scan = segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x11\xff\x00\xff\xd0\x22"
    table = segment(0xC4, b"\0" * 20)
    frame = segment(0xC2, b"\x08\0\x01\0\x01\x01\x01\x11\0")
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01")
    body = adobe + frame + scan + table + scan + b"\xff\xd9"
    assert bare_jpeg(b"\xff\xd8" + body + PLACE) == b"\xff\xd8" + body


@given(st.binary(max_size=200), st.integers(0, 400))
def test_whatever_is_given_a_picture_comes_out_or_a_refusal(junk: bytes, at: int) -> None:
    """Nothing else is raised, nothing runs on for ever, and what comes out tells no more."""
    for strip, whole in ((bare_png, talkative_png()), (bare_jpeg, talkative_jpeg())):
        for content in (junk, whole[:at] + junk + whole[at:], whole[:at] + junk):
            try:
                bare = strip(content)
            except ValueError:
                continue
            assert len(bare) <= len(content) + 40
