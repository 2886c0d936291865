"""A section at work: which questions stand on the page, which have come or gone, what is amiss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from shidian.apps.cases.answers import newest_sections
from shidian.apps.cases.filled import fill_form
from shidian.apps.cases.form import section_form
from shidian.apps.cases.models import FormSection
from shidian.apps.cases.views.answers import AnswerRow, answer_row
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.words import localized
from shidian.core.rulebook.expression import names, parse
from shidian.core.rulebook.form import name_of
from shidian.core.rulebook.model import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.forms import BoundField
    from django.http import HttpRequest

    from shidian.apps.cases.answers import Answers
    from shidian.apps.cases.filled import Filled
    from shidian.apps.cases.form import SectionForm
    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import Check, Question, Section


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rule, all newest versions, the version that the page showed and what it asked."""

    case: Case
    rule: Section
    saved: Mapping[str, FormSection]
    base_version: int
    asked: tuple[str, ...]

    @property
    def newest(self) -> FormSection | None:
        return self.saved.get(self.rule.id)

    @property
    def version(self) -> int:
        return self.newest.version if self.newest else 0

    def answers_at(self, version: int) -> Answers:
        """What the version that the page showed held; needed to keep its files."""
        if self.newest is None or version == 0:
            return {}
        if version == self.newest.version:
            return dict(self.newest.answers)
        row = FormSection.objects.filter(
            case=self.case, section=self.rule.id, version=version
        ).first()
        return dict(row.answers) if row else {}

    def filled(self, typed: Answers | None = None) -> Filled:
        """The whole form, with `typed` in place of what is saved of this section."""
        return _filled(self.case, self.saved, self.rule.id, typed)

    def next_url(self, filled: Filled) -> str:
        """Address of the next section that applies; "" after the last."""
        ids = [one.id for one in filled.rulebook.form]
        behind = ids[ids.index(self.rule.id) + 1 :]
        for section in filled.sections:
            if section.id in behind:
                return reverse("cases:section", args=[self.case.reference, section.id])
        return ""


def _filled(
    case: Case, saved: Mapping[str, FormSection], section: str, typed: Answers | None
) -> Filled:
    answers = {name: row.answers for name, row in saved.items()}
    if typed is not None:
        answers[section] = typed
    return fill_form(
        case.rulebook, answers, partners=len(case.parties.all()), lead_kind=case.lead.kind
    )


def sheet_of(request: HttpRequest, case: Case, section_id: str) -> Sheet:
    """The section as it stands and as the page that was sent showed it. Raises Http404.

    A page that does not say what it asked is taken to have asked all that applies.
    """
    try:
        rule = case.rulebook.section(section_id)
    except KeyError:
        raise Http404 from None
    saved = newest_sections(case)
    typed = request.POST.get("base_version", "")
    if "asked" in request.POST:
        named = set(request.POST["asked"].split(","))
        asked = tuple(one.id for one in rule.questions if one.id in named and not one.computed)
    else:
        asked = _filled(case, saved, section_id, None).asked(rule)
    return Sheet(case, rule, saved, int(typed) if typed.isdecimal() else 0, asked)


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question's place on the page: a field, a computed value, or nothing while it is hidden."""

    question: Question
    bound: BoundField | None = None
    computed: AnswerRow | None = None
    file: Any = None


def question_rows(
    sheet: Sheet, form: SectionForm, filled: Filled, answers: Answers
) -> list[QuestionRow]:
    """A place for every question of the section, hidden ones too: htmx fills it when they apply."""
    return [_row(sheet, form, filled, answers, one) for one in sheet.rule.questions]


def changed_rows(sheet: Sheet, filled: Filled, typed: Answers) -> list[QuestionRow]:
    """The places to renew: questions that came or went, and every computed value."""
    asked = set(filled.asked(sheet.rule))
    moved = asked ^ set(sheet.asked)
    form = section_form(sheet.rule, saved=typed, rulebook=filled.rulebook, asked=asked)
    dress(form)
    return [
        _row(sheet, form, filled, typed, one)
        for one in sheet.rule.questions
        if one.id in moved or one.computed is not None
    ]


def _row(
    sheet: Sheet, form: SectionForm, filled: Filled, answers: Answers, question: Question
) -> QuestionRow:
    if question.computed is not None:
        if (sheet.rule.id, question.id) not in filled.shown:
            return QuestionRow(question)
        value = filled.answers.get(sheet.rule.id, {}).get(question.id)
        return QuestionRow(question, computed=answer_row(question, value, rulebook=filled.rulebook))
    if question.id not in form.fields:
        return QuestionRow(question)
    file = None
    if question.kind is QuestionKind.FILE and question.id in answers:
        file = answer_row(question, answers[question.id]).file
    return QuestionRow(question, bound=form[question.id], file=file)


def check_links(sheet: Sheet, filled: Filled) -> list[tuple[str, str]]:
    """The section's checks that do not hold: (address of the answer at fault, message)."""
    return [
        (check_url(sheet.case, filled, sheet.rule, check), localized(check.message))
        for check in filled.failed_in(sheet.rule.id)
    ]


def check_url(case: Case, filled: Filled, home: Section, check: Check) -> str:
    """Where to mend it: the first answer that the check names, one of its own section first."""
    named = names(parse(check.rule))
    for section in (home, *filled.rulebook.form):
        for question in filled.questions(section):
            if question.computed is None and name_of(section.id, question.id) in named:
                return field_url(case, section, question)
    return reverse("cases:section", args=[case.reference, home.id])


def field_url(case: Case, section: Section, question: Question) -> str:
    """Address of the field of a question: of its first box where there are several."""
    several = (QuestionKind.CHOICE, QuestionKind.CHOICES, QuestionKind.WAIVERS)
    box = "_0" if question.kind in several else ""
    page = reverse("cases:section", args=[case.reference, section.id])
    return f"{page}#id_{question.id}{box}"


def dress(form: SectionForm) -> None:
    """Say limits before sending: file types and size, length of texts, one promise a line."""
    for question in form.section.questions:
        if question.id not in form.fields:
            continue
        field = form.fields[question.id]
        attrs = field.widget.attrs
        match question.kind:
            case QuestionKind.FILE:
                dress_file(field, question)
            case QuestionKind.LONG:
                attrs.update({"rows": "6", "data-count-id": f"count-{question.id}"})
            case QuestionKind.PROMISES:
                attrs.update({"rows": "6"})
                field.help_text = field.help_text or _("One promise a line.")
            case QuestionKind.INTEGER | QuestionKind.MONEY:
                attrs.update({"inputmode": "decimal", "class": "narrow"})
            case QuestionKind.WAIVERS:
                field.help_text = field.help_text or _(
                    "Choose rule by rule, each with its own reason. A general waiver is not given."
                )
