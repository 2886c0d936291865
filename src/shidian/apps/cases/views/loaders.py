"""What a case's views load before the access rule is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.cases.models import Call, Case, Scheme
from shidian.apps.cases.zones import show_times_of

if TYPE_CHECKING:
    from django.http import HttpRequest


def case_by_reference(_request: HttpRequest, reference: str, **_rest: object) -> Case:
    """The case of that reference with what its page names. Raises DoesNotExist.

    Times on the page are the scheme's.
    """
    case = (
        Case.objects.select_related("lead", "call", "rulebook_version", "scheme")
        .defer("rulebook_version__document")
        .prefetch_related("scheme__parts__authority", "parties__institution")
        .get(reference=reference)
    )
    show_times_of(case.rulebook_version)
    return case


def call_by_slug(_request: HttpRequest, slug: str) -> Call:
    """The call of that slug. Raises DoesNotExist."""
    call = Call.objects.select_related("scheme", "rulebook_version").get(slug=slug)
    show_times_of(call.rulebook_version)
    return call


def scheme_by_call(_request: HttpRequest, slug: str) -> Scheme:
    """The scheme of the call of that slug. Raises DoesNotExist."""
    return Scheme.objects.get(calls__slug=slug)


def scheme_by_slug(_request: HttpRequest, slug: str) -> Scheme:
    """The scheme of that slug. Raises DoesNotExist."""
    return Scheme.objects.get(slug=slug)
