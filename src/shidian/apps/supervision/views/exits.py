"""The exit of a case: its plan, the drills of it, each with its certificate."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.exits import (
    drill_due,
    drill_rules,
    file_exit_plan,
    run_drill,
)
from shidian.apps.supervision.exit_words import plan_lines
from shidian.apps.supervision.exits import bundle_of, is_on_record
from shidian.apps.supervision.models import ExitDrill, ExitPlan
from shidian.apps.supervision.views.asker import asker
from shidian.apps.supervision.views.exit_forms import ExitPlanForm
from shidian.core.exit.drill import STEPS, Step, yuan
from shidian.core.exit.plan import read_exit_plan

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.publish.language import Language

DRILLS_MAX = 50
"""Drills listed on the page, newest first."""


@rule(Permission.EXIT_READ, obj=case_by_reference)
def page(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """The exit plan as it stands, when its drill is due, and the drills so far."""
    due = drill_due(case)
    if due is None:
        raise Http404
    plan = ExitPlan.objects.filter(case=case).select_related("filed_by").first()
    drills = ExitDrill.objects.filter(case=case).defer("certificate").select_related("plan")
    context = {
        "case": case,
        "due": due,
        "filed": plan,
        "lines": plan_lines(case, plan) if plan else [],
        "drills": drills[:DRILLS_MAX],
        "may_prepare": allows(request.user, Permission.EXIT_PREPARE, case),
        "rules": drill_rules(case),
    }
    return render(request, "supervision/exit.html", context)


@rule(Permission.EXIT_PREPARE, obj=case_by_reference)
def plan(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """The form of the exit plan."""
    rules = drill_rules(case)
    if rules is None:
        raise Http404
    newest = ExitPlan.objects.filter(case=case).first()
    language: Language = "en" if (get_language() or "").startswith("en") else "zh"
    known = read_exit_plan(newest.canonical) if newest else None
    form = ExitPlanForm(rules, language, known, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            file_exit_plan(case=case, canonical=form.plan().canonical(), by=asker(request))
        except SupervisionError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The exit plan is kept. Drill it next."))
            return redirect("supervision:exit", reference=reference)
    status = 422 if form.errors else 200
    return render(
        request, "supervision/exit_plan.html", {"case": case, "form": form}, status=status
    )


@require_POST
@rule(Permission.EXIT_PREPARE, obj=case_by_reference)
def run(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """Drill the newest plan, and show what came of it."""
    try:
        found = run_drill(case=case, by=asker(request))
    except SupervisionError as refusal:
        messages.error(request, str(refusal))
        return redirect("supervision:exit", reference=reference)
    return redirect("supervision:exit-drill", reference=reference, number=found.number)


@rule(Permission.EXIT_READ, obj=case_by_reference)
def drill(request: HttpRequest, case: Case, reference: str, number: int) -> HttpResponse:
    """What came of one drill: its steps and sums, why it failed, its certificate."""
    del reference
    found = drill_of(case, number)
    said = json.loads(found.certificate)
    context = {
        "case": case,
        "found": found,
        "said": said,
        "steps": [_step(one) for one in said["outcome"]["steps"]],
        "sums": _sums(said["outcome"]),
        "failures": [one["text"] for one in said["outcome"]["failures"]],
        "took_s": said["took_us"] / 1e6,
        "on_record": is_on_record(found),
    }
    return render(request, "supervision/exit_drill.html", context)


@rule(Permission.EXIT_READ, obj=case_by_reference)
def certificate(request: HttpRequest, case: Case, reference: str, number: int) -> HttpResponse:
    """The bundle that `shidian record drill` verifies, as a file."""
    del request
    found = drill_of(case, number)
    if found.signed_at is None:
        raise Http404
    response = HttpResponse(bundle_of(found), content_type="application/json")
    name = f"{reference}-exit-drill-{number}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def drill_of(case: Case, number: int) -> ExitDrill:
    """A drill of that case. Raises Http404."""
    found = ExitDrill.objects.filter(case=case, number=number)
    drill = found.select_related("plan", "run_by", "case").first()
    if drill is None:
        raise Http404
    return drill


def _step(said: dict[str, Any]) -> dict[str, Any]:
    name = STEPS[Step(said["step"])]
    return {
        **said,
        "name": {"zh": name.zh, "en": name.en},
        "yuan": yuan(int(said["fen"])),
        **{key: date.fromisoformat(said[key]) for key in ("last_day", "due") if said.get(key)},
    }


def _sums(said: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (_("Owed to investors, in yuan"), yuan(int(said["owed_fen"]))),
        (_("On the refund list, in yuan"), yuan(int(said["listed_fen"]))),
        (_("Of it from custody, in yuan"), yuan(int(said["custody_fen"]))),
        (_("Handed over in kind, in yuan"), yuan(int(said["handed_over_fen"]))),
    ]
