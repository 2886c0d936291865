"""The form of an exit plan: a row for each kind of position and each body of the rulebook."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.supervision.exit_words import CHANNELS, HOW, ROUNDINGS, percent
from shidian.core.exit.plan import (
    ADDRESS_CHARS_MAX,
    DAYS_MAX,
    PER_DAY_MAX,
    SHARE_WHOLE_BP,
    Channel,
    ExitPlan,
    How,
    Pace,
    Path,
    Payer,
    Rounding,
    Told,
)

if TYPE_CHECKING:
    from shidian.apps.supervision.publish.language import Language
    from shidian.core.rulebook.model import DrillRules

PAYERS_MAX = 10
NAMES_APART = " / "
STEPS = (
    ("notices", gettext_lazy("Notices")),
    ("run_off", gettext_lazy("Run-off")),
    ("refunds", gettext_lazy("Refunds")),
)


class PercentField(forms.CharField):
    """A share such as 66.67, kept in hundredths of a percent."""

    def __init__(self, **more: Any) -> None:
        attributes = {"class": "narrow", "inputmode": "decimal"}
        super().__init__(max_length=8, widget=forms.TextInput(attrs=attributes), **more)

    def clean(self, value: Any) -> int:
        """Raises ValidationError for what is no share with at most two decimals."""
        return share_of(str(super().clean(value)))


def share_of(text: str) -> int:
    """A percentage → hundredths of a percent. Raises ValidationError."""
    try:
        points = Decimal(text.strip().removesuffix("%").strip() or "0") * 100
    except InvalidOperation:
        points = Decimal(-1)
    if not 0 <= points <= SHARE_WHOLE_BP or points != points.to_integral_value():
        raise forms.ValidationError(_("Write a percentage from 0 to 100, such as 66.67."))
    return int(points)


class ExitPlanForm(forms.Form):
    """An exit plan as it stands, or empty. `parts` groups the fields as the page shows them."""

    def __init__(
        self, rules: DrillRules, language: Language, plan: ExitPlan | None, *args: Any, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self._rules = rules
        self._kinds = {one.id: getattr(one.name, language) for one in rules.kinds}
        self._told = {one.id: getattr(one.name, language) for one in rules.told}
        for place, kind in enumerate(_in_order(rules, plan), start=1):
            self._add_kind(kind, place, plan.path_of(kind) if plan else None)
        self._add_payers(plan)
        self._add_notices(plan)
        for name, label in STEPS:
            self._add_pace(name, str(label), getattr(plan, name) if plan else None)

    def parts(self) -> list[tuple[str, list[forms.BoundField]]]:
        """(heading, its fields), in order."""
        found = [
            (title, [self[f"{kind}-{name}"] for name in ("how", "place", "to", "fees", "losses")])
            for kind, title in self._kinds.items()
        ]
        found.append((_("Who pays"), [self["payers"], self["rounding"]]))
        told = [self[f"told-{body}"] for body in self._told]
        found.append((_("Who is told"), [self["channels"], self["fallback"], *told]))
        for name, label in STEPS:
            found.append((str(label), [self[f"{name}-days"], self[f"{name}-per_day"]]))
        return found

    def plan(self) -> ExitPlan:
        """What was written, as a plan."""
        said = self.cleaned_data
        kinds = sorted(self._kinds, key=lambda kind: said[f"{kind}-place"])
        first, fallback = Channel(said["channels"]), said["fallback"]
        return ExitPlan(
            paths=tuple(
                Path(
                    kind,
                    How(said[f"{kind}-how"]),
                    said[f"{kind}-to"].strip(),
                    said[f"{kind}-fees"],
                    said[f"{kind}-losses"],
                )
                for kind in kinds
            ),
            payers=said["payers"],
            channels=(first, Channel(fallback)) if fallback and fallback != first else (first,),
            told=tuple(Told(body, said[f"told-{body}"].strip()) for body in self._told),
            notices=self._pace("notices"),
            run_off=self._pace("run_off"),
            refunds=self._pace("refunds"),
            rounding=Rounding(said["rounding"]),
        )

    def clean_payers(self) -> tuple[Payer, ...]:
        """One payer a line, the share after the name. Whether they are a whole the drill says."""
        payers = []
        for line in self.cleaned_data["payers"].splitlines():
            if not line.strip():
                continue
            name, _space, share = line.strip().rpartition(" ")
            if not name:
                raise forms.ValidationError(
                    _("Write the name, a space and the share: %(line)s") % {"line": line[:60]}
                )
            chinese, _slash, english = name.partition(NAMES_APART)
            payers.append(Payer(chinese.strip(), share_of(share), english.strip()))
        if len(payers) > PAYERS_MAX:
            raise forms.ValidationError(_("Name ten payers at most."))
        return tuple(payers)

    def _pace(self, name: str) -> Pace:
        return Pace(self.cleaned_data[f"{name}-days"], self.cleaned_data[f"{name}-per_day"])

    def _add_kind(self, kind: str, place: int, path: Path | None) -> None:
        self.fields[f"{kind}-how"] = forms.ChoiceField(
            label=_("How it ends"), choices=HOW, initial=path.how if path else How.PAY_OUT
        )
        self.fields[f"{kind}-place"] = forms.IntegerField(
            label=_("Place in the run-off"),
            min_value=1,
            max_value=len(self._kinds),
            initial=place,
            widget=forms.NumberInput(attrs={"class": "narrow"}),
        )
        self.fields[f"{kind}-to"] = forms.CharField(
            label=_("Handed over to"),
            required=False,
            max_length=ADDRESS_CHARS_MAX,
            initial=path.to if path else "",
        )
        self.fields[f"{kind}-fees"] = PercentField(
            label=_("Of fees paid, returned (%)"),
            required=False,
            initial=percent(path.fees_bp if path else 0),
        )
        self.fields[f"{kind}-losses"] = PercentField(
            label=_("Of losses, made good (%)"),
            required=False,
            initial=percent(path.losses_bp if path else 0),
        )

    def _add_payers(self, plan: ExitPlan | None) -> None:
        lines = [_line_of(one) for one in plan.payers] if plan else []
        self.fields["payers"] = forms.CharField(
            label=_("Payers and their shares"),
            help_text=_(
                "One a line: name, a space, the share in percent; after the name, where it has one,"
                " a slash between spaces and the English name. Together they bear all of the"
                " fees returned and losses made good. Investors' own money is paid from custody."
            ),
            initial="\n".join(lines),
            max_length=4000,
            widget=forms.Textarea(attrs={"class": "short"}),
        )
        self.fields["rounding"] = forms.ChoiceField(
            label=_("Parts of a fen are rounded"),
            choices=ROUNDINGS,
            initial=plan.rounding if plan else Rounding.UP,
        )

    def _add_notices(self, plan: ExitPlan | None) -> None:
        used = (*plan.channels, "", "") if plan else (Channel.APP, "")
        self.fields["channels"] = forms.ChoiceField(
            label=_("Investors are told by"), choices=CHANNELS, initial=used[0]
        )
        self.fields["fallback"] = forms.ChoiceField(
            label=_("Where that reaches nobody, by"),
            required=False,
            choices=(("", _("nothing else")), *CHANNELS),
            initial=used[1],
        )
        known = {one.id: one.address for one in plan.told} if plan else {}
        for body, title in self._told.items():
            self.fields[f"told-{body}"] = forms.CharField(
                label=_("Address of: %(body)s") % {"body": title},
                required=False,
                max_length=ADDRESS_CHARS_MAX,
                initial=known.get(body, ""),
            )

    def _add_pace(self, name: str, label: str, pace: Pace | None) -> None:
        self.fields[f"{name}-days"] = forms.IntegerField(
            label=_("%(step)s: working days") % {"step": label},
            min_value=1,
            max_value=DAYS_MAX,
            initial=pace.days if pace else None,
            widget=forms.NumberInput(attrs={"class": "narrow"}),
        )
        self.fields[f"{name}-per_day"] = forms.IntegerField(
            label=_("%(step)s: settled a day") % {"step": label},
            min_value=1,
            max_value=PER_DAY_MAX,
            initial=pace.per_day if pace else None,
            widget=forms.NumberInput(attrs={"class": "narrow"}),
        )


def _line_of(payer: Payer) -> str:
    names = f"{payer.name}{NAMES_APART}{payer.name_en}" if payer.name_en else payer.name
    return f"{names} {percent(payer.share_bp)}"


def _in_order(rules: DrillRules, plan: ExitPlan | None) -> list[str]:
    asked = [one.id for one in rules.kinds]
    said = [one.kind for one in plan.paths if one.kind in asked] if plan else []
    return said + [kind for kind in asked if kind not in said]
