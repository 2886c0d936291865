"""What is read of an evaluation: dimensions, promises, sealed plans with what they found, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shidian.apps.cases.history import state_of
from shidian.apps.cases.paper import Chapter, Entry, Paper
from shidian.apps.cases.views.run_forms import GRADES
from shidian.apps.cases.words import localized
from shidian.apps.supervision.domain.evaluations import seal_of
from shidian.apps.supervision.domain.instants import from_us, to_us
from shidian.apps.supervision.evaluation_drawings import (
    course_drawings,
    drawn_until,
    interval_drawing,
)
from shidian.apps.supervision.evaluation_lines import (
    PRESENT,
    WORST,
    promise_key,
    result_lines,
)
from shidian.apps.supervision.evaluation_steps import steps_of
from shidian.apps.supervision.models import EvaluationFigures, Pilot, SealedPlan
from shidian.apps.supervision.promises import promises_of
from shidian.apps.supervision.report_papers import evidence_text
from shidian.apps.supervision.report_words import in_language
from shidian.apps.supervision.series import stretch_of
from shidian.config import settings
from shidian.core.evaluation.grade import NAMES, Grade, overclaims
from shidian.core.evaluation.plan import read_plan
from shidian.core.evaluation.words import Words
from shidian.core.procedure.evaluating import open_steps
from shidian.core.procedure.types import Judgement
from shidian.core.rulebook.model import StageKind
from shidian.core.rulebook.reading import duty_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from shidian.apps.cases.models import Case
    from shidian.apps.supervision.evaluation_steps import ShownStep
    from shidian.apps.supervision.models import PlanResult
    from shidian.apps.supervision.promises import PilotPromise
    from shidian.apps.supervision.report_lines import Line
    from shidian.core.evaluation.plan import Plan
    from shidian.core.procedure.types import CaseState
    from shidian.core.rulebook.model import Stage


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension of the rulebook: its grade in words, the evidence; empty where not graded yet."""

    name: object
    grade: str
    text: str
    too_strong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise with how it was judged, and on what evidence; empty where it is not judged yet."""

    text: str
    word: str
    kind: str
    evidence: str
    too_strong: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A sealed plan, read; since when it is on record; the sentences that were found under it."""

    row: SealedPlan
    plan: Plan
    grade: str
    on_record: datetime | None
    results: list[dict[str, Any]]

    @property
    def amended(self) -> bool:
        """Whether another one stands in its place."""
        return hasattr(self.row, "amended_by")


@dataclass(frozen=True)
class Evaluation:
    """All that is known of how a pilot did. `grade`: the strongest comparison that was made."""

    stage: Stage | None
    roles: list[tuple[object, object]]
    dimensions: list[Dimension]
    promises: list[Judged]
    plans: list[ShownPlan]
    grade: Grade
    steps_open: int = 0

    @property
    def complete(self) -> bool:
        """Whether every promise is judged, every dimension graded, every step done."""
        judged = all(one.word for one in self.promises)
        return judged and all(one.grade for one in self.dimensions) and not self.steps_open


def evaluation_of(case: Case) -> Evaluation:
    """Of a case, whatever stage it is in."""
    state = state_of(case)
    stage = next((one for one in case.rulebook.stages if one.kind is StageKind.EVALUATION), None)
    plans = _plans(case)
    grade = _strongest(plans)
    return Evaluation(
        stage=stage,
        roles=[_role(one) for one in stage.duties] if stage else [],
        dimensions=_dimensions(stage, state, grade) if stage else [],
        promises=_promises(state, grade),
        plans=plans,
        grade=grade,
        steps_open=len(open_steps(stage, state)) if stage else 0,
    )


def measured_promises(case: Case) -> list[PilotPromise]:
    """The promises in figures, held against what was measured; none before there is a pilot."""
    pilot = Pilot.objects.filter(case=case).first()
    if pilot is None:
        return []
    pilot.case = case
    return promises_of(pilot)


def courses_of(
    case: Case, promises: Iterable[PilotPromise], *, settled: bool = False
) -> list[dict[str, Any]]:
    """How each measured promise went over the run, as the chart takes it, its bound as a line.

    `settled`: up to the newest final value, as a document has it, and not up to now.
    """
    pilot = Pilot.objects.filter(case=case).first()
    if pilot is None or pilot.start_us is None:
        return []
    until_us = drawn_until(pilot) if settled else to_us(pilot.closed_at or timezone.now())
    if until_us is None:
        return []
    courses = []
    for one in promises:
        found = stretch_of(pilot, one.rule.indicator, pilot.start_us, until_us)
        if not found.points:
            continue
        points = [(from_us(at), value) for at, value in found.points]
        courses.append(
            {
                "rule": one.rule,
                "indicator": one.indicator,
                "unit": case.rulebook.indicator(one.rule.indicator).unit,
                "id": one.rule.indicator,
                "pilot": pilot,
                "series": [{"label": "", "points": points}],
                "bound": float(one.bound),
                "asked": one.asked,
                "coarse": found.coarse,
            }
        )
    return courses


def _role(duty_id: str) -> tuple[object, object]:
    """Who, and what they do."""
    party, what = duty_words.duty(duty_id)
    return duty_words.party(party), what


def too_strong(grade: Grade, text: str) -> tuple[str, ...]:
    """The words of a text, in either language, that say more than a grade allows; each once."""
    if not text.strip():
        return ()
    found = overclaims(grade, Words(text, text))
    return tuple(dict.fromkeys(one.word for one in found))


def _dimensions(stage: Stage, state: CaseState, grade: Grade) -> list[Dimension]:
    words = {value: str(word) for value, word in GRADES}
    found = []
    for area in stage.dimensions:
        graded = state.evaluation.get(area.id)
        text = graded.text if graded else ""
        found.append(
            Dimension(
                area.name, words[graded.grade] if graded else "", text, too_strong(grade, text)
            )
        )
    return found


def _promises(state: CaseState, grade: Grade) -> list[Judged]:
    words = {
        Judgement.KEPT: (_("Kept"), "done"),
        Judgement.PARTLY: (_("Partly kept"), "warning"),
        Judgement.BROKEN: (_("Broken"), "critical"),
    }
    found = []
    for promise in state.promises:
        judged = state.judgements.get(promise.id)
        word, kind = words[judged.judgement] if judged else ("", "")
        evidence = judged.evidence if judged else ""
        found.append(Judged(promise.text, word, kind, evidence, too_strong(grade, evidence)))
    return found


def _plans(case: Case) -> list[ShownPlan]:
    rows = SealedPlan.objects.filter(case=case).select_related("sealed_by", "amended_by", "amends")
    return [shown_plan(row) for row in rows.prefetch_related("results__run_by")]


def shown_plan(row: SealedPlan) -> ShownPlan:
    """A sealed plan as pages and reports show it."""
    plan, fixed = read_plan(row.canonical.encode()), seal_of(row)
    results = [
        {"row": one, "said": one.said, "lines": lines_of(row, one)}
        for one in sorted_looks(row.results.all())
    ]
    return ShownPlan(
        row=row,
        plan=plan,
        grade=_in_language(NAMES[plan.grade]),
        on_record=fixed.sealed_at if fixed else None,
        results=results,
    )


def lines_of(sealed: SealedPlan, result: PlanResult) -> list[Line]:
    """The figures of a look with what they rest on, those found first."""
    return [*result_lines(sealed.digest, result.said, result.lines), *result.lines]


def sorted_looks(rows: Iterable[Any]) -> list[Any]:
    """Results in the order of their looks."""
    return sorted(rows, key=lambda one: one.look)


def _strongest(plans: list[ShownPlan]) -> Grade:
    """Of the results under plans that stand; without one, nothing was compared."""
    reached = [
        Grade(one["said"]["grade"]) for shown in plans if not shown.amended for one in shown.results
    ]
    return min(reached, key=list(Grade).index, default=Grade.DESCRIPTION)


def _in_language(words: Words) -> str:
    return words.en if (get_language() or "").startswith("en") else words.zh


def paper_of(case: Case, found: Evaluation) -> Paper:
    """The evaluation as a document. No clock: the same evaluation gives the same bytes."""
    language = "en" if (get_language() or "").startswith("en") else "zh"
    kept = EvaluationFigures.objects.filter(case=case).first()
    drawn = {one["key"]: one for one in kept.lines} if kept else {}
    measured = measured_promises(case)
    chapters = [
        Chapter(_("Steps"), tuple(_step_entry(one) for one in steps_of(case))),
        Chapter(
            _("Promises"),
            tuple(
                Entry(
                    one.text,
                    tuple(line for line in (one.word or _("Not judged yet"), one.evidence) if line),
                    soft=not one.word,
                )
                for one in found.promises
            ),
        ),
        Chapter(
            _("Promises in figures"),
            tuple(_measured_entry(one, drawn) for one in measured),
            course_drawings(courses_of(case, measured, settled=True)),
        ),
        Chapter(
            _("Dimensions"),
            tuple(
                Entry(
                    localized(one.name),  # type: ignore[arg-type]
                    tuple(line for line in (one.grade or _("Not graded yet"), one.text) if line),
                    soft=not one.grade,
                )
                for one in found.dimensions
            ),
        ),
        Chapter(
            _("Outcome analysis"),
            tuple(_plan_entry(one, language) for one in found.plans),
            tuple(drawing for one in found.plans for drawing in interval_drawing(one)),
        ),
    ]
    return Paper(
        title=_("Evaluation report"),
        subtitle=f"{case.scheme} · {case.reference}",
        language="en" if language == "en" else "zh",
        facts=(
            (_("Reference"), case.reference),
            (_("Project"), case.title),
            (_("Lead institution"), str(case.lead)),
            (_("Rulebook version"), case.rulebook_version.version),
            (_("Strongest comparison made"), _in_language(NAMES[found.grade])),
        ),
        chapters=tuple(one for one in chapters if one.entries),
        banners=(_("Demonstration: nothing in it is real"),) if settings().demo else (),
        footer=case.reference,
    )


def _step_entry(one: ShownStep) -> Entry:
    """Whose step it is, and what was done on which day, by whom, on what document."""
    role = localized(one.role) if one.role else ""
    name = localized(one.step.name)
    label = _("%(step)s (%(role)s)") % {"step": name, "role": role} if role else name
    if one.done is None:
        return Entry(label, (_("Not done yet"),) if one.step.by else (), soft=True)
    how = (
        _("Done on %(day)s: %(who)s; entered by an officer from paper")
        if one.entered
        else _("Done on %(day)s: %(who)s")
    )
    lines = [how % {"day": one.done.day.isoformat(), "who": one.who}, one.done.text]
    if one.done.sha256:
        name = one.file.name if one.file else ""
        lines.append(
            _("Document: %(name)s, SHA-256 %(sha256)s") % {"name": name, "sha256": one.done.sha256}
        )
    return Entry(label, tuple(lines))


def _measured_entry(one: PilotPromise, drawn: Mapping[str, Line]) -> Entry:
    lines = [f"{one.word}: {localized(one.asked)}"]
    if one.found is not None and one.found_at is not None:
        lines.append(
            _("Measured: %(value)s, since %(at)s")
            % {"value": localized(one.found), "at": one.found_at.isoformat()}
        )
    for which in (PRESENT, WORST):
        line = drawn.get(promise_key(one.rule.id, which))
        if line is not None:
            lines.append(
                _("Drawn: %(value)s, %(evidence)s")
                % {"value": line["value"], "evidence": evidence_text(line)}
            )
    return Entry(localized(one.rule.title), tuple(lines))


def _plan_entry(shown: ShownPlan, language: str) -> Entry:
    plan, lines = shown.plan, []
    lines.append(_("Compared: %(how)s") % {"how": shown.grade})
    lines.append(
        _("On record since %(at)s, digest %(digest)s")
        % {
            "at": shown.on_record.isoformat() if shown.on_record else _("not yet"),
            "digest": shown.row.digest,
        }
    )
    if shown.row.amends is not None:
        said = _("Amends plan %(n)s: %(why)s") % {
            "n": shown.row.amends.number,
            "why": shown.row.reason,
        }
        late = _("It was amended when outcomes could be known already.") if shown.row.late else ""
        lines += [said, *([late] if late else [])]
    if shown.amended:
        lines.append(_("Amended since: nothing is concluded from it."))
    for one in shown.results:
        lines.append(one["said"]["sentence"][language])
        lines += [caution[language] for caution in one["said"]["cautions"]]
        lines.append(
            _("Look %(look)s of %(looks)s; figures from: %(source)s; result %(digest)s")
            % {
                "look": one["row"].look,
                "looks": one["said"]["looks"],
                "source": one["row"].source,
                "digest": one["row"].digest,
            }
        )
        lines += [
            f"{in_language(line['role'])} {line['value'] or '–'}: {evidence_text(line)}"
            for line in one["lines"]
        ]
    question = plan.question.en if language == "en" else plan.question.zh
    return Entry(question, tuple(lines))
