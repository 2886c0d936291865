"""Why a bundle is not taken. The names are stable: operators search for them."""

from __future__ import annotations

from enum import StrEnum


class BundleRefusal(StrEnum):
    """Nothing of a refused bundle is applied; it can be brought again."""

    NOT_A_BUNDLE = "not-a-bundle"
    WRONG_KEY = "wrong-key"
    BAD_SIGNATURE = "bad-signature"
    FOREIGN_ZONE = "foreign-zone"
    OLDER = "older-bundle"
    NUMBER_MISSING = "number-missing"
    CHAIN_BROKEN = "chain-broken"
    PART_MISSING = "part-missing"
    PART_TRUNCATED = "part-truncated"
    PART_CHANGED = "part-changed"
    CONTENT = "content-unreadable"
    NOT_SEALED_TO_US = "not-sealed-to-us"


class BundleError(ValueError):
    """`name` says what is wrong, the text where, and what helps."""

    def __init__(self, name: BundleRefusal, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
