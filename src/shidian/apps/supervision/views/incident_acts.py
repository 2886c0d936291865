"""What may be done about one incident: each act with its form, for the side that may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.supervision.domain import incidents as verbs
from shidian.apps.supervision.incident_course import standing_of
from shidian.apps.supervision.models import AlertEpisode, Complaint, IncidentState
from shidian.apps.supervision.templatetags.supervision import episode_title
from shidian.apps.supervision.views.incident_forms import (
    AnswerForm,
    AskForm,
    AttachForm,
    ClosingForm,
    ConfirmForm,
    FactsForm,
    GradeForm,
    LinkForm,
    MergeForm,
    TextForm,
    UpdateForm,
)
from shidian.core.procedure.incidents import UNDER_WAY, rules_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django import forms

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Incident
    from shidian.core.procedure.incidents import Standing

LINKS_MAX = 50


@dataclass(frozen=True, slots=True)
class Act:
    """An act: what it is called, its button, in which states it is offered, what it does."""

    title: Any
    button: Any
    states: tuple[IncidentState, ...]
    do: Callable[[Incident, Any, Person], Any]
    first: bool = False
    """Shown open, not folded: what is expected next."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An act that the reader may do now. `number`: of the question that it answers."""

    word: str
    act: Act
    form: forms.Form
    is_open: bool
    route: str
    number: int | None = None
    asked: str = ""


_OPEN = (IncidentState.OPEN,)
_UNDER_WAY = tuple(IncidentState(state.value) for state in UNDER_WAY)
_ENDED = (IncidentState.CLOSED, IncidentState.MERGED)
_ANY = tuple(IncidentState)


def _words(form: Any) -> str:
    return str(form.cleaned_data["text"])


def _link(found: Incident, form: Any, by: Person) -> Any:
    kind, _colon, name = form.cleaned_data["link"].partition(":")
    return verbs.link_incident(incident=found, kind=kind, name=name, by=by)


def _merge(found: Incident, form: Any, by: Person) -> Any:
    into = found.pilot.incidents.get(number=int(form.cleaned_data["into"]))
    return verbs.merge_incident(incident=found, into=into, reason=_words(form), by=by)


FIRM: dict[str, Act] = {
    "confirm": Act(
        gettext_lazy("Confirm the telephone report in writing"),
        gettext_lazy("Confirm it"),
        (IncidentState.PHONED,),
        lambda found, form, by: verbs.confirm_telephone_report(
            incident=found,
            severity=form.cleaned_data["severity"],
            facts=form.facts,
            text=_words(form),
            by=by,
        ),
        first=True,
    ),
    "answer": Act(
        gettext_lazy("Answer a question"),
        gettext_lazy("Send the answer"),
        _UNDER_WAY,
        lambda found, form, by: verbs.answer_question(
            incident=found, question=form.cleaned_data["question"], text=_words(form), by=by
        ),
        first=True,
    ),
    "update": Act(
        gettext_lazy("Say what is new"),
        gettext_lazy("Send the update"),
        _OPEN,
        lambda found, form, by: verbs.update_incident(
            incident=found,
            text=_words(form),
            facts=form.facts,
            over_at=form.cleaned_data["over_at"],
            by=by,
        ),
    ),
    "attach": Act(
        gettext_lazy("Attach a file"),
        gettext_lazy("Attach it"),
        _ANY,
        lambda found, form, by: verbs.attach_to_incident(
            incident=found,
            file=form.cleaned_data["file"],
            text=_words(form),
            by=by,
            is_officer=False,
        ),
    ),
    "close": Act(
        gettext_lazy("Close it with a report"),
        gettext_lazy("Close the incident"),
        _OPEN,
        lambda found, form, by: verbs.close_incident(
            incident=found,
            text=_words(form),
            facts=form.facts,
            lessons=form.cleaned_data["lessons"],
            over_at=form.cleaned_data["over_at"],
            by=by,
        ),
    ),
}
"""Acts of the institution."""

OFFICER: dict[str, Act] = {
    "ask": Act(
        gettext_lazy("Ask the institution"),
        gettext_lazy("Send the question"),
        _UNDER_WAY,
        lambda found, form, by: verbs.ask_about_incident(
            incident=found, text=_words(form), answer_by=form.until, by=by
        ),
    ),
    "grade": Act(
        gettext_lazy("Grade it anew"),
        gettext_lazy("Change the grade"),
        _UNDER_WAY,
        lambda found, form, by: verbs.grade_incident(
            incident=found, severity=form.cleaned_data["severity"], reason=_words(form), by=by
        ),
    ),
    "link": Act(gettext_lazy("Link it"), gettext_lazy("Link it"), _ANY, _link),
    "merge": Act(
        gettext_lazy("Say that it is the same as another"),
        gettext_lazy("Merge it"),
        _UNDER_WAY,
        _merge,
    ),
    "reopen": Act(
        gettext_lazy("Open it again"),
        gettext_lazy("Open it again"),
        _ENDED,
        lambda found, form, by: verbs.reopen_incident(incident=found, reason=_words(form), by=by),
    ),
    "attach-own": Act(
        gettext_lazy("Attach a file for the authorities"),
        gettext_lazy("Attach it"),
        _ANY,
        lambda found, form, by: verbs.attach_to_incident(
            incident=found,
            file=form.cleaned_data["file"],
            text=_words(form),
            by=by,
            is_officer=True,
        ),
    ),
    "note": Act(
        gettext_lazy("Note something for the file"),
        gettext_lazy("Note it"),
        _ANY,
        lambda found, form, by: verbs.note_on_incident(incident=found, text=_words(form), by=by),
    ),
}
"""Acts of officers."""


def form_for(word: str, found: Incident, data: Any = None, files: Any = None) -> forms.Form:
    """The form of an act, with what is known already in it."""
    given: dict[str, Any] = {"prefix": word} if data is None else {"data": data, "prefix": word}
    if word in ("attach", "attach-own"):
        return AttachForm(**given, files=files)
    if word in _TEXTS:
        label, hint = _TEXTS[word]
        kind = {"answer": AnswerForm, "ask": AskForm}.get(word, TextForm)
        return kind(**given, label=label, hint=hint)
    grades = rules_of(found.pilot.case.rulebook).severities
    if word == "grade":
        return GradeForm(**given, grades=grades, label=_("Reason"))
    if word == "link":
        return LinkForm(**given, choices=_links(found))
    if word == "merge":
        others = found.pilot.incidents.exclude(pk=found.pk)
        others = others.exclude(state=IncidentState.MERGED.value).order_by("-number")
        return MergeForm(**given, others=others[:LINKS_MAX], label=_("Reason"))
    if data is None:
        standing = standing_of(found)
        known = {"severity": found.severity, "over_at": standing.over_at}
        given["initial"] = FactsForm.initial_of(standing.facts) | known
    if word == "confirm":
        given["grades"] = grades
    return _WITH_FACTS[word](**given)


_WITH_FACTS: dict[str, type[FactsForm]] = {
    "confirm": ConfirmForm,
    "close": ClosingForm,
    "update": UpdateForm,
}


_TEXTS: dict[str, tuple[Any, Any]] = {
    "answer": (gettext_lazy("Answer"), ""),
    "ask": (
        gettext_lazy("Question"),
        gettext_lazy("Until it is answered the institution cannot close the incident."),
    ),
    "reopen": (gettext_lazy("Reason"), ""),
    "note": (
        gettext_lazy("Note"),
        gettext_lazy("For the authorities; the institution does not read it."),
    ),
}
"""Acts that take a text: its label and hint."""


def _links(found: Incident) -> list[tuple[str, str]]:
    pilot = found.pilot_id
    tied = set(found.steps.exclude(link_kind="").values_list("link_kind", "link_name"))
    episodes = AlertEpisode.objects.filter(pilot=pilot).order_by("-last_seq")[:LINKS_MAX]
    complaints = Complaint.objects.filter(pilot=pilot).order_by("-pk")[:LINKS_MAX]
    orders = found.pilot.orders.order_by("-pk")[:LINKS_MAX]
    choices = [
        *(
            ("alert", one.episode, _("Alert: %(name)s") % {"name": episode_title(one)})
            for one in episodes
        ),
        *(("order", one.public_id, f"{one.get_kind_display()} {one.public_id}") for one in orders),
        *(
            ("complaint", one.reference, f"{one.get_category_display()} {one.reference}")
            for one in complaints
        ),
    ]
    return [(f"{kind}:{name}", said) for kind, name, said in choices if (kind, name) not in tied]


def acts_of(
    person: Person, found: Incident, standing: Standing, wrong: tuple[str, forms.Form] | None
) -> list[Offered]:
    """What the person may do about it now; the act that was refused keeps what was typed."""
    case = found.pilot.case
    sides = (
        (FIRM, Permission.INCIDENT_REPORT, "supervision:incident-respond"),
        (OFFICER, Permission.INCIDENT_HANDLE, "supervision:incident-handle"),
    )
    offered: list[Offered] = []
    for side, permission, route in sides:
        if not allows(person, permission, case):
            continue
        for word, act in side.items():
            is_wrong = wrong is not None and wrong[0] == word
            if found.state not in act.states and not is_wrong:
                continue
            if word == "answer":
                offered += _answers(found, standing, act, route, wrong)
                continue
            form = wrong[1] if wrong is not None and is_wrong else form_for(word, found)
            if _has_no_choice(word, form):
                continue
            offered.append(Offered(word, act, form, is_wrong or act.first, route))
    return offered


def _has_no_choice(word: str, form: Any) -> bool:
    fields = {"link": "link", "merge": "into"}
    return word in fields and not form.fields[fields[word]].choices


def _answers(
    found: Incident,
    standing: Standing,
    act: Act,
    route: str,
    wrong: tuple[str, forms.Form] | None,
) -> list[Offered]:
    """A form for each question that waits."""
    asked = {step.question: step.text for step in found.steps.filter(kind="asked").order_by("pk")}
    offered = []
    for one in standing.open_questions:
        form = form_for("answer", found)
        form.initial = {"question": one.number}
        if wrong is not None and wrong[0] == "answer":
            given = wrong[1].data.get("answer-question", "")
            form = wrong[1] if given == str(one.number) else form
        form.auto_id = f"id_question_{one.number}_%s"
        text = asked.get(one.number, "")
        offered.append(Offered("answer", act, form, True, route, one.number, text))
    return offered
