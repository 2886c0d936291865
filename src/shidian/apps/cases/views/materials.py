"""The documents of a case: which are asked for and by when, and handing them in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.accounts.models import Person
from shidian.apps.cases.answers import MATERIALS
from shidian.apps.cases.domain.materials import hand_in_material, material_rule, may_hand_in
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.form import AttachmentField
from shidian.apps.cases.papers import SECTION, papers_of
from shidian.apps.cases.rules import reads_sensitive
from shidian.apps.cases.scans import kept_in
from shidian.apps.cases.uploads import accepted_types
from shidian.apps.cases.views.acts import act_crumbs, attempt
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.words import localized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.rules import Someone
    from shidian.apps.cases.filled import Filled
    from shidian.apps.cases.models import Attachment, Case
    from shidian.core.procedure.types import PaperDocument
    from shidian.core.rulebook.model import Material


@dataclass(frozen=True, slots=True)
class MaterialRow:
    """A document that applies: what was handed in, what is said of it, whether it is missing."""

    material: Material
    file: dict[str, Any] | None
    facts: list[str]
    state: str
    kind: str
    paper: str = ""
    """When it was received on paper, from whom, and where it is kept; "" where it was not."""
    scan: Attachment | None = None


def material_rows(person: Someone, case: Case, filled: Filled) -> list[MaterialRow]:
    """Documents of the application first, then those of later stages in the order of the stages.

    A sensitive one shows that it is there only to those who may open it.
    """
    kept = filled.saved.get(MATERIALS, {})
    stages = [None, *(stage.id for stage in case.rulebook.stages)]
    wanted = [one for stage in stages for one in filled.materials(stage)]
    sees_all = not any(one.marking == "sensitive" for one in wanted) or reads_sensitive(
        person, case
    )
    papers = papers_of(case) if wanted else {}
    scans = kept_in(case, SECTION) if papers else {}
    return [
        _on_paper(_row(case, one, kept.get(one.id)), papers.get(one.id), scans)
        for one in wanted
        if sees_all or one.marking != "sensitive"
    ]


def _on_paper(
    row: MaterialRow,
    paper: PaperDocument | None,
    scans: Mapping[tuple[str, str], Attachment],
) -> MaterialRow:
    """The same row where the document came on paper."""
    if paper is None:
        return row
    words = _("Received on paper on %(day)s from %(who)s; kept at: %(where)s") % {
        "day": date_format(paper.received, "DATE_FORMAT"),
        "who": paper.handed_by,
        "where": paper.kept_at,
    }
    state = row.state if row.file else _("On paper")
    scan = scans.get((row.material.id, paper.sha256))
    return replace(row, state=state, kind="done", paper=words, scan=scan)


def _row(case: Case, material: Material, answer: dict[str, Any] | None) -> MaterialRow:
    file = {**answer, "size_text": filesizeformat(answer["size"])} if answer else None
    if file:
        state, kind = _("Handed in"), "done"
    elif not material.required:
        state, kind = _("Optional"), "plain"
    elif material.stage is None:
        state, kind = _("Missing"), "todo"
    else:
        state, kind = _("Needed later"), "plain"
    return MaterialRow(material, file, facts_of(case, material), state, kind)


def facts_of(case: Case, material: Material) -> list[str]:
    """What else is to be known of a document, in a few words each."""
    facts = [_markings()[material.marking]]
    if material.stage is not None:
        name = localized(case.rulebook.stage(material.stage).names.applicant)
        facts.insert(0, _("before %(stage)s") % {"stage": name})
    if material.seal:
        facts.append(_("sealed by the institution"))
    if material.signature:
        facts.append(_("signed"))
    if material.valid_months:
        facts.append(
            ngettext(
                "not older than %(n)d month", "not older than %(n)d months", material.valid_months
            )
            % {"n": material.valid_months}
        )
    return facts


def _markings() -> dict[str, str]:
    return {
        "public": _("may be published"),
        "internal": _("for those who work on the case"),
        "sensitive": _("sensitive: for the applicant and the deciding authorities alone"),
    }


class MaterialsForm(forms.Form):
    """A file for each document that can be handed in now."""

    def __init__(self, wanted: list[Material], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for material in wanted:
            question = material_rule(material)
            field = AttachmentField(
                question,
                label=localized(material.name),
                help_text=localized(material.guidance),
                required=False,
                widget=forms.FileInput(attrs={"accept": ",".join(accepted_types(question))}),
            )
            if material.required:
                field.widget.attrs["data-required"] = "true"
            dress_file(field, question)
            self.fields[material.id] = field


@rule(Permission.FORM_EDIT, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def materials(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Hand in documents, all at once or one after the other; a new one replaces the last."""
    filled = filled_form(case)
    rows = material_rows(request.user, case, filled)
    wanted = [row.material for row in rows if may_hand_in(case, row.material)]
    form = MaterialsForm(wanted, request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _hand_in(request, case, form):
        return redirect("cases:materials", reference=case.reference)
    context = {
        "case": case,
        "form": form,
        "rows": [
            (row, form[row.material.id] if row.material.id in form.fields else None) for row in rows
        ],
        "crumbs": [
            *act_crumbs(case, None)[:-1],
            (_("Application"), reverse("cases:application", args=[case.reference])),
            (_("Documents"), None),
        ],
    }
    return render(request, "cases/materials.html", context, status=422 if form.errors else 200)


def _hand_in(request: HttpRequest, case: Case, form: MaterialsForm) -> bool:
    """Keep every new upload; whether all were taken."""
    person = request.user
    assert isinstance(person, Person)  # noqa: S101 - the rule saw to it
    taken = 0
    for name, upload in form.cleaned_data.items():
        if isinstance(upload, UploadedFile) and attempt(
            form,
            lambda name=name, upload=upload: hand_in_material(  # type: ignore[misc]
                case=case, material=name, upload=upload, by=person
            ),
        ):
            taken += 1
    if taken:
        words = ngettext("%(n)d document was handed in.", "%(n)d documents were handed in.", taken)
        messages.success(request, words % {"n": taken})
    return not form.errors
