"""People of an institution: invited by link, given roles, leaving, removed.

What a role opens is asked at every request, so that a change holds from the next one on.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shidian.apps.accounts.domain.enrolling import enrol_person
from shidian.apps.accounts.models import Institution, Invitation, Person, Staff, StaffRole
from shidian.apps.accounts.roles import forget_roles, held_on

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

LINK_LASTS = timedelta(days=7)
OPEN_INVITATIONS_MAX = 50
"""Of one institution: nobody makes this service send mail without end."""


@transaction.atomic
def invite(
    *,
    institution: Institution,
    email: str,
    name: str,
    role: StaffRole,
    by: Person | None,
    at: datetime | None = None,
) -> tuple[Invitation, str]:
    """Ask somebody to take a place; returns the invitation and the secret of its link.

    An open invitation to the same address is withdrawn: only the newest link works. `by` None: the
    institution's own registration. Raises ValidationError (already there, too many open ones).
    """
    at = at or timezone.now()
    Institution.objects.select_for_update().get(pk=institution.pk)
    open_ones = institution.invitations.filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=at
    )
    open_ones.filter(email__iexact=email).update(withdrawn_at=at)
    if open_ones.count() >= OPEN_INVITATIONS_MAX:
        raise ValidationError(
            _("%(most)d invitations are open already: withdraw some first.")
            % {"most": OPEN_INVITATIONS_MAX}
        )
    if staff_of(institution).filter(person__email__iexact=email).exists():
        raise ValidationError(
            _("Somebody with this address is there already: change their roles instead.")
        )
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        institution=institution,
        email=email,
        name=name.strip(),
        role=role,
        token_sha256=_digest(secret),
        invited_by=by,
        made_at=at,
        expires_at=at + LINK_LASTS,
    )
    return invitation, secret


def open_invitation(secret: str, at: datetime | None = None) -> Invitation | None:
    """The invitation that this link opens now; None for one used, withdrawn, expired or made up."""
    found = (
        Invitation.objects.filter(token_sha256=_digest(secret))
        .select_related("institution", "invited_by")
        .first()
    )
    return found if found is not None and found.is_open_at(at or timezone.now()) else None


@transaction.atomic
def accept_invitation(
    *,
    invitation: Invitation,
    person: Person | None = None,
    username: str = "",
    name: str = "",
    password: str = "",
    at: datetime | None = None,
) -> Person:
    """Take the place: as `person`, or with a new account. The link works no more.

    Raises ValidationError where the link was used meanwhile, or the user name or address is taken.
    """
    at = at or timezone.now()
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not locked.is_open_at(at):
        raise ValidationError(_("This link has been used, withdrawn, or is too old."))
    if person is None:
        person = _new_account(locked, username, name, password)
    _give(person, locked.institution, StaffRole(locked.role))
    locked.accepted_at, locked.accepted_by = at, person
    locked.save(update_fields=["accepted_at", "accepted_by"])
    return person


def withdraw_invitation(invitation: Invitation, at: datetime | None = None) -> None:
    """Make an open link useless."""
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None).update(
        withdrawn_at=at or timezone.now()
    )


@transaction.atomic
def set_roles(*, person: Person, institution: Institution, roles: Iterable[StaffRole]) -> None:
    """What a person is in the institution from now on; no role: they have left, or are removed.

    Raises ValidationError where nobody would be left to sign for the institution.
    """
    Institution.objects.select_for_update().get(pk=institution.pk)
    wanted = set(roles)
    held = staff_of(institution)
    others_sign = held.filter(role=StaffRole.SIGNER).exclude(person=person).exists()
    if StaffRole.SIGNER not in wanted and not others_sign:
        raise ValidationError(
            _("Somebody must be left who signs for the institution: name another signer first.")
        )
    # The day before: a tenure includes its last day, and this one ends at once.
    yesterday = timezone.localdate() - timedelta(days=1)
    held.filter(person=person).exclude(role__in=wanted).update(ends=yesterday)
    for role in wanted - set(held.filter(person=person).values_list("role", flat=True)):
        _give(person, institution, StaffRole(role))
    forget_roles(person)


def staff_of(institution: Institution) -> QuerySet[Staff]:
    """Places held today."""
    return institution.staff.filter(held_on(timezone.localdate()))


def _give(person: Person, institution: Institution, role: StaffRole) -> None:
    """A place from today on; one that ended today is taken up again."""
    if staff_of(institution).filter(person=person, role=role).exists():
        return
    Staff.objects.update_or_create(
        person=person,
        institution=institution,
        role=role,
        starts=timezone.localdate(),
        defaults={"ends": None},
    )
    forget_roles(person)


def _new_account(invitation: Invitation, username: str, name: str, password: str) -> Person:
    if Person.objects.filter(username__iexact=username.strip()).exists():
        raise ValidationError({"username": _("This user name is taken: choose another one.")})
    if Person.objects.filter(email__iexact=invitation.email).exists():
        raise ValidationError(
            _("This address has an account already: sign in with it, then open the link again.")
        )
    return enrol_person(
        username=username, name=name.strip(), email=invitation.email, password=password
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
