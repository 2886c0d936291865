"""What was filed, version by version: compared field by field, and as documents to keep."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases import paper
from shidian.apps.cases.comparing import Run, runs
from shidian.apps.cases.filed import filed_form, filings, form_for, unfiled_sections
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.rules import is_of_the_parties
from shidian.apps.cases.views.acts import act_crumbs
from shidian.apps.cases.views.answers import form_rows
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.materials import material_rows
from shidian.apps.cases.views.roles import is_party, viewer_of
from shidian.apps.cases.words import localized
from shidian.config import settings as shidian_settings
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from shidian.apps.cases.filed import Filing
    from shidian.apps.cases.filled import Filled
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.answers import AnswerRow

NOW = "now"
"""In an address, in place of a version: the form as the parties have it before them."""
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, slots=True)
class Difference:
    """One question, or document, whose answer is another: what was said before and after."""

    section: str
    label: str
    runs: list[Run]


@rule(Permission.CASE_READ, obj=case_by_reference)
@require_GET
def versions(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Two filed versions side by side; the parties may hold what they change against one."""
    known = _known_to(request, case)
    names = [str(one.number) for one in known]
    if is_of_the_parties(request.user, case) and unfiled_sections(case):
        names.append(NOW)
    default = list(pairwise(names))[-1] if len(names) > 1 else (names[0], names[0])
    before = request.GET.get("before", default[0])
    after = request.GET.get("after", default[1])
    if before not in names or after not in names:
        raise Http404
    forms = [_form(case, known, one) for one in (before, after)]
    lines = [_lines(request, case, one) for one in forms]
    context = {
        "case": case,
        "known": [(one, *_how(one)) for one in reversed(known)],
        "choices": [(one, _name(one)) for one in names],
        "before": before,
        "after": after,
        "differences": differences(*lines),
        "several": len(names) > 1,
        "crumbs": [
            *act_crumbs(case, None)[:-1],
            (_("Application"), reverse("cases:application", args=[case.reference])),
            (_("Versions"), None),
        ],
    }
    return render(request, "cases/versions.html", context)


def _known_to(request: HttpRequest, case: Case) -> list[Filing]:
    """The filings, for the authorities and the parties. Raises Http404 for others, or for none."""
    viewer = viewer_of(request.user)  # type: ignore[arg-type]  # a Person: the rule saw to it
    known = filings(case)
    if not known or not (viewer.is_of_the_authorities or is_party(case, viewer)):
        raise Http404
    return known


def _form(case: Case, known: list[Filing], name: str) -> Filled:
    if name == NOW:
        return filled_form(case)
    return filed_form(case, next(one for one in known if str(one.number) == name))


def _name(name: str) -> str:
    return _("as it stands, not filed") if name == NOW else _("version %(n)s") % {"n": name}


def _how(filing: Filing) -> tuple[str, datetime]:
    words = (
        _("submitted")
        if filing.event.kind == EventKind.CASE_SUBMITTED
        else _("filed with an answer to a request")
    )
    return words, filing.event.at


Lines = dict[tuple[str, str], str]
"""(section, label) → answer, as a reader sees it."""


def differences(before: Lines, after: Lines) -> list[Difference]:
    """What is not the same, in the order of the later version; what is gone comes last."""
    keys = [*after, *(key for key in before if key not in after)]
    return [
        Difference(*key, runs(before.get(key, ""), after.get(key, "")))
        for key in keys
        if before.get(key, "") != after.get(key, "")
    ]


def form_lines(filled: Filled) -> Lines:
    """Every question that applies with its answer in words; "" where there is none."""
    return {
        (localized(part.section.title), localized(row.question.label)): "\n".join(answer_lines(row))
        for part in form_rows(filled)
        for row in part.rows
    }


def _lines(request: HttpRequest, case: Case, filled: Filled) -> Lines:
    found = form_lines(filled)
    for one in material_rows(request.user, case, filled):
        if one.material.stage is None and one.file is not None:
            found[_("Documents"), localized(one.material.name)] = _file_line(one.file)
    return found


def answer_lines(row: AnswerRow) -> list[str]:
    """An answer in words, an item a line; none where there is no answer."""
    if row.file is not None:
        return [_file_line(row.file)]
    if row.items:
        return [_plain(one) for one in row.items]
    if row.text == "":
        return []
    if row.kind in {"money", "integer"} and row.unit:
        return [f"{row.text} {row.unit}"]
    return [_plain(row.text)]


def _file_line(file: Any) -> str:
    """The name, and by what to know the very file."""
    return f"{file['name']} (SHA-256 {file['sha256']})"


def _plain(value: Any) -> str:
    return localized(value) if isinstance(value, Text) else str(value)


@rule(Permission.CASE_READ, obj=case_by_reference)
@require_GET
def export(request: HttpRequest, case: Case, kind: str, **_url: object) -> HttpResponse:
    """The form as this reader may know it, as PDF or Word file. 404 for another kind."""
    if kind not in {"pdf", "docx"}:
        raise Http404
    filled = form_for(request.user, case)
    document = _paper(
        request,
        case,
        title=case.title_zh if _language() == "zh" else case.title_en or case.title_zh,
        facts=_facts(case, filled),
        chapters=_chapters(request, case, filled),
    )
    return _download(document, case, kind, "application")


@rule(Permission.CASE_READ, obj=case_by_reference)
@require_GET
def receipt(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """The proof of the last submission as PDF, for its parties and the authorities."""
    submitted = [
        one for one in _known_to(request, case) if one.event.kind == EventKind.CASE_SUBMITTED
    ]
    if not submitted:
        raise Http404
    document = _paper(
        request,
        case,
        title=_("Receipt for an application"),
        facts=[
            (_("Project"), case.title),
            (_("Lead institution"), str(case.lead)),
            *_filing_facts(submitted[-1]),
        ],
    )
    return _download(document, case, "pdf", "receipt")


def _facts(case: Case, filled: Filled) -> list[tuple[str, str]]:
    """Who applies, and which text this is: a filed version, or none."""
    partners = [str(one.institution) for one in case.parties.all()]
    known = [one for one in filings(case) if one.sha256 == filled.sha256]
    return [
        (_("Lead institution"), f"{case.lead} {case.lead.code}"),
        *([(_("Partner institutions"), _(", ").join(partners))] if partners else []),
        *(
            _filing_facts(known[-1])
            if known
            else [
                (_("Version"), _("as it stands, not filed")),
                (_("Fingerprint (SHA-256)"), filled.sha256),
            ]
        ),
        (_("Rulebook version"), f"{case.rulebook.rulebook} {case.rulebook_version.version}"),
    ]


def _filing_facts(filing: Filing) -> list[tuple[str, str]]:
    moment = timezone.localtime(filing.event.at)
    return [
        (_("Submitted"), f"{date_format(moment, 'Y-m-d H:i')} ({moment:%Z})"),
        (_("Version"), str(filing.number)),
        (_("Fingerprint (SHA-256)"), filing.sha256),
    ]


def answer_chapters(filled: Filled) -> list[paper.Chapter]:
    """A chapter for each section that applies, an entry for each of its questions."""
    nothing = _("No answer")
    chapters = []
    for part in form_rows(filled):
        entries = []
        for row in part.rows:
            lines = answer_lines(row)
            label = localized(row.question.label)
            entries.append(paper.Entry(label, tuple(lines) or (nothing,), soft=not lines))
        chapters.append(paper.Chapter(localized(part.section.title), tuple(entries)))
    return chapters


def _chapters(request: HttpRequest, case: Case, filled: Filled) -> list[paper.Chapter]:
    chapters = answer_chapters(filled)
    documents = [
        paper.Entry(
            localized(one.material.name),
            (_file_line(one.file) if one.file else one.state,),
            soft=one.file is None,
        )
        for one in material_rows(request.user, case, filled)
    ]
    return [*chapters, paper.Chapter(_("Documents"), tuple(documents))] if documents else chapters


def _paper(
    request: HttpRequest,
    case: Case,
    *,
    title: str,
    facts: list[tuple[str, str]],
    chapters: list[paper.Chapter] | None = None,
) -> paper.Paper:
    del request
    return paper.Paper(
        title=title,
        subtitle=f"{case.scheme} · {case.reference}",
        language=_language(),
        facts=((_("Reference"), case.reference), *facts),
        chapters=tuple(chapters or ()),
        banners=(_("Demonstration: nothing in it is real"),) if shidian_settings().demo else (),
        footer=case.reference,
    )


def _language() -> Literal["zh", "en"]:
    return "zh" if (get_language() or "zh").startswith("zh") else "en"


def _download(document: paper.Paper, case: Case, kind: str, what: str) -> HttpResponse:
    """Always as a download, as uploads are."""
    body = paper.to_pdf(document) if kind == "pdf" else paper.to_docx(document)
    response = HttpResponse(body, content_type="application/pdf" if kind == "pdf" else DOCX)
    name = f"{case.reference}-{what}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
