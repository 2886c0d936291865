"""What the lab's views load before the access rule is asked, and what they all show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import Case
from shidian.apps.cases.zones import show_times_of
from shidian.apps.lab.models import RulebookDraft

if TYPE_CHECKING:
    from django.http import HttpRequest


def draft_by_slug(_request: HttpRequest, slug: str, **_rest: object) -> RulebookDraft:
    """The draft of that name. Raises DoesNotExist."""
    draft = (
        RulebookDraft.objects.select_related("scheme", "base", "published", "created_by")
        .defer("base__document", "published__document")
        .get(slug=slug)
    )
    show_times_of(draft.base)
    return draft


def draft_of_comment(_request: HttpRequest, receipt: str, **_rest: object) -> RulebookDraft:
    """The draft on whose notice the comment was made. Raises DoesNotExist."""
    draft = RulebookDraft.objects.select_related("scheme", "base").get(
        consultations__notice__comments__receipt=receipt
    )
    show_times_of(draft.base)
    return draft


def case_of_pilot(_request: HttpRequest, public_id: str, **_rest: object) -> Case:
    """The case of a pilot. Raises DoesNotExist."""
    case = Case.objects.select_related("scheme", "lead", "pilot", "rulebook_version").get(
        pilot__public_id=public_id
    )
    show_times_of(case.rulebook_version)
    return case


def asker(request: HttpRequest) -> Person:
    """The signed-in person. Raises Http404 where there is none."""
    if not isinstance(request.user, Person):
        raise Http404
    return request.user


def may_write(request: HttpRequest, draft: RulebookDraft) -> bool:
    """Whether the person may change the draft, which is open."""
    return draft.is_open and allows(request.user, Permission.DRAFT_WRITE, draft.scheme)


def must_write(request: HttpRequest, draft: RulebookDraft) -> None:
    """Raises Http404 where the person may not change the draft."""
    if not may_write(request, draft):
        raise Http404


def crumbs(draft: RulebookDraft | None = None, *last: str) -> list[tuple[str, str | None]]:
    """Policy lab › draft › this page."""
    found: list[tuple[str, str | None]] = [(_("Policy lab"), reverse("lab:home"))]
    if draft is not None:
        found.append((draft.title, reverse("lab:draft", args=[draft.slug]) if last else None))
    return [*found, *((label, None) for label in last)]
