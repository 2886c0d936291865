"""Forms of what follows a decision: objecting, deciding on it, taking back what is not told."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shidian.apps.cases.domain import deciding, objecting, releasing
from shidian.apps.cases.views.act_forms import FORMS
from shidian.apps.cases.views.form_base import ActForm, ReasonForm, long_text, only_choice
from shidian.apps.cases.views.sending import SENDERS
from shidian.apps.cases.views.words import objection_words
from shidian.apps.cases.words import localized
from shidian.core.procedure.objecting import open_rule, rule_named, ways
from shidian.core.procedure.types import Verb


class FileObjectionForm(ActForm):
    """Why the decision was wrong, in the applicant's words."""

    grounds = long_text(
        gettext_lazy("Grounds"),
        help_text=gettext_lazy(
            "Name the finding, score or rule that you think was wrong, and why."
        ),
    )

    def build(self) -> None:
        """Show what the rulebook says to those who object."""
        rule = open_rule(self.case.rulebook, self.state)
        if rule is not None and rule.guidance is not None:
            self.fields["grounds"].help_text = localized(rule.guidance)


class DecideObjectionForm(ReasonForm):
    """What comes of it: as far as the rulebook leaves it open."""

    outcome = forms.ChoiceField(label=gettext_lazy("Decision"), widget=forms.RadioSelect)
    field_order = ("outcome", "reason")

    def build(self) -> None:
        made = self.state.objection
        rule = rule_named(self.case.rulebook, made.rule) if made else None
        found = []
        for outcome, stage in (ways(rule) if rule else {}).items():
            words = objection_words(outcome)
            if stage is not None:
                name = localized(self.case.rulebook.stage(stage).names.staff)
                words = _("%(words)s: it goes on in “%(stage)s”") % {"words": words, "stage": name}
            found.append((outcome.value, words))
        only_choice(self, "outcome", found, keep=True)


MORE: dict[Verb, tuple[type[ActForm], Any]] = {
    Verb.FILE_OBJECTION: (FileObjectionForm, objecting.file_objection),
    Verb.DECIDE_OBJECTION: (DecideObjectionForm, objecting.decide_objection),
    Verb.TAKE_BACK_DECISION: (ReasonForm, releasing.take_back_decision),
    Verb.UPHOLD_REVIEW: (ReasonForm, deciding.uphold_review),
}
FORMS.update({verb: form for verb, (form, _send) in MORE.items()})
SENDERS.update({verb: send for verb, (_form, send) in MORE.items()})
