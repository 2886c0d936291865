"""Plans of outcome analyses: sealed before there is data, amended openly, run as sealed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Case
from shidian.apps.cases.outbox import put
from shidian.apps.cases.words import localized
from shidian.apps.record.leaves import TOPIC
from shidian.apps.record.models import LeafRow
from shidian.apps.record.schedule import next_slot
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.evaluation_lines import draw_promises, stated_lines
from shidian.apps.supervision.models import EvaluationFigures, Pilot, PlanResult, SealedPlan
from shidian.apps.supervision.promises import promises_of
from shidian.apps.supervision.report_lines import NoFiguresError
from shidian.config import settings
from shidian.core.evaluation import analysis
from shidian.core.evaluation.data_reading import read_data
from shidian.core.evaluation.plan import Plan, Seal, read_plan, seal
from shidian.core.evaluation.words import EvaluationError
from shidian.core.record.leaf import time_text
from shidian.core.rulebook.model import StageKind
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.report_lines import Line
    from shidian.core.evaluation.analysis import Data, Result

KIND = "evaluation.sealed"
PLANS_MAX = 100
"""Of a case, amendments counted."""


@dataclass(frozen=True, slots=True)
class Found:
    """A result as kept, and as the analysis gave it."""

    row: PlanResult
    result: Result


@transaction.atomic
def seal_plan(
    *, case: Case, plan: Plan, by: Person, reason: str = "", at: datetime | None = None
) -> SealedPlan:
    """Fix a plan, and have the record hold a commitment to it before its window begins.

    A plan of the same id amends the one that stands: it needs a reason, and where outcomes of that
    one may exist already (its window has begun, or it was run) the amendment says so for good.
    Outcomes dated before the sealing never count under it.
    Raises ForbiddenError; SupervisionError: closed, nothing changed, no reason, a window that
    begins before the record can hold the plan.
    """
    moment = at or timezone.now()
    locked = _locked(case, by)
    plans = SealedPlan.objects.filter(case=locked)
    highest = plans.aggregate(high=Max("number"))["high"] or 0
    if highest >= PLANS_MAX:
        raise SupervisionError(_("This case has as many plans as it can have."))
    before = plans.filter(plan_id=plan.plan_id, amended_by=None).first()
    if before is not None:
        _amendable(before, plan, reason)
    try:
        # what enters the record waits for a slot: only from then on is the plan known to be fixed
        sealed = seal(plan, next_slot(moment, settings().record_slot_s))
    except EvaluationError as error:
        raise SupervisionError(in_words(error), field=error.where) from error
    made = SealedPlan.objects.create(
        case=locked,
        number=highest + 1,
        plan_id=plan.plan_id,
        amends=before,
        reason=reason.strip(),
        late=before is not None and _has_data(before, moment),
        canonical=plan.canonical().decode(),
        digest=sealed.digest,
        sealed_by=by,
        sealed_at=moment,
    )
    put(TOPIC, leaf_payload(made), case=locked, at=moment)
    return made


@transaction.atomic
def run_plan(
    *,
    sealed: SealedPlan,
    data: Data,
    source: str,
    by: Person,
    drawn: Sequence[Line] = (),
    at: datetime | None = None,
) -> Found:
    """Analyse figures as the plan says, and keep both; each call is one of the plan's looks.

    `drawn`: the lines of those figures that came from the journal. Every other one gets a line that
    names the document it was typed from. Raises ForbiddenError; SupervisionError: amended, not on
    record yet, no source, and whatever the analysis refuses.
    """
    locked = SealedPlan.objects.select_for_update(of=("self",)).get(pk=sealed.pk)
    _locked(locked.case, by)
    if SealedPlan.objects.filter(amends=locked).exists():
        raise SupervisionError(_("This plan was amended: run the one that stands."))
    if not source.strip():
        raise SupervisionError(_("Say where the figures come from."), field="source")
    fixed = seal_of(locked)
    if fixed is None:
        raise SupervisionError(_("The plan is not on the record yet: it cannot be run before."))
    plan = read_plan(locked.canonical.encode())
    earlier = tuple(one.data["seen"] for one in locked.results.order_by("look"))
    given = analysis.with_earlier(data, earlier)
    try:
        result = analysis.run(plan, fixed, given)
    except EvaluationError as error:
        raise SupervisionError(in_words(error), field=error.where) from error
    text = result.canonical()
    row = PlanResult.objects.create(
        plan=locked,
        look=len(earlier) + 1,
        data={**analysis.data_document(given), "seen": analysis.information(plan, given)},
        canonical=text.decode(),
        digest=sha256_tag(text),
        source=source.strip(),
        lines=[*drawn, *stated_lines(plan, given, source.strip(), drawn)],
        run_by=by,
        run_at=at or timezone.now(),
    )
    return Found(row, result)


def draw_evaluation(*, case: Case, by: Person, at: datetime | None = None) -> EvaluationFigures:
    """Draw the figures of the pilot's promises from the journal, and keep them with their evidence.

    It may take seconds, before anything is locked. Raises ForbiddenError; SupervisionError: closed,
    no promise in figures that has a value, or no figures can be drawn here.
    """
    moment = at or timezone.now()
    if not allows(by, Permission.EVALUATION_SEAL, case):
        raise ForbiddenError
    pilot = Pilot.objects.filter(case=case).first()
    if pilot is None:
        raise SupervisionError(_("There is no pilot yet."))
    pilot.case = case
    try:
        found = draw_promises(pilot, promises_of(pilot, moment))
    except NoFiguresError as refusal:
        raise SupervisionError(localized(refusal.words)) from refusal
    if not found.lines:
        raise SupervisionError(_("No promise in figures has a value yet."))
    with transaction.atomic():
        locked = _locked(case, by)
        kept = EvaluationFigures.objects.filter(case=locked)
        return EvaluationFigures.objects.create(
            case=locked,
            number=(kept.aggregate(high=Max("number"))["high"] or 0) + 1,
            lines=list(found.lines),
            through=found.through,
            drawn_by=by,
            drawn_at=moment,
        )


def run_again(result: PlanResult) -> str:
    """The digest of what the plan makes of the kept figures when it is run once more.

    Raises SupervisionError where it cannot be run.
    """
    sealed, fixed = result.plan, seal_of(result.plan)
    if fixed is None:
        raise SupervisionError(_("The plan is not on the record yet: it cannot be run before."))
    plan = read_plan(sealed.canonical.encode())
    try:
        return sha256_tag(
            analysis.run(plan, fixed, read_data(plan.measure, result.data)).canonical()
        )
    except EvaluationError as error:
        raise SupervisionError(in_words(error)) from error


def seal_of(sealed: SealedPlan) -> Seal | None:
    """Since when the record holds the plan: the time of its leaf. None until it is on the log."""
    rows = LeafRow.objects.filter(
        outbox__topic=TOPIC,
        outbox__case=sealed.case_id,
        outbox__payload__kind=KIND,
        outbox__payload__digest=sealed.digest,
    )
    row = rows.exclude(index=None).order_by("pk").first()
    return None if row is None else Seal(sealed.digest, row.due.astimezone(UTC))


def leaf_payload(sealed: SealedPlan) -> dict[str, object]:
    """What a leaf's row says of a sealed plan."""
    return {
        "kind": KIND,
        "case": sealed.case.reference,
        "plan": sealed.number,
        "digest": sealed.digest,
        "at": time_text(sealed.sealed_at),
    }


def in_words(error: EvaluationError) -> str:
    """The refusal in the reader's language."""
    return error.text.en if (get_language() or "").startswith("en") else error.text.zh


def _amendable(before: SealedPlan, plan: Plan, reason: str) -> None:
    if before.digest == plan.digest():
        raise SupervisionError(_("Nothing differs from the plan that is sealed."))
    if not reason.strip():
        raise SupervisionError(
            _("A plan of this id is sealed already. Say why it is amended."), field="reason"
        )


def _has_data(before: SealedPlan, moment: datetime) -> bool:
    began = read_plan(before.canonical.encode()).window.start <= moment
    return began or before.results.exists()


def _locked(case: Case, by: Person) -> Case:
    locked = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if not allows(by, Permission.EVALUATION_SEAL, locked):
        raise ForbiddenError
    if locked.stage_rule.kind is StageKind.CLOSED:
        raise SupervisionError(_("The case is closed."))
    return locked
