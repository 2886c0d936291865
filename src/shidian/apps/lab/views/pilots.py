"""Clauses under test: what pilots met with, recorded by them, read by officers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.loaders import scheme_by_slug
from shidian.apps.cases.words import localized
from shidian.apps.lab.domain import Piece, record_difficulty
from shidian.apps.lab.models import Difficulty, Evidence, EvidenceKind
from shidian.apps.lab.queries import by_clause, difficulties_of
from shidian.apps.lab.views.loaders import asker, case_of_pilot, crumbs
from shidian.apps.supervision.models import AlertEpisode, Pilot
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case, Scheme

ALERTS_SHOWN = 100


class DifficultyForm(forms.Form):
    """What was met with, under which clause, and what shows it."""

    clause = forms.ChoiceField(label=gettext_lazy("Clause"))
    text = forms.CharField(
        label=gettext_lazy("What you met with"),
        help_text=gettext_lazy(
            "What the clause prevented or left open, in which step of the business, how often."
        ),
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    account = forms.CharField(
        label=gettext_lazy("Account"),
        help_text=gettext_lazy("Figures, dates, what was tried."),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"class": "short"}),
    )
    alert = forms.ChoiceField(label=gettext_lazy("Alert"), required=False)
    indicator = forms.ChoiceField(label=gettext_lazy("Indicator"), required=False)
    file = forms.FileField(
        label=gettext_lazy("Document"),
        help_text=gettext_lazy("PDF, PNG, JPEG, DOCX or XLSX. It is kept by its fingerprint."),
        required=False,
    )

    def __init__(self, pilot: Pilot, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rulebook = pilot.case.rulebook
        episodes = AlertEpisode.objects.filter(pilot=pilot)[:ALERTS_SHOWN]
        none = [("", _("none"))]
        self._choose("clause", [(one.id, localized(one.title)) for one in rulebook.clauses])
        self._choose(
            "alert",
            none
            + [
                (one.episode, localized(Text(zh=one.title_zh, en=one.title_en))) for one in episodes
            ],
        )
        self._choose(
            "indicator", none + [(one.id, localized(one.title)) for one in rulebook.indicators]
        )

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        found = self.fields[name]
        if isinstance(found, forms.ChoiceField):
            found.choices = choices

    def pieces(self) -> list[Piece]:
        """The evidence that was given."""
        data = self.cleaned_data
        found = []
        if data["account"]:
            found.append(Piece(EvidenceKind.TEXT, text=data["account"]))
        if data["alert"]:
            found.append(Piece(EvidenceKind.ALERT, reference=data["alert"]))
        if data["indicator"]:
            found.append(Piece(EvidenceKind.INDICATOR, reference=data["indicator"]))
        if data["file"]:
            found.append(Piece(EvidenceKind.FILE, upload=data["file"]))
        return found


@rule(Permission.DIFFICULTY_READ, obj=case_of_pilot)
@require_http_methods(["GET", "POST"])
def difficulties(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """What a pilot met with under each clause that it tests; POST records one more."""
    pilot = Pilot.objects.select_related("case__lead", "case__scheme").get(public_id=public_id)
    may_record = allows(request.user, Permission.DIFFICULTY_RECORD, case)
    form = DifficultyForm(pilot, request.POST or None, request.FILES or None)
    if request.method == "POST":
        if not may_record:
            raise Http404
        if form.is_valid() and attempt(
            form,
            lambda: record_difficulty(
                pilot=pilot,
                clause=form.cleaned_data["clause"],
                text=form.cleaned_data["text"],
                evidence=form.pieces(),
                by=asker(request),
            ),
        ):
            messages.success(request, _("The difficulty was recorded."))
            return redirect("lab:difficulties", public_id=public_id)
    context = {
        "pilot": pilot,
        "case": case,
        "lines": by_clause(case.rulebook.clauses, difficulties_of(case)),
        "form": form if may_record and case.rulebook.clauses else None,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (case.title, reverse("cases:case", args=[case.reference])),
            (_("Clauses under test"), None),
        ],
    }
    return render(request, "lab/difficulties.html", context, status=422 if form.errors else 200)


@rule(Permission.DIFFICULTY_READ, obj=case_of_pilot)
def evidence(request: HttpRequest, case: Case, public_id: str, number: int) -> FileResponse:
    """A document, always as a download."""
    del request, public_id
    found = Evidence.objects.filter(
        pk=number, kind=EvidenceKind.FILE, difficulty__pilot__case=case
    ).first()
    if found is None:
        raise Http404
    response = FileResponse(
        default_storage.open(found.path), as_attachment=True, filename=found.name
    )
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@rule(Permission.CLAUSES_READ, obj=scheme_by_slug)
def clauses(request: HttpRequest, scheme: Scheme, **_url: object) -> HttpResponse:
    """A scheme's clauses with what every pilot met with, for its officers."""
    newest = scheme.rulebooks.defer("document").order_by("-pk").first()
    rows = (
        Difficulty.objects.filter(scheme=scheme)
        .select_related("recorded_by", "institution", "pilot")
        .prefetch_related("evidence")
    )
    context = {
        "scheme": scheme,
        "lines": by_clause(newest.rulebook.clauses if newest else (), rows),
        "crumbs": crumbs(None, _("Clauses under test")),
    }
    return render(request, "lab/clauses.html", context)
