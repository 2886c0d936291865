"""The four answers that the confirmation page of an act gives, and the words that many share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Effect:
    """The four answers of a confirmation page. `grave`: the button is red."""

    law: _StrPromise
    practice: _StrPromise
    told: tuple[_StrPromise, ...]
    undo: _StrPromise
    grave: bool = False


APPLICANT = _("the applicant")
LEAD = _("the lead institution")
INVITED = _("the signers of that institution")
PARTNERS = _("the partner institutions")
OFFICERS = _("the case officers of the authorities")
SIGNERS = _("the signing officers of the authorities")
EXPERTS = _("the experts of the panel")
ASSESSORS = _("the assessor body")
CONSULTED = _("the authority that is asked")
PUBLIC = _("the public, on the public site")
NOBODY = _("nobody outside the authorities")

NO_DECISION = _("A step of the procedure. It is not an administrative decision.")
NOTHING_IN_LAW = _("None. It is no step of any procedure and no administrative decision.")
IN_LAW_OPINION = _("An opinion that the authorities weigh. It decides nothing by itself.")
KEPT_FOR_GOOD = _("No. It stays in the file; a later act can only follow it.")
