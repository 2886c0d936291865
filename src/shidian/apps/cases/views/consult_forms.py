"""Forms of the acts that involve other authorities, and time itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.cases.domain import consulting
from shidian.apps.cases.domain.serving import SCAN
from shidian.apps.cases.uploads import accepted_types
from shidian.apps.cases.views.act_forms import FORMS
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.views.form_base import ActForm, ReasonForm, long_text, only_choice
from shidian.apps.cases.views.grade_form import GradeRiskForm, unit_word
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
    from shidian.core.rulebook.model import Consultation


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
