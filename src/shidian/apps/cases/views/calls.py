"""Open a call: write it, look at the preview with its effect, publish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.domain.schemes import next_call_number, open_call
from shidian.apps.cases.models import RulebookVersion
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.effect import NO_DECISION, PUBLIC, Effect
from shidian.apps.cases.views.intake import intake_rows, window_end, window_words
from shidian.apps.cases.views.loaders import scheme_by_slug
from shidian.core.rulebook.model import IntakeMode, Status

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Call, Scheme

GUIDE_MAX = 10_000

EFFECT = Effect(
    law=NO_DECISION,
    practice=gettext_lazy(
        "The call appears on the public site at once. From its first day institutions can apply"
        " under it, and their cases stay on this rulebook version."
    ),
    told=(PUBLIC,),
    undo=gettext_lazy("No. What was published stays; another call can follow."),
)


class RulebookChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # no runtime generic
    """A rulebook version by its number and the day of its publication."""

    def label_from_instance(self, obj: RulebookVersion) -> str:
        day = timezone.localtime(obj.published_at).date().isoformat()
        return _("Version %(version)s, published %(day)s") % {"version": obj.version, "day": day}


class CallForm(forms.Form):
    """What a call says. `number`: the one that the officer saw, so that none is opened twice."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    rulebook = RulebookChoice(
        RulebookVersion.objects.none(),
        label=gettext_lazy("Rulebook version"),
        help_text=gettext_lazy(
            "Only published versions that can run. Every case under the call stays on it."
        ),
        empty_label=None,
        error_messages={
            "invalid_choice": gettext_lazy(
                "Choose a published version that can run: a sketch cannot open a call."
            )
        },
    )
    title = forms.CharField(label=gettext_lazy("Title in Chinese"), max_length=200)
    title_en = forms.CharField(
        label=gettext_lazy("Title in English"), max_length=200, required=False
    )
    opens_on = forms.DateField(
        label=gettext_lazy("First day"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    closes_on = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Leave empty for a call that stays open."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    released_together = forms.BooleanField(
        label=gettext_lazy("Release the decisions of this call together"),
        help_text=gettext_lazy(
            "Admissions and refusals are kept when they are made, and told to all in one batch."
        ),
        required=False,
    )
    guide = forms.CharField(
        label=gettext_lazy("Guide in Chinese"),
        help_text=gettext_lazy("What applicants should know: scope, how to apply, whom to ask."),
        max_length=GUIDE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    guide_en = forms.CharField(
        label=gettext_lazy("Guide in English"),
        max_length=GUIDE_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    field_order = (
        "number",
        "rulebook",
        "title",
        "title_en",
        "opens_on",
        "closes_on",
        "released_together",
    )

    def __init__(self, scheme: Scheme, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial", {"number": next_call_number(scheme), "opens_on": timezone.localdate()}
        )
        super().__init__(*args, **kwargs)
        versions = scheme.rulebooks.exclude(status=Status.SKETCH).defer("document")
        choice = self.fields["rulebook"]
        if isinstance(choice, RulebookChoice):
            newest_only = versions.order_by("-pk").values("pk")[:1]
            pks = list(newest_only.values_list("pk", flat=True))
            choice.queryset = versions.filter(pk__in=pks)
        runnable = RulebookVersion.objects.filter(scheme=scheme).exclude(status=Status.SKETCH)
        newest = runnable.order_by("-pk").first()
        self.intake = newest.rulebook.intake if newest else None
        self._adapt(newest)

    def _adapt(self, newest: RulebookVersion | None) -> None:
        """Ask for days as the newest rulebook's way of taking applications has them."""
        if newest is None or not _leaves_it_to_the_call(newest):
            del self.fields["released_together"]
        if self.intake is None:
            return
        match self.intake.mode:
            case IntakeMode.ROLLING | IntakeMode.NOTIFICATION:
                del self.fields["closes_on"]
            case IntakeMode.WINDOW if self.intake.window is not None and newest is not None:
                last = self.fields["closes_on"]
                last.required = True
                last.help_text = _("The rulebook opens a window of %(length)s.") % {
                    "length": window_words(self.intake.window)
                }
                first = timezone.localdate()
                self.initial["closes_on"] = window_end(newest.rulebook, first)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        found.setdefault("closes_on", None)
        first, last = found.get("opens_on"), found.get("closes_on")
        if first and last and last < first:
            self.add_error("closes_on", _("The last day cannot be before the first day."))
        return found


def _leaves_it_to_the_call(version: RulebookVersion) -> bool:
    return any(stage.release == "by-call" for stage in version.rulebook.stages)


@rule(Permission.CALL_OPEN, obj=scheme_by_slug)
@require_http_methods(["GET", "POST"])
def open_(request: HttpRequest, scheme: Scheme, **_url: object) -> HttpResponse:
    """Write, preview, publish: only the third step has an effect."""
    form = CallForm(scheme, request.POST or None)
    then = request.POST.get("then", "")
    context: dict[str, Any] = {
        "scheme": scheme,
        "form": form,
        "effect": EFFECT,
        "intake": intake_rows(form.intake, scheme),
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Open a call"), None)],
    }
    if request.method == "POST" and form.is_valid():
        if then == "preview":
            return render(request, "cases/call_preview.html", context)
        if then == "publish":
            opened: list[Call] = []
            if attempt(
                form,
                lambda: opened.append(open_call(by=request.user, **form.cleaned_data)),  # type: ignore[arg-type]  # a Person: the rule saw to it
            ):
                messages.success(
                    request, _("The call was opened: %(title)s.") % {"title": opened[0]}
                )
                return redirect("cases:desk")
            # A second look was asked for: the next attempt is about the number that is free now.
            form.data = request.POST.copy()
            form.data["number"] = str(next_call_number(scheme))
    status = 422 if form.errors else 200
    return render(request, "cases/call_write.html", context, status=status)
