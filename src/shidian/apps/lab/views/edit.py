"""The editor: the text on the left, what the machine says of it on the right."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.lab.checking import Checked, check_text, own_file
from shidian.apps.lab.domain import newest_revision, save_revision
from shidian.apps.lab.domain.drafting import normal
from shidian.apps.lab.errors import StaleDraft
from shidian.apps.lab.meaning import changes
from shidian.apps.lab.models import DraftRevision
from shidian.apps.lab.views.home import YamlField
from shidian.apps.lab.views.loaders import asker, crumbs, draft_by_slug, may_write, must_write

if TYPE_CHECKING:
    from django.http import HttpRequest

    from shidian.apps.lab.models import RulebookDraft

EXCERPT_MAX = 160
CHANGES_SHOWN = 40


class UploadForm(forms.Form):
    """A text from a file, in place of the one in the editor."""

    file = YamlField(
        label=gettext_lazy("Text from a file (YAML)"),
        help_text=gettext_lazy("It is saved as the next revision; the earlier ones are kept."),
    )


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """GET: the newest text. POST: check it (nothing is kept), save it, or take one from a file."""
    revision = newest_revision(draft)
    if request.method != "POST":
        return _page(request, draft, revision, revision.text, revision.number)
    must_write(request, draft)
    base = _base_revision(request)
    upload = UploadForm(request.POST, request.FILES)
    if request.POST.get("then") == "upload":
        if not upload.is_valid():
            return _page(request, draft, revision, revision.text, base, upload=upload)
        text = upload.cleaned_data["file"]
    else:
        text = normal(request.POST.get("text", ""))
    if request.POST.get("then") == "check":
        return _page(request, draft, revision, text, base)
    try:
        saved = save_revision(draft=draft, text=text, base_revision=base, by=asker(request))
    except ForbiddenError:
        raise Http404 from None
    except StaleDraft as stale:
        return _both(request, draft, stale)
    except DomainError as refusal:
        return _page(request, draft, revision, text, base, refusal=refusal)
    messages.success(request, _("Saved as revision %(number)d.") % {"number": saved.number})
    return redirect("lab:edit", slug=draft.slug)


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
@require_POST
def check(request: HttpRequest, draft: RulebookDraft, **_url: object) -> HttpResponse:
    """What the machine says of the text as it is being typed. Nothing is kept."""
    text = normal(request.POST.get("text", ""))
    return render(request, "lab/_messages.html", said(draft, text))


@rule(Permission.DRAFT_READ, obj=draft_by_slug)
def download(
    request: HttpRequest, draft: RulebookDraft, number: int | None = None, **_url: object
) -> HttpResponse:
    """A revision as a YAML file; the newest where none is named."""
    del request
    wanted = draft.last_revision if number is None else number
    revision = DraftRevision.objects.filter(draft=draft, number=wanted).first()
    if revision is None:
        raise Http404
    response = HttpResponse(revision.text, content_type="application/yaml; charset=utf-8")
    name = f"{draft.slug}-r{revision.number}.yaml"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def said(draft: RulebookDraft, text: str) -> dict[str, Any]:
    """Context of the messages beside a text: problems with their lines, what changes in meaning."""
    checked = check_text(draft.scheme, text)
    lines = text.split("\n")
    own = own_file(draft.scheme)
    problems = [
        {
            "level": one.level,
            "problem": one.problem,
            "own": one.problem.file == own,
            "excerpt": _excerpt(lines, one.problem.line) if one.problem.file == own else "",
        }
        for one in checked.said
    ]
    return {
        "draft": draft,
        "problems": problems,
        "errors": len(checked.errors),
        "others": len(checked.said) - len(checked.errors),
        "sound": checked.sound,
        "version": checked.loaded.rulebook.version if checked.loaded else "",
        **_meaning(draft, checked),
    }


def _meaning(draft: RulebookDraft, checked: Checked) -> dict[str, Any]:
    if checked.loaded is None:
        return {"changes": None}
    found = changes(draft.base, checked.loaded)
    return {"changes": found[:CHANGES_SHOWN], "changes_more": max(0, len(found) - CHANGES_SHOWN)}


def _excerpt(lines: list[str], line: int) -> str:
    if not 0 < line <= len(lines):
        return ""
    return lines[line - 1].strip()[:EXCERPT_MAX]


def _base_revision(request: HttpRequest) -> int:
    typed = request.POST.get("base_revision", "")
    return int(typed) if typed.isdecimal() and len(typed) < 10 else 0  # noqa: PLR2004 - a column's


def _page(
    request: HttpRequest,
    draft: RulebookDraft,
    revision: DraftRevision,
    text: str,
    base: int,
    *,
    upload: UploadForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    wrong = upload if upload is not None else [("id_text", str(refusal))] if refusal else None
    context = {
        **said(draft, text),
        "revision": revision,
        "text": text,
        "base_revision": base,
        "unsaved": text != revision.text,
        "may_write": may_write(request, draft),
        "upload": upload or UploadForm(),
        "wrong": wrong,
        "crumbs": crumbs(draft, _("Text")),
    }
    return render(request, "lab/edit.html", context, status=422 if wrong else 200)


def _both(request: HttpRequest, draft: RulebookDraft, stale: StaleDraft) -> HttpResponse:
    """Somebody saved first: what differs, and your text, which saves upon theirs."""
    differing = difflib.unified_diff(
        stale.theirs.text.splitlines(), stale.yours.splitlines(), lineterm="", n=2
    )
    context = {
        "draft": draft,
        "stale": stale,
        "lines": list(differing)[2:400],
        "crumbs": crumbs(draft, _("Text")),
    }
    return render(request, "lab/stale.html", context, status=409)
