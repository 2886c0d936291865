"""Which drafts and difficulties a person may see, as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models

from shidian.apps.accounts.models import Person
from shidian.apps.accounts.roles import roles_of
from shidian.apps.cases.models import SchemeAuthority

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shidian.apps.lab.models import RulebookDraft  # noqa: F401 - named as text in a base class


class DraftQuerySet(models.QuerySet["RulebookDraft"]):
    """Drafts, cut to what someone may see."""

    def visible_to(self, person: Person | AnonymousUser) -> Self:
        """Officers see the drafts of schemes in which their authority has a part; auditors all."""
        if not isinstance(person, Person):
            return self.none()
        roles = roles_of(person)
        if roles.is_auditor:
            return self
        held = roles.authorities()
        if not held:
            return self.none()
        parts = SchemeAuthority.objects.filter(authority__in=held)
        return self.filter(scheme__in=parts.values("scheme"))
