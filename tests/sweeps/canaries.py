"""A case walked to its run with a word of its own in every place that the public must not read.

sown = sow(Walk(world), count=40)
sown.words            # word → where it was put
sown.columns()        # columns of the database in which one of them stands
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import StaffRole
from shidian.apps.cases import domain as cases
from shidian.apps.notices import domain as notices
from shidian.apps.notices import files, inbox
from shidian.apps.notices.models import CommentState
from shidian.apps.review import domain as review
from shidian.apps.supervision.domain import complaints
from shidian.apps.supervision.domain.alerts import acknowledge_alert
from shidian.apps.supervision.domain.orders.proposing import propose_order
from shidian.apps.supervision.models import AlertEpisode, Complaint, Pilot
from shidian.apps.supervision.worker import projection
from shidian.core.monitor.evaluator import Fault
from shidian.core.rulebook.model import Question, QuestionKind, StageKind
from tests.apps.supervision.things import item, run_outbox
from tests.factories import LONG_AGO, answer
from tests.files import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.apps.notices.models import Notice
    from tests.factories import Walk

WORD = re.compile(r"canary[0-9a-f]{10}")
OURS = ("accounts", "cases", "review", "notices", "supervision", "national")


@dataclass
class Sown:
    """Who was walked, and every word with the place it was put in."""

    walk: Walk
    length: int = 1
    """How many times over a text is long: what is restricted must not show by its length either."""
    words: dict[str, str] = field(default_factory=dict)

    def word(self, place: str) -> str:
        """A new word for that place."""
        number = f"{place}/{len(self.words)}"
        made = f"canary{hashlib.sha256(number.encode()).hexdigest()[:10]}"
        self.words[made] = place
        return made

    def text(self, place: str) -> str:
        """A text with a new word."""
        return self.word(place) + " 内情" * self.length

    @property
    def pilot(self) -> Pilot:
        return Pilot.objects.get(case=self.walk.case)

    def columns(self) -> set[str]:
        """`model.field` wherever one of the words stands."""
        return {
            f"{model._meta.label}.{column.name}"
            for model, column in text_columns()
            if any(
                WORD.search(str(value)) for value in model._base_manager.values_list(column.name)
            )
        }


def text_columns() -> Iterator[tuple[type[models.Model], models.Field[Any, Any]]]:
    """Every column of ours that can hold a text."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    for app in OURS:
        for model in apps.get_app_config(app).get_models():
            for column in model._meta.concrete_fields:
                if isinstance(column, kinds) and not column.choices:
                    yield model, column


def sow(walk: Walk, *, count: int, length: int = 1) -> Sown:
    """Walk the case to its run; `count` comments and complaints hold a word each besides."""
    sown = Sown(walk, length)
    _people(sown)
    _apply(sown)
    _judge(sown)
    _notice(sown, count)
    walk.admit()
    run_outbox()
    _run(sown, count)
    run_outbox()
    return sown


def _people(sown: Sown) -> None:
    world = sown.walk.world
    for person in (world.drafter, world.case_officer["bureau"], world.experts[0].person):
        person.name_zh, person.name_en = sown.word("person"), sown.word("person")
        person.email = f"{sown.word('email')}@example.org"
        person.save()
    world.experts[0].employer = sown.word("employer")
    world.experts[0].save()
    accounts.invite(
        institution=world.lead,
        email=f"{sown.word('invitation')}@example.org",
        name=sown.word("invitation"),
        role=StaffRole.DRAFTER,
        by=world.signer,
    )


def _apply(sown: Sown) -> None:
    walk = sown.walk
    walk.create()
    for section in walk.world.rulebook.form:
        answers = {one.id: _answer(sown, one) for one in section.questions if _asked(one)}
        cases.save_section(
            case=walk.case,
            section=section.id,
            answers=answers,
            base_version=0,
            by=walk.world.signer,
            at=walk.tick(),
        )
    _attach(sown)
    cases.submit_case(case=walk.case, by=walk.world.signer, at=walk.tick())


def _asked(question: Question) -> bool:
    written = question.kind in {QuestionKind.SHORT, QuestionKind.LONG}
    needed = question.required or question.plan
    return question.kind is not QuestionKind.FILE and bool(needed or written)


def _answer(sown: Sown, question: Question) -> Any:
    if question.kind in {QuestionKind.SHORT, QuestionKind.LONG} and not question.public:
        return sown.text("answer")
    return answer(question)


def _attach(sown: Sown) -> None:
    walk = sown.walk
    files = [
        (section, question)
        for section in walk.world.rulebook.form
        for question in section.questions
        if question.kind is QuestionKind.FILE
    ]
    section, question = files[0]
    name = f"{sown.word('file name')}.pdf"
    content = pdf(sown.word("file"))
    cases.attach_file(
        case=walk.case,
        section=section.id,
        question=question.id,
        upload=SimpleUploadedFile(name, content),
        by=walk.world.signer,
        at=walk.tick(),
    )


def _judge(sown: Sown) -> None:
    walk, officer = sown.walk, sown.walk.officer
    bureau = walk.world.authorities["bureau"]
    cases.write_note(case=walk.case, authority=bureau, text=sown.text("note"), by=officer)
    cases.save_view(person=officer, name=sown.word("view"), query=f"q={sown.word('query')}")
    cases.assign_cases(
        cases=[walk.case],
        officer=officer,
        authority=bureau,
        reason=sown.text("in charge"),
        by=officer,
    )
    asked = cases.request_information(
        case=walk.case, question=sown.text("question"), by=officer, at=walk.tick()
    )
    request = str(asked.events[0].data["request"])
    cases.answer_information(
        case=walk.case,
        request=request,
        answer=sown.text("reply"),
        by=walk.world.signer,
        at=walk.tick(),
    )
    stage = walk.case.stage
    findings = {
        one.id: {"met": True, "reason": sown.text("finding")}
        for one in walk.world.rulebook.criteria
        if one.stage == stage
    }
    cases.advance_case(
        case=walk.case, reason=sown.text("reason"), findings=findings, by=officer, at=walk.tick()
    )
    _review(sown)
    walk.commission()
    areas = walk.case.stage_rule.areas
    review.file_assessment(
        case=walk.case,
        findings={one.id: {"finding": "pass", "text": sown.text("assessment")} for one in areas},
        by=walk.world.assessor,
        at=walk.tick(),
    )
    walk.advance(sown.text("reason"))


def _review(sown: Sown) -> None:
    walk = sown.walk
    criteria = [one.id for one in walk.world.rulebook.criteria if one.stage == walk.case.stage]
    assignments = list(walk.form_panel(4).assignments.select_related("expert__person"))
    for n, assignment in enumerate(assignments):
        person, barred = assignment.expert.person, n == len(assignments) - 1
        review.declare_conflict(
            assignment=assignment,
            conflict=barred,
            reason=sown.text("conflict") if barred else "",
            by=person,
            at=walk.tick(),
        )
        if barred:
            continue
        reasons = {one: sown.text("score") for one in criteria}
        scores = dict.fromkeys(criteria, 80)
        review.submit_review(
            assignment=assignment, scores=scores, reasons=reasons, by=person, at=walk.tick()
        )
    walk.panel = review.close_round(case=walk.case, by=walk.officer, at=walk.tick())
    walk.advance(sown.text("reason"))


def _notice(sown: Sown, count: int) -> None:
    walk = sown.walk
    notice = walk.open_notice()
    for n in range(count):
        walk.at += timedelta(minutes=2)
        comment = notices.receive_comment(
            notice=notice,
            body=sown.text("comment"),
            name=sown.word("name"),
            contact=f"{sown.word('contact')}@example.org",
            files=_sent_along(sown) if n % 3 == 0 else (),
            at=walk.at,
        )
        if n % 2:
            notices.moderate_comment(
                comment=comment,
                state=CommentState.WITHHELD,
                reason=sown.text("withheld"),
                by=walk.officer,
                at=walk.at,
            )
    _shorten(sown, notice)
    for comment in notice.comments.filter(answered_at=None):
        # Answered, since the case would not go on; the answers of what is withheld stay inside.
        walk.at += timedelta(minutes=1)
        notices.answer_comment(
            comment=comment, answer=sown.text("answer to it"), by=walk.officer, at=walk.at
        )
    walk.sleep(14)
    walk.advance(sown.text("reason"))


def _shorten(sown: Sown, notice: Notice) -> None:
    """A comment that is published without what stands in it of somebody else."""
    walk, officer = sown.walk, sown.walk.officer
    walk.at += timedelta(minutes=2)
    private = sown.text("left out")
    body = f"建议延长测试期。{private}请予考虑。"
    comment = notices.receive_comment(notice=notice, body=body, at=walk.at)
    notices.moderate_comment(
        comment=comment,
        state=CommentState.PUBLISHED,
        reason=sown.text("reason to leave out"),
        left_out=[private],
        by=officer,
        at=walk.at,
    )
    notices.answer_comment(comment=comment, answer="已采纳。", by=officer, at=walk.at)


def _run(sown: Sown, count: int) -> None:
    pilot, world = sown.pilot, sown.walk.world
    for n in range(count):
        receipt = inbox.new_receipt()
        content = {
            "channel": "institution" if n % 2 else "authority",
            "category": "fault",
            "body": sown.text("complaint"),
            "contact": sown.word("contact"),
            "share_contact": bool(n % 4),
            "files": [one.as_content() for one in _sent_along(sown)],
            "sealing_key": inbox.sealing_key(receipt),
        }
        at = sown.walk.tick()
        inbox.submit("complaint", about=pilot.public_id, content=content, receipt=receipt, at=at)
        complaint = Complaint.objects.get(receipt_sha256=inbox.receipt_sha256(receipt))
        if n % 2:
            complaints.acknowledge_complaint(complaint=complaint, by=world.signer, at=at)
            complaints.answer_complaint(
                complaint=complaint, by=world.signer, text=sown.text("firm's answer"), at=at
            )
    projection.apply_items([item(pilot, 1, rule=sown.word("rule"))])
    episode = AlertEpisode.objects.get(pilot=pilot)
    acknowledge_alert(
        episode=episode, level=episode.level, by=sown.walk.officer, note=sown.text("seen")
    )
    propose_order(
        pilot=pilot,
        kind="remind",
        reason=sown.text("proposal"),
        reason_en=sown.text("proposal"),
        basis=sown.text("proposal"),
        by=sown.walk.officer,
    )
    projection.apply_faults([Fault(2, pilot.public_id, sown.text("fault"))])
    accounts.enrol_staff(
        person=world.drafter, institution=world.lead, role=StaffRole.DRAFTER, starts=LONG_AGO
    )


def _sent_along(sown: Sown) -> list[files.Given]:
    """As a browser sends it: with a word in its name and in its text."""
    name, content = f"{sown.word('sent name')}.pdf", pdf(sown.text("sent file"))
    return files.taken_in([SimpleUploadedFile(name, content)])


def reached(sown: Sown) -> bool:
    """Whether the case came as far as it should."""
    return sown.walk.case.stage_rule.kind is StageKind.RUNNING
