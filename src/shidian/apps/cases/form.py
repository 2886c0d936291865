"""Django forms built from a rulebook's sections, rendered on the server.

    form = section_form(section, data=request.POST, files=request.FILES, saved=row.answers)
    if form.is_valid():
        save_section(case=…, section=section.id, answers=form.answers(), base_version=…, by=…)

A draft may be saved incomplete, so that no field is required here; what is missing is
`filled.Filled`'s to say, and which questions are asked (`asked`), too. A file field takes a new
upload or keeps what was uploaded before: `form.uploads()` are the new ones, to be stored with
`attach_file` first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from shidian.apps.cases.answers import Answers, canonical_answer, canonical_answers
from shidian.apps.cases.pasted import no_markup
from shidian.apps.cases.uploads import accepted_types, size_max_bytes, sniff
from shidian.apps.cases.waiver_field import WaiversField
from shidian.apps.cases.words import currency_name, localized
from shidian.core.rulebook.model import Question, QuestionKind, Rulebook, Section

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

PROMISES_MAX = 30
PROMISE_LENGTH_MAX = 500
MONEY_MAX_DIGITS = 18
SHORT_LENGTH = 300
LONG_LENGTH = 5_000


class PromisesField(forms.CharField):
    """Promises, one a line; numbered `p1`, `p2` … in order."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        """Kept promises as the lines they were written in."""
        if isinstance(value, list):
            return "\n".join(one["text"] for one in value)
        return value

    def clean(self, value: Any) -> Any:
        """Lines → list of `{id, text}`. Refuses too many or too long ones."""
        lines = [line.strip() for line in str(super().clean(value) or "").splitlines()]
        promises = [line for line in lines if line]
        if len(promises) > PROMISES_MAX:
            raise forms.ValidationError(_("Give at most 30 promises."))
        if any(len(one) > PROMISE_LENGTH_MAX for one in promises):
            raise forms.ValidationError(_("A promise has at most 500 characters."))
        return [{"id": f"p{n}", "text": text} for n, text in enumerate(promises, start=1)]


class AttachmentField(forms.FileField):
    """An upload, judged by its bytes and size against what the question accepts."""

    def __init__(self, question: Question, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question = question

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The new upload, or what was there. Refuses a wrong type and a size over the limit."""
        upload = super().clean(data, initial)
        if not isinstance(upload, UploadedFile):
            return upload
        limit = size_max_bytes(self.question)
        if (upload.size or 0) > limit:
            raise forms.ValidationError(
                _("The file has %(size)d MiB; at most %(limit)d MiB are accepted."),
                params={"size": -(-(upload.size or 0) // 2**20), "limit": limit // 2**20},
            )
        if sniff(upload) not in accepted_types(self.question):
            raise forms.ValidationError(
                _(
                    "The file's contents are not of a type that is accepted here. Send one of the"
                    " types that the question names."
                )
            )
        return upload


class SectionForm(forms.Form):
    """The form of one section. Made by `section_form`, which gives it `section` and its fields."""

    section: Section
    saved: Answers

    def answers(self) -> Answers:
        """The valid answers, canonical. Files: those kept; new uploads are not in here yet.

        What was not asked keeps its saved answer: it counts again once the question is shown.
        """
        files = {one.id for one in self.section.questions if one.kind is QuestionKind.FILE}
        typed = {key: value for key, value in self.cleaned_data.items() if key not in files}
        answers = canonical_answers(self.section, typed)
        for question in self.section.questions:
            if question.id not in typed and question.id in self.saved:
                answers[question.id] = self.saved[question.id]
        return {one.id: answers[one.id] for one in self.section.questions if one.id in answers}

    def uploads(self) -> dict[str, UploadedFile[Any]]:
        """New uploads by question id."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if isinstance(value, UploadedFile)
        }

    def typed(self) -> Answers:
        """What was typed, valid or not, for showing a version that could not be saved."""
        return {
            question.id: value
            for question in self.section.questions
            if question.kind is not QuestionKind.FILE
            if (value := canonical_answer(question, self.cleaned_data.get(question.id))) is not None
        }


def section_form(
    section: Section,
    *,
    data: Mapping[str, Any] | None = None,
    files: Mapping[str, Any] | None = None,
    saved: Answers | None = None,
    rulebook: Rulebook | None = None,
    asked: Collection[str] | None = None,
) -> SectionForm:
    """A form for one section in the active language, filled with what was saved.

    `rulebook`: where the currency and the rules that may be relaxed are looked up; `asked`: ids of
    the questions to ask, all that are not computed where it is None.
    """
    kept = dict(saved or {})
    form = SectionForm(
        data=data,
        files=files,  # type: ignore[arg-type]
        initial=kept,
        prefix=None,
    )
    form.section = section
    form.saved = kept
    for question in section.questions:
        if question.computed is None and (asked is None or question.id in asked):
            form.fields[question.id] = field_for(question, rulebook)
    return form


def field_for(question: Question, rulebook: Rulebook | None = None) -> forms.Field:
    """The form field of one question. `field.widget.attrs["data-required"]` marks required ones."""
    common: dict[str, Any] = {
        "label": localized(question.label),
        "help_text": localized(question.guidance),
        "required": False,
    }
    field = (
        WaiversField(rulebook.waivers if rulebook else None, **common)
        if question.kind is QuestionKind.WAIVERS
        else _bare_field(question, common)
    )
    if isinstance(field, forms.CharField):
        field.validators.append(no_markup)
    if question.kind is QuestionKind.MONEY:
        field.unit = currency_name(rulebook)  # type: ignore[attr-defined]  # the `field` tag's
    if question.required:
        field.widget.attrs["data-required"] = "true"
    return field


def _bare_field(  # noqa: C901, PLR0911 - one line a kind
    question: Question, common: dict[str, Any]
) -> forms.Field:
    choices = [(option.id, localized(option.name)) for option in question.options]
    match question.kind:
        case QuestionKind.SHORT:
            return forms.CharField(max_length=question.max_length or SHORT_LENGTH, **common)
        case QuestionKind.LONG:
            length = question.max_length or LONG_LENGTH
            return forms.CharField(max_length=length, widget=forms.Textarea, **common)
        case QuestionKind.INTEGER:
            return forms.IntegerField(
                min_value=question.minimum, max_value=question.maximum, **common
            )
        case QuestionKind.MONEY:
            return forms.DecimalField(
                min_value=question.minimum,
                max_value=question.maximum,
                max_digits=MONEY_MAX_DIGITS,
                decimal_places=2,
                **common,
            )
        case QuestionKind.DATE:
            return forms.DateField(
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common
            )
        case QuestionKind.CHOICE:
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **common)
        case QuestionKind.CHOICES:
            widget = forms.CheckboxSelectMultiple
            return forms.MultipleChoiceField(choices=choices, widget=widget, **common)
        case QuestionKind.CONFIRM:
            return forms.BooleanField(**common)
        case QuestionKind.FILE:
            accept = ",".join(accepted_types(question))
            widget_ = forms.FileInput(attrs={"accept": accept})
            return AttachmentField(question, widget=widget_, **common)
        case QuestionKind.PROMISES:
            return PromisesField(**common)
        case QuestionKind.WAIVERS:
            raise TypeError("a waivers question has a field of its own")
