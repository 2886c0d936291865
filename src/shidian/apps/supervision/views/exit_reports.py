"""After the end: what is still to be settled and by when, and the exit report with its lessons."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.cases.views.words import outcome_name
from shidian.apps.cases.words import localized
from shidian.apps.supervision.bridges import bridge_rules
from shidian.apps.supervision.domain import exit_reports as verbs
from shidian.apps.supervision.domain.bridges import standing_bridge
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.exit_words import in_language
from shidian.apps.supervision.models import ExitReport
from shidian.apps.supervision.views.asker import asker
from shidian.core.exit.drill import STEPS, Step

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case

FEN_MAX = Decimal("9999999999999.99")


def _long(label: Any, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "short"})
    return forms.CharField(label=label, max_length=10_000, widget=widget, **more)


class ReportForm(forms.Form):
    """The exit report."""

    summary_zh = _long(gettext_lazy("How it ended"), help_text=gettext_lazy("In Chinese."))
    summary_en = _long(gettext_lazy("How it ended, in English"), required=False)
    lessons_zh = _long(
        gettext_lazy("Lessons"), help_text=gettext_lazy("In Chinese, one lesson a line.")
    )
    lessons_en = _long(gettext_lazy("Lessons, in English"), required=False)
    clauses = forms.MultipleChoiceField(
        label=gettext_lazy("Clauses that changed"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    clauses_zh = _long(gettext_lazy("What changed about them"), required=False)
    clauses_en = _long(gettext_lazy("What changed about them, in English"), required=False)

    def __init__(self, case: Case, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(one.id, localized(one.title)) for one in case.rulebook.clauses]
        if choices:
            self.fields["clauses"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["clauses"]

    def text(self) -> verbs.ReportText:
        """What was written."""
        said = dict(self.cleaned_data)
        return verbs.ReportText(**said | {"clauses": tuple(said.get("clauses", ()))})


class StepForm(forms.Form):
    """What was settled of one step."""

    step = forms.ChoiceField(label=gettext_lazy("Step"))
    count = forms.IntegerField(label=gettext_lazy("How many"), min_value=0, max_value=10**9)
    owed = forms.DecimalField(
        label=gettext_lazy("Owed, in yuan"), min_value=0, max_value=FEN_MAX, decimal_places=2
    )
    settled = forms.DecimalField(
        label=gettext_lazy("Settled, in yuan"), min_value=0, max_value=FEN_MAX, decimal_places=2
    )
    done_on = forms.DateField(
        label=gettext_lazy("Done on"), widget=forms.DateInput(attrs={"type": "date"})
    )
    note = _long(gettext_lazy("Note"), required=False)

    def __init__(self, clocks: list[verbs.Clock], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["step"].choices = [  # type: ignore[attr-defined]
            (one.step.value, in_language(STEPS[one.step])) for one in clocks
        ]


@rule(Permission.EXIT_READ, obj=case_by_reference)
def page(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """The exit report as it stands, the clocks of the exit, and the form of what was settled."""
    clocks = verbs.exit_clocks(case)
    may_agree = allows(request.user, Permission.EXIT_AGREE, case)
    form = StepForm(clocks, request.POST or None) if may_agree and clocks else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid() and _stated(request, case, form):
            return redirect("supervision:exit-report", reference=reference)
    reports = ExitReport.objects.filter(case=case).select_related("written_by", "agreed_by")
    newest = reports.first()
    register = case.rulebook.public_register
    context = {
        "case": case,
        "outcome": outcome_name(case),
        "report": newest,
        "earlier": reports[1:],
        "lessons": newest.lessons_zh.splitlines() if newest else [],
        "lessons_en": newest.lessons_en.splitlines() if newest else [],
        "clauses": _clauses(case, newest),
        "clocks": [(one, STEPS[one.step]) for one in clocks],
        "form": form,
        "rule": register.exit_report,
        "has_bridge": bridge_rules(case) is not None and bool(case.number),
        "bridge": standing_bridge(case),
        "kept_through": verbs.kept_through(case),
        "published": verbs.is_published(newest) if newest else False,
        "may_write": case.stage_rule.kind in verbs.ENDING
        and bool(case.number)
        and allows(request.user, Permission.EXIT_REPORT, case),
        "may_agree": may_agree
        and register.exit_report == "by-agreement"
        and newest is not None
        and newest.agreed_at is None,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "supervision/exit_report.html", context, status=status)


def _clauses(case: Case, report: ExitReport | None) -> list[object]:
    titles = {one.id: one.title for one in case.rulebook.clauses}
    return [titles.get(one, one) for one in report.clauses] if report else []


def _stated(request: HttpRequest, case: Case, form: StepForm) -> bool:
    said = form.cleaned_data
    try:
        verbs.state_exit_step(
            case=case,
            step=Step(said["step"]),
            count=said["count"],
            owed=int(said["owed"] * 100),
            settled=int(said["settled"] * 100),
            done_on=said["done_on"],
            note=said["note"],
            by=asker(request),
        )
    except SupervisionError as refusal:
        form.add_error(refusal.field, str(refusal))
        return False
    messages.success(request, _("Stated. The authorities see it."))
    return True


@rule(Permission.EXIT_REPORT, obj=case_by_reference)
def write(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """Write the exit report, or another version of it."""
    newest = ExitReport.objects.filter(case=case).first()
    initial = {name: getattr(newest, name) for name in ReportForm.base_fields} if newest else None
    form = ReportForm(case, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            verbs.write_exit_report(case=case, text=form.text(), by=asker(request))
        except SupervisionError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(request, _("The exit report is kept."))
            return redirect("supervision:exit-report", reference=reference)
    status = 422 if form.errors else 200
    context = {"case": case, "form": form}
    return render(request, "supervision/exit_report_write.html", context, status=status)


@require_POST
@rule(Permission.EXIT_AGREE, obj=case_by_reference)
def agree(request: HttpRequest, case: Case, reference: str) -> HttpResponse:
    """The lead institution agrees that the newest version is published."""
    newest = ExitReport.objects.filter(case=case).first()
    if newest is None:
        raise Http404
    if str(newest.number) != request.POST.get("number"):
        messages.error(request, _("A newer version was written. Look at that one."))
        return redirect("supervision:exit-report", reference=reference)
    try:
        verbs.agree_exit_report(report=newest, by=asker(request))
    except SupervisionError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Agreed. It is published with the end of the case."))
    return redirect("supervision:exit-report", reference=reference)
