"""A small world under the demonstration rulebook, and cases walked to any stage by real verbs.

    world = make_world()                       # authorities, officers, firms, experts, a rolling call
    walk = Walk(world)                         # a clock that starts on 3 March 2025
    case = walk.to(StageKind.REVIEW)           # draft → screening → review, by the people's own acts

`walk.at` is the moment of the next act: each act is an hour later, windows pass by `walk.sleep`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.exits import sound_plan
from django.core.files.base import ContentFile
from django.utils import timezone

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import (
    Authority,
    Expert,
    Institution,
    OfficerRole,
    Person,
    StaffRole,
)
from shidian.apps.accounts.uscc import uscc_check_character
from shidian.apps.cases import domain as cases
from shidian.apps.notices import domain as notices
from shidian.apps.review import domain as review
from shidian.apps.supervision.domain import exits
from shidian.core.procedure.evaluating import demanded
from shidian.core.rulebook.load import load_file
from shidian.core.rulebook.model import Question, QuestionKind, Rulebook, Section, StageKind
from tests.files import pdf
from tests.scenes import remembered_step, remembered_world

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.apps.cases.models import Call, Case, RulebookVersion, Scheme
    from shidian.apps.notices.models import Notice
    from shidian.apps.review.models import Panel
    from shidian.core.procedure.types import Json
    from shidian.core.rulebook.loaded import Loaded

RULEBOOKS = Path(__file__).resolve().parent.parent / "rulebooks"
LONG_AGO = date(2020, 1, 1)
START = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
"""Monday, 3 March 2025, 9 o'clock in the morning in Shanghai."""
PASSWORD = "a long enough password"

ORDER = [
    StageKind.DRAFT,
    StageKind.SCREENING,
    StageKind.REVIEW,
    StageKind.ASSESSMENT,
    StageKind.NOTICE,
    StageKind.ADMISSION,
    StageKind.RUNNING,
    StageKind.EVALUATION,
    StageKind.CLOSED,
]


@lru_cache(maxsize=4)
def loaded(name: str = "demo-city") -> Loaded:
    """A rulebook of the library."""
    return load_file(RULEBOOKS / f"{name}.yaml")


def uscc(number: int) -> str:
    """A well-formed code of no real institution."""
    first = f"91999900TEST{number:05d}".replace("S", "5")
    return first + uscc_check_character(first)


def make_person(username: str, *, password: str | None = None) -> Person:
    """A person named after their user name. Without a password they cannot sign in."""
    return accounts.enrol_person(username=username, name=username.title(), password=password)


def make_institution(number: int, *, kind: str = "securities-firm") -> Institution:
    """A firm with a drafter-and-signer `signer-<n>` and a drafter `drafter-<n>`."""
    return accounts.register_institution(uscc=uscc(number), name=f"测试机构{number}", kind=kind)


def make_staff(institution: Institution, username: str, role: StaffRole) -> Person:
    """A person with a place in the institution since long ago."""
    person = make_person(username)
    accounts.enrol_staff(person=person, institution=institution, role=role, starts=LONG_AGO)
    return person


def make_officer(authority: Authority, username: str, role: OfficerRole) -> Person:
    """A person with an office in the authority since long ago."""
    person = make_person(username)
    accounts.appoint_officer(person=person, authority=authority, role=role, starts=LONG_AGO)
    return person


def make_expert(number: int) -> Expert:
    """An expert with an account of their own."""
    return accounts.enrol_expert(person=make_person(f"expert-{number}"), disciplines=["law"])


@dataclass
class World:
    """Everyone there is. Officers are `case` and `sign` by authority id of the rulebook."""

    scheme: Scheme
    version: RulebookVersion
    call: Call
    authorities: dict[str, Authority]
    case_officer: dict[str, Person]
    signing_officer: dict[str, Person]
    national: Person
    auditor: Person
    outsider: Person
    """Case officer of an authority that has no part in the scheme."""
    lead: Institution
    partner: Institution
    rival: Institution
    drafter: Person
    signer: Person
    partner_drafter: Person
    rival_signer: Person
    experts: list[Expert]
    body: Institution
    assessor: Person

    @property
    def rulebook(self) -> Rulebook:
        """The rules of the scheme."""
        return self.version.rulebook


@remembered_world
def make_world(document: Loaded | None = None) -> World:
    """The demonstration scheme, or another, with made-up people; a call that is always open."""
    document = document or loaded()
    authorities = {
        rule.id: accounts.found_authority(code=f"test-{rule.id}", name=rule.name.zh)
        for rule in document.rulebook.authorities
    }
    elsewhere = accounts.found_authority(code="test-elsewhere", name="他市金融局")
    scheme = cases.found_scheme(loaded=document, authorities=authorities)
    version = cases.publish_rulebook(scheme=scheme, loaded=document, by=None, at=START)
    call = cases.open_call(
        rulebook=version,
        title="第一批",
        opens_on=LONG_AGO,
        closes_on=None,
        by=None,
        at=START,
    )
    lead, partner, rival = (make_institution(number) for number in (1, 2, 3))
    body = make_institution(4, kind="service-institution")
    assessor = make_person("assessor")
    accounts.enrol_assessor(person=assessor, institution=body, starts=LONG_AGO)
    deciding = ("bureau", "finance")
    return World(
        scheme=scheme,
        version=version,
        call=call,
        authorities=authorities,
        case_officer={
            one: make_officer(authorities[one], f"case-{one}", OfficerRole.CASE) for one in deciding
        },
        signing_officer={
            one: make_officer(authorities[one], f"sign-{one}", OfficerRole.SIGNING)
            for one in deciding
        },
        national=make_officer(authorities["national"], "national", OfficerRole.NATIONAL),
        auditor=make_officer(elsewhere, "auditor", OfficerRole.AUDITOR),
        outsider=make_officer(elsewhere, "outsider", OfficerRole.CASE),
        lead=lead,
        partner=partner,
        rival=rival,
        drafter=make_staff(lead, "drafter", StaffRole.DRAFTER),
        signer=make_staff(lead, "signer", StaffRole.SIGNER),
        partner_drafter=make_staff(partner, "partner-drafter", StaffRole.DRAFTER),
        rival_signer=make_staff(rival, "rival-signer", StaffRole.SIGNER),
        experts=[make_expert(number) for number in range(5)],
        body=body,
        assessor=assessor,
    )


def full_answers(section: Section) -> dict[str, Any]:
    """Canonical answers to every required question, and to those that propose the plan."""
    return {
        question.id: answer(question)
        for question in section.questions
        if question.kind is not QuestionKind.FILE and (question.required or question.plan)
    }


def answer(question: Question) -> Any:  # noqa: PLR0911 - one a kind
    """Some valid canonical answer."""
    match question.kind:
        case QuestionKind.INTEGER:
            return max(question.minimum or 0, min(question.maximum or 100, 100))
        case QuestionKind.MONEY:
            return "1000000.00"
        case QuestionKind.DATE:
            return "2025-06-02"
        case QuestionKind.CHOICE:
            return question.options[0].id
        case QuestionKind.CHOICES:
            return [question.options[0].id]
        case QuestionKind.CONFIRM:
            return True
        case QuestionKind.PROMISES:
            return [{"id": "p1", "text": "差错率低于 1%"}, {"id": "p2", "text": "投诉五日内答复"}]
        case _:
            return "测试内容"


@dataclass
class Walk:
    """Takes one case along, by the people whose turn it is."""

    world: World
    at: datetime = START
    lead: Institution | None = None
    signer: Person | None = None
    title: str = "测试项目"
    case: Case = field(init=False)
    panel: Panel = field(init=False)
    notice: Notice = field(init=False)

    def tick(self) -> datetime:
        """The moment of the next act: an hour after the last."""
        self.at += timedelta(hours=1)
        return self.at

    def sleep(self, days: int) -> None:
        """Let days go by."""
        self.at += timedelta(days=days)

    def to(self, kind: StageKind) -> Case:
        """Take the case as far as the stage of that kind."""
        steps = [
            self.create,
            self.submit,
            self.pass_screening,
            self.pass_review,
            self.pass_assessment,
            self.pass_notice,
            self.admit,
            self.begin_evaluation,
            self.close,
        ]
        for step in steps[: ORDER.index(kind) + 1]:
            step()
        return self.case

    @property
    def officer(self) -> Person:
        return self.world.case_officer["bureau"]

    @remembered_step
    def create(self) -> None:
        """Start the application."""
        self.case = cases.create_case(
            call=self.world.call,
            lead=self.lead or self.world.lead,
            title=self.title,
            by=self.signer or self.world.signer,
            at=self.tick(),
        )

    def fill(self) -> None:
        """Answer every section."""
        for section in self.world.rulebook.form:
            cases.save_section(
                case=self.case,
                section=section.id,
                answers=full_answers(section),
                base_version=0,
                by=self.signer or self.world.signer,
                at=self.tick(),
            )

    @remembered_step
    def submit(self) -> None:
        """Fill in and submit."""
        self.fill()
        cases.submit_case(case=self.case, by=self.signer or self.world.signer, at=self.tick())

    @remembered_step
    def pass_screening(self) -> None:
        """Find every mandatory criterion met and move on."""
        stage = self.case.stage
        findings: dict[str, Mapping[str, Json]] = {
            criterion.id: {"met": True, "reason": ""}
            for criterion in self.world.rulebook.criteria
            if criterion.stage == stage
        }
        cases.advance_case(
            case=self.case, reason="符合条件", findings=findings, by=self.officer, at=self.tick()
        )

    def form_panel(self, size: int = 3) -> Panel:
        """Open a round with the first experts."""
        today = self.at.date()
        self.panel = review.form_panel(
            case=self.case,
            experts=self.world.experts[:size],
            starts=today,
            ends=today + timedelta(days=10),
            by=self.officer,
            at=self.tick(),
        )
        return self.panel

    @remembered_step
    def pass_review(self) -> None:
        """Three experts declare no conflict, score 80, and the round closes."""
        criteria = [one.id for one in self.world.rulebook.criteria if one.stage == self.case.stage]
        for assignment in self.form_panel().assignments.select_related("expert__person"):
            person = assignment.expert.person
            review.declare_conflict(
                assignment=assignment, conflict=False, by=person, at=self.tick()
            )
            review.submit_review(
                assignment=assignment,
                scores=dict.fromkeys(criteria, 80),
                reasons=dict.fromkeys(criteria, "理由充分"),
                by=person,
                at=self.tick(),
            )
        self.panel = review.close_round(case=self.case, by=self.officer, at=self.tick())
        self.advance("评审通过")

    def advance(self, reason: str) -> None:
        """Move on to the next stage."""
        cases.advance_case(case=self.case, reason=reason, by=self.officer, at=self.tick())

    def commission(self) -> None:
        """Ask the assessor body."""
        review.commission_assessment(
            case=self.case, body=self.world.body, by=self.officer, at=self.tick()
        )

    @remembered_step
    def pass_assessment(self) -> None:
        """The body finds every area in order."""
        self.commission()
        areas = self.case.stage_rule.areas
        review.file_assessment(
            case=self.case,
            findings={area.id: {"finding": "pass", "text": "符合要求"} for area in areas},
            by=self.world.assessor,
            at=self.tick(),
        )
        self.advance("评估通过")

    def open_notice(self) -> Notice:
        """Publish the notice."""
        self.notice = notices.open_notice(
            case=self.case,
            title="公示",
            body="现将拟试点项目予以公示。",
            by=self.officer,
            at=self.tick(),
        )
        return self.notice

    @remembered_step
    def pass_notice(self) -> None:
        """Publish, let the window pass, move on."""
        self.open_notice()
        self.sleep(14)
        self.drill_exit()
        self.advance("公示无异议")

    def drill_exit(self) -> None:
        """Pass a drill of the exit plan, once, where the rulebook asks for one; it takes no time."""
        rules, due = exits.drill_rules(self.case), exits.drill_due(self.case, self.at)
        if rules is None or due is None or due.passed is not None:
            return
        by = self.signer or self.world.signer
        plan = sound_plan(rules, self.case.lead.name_zh).canonical()
        exits.file_exit_plan(case=self.case, canonical=plan, by=by, at=self.at)
        assert exits.run_drill(case=self.case, by=by, at=self.at).passed

    @remembered_step
    def admit(self) -> None:
        """Both authorities consent."""
        self.drill_exit()
        for person in self.world.signing_officer.values():
            cases.sign_off(case=self.case, consent=True, by=person, at=self.tick())

    @remembered_step
    def begin_evaluation(self) -> None:
        """Half a year later."""
        self.sleep(180)
        cases.begin_evaluation(case=self.case, reason="期满", by=self.officer, at=self.tick())

    @remembered_step
    def close(self) -> None:
        """Every promise kept, every dimension good: graduated."""
        for promise in ("p1", "p2"):
            cases.judge_promise(
                case=self.case,
                promise=promise,
                judgement="kept",
                evidence="运行数据",
                by=self.officer,
                at=self.tick(),
            )
        cases.file_evaluation(
            case=self.case,
            dimensions={
                one.id: {"grade": "good", "text": "良好"} for one in self.case.stage_rule.dimensions
            },
            by=self.officer,
            at=self.tick(),
        )
        self.complete_steps()
        cases.close_case(
            case=self.case, outcome="graduated", reason="推广", by=self.officer, at=self.tick()
        )

    def complete_steps(self) -> None:
        """Every step of the evaluation that somebody is named for, by them or from paper."""
        doers = {
            "applicant": self.signer or self.world.signer,
            "signing-officer": self.world.signing_officer["bureau"],
        }
        for step in demanded(self.case.stage_rule):
            at = self.tick()
            cases.complete_step(
                case=self.case,
                step=step.id,
                text="已完成",
                on=timezone.localdate(at),
                document=ContentFile(pdf(), name=f"{step.id}.pdf"),
                by=doers.get(step.by or "", self.officer),
                at=at,
            )
