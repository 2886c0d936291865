"""Does what the stories tell, through the product's own verbs, at the times they tell."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile

from demo import exits, form, notice
from demo.behaviour import SEED
from demo.cast import signer_of
from demo.days import Diary
from demo.documents import document
from demo.projects import PROJECTS
from demo.registration import Registration, folder
from shidian.apps.cases.answers import canonical_answers
from shidian.apps.cases.domain import applying, consulting, deciding, partners, starting, stepping
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.history import state_of
from shidian.apps.notices import domain as noticing
from shidian.apps.notices.models import Comment, CommentState, Notice
from shidian.apps.review import domain as reviewing
from shidian.apps.review.models import Assignment
from shidian.apps.supervision.domain.keys import register_machine_key
from shidian.apps.supervision.domain.pilots import close_pilot, start_pilot
from shidian.core.procedure.evaluating import open_steps
from shidian.core.rulebook.model import StageKind
from shidian_kit.wire import keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from demo.projects import Project
    from shidian.apps.accounts.models import Institution, Person
    from shidian.apps.cases.models import Call, Case
    from shidian.apps.supervision.models import Pilot
    from shidian.core.procedure.types import Json

OFFICER = "officer-bureau"
ASSESSOR = "assessor"
_PRAISE = {
    "innovative": "与现有做法相比有实质改进，效果可以衡量。",
    "useful": "受益对象明确，附有内部测试数据。",
    "controlled": "限额、应急和补偿安排与风险相称，可人工干预。",
    "feasible": "团队和技术准备充分，已有内部测试结果。",
}
_DOUBT = {
    "innovative": "与已有做法重合度高，创新说明不充分。",
    "useful": "收益主要来自交易活跃度，对投资者的价值不清楚。",
    "controlled": "缺少有效的限额与人工干预手段，风险与规模不相称。",
    "feasible": "关键环节依赖未签约的第三方，进度偏乐观。",
}
_DOUBT_BELOW = 60


class Director(Diary):
    """Knows the people, firms and calls by their ids in `demo.cast`, and makes them act."""

    def __init__(
        self,
        diary: Diary,
        *,
        people: Mapping[str, Person],
        firms: Mapping[str, Institution],
        calls: Mapping[int, Call],
    ) -> None:
        super().__init__(diary.today)
        self._people = people
        self._firms = firms
        self._calls = calls
        self._projects: dict[int, Project] = {}
        self.cases: dict[str, Case] = {}
        """By project id."""
        self.registrations: list[Registration] = []
        self._chance = random.Random(SEED)

    def signer(self, case: Case) -> Person:
        """Who signs for the institution that leads the case."""
        return self._people[signer_of(self._projects[case.pk].lead)]

    def person(self, username: str) -> Person:
        """Who plays that part."""
        return self._people[username]

    # The applicant's acts

    def draft(
        self,
        project_id: str,
        call: int,
        at: datetime,
        *,
        only: Sequence[str] = (),
        leave_out: Sequence[str] = (),
        all_join: bool = True,
    ) -> Case:
        """Start an application and save its sections: all, `only` these, or all but some."""
        project = PROJECTS[project_id]
        signer = self._people[signer_of(project.lead)]
        case = starting.create_case(
            call=self._calls[call],
            lead=self._firms[project.lead],
            title=project.title_zh,
            title_en=project.title_en,
            by=signer,
            at=at,
        )
        self._projects[case.pk] = project
        self.cases[project_id] = case
        for firm, task in project.partners:
            self._ask(case, firm, task, at)
            if all_join:
                self._join(case, firm, at)
        answers = form.answers(project, (at + timedelta(days=120)).date())
        for place, section in enumerate(case.rulebook.form):
            if section.id in leave_out or (only and section.id not in only):
                continue
            applying.save_section(
                case=case,
                section=section.id,
                answers=canonical_answers(section, form.as_cleaned(section, answers[section.id])),
                base_version=0,
                by=signer,
                at=at + timedelta(minutes=12 * (place + 1)),
            )
        return case

    def _ask(self, case: Case, firm: str, task: str, at: datetime) -> None:
        """Invite a firm to take part."""
        partners.invite_partner(
            case=case, institution=self._firms[firm], task=task, by=self._signer(case), at=at
        )

    def _join(self, case: Case, firm: str, at: datetime) -> None:
        """Its signer accepts."""
        partners.answer_invitation(
            case=case,
            institution=self._firms[firm],
            join=True,
            by=self._people[signer_of(firm)],
            at=at,
        )

    def sign_as_partners(self, case: Case, at: datetime) -> None:
        """Lay the text before the partners, whose signers sign it. Nothing where there is none."""
        project = self._projects[case.pk]
        if not project.partners:
            return
        partners.request_signatures(case=case, by=self._signer(case), at=at)
        for firm, _task in project.partners:
            partners.sign_application(
                case=case,
                institution=self._firms[firm],
                sha256=filled_form(case).sha256,
                by=self._people[signer_of(firm)],
                at=at,
            )

    def submit(self, case: Case, at: datetime) -> None:
        """File the application, signed by every party."""
        self.sign_as_partners(case, at - timedelta(minutes=20))
        applying.submit_case(case=case, by=self._signer(case), at=at)

    def answer(self, case: Case, at: datetime, text: str) -> None:
        """Answer the one open request."""
        (request,) = state_of(case).open_requests
        applying.answer_information(
            case=case, request=request.id, answer=text, by=self._signer(case), at=at
        )

    def withdraw(self, case: Case, at: datetime, reason: str) -> None:
        """Leave; a pilot that runs ends with it."""
        applying.withdraw_case(case=case, reason=reason, by=self._signer(case), at=at)
        close_pilot(pilot=_pilot(case), outcome=state_of(case).outcome or "", at=at)

    # The officers' acts

    def ask(self, case: Case, at: datetime, question: str) -> None:
        """Open an information request."""
        deciding.request_information(case=case, question=question, by=self._officer, at=at)

    def accept(self, case: Case, at: datetime) -> None:
        """Finish the screening with every mandatory criterion met."""
        findings: dict[str, dict[str, Json]] = {
            criterion.id: {"met": True, "reason": "材料齐备，说明清楚，符合要求。"}
            for criterion in case.rulebook.criteria
            if criterion.stage == case.stage and criterion.mandatory
        }
        deciding.advance_case(
            case=case,
            reason="初审通过，转专家评审。",
            findings=findings,
            by=self._officer,
            at=at,
        )

    def advance(self, case: Case, at: datetime, reason: str) -> None:
        """Move on to the next stage."""
        deciding.advance_case(case=case, reason=reason, by=self._officer, at=at)

    def reject(self, case: Case, at: datetime, reason: str) -> None:
        """End the application."""
        deciding.reject_case(case=case, reason=reason, by=self._officer, at=at)

    def open_round(self, case: Case, experts: Sequence[str], at: datetime, ends: date) -> None:
        """Form a panel that has until `ends`."""
        reviewing.form_panel(
            case=case,
            experts=self._experts(experts),
            starts=at.date(),
            ends=ends,
            by=self._officer,
            at=at,
        )

    def invite(self, case: Case, experts: Sequence[str], at: datetime) -> None:
        """Invite more experts to the open round."""
        reviewing.invite_experts(case=case, experts=self._experts(experts), by=self._officer, at=at)

    def review(
        self,
        case: Case,
        experts: Sequence[str],
        opens: datetime,
        closes: datetime,
        *,
        about: int = 80,
    ) -> None:
        """A whole round: panel, declarations, sheets around a score, closing."""
        self.open_round(case, experts, opens, closes.date())
        for number, expert in enumerate(experts, start=1):
            self.declare(case, expert, opens + timedelta(hours=6 * number))
        for number, expert in enumerate(experts, start=1):
            self.score(case, expert, closes - timedelta(hours=20 - 3 * number), about)
        reviewing.close_round(case=case, by=self._officer, at=closes)

    def commission(self, case: Case, at: datetime) -> None:
        """Ask the assessor body."""
        reviewing.commission_assessment(
            case=case, body=self._firms["assessor"], by=self._officer, at=at
        )

    def publish(self, case: Case, at: datetime) -> None:
        """Open the public notice over the form's public answers."""
        project = self._projects[case.pk]
        noticing.open_notice(
            case=case,
            title=f"关于“{project.title_zh}”项目的公示（演示）",
            title_en=f"Public notice: {project.title_en} (demonstration)",
            body=notice.body(case, project),
            body_en=notice.body_en(case, project),
            by=self._officer,
            at=at,
        )

    def answer_comment(self, case: Case, at: datetime, answer: str) -> None:
        """Answer the newest comment."""
        comment = Comment.objects.filter(notice__case=case).latest("pk")
        noticing.answer_comment(comment=comment, answer=answer, by=self._officer, at=at)

    def sign(self, case: Case, authority: str, at: datetime) -> None:
        """Give an authority's consent; the last one starts the pilot."""
        exits.drill(case, self._signer(case), at)
        deciding.sign_off(
            case=case,
            consent=True,
            reason="同意准入。",
            by=self._people[f"signer-{authority}"],
            at=at,
        )
        if case.stage_rule.kind is StageKind.RUNNING:
            start_pilot(case=case, plan=state_of(case).plan, at=at)

    def consult(self, case: Case, consultation: str, at: datetime) -> None:
        """Ask another authority."""
        consulting.consult(case=case, consultation=consultation, by=self._officer, at=at)

    def not_object(self, case: Case, consultation: str, who: str, at: datetime, text: str) -> None:
        """The consulted authority has no objection."""
        consulting.give_opinion(
            case=case,
            consultation=consultation,
            position="no-objection",
            text=text,
            by=self._people[who],
            at=at,
        )

    def evaluate(self, case: Case, at: datetime, reason: str) -> None:
        """Begin the evaluation, as the applicant asks."""
        deciding.begin_evaluation(case=case, reason=reason, by=self._signer(case), at=at)

    def judge(self, case: Case, number: int, judgement: str, at: datetime, evidence: str) -> None:
        """Judge the `number`-th promise."""
        deciding.judge_promise(
            case=case,
            promise=state_of(case).promises[number - 1].id,
            judgement=judgement,
            evidence=evidence,
            by=self._officer,
            at=at,
        )

    def grade(self, case: Case, at: datetime) -> None:
        """Grade every dimension of the evaluation."""
        dimensions = {
            area.id: {"grade": "good" if place % 3 else "adequate", "text": "依据试点期数据评定。"}
            for place, area in enumerate(case.stage_rule.dimensions)
        }
        deciding.file_evaluation(case=case, dimensions=dimensions, by=self._officer, at=at)

    def step(self, case: Case, at: datetime, text: str) -> None:
        """Complete the next step of the evaluation, by whom the rulebook names, or from paper."""
        (step, *_) = open_steps(case.stage_rule, state_of(case))
        doers = {
            "applicant": self._signer(case),
            "assessor": self._people[ASSESSOR],
            "signing-officer": self._people["signer-bureau"],
        }
        needs_paper = step.document or step.by not in doers
        stepping.complete_step(
            case=case,
            step=step.id,
            text=text,
            on=at.date(),
            by=doers.get(step.by or "", self._officer),
            document=SimpleUploadedFile(f"{step.name.zh}.pdf", document()) if needs_paper else None,
            at=at,
        )

    def close(self, case: Case, outcome: str, at: datetime, reason: str) -> None:
        """End an evaluated case."""
        deciding.close_case(
            case=case,
            outcome=outcome,
            reason=reason,
            by=self._people["signer-bureau"],
            at=at,
        )
        close_pilot(pilot=_pilot(case), outcome=outcome, at=at)

    @property
    def officer(self) -> Person:
        """Who handles the cases."""
        return self._officer

    # What experts, assessors and the public do

    def declare(self, case: Case, expert: str, at: datetime, *, conflict: str = "") -> None:
        """Declare one's interests; `conflict`: the reason to stand aside."""
        reviewing.declare_conflict(
            assignment=self._assignment(case, expert),
            conflict=bool(conflict),
            reason=conflict,
            by=self._people[expert],
            at=at,
        )

    def score(self, case: Case, expert: str, at: datetime, about: int) -> None:
        """Submit a sheet whose scores lie around `about`."""
        scores, reasons = {}, {}
        for criterion in case.rulebook.criteria:
            if criterion.stage == case.stage:
                score = max(0, min(100, about + self._chance.randint(-9, 9)))
                scores[criterion.id] = score
                words = _DOUBT if score < _DOUBT_BELOW else _PRAISE
                reasons[criterion.id] = words.get(criterion.id, "符合该项标准。")
        reviewing.submit_review(
            assignment=self._assignment(case, expert),
            scores=scores,
            reasons=reasons,
            by=self._people[expert],
            at=at,
        )

    def assess(self, case: Case, at: datetime) -> None:
        """File findings: every area passes, one of them on a condition."""
        findings = {
            area.id: {"finding": "pass", "text": "检测与文档核查未发现不符合项。"}
            for area in case.stage_rule.areas
        }
        findings["continuity"] = {
            "finding": "condition",
            "text": "灾备切换演练须在上线前完成一次，并提交记录。",
        }
        reviewing.file_assessment(case=case, findings=findings, by=self._people[ASSESSOR], at=at)

    def comment(self, case: Case, at: datetime, name: str, text: str, *, show: bool = True) -> None:
        """A member of the public comments; `show`: an officer lets it appear a quarter hour later."""
        notice = Notice.objects.get(case=case)
        comment = noticing.receive_comment(notice=notice, body=text, name=name, at=at)
        if show:
            noticing.moderate_comment(
                comment=comment,
                state=CommentState.PUBLISHED,
                by=self._officer,
                at=at + timedelta(minutes=15),
            )

    # The pilot systems

    def connect(self, case: Case, at: datetime) -> None:
        """Make the pilot system's key, and register it."""
        project = self._projects[case.pk]
        pilot = _pilot(case)
        registration = Registration(
            project=project.id, public_id=pilot.public_id, source=f"{project.lead}-{project.id}"
        )
        folder().mkdir(parents=True, exist_ok=True)
        if not registration.key_path.exists():
            keys.save_private(registration.key_path, keys.generate())
        public = keys.public_text(keys.load_private(registration.key_path).public_key())
        register_machine_key(
            pilot=pilot,
            source=registration.source,
            public_key=public,
            by=self._officer,
            at=at,
        )
        self.registrations.append(registration)

    @property
    def _officer(self) -> Person:
        return self._people[OFFICER]

    def _signer(self, case: Case) -> Person:
        return self._people[signer_of(self._projects[case.pk].lead)]

    def _experts(self, names: Sequence[str]) -> list[Any]:
        return [self._people[name].expert for name in names]

    def _assignment(self, case: Case, expert: str) -> Assignment:
        return Assignment.objects.get(
            panel=reviewing.open_panel(case), expert__person=self._people[expert]
        )


def _pilot(case: Case) -> Pilot:
    return case.pilot
