"""The registers of numbers as one person reads them: which number went to which letter, and gaps.

A register is an authority's numbers of one code and year. A number whose letter the reader may not
see is listed as given, and nothing else is said of it: serial numbers follow one another, so that
it would be missed in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, Max, OuterRef, Prefetch

from shidian.apps.accounts.models import Authority
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import Letter, LetterNumber, LetterStep, LetterVersion
from shidian.core.procedure.letters import letter_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person


@dataclass(frozen=True, slots=True)
class Register:
    """An authority's numbers of one code and year. `given`: how many; `last`: the highest."""

    authority: Authority
    code: str
    year: int
    given: int
    last: int

    @property
    def key(self) -> str:
        """Names it in an address."""
        return f"{self.authority.pk}-{self.year}-{self.code}"

    @property
    def has_gaps(self) -> bool:
        """Whether a number below the last was never given. The product gives none out of turn."""
        return self.given != self.last

    def number(self, serial: int) -> str:
        """A number of this register in full."""
        return letter_number(self.code, self.year, serial)


def registers_of(person: Person) -> list[Register]:
    """Those of the authorities in which the person holds an office, an auditor's all; two queries.

    The newest year first.
    """
    roles = roles_of(person)
    rows = LetterNumber.objects.order_by("-year", "authority", "code")
    if not roles.is_auditor:
        rows = rows.filter(authority__in=roles.authorities())
    counted = list(
        rows.values("authority", "code", "year").annotate(given=Count("pk"), last=Max("serial"))
    )
    named = Authority.objects.in_bulk({one["authority"] for one in counted})
    return [
        Register(named[one["authority"]], one["code"], one["year"], one["given"], one["last"])
        for one in counted
    ]


def numbers_in(register: Register, person: Person) -> QuerySet[LetterNumber]:
    """Its numbers, the newest first, each with `readable` and what a line says of its letter."""
    letters = Letter.objects.visible_to(person).filter(pk=OuterRef("letter"))
    rows = LetterNumber.objects.filter(
        authority=register.authority, code=register.code, year=register.year
    )
    return (
        rows.annotate(readable=Exists(letters))
        .select_related("letter__case")
        .prefetch_related(
            Prefetch("letter__versions", LetterVersion.objects.all()),
            Prefetch("letter__steps", LetterStep.objects.all()),
        )
        .order_by("-serial")
    )


def missing_in(register: Register) -> list[int]:
    """Serial numbers below the last that stand nowhere. One query; none where none is missing."""
    if not register.has_gaps:
        return []
    rows: Iterable[int] = LetterNumber.objects.filter(
        authority=register.authority, code=register.code, year=register.year
    ).values_list("serial", flat=True)
    return sorted(set(range(1, register.last + 1)) - set(rows))
