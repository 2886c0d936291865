"""Forms of orders: what is proposed, and the code that approves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shidian.apps.supervision.models import OrderKind
from shidian.apps.supervision.publish.language import Language, text
from shidian.apps.supervision.queries import newest_plans

if TYPE_CHECKING:
    from shidian.apps.supervision.models import Pilot

PLAN_PREFIX = "plan-"


class OrderForm(forms.Form):
    """What the order shall do, and why. The values of the plan are for a restriction alone."""

    kind = forms.ChoiceField(label=_("What the order does"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("In Chinese. The institution reads it; where orders are public, everyone."),
        widget=forms.Textarea(attrs={"class": "short"}),
        max_length=2000,
    )
    reason_en = forms.CharField(
        label=_("Reason in English"),
        widget=forms.Textarea(attrs={"class": "short"}),
        max_length=2000,
        required=False,
    )
    basis = forms.CharField(
        label=_("Basis"),
        help_text=_("The terms agreed at admission, or the article, on which the order rests."),
        max_length=1000,
    )

    def __init__(self, pilot: Pilot, language: Language, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = pilot.case.rulebook.orders
        kinds = rules.kinds if rules else ()
        choices = [(kind, OrderKind(kind).label) for kind in kinds]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
        if "restrict" not in kinds:
            return
        plan = newest_plans([pilot])[pilot.pk]
        for parameter in pilot.case.rulebook.plan:
            if parameter.id not in plan or parameter.type not in ("int", "money", "decimal"):
                continue
            title, unit = text(parameter.title, language), text(parameter.unit, language)
            self.fields[f"{PLAN_PREFIX}{parameter.id}"] = forms.CharField(
                label=f"{title}（{unit}）" if language == "zh" else f"{title} ({unit})",
                initial=plan[parameter.id],
                required=False,
                max_length=40,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "narrow"}),
            )

    @property
    def plan_fields(self) -> list[forms.BoundField]:
        """The values that a restriction may lower."""
        return [bound for bound in self if bound.name.startswith(PLAN_PREFIX)]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        """Everything but those values and the kind."""
        return [bound for bound in self if bound.name in {"reason", "reason_en", "basis"}]

    def plan(self) -> dict[str, str]:
        """The values written, by parameter."""
        return {
            name.removeprefix(PLAN_PREFIX): value
            for name, value in self.cleaned_data.items()
            if name.startswith(PLAN_PREFIX) and value
        }


class CodeForm(forms.Form):
    """The code of the approval; each serves once."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("Six digits from your authenticator app, entered for this order."),
        max_length=12,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "narrow"}
        ),
    )


class EndForm(forms.Form):
    """Why a proposal is declined or withdrawn."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("Kept with the proposal; the authorities read it."),
        widget=forms.Textarea(attrs={"class": "short"}),
        max_length=2000,
    )
