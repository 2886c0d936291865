"""The filters of the queue as a form: what can be chosen follows from whom it is shown to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.accounts.models import Authority, Officer, OfficerRole, Person
from shidian.apps.accounts.roles import held_on
from shidian.apps.cases.models import Call, CaseHandler, RulebookVersion, Scheme
from shidian.apps.cases.queue import Asker, DueIn, TurnOf
from shidian.apps.cases.search import QUERY_LENGTH_MAX
from shidian.apps.cases.words import localized

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import QueryDict

    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.rulebook.model import Rulebook

Choices = list[tuple[str, Any]]
CALLS_MAX = 100

TURNS: Choices = [
    (TurnOf.MINE.value, gettext_lazy("mine")),
    (TurnOf.AUTHORITIES.value, gettext_lazy("the authorities")),
    (TurnOf.APPLICANT.value, gettext_lazy("the applicant")),
    (TurnOf.EXPERTS.value, gettext_lazy("the experts")),
    (TurnOf.BODY.value, gettext_lazy("the assessor body")),
    (TurnOf.PUBLIC.value, gettext_lazy("the public")),
    (TurnOf.NOBODY.value, gettext_lazy("nobody")),
]
DUES: Choices = [
    (DueIn.LATE.value, gettext_lazy("overdue")),
    (DueIn.TODAY.value, gettext_lazy("today")),
    (DueIn.WEEK.value, gettext_lazy("within seven days")),
    (DueIn.NONE.value, gettext_lazy("without a date")),
]
STATES: Choices = [
    ("", gettext_lazy("cases in hand")),
    ("closed", gettext_lazy("closed")),
    ("all", gettext_lazy("open and closed")),
]
ORDERS: Choices = [
    ("", gettext_lazy("latest act first")),
    ("due", gettext_lazy("earliest day first")),
]


def asker_of(viewer: Viewer) -> Asker:
    """The viewer as the queue asks for them."""
    return Asker(viewer.person, viewer.roles.authorities(), viewer.mine())


def colleagues(authorities: Iterable[int]) -> list[Person]:
    """Case officers of these authorities today, by name."""
    held = Officer.objects.filter(
        held_on(timezone.localdate()), authority__in=list(authorities), role=OfficerRole.CASE
    )
    people = Person.objects.filter(pk__in=held.values("person"), is_active=True)
    return list(people.order_by("name_zh", "pk"))


def in_charge(authorities: Iterable[int]) -> list[Person]:
    """Whom one may filter by: these authorities' case officers, and who left with cases."""
    ids = list(authorities)
    left = CaseHandler.objects.filter(authority__in=ids, ends=None).values("officer")
    known = colleagues(ids)
    rest = Person.objects.filter(pk__in=left).exclude(pk__in=[one.pk for one in known])
    return [*known, *rest.order_by("name_zh", "pk")]


def assigning_authorities(viewer: Viewer) -> list[Authority]:
    """Authorities for which the viewer may put someone in charge."""
    held = viewer.roles.authorities(OfficerRole.CASE)
    return list(Authority.objects.filter(pk__in=held).order_by("pk")) if held else []


class QueueForm(forms.Form):
    """A value that is not among the choices is an error with the field's name, never ignored."""

    q = forms.CharField(
        label=gettext_lazy("Words"), required=False, max_length=QUERY_LENGTH_MAX, strip=True
    )
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    turn = forms.ChoiceField(label=gettext_lazy("Whose turn"), required=False)
    assigned = forms.ChoiceField(label=gettext_lazy("In charge"), required=False)
    due = forms.ChoiceField(label=gettext_lazy("Due"), required=False)
    tier = forms.ChoiceField(label=gettext_lazy("Risk tier"), required=False)
    call = forms.ChoiceField(label=gettext_lazy("Call"), required=False)
    scheme = forms.ChoiceField(label=gettext_lazy("Scheme"), required=False)
    state = forms.ChoiceField(label=gettext_lazy("Cases"), required=False, choices=STATES)
    order = forms.ChoiceField(label=gettext_lazy("Order"), required=False, choices=ORDERS)

    def __init__(self, data: QueryDict, viewer: Viewer) -> None:
        super().__init__(data)
        schemes = schemes_of(viewer)
        rulebooks = _newest_rulebooks(schemes)
        self._choose("stage", _stages(rulebooks))
        self._choose("turn", TURNS)
        names = [(str(one.pk), str(one)) for one in in_charge(viewer.roles.authorities())]
        self._choose("assigned", [("me", _("me")), ("nobody", _("nobody")), *names])
        self._choose("due", DUES)
        self._choose("tier", _tiers(rulebooks))
        self._choose("call", _calls(schemes))
        self._choose("scheme", [(one.slug, str(one)) for one in schemes])
        if not _tiers(rulebooks):
            del self.fields["tier"]
        if len(schemes) <= 1:
            del self.fields["scheme"]

    def _choose(self, name: str, choices: Choices) -> None:
        cast("forms.ChoiceField", self.fields[name]).choices = [("", _("all")), *choices]

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that are set; only of a valid form."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def query(self) -> str:
        """The same as a query string: what a saved view keeps."""
        return urlencode(self.wanted)


def schemes_of(viewer: Viewer) -> list[Scheme]:
    """Schemes with a part for an authority of the viewer's; all of them for an auditor."""
    schemes = Scheme.objects.order_by("slug")
    if viewer.roles.is_auditor:
        return list(schemes)
    return list(schemes.filter(parts__authority__in=viewer.roles.authorities()).distinct())


def _newest_rulebooks(schemes: list[Scheme]) -> list[Rulebook]:
    """The version published last in each scheme; its stages and tiers are offered."""
    versions = RulebookVersion.objects.filter(scheme__in=schemes).defer("document").order_by("pk")
    return [one.rulebook for one in {row.scheme_id: row for row in versions}.values()]


def _stages(rulebooks: list[Rulebook]) -> Choices:
    return list({s.id: localized(s.names.staff) for one in rulebooks for s in one.stages}.items())


def _tiers(rulebooks: list[Rulebook]) -> Choices:
    levels = [level for one in rulebooks if one.tiers is not None for level in one.tiers.levels]
    return list({level.id: localized(level.name) for level in levels}.items())


def _calls(schemes: list[Scheme]) -> Choices:
    calls = Call.objects.filter(scheme__in=schemes)[:CALLS_MAX]
    return [(one.slug, str(one)) for one in calls]
