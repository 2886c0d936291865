"""Figures that the bond pilot's firm files by hand: one period attested, the next one waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.base import ContentFile

from shidian.apps.supervision.domain.returns import Period, attest_return, prepare_return

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case

STREAM = "forecast.missed"
HEADER = "time,issuer\n"


def file_missed_defaults(
    case: Case,
    *,
    first: datetime,
    last: datetime,
    rows: str,
    signer: Person,
    attests: bool,
    at: datetime,
) -> None:
    """Defaults that the model did not foresee, found by hand; without rows there was none."""
    name = f"漏报违约 {first:%Y-%m-%d}.csv"
    prepared = prepare_return(
        pilot=case.pilot,
        period=Period(STREAM, first.date(), last.date()),
        file=ContentFile((HEADER + rows).encode(), name=name),
        by=signer,
        at=at,
    )
    if attests:
        attest_return(found=prepared, by=signer, proof=None, at=at)
