"""Proof of work: what a sender's browser calculates before it sends, so that floods cost. Pure.

The page gives the browser a token of its own. The browser seeks a number n for which SHA-256 of
`<token>:<n>` begins with so many zero bits; whoever receives it needs one hash to see that it did.
Nothing about the reader is asked, kept or compared, and each token is good for one sending, since a
second one under it is the same submission.
"""

from __future__ import annotations

import hashlib

NUMBER_CHARS_MAX = 16


def zero_bits(digest: bytes) -> int:
    """How many zero bits a hash begins with."""
    return len(digest) * 8 - int.from_bytes(digest).bit_length()


def is_done(token: str, number: str, bits: int) -> bool:
    """Whether `number` is a proof of `bits` bits of work on the token. 0 bits need no work."""
    if bits <= 0:
        return True
    if not (number.isascii() and number.isdigit() and len(number) <= NUMBER_CHARS_MAX):
        return False
    return bool(token) and zero_bits(hashlib.sha256(f"{token}:{number}".encode()).digest()) >= bits
