"""The question of kind `waivers`: which rules are to be relaxed, why, and what stands in for each.

Posted as `<name>` (ids of the rules chosen), `<name>-reason-<rule>` and `<name>-measure-<rule>`. A
rule that the rulebook does not name as relaxable cannot be chosen, and there is no choosing of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from shidian.apps.cases.words import localized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.rulebook.model import WaivableRule, Waivers

TEXT_LENGTH_MAX = 2000


def is_paired(waivers: Waivers | None) -> bool:
    """Whether a compensatory measure must stand in for each relaxed rule."""
    return waivers is not None and waivers.paired_with == "compensatory-measure"


def is_complete(waivers: Waivers | None, answer: Sequence[Mapping[str, str]]) -> bool:
    """Whether each rule chosen has its reason and, where paired, its measure."""
    return all(one["reason"] and (one["measure"] or not is_paired(waivers)) for one in answer)


class WaiversWidget(forms.Widget):
    """A box for each relaxable rule with its texts; below, the rules that are never relaxed."""

    template_name = "cases/widgets/waivers.html"
    grouped = True
    """The `field` tag sets it in a fieldset with a legend."""

    def __init__(self, waivers: Waivers | None, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.waivers = waivers

    @property
    def relaxable(self) -> tuple[WaivableRule, ...]:
        return self.waivers.relaxable if self.waivers else ()

    def value_from_datadict(
        self, data: Mapping[str, Any], files: Mapping[str, Any], name: str
    ) -> list[dict[str, str]]:
        """What was chosen, as typed: unknown rules too, which the field refuses.

        A measure that nobody was asked for is none.
        """
        del files
        paired = is_paired(self.waivers)
        getlist = getattr(data, "getlist", None)
        chosen = getlist(name) if getlist else data.get(name, [])
        return [
            {
                "rule": str(rule),
                "reason": str(data.get(f"{name}-reason-{rule}", "")),
                "measure": str(data.get(f"{name}-measure-{rule}", "")) if paired else "",
            }
            for rule in chosen
        ]

    def value_omitted_from_data(
        self, data: Mapping[str, Any], files: Mapping[str, Any], name: str
    ) -> bool:
        """Unticked boxes are not sent: never omitted."""
        del data, files, name
        return False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The rules with what was typed for each."""
        context = super().get_context(name, value, attrs)
        typed = {one["rule"]: one for one in value or []}
        number = context["widget"]["attrs"].get("id", f"id_{name}")
        context["rows"] = [
            {
                "rule": rule,
                "id": f"{number}_{place}",
                "chosen": rule.id in typed,
                "reason": typed.get(rule.id, {}).get("reason", ""),
                "measure": typed.get(rule.id, {}).get("measure", ""),
            }
            for place, rule in enumerate(self.relaxable)
        ]
        context["never"] = self.waivers.never if self.waivers else ()
        context["paired"] = is_paired(self.waivers)
        context["length_max"] = TEXT_LENGTH_MAX
        return context


class WaiversField(forms.Field):
    """Which rules are to be relaxed: a list of `{rule, reason, measure}`."""

    widget: WaiversWidget

    def __init__(self, waivers: Waivers | None, **kwargs: Any) -> None:
        super().__init__(widget=WaiversWidget(waivers), **kwargs)
        self.waivers = waivers

    def clean(self, value: Any) -> list[dict[str, str]]:
        """In the rulebook's order. Refuses a rule that may not be relaxed, and texts too long.

        A reason may still be missing: a draft can be saved incomplete.
        """
        typed = {one["rule"]: one for one in super().clean(value) or []}
        known = {rule.id: rule for rule in self.widget.relaxable}
        if unknown := sorted(set(typed) - set(known)):
            raise forms.ValidationError(self._refusal(unknown[0]))
        for rule, one in typed.items():
            if max(len(one["reason"]), len(one["measure"])) > TEXT_LENGTH_MAX:
                raise forms.ValidationError(
                    _("%(rule)s: each text has at most %(max)d characters.")
                    % {"rule": localized(known[rule].name), "max": TEXT_LENGTH_MAX}
                )
        return [typed[rule] for rule in known if rule in typed]

    def _refusal(self, rule: str) -> str:
        for one in self.waivers.never if self.waivers else ():
            if one.id == rule:
                return _("This rule is never relaxed: %(rule)s.") % {"rule": localized(one.name)}
        return _("Choose among the rules that may be relaxed.")
