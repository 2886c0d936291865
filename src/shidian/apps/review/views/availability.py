"""Where an expert says until when they take no new reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.models import Expert
from shidian.apps.review.domain import set_away

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse


class AwayForm(forms.Form):
    """The last day away; empty: available."""

    until = forms.DateField(
        label=gettext_lazy("I take no new reviews until"),
        help_text=gettext_lazy("This day included. Leave it empty if you are available."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        required=False,
    )

    def clean_until(self) -> date | None:
        """A day that is to come."""
        until: date | None = self.cleaned_data["until"]
        if until is not None and until < timezone.localdate():
            raise forms.ValidationError(_("This day is past: leave it empty instead."))
        return until


@rule(Permission.AVAILABILITY_SET)
@require_http_methods(["GET", "POST"])
def availability(request: HttpRequest) -> HttpResponse:
    """Show and change it. Reviews that one sits on already go on."""
    expert = Expert.objects.get(person=request.user.pk)
    form = AwayForm(request.POST or None, initial={"until": expert.away_until})
    if request.method == "POST" and form.is_valid():
        set_away(by=request.user, until=form.cleaned_data["until"])  # type: ignore[arg-type]
        messages.success(request, _("Saved."))
        return redirect("cases:desk")
    crumbs = [(_("My desk"), reverse("cases:desk")), (_("Availability"), None)]
    context = {"form": form, "crumbs": crumbs}
    status = 422 if form.errors else 200
    return render(request, "review/availability.html", context, status=status)
