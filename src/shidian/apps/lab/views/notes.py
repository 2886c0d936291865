"""The explanatory note, the what-if figures, and the wordings that a draft proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.views.acts import attempt
from shidian.apps.lab.checking import check_text
from shidian.apps.lab.domain import newest_revision, propose_wording, write_note
from shidian.apps.lab.domain.clauses import clause_of
from shidian.apps.lab.dossier import newest_note, newest_wordings
from shidian.apps.lab.models import Difficulty, DraftState
from shidian.apps.lab.publish.bodies import note_body
from shidian.apps.lab.views.loaders import asker, crumbs, draft_by_slug, may_write, must_write
from shidian.apps.lab.whatif import CASES, SEED, what_if

if TYPE_CHECKING:
    from shidian.apps.lab.models import RulebookDraft
    from shidian.apps.supervision.publish.language import Language
    from shidian.core.rulebook.model import Clause

SEED_MAX = 2**31 - 1


class NoteForm(forms.Form):
    """The officers' own words; everything else is generated."""

    remarks = forms.CharField(
        label=gettext_lazy("Remarks in Chinese"),
        help_text=gettext_lazy(
            "What the figures do not say. Public once the draft is put out for consultation."
        ),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    remarks_en = forms.CharField(
        label=gettext_lazy("Remarks in English"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    seed = forms.IntegerField(
        label=gettext_lazy("Seed of the simulation"),
        help_text=gettext_lazy("The same seed gives the same figures."),
        min_value=0,
        max_value=SEED_MAX,
        initial=SEED,
    )


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """The note as it stands; POST generates it anew with the remarks."""
    newest = newest_note(draft)
    initial: dict[str, Any] = {"seed": SEED}
    if newest is not None:
        initial |= {
            "remarks": newest.remarks_zh,
            "remarks_en": newest.remarks_en,
            "seed": newest.body["made_from"]["seed"],
        }
    form = NoteForm(request.POST or None, initial=initial)
    if request.method == "POST":
        must_write(request, draft)
        if form.is_valid() and attempt(
            form, lambda: write_note(draft=draft, by=asker(request), **form.cleaned_data)
        ):
            messages.success(request, _("The explanatory note was written."))
            return redirect("lab:note", slug=draft.slug)
    language: Language = "zh" if (get_language() or "zh-hans").startswith("zh") else "en"
    context = {
        "draft": draft,
        "form": form,
        "note": newest,
        "old": newest is not None and newest.revision.number != draft.last_revision,
        "body": note_body(newest, language) if newest else None,
        "internal": [
            line[language] for section in newest.body["sections"] for line in section["internal"]
        ]
        if newest
        else [],
        "may_write": may_write(request, draft) and draft.state == DraftState.DRAFT,
        "crumbs": crumbs(draft, _("Explanatory note")),
    }
    return render(request, "lab/note.html", context, status=422 if form.errors else 200)


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
def figures(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """The same made-up cases under the rules in force and under the draft."""
    typed = request.GET.get("seed", "")
    seed = int(typed) if typed.isdecimal() and int(typed[:11]) <= SEED_MAX else SEED
    loaded = check_text(draft.scheme, newest_revision(draft).text).loaded
    asked = "seed" in request.GET
    context = {
        "draft": draft,
        "seed": seed,
        "cases": CASES,
        "readable": loaded is not None,
        "figures": what_if(draft.base, loaded, seed=seed) if loaded and asked else None,
        "crumbs": crumbs(draft, _("What if")),
    }
    return render(request, "lab/whatif.html", context)


class GroundChoice(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # no runtime generic
    """Difficulties by pilot and first words."""

    def label_from_instance(self, obj: Difficulty) -> str:
        words = " ".join(obj.text.split())
        return f"{obj.pilot.public_id} · {words[:100]}"


class WordingForm(forms.Form):
    """The sentence a clause should read, and why."""

    new_zh = forms.CharField(
        label=gettext_lazy("Proposed wording in Chinese"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    new_en = forms.CharField(
        label=gettext_lazy("Proposed wording in English"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    because = forms.CharField(
        label=gettext_lazy("Reason in Chinese"),
        help_text=gettext_lazy("Public once the draft is decided."),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "short"}),
    )
    because_en = forms.CharField(
        label=gettext_lazy("Reason in English"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"class": "short"}),
    )
    difficulties = GroundChoice(
        Difficulty.objects.none(),
        label=gettext_lazy("Difficulties on which it rests"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, draft: RulebookDraft, clause: Clause, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["difficulties"]
        if isinstance(choice, GroundChoice):
            choice.queryset = Difficulty.objects.filter(
                scheme=draft.scheme_id, clause=clause.id
            ).select_related("pilot")


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
def wordings(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """Every clause of the base and of the draft, with what the draft proposes for it."""
    proposed = {one.clause: one for one in newest_wordings(draft)}
    context = {
        "draft": draft,
        "lines": [(clause, proposed.get(clause.id)) for clause in _clauses(draft)],
        "may_write": may_write(request, draft) and draft.state == DraftState.DRAFT,
        "crumbs": crumbs(draft, _("Clauses")),
    }
    return render(request, "lab/wordings.html", context)


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
@require_http_methods(["GET", "POST"])
def wording(
    request: HttpRequest, draft: RulebookDraft, clause: str, **_url: object
) -> HttpResponse:
    """Propose what one clause should read."""
    must_write(request, draft)
    found = next((one for one in _clauses(draft) if one.id == clause), None)
    if found is None or draft.state != DraftState.DRAFT:
        raise Http404
    last = next((one for one in newest_wordings(draft) if one.clause == clause), None)
    initial: dict[str, Any] = {"new_zh": found.text.zh, "new_en": found.text.en}
    if last is not None:
        initial = {
            "new_zh": last.new_zh,
            "new_en": last.new_en,
            "because": last.because_zh,
            "because_en": last.because_en,
            "difficulties": [ground.difficulty_id for ground in last.grounds.all()],
        }
    form = WordingForm(draft, found, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        data["difficulties"] = [one.pk for one in data["difficulties"]]
        if attempt(
            form, lambda: propose_wording(draft=draft, clause=clause, by=asker(request), **data)
        ):
            messages.success(request, _("The proposed wording was recorded."))
            return redirect("lab:wordings", slug=draft.slug)
    context = {
        "draft": draft,
        "clause": found,
        "form": form,
        "crumbs": crumbs(draft, _("Clauses")),
    }
    return render(request, "lab/wording.html", context, status=422 if form.errors else 200)


def _clauses(draft: RulebookDraft) -> list[Clause]:
    """The clauses that the base names, then those that only the draft does."""
    base = draft.base.rulebook
    loaded = check_text(draft.scheme, newest_revision(draft).text).loaded
    new = [
        one
        for one in (loaded.rulebook.clauses if loaded else ())
        if clause_of(base, one.id) is None
    ]
    return [*base.clauses, *new]
