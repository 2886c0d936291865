"""Forms of the acts that involve other authorities, the grade of risk, and time itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from shidian.apps.cases.domain import consulting
from shidian.apps.cases.domain.serving import SCAN
from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.uploads import accepted_types
from shidian.apps.cases.views.act_forms import FORMS
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.views.form_base import ActForm, ReasonForm, long_text, only_choice
from shidian.apps.cases.views.open_matters import (
    to_answer,
    to_consult,
    to_extend,
    to_hear,
    to_record,
)
from shidian.apps.cases.views.sending import SENDERS
from shidian.apps.cases.words import localized
from shidian.core.procedure.types import Position, Verb
from shidian.core.rulebook.model import ConsultationKind

if TYPE_CHECKING:
    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import Clock, Consultation, Tier


class ConsultForm(ActForm):
    """Whom to tell or to ask."""

    consultation = forms.ChoiceField(
        label=gettext_lazy("What is sent, and to whom?"), widget=forms.RadioSelect
    )
    reason = long_text(
        gettext_lazy("Note to the authority"),
        help_text=gettext_lazy("What its word is asked on. It goes with the application."),
        required=False,
    )

    def build(self) -> None:
        found = [(one.id, self._label(one)) for one in to_consult(self.case, self.state)]
        only_choice(self, "consultation", found, keep=True)

    def _label(self, one: Consultation) -> str:
        kinds = {
            ConsultationKind.FILING: _("for the record"),
            ConsultationKind.OPINION: _("for its opinion"),
            ConsultationKind.NO_OBJECTION: _("for objections, if any"),
        }
        office = localized(self.case.rulebook.authority(one.authority).name)
        words = {"name": localized(one.name), "office": office, "kind": kinds[one.kind]}
        return _("%(name)s: to %(office)s, %(kind)s") % words


class GiveOpinionForm(ActForm):
    """The consulted authority's word."""

    consultation = forms.ChoiceField(label=gettext_lazy("On what?"), widget=forms.RadioSelect)
    position = forms.ChoiceField(
        label=gettext_lazy("Your authority's position"),
        choices=[
            (Position.SUPPORT, gettext_lazy("Supports it")),
            (Position.NO_OBJECTION, gettext_lazy("Does not object")),
            (Position.OBJECT, gettext_lazy("Objects")),
        ],
        widget=forms.RadioSelect,
    )
    text = long_text(gettext_lazy("Opinion"))

    def narrow(self, person: Someone) -> None:
        """Offer what this person may answer."""
        found = to_answer(self.case, self.state, person)
        only_choice(self, "consultation", [(one.id, localized(one.name)) for one in found])


class EnterOpinionForm(GiveOpinionForm):
    """The same from a letter of an authority that has no account, with the scan."""

    field_order = ("consultation", "scan", "number", "dated", "position", "text")
    scan = forms.FileField(
        label=gettext_lazy("Scan of its letter"),
        widget=forms.FileInput(attrs={"accept": ",".join(accepted_types(SCAN))}),
        error_messages={"required": gettext_lazy("Upload the scan of the letter.")},
    )
    number = forms.CharField(
        label=gettext_lazy("Number of its letter"), max_length=100, required=False
    )
    dated = forms.DateField(
        label=gettext_lazy("Date of its letter"),
        help_text=gettext_lazy("As it stands below the signature."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def build(self) -> None:
        """Any that was asked for an opinion can have written."""
        dress_file(self.fields["scan"], SCAN)
        self.fields["position"].label = _("Its position")
        self.fields["text"].label = _("Its opinion, word for word")
        found = [(one.id, localized(one.name)) for one in to_hear(self.case, self.state)]
        only_choice(self, "consultation", found, keep=True)

    def narrow(self, person: Someone) -> None:
        """What can be entered is the same for every officer."""


class GradeRiskForm(ReasonForm):
    """The tier, with what the answers suggest and what each tier changes."""

    tier = forms.ChoiceField(label=gettext_lazy("Risk tier"), widget=forms.RadioSelect)
    field_order = ("tier", "reason")

    def build(self) -> None:
        levels = self.case.rulebook.tiers.levels if self.case.rulebook.tiers else ()
        suggested = filed_form(self.case).tier
        field = self.fields["tier"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(one.id, self._label(one)) for one in levels]
            field.help_text = (
                _("The answers suggest: %(tier)s. You decide, with reasons.")
                % {"tier": localized(suggested.name)}
                if suggested
                else _("The answers suggest none. You decide, with reasons.")
            )
        standing = self.state.tier or (suggested.id if suggested else None)
        if standing:
            self.initial.setdefault("tier", standing)

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


class ExtendClockForm(ReasonForm):
    clock = forms.ChoiceField(label=gettext_lazy("Which period?"), widget=forms.RadioSelect)
    field_order = ("clock", "reason")

    def build(self) -> None:
        found = [
            (
                rule.id,
                _("%(name)s: by %(n)d %(unit)s")
                % {
                    "name": localized(rule.name),
                    "n": rule.extension.length if rule.extension else 0,
                    "unit": unit_word(rule),
                },
            )
            for rule, _total in to_extend(self.case, self.state)
        ]
        only_choice(self, "clock", found, keep=True)


class RecordSilenceForm(ActForm):
    clock = forms.ChoiceField(label=gettext_lazy("Which period ran out?"), widget=forms.RadioSelect)

    def build(self) -> None:
        effects = {
            "approved": _("the law takes it as approved"),
            "may-start": _("the test may start"),
        }
        found = [
            (
                one.id,
                _("%(name)s: %(effect)s")
                % {"name": localized(one.name), "effect": effects[one.on_silence]},
            )
            for one in to_record(self.case, self.state)
        ]
        only_choice(self, "clock", found, keep=True)


MORE: dict[Verb, tuple[type[ActForm], Any]] = {
    Verb.CONSULT: (ConsultForm, consulting.consult),
    Verb.GIVE_OPINION: (GiveOpinionForm, consulting.give_opinion),
    Verb.ENTER_OPINION: (EnterOpinionForm, consulting.enter_opinion),
    Verb.GRADE_RISK: (GradeRiskForm, consulting.grade_risk),
    Verb.EXTEND_CLOCK: (ExtendClockForm, consulting.extend_clock),
    Verb.RECORD_SILENCE: (RecordSilenceForm, consulting.record_silence),
}
FORMS.update({verb: form for verb, (form, _send) in MORE.items()})
SENDERS.update({verb: send for verb, (_form, send) in MORE.items()})
