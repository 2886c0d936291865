"""What the parties save is theirs until they file it: nobody else reads it before, all do after."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shidian.apps.accounts.models import Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases.answers import file_answer
from shidian.apps.cases.filed import filed_form, filings, form_for, unfiled_sections
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Case, FormSection
from shidian.apps.cases.search_index import CASES
from shidian.apps.notices.views.draft import draft_notice
from shidian.apps.supervision.domain.pilots import start_pilot
from shidian.apps.supervision.publish.pilots import pilot_body
from shidian.core.rulebook.model import QuestionKind, StageKind
from tests.apps.supervision.things import PLAN
from tests.factories import full_answers
from tests.files import pdf
from tests.leaks import LEFT_OUT, addresses_of, arguments_of
from tests.matrix import NOBODY, Stage

if TYPE_CHECKING:
    from shidian.apps.cases.models import Attachment
    from tests.factories import Walk

CANARY = "金丝雀未报"
BACKEND = "django.contrib.auth.backends.ModelBackend"
PDF = pdf()
SOME = ("case officer", "national", "expert declared")
REST = (
    "signing officer",
    "second authority",
    "guide",
    "auditor",
    "expert undeclared",
    "assessor",
)
"""With `SOME` everybody in `Stage` to whom the case is open and who is no party to it."""


def amend(case: Case, by: Person, at: Any) -> Attachment:
    """Put the canary into every text of the form, and into the name of a new file."""
    kept = cases.attach_file(
        case=case,
        section="security",
        question="assessment",
        upload=SimpleUploadedFile(f"{CANARY}.pdf", PDF),
        by=by,
        at=at,
    )
    newest = {row.section: row for row in FormSection.objects.filter(case=case).order_by("version")}
    for section in case.rulebook.form:
        texts = {
            question.id: f"{CANARY}：{section.id}"
            for question in section.questions
            if question.kind in {QuestionKind.SHORT, QuestionKind.LONG}
        }
        files = {"assessment": file_answer(kept)} if section.id == "security" else {}
        standing = newest.get(section.id)
        cases.save_section(
            case=case,
            section=section.id,
            answers=full_answers(section) | texts | files,
            base_version=standing.version if standing else 0,
            by=by,
            at=at,
        )
    return kept


def shown_to(stage: Stage, name: str, attachment: Attachment) -> list[str]:
    """Addresses whose answer to that person says the canary, or hands out the file."""
    client, found = stage.client(name), []
    known = arguments_of(stage.case, stage.walk.world) | {"number": str(attachment.pk)}
    for address, of_the_case in addresses_of(known):
        # What is no page of the case and no list of cases is the same for everyone.
        if LEFT_OUT.match(address) or not (
            of_the_case or address.startswith("/cases/") or name == NOBODY
        ):
            continue
        answer = client.get(address)
        text = (b"".join(answer) if answer.streaming else answer.content).decode(errors="replace")
        if CANARY in text or (f"/files/{attachment.pk}/" in address and answer.status_code == 200):
            found.append(address)
    return found


def found_by(words: str) -> list[int]:
    """Keys of the cases that the search finds."""
    return list(Case.objects.filter(pk__in=CASES.matching(words)).values_list("pk", flat=True))


@pytest.fixture
def stage(walk: Walk) -> Stage:
    """Everybody there is, at a case in review that was asked for information and is amended."""
    found = Stage(walk)
    cases.request_information(case=found.case, question="请补充", by=walk.officer, at=walk.tick())
    return found


@pytest.mark.parametrize("readers", [SOME, pytest.param(REST, marks=pytest.mark.prove)])
def test_unfiled_amendments_are_the_parties_own_until_the_answer_files_them(
    stage: Stage, readers: tuple[str, ...]
) -> None:
    walk = stage.walk
    kept = amend(stage.case, walk.world.drafter, walk.tick())
    own = f"/cases/{stage.case.reference}/application/s/{stage.case.rulebook.form[0].id}/"

    for name in (*readers, NOBODY):
        assert shown_to(stage, name, kept) == [], name
    assert own in shown_to(stage, "lead drafter", kept)
    assert own in shown_to(stage, "partner drafter", kept)
    assert not found_by(CANARY)

    cases.answer_information(
        case=stage.case, request="r1", answer="已补充", by=walk.world.drafter, at=walk.tick()
    )

    application = f"/cases/{stage.case.reference}/application/"
    file = f"/cases/{stage.case.reference}/files/{kept.pk}/"
    for name in {*readers} - {
        "signing officer",
        "second authority",
        "auditor",
        "expert undeclared",
    }:
        assert {application, file} <= set(shown_to(stage, name, kept)), name
    assert f"/review/{stage.case.reference}/" in shown_to(stage, "expert declared", kept)
    assert found_by(CANARY) == [stage.case.pk]


def lapsed(walk: Walk) -> Case:
    """Asked in screening and amended, but never answered: the case moves on."""
    case = walk.to(StageKind.SCREENING)
    cases.request_information(case=case, question="请补充", by=walk.officer, at=walk.tick())
    amend(case, walk.world.drafter, walk.tick())
    walk.sleep(40)
    walk.pass_screening()
    assert not state_of(case, walk.at).open_requests
    return case


def test_amendments_never_filed_reach_no_notice_and_no_pilots_page(walk: Walk) -> None:
    case = lapsed(walk)
    walk.pass_review()
    walk.pass_assessment()

    assert CANARY not in json.dumps(draft_notice(case), ensure_ascii=False)

    walk.pass_notice()
    walk.admit()
    pilot = start_pilot(case=case, plan=PLAN, at=walk.tick())
    public = json.dumps([pilot_body(pilot, "zh"), pilot_body(pilot, "en")], ensure_ascii=False)
    assert CANARY not in public
    assert "测试内容" in public


def test_parties_are_told_what_is_not_filed_and_which_version_others_read(
    walk: Walk, client: Any
) -> None:
    case = lapsed(walk)
    address = f"/cases/{case.reference}/application/"

    client.force_login(Person.objects.get(pk=walk.world.drafter.pk), backend=BACKEND)
    own = client.get(address).content.decode()
    client.force_login(Person.objects.get(pk=walk.officer.pk), backend=BACKEND)
    theirs = client.get(address).content.decode()

    assert CANARY in own
    assert "第 1 版" in own
    assert CANARY not in theirs


def test_a_returned_application_is_read_as_it_was_filed(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    before = filled_form(case).answers
    cases.return_to_applicant(case=case, reason="请修改", by=walk.officer, at=walk.tick())
    amend(case, walk.world.drafter, walk.tick())

    officer, drafter = (Person.objects.get(pk=one.pk) for one in (walk.officer, walk.world.drafter))
    assert form_for(officer, case).answers == before
    assert form_for(drafter, case).answers == filled_form(case).answers != before

    cases.submit_case(case=case, by=walk.world.signer, at=walk.tick())

    assert form_for(officer, case).answers == filled_form(case).answers
    assert [one.number for one in filings(case)] == [1, 2]
    assert filed_form(case, filings(case)[0]).answers == before
    for filing in filings(case):
        assert filed_form(case, filing).sha256 == filing.sha256


def test_before_anything_is_filed_others_read_nothing(walk: Walk) -> None:
    walk.create()
    walk.fill()

    assert filed_form(walk.case).answers == {}
    assert filings(walk.case) == []


def test_an_event_that_names_no_versions_means_what_was_saved_by_then(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    before = filled_form(case).answers
    cases.request_information(case=case, question="请补充", by=walk.officer, at=walk.tick())
    amend(case, walk.world.drafter, walk.tick())
    (filing,) = filings(case)
    assert set(filing.sections or ()) == {one.id for one in case.rulebook.form}

    del filing.event.data["sections"]  # as events were before they named them

    assert filing.sections is None
    assert filed_form(case, filing).answers == before


def test_an_answer_that_amends_nothing_files_no_version(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    cases.request_information(case=case, question="请说明", by=walk.officer, at=walk.tick())
    cases.answer_information(
        case=case, request="r1", answer="见原文", by=walk.world.drafter, at=walk.tick()
    )

    assert [one.number for one in filings(case)] == [1]
    assert unfiled_sections(case) == []
