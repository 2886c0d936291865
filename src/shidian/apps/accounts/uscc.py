"""Check characters of what names an institution: USCC (GB 32100) and LEI (ISO 17442)."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""GB 32100-2015: no I, O, S, V, Z, which are read as digits."""
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_LEI_REMAINDER = 1


def uscc_check_character(first_seventeen: str) -> str:
    """The eighteenth character that goes with the first seventeen. Raises ValueError."""
    total = sum(
        _ALPHABET.index(character) * weight
        for character, weight in zip(first_seventeen, _WEIGHTS, strict=True)
    )
    return _ALPHABET[-total % 31]


def validate_uscc(code: str) -> None:
    """Refuses a Unified Social Credit Code of wrong form or wrong check character."""
    if not re.fullmatch(rf"[{_ALPHABET}]{{18}}", code):
        raise ValidationError(
            _("A Unified Social Credit Code has 18 digits and capital letters, without I O S V Z.")
        )
    if uscc_check_character(code[:17]) != code[17]:
        raise ValidationError(
            _("The last character of the Unified Social Credit Code does not fit the others.")
        )


def lei_check_digits(first_eighteen: str) -> str:
    """The two check digits (ISO 7064 MOD 97-10) that go with the first eighteen characters."""
    number = int("".join(str(int(character, 36)) for character in first_eighteen + "00"))
    return f"{98 - number % 97:02d}"


def validate_lei(code: str) -> None:
    """Refuses a Legal Entity Identifier of wrong form or wrong check digits."""
    if not re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", code):
        raise ValidationError(_("A Legal Entity Identifier has 20 digits and capital letters."))
    if int("".join(str(int(character, 36)) for character in code)) % 97 != _LEI_REMAINDER:
        raise ValidationError(_("The check digits of the Legal Entity Identifier do not fit."))
