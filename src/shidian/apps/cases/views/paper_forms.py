"""Forms of noting a document that came on paper, and of striking such a note."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from shidian.apps.cases.domain import papers
from shidian.apps.cases.form import AttachmentField
from shidian.apps.cases.papers import SCAN
from shidian.apps.cases.uploads import accepted_types
from shidian.apps.cases.views.act_forms import FORMS
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.views.form_base import ActForm, ReasonForm, only_choice
from shidian.apps.cases.views.sending import SENDERS
from shidian.apps.cases.words import localized
from shidian.core.procedure.types import Verb

NAME_MAX = 200


class NotePaperForm(ActForm):
    """Which document came on paper, when, from whom, and where it is kept."""

    field_order = ("seq", "material", "received", "handed_by", "kept_at", "scan")
    material = forms.ChoiceField(label=gettext_lazy("Document"), widget=forms.RadioSelect)
    received = forms.DateField(
        label=gettext_lazy("Day on which it was received"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    handed_by = forms.CharField(
        label=gettext_lazy("Who handed it in"), max_length=NAME_MAX, strip=True
    )
    kept_at = forms.CharField(
        label=gettext_lazy("Where the paper is kept"), max_length=NAME_MAX, strip=True
    )

    def build(self) -> None:
        found = [
            (one.id, localized(one.name))
            for one in self.case.rulebook.materials
            if one.id not in self.state.papers
        ]
        only_choice(self, "material", found, keep=True)
        self.initial.setdefault("received", timezone.localdate())
        self.fields["scan"] = AttachmentField(
            SCAN,
            label=localized(SCAN.label),
            required=False,
            widget=forms.FileInput(attrs={"accept": ",".join(accepted_types(SCAN))}),
        )
        dress_file(self.fields["scan"], SCAN)


class StrikePaperForm(ReasonForm):
    """Which note is struck, and why."""

    field_order = ("seq", "material", "reason")
    material = forms.ChoiceField(label=gettext_lazy("Document"), widget=forms.RadioSelect)

    def build(self) -> None:
        names = {one.id: localized(one.name) for one in self.case.rulebook.materials}
        found = [(key, names.get(key, key)) for key in self.state.papers]
        only_choice(self, "material", found, keep=True)


MORE: dict[Verb, tuple[type[ActForm], Any]] = {
    Verb.NOTE_PAPER: (NotePaperForm, papers.note_paper),
    Verb.STRIKE_PAPER: (StrikePaperForm, papers.strike_paper),
}
FORMS.update({verb: form for verb, (form, _send) in MORE.items()})
SENDERS.update({verb: send for verb, (_form, send) in MORE.items()})
