"""What an application under a call still lacks, by what its authors say they have. Pure.

A comparison with the call's own list and nothing more: it weighs nothing and forecasts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.apps.notices.bodies import CallBody, KindLine


class Kind(StrEnum):
    """What is missing or amiss."""

    LEAD_UNSAID = "lead-unsaid"
    LEAD_REFUSED = "lead-refused"
    PARTNER_REFUSED = "partner-refused"
    PARTNERS_TOO_MANY = "partners-too-many"
    STANDING = "standing"
    SECTION = "section"
    DOCUMENT = "document"
    CRITERION = "criterion"


class Standing(StrEnum):
    """What an institution needs before it can submit."""

    LICENCE = "licence"
    ACCOUNT = "account"
    CHECKED = "checked"
    SIGNER = "signer"


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing. `what`: its name as the call has it; `more`: what it takes."""

    kind: Kind
    what: str = ""
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """What the authors say. Places are those of the call's lists, counted from 0."""

    lead: str = ""
    partners: frozenset[str] = frozenset()
    partner_count: int = 0
    standing: frozenset[str] = frozenset()
    sections: frozenset[int] = field(default_factory=frozenset)
    documents: frozenset[int] = field(default_factory=frozenset)
    criteria: frozenset[int] = field(default_factory=frozenset)


def standing_for(body: CallBody, lead: str) -> tuple[Standing, ...]:
    """What the lead institution needs: a licence and its check only where its kind is licensed."""
    licensed = any(one["id"] == lead and one["licensed"] for one in body.get("kinds", []))
    always = (Standing.ACCOUNT, Standing.SIGNER)
    return (Standing.LICENCE, Standing.CHECKED, *always) if licensed else always


def gaps(body: CallBody, given: Given) -> list[Gap]:
    """Everything that the call asks for and the authors do not have, in the call's order."""
    kinds = {one["id"]: one for one in body.get("kinds", [])}
    return [
        *_of_the_lead(body, kinds, given),
        *_of_partners(body, kinds, given),
        *(
            Gap(Kind.SECTION, one["title"], tuple(one.get("questions", ())))
            for place, one in enumerate(body["sections"])
            if place not in given.sections
        ),
        *(
            Gap(Kind.DOCUMENT, one["name"])
            for place, one in enumerate(body.get("materials", []))
            if one["required"] and not one["conditional"] and place not in given.documents
        ),
        *(
            Gap(Kind.CRITERION, one["name"], (one["question"],))
            for place, one in enumerate(body["criteria"])
            if one["mandatory"] and place not in given.criteria
        ),
    ]


def _of_the_lead(body: CallBody, kinds: dict[str, KindLine], given: Given) -> Iterator[Gap]:
    if not kinds:
        return
    if given.lead not in kinds:
        yield Gap(Kind.LEAD_UNSAID)
    elif not kinds[given.lead]["leads"]:
        can = tuple(one["name"] for one in kinds.values() if one["leads"])
        yield Gap(Kind.LEAD_REFUSED, kinds[given.lead]["name"], can)
    for one in standing_for(body, given.lead):
        if one not in given.standing:
            yield Gap(Kind.STANDING, one)


def _of_partners(body: CallBody, kinds: dict[str, KindLine], given: Given) -> Iterator[Gap]:
    for one in kinds.values():
        if one["id"] in given.partners and not one["joins"]:
            yield Gap(Kind.PARTNER_REFUSED, one["name"])
    most = body.get("partners_max")
    if most is not None and given.partner_count > most:
        yield Gap(Kind.PARTNERS_TOO_MANY, str(most))
