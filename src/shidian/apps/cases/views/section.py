"""One section of the application: fill in, autosave, and what happens when two people save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.answers import file_answer
from shidian.apps.cases.domain.applying import attach_file, is_editable, save_section
from shidian.apps.cases.errors import DomainError, ForbiddenError, StaleForm
from shidian.apps.cases.form import section_form
from shidian.apps.cases.models import Attachment
from shidian.apps.cases.views.acts import act_crumbs
from shidian.apps.cases.views.answers import answer_row
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.sheet import (
    Sheet,
    changed_rows,
    check_links,
    dress,
    question_rows,
    sheet_of,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.answers import Answers
    from shidian.apps.cases.filled import Filled
    from shidian.apps.cases.form import SectionForm
    from shidian.apps.cases.models import Case, FormSection


@rule(Permission.FORM_EDIT, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def section(request: HttpRequest, case: Case, section: str, **_url: object) -> HttpResponse:
    """GET: the form. POST: save; with htmx it answers with the saved state and what it changes."""
    if not is_editable(case):
        raise Http404
    sheet = sheet_of(request, case, section)
    if request.method == "POST":
        return _save(request, sheet)
    filled = sheet.filled()
    if not filled.questions(sheet.rule):
        return redirect("cases:application", reference=case.reference)
    form = section_form(
        sheet.rule,
        saved=sheet.answers_at(sheet.version),
        rulebook=case.rulebook,
        asked=filled.asked(sheet.rule),
    )
    return _page(request, sheet, form, filled)


def _save(request: HttpRequest, sheet: Sheet) -> HttpResponse:  # noqa: PLR0911 - one an outcome
    form = section_form(
        sheet.rule,
        data=request.POST,
        files=request.FILES,
        saved=sheet.answers_at(sheet.base_version),
        rulebook=sheet.case.rulebook,
        asked=sheet.asked,
    )
    automatic = bool(getattr(request, "htmx", False))
    if not form.is_valid():
        if automatic:
            return _state(request, sheet, form, "wrong")
        return _page(request, sheet, form, sheet.filled(form.typed()))
    try:
        answers = _gathered(request, sheet, form)
        if form.errors:
            return _page(request, sheet, form, sheet.filled(answers))
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
            return _state(request, sheet, form, "stale", stale.theirs)
        return _both(request, sheet, stale)
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, str(error))
        return _page(request, sheet, form, sheet.filled(form.typed()))
    if automatic:
        return _state(request, sheet, form, "saved", row)
    return redirect(_onward(request, sheet, sheet.filled(row.answers)))


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


def _onward(request: HttpRequest, sheet: Sheet, filled: Filled) -> str:
    """The next section, or the list after the last or when asked for.

    The same section again where the answers brought up further questions, or contradict a check.
    """
    application = reverse("cases:application", args=[sheet.case.reference])
    if request.POST.get("then") == "list":
        return application
    here = reverse("cases:section", args=[sheet.case.reference, sheet.rule.id])
    if set(filled.asked(sheet.rule)) - set(sheet.asked):
        messages.info(request, _("Saved. Your answers bring up further questions below."))
        return here
    if filled.failed_in(sheet.rule.id):
        messages.info(request, _("Saved, but some answers do not fit together."))
        return here
    return sheet.next_url(filled) or application


def _page(request: HttpRequest, sheet: Sheet, form: SectionForm, filled: Filled) -> HttpResponse:
    dress(form)
    ids = [one.id for one in filled.sections]
    base = sheet.base_version if form.is_bound else sheet.version
    context = {
        "case": sheet.case,
        "section": sheet.rule,
        "form": form,
        "questions": question_rows(sheet, form, filled, sheet.answers_at(base)),
        "asked": ",".join(form.fields),
        "checks": check_links(sheet, filled) if sheet.newest else [],
        "next_url": sheet.next_url(filled),
        "base_version": base,
        "newest": sheet.newest,
        "number": ids.index(sheet.rule.id) + 1 if sheet.rule.id in ids else 1,
        "of": len(ids),
        "crumbs": [
            *act_crumbs(sheet.case, None)[:-1],
            (_("Application"), reverse("cases:application", args=[sheet.case.reference])),
            (sheet.rule.title, None),
        ],
    }
    return render(request, "cases/section.html", context, status=422 if form.errors else 200)


def _state(
    request: HttpRequest,
    sheet: Sheet,
    form: SectionForm,
    state: str,
    row: FormSection | None = None,
) -> HttpResponse:
    """The autosave's answer: what became of what was typed, the version to go on from, and

    the questions that apply, or no longer apply, after it.
    """
    typed = row.answers if row and state == "saved" else {**form.saved, **form.typed()}
    filled = sheet.filled(typed)
    context = {
        "case": sheet.case,
        "state": state,
        "row": row,
        "at": timezone.now(),
        "base_version": row.version if row and state == "saved" else sheet.base_version,
        "asked": ",".join(filled.asked(sheet.rule)),
        "questions": changed_rows(sheet, filled, typed),
        "checks": check_links(sheet, filled),
        "next_url": sheet.next_url(filled),
    }
    return render(request, "cases/_save_state.html", context)


def _both(request: HttpRequest, sheet: Sheet, stale: StaleForm) -> HttpResponse:
    """Both versions side by side; the form below holds yours and saves upon theirs."""
    theirs, yours = dict(stale.theirs.answers), dict(stale.yours)
    rulebook = sheet.case.rulebook
    form = section_form(sheet.rule, saved=yours, rulebook=rulebook, asked=sheet.asked)
    dress(form)
    rows = []
    for question in sheet.rule.questions:
        if question.id not in form.fields:
            continue
        mine, other = yours.get(question.id), theirs.get(question.id)
        rows.append(
            {
                "field": form[question.id],
                "differs": mine != other,
                "yours": answer_row(question, mine, rulebook=rulebook),
                "theirs": answer_row(question, other, rulebook=rulebook),
                "name": question.id,
                "attached": mine.get("attachment") if isinstance(mine, dict) else "",
            }
        )
    context = {
        "case": sheet.case,
        "section": sheet.rule,
        "rows": rows,
        "asked": ",".join(form.fields),
        "theirs": stale.theirs,
        "message": str(stale),
        "base_version": stale.theirs.version,
        "crumbs": act_crumbs(sheet.case, sheet.rule.title),
    }
    return render(request, "cases/stale.html", context, status=409)
