"""Letters of a case: listed on its page, read, written, and as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases.domain import letters as verbs
from shidian.apps.cases.domain.letter_rows import wanted_of
from shidian.apps.cases.domain.releasing_mail import mail_drafts
from shidian.apps.cases.domain.serving import SECTION
from shidian.apps.cases.history import state_of
from shidian.apps.cases.letter_paper import (
    copies_line,
    day_words,
    letter_pdf,
    receipt_form_pdf,
    recipient_line,
    signature_lines,
    tongue,
)
from shidian.apps.cases.letter_queries import (
    WRITE,
    letter_for,
    letters_for,
    open_acts,
    recipients_of,
    shown_version,
)
from shidian.apps.cases.letter_templates import TEMPLATE_NAMES, draft_of, drafts_for
from shidian.apps.cases.letter_texts import text_of
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.cases.views.acts import act_crumbs, attempt
from shidian.apps.cases.views.letter_forms import BeginForm, LetterForm, initial_of
from shidian.apps.cases.views.letter_words import (
    EFFECTS,
    LABELS,
    NOT_SERVED,
    SERVICE,
    STEPS,
    WAYS,
    state_word,
)
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.parts import Part, register
from shidian.core.procedure.letters import LetterStepKind, check_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.letter_texts import Language
    from shidian.apps.cases.models import Attachment, Case, Letter, LetterStep, LetterVersion
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.letters import LetterState
    from shidian.core.procedure.types import CaseState


def build(case: Case, _state: CaseState, viewer: Viewer) -> Mapping[str, Any] | None:
    """The part of the case page: letters, those that came in, and mail that waits."""
    if not allows(viewer.person, Permission.LETTER_READ, case):
        return None
    internal = allows(viewer.person, Permission.CASE_READ_INTERNAL, case)
    rows = [_row(one, internal=internal) for one in letters_for(viewer.person, case)]
    may_write = allows(viewer.person, Permission.LETTER_WRITE, case)
    came_in = _came_in(case) if internal and case.rulebook.consultations else []
    drafts = (
        mail_drafts(case).count()
        if case.rulebook.letters.mail_drafts
        and allows(viewer.person, Permission.MAIL_RELEASE, case)
        else 0
    )
    if not (rows or may_write or came_in or drafts):
        return None
    return {
        "case": case,
        "letters": rows,
        "came_in": came_in,
        "may_write": may_write,
        "mail_drafts": drafts,
    }


def _row(letter: Letter, *, internal: bool) -> dict[str, Any]:
    state = letter.state
    version = shown_version(letter, state, internal=internal)
    word, kind = state_word(state)
    return {
        "letter": letter,
        "version": version,
        "to": _(", ").join(str(one["name"]) for one in version.recipients),
        "word": word,
        "kind": kind,
    }


def _came_in(case: Case) -> list[tuple[Any, Attachment]]:
    """Letters by which consulted authorities answered: on what, and the scan."""
    names = {one.id: one.name for one in case.rulebook.consultations}
    scans = case.attachments.filter(section=SECTION, question__in=names)
    return [(names[one.question], one) for one in scans.select_related("uploaded_by")]


register(Part("cases/_letters.html", build, order=70))


def letter_or_404(request: HttpRequest, case: Case, number: int) -> Letter:
    """The letter, for who may read it."""
    letter = letter_for(_person(request), case, number)
    if letter is None:
        raise Http404
    return letter


def _person(request: HttpRequest) -> Person:
    return request.user  # type: ignore[return-value]  # a Person: the rule saw to it


@rule(Permission.LETTER_READ, obj=case_by_reference)
@require_GET
def letter(request: HttpRequest, case: Case, number: int, **_url: object) -> HttpResponse:
    """The text, whom it waits for, how it was served, and for the authorities how it came about."""
    found = letter_or_404(request, case, number)
    state = found.state
    internal = allows(request.user, Permission.CASE_READ_INTERNAL, case)
    version = shown_version(found, state, internal=internal)
    word, kind = state_word(state)
    steps = sorted(found.steps.all(), key=lambda one: one.pk)
    context = {
        "case": case,
        "letter": found,
        "state": state,
        "version": version,
        "content": version.content,
        # Until the scan is confirmed it is read from the paper, and from nowhere else.
        "code": check_code(version.sha256) if state.bound else "",
        "word": word,
        "kind": kind,
        "internal": internal,
        "template": TEMPLATE_NAMES.get(found.template, ""),
        "wanted": _wanted(found, state) if internal else [],
        "service": _service(case, found, state, steps, None if internal else _person(request)),
        "bound": _bound(state, steps),
        **_sheet(version),
        "acts": [(one, LABELS[one]) for one in open_acts(_person(request), found, state)],
        "versions": sorted(found.versions.all(), key=lambda one: -one.version) if internal else [],
        "steps": [_told(one) for one in steps] if internal else [],
        "withdrawn": next((one for one in steps if one.kind == LetterStepKind.WITHDRAWN), None),
        "crumbs": act_crumbs(case, version.title),
    }
    return render(request, "cases/letter.html", context)


def _sheet(version: LetterVersion) -> dict[str, Any]:
    """What stands around the text, in the letter's own language."""
    content = version.content
    with override(tongue(content)):
        return {
            "to": recipient_line(content),
            "copies": copies_line(content),
            "annexes": content["annexes"],
            "signature": signature_lines(content),
            "dated": day_words(content["date"]) if content["date"] else "",
        }


def _wanted(letter: Letter, state: LetterState) -> list[Any]:
    """Whose signature a draft waits for."""
    if not state.is_draft:
        return []
    return [letter.case.rulebook.authority(one).name for one in wanted_of(letter, state)]


def _service(
    case: Case, letter: Letter, state: LetterState, steps: list[LetterStep], reader: Person | None
) -> list[dict[str, Any]]:
    """Each recipient, how far its service is; for a reader of no authority, their own alone."""
    if state.is_draft:
        return []
    own_keys = None if reader is None else recipients_of(reader, letter)
    rows = []
    for one in letter.text.recipients:
        key = str(one["key"])
        if own_keys is not None and key not in own_keys:
            continue
        own = [step for step in steps if step.recipient == key]
        word, kind = SERVICE[state.served[key]] if key in state.served else NOT_SERVED
        rows.append(
            {
                "key": key,
                "name": one["name"],
                "word": word,
                "kind": kind,
                "steps": [_told(step) for step in own] if reader is None else [],
                "form": reverse("cases:letter-receipt-form", args=[case.reference, letter.number])
                + f"?to={key}",
            }
        )
    return rows


def _bound(state: LetterState, steps: list[LetterStep]) -> LetterStep | None:
    """The step by which the scan of the version that is out was confirmed."""
    if not state.bound:
        return None
    return next(
        (
            one
            for one in reversed(steps)
            if one.kind == LetterStepKind.BOUND and one.version == state.released
        ),
        None,
    )


def _told(step: LetterStep) -> dict[str, Any]:
    """A step in words."""
    return {
        "what": STEPS[LetterStepKind(step.kind)],
        "who": step.person,
        "at": step.at,
        "version": step.version,
        "day": step.day,
        "way": WAYS.get(step.way, ""),
        "name": step.name,
        "note": step.reason,
        "scan": step.scan,
    }


@rule(Permission.LETTER_WRITE, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def write(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Choose a template, then write: the template's text is there to be edited."""
    state = state_of(case)
    held = authorities_handling(request.user, case.scheme_id, OfficerRole.CASE)
    if request.GET.get("template") and request.GET.get("language") in ("zh", "en"):
        tongue_of: Language = "zh" if request.GET["language"] == "zh" else "en"
        drawn = draft_of(case, state, request.GET["template"], held[0].local_id, tongue_of)
        if drawn is None:
            raise Http404
        text, consultation = drawn
        form = LetterForm(case, _person(request), request.POST or None, initial=initial_of(text))
        made: list[Letter] = []
        if (
            request.method == "POST"
            and form.is_valid()
            and attempt(
                form,
                lambda: made.append(
                    verbs.write_letter(
                        case=case,
                        text=form.text(),
                        template=request.GET["template"],
                        consultation=consultation,
                        by=_person(request),
                    )
                ),
            )
        ):
            messages.success(request, _("The draft is kept."))
            return redirect("cases:letter", reference=case.reference, number=made[0].number)
        return _form_page(request, case, form, _("Write a letter"))
    drafts = drafts_for(case, state)
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    context = {
        "case": case,
        "form": BeginForm(drafts, initial={"language": language}),
        "crumbs": act_crumbs(case, _("Write a letter")),
    }
    return render(request, "cases/letter_begin.html", context)


@rule(Permission.LETTER_WRITE, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, case: Case, number: int, **_url: object) -> HttpResponse:
    """Edit a draft of one's authority."""
    found = letter_or_404(request, case, number)
    state = found.state
    if WRITE not in open_acts(_person(request), found, state):
        raise Http404
    initial = initial_of(text_of(found.text.content), state.version)
    form = LetterForm(case, _person(request), request.POST or None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and attempt(
            form,
            lambda: verbs.edit_letter(
                letter=found,
                text=form.text(),
                version=form.cleaned_data["version"],
                by=_person(request),
            ),
        )
    ):
        messages.success(request, _("The draft is kept."))
        return redirect("cases:letter", reference=case.reference, number=number)
    return _form_page(request, case, form, LABELS[WRITE], letter=found)


def _form_page(
    request: HttpRequest, case: Case, form: LetterForm, label: Any, **more: Any
) -> HttpResponse:
    context = {
        "case": case,
        "form": form,
        "label": label,
        "effect": EFFECTS[WRITE],
        "crumbs": act_crumbs(case, label),
        **more,
    }
    return render(request, "cases/letter_write.html", context, status=422 if form.errors else 200)


@rule(Permission.LETTER_READ, obj=case_by_reference)
@require_GET
def paper(request: HttpRequest, case: Case, number: int, **_url: object) -> HttpResponse:
    """The letter as PDF: the newest text, or `?version=`; for others the one that was released."""
    found = letter_or_404(request, case, number)
    internal = allows(request.user, Permission.CASE_READ_INTERNAL, case)
    version: LetterVersion | None = shown_version(found, found.state, internal=internal)
    wanted = request.GET.get("version", "")
    if internal and wanted:
        named = [one for one in found.versions.all() if str(one.version) == wanted]
        version = named[0] if named else None
    if version is None:
        raise Http404
    return _pdf(letter_pdf(version), f"{case.reference}-letter-{number}-v{version.version}")


@rule(Permission.LETTER_WRITE, obj=case_by_reference)
@require_GET
def receipt_form(request: HttpRequest, case: Case, number: int, **_url: object) -> HttpResponse:
    """The form for the receipt of service by one recipient (`?to=`), to be signed on paper."""
    found = letter_or_404(request, case, number)
    key = request.GET.get("to", "")
    if not found.state.stands or all(one["key"] != key for one in found.text.recipients):
        raise Http404
    return _pdf(receipt_form_pdf(found.text, key), f"{case.reference}-receipt-{number}")


def _pdf(body: bytes, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


@rule(Permission.LETTER_READ, obj=case_by_reference)
@require_GET
def scan(request: HttpRequest, case: Case, number: int, **_url: object) -> FileResponse:
    """A scan: every one for the authorities; for who was served, that of the stamped letter."""
    found = case.attachments.filter(section=SECTION, pk=number).first()
    if found is None or not _may_scan(request, case, found):
        raise Http404
    response = FileResponse(
        default_storage.open(found.path), as_attachment=True, filename=found.name
    )
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _may_scan(request: HttpRequest, case: Case, found: Attachment) -> bool:
    if allows(request.user, Permission.CASE_READ_INTERNAL, case):
        return True
    for one in letters_for(_person(request), case):
        step = _bound(one.state, list(one.steps.all()))
        if step is not None and step.scan_id == found.pk:
            return True
    return False
