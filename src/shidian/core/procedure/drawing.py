"""Drawing a panel by lot so that anyone can check it: the pool first, the seed later. Pure.

    1. the pool is written down (`document_of`): a random salt, a lot and a sealed name for each
    2. its fingerprint (`fingerprint`) goes on record, with a public seed that nobody knows yet
    3. once the seed is known, `in_lot_order` and `seat` give the panel, whoever computes them

The lot order is that of SHA-256 over `fingerprint LF seed LF lot`, in UTF-8, as hexadecimal text.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from shidian.core.procedure.seating import POOL_MAX
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

ALGORITHM = "shidian-draw-1"
SEED_MAX = 200
_LOT = re.compile(r"[0-9a-f]{16}")
_SALT = re.compile(r"[0-9a-f]{64}")


class PoolError(ValueError):
    """A document that is no pool, or not the one it claims to be."""


def document_of(
    *,
    salt: str,
    lots: Mapping[str, tuple[str, Sequence[str]]],
    seats: int,
    disciplines: Sequence[str],
    seed_source: str,
    known_from: date,
) -> dict[str, Any]:
    """The pool as it is fixed. `lots`: lot → (person, disciplines). Names are sealed by the salt,

    so that the document can be shown without them, and each still be proved to be in it.
    """
    return {
        "algorithm": ALGORITHM,
        "salt": salt,
        "seats": seats,
        "disciplines": list(disciplines),
        "seed_source": seed_source,
        "known_from": known_from.isoformat(),
        "pool": [
            {"lot": lot, "who": seal(salt, lot, person), "disciplines": sorted(masters)}
            for lot, (person, masters) in sorted(lots.items())
        ],
    }


def seal(salt: str, lot: str, person: str) -> str:
    """What binds a lot to a person: SHA-256 over salt, lot and person, a line each."""
    return hashlib.sha256(f"{salt}\n{lot}\n{person}".encode()).hexdigest()


def fingerprint(document: Mapping[str, Any]) -> str:
    """SHA-256 over the document's canonical JSON (RFC 8785). Raises PoolError for no pool."""
    _check(document)
    return hashlib.sha256(canonical.dumps(document)).hexdigest()


def in_lot_order(document: Mapping[str, Any], seed: str) -> list[str]:
    """All lots, the first drawn first. The seed counts without blanks around it, as NFKC."""
    said = normal(seed)
    if not said or len(said) > SEED_MAX:
        raise PoolError(f"a seed has 1 to {SEED_MAX} characters")
    name = fingerprint(document)

    def ticket(lot: str) -> str:
        return hashlib.sha256(f"{name}\n{said}\n{lot}".encode()).hexdigest()

    return sorted((one["lot"] for one in document["pool"]), key=ticket)


def seat(
    order: Sequence[str],
    masters: Mapping[str, Sequence[str]],
    seats: int,
    disciplines: Sequence[str],
    *,
    sitting: Sequence[str] = (),
    gone: Sequence[str] = (),
) -> list[str]:
    """Who is drawn, besides those `sitting`: for each discipline that is missing, in its order, the

    first that masters it; then the first of the rest, until the seats are full. `gone`: drawn
    before, and barred since. Of who masters a discipline everyone has the same chance.
    """
    drawn: list[str] = []
    barred = {*sitting, *gone}

    def free() -> list[str]:
        return [one for one in order if one not in barred and one not in drawn]

    for name in disciplines:
        if len(sitting) + len(drawn) >= seats:
            break
        if any(name in masters.get(one, ()) for one in (*sitting, *drawn)):
            continue
        drawn += [one for one in free() if name in masters.get(one, ())][:1]
    return drawn + free()[: max(seats - len(sitting) - len(drawn), 0)]


def drawn_lots(document: Mapping[str, Any], seed: str) -> list[str]:
    """The lots that the seed draws for the document's seats: what anyone can compute again."""
    masters = {one["lot"]: one["disciplines"] for one in document["pool"]}
    order = in_lot_order(document, seed)
    return seat(order, masters, document["seats"], document["disciplines"])


def normal(seed: str) -> str:
    """A seed as it counts."""
    return unicodedata.normalize("NFKC", seed).strip()


def _check(document: Mapping[str, Any]) -> None:
    keys = {"algorithm", "salt", "seats", "disciplines", "seed_source", "known_from", "pool"}
    if set(document) != keys or document["algorithm"] != ALGORITHM:
        raise PoolError(f"a pool by {ALGORITHM} has exactly the members {', '.join(sorted(keys))}")
    pool = document["pool"]
    if not isinstance(pool, list | tuple) or not 1 <= len(pool) <= POOL_MAX:
        raise PoolError(f"a pool has 1 to {POOL_MAX} lots")
    lots = [one["lot"] for one in pool if isinstance(one, dict) and set(one) == _MEMBERS]
    if len(lots) != len(pool) or len(set(lots)) != len(lots):
        raise PoolError("each of the pool has its own lot, a sealed name and disciplines")
    if not all(isinstance(one, str) and _LOT.fullmatch(one) for one in lots):
        raise PoolError("a lot is 16 hexadecimal digits")
    if not isinstance(document["salt"], str) or _SALT.fullmatch(document["salt"]) is None:
        raise PoolError("the salt is 64 hexadecimal digits")
    seats = document["seats"]
    if not isinstance(seats, int) or isinstance(seats, bool) or seats < 1:
        raise PoolError("the seats are a whole number from 1 on")


_MEMBERS = {"lot", "who", "disciplines"}
