"""Who of an authority's officers has how much to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.models import Authority
from shidian.apps.cases.views.queue_form import colleagues
from shidian.apps.cases.views.roles import viewer_of
from shidian.apps.cases.workload import workload_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@rule(Permission.QUEUE_READ)
@require_GET
def workload(request: HttpRequest) -> HttpResponse:
    """One table for each authority the person serves."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    served = Authority.objects.filter(pk__in=viewer.roles.authorities()).order_by("pk")
    tables = [(one, workload_of(one, colleagues([one.pk]), viewer.person)) for one in served]
    context = {
        "tables": tables,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Queue"), reverse("cases:queue")),
            (_("Workload"), None),
        ],
    }
    return render(request, "cases/workload.html", context)
