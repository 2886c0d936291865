"""Forms of dispatches and tips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import get_language, gettext_lazy

from shidian.apps.cases.models import Case
from shidian.apps.cases.words import localized
from shidian.apps.national.bodies import rules_of
from shidian.apps.national.domain.answering import POSITIONS
from shidian.apps.national.domain.checks import SUBJECT_MAX, TEXT_MAX
from shidian.apps.national.models import Position
from shidian.core.rulebook.model import DispatchKind
from shidian.core.rulebook.reading.numbers import chinese_number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import RulebookVersion, Scheme, SchemeAuthority
    from shidian.apps.national.models import Dispatch
    from shidian.core.rulebook.model import DispatchRule

CASES_SHOWN = 100
"""Cases of the scheme, newest first, that a form offers."""


class DraftForm(forms.Form):
    """A dispatch: its words, the cases that it is about, the days that its figures cover."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=SUBJECT_MAX)
    first = forms.DateField(
        label=gettext_lazy("Figures from"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label=gettext_lazy("Figures to"),
        help_text=gettext_lazy("Both days count. Figures are drawn anew each time you save."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    cases = forms.ModelMultipleChoiceField(
        Case.objects.none(),
        label=gettext_lazy("Cases that it is about"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    text = forms.CharField(
        label=gettext_lazy("Text"), max_length=TEXT_MAX, widget=forms.Textarea(attrs={"rows": 18})
    )
    edition = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        kind: str,
        scheme: Scheme,
        person: Person,
        chosen: Iterable[int],
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        if kind == DispatchKind.PERIODIC:
            del self.fields["cases"]
        else:
            field = self.fields["cases"]
            if isinstance(field, forms.ModelMultipleChoiceField):
                field.queryset = _offered(scheme, person, list(chosen))
        if kind not in {DispatchKind.PERIODIC, DispatchKind.SPECIAL}:
            del self.fields["first"], self.fields["last"]

    @property
    def given(self) -> dict[str, Any]:
        """What the verb takes."""
        names = ("subject", "text", "cases", "first", "last")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


def _offered(scheme: Scheme, person: Person, chosen: list[int]) -> QuerySet[Case]:
    seen = Case.objects.visible_to(person).filter(scheme=scheme)
    newest = list(seen.order_by("-pk").values_list("pk", flat=True)[:CASES_SHOWN])
    return seen.filter(pk__in=[*newest, *chosen]).order_by("-pk")


def headings(rule: DispatchRule) -> str:
    """What the rulebook has a draft begin with: its headings, with room below each."""
    chinese = (get_language() or "zh-hans").startswith("zh")
    lines = []
    for number, one in enumerate(rule.contents, start=1):
        place = f"{chinese_number(number)}、" if chinese else f"{number}. "
        lines.append(f"{place}{localized(one)}\n\n")
    return "\n".join(lines)


class AnswerForm(forms.Form):
    """What the answer comes to, and its words."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    position = forms.ChoiceField(label=gettext_lazy("What it comes to"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=TEXT_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, kind: str, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["position"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(one.value, one.label) for one in POSITIONS[kind]]
        if len(POSITIONS[kind]) == 1:
            field.initial = POSITIONS[kind][0].value
        if Position.NOTED in POSITIONS[kind]:
            self.fields["text"].label = gettext_lazy("Remarks")


class ReasonForm(forms.Form):
    """A reason; of the version that the reader has before them, where there is one."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("Reason"), max_length=TEXT_MAX, widget=forms.Textarea(attrs={"rows": 4})
    )


class SendForm(forms.Form):
    """The edition that the signing officer read."""

    edition = forms.IntegerField(widget=forms.HiddenInput)


class TipForm(forms.Form):
    """A risk tip: what the risk is, for whom, whether it is published."""

    schemes = forms.MultipleChoiceField(
        label=gettext_lazy("To the working groups of"), widget=forms.CheckboxSelectMultiple
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=SUBJECT_MAX)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        help_text=gettext_lazy(
            "What the risk is, by which signs it is known, and what you ask them to look at."
        ),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 12}),
    )
    published = forms.BooleanField(
        label=gettext_lazy("Publish it on the public site as well"), required=False
    )
    subject_en = forms.CharField(
        label=gettext_lazy("Subject in English"), max_length=SUBJECT_MAX, required=False
    )
    text_en = forms.CharField(
        label=gettext_lazy("Text in English"),
        max_length=TEXT_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    answer_by = forms.DateField(
        label=gettext_lazy("To be answered by"),
        help_text=gettext_lazy("Leave it empty if no answer is expected."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, parts: Iterable[SchemeAuthority], **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields["schemes"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = [(one.scheme.slug, str(one.scheme)) for one in parts]
            field.initial = [one.scheme.slug for one in parts]


class TipAnswerForm(forms.Form):
    """What a working group found and did."""

    scheme = forms.CharField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("What was found and done"),
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 6}),
    )


def rule_in(version: RulebookVersion, dispatch: Dispatch) -> DispatchRule | None:
    """What the rules say of that dispatch; None where a newer version says nothing of it."""
    rules = rules_of(version).dispatches
    return next((one for one in rules if one.id == dispatch.rule), None)
