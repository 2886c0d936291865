"""A bridge while a licence is pending: what holds, its clock, and what the reader may do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.words import outcome_name
from shidian.apps.cases.zones import day_in
from shidian.apps.supervision.bridges import (
    bridge_rules,
    calendar_for,
    plan_under,
    steps_of,
    who_did,
)
from shidian.apps.supervision.domain import bridges as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.exit_reports import closed_day
from shidian.apps.supervision.models import LicenceResult
from shidian.apps.supervision.views.asker import asker
from shidian.core.procedure.bridging import BridgeAct, BridgeState, ask_until, longest
from shidian.core.rulebook.reading.chapters.ending import BUSINESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import BridgeStep


def _long(label: Any, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "short"})
    return forms.CharField(label=label, max_length=verbs.TEXT_CHARS_MAX, widget=widget, **more)


def _day(label: Any, **more: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **more)


class AskForm(forms.Form):
    """What was applied for."""

    licence = forms.CharField(
        label=gettext_lazy("Licence applied for"), max_length=verbs.NAME_CHARS_MAX
    )
    authority = forms.CharField(
        label=gettext_lazy("Authority that decides on it"), max_length=verbs.NAME_CHARS_MAX
    )
    receipt = forms.CharField(
        label=gettext_lazy("Receipt of the application"),
        help_text=gettext_lazy("Number, as the authority gave it."),
        max_length=verbs.RECEIPT_CHARS_MAX,
    )
    applied_on = _day(gettext_lazy("Applied on"))
    text = _long(gettext_lazy("What is to go on meanwhile"), required=False)


class GrantForm(forms.Form):
    """Until when, and why."""

    ends_on = _day(
        gettext_lazy("Last day"),
        help_text=gettext_lazy("Empty: as long as the rulebook lets it."),
        required=False,
    )
    text = _long(gettext_lazy("Reason"))


class ReasonForm(forms.Form):
    """A reason."""

    text = _long(gettext_lazy("Reason"))


class NoteForm(forms.Form):
    """A reason that may be left out."""

    text = _long(gettext_lazy("Reason"), required=False)


class EndForm(forms.Form):
    """What became of the application."""

    result = forms.ChoiceField(
        label=gettext_lazy("What became of the application"), choices=LicenceResult.choices
    )
    text = _long(gettext_lazy("Reason"))


def _ask(case: Case, said: dict[str, Any], by: Person) -> BridgeStep:
    return verbs.ask_for_bridge(case=case, by=by, **said)


def _grant(case: Case, said: dict[str, Any], by: Person) -> BridgeStep:
    return verbs.grant_bridge(case=case, reason=said["text"], ends_on=said["ends_on"], by=by)


def _decline(case: Case, said: dict[str, Any], by: Person) -> BridgeStep:
    return verbs.decline_bridge(case=case, reason=said["text"], by=by)


def _give_up(case: Case, said: dict[str, Any], by: Person) -> BridgeStep:
    return verbs.give_up_bridge(case=case, text=said["text"], by=by)


def _end(case: Case, said: dict[str, Any], by: Person) -> BridgeStep:
    result = LicenceResult(said["result"])
    return verbs.end_bridge(case=case, result=result, reason=said["text"], by=by)


class _Act:
    """An act of the page: whose it is, in which states, its form, its words."""

    def __init__(  # noqa: PLR0917 - one line each below
        self,
        permission: Permission,
        states: tuple[BridgeState | None, ...],
        form: type[forms.Form],
        do: Callable[[Case, dict[str, Any], Person], BridgeStep],
        title: Any,
        button: Any,
    ) -> None:
        self.permission, self.states, self.form, self.do = permission, states, form, do
        self.title, self.button = title, button


ACTS = {
    "ask": _Act(
        Permission.EXIT_AGREE,
        (None, BridgeState.REFUSED, BridgeState.OVER),
        AskForm,
        _ask,
        gettext_lazy("Ask that business may go on"),
        gettext_lazy("Ask for it"),
    ),
    "grant": _Act(
        Permission.BRIDGE_DECIDE,
        (BridgeState.ASKED,),
        GrantForm,
        _grant,
        gettext_lazy("Grant it"),
        gettext_lazy("Grant the bridge"),
    ),
    "decline": _Act(
        Permission.BRIDGE_DECIDE,
        (BridgeState.ASKED,),
        ReasonForm,
        _decline,
        gettext_lazy("Decline it"),
        gettext_lazy("Decline it with reasons"),
    ),
    "end": _Act(
        Permission.BRIDGE_DECIDE,
        (BridgeState.OPEN,),
        EndForm,
        _end,
        gettext_lazy("End it"),
        gettext_lazy("End the bridge"),
    ),
    "give-up": _Act(
        Permission.EXIT_AGREE,
        (BridgeState.ASKED, BridgeState.OPEN),
        NoteForm,
        _give_up,
        gettext_lazy("Give it up"),
        gettext_lazy("Give it up"),
    ),
}


@rule(Permission.EXIT_READ, obj=case_by_reference)
def page(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """What may go on, until when, and under what; a post does the act that it names."""
    rules = bridge_rules(case)
    if rules is None or not case.number:
        raise Http404
    wrong: tuple[str, forms.Form] | None = None
    if request.method == "POST":
        word = request.POST.get("act", "")
        act = ACTS.get(word)
        if act is None or not allows(request.user, act.permission, case):
            raise Http404
        form = act.form(request.POST, prefix=word)
        if form.is_valid() and _done(request, case, act, form):
            messages.success(request, _("Done: it is noted with your name and the time."))
            return redirect("supervision:bridge", reference=reference)
        wrong = (word, form)
    context = _context(request, case, wrong)
    return render(request, "supervision/bridge.html", context, status=422 if wrong else 200)


def _done(request: HttpRequest, case: Case, act: _Act, form: forms.Form) -> bool:
    try:
        act.do(case, form.cleaned_data, asker(request))
    except SupervisionError as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    except ForbiddenError:
        raise Http404 from None
    return True


def _context(
    request: HttpRequest, case: Case, wrong: tuple[str, forms.Form] | None
) -> dict[str, Any]:
    rules, standing, steps = bridge_rules(case), verbs.standing_bridge(case), steps_of(case)
    today, calendar = day_in(case.rulebook, timezone.now()), calendar_for(case)
    is_internal = allows(request.user, Permission.CASE_READ_INTERNAL, case)
    closed_on = closed_day(case)
    newest = max((one.number for one in steps), default=0)
    granted = [one for one in steps if one.kind == BridgeAct.GRANTED and one.number == newest]
    asked = [one for one in steps if one.kind == BridgeAct.ASKED and one.number == newest]
    fits = rules is not None and closed_on is not None and case.outcome in rules.after
    return {
        "case": case,
        "rules": rules,
        "outcome": outcome_name(case),
        "after": [outcome_name(case, one) for one in rules.after] if rules else [],
        "closed_on": closed_on,
        "ask_until": ask_until(rules, closed_on, calendar) if rules and closed_on else None,
        "latest": longest(rules, today, calendar) if rules else None,
        "standing": standing,
        "is_open": standing is not None and standing.state is BridgeState.OPEN,
        "days_left": (standing.ends_on - today).days if standing and standing.ends_on else None,
        "business": BUSINESS[granted[-1].business if granted else rules.business] if rules else "",
        "plan": plan_under(case, granted[-1].plan_version) if granted else [],
        "granted": granted[-1] if granted else None,
        "asked": asked[-1] if asked else None,
        "steps": [(one, who_did(one, is_internal=is_internal)) for one in steps],
        "acts": _offered(request, case, standing.state if standing else None, fits, wrong),
        "wrong": wrong[1] if wrong else None,
    }


def _offered(
    request: HttpRequest,
    case: Case,
    state: BridgeState | None,
    fits: bool,
    wrong: tuple[str, forms.Form] | None,
) -> list[tuple[str, _Act, forms.Form]]:
    return [
        (word, act, wrong[1] if wrong and wrong[0] == word else act.form(prefix=word))
        for word, act in ACTS.items()
        if fits and state in act.states and allows(request.user, act.permission, case)
    ]
