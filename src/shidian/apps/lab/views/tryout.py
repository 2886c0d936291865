"""A draft's form, tried out in TEST mode: everything is judged, nothing is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.filled import fill_form
from shidian.apps.cases.form import section_form
from shidian.apps.lab.checking import check_text
from shidian.apps.lab.domain import newest_revision
from shidian.apps.lab.views.loaders import crumbs, draft_by_slug

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.answers import Answers
    from shidian.apps.cases.filled import Filled
    from shidian.apps.cases.form import SectionForm
    from shidian.apps.lab.models import RulebookDraft
    from shidian.core.rulebook.model import Rulebook, Section

PARTNERS_MAX = 50


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
@require_http_methods(["GET", "POST"])
def try_form(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """Fill in the form as an applicant would. POST judges the answers; no case comes to be."""
    loaded = check_text(draft.scheme, newest_revision(draft).text).loaded
    context: dict[str, Any] = {"draft": draft, "crumbs": crumbs(draft, _("Try the form"))}
    if loaded is None:
        return render(request, "lab/try.html", context)
    rulebook = loaded.rulebook
    kinds = rulebook.intake.kinds if rulebook.intake else ()
    partners = _partners(request.POST.get("test-partners", ""))
    kind = request.POST.get("test-lead-kind", "")
    lead_kind = kind if kind in {one.id for one in kinds} else None
    typed = _typed(request, rulebook)
    filled = fill_form(rulebook, typed, partners=partners, lead_kind=lead_kind)
    forms = [_form(request, rulebook, one, filled.asked(one)) for one in filled.sections]
    wrong = any(form.errors for form in forms)
    context |= {
        "rulebook": rulebook,
        "kinds": kinds,
        "partners": partners,
        "lead_kind": lead_kind,
        "forms": [(form.section, form, filled.failed_in(form.section.id)) for form in forms],
        "judged": request.method == "POST",
        "verdict": _verdict(filled, forms) if request.method == "POST" else None,
    }
    return render(request, "lab/try.html", context, status=422 if wrong else 200)


def _form(
    request: HttpRequest, rulebook: Rulebook, section: Section, asked: tuple[str, ...] | None
) -> SectionForm:
    """The section's form. Ids of questions may repeat between sections: each has a prefix."""
    posted = request.method == "POST"
    form = section_form(
        section,
        data=request.POST if posted else None,
        files=request.FILES if posted else None,
        rulebook=rulebook,
        asked=asked,
    )
    form.prefix = section.id
    return form


def _typed(request: HttpRequest, rulebook: Rulebook) -> dict[str, Answers]:
    """What was typed and is valid, by section: of every question, so that show-if can be judged."""
    if request.method != "POST":
        return {}
    found = {}
    for section in rulebook.form:
        form = _form(request, rulebook, section, None)
        form.is_valid()
        typed = form.typed()
        for name, upload in form.uploads().items():
            typed[name] = {"name": upload.name, "size": upload.size}
        found[section.id] = typed
    return found


def _verdict(filled: Filled, forms: list[SectionForm]) -> dict[str, Any]:
    """What would follow from the answers: missing, contradicted, computed, documents, tier."""
    names = {
        (section.id, question.id): question.label
        for section in filled.rulebook.form
        for question in section.questions
    }
    return {
        "errors": sum(len(form.errors) for form in forms),
        "missing": [
            (section, [names[section.id, one] for one in filled.missing(section)])
            for section in filled.sections
            if filled.missing(section)
        ],
        "failed": [check for _section, check in filled.failed],
        "computed": [
            (question.label, filled.answers[section.id][question.id])
            for section in filled.sections
            for question in filled.questions(section)
            if question.computed is not None and question.id in filled.answers.get(section.id, {})
        ],
        "materials": filled.materials(),
        "tier": filled.tier,
    }


def _partners(typed: str) -> int:
    return min(int(typed), PARTNERS_MAX) if typed.isdecimal() and len(typed) < 4 else 0  # noqa: PLR2004 - digits
