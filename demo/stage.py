"""Plays the two further schemes: their people's acts at the times that their story tells."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile

from demo.days import Diary
from demo.documents import document
from shidian.apps.cases.answers import canonical_answers
from shidian.apps.cases.domain import applying, consulting, deciding, partners, starting, stepping
from shidian.apps.cases.domain.materials import hand_in_material
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.history import state_of
from shidian.apps.review.domain import file_assessment
from shidian.apps.supervision.domain.pilots import close_pilot, start_pilot
from shidian.core.procedure.criteria import judged_between
from shidian.core.procedure.evaluating import demanded
from shidian.core.rulebook.model import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from demo.abroad import ForeignProject, ForeignScheme
    from shidian.apps.accounts.models import Institution, Person
    from shidian.apps.cases.models import Call, Case
    from shidian.core.procedure.types import Json
    from shidian.core.rulebook.model import Question

WHY = "依据申报材料中的测试方案和风险说明判断。（演示）"
WRITTEN = "演示内容：按制度文本逐项说明，详见随附材料；机构、人员与数据均为虚构。"


class Scene(Diary):
    """One scheme with its people, firms and open call."""

    def __init__(
        self,
        diary: Diary,
        scheme: ForeignScheme,
        *,
        people: Mapping[str, Person],
        firms: Mapping[str, Institution],
        call: Call,
    ) -> None:
        super().__init__(diary.today)
        self.scheme = scheme
        self._people = people
        self._firms = firms
        self._call = call
        self.cases: dict[str, Case] = {}
        """By project id."""

    def draft(
        self, project: ForeignProject, at: datetime, *, leave_out: Sequence[str] = ()
    ) -> Case:
        """Start an application and fill in what applies, but for some sections."""
        signer = self._signer(project)
        case = starting.create_case(
            call=self._call,
            lead=self._firms[project.lead],
            title=project.title_zh,
            title_en=project.title_en,
            by=signer,
            at=at,
        )
        self.cases[project.id] = case
        for firm, task in project.partners:
            institution = self._firms[firm]
            partners.invite_partner(case=case, institution=institution, task=task, by=signer, at=at)
            partners.answer_invitation(
                case=case, institution=institution, join=True, by=self._signs_for(firm), at=at
            )
        for place, section in enumerate(case.rulebook.form):
            filled = filled_form(case)
            if section.id in leave_out or not filled.asked(section):
                continue
            own = project.answers.get(section.id, {})
            # Which questions apply may hang on answers of this very section: its own words first.
            for given in (own, own | _common(filled.questions(section), own, project)):
                applying.save_section(
                    case=case,
                    section=section.id,
                    answers=canonical_answers(section, given),
                    base_version=self._version(case, section.id),
                    by=signer,
                    at=at + timedelta(minutes=7 * (place + 1)),
                )
                filled = filled_form(case)
        return case

    def submit(self, project: ForeignProject, at: datetime) -> None:
        """Hand in the documents, and file the application."""
        case, signer = self.cases[project.id], self._signer(project)
        for material in filled_form(case).materials():
            if material.required:
                hand_in_material(
                    case=case,
                    material=material.id,
                    upload=SimpleUploadedFile(f"{material.id}.pdf", document()),
                    by=signer,
                    at=at - timedelta(hours=1),
                )
        laid = at - timedelta(minutes=20)
        if project.partners:
            partners.request_signatures(case=case, by=signer, at=laid)
        for firm, _task in project.partners:
            partners.sign_application(
                case=case,
                institution=self._firms[firm],
                sha256=filled_form(case).sha256,
                by=self._signs_for(firm),
                at=laid,
            )
        applying.submit_case(case=case, by=signer, at=at)

    def ask(self, project: ForeignProject, at: datetime, question: str) -> None:
        """Open an information request."""
        deciding.request_information(
            case=self.cases[project.id], question=question, by=self._officer, at=at
        )

    def grade(self, project: ForeignProject, tier: str, at: datetime, reason: str = "") -> None:
        """Set the risk tier, by a finding on each factor; `reason`: why not the one proposed."""
        case = self.cases[project.id]
        assert case.rulebook.tiers is not None  # noqa: S101 - its rulebook has them
        found = {
            factor.id: {"found": project.risk.get(factor.id, factor.options[0].id), "reason": WHY}
            for factor in case.rulebook.tiers.factors
        }
        consulting.grade_risk(
            case=case, tier=tier, reason=reason, factors=found, by=self._officer, at=at
        )

    def advance(self, project: ForeignProject, at: datetime, reason: str) -> None:
        """Move on to the next stage ahead, every mandatory criterion and condition met."""
        case = self.cases[project.id]
        target = case.rulebook.stage(case.stage_rule.next[0])
        findings: dict[str, dict[str, Json]] = {
            one.id: {"met": True, "reason": "材料清楚，符合要求。"}
            for one in judged_between(case.rulebook, case.stage_rule, target)
            if one.mandatory
        }
        thresholds: dict[str, dict[str, Json]] = {
            one.id: {"met": True, "reason": "已逐条核对，符合扩大范围的标准。"}
            for one in target.thresholds
            if one.minimum is None
        }
        deciding.advance_case(
            case=case,
            reason=reason,
            findings=findings or None,
            thresholds=thresholds,
            to=target.id,
            by=self._officer,
            at=at,
        )

    def consult(self, project: ForeignProject, consultation: str, at: datetime) -> None:
        """Ask another authority."""
        consulting.consult(
            case=self.cases[project.id], consultation=consultation, by=self._officer, at=at
        )

    def opine(
        self, project: ForeignProject, consultation: str, position: str, at: datetime, text: str
    ) -> None:
        """The consulted authority's word."""
        case = self.cases[project.id]
        (asked,) = (one for one in case.rulebook.consultations if one.id == consultation)
        consulting.give_opinion(
            case=case,
            consultation=consultation,
            position=position,
            text=text,
            by=self._people[self.scheme.player("case-officer", asked.authority).username],
            at=at,
        )

    def assess(self, project: ForeignProject, at: datetime) -> None:
        """The officers' own assessment: every area passes."""
        case = self.cases[project.id]
        findings = {
            area.id: {"finding": "pass", "text": "书面审查与访谈未见不符合项。"}
            for area in case.stage_rule.areas
        }
        file_assessment(case=case, findings=findings, by=self._officer, at=at)

    def sign(self, project: ForeignProject, at: datetime) -> None:
        """The deciding authority's consent, which starts the run."""
        case = self.cases[project.id]
        deciding.sign_off(case=case, consent=True, reason="同意。", by=self._signing, at=at)
        start_pilot(case=case, plan=state_of(case).plan, at=at)

    def finish(self, project: ForeignProject, begins: datetime, ends: datetime) -> None:
        """Evaluate the run, find every promise kept, and close it as graduated."""
        case = self.cases[project.id]
        deciding.begin_evaluation(
            case=case, reason="测试目标已达到，申请退出审查。", by=self._signer(project), at=begins
        )
        for number, promise in enumerate(state_of(case).promises, start=1):
            deciding.judge_promise(
                case=case,
                promise=promise.id,
                judgement="kept",
                evidence="核对月报与抽样记录，均已履行。",
                by=self._officer,
                at=begins + timedelta(days=number),
            )
        deciding.file_evaluation(
            case=case,
            dimensions={
                area.id: {"grade": "good", "text": "依据月报与结项报告评定。"}
                for area in case.stage_rule.dimensions
            },
            by=self._officer,
            at=ends - timedelta(days=2),
        )
        for step in demanded(case.stage_rule):
            confirms = step.by == "signing-officer"
            stepping.complete_step(
                case=case,
                step=step.id,
                text=f"{step.name.zh}已完成。",
                on=(ends - timedelta(days=1)).date(),
                by=self._signing if confirms else self._signer(project),
                at=ends - timedelta(days=1),
            )
        deciding.close_case(
            case=case, outcome="graduated", reason="达到成功标准。", by=self._signing, at=ends
        )
        close_pilot(pilot=case.pilot, outcome="graduated", at=ends)

    def _version(self, case: Case, section: str) -> int:
        newest = case.sections.filter(section=section).order_by("-version").first()
        return newest.version if newest else 0

    def _signer(self, project: ForeignProject) -> Person:
        return self._signs_for(project.lead)

    def _signs_for(self, firm: str) -> Person:
        return self._people[self.scheme.player("signer", firm).username]

    @property
    def _officer(self) -> Person:
        lead, *_ = self.scheme.authorities[0]
        return self._people[self.scheme.player("case-officer", lead).username]

    @property
    def _signing(self) -> Person:
        lead, *_ = self.scheme.authorities[0]
        return self._people[self.scheme.player("signing-officer", lead).username]


def _common(
    questions: Sequence[Question], own: Mapping[str, Any], project: ForeignProject
) -> dict[str, Any]:
    """What every careful applicant answers where the project has no words of its own."""
    found: dict[str, Any] = {}
    for question in questions:
        if question.id in own or question.computed or not question.required:
            continue
        match question.kind:
            case QuestionKind.PROMISES:
                found[question.id] = [
                    {"id": f"p{number}", "text": text}
                    for number, text in enumerate(project.promises, start=1)
                ]
            case QuestionKind.CONFIRM:
                found[question.id] = True
            case QuestionKind.CHOICE:
                found[question.id] = question.options[0].id
            case QuestionKind.CHOICES:
                found[question.id] = [question.options[0].id]
            case QuestionKind.INTEGER:
                found[question.id] = max(question.minimum or 1, 1)
            case QuestionKind.MONEY:
                found[question.id] = str(max(question.minimum or 1, 1))
            case _:
                found[question.id] = WRITTEN[: question.max_length]
    return found
