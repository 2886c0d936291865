"""Calls for projects, and the self-check of who wants to answer one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.public import public
from shidian.apps.portal import snapshots
from shidian.apps.portal.self_check import Gap, Given, Kind, Standing, gaps
from shidian.apps.portal.shared import shared
from shidian.apps.portal.views.csv_files import csv_response
from shidian.apps.portal.views.lists import SHOWN, in_parts
from shidian.apps.portal.windows import window_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.portal.snapshots import Body

STANDING = {
    Standing.LICENCE: gettext_lazy("A licence of the lead institution that is in force"),
    Standing.CHECKED: gettext_lazy("Its registration here has been checked by an officer"),
    Standing.ACCOUNT: gettext_lazy("The lead institution is registered here"),
    Standing.SIGNER: gettext_lazy("It has named a signer, who will submit"),
}


@public
@shared
def call_list(request: HttpRequest) -> HttpResponse:
    """Open calls first, then those to come, then closed ones; `?format=csv` for the whole table."""
    cards = snapshots.calls(timezone.localdate())
    if request.GET.get("format") == "csv":
        return csv_response(
            "calls.csv",
            ["id", "title", "scheme", "opens_on", "closes_on"],
            (
                [c["slug"], c["title"], c["scheme_title"], c["opens_on"], c["closes_on"]]
                for c in (card.body for card in cards.iterator())
            ),
        )
    page = Paginator(cards, SHOWN).get_page(request.GET.get("page"))
    return render(request, "portal/call_list.html", {"page": page, **in_parts(page)})


@public
@shared
def call(request: HttpRequest, key: str) -> HttpResponse:
    """One call: its window, who may apply, with what, how it is judged, and what happens then."""
    body = snapshots.page_of(SnapshotKind.CALL, key)
    window = window_of(body, timezone.now())
    return render(request, "portal/call.html", {"call": body, "window": window})


class SelfCheckForm(forms.Form):
    """What the authors have by now, as the call's list names it. Nothing of it is kept."""

    lead = forms.ChoiceField(
        label=gettext_lazy("What kind of institution leads?"),
        required=False,
        widget=forms.RadioSelect,
    )
    partner_count = forms.IntegerField(
        label=gettext_lazy("How many partners take part?"),
        min_value=0,
        max_value=99,
        required=False,
    )
    partners = forms.MultipleChoiceField(label=gettext_lazy("Of which kinds?"))
    standing = forms.MultipleChoiceField(label=gettext_lazy("The lead institution"))
    sections = forms.MultipleChoiceField(label=gettext_lazy("Sections that you could fill in now"))
    documents = forms.MultipleChoiceField(label=gettext_lazy("Documents that are ready"))
    criteria = forms.MultipleChoiceField(
        label=gettext_lazy("Conditions that must be met, and are, as you see it")
    )
    against = forms.MultipleChoiceField(
        label=gettext_lazy("Signs against a project that apply to yours")
    )

    def __init__(self, body: Body, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [(one["id"], one["name"]) for one in body["kinds"]]
        conditional = _("%(name)s (only where your answers ask for it)")
        self._offer("lead", kinds)
        self._offer("partners", kinds)
        self._offer("standing", [(one.value, words) for one, words in STANDING.items()])
        self._offer("sections", _numbered(one["title"] for one in body["sections"]))
        self._offer(
            "documents",
            _numbered(
                conditional % {"name": one["name"]} if one["conditional"] else one["name"]
                for one in body["materials"]
            ),
        )
        self._offer("criteria", must_be_met(body))
        self._offer("against", signs_against(body))

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        if not choices:
            del self.fields[name]
        elif isinstance(field, forms.MultipleChoiceField):
            field.widget = forms.CheckboxSelectMultiple()
            field.required = False
            field.choices = choices
        elif isinstance(field, forms.ChoiceField):
            field.choices = choices

    def given(self) -> Given:
        """What was ticked."""
        found = self.cleaned_data
        return Given(
            lead=found.get("lead", ""),
            partners=frozenset(found.get("partners", ())),
            partner_count=found.get("partner_count") or 0,
            standing=frozenset(found.get("standing", ())),
            sections=_places(found.get("sections", ())),
            documents=_places(found.get("documents", ())),
            criteria=_places(found.get("criteria", ())),
        )


def _numbered(names: Any) -> list[tuple[str, Any]]:
    return [(str(place), name) for place, name in enumerate(names)]


def _places(values: Any) -> frozenset[int]:
    return frozenset(int(one) for one in values)


def must_be_met(body: Body) -> list[tuple[str, Any]]:
    """(place, words) of the criteria without which nothing is admitted."""
    return [
        (str(place), _("%(name)s: %(question)s") % one)
        for place, one in enumerate(body["criteria"])
        if one["mandatory"]
    ]


def signs_against(body: Body) -> list[tuple[str, Any]]:
    """(place of the criterion and of the sign, its words) of every sign against a project."""
    return [
        (f"{place}-{number}", sign)
        for place, one in enumerate(body["criteria"])
        for number, sign in enumerate(one.get("negative", ()))
    ]


def gap_words(gap: Gap) -> str:  # noqa: PLR0911 - one a kind
    """What is missing, in a sentence."""
    match gap.kind:
        case Kind.LEAD_UNSAID:
            return _("You have not said what kind of institution leads.")
        case Kind.LEAD_REFUSED:
            can = _(", ").join(gap.more)
            return _("%(kind)s cannot lead. These can: %(can)s.") % {"kind": gap.what, "can": can}
        case Kind.PARTNER_REFUSED:
            return _("%(kind)s cannot take part as a partner.") % {"kind": gap.what}
        case Kind.PARTNERS_TOO_MANY:
            return _("At most %(n)s partners may take part.") % {"n": gap.what}
        case Kind.STANDING:
            return _("Not yet: %(what)s") % {"what": STANDING[Standing(gap.what)]}
        case Kind.SECTION:
            return _("Section: %(name)s") % {"name": gap.what}
        case Kind.DOCUMENT:
            return _("Document: %(name)s") % {"name": gap.what}
        case Kind.CRITERION:
            return _("Must be met: %(name)s") % {"name": gap.what}


@public
@require_safe
def self_check(request: HttpRequest, key: str) -> HttpResponse:
    """What is missing for an application, by what its authors tick: nothing is sent on or kept.

    404 for a call that an earlier release published, whose list is not known.
    """
    body = snapshots.page_of(SnapshotKind.CALL, key)
    if "kinds" not in body:
        raise Http404
    form = SelfCheckForm(body, request.GET or None)
    context: dict[str, Any] = {"call": body, "form": form, "checked": False}
    if form.is_bound and form.is_valid():
        signs = dict(signs_against(body))
        context |= {
            "checked": True,
            "gaps": [
                (gap_words(gap), gap.more if gap.kind in (Kind.SECTION, Kind.CRITERION) else ())
                for gap in gaps(body, form.given())  # type: ignore[arg-type]  # as published
            ],
            "against": [signs[one] for one in form.cleaned_data.get("against", ())],
        }
    return render(request, "portal/call_check.html", context)
