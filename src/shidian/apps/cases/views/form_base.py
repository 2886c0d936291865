"""What the forms of acts share: the event that the page showed, long texts, reasons, one choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy

from shidian.apps.cases.pasted import no_markup

if TYPE_CHECKING:
    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.threshold_fields import (
        Wait,
    )
    from shidian.core.procedure.types import CaseState
    from shidian.core.rulebook.model import Stage


REASON_MAX = 4000


class ActForm(forms.Form):
    """Base: carries the newest event that the page showed, so that nobody acts on an old view."""

    seq = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, case: Case, state: CaseState, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {"seq": case.last_seq, **kwargs["initial"]}
        super().__init__(*args, **kwargs)
        self.case = case
        self.state = state
        self.waits: list[Wait] = []
        """Minimum times, shown as sums above the form."""
        self.build()

    @property
    def stage(self) -> Stage:
        return self.case.stage_rule

    @property
    def template(self) -> str:
        """The page that it stands on."""
        return "cases/act.html"

    @property
    def only_shows(self) -> bool:
        """Whether what was sent asks to see more, and nothing is to be done yet."""
        return False

    def build(self) -> None:
        """Add the fields that depend on rulebook and state."""

    def narrow(self, person: Someone) -> None:
        """Leave out what this person may not choose."""

    def payload(self) -> dict[str, Any]:
        """What the domain verb takes, by its argument names."""
        return {key: value for key, value in self.cleaned_data.items() if key != "seq"}


def long_text(label: Any, *, help_text: Any = "", required: bool = True) -> forms.CharField:
    """A text of several lines."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=required,
        max_length=REASON_MAX,
        validators=[no_markup],
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class ReasonForm(ActForm):
    """Acts that need nothing but a reason."""

    reason = long_text(
        gettext_lazy("Reason"), help_text=gettext_lazy("It stays in the file word for word.")
    )


def only_choice(
    form: forms.Form, name: str, choices: list[tuple[str, str]], *, keep: bool = False
) -> None:
    """Offer the choices; where there is only one, take it without asking, or, `keep`, show it."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} is no choice")
    field.choices = choices
    if len(choices) == 1:
        form.initial[name] = choices[0][0]
    if len(choices) == 1 and not keep:
        field.initial = choices[0][0]
        field.widget = forms.HiddenInput()
