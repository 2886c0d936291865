"""A finding of tolerance and the decision on it, as forms made of the rulebook's conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.incidents import TEXT_CHARS_MAX
from shidian.apps.supervision.domain.tolerance import MEASURE_CHARS_MAX, Found

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.model import ToleranceRule

RETURNED = "returned"
_MET = [("yes", pgettext_lazy("condition", "met")), ("no", pgettext_lazy("condition", "not met"))]


def _long(label: Any, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=TEXT_CHARS_MAX,
        widget=forms.Textarea(attrs={"class": "short"}),
    )


class FindingForm(forms.Form):
    """Facts, causation, compensation, each condition, opinion, and what is proposed.

    `told`: what the institution reported, by the name that a condition's `fact` has.
    """

    facts = _long(_("Facts"), _("What happened, as it is established."))
    causation = _long(_("Causation"), _("What caused it, and whether the pilot's design did."))
    compensation = _long(_("Compensation"), _("What was lost, what was paid, what is open."))

    def __init__(
        self, *args: Any, rule: ToleranceRule, told: Mapping[str, str], **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.rule = rule
        for one in rule.conditions:
            name = localized(one.name)
            self.fields[f"met_{one.id}"] = forms.ChoiceField(
                label=name,
                choices=_MET,
                widget=forms.RadioSelect,
                help_text=_("As reported: %(fact)s") % {"fact": told[one.fact]} if one.fact else "",
            )
            label = _("Why: %(condition)s") % {"condition": name}
            self.fields[f"reason_{one.id}"] = _long(label)
        self.fields["opinion"] = _long(_("Opinion"))
        self.fields["proposal"] = forms.ChoiceField(
            label=_("What you propose"),
            choices=[(one.id, localized(one.name)) for one in rule.decisions],
            widget=forms.RadioSelect,
        )

    @property
    def found(self) -> Found:
        """What the officer found; of a valid form."""
        data = self.cleaned_data
        return Found(
            facts=data["facts"],
            causation=data["causation"],
            compensation=data["compensation"],
            opinion=data["opinion"],
            conditions={
                one.id: (data[f"met_{one.id}"] == "yes", data[f"reason_{one.id}"])
                for one in self.rule.conditions
            },
            proposal=data["proposal"],
        )


class DecisionForm(forms.Form):
    """The decision on a finding, or that it is sent back."""

    decision = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    reason = _long(_("Reason"))
    measure = forms.CharField(
        label=_("Formal measure taken elsewhere"),
        help_text=_("Number and date, where there is one. This page makes none."),
        required=False,
        max_length=MEASURE_CHARS_MAX,
    )

    def __init__(self, *args: Any, rule: ToleranceRule, **more: Any) -> None:
        super().__init__(*args, **more)
        names = [(one.id, localized(one.name)) for one in rule.decisions]
        back = (RETURNED, _("send the finding back"))
        self.fields["decision"].choices = [*names, back]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> str:
        """Id of the decision; empty where it is sent back."""
        chosen = str(self.cleaned_data["decision"])
        return "" if chosen == RETURNED else chosen
