"""The decisions of a call that wait to be told: seen together, released together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.domain.releasing import BATCH_MAX, decided_of, release_batch
from shidian.apps.cases.models import Case, CaseEvent
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.case_lines import with_scheme
from shidian.apps.cases.views.effect import APPLICANT, PUBLIC, Effect
from shidian.apps.cases.views.loaders import scheme_by_call
from shidian.apps.cases.views.words import outcome_name
from shidian.core.procedure.types import EventKind

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Call, Scheme

EFFECT = Effect(
    law=gettext_lazy(
        "The decisions take effect as they were made, all at the same moment. None is a licence."
    ),
    practice=gettext_lazy(
        "Admitted projects get their numbers and start; refused cases are closed with their reason"
        " and the way to object. Each decision goes on the public record. If one of them cannot be"
        " released, none is."
    ),
    told=(APPLICANT, PUBLIC),
    undo=gettext_lazy("No."),
    grave=True,
)


class ReleaseForm(forms.Form):
    """Which decisions: each with the newest event that the officer saw."""

    chosen = forms.MultipleChoiceField(
        label=gettext_lazy("Decisions to release"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one decision.")},
    )

    def __init__(self, lines: list[dict[str, Any]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["chosen"]
        if isinstance(chosen, forms.MultipleChoiceField):
            chosen.choices = [(line["value"], line["label"]) for line in lines]
        self.initial.setdefault("chosen", [line["value"] for line in lines])

    def seen(self) -> dict[str, int]:
        """Reference → newest event seen."""
        pairs = (value.rpartition("@") for value in self.cleaned_data["chosen"])
        return {reference: int(seq) for reference, _at, seq in pairs}


@rule(Permission.BATCH_RELEASE, obj=scheme_by_call)
@require_http_methods(["GET", "POST"])
def release(request: HttpRequest, scheme: Scheme, slug: str, **_url: object) -> HttpResponse:
    """Look at what was decided, choose, release."""
    call = scheme.calls.get(slug=slug)
    lines = _lines(call, request)
    form = ReleaseForm(lines, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        done: list[Any] = []
        if attempt(
            form,
            lambda: done.extend(release_batch(call=call, seen=form.seen(), by=request.user)),  # type: ignore[arg-type]  # a Person: the rule saw to it
        ):
            words = ngettext(
                "%(n)d decision was released.", "%(n)d decisions were released.", len(done)
            )
            messages.success(request, words % {"n": len(done)})
            return redirect("cases:release", slug=call.slug)
    context = {
        "call": call,
        "scheme": scheme,
        "form": form,
        "lines": lines,
        "waiting": _undecided(call, request),
        "effect": EFFECT,
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Release decisions"), None)],
    }
    return render(request, "cases/release.html", context, status=422 if form.errors else 200)


def _lines(call: Call, request: HttpRequest) -> list[dict[str, Any]]:
    cases = list(with_scheme(decided_of(call, request.user))[:BATCH_MAX])  # type: ignore[arg-type]
    kept = CaseEvent.objects.filter(case__in=cases, kind=EventKind.DECISION_HELD.value)
    latest = {event.case_id: event for event in kept.order_by("seq")}
    return [_line(case, latest[case.pk]) for case in cases]


def _line(case: Case, held: CaseEvent) -> dict[str, Any]:
    ending = held.data.get("outcome")
    outcome = outcome_name(case, ending) if ending else None
    word = outcome if outcome is not None else _("Admission")
    return {
        "case": case,
        "value": f"{case.reference}@{case.last_seq}",
        "label": f"{case.title} · {case.lead}",
        "word": word,
        "kind": "critical" if outcome is not None else "done",
        "reason": held.data.get("reason", ""),
        "at": held.at,
    }


def _undecided(call: Call, request: HttpRequest) -> int:
    """How many cases of the call are still under way and not decided."""
    visible = Case.objects.visible_to(request.user).filter(call=call, outcome="", number=None)
    decided = decided_of(call, request.user).values("pk")  # type: ignore[arg-type]
    return int(visible.exclude(pk__in=decided).exclude(form_version=0).count())
