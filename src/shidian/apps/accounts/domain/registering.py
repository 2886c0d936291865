"""An institution registers itself; an officer checks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.domain.staffing import invite
from shidian.apps.accounts.models import Institution, Invitation, Licence, StaffRole

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person


@transaction.atomic
def apply_for_registration(
    *, institution: Institution, licence: Licence | None, contact: str, email: str
) -> tuple[Invitation, str]:
    """Keep a new institution, unchecked, and invite its first signer by mail.

    Whoever fills in the form gets no place by that: the mailed link gives it. Raises
    ValidationError where a code does not check or is registered already.
    """
    codes = Q(uscc=institution.uscc) if institution.uscc else Q()
    if institution.lei:
        codes |= Q(lei=institution.lei)
    if codes and Institution.objects.filter(codes).exists():
        raise ValidationError(
            _("An institution with this code is registered already: ask its signers to invite you.")
        )
    institution.checked_at = None
    institution.full_clean()
    institution.save()
    if licence is not None:
        licence.institution = institution
        licence.full_clean()
        licence.save()
    return invite(
        institution=institution, email=email, name=contact, role=StaffRole.SIGNER, by=None
    )


@transaction.atomic
def add_licence(licence: Licence) -> None:
    """Record a further licence. The institution must be checked again before it leads anew."""
    licence.full_clean()
    licence.save()
    Institution.objects.filter(pk=licence.institution_id).update(
        checked_at=None, checked_by=None, refused=""
    )


def confirm_registration(
    institution: Institution, *, by: Person, at: datetime | None = None
) -> None:
    """An officer found that the firm and its licences are what it says."""
    institution.checked_at, institution.checked_by = at or timezone.now(), by
    institution.refused = ""
    institution.save(update_fields=["checked_at", "checked_by", "refused"])


def refuse_registration(institution: Institution, *, reason: str, by: Person) -> None:
    """An officer did not confirm; the firm reads why, mends it, and is checked again."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say what is wrong, so that it can be mended.")})
    institution.checked_at, institution.checked_by = None, by
    institution.refused = reason.strip()
    institution.save(update_fields=["checked_at", "checked_by", "refused"])
