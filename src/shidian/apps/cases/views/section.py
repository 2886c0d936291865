"""One section of the application: fill in, autosave, and what happens when two people save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.answers import file_answer, missing_questions
from shidian.apps.cases.domain.applying import attach_file, is_editable, save_section
from shidian.apps.cases.errors import DomainError, ForbiddenError, StaleForm
from shidian.apps.cases.form import section_form
from shidian.apps.cases.models import Attachment, FormSection
from shidian.apps.cases.views.acts import act_crumbs
from shidian.apps.cases.views.answers import answer_row
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.core.rulebook.model import QuestionKind

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.form import SectionForm
    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import Section

Answers = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A section at work: the rule, the newest saved version, the version that the page showed."""

    case: Case
    rule: Section
    newest: FormSection | None
    base_version: int

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


@rule(Permission.FORM_EDIT, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, case: Case, section: str, **_url: object) -> HttpResponse:
    """GET: the form. POST: save; with htmx it answers with the saved state alone."""
    if not is_editable(case):
        raise Http404
    sheet = _sheet(request, case, section)
    if request.method != "POST":
        form = section_form(sheet.rule, saved=sheet.answers_at(sheet.version))
        return _page(request, sheet, form)
    return _save(request, sheet)


def _sheet(request: HttpRequest, case: Case, section_id: str) -> Sheet:
    try:
        rule_ = case.rulebook.section(section_id)
    except KeyError:
        raise Http404 from None
    rows = FormSection.objects.filter(case=case, section=section_id).select_related("saved_by")
    newest = rows.order_by("-version").first()
    typed = request.POST.get("base_version", "")
    base = int(typed) if typed.isdecimal() else 0
    return Sheet(case, rule_, newest, base)


def _save(request: HttpRequest, sheet: Sheet) -> HttpResponse:  # noqa: PLR0911 - one an outcome
    saved = sheet.answers_at(sheet.base_version)
    form = section_form(sheet.rule, data=request.POST, files=request.FILES, saved=saved)
    automatic = bool(getattr(request, "htmx", False))
    if not form.is_valid():
        return _state(request, sheet, "wrong") if automatic else _page(request, sheet, form)
    try:
        answers = _gathered(request, sheet, form)
        if form.errors:
            return _page(request, sheet, form)
        row = save_section(
            case=sheet.case,
            section=sheet.rule.id,
            answers=answers,
            base_version=sheet.base_version,
            by=request.user,  # type: ignore[arg-type]
        )
    except ForbiddenError:
        raise Http404 from None
    except StaleForm as stale:
        if automatic:
            return _state(request, sheet, "stale", stale.theirs)
        return _both(request, sheet, stale)
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(request, sheet, form)
    if automatic:
        return _state(request, sheet, "saved", row)
    return redirect(_onward(request, sheet))


def _gathered(request: HttpRequest, sheet: Sheet, form: SectionForm) -> Answers:
    """Answers with new uploads stored, and with what was chosen of another's version."""
    answers = form.answers()
    for name, upload in form.uploads().items():
        try:
            attachment = attach_file(
                case=sheet.case,
                section=sheet.rule.id,
                question=name,
                upload=upload,
                by=request.user,  # type: ignore[arg-type]
            )
        except ForbiddenError:
            raise
        except DomainError as error:
            form.add_error(name, str(error))
            continue
        answers[name] = file_answer(attachment)
    theirs = sheet.answers_at(sheet.base_version)
    for question in sheet.rule.questions:
        kept = request.POST.get(f"attached-{question.id}", "")
        if kept.isdecimal() and question.id not in form.uploads():
            found = Attachment.objects.filter(
                pk=int(kept), case=sheet.case, section=sheet.rule.id, question=question.id
            ).first()
            if found:
                answers[question.id] = file_answer(found)
        if request.POST.get(f"take-{question.id}") == "theirs":
            answers.pop(question.id, None)
            if question.id in theirs:
                answers[question.id] = theirs[question.id]
    return answers


def _onward(request: HttpRequest, sheet: Sheet) -> str:
    """The next section, or the list after the last or when asked for."""
    ids = [one.id for one in sheet.case.rulebook.form]
    place = ids.index(sheet.rule.id) + 1
    if request.POST.get("then") == "list" or place == len(ids):
        return reverse("cases:application", args=[sheet.case.reference])
    return reverse("cases:section", args=[sheet.case.reference, ids[place]])


def _page(request: HttpRequest, sheet: Sheet, form: SectionForm) -> HttpResponse:
    dress(form)
    ids = [one.id for one in sheet.case.rulebook.form]
    base = sheet.base_version if form.is_bound else sheet.version
    shown = sheet.answers_at(base)
    context = {
        "case": sheet.case,
        "section": sheet.rule,
        "form": form,
        "base_version": base,
        "newest": sheet.newest,
        "number": ids.index(sheet.rule.id) + 1,
        "of": len(ids),
        "files": _files(sheet.rule, shown),
        "missing": len(missing_questions(sheet.rule, shown)) if sheet.newest else 0,
        "crumbs": [
            *act_crumbs(sheet.case, None)[:-1],
            (_("Application"), reverse("cases:application", args=[sheet.case.reference])),
            (sheet.rule.title, None),
        ],
    }
    return render(request, "cases/section.html", context, status=422 if form.errors else 200)


def _files(rule_: Section, answers: Answers) -> dict[str, Any]:
    return {
        question.id: answer_row(question, answers[question.id]).file
        for question in rule_.questions
        if question.kind is QuestionKind.FILE and question.id in answers
    }


def _state(
    request: HttpRequest, sheet: Sheet, state: str, row: FormSection | None = None
) -> HttpResponse:
    """The autosave's answer: what became of what was typed, and the version to go on from."""
    context = {
        "state": state,
        "row": row,
        "at": timezone.now(),
        "base_version": row.version if row and state == "saved" else sheet.base_version,
    }
    return render(request, "cases/_save_state.html", context)


def _both(request: HttpRequest, sheet: Sheet, stale: StaleForm) -> HttpResponse:
    """Both versions side by side; the form below holds yours and saves upon theirs."""
    theirs, yours = dict(stale.theirs.answers), dict(stale.yours)
    form = section_form(sheet.rule, saved=yours)
    dress(form)
    rows = []
    for question in sheet.rule.questions:
        mine, other = yours.get(question.id), theirs.get(question.id)
        kept = mine.get("attachment") if isinstance(mine, dict) else ""
        rows.append(
            {
                "field": form[question.id],
                "differs": mine != other,
                "yours": answer_row(question, mine),
                "theirs": answer_row(question, other),
                "name": question.id,
                "attached": kept,
            }
        )
    context = {
        "case": sheet.case,
        "section": sheet.rule,
        "rows": rows,
        "theirs": stale.theirs,
        "message": str(stale),
        "base_version": stale.theirs.version,
        "crumbs": act_crumbs(sheet.case, sheet.rule.title),
    }
    return render(request, "cases/stale.html", context, status=409)


def dress(form: SectionForm) -> None:
    """Say limits before sending: file types and size, length of texts, one promise a line."""
    for question in form.section.questions:
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
