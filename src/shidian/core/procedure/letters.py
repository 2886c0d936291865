"""Letters (公文): how far one is, which signatures it lacks, how it is numbered and recognised.

What happens to a letter is steps; everything else follows from them. Each text of it is a version
with a digest; the paper that is stamped carries the digest of the released one, so that a scan can
be held against it, and against no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shidian.core.procedure.types import Json

CODE_DIGITS = 16
"""Hex digits of the digest that are printed to be typed: enough that no slip meets another text."""
DIGEST_DIGITS = 64
GROUP = 4
_HEX = re.compile(r"[0-9a-f]+")
_WHOLE = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class LetterStepKind(StrEnum):
    """What can happen to a letter."""

    WRITTEN = "written"
    SIGNED = "signed"
    SENT_BACK = "sent-back"
    """A signing officer wants it changed, and says what."""
    RELEASED = "released"
    """Numbered and dated; its text is fixed as a version of its own."""
    TAKEN_BACK = "taken-back"
    """To be corrected under the same number, before anyone was served."""
    WITHDRAWN = "withdrawn"
    """It stands no more. Its number stays its own."""
    BOUND = "bound"
    """The scan of the stamped paper was confirmed to be of the released version."""
    SERVED = "served"
    RECEIVED = "received"
    REFUSED = "refused"
    """The recipient would not take it."""
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class LetterMark:
    """One step, as far as the state follows from it. `key`: of the recipient."""

    kind: LetterStepKind
    version: int
    authority: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class LetterState:
    """What the steps come to.

    `version`: of the newest text. `signed`: who signed it, an earlier text's signatures are kept in
    the steps and count no more. `released`: the version that is out; None: none is. `served`: how
    the newest service to each recipient went, by its key.
    """

    version: int = 0
    signed: frozenset[str] = frozenset()
    sent_back: bool = False
    released: int | None = None
    withdrawn: bool = False
    bound: bool = False
    served: Mapping[str, LetterStepKind] = field(default_factory=dict)

    @property
    def is_draft(self) -> bool:
        return self.released is None and not self.withdrawn

    @property
    def stands(self) -> bool:
        """Whether it is out and has not been withdrawn."""
        return self.released is not None and not self.withdrawn


def letter_state(marks: Iterable[LetterMark]) -> LetterState:
    """Fold the steps of one letter, oldest first."""
    state = LetterState()
    for mark in marks:
        state = _after(state, mark)
    return state


def _after(state: LetterState, mark: LetterMark) -> LetterState:  # noqa: PLR0911 - one a kind
    match mark.kind:
        case LetterStepKind.WRITTEN:
            return replace(state, version=mark.version, signed=frozenset(), sent_back=False)
        case LetterStepKind.SIGNED:
            if mark.version != state.version:
                return state
            return replace(state, signed=state.signed | {mark.authority})
        case LetterStepKind.SENT_BACK:
            return replace(state, signed=frozenset(), sent_back=mark.version == state.version)
        case LetterStepKind.RELEASED:
            return replace(state, version=mark.version, released=mark.version)
        case LetterStepKind.TAKEN_BACK:
            return replace(state, released=None, bound=False, signed=frozenset())
        case LetterStepKind.WITHDRAWN:
            return replace(state, withdrawn=True)
        case LetterStepKind.BOUND:
            return replace(state, bound=mark.version == state.released)
        case _:
            return replace(state, served={**state.served, mark.key: mark.kind})


def signatures_wanted(
    state: LetterState, issuers: Sequence[str], *, countersigned: bool
) -> tuple[str, ...]:
    """The authorities whose signing officers have yet to sign the newest text.

    A joint issuer always signs: nothing goes out in a name without its word. The first one does
    where the rulebook has letters countersigned.
    """
    wanted = issuers if countersigned else issuers[1:]
    return tuple(one for one in wanted if one not in state.signed)


def letter_number(code: str, year: int, serial: int) -> str:
    """The document number (发文字号): year in six-cornered brackets, serial without zeros."""
    return f"{code}〔{year}〕{serial}号"


def letter_digest(content: Mapping[str, Json]) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of all that the letter says."""
    return sha256(canonical.dumps(dict(content))).hexdigest()


def check_code(digest: str) -> str:
    """The part of the digest that is printed to be typed, in groups: `a1b2 c3d4 …`."""
    return grouped(digest[:CODE_DIGITS])


def grouped(text: str) -> str:
    """In groups of four."""
    return " ".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def code_in(typed: str) -> str | None:
    """The digest, or its beginning, in what was typed or read from the code on the paper.

    None where there is none, or too little of one: fewer digits than are printed.
    """
    lowered = typed.lower()
    if whole := _WHOLE.search(lowered):
        return whole[0]
    digits = re.sub(r"[\s\-–—:·]+", "", lowered)
    if CODE_DIGITS <= len(digits) <= DIGEST_DIGITS and _HEX.fullmatch(digits):
        return digits
    return None


def code_for(digest: str) -> str:
    """What the square code on the paper says: capitals, which make the smallest one."""
    return f"SHIDIAN:LETTER:{digest.upper()}"
