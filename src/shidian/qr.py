"""A QR code as the path of an SVG: one square a module, drawn in the ink of the page, for print."""

from __future__ import annotations

from typing import NamedTuple

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

QUIET_MODULES = 4
"""The light margin that ISO/IEC 18004 asks for on each side."""


class Code(NamedTuple):
    """`size`: modules a side, margin included; `path`: the dark ones."""

    size: int
    path: str


def code_of(text: str) -> Code:
    """The smallest code that holds the text and survives the loss of 15 % of it."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_MODULES)
    code.add_data(text)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return Code(len(rows), path)
