"""Acts on a pilot that the journal must know: register and revoke keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.keys import register_machine_key, revoke_machine_key
from shidian.apps.supervision.models import MachineKey
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_pilot, key_of, pilot_of

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case


class KeyForm(forms.Form):
    """A machine's public key."""

    source = forms.CharField(
        label=gettext_lazy("Source"),
        help_text=gettext_lazy("Name of the sending system, such as orders-1."),
        max_length=63,
        widget=forms.TextInput(attrs={"class": "narrow"}),
    )
    public_key = forms.CharField(
        label=gettext_lazy("Public key"),
        help_text=gettext_lazy("The line that begins with ed25519: Never paste a private key."),
        max_length=400,
        widget=forms.Textarea(attrs={"class": "short"}),
    )


@rule(Permission.PILOT_SUPERVISE, obj=case_of_pilot)
def register_key(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """Let one more system of the pilot send."""
    pilot = pilot_of(case)
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            register_machine_key(pilot=pilot, by=asker(request), **form.cleaned_data)
        except SupervisionError as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request, _("The key was registered. It counts once the journal has it.")
            )
            return redirect("supervision:pilot", public_id=public_id)
    return render(request, "supervision/key.html", {"pilot": pilot, "form": form})


@require_POST
@rule(Permission.PILOT_SUPERVISE, obj=case_of_pilot)
def revoke_key(request: HttpRequest, case: Case, public_id: str, key_id: str) -> HttpResponse:
    """Take nothing more under a key."""
    try:
        key = key_of(case, key_id)
    except MachineKey.DoesNotExist:
        raise Http404 from None
    revoke_machine_key(key=key, by=asker(request))
    messages.success(request, _("The key was revoked."))
    return redirect("supervision:pilot", public_id=public_id)
