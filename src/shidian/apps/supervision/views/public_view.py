"""A case as the public sees it: each field's flag, full and public text side by side, each page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.views.acts import act_crumbs
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.redaction import parts_of
from shidian.apps.supervision.publish.preview import previews_of
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.public_papers import papers_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.publish.language import Language
    from shidian.apps.supervision.publish.preview import PagePreview

PAGES = {
    SnapshotKind.CASE: (gettext_lazy("What was done when"), "case-timeline"),
    SnapshotKind.NOTICE: (gettext_lazy("Public notice"), "notice"),
    SnapshotKind.PILOT: (gettext_lazy("Pilot"), "pilot"),
    SnapshotKind.LESSON: (gettext_lazy("Case library"), "lesson"),
}
FIELDS = {
    "title": gettext_lazy("Title"),
    "text": gettext_lazy("Text"),
    "what": gettext_lazy("What it is"),
    "technologies": gettext_lazy("What it uses"),
    "scenes": gettext_lazy("What it serves"),
    "lead": gettext_lazy("Lead institution"),
    "partners": gettext_lazy("Partners"),
    "authorities": gettext_lazy("Authorities"),
    "number": gettext_lazy("Number"),
    "scheme_title": gettext_lazy("Scheme"),
    "stage": gettext_lazy("Stage"),
    "state_label": gettext_lazy("State"),
    "ended": gettext_lazy("How it ended"),
    "outcome": gettext_lazy("Outcome"),
    "starts_on": gettext_lazy("From"),
    "ends_on": gettext_lazy("To"),
    "opens_on": gettext_lazy("Opens"),
    "closes_on": gettext_lazy("Closes"),
    "limits": gettext_lazy("Limits"),
    "plan": gettext_lazy("Plan"),
    "consequences": gettext_lazy("What followed from a breach"),
    "orders": gettext_lazy("Orders"),
    "incidents": gettext_lazy("Incidents"),
    "promises": gettext_lazy("Promises"),
    "judged": gettext_lazy("Promises as judged"),
    "waivers": gettext_lazy("Rules relaxed"),
    "conditions": gettext_lazy("Conditions"),
    "last_days": gettext_lazy("Last days"),
    "complaint": gettext_lazy("How to be heard"),
    "groups": gettext_lazy("What was decided when"),
    "comments": gettext_lazy("Comments and answers"),
    "summary": gettext_lazy("Summary"),
    "lessons": gettext_lazy("Lessons"),
    "clauses": gettext_lazy("Clauses that changed"),
}
"""What officers call the fields of a page; the others are addresses, hashes and words for
programs."""
REGISTER = {
    "parties": gettext_lazy("Parties"),
    "summary": gettext_lazy("Summary"),
    "number": gettext_lazy("Number"),
    "dates": gettext_lazy("Dates"),
    "plan": gettext_lazy("Plan"),
    "limits": gettext_lazy("Limits"),
    "waivers": gettext_lazy("Rules relaxed"),
    "conditions": gettext_lazy("Conditions"),
    "promises": gettext_lazy("Promises"),
    "alerts": gettext_lazy("Alerts"),
    "orders": gettext_lazy("Orders"),
    "incidents": gettext_lazy("Incidents"),
    "evaluation": gettext_lazy("Evaluation"),
    "outcome": gettext_lazy("Outcome"),
}


@rule(Permission.CASE_READ_INTERNAL, obj=case_by_reference)
def public_view(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """For officers, before anything is published and after."""
    language: Language = "zh" if (get_language() or "zh-hans").startswith("zh") else "en"
    parts = parts_of(case)
    rulebook = case.rulebook
    context: dict[str, Any] = {
        "case": case,
        "parts": parts,
        "public": sum(one.public for one in parts),
        "total": sum(len(one.fields) for one in parts),
        "materials": [(one, one.marking == "public") for one in rulebook.materials],
        "register": [
            (label, name in rulebook.public_register.public) for name, label in REGISTER.items()
        ],
        "papers": papers_of(asker(request), case),
        "pages": [_page(one) for one in previews_of(case, language)],
        "crumbs": act_crumbs(case, _("As the public sees it")),
    }
    return render(request, "supervision/public_view.html", context)


def _page(preview: PagePreview) -> dict[str, Any]:
    name, route = PAGES[preview.kind]
    return {
        "name": name,
        "key": preview.key,
        "version": preview.version,
        "address": reverse(route, args=[preview.key]) if preview.version else "",
        "changed": [(FIELDS[one.name], one) for one in preview.changed if one.name in FIELDS],
        "fields": [(FIELDS[one.name], one.after) for one in preview.fields if one.name in FIELDS],
    }
