"""What one figure of an evaluation rests on: query, entries, epochs, digest; and computed again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain import evaluations as verbs
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.evaluation_figures import (
    PLAN,
    PROMISE,
    OfAnalysis,
    OfPromise,
    analysis_figure,
    promise_figure,
)
from shidian.apps.supervision.evaluations import measured_promises
from shidian.apps.supervision.report_lines import NoFiguresError, follow
from shidian.apps.supervision.report_papers import query_text
from shidian.apps.supervision.views.asker import asker
from shidian.core.evaluation.plan import read_plan

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import Text

_NUMBER_DIGITS_MAX = 6


@rule(Permission.EXIT_READ, obj=case_by_reference)
def figure(request: HttpRequest, case: Case, reference: str, key: str) -> HttpResponse:
    """`promise.<rule>.<which>`, or `plan.<number>.<look>.<figure>`."""
    context: dict[str, Any] = {"case": case}
    kind, rest = key.partition(".")[::2]
    if kind == PROMISE:
        context |= _promise(case, rest)
    elif kind == PLAN:
        context |= _analysis(case, reference, rest)
    else:
        raise Http404
    if "line" in context:
        context["query"] = query_text(context["line"])
        if "again" in request.GET:
            context |= _again(case, context)
    return render(request, "supervision/evaluation_figure.html", context)


def _promise(case: Case, rest: str) -> dict[str, Any]:
    rule_id, which = rest.rpartition(".")[::2]
    try:
        found: OfPromise | None = promise_figure(case, rule_id, which)
    except NoFiguresError as refusal:
        return {"refused": localized(refusal.words), "title": _title(case, rule_id)}
    if found is None:
        raise Http404
    return {
        "line": found.line,
        "title": found.title,
        "kept": found.kept,
        "before": found.before,
    }


def _title(case: Case, rule_id: str) -> Text:
    return next(one.rule.title for one in measured_promises(case) if one.rule.id == rule_id)


def _analysis(case: Case, reference: str, rest: str) -> dict[str, Any]:
    number, look, key = (*rest.split(".", 2), "", "")[:3]
    if not all(one.isdecimal() and len(one) <= _NUMBER_DIGITS_MAX for one in (number, look)):
        raise Http404
    found: OfAnalysis | None = analysis_figure(case, int(number), int(look), key)
    if found is None:
        raise Http404
    plan = read_plan(found.sealed.canonical.encode())
    return {
        "line": found.line,
        "title": found.line["role"],
        "sealed": found.sealed,
        "plan": plan,
        "result": found.result,
        "kept_digest": found.result.digest,
        "inputs": reverse(
            "supervision:evaluation-figure", args=[reference, f"{PLAN}.{number}.{look}.x"]
        ).removesuffix("x/"),
    }


def _again(case: Case, context: dict[str, Any]) -> dict[str, Any]:
    """The line computed once more from what it names."""
    line = context["line"]
    try:
        if line["source"] == "journal":
            pilot = case.pilot
            pilot.case = case
            return {"followed": follow(pilot, line)}
        if line["source"] == "analysis":
            return {"again_digest": verbs.run_again(context["result"])}
    except NoFiguresError as refusal:
        return {"refused": localized(refusal.words)}
    except SupervisionError as refusal:
        return {"refused": str(refusal)}
    return {}


@require_POST
@rule(Permission.EVALUATION_SEAL, obj=case_by_reference)
def draw(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """Draw the figures of all promises, and keep them."""
    try:
        kept = verbs.draw_evaluation(case=case, by=asker(request))
    except SupervisionError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("Drawn from the journal up to entry %(n)s, and kept.") % {"n": kept.through}
        )
    return redirect("supervision:evaluation", reference)
