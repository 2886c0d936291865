"""The form by which a case's risk is graded: a finding on each factor, the tier, what follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.views.form_base import REASON_MAX, ReasonForm
from shidian.apps.cases.words import localized
from shidian.core.procedure.grading import proposed_tier
from shidian.core.rulebook.reading.conditions import phrase

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import Clock, RiskFactor, Tier

WEIGH = "weigh"
"""What the button sends that shows what follows from the findings, and grades nothing."""


class GradeRiskForm(ReasonForm):
    """The tier, with what the rulebook proposes and what each tier changes."""

    tier = forms.ChoiceField(label=gettext_lazy("Risk tier"), widget=forms.RadioSelect)

    @property
    def factors(self) -> tuple[RiskFactor, ...]:
        tiers = self.case.rulebook.tiers
        return tiers.factors if tiers else ()

    @property
    def only_shows(self) -> bool:
        """Whether the officer asks what follows, before anything is done."""
        return bool(self.factors) and self.data.get("then") == WEIGH

    @property
    def template(self) -> str:
        return "cases/grade.html" if self.factors else super().template

    def build(self) -> None:
        levels = self.case.rulebook.tiers.levels if self.case.rulebook.tiers else ()
        field = self.fields["tier"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(one.id, self._label(one)) for one in levels]
        for factor in self.factors:
            self._ask(factor)
        if self.factors:
            self._weighed(field)
        else:
            self._suggested(field)
        self.order_fields([*(one for one in self.fields if "-" in one), "tier", "reason"])

    def _suggested(self, field: forms.Field) -> None:
        """Without factors the answers suggest a tier, chosen unless the officer objects."""
        suggested = filed_form(self.case).tier
        field.help_text = (
            _("The answers suggest: %(tier)s. You decide, with reasons.")
            % {"tier": localized(suggested.name)}
            if suggested
            else _("The answers suggest none. You decide, with reasons.")
        )
        standing = self.state.tier or (suggested.id if suggested else None)
        if standing:
            self.initial.setdefault("tier", standing)

    def _weighed(self, field: forms.Field) -> None:
        field.help_text = _("The rulebook proposes one from your findings. You decide.")
        reason = self.fields["reason"]
        reason.label = _("Why this tier")
        reason.required = False
        reason.help_text = _(
            "Needed where it is another than the rulebook proposes, and where a tier that stands is"
            " raised or lowered. It stays in the file word for word."
        )
        if self.state.tier:
            self.initial.setdefault("tier", self.state.tier)
        field.required = not self.only_shows
        field.widget.attrs["data-required"] = "true"

    def _ask(self, factor: RiskFactor) -> None:
        found, why = f"found-{factor.id}", f"why-{factor.id}"
        self.fields[found] = forms.ChoiceField(
            label=localized(factor.name),
            help_text=localized(factor.question),
            choices=[(one.id, localized(one.name)) for one in factor.options],
            widget=forms.RadioSelect,
        )
        self.fields[why] = forms.CharField(
            label=_("Grounds: %(area)s") % {"area": localized(factor.name)},
            widget=forms.Textarea(attrs={"rows": 2, "class": "short", "data-required": "true"}),
            max_length=REASON_MAX,
            required=not self.only_shows,
        )
        grading = self.state.grading
        if grading is not None and factor.id in grading.findings:
            self.initial[found], self.initial[why] = grading.findings[factor.id]

    def clean(self) -> dict[str, Any]:
        """Another tier than follows from the findings is reasoned, and so is a change."""
        cleaned = super().clean() or {}
        if not self.factors or self.only_shows or self.errors or cleaned.get("reason"):
            return cleaned
        proposed = self.proposed
        if proposed is None or proposed.id != cleaned["tier"]:
            named = localized(proposed.name) if proposed else _("none")
            words = _("From your findings the rulebook proposes: %(tier)s. Say why you differ.")
            self.add_error("reason", words % {"tier": named})
        elif self.state.tier is not None:
            self.add_error("reason", _("A tier stands: say why it is graded anew."))
        return cleaned

    @property
    def proposed(self) -> Tier | None:
        """What follows from the findings as they were sent; None also while one is missing."""
        found = self._findings()
        if len(found) < len(self.factors):
            return None
        return proposed_tier(self.case.rulebook, self.state, found)

    @property
    def because(self) -> Any:
        """The proposed tier's condition, in words."""
        proposed = self.proposed
        if proposed is None or proposed.when is None:
            return ""
        return phrase(self.case.rulebook, proposed.when)

    def _findings(self) -> dict[str, str]:
        given = getattr(self, "cleaned_data", {})
        found = {one.id: given.get(f"found-{one.id}") for one in self.factors}
        return {name: one for name, one in found.items() if one}

    def payload(self) -> dict[str, Any]:
        given = self.cleaned_data
        data: dict[str, Any] = {"tier": given["tier"], "reason": given["reason"]}
        if self.factors:
            data["factors"] = {
                one.id: {"found": given[f"found-{one.id}"], "reason": given[f"why-{one.id}"]}
                for one in self.factors
            }
        return data

    def _label(self, tier: Tier) -> str:
        parts = [localized(tier.meaning), *scaled_by(self.case, tier)]
        words = _("; ").join(filter(None, parts))
        name = localized(tier.name)
        return _("%(tier)s: %(words)s") % {"tier": name, "words": words} if words else name


def scaled_by(case: Case, tier: Tier) -> list[str]:
    """What a tier changes for a case, in a few words each."""
    rulebook = case.rulebook
    found = [
        _("passes over %(stage)s") % {"stage": localized(rulebook.stage(one).names.staff)}
        for one in tier.skips
    ]
    titles = {one.id: localized(one.title) for one in rulebook.plan}
    found += [
        _("%(what)s at %(percent)d %% of what was proposed")
        % {"what": titles.get(one, one), "percent": percent}
        for one, percent in tier.caps.items()
    ]
    reports = {one.id: localized(one.title) for one in rulebook.reports}
    found += [
        ngettext("%(what)s every %(n)d month", "%(what)s every %(n)d months", months)
        % {"what": reports.get(one, one), "n": months}
        for one, months in tier.reports.items()
    ]
    clocks = {one.id: one for one in rulebook.clocks}
    found += [
        _("%(what)s: %(n)d %(unit)s")
        % {"what": localized(clocks[one].name), "n": length, "unit": unit_word(clocks[one])}
        for one, length in tier.clocks.items()
        if one in clocks
    ]
    if tier.warn_at:
        marks = _(", ").join(f"{mark}%" for mark in tier.warn_at)
        found.append(_("warns at %(marks)s") % {"marks": marks})
    return found


def unit_word(clock: Clock) -> str:
    """The unit of a clock, for many."""
    words = {
        "working-day": _("working days"),
        "trading-day": _("trading days"),
        "calendar-day": _("calendar days"),
        "month": _("months"),
    }
    return words[clock.unit.value]
