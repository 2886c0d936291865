"""Forms of the plan: its values as they shall be, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.supervision.publish.language import Language, text
from shidian.apps.supervision.queries import newest_plans
from shidian.core.rulebook.plan_change import PERMIT_MODES
from shidian.core.rulebook.reading.words import PERMIT_MODE

if TYPE_CHECKING:
    from shidian.apps.supervision.models import Pilot
    from shidian.core.rulebook.model import PlanParameter


class StepForm(forms.Form):
    """Why a step is proposed; its values are the rulebook's."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("In Chinese. The institution reads it."),
        widget=forms.Textarea(attrs={"class": "short"}),
        max_length=2000,
        required=False,
    )
    reason_en = forms.CharField(
        label=gettext_lazy("Reason in English"),
        widget=forms.Textarea(attrs={"class": "short"}),
        max_length=2000,
        required=False,
    )
    basis = forms.CharField(
        label=gettext_lazy("Basis"),
        help_text=gettext_lazy(
            "The terms agreed at admission, or the article. Needed where a value is loosened."
        ),
        max_length=1000,
        required=False,
    )


class PlanForm(StepForm):
    """The agreed values as they shall be, and the reason; the rest is for what loosens."""

    def __init__(self, pilot: Pilot, language: Language, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = newest_plans([pilot])[pilot.pk]
        rules = pilot.case.rulebook.plan
        titles = {one.id: text(one.title, language) for one in rules}
        fields = {
            one.id: _field(one, plan[one.id], titles, language) for one in rules if one.id in plan
        }
        self.fields = {**fields, **self.fields}
        self._values = tuple(fields)

    def values(self) -> dict[str, str]:
        """The values written, by parameter."""
        return {name: self.cleaned_data[name] for name in self._values}

    def texts(self) -> dict[str, str]:
        """Reason and basis."""
        return {name: self.cleaned_data[name] for name in ("reason", "reason_en", "basis")}


def _field(
    parameter: PlanParameter, agreed: str, titles: dict[str, str], language: Language
) -> forms.Field:
    title, unit = titles[parameter.id], text(parameter.unit, language)
    label = f"{title}（{unit}）" if language == "zh" else f"{title} ({unit})"
    choices = _choices(parameter, language)
    if choices:
        return forms.ChoiceField(label=title, choices=choices, initial=agreed)
    leader = titles.get(parameter.scales_with or "")
    numeric = parameter.type in ("int", "money", "decimal")
    attributes = {"class": "narrow"} | ({"inputmode": "decimal"} if numeric else {})
    return forms.CharField(
        label=label,
        help_text=_("Goes down in proportion with “%(leader)s”.") % {"leader": leader}
        if leader
        else "",
        initial=agreed,
        required=parameter.type != "codes",
        max_length=400 if parameter.type == "codes" else 40,
        widget=forms.TextInput(attrs=attributes),
    )


def _choices(parameter: PlanParameter, language: Language) -> list[tuple[str, str]]:
    if parameter.type == "permit-mode":
        return [(mode, text(PERMIT_MODE[mode], language)) for mode in PERMIT_MODES]
    if parameter.type == "bool":
        return [("true", _("yes")), ("false", _("no"))]
    return []
