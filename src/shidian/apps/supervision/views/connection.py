"""How a pilot's systems are connected: keys to trust, keys registered, where orders go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian import keyring
from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.supervision.domain.endpoints import register_order_endpoint
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.journals import journal_of
from shidian.apps.supervision.models import OrderEndpoint, Pilot
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_pilot, pilot_of
from shidian.config import settings
from shidian_kit.wire import keys as wire_keys

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState


class EndpointForm(forms.Form):
    """Where the pilot's system takes orders."""

    url = forms.CharField(
        label=gettext_lazy("Address for orders"),
        help_text=gettext_lazy("Such as https://pilot.example/orders; it must not redirect."),
        max_length=500,
    )


@rule(Permission.ENDPOINT_SET, obj=case_of_pilot)
def page(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """What the firm's engineers need, and the address that they name."""
    pilot = pilot_of(case)
    current = OrderEndpoint.objects.filter(pilot=pilot, ended_at=None).first()
    form = EndpointForm(request.POST or None, initial={"url": current.url if current else ""})
    if request.method == "POST" and form.is_valid():
        try:
            register_order_endpoint(pilot=pilot, by=asker(request), **form.cleaned_data)
        except SupervisionError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Orders go to this address from now on."))
            return redirect("supervision:connection", public_id=public_id)
    config = settings()
    context = {
        "pilot": pilot,
        "form": form,
        "endpoint": current,
        "gate_url": config.gate_urls.get(journal_of(pilot), config.gate_url),
        "gate_key": _public_line(config.keys / keyring.GATE_PUBLIC),
        "order_key": _public_line(config.order_public_key),
        "keys": pilot.machine_keys.filter(revoked_at=None),
    }
    return render(request, "supervision/connection.html", context)


def _public_line(path: Path) -> str:
    """A public key's line as its owner published it; empty where that has not happened yet."""
    try:
        return wire_keys.public_text(wire_keys.load_public(path.read_text()))
    except (OSError, wire_keys.KeyFormatError):
        return ""


def _build(case: Case, state: CaseState, viewer: Viewer) -> dict[str, Any] | None:
    """On the case page: the way to its pilot's page, and to this one for whoever may go there."""
    del state
    pilot = Pilot.objects.filter(case=case).first()
    if pilot is None or not allows(viewer.person, Permission.PILOT_READ, case):
        return None
    return {"pilot": pilot, "may_connect": allows(viewer.person, Permission.ENDPOINT_SET, case)}


register(Part("supervision/_way_to_pilot.html", _build, order=4))
