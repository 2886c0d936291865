"""The calendars by which clocks count: what they cover, since when, from where; adding a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.calendars import newest_edition
from shidian.apps.cases.domain.calendar_keeping import DraftYear, add_year, draft_year
from shidian.apps.cases.models import CalendarVersion
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.effect import NO_DECISION, PUBLIC, Effect
from shidian.core.procedure.calendars import definition_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from shidian.core.rulebook.model import Text

NEXT_YEAR_WANTED_FROM_MONTH = 11
"""Notices for the coming year come in autumn; by then running clocks reach into it."""
LINES_CHARACTERS_MAX = 6000

EFFECT = Effect(
    law=NO_DECISION,
    practice=gettext_lazy(
        "Every clock that counts by this calendar counts by the new edition from now on: last days"
        " can move, and those that could not be told are told. The sum names the edition. Earlier"
        " editions stay."
    ),
    told=(PUBLIC,),
    undo=gettext_lazy("No. A year can be corrected by another edition."),
)


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """A calendar with its editions, the newest first."""

    name: Text
    editions: Sequence[CalendarVersion]
    missing: int | None

    @property
    def newest(self) -> CalendarVersion:
        return self.editions[0]


class YearForm(forms.Form):
    """A year as its notice has it. `seen`: the edition that the page showed."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    year = forms.IntegerField(label=gettext_lazy("Year"), min_value=1990, max_value=2100)
    off = forms.CharField(
        label=gettext_lazy("Days off"),
        help_text=gettext_lazy(
            "One a line: day, or first..last, then the name in Chinese / English. Weekends need"
            " not be listed."
        ),
        max_length=LINES_CHARACTERS_MAX,
        widget=forms.Textarea(attrs={"rows": 9, "spellcheck": "false"}),
    )
    worked = forms.CharField(
        label=gettext_lazy("Weekend days that are worked"),
        help_text=gettext_lazy("One day a line; a name may follow."),
        max_length=LINES_CHARACTERS_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    source = forms.CharField(
        label=gettext_lazy("Notice"),
        help_text=gettext_lazy("Title and number of the notice that these days come from."),
        max_length=200,
    )

    def wanted(self) -> dict[str, Any]:
        """What `draft_year` takes."""
        return {name: self.cleaned_data[name] for name in ("year", "off", "worked", "seen")}


@rule(Permission.CALENDAR_KEEP)
def calendars(request: HttpRequest) -> HttpResponse:
    """Every calendar that is counted by."""
    by_id: dict[str, list[CalendarVersion]] = {}
    for edition in CalendarVersion.objects.order_by("calendar", "-pk"):
        by_id.setdefault(edition.calendar, []).append(edition)
    lines = [_line(name, editions) for name, editions in by_id.items()]
    context = {
        "lines": lines,
        "crumbs": [(_("My desk"), reverse("cases:desk")), (_("Calendars"), None)],
    }
    return render(request, "cases/calendars.html", context)


def _line(calendar: str, editions: list[CalendarVersion]) -> CalendarLine:
    today, last = timezone.localdate(), max(editions[0].years)
    wanted = today.year + (today.month >= NEXT_YEAR_WANTED_FROM_MONTH)
    return CalendarLine(
        definition_of(calendar).names, editions, last + 1 if last < wanted else None
    )


@rule(Permission.CALENDAR_KEEP)
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Write the year, look at what it makes, store it: only the third step has an effect."""
    edition = newest_edition(slug)
    if edition is None:
        raise Http404
    first = {"seen": edition.pk, "year": max(edition.years) + 1}
    form = YearForm(request.POST if request.method == "POST" else None, initial=first)
    drafts: list[DraftYear] = []
    then = request.POST.get("then", "")
    if request.method == "POST" and form.is_valid() and then != "change":
        done = attempt(form, lambda: drafts.append(draft_year(calendar=slug, **form.wanted())))
        if done and then == "publish" and _publish(request, form, slug):
            return redirect("cases:calendars")
    context = {
        "edition": edition,
        "name": definition_of(slug).names,
        "form": form,
        "draft": drafts[0] if drafts and not form.errors else None,
        "effect": EFFECT,
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Calendars"), reverse("cases:calendars")),
            (_("Add a year"), None),
        ],
    }
    return render(request, "cases/calendar_add.html", context, status=422 if form.errors else 200)


def _publish(request: HttpRequest, form: YearForm, calendar: str) -> bool:
    wanted = {**form.wanted(), "source": form.cleaned_data["source"]}
    stored: list[CalendarVersion] = []
    if not attempt(
        form,
        lambda: stored.append(add_year(calendar=calendar, by=request.user, **wanted)),  # type: ignore[arg-type]  # a Person: the rule saw to it
    ):
        return False
    messages.success(request, _("The calendar now has %(year)d.") % {"year": wanted["year"]})
    return True
