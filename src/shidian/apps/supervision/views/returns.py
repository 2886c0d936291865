"""Returns of a pilot: file figures of a period, look at them, attest them, follow them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.accounts.demonstration import code_now
from shidian.apps.accounts.domain.proving import (
    NotProvenError,
    factors_of,
    passkey_question,
    prove_by_code,
    prove_by_passkey,
)
from shidian.apps.cases import sheets
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.return_rows import ReturnRefusedError
from shidian.apps.supervision.domain.returns import (
    Period,
    attest_return,
    drop_return,
    prepare_return,
    statement_of,
    streams_of,
)
from shidian.apps.supervision.models import AT_WORK, IndicatorReturn, ReturnState
from shidian.apps.supervision.publish.language import Language, text
from shidian.apps.supervision.return_words import field_guide, shown_rows, wrong_cells
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.loaders import case_of_pilot, pilot_of
from shidian.imports.returns import TIME
from shidian_kit.wire.signed_file import sha256_of

if TYPE_CHECKING:
    from shidian.apps.accounts.domain.proving import Proof
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.models import Pilot

SHOWN = 25
ROWS_SHOWN = 100
CREDENTIAL_CHARS_MAX = 16_000
_SALT = "shidian.supervision.return"
_READING_S = 15 * 60
"""So long a page with a statement may lie open before it is attested."""


class ReturnForm(forms.Form):
    """A file of figures, and what it is of."""

    stream = forms.ChoiceField(label=gettext_lazy("What the figures are of"))
    starts_on = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A workbook (.xlsx) or a table (.csv), made from the template."),
    )
    signature = forms.CharField(
        label=gettext_lazy("Signature of a system"),
        help_text=gettext_lazy(
            "Only where a system made the file: the line that shidian-kit sign printed."
        ),
        max_length=200,
        required=False,
    )

    def __init__(self, pilot: Pilot, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language: Language = "en" if (get_language() or "").startswith("en") else "zh"
        streams = [(one.id, text(one.title, language)) for one in pilot.case.rulebook.streams]
        self.fields["stream"].choices = streams  # type: ignore[attr-defined]


class CodeForm(forms.Form):
    """The code of the signer's authenticator app."""

    code = forms.CharField(
        label=gettext_lazy("Code of your authenticator app"),
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


def return_of(case: Case, number: int) -> IndicatorReturn:
    """A return of the case's pilot. Raises Http404."""
    found = (
        IndicatorReturn.objects.filter(pilot__case=case, number=number)
        .select_related("pilot", "prepared_by", "ended_by", "replaces")
        .defer("events")
        .first()
    )
    if found is None:
        raise Http404
    found.pilot.case = case
    return found


@rule(Permission.RETURN_READ, obj=case_of_pilot)
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest, case: Case, public_id: str) -> HttpResponse:
    """A pilot's returns, newest first; who may prepare one files it here."""
    pilot = pilot_of(case)
    may_prepare = allows(request.user, Permission.RETURN_PREPARE, case) and pilot.state in AT_WORK
    form = ReturnForm(pilot, request.POST or None, request.FILES or None) if may_prepare else None
    wrong: list[dict[str, Any]] = []
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                given = form.cleaned_data
                made = prepare_return(
                    pilot=pilot,
                    period=Period(given["stream"], given["starts_on"], given["ends_on"]),
                    file=given["file"],
                    signature=given["signature"],
                    by=asker(request),
                )
            except SupervisionError as refusal:
                form.add_error(refusal.field, str(refusal))
                if isinstance(refusal, ReturnRefusedError):
                    spec = streams_of(pilot)[form.cleaned_data["stream"]]
                    wrong = wrong_cells(refusal.wrong, spec)
            else:
                return redirect("supervision:return", public_id, made.number)
    returns = IndicatorReturn.objects.filter(pilot=pilot).select_related("prepared_by", "ended_by")
    page = Paginator(returns.defer("rows", "numbers", "events"), SHOWN)
    titles = {one.id: one.title for one in case.rulebook.streams}
    shown = page.get_page(request.GET.get("page"))
    context = {
        "pilot": pilot,
        "case": case,
        "form": form,
        "wrong": wrong,
        "page": shown,
        "returns": [(one, titles.get(one.stream, one.stream)) for one in shown],
        "streams": case.rulebook.streams,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "supervision/returns.html", context, status=status)


@rule(Permission.RETURN_READ, obj=case_of_pilot)
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, case: Case, public_id: str, number: int) -> HttpResponse:
    """One return: its rows, who attested them, what the gate said; a signer attests it here."""
    found = return_of(case, number)
    person = asker(request)
    waiting = found.state == ReturnState.PREPARED
    may_attest = waiting and allows(person, Permission.RETURN_ATTEST, case)
    may_drop = waiting and allows(person, Permission.RETURN_PREPARE, case)
    form = CodeForm(request.POST if "code" in request.POST else None)
    problem = ""
    if request.method == "POST":
        if request.POST.get("do") == "drop" and may_drop:
            return _dropped(request, found, person)
        if not may_attest:
            raise Http404
        if "code" not in request.POST or form.is_valid():
            problem = _attested(request, found, person, form)
            if not problem:
                messages.success(request, _("Attested. The figures are on their way."))
                return redirect("supervision:return", public_id, number)
    spec = streams_of(found.pilot).get(found.stream)
    titles = {one.id: one.title for one in case.rulebook.streams}
    context: dict[str, Any] = {
        "found": found,
        "pilot": found.pilot,
        "case": case,
        "title": titles.get(found.stream, found.stream),
        "columns": [field.name for field in spec.fields] if spec else [],
        "rows": shown_rows(found, spec, ROWS_SHOWN) if spec else [],
        "more": max(found.row_count - ROWS_SHOWN, 0),
        "may_attest": may_attest,
        "may_drop": may_drop,
        "form": form,
        "problem": problem,
        "newer": found.replaced_by.exclude(state=ReturnState.DROPPED).first(),
    }
    if may_attest:
        context |= _asking(found, person)
    return render(
        request, "supervision/return.html", context, status=422 if problem or form.errors else 200
    )


def _asking(found: IndicatorReturn, person: Person) -> dict[str, Any]:
    """The statement as the page shows it, held by a token, and what answers for the person."""
    statement = statement_of(found, person)
    token = signing.dumps({"statement": statement}, salt=_SALT)
    factors = factors_of(person)
    asked: dict[str, Any] = {
        "statement": statement,
        "token": token,
        "factors": factors,
        "demo_code": code_now(person) if "totp" in factors else "",
    }
    if "webauthn" in factors:
        question = passkey_question(person, _challenge(token))
        asked["js_data"] = {"request_options": question}
    return asked


def _challenge(token: str) -> bytes:
    """What a passkey signs: the digest of the token, which holds statement and time."""
    return bytes.fromhex(sha256_of(token.encode()))


def _attested(request: HttpRequest, found: IndicatorReturn, person: Person, form: CodeForm) -> str:
    """Attest by what was sent; the problem in words where it is refused."""
    old = _("This page is too old. Look at the figures again.")
    token = request.POST.get("token", "")
    try:
        said = signing.loads(token, salt=_SALT, max_age=_READING_S)
    except signing.BadSignature:
        return old
    if said["statement"] != statement_of(found, person):
        return old
    try:
        attest_return(found=found, by=person, proof=_proof(request, person, token, form))
    except (NotProvenError, SupervisionError) as refusal:
        return str(refusal)
    return ""


def _proof(request: HttpRequest, person: Person, token: str, form: CodeForm) -> Proof | None:
    """What the signer's second factor answered; None for one who has none."""
    factors = factors_of(person)
    if "code" in request.POST:
        return prove_by_code(person, form.cleaned_data["code"])
    if credential := request.POST.get("credential", "")[: CREDENTIAL_CHARS_MAX + 1]:
        try:
            answer = json.loads(credential)
        except (ValueError, RecursionError):
            answer = None
        return prove_by_passkey(person, _challenge(token), answer)
    if factors:
        raise NotProvenError(_("Confirm with your second factor."))
    return None


def _dropped(request: HttpRequest, found: IndicatorReturn, person: Person) -> HttpResponse:
    try:
        drop_return(found=found, by=person)
    except SupervisionError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Dropped. Nothing of it was sent."))
    return redirect("supervision:returns", found.pilot.public_id)


@rule(Permission.RETURN_READ, obj=case_of_pilot)
def file(request: HttpRequest, case: Case, public_id: str, number: int) -> FileResponse:
    """The file as it was filed, always as a download."""
    del request, public_id
    found = return_of(case, number)
    response = FileResponse(
        default_storage.open(found.path), as_attachment=True, filename=found.file_name
    )
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@rule(Permission.RETURN_READ, obj=case_of_pilot)
def template(
    request: HttpRequest, case: Case, public_id: str, stream: str, kind: str
) -> HttpResponse:
    """An empty table with the stream's columns; the workbook has a sheet that explains them."""
    del request
    pilot = pilot_of(case)
    spec = streams_of(pilot).get(stream)
    if spec is None:
        raise Http404
    header = [TIME, *(field.name for field in spec.fields)]
    name = f"{public_id}-{stream}"
    if kind == "csv":
        return sheets.csv_response(name, header, [])
    if kind != "xlsx":
        raise Http404
    guide = field_guide(spec, case.rulebook.zone)
    explained = (_("Columns"), [_("Column"), _("What stands in it"), _("Needed")], guide)
    return sheets.xlsx_response(name, [(stream, header, []), explained])
