"""Partner institutions by invitation: who sees what when, who signs, what is missing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.utils import timezone

from shidian.apps.accounts.models import Person, Staff, StaffRole
from shidian.apps.accounts.roles import forget_roles
from shidian.apps.cases import domain as cases
from shidian.apps.cases.domain.telling import send_due
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Case, CaseEvent, Outbox, Task
from shidian.apps.cases.outbox import deliver_pending
from shidian.apps.cases.recipients import recipients
from shidian.core.rulebook.model import StageKind
from tests.factories import LONG_AGO, Walk, full_answers, make_staff

if TYPE_CHECKING:
    from django.core.mail import EmailMessage


@pytest.fixture
def partner_signer(walk: Walk) -> Person:
    """Signs for the partner firm, and can be mailed."""
    person = make_staff(walk.world.partner, "partner-signer", StaffRole.SIGNER)
    Person.objects.filter(pk=person.pk).update(email="partner-signer@firm.example")
    person.refresh_from_db()
    return person


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sees(person: Person, case: Case) -> bool:
    forget_roles(person)
    return Case.objects.visible_to(person).filter(pk=case.pk).exists()


def invite(walk: Walk) -> None:
    cases.invite_partner(
        case=walk.case,
        institution=walk.world.partner,
        task="建模与测试",
        by=walk.world.drafter,
        at=walk.tick(),
    )


def answer(walk: Walk, person: Person, *, join: bool, reason: str = "") -> None:
    cases.answer_invitation(
        case=walk.case,
        institution=walk.world.partner,
        join=join,
        reason=reason,
        by=person,
        at=walk.tick(),
    )


def sign(walk: Walk, person: Person) -> None:
    cases.sign_application(
        case=walk.case,
        institution=walk.world.partner,
        sha256=filled_form(walk.case).sha256,
        by=person,
        at=walk.tick(),
    )


def test_an_invited_firm_sees_title_and_part_and_nothing_of_the_application(
    walk: Walk, partner_signer: Person
) -> None:
    case = walk.to(StageKind.DRAFT)
    walk.fill()
    invite(walk)

    assert not sees(partner_signer, case)
    client = client_of(partner_signer)
    page = client.get(f"/cases/{case.reference}/invitation/")
    text = page.content.decode()
    assert page.status_code == 200
    assert walk.title in text
    assert "建模与测试" in text
    assert "测试内容" not in text  # what the lead answered in its form
    for address in ("", "application/", "application/sign/", "application/partners/"):
        assert client.get(f"/cases/{case.reference}/{address}").status_code == 404
    assert f"/cases/{case.reference}/invitation/" in client.get("/cases/").content.decode()
    # Only a signer answers; a drafter of the same firm, and another firm, see nothing.
    for other in (walk.world.partner_drafter, walk.world.rival_signer):
        assert client_of(other).get(f"/cases/{case.reference}/invitation/").status_code == 404
        with pytest.raises(ForbiddenError):
            answer(walk, other, join=True)


def test_joining_opens_the_draft_and_leaving_closes_everything(
    walk: Walk, partner_signer: Person
) -> None:
    case = walk.to(StageKind.DRAFT)
    invite(walk)
    answer(walk, partner_signer, join=True)
    drafter = walk.world.partner_drafter
    assert sees(drafter, case)
    section = walk.world.rulebook.form[0]
    cases.save_section(
        case=case,
        section=section.id,
        answers=full_answers(section),
        base_version=0,
        by=drafter,
        at=walk.tick(),
    )

    cases.leave_case(
        case=case,
        institution=walk.world.partner,
        reason="战略调整",
        by=partner_signer,
        at=walk.tick(),
    )

    for person in (drafter, partner_signer):
        assert not sees(person, case)
        assert not Task.objects.reaching(person).exists()
        client = client_of(person)
        for address in ("", "application/", "invitation/", "application/sign/"):
            assert client.get(f"/cases/{case.reference}/{address}").status_code == 404
        assert walk.title not in client.get("/cases/").content.decode()
    ended = case.access.get(institution=walk.world.partner)
    assert ended.ended_because.kind == "partner.left"
    assert not case.parties.exists()


def test_who_declined_sees_nothing_and_is_told_nothing_more(
    walk: Walk, partner_signer: Person
) -> None:
    case = walk.to(StageKind.DRAFT)
    invite(walk)
    with pytest.raises(DomainError) as unreasoned:
        answer(walk, partner_signer, join=False)
    assert unreasoned.value.code == "reason-missing"
    answer(walk, partner_signer, join=False, reason="人手不足")
    walk.submit()

    assert not sees(partner_signer, case)
    assert client_of(partner_signer).get(f"/cases/{case.reference}/invitation/").status_code == 404
    after = Outbox.objects.filter(topic__startswith="mail.", payload__kind="case.submitted")
    assert all(partner_signer not in recipients(row) for row in after)


def test_mails_reach_the_side_that_is_asked_and_name_no_title_before_it_sees_the_case(
    walk: Walk, partner_signer: Person, mailoutbox: list[EmailMessage]
) -> None:
    case = walk.to(StageKind.DRAFT)
    deliver_pending()
    send_due()
    mailoutbox.clear()
    invite(walk)
    deliver_pending()
    send_due()
    assert [one.to for one in mailoutbox] == [["partner-signer@firm.example"]]
    assert walk.title not in mailoutbox[0].subject + mailoutbox[0].body
    assert case.reference in mailoutbox[0].subject

    cases.release_partner(
        case=case,
        institution=walk.world.partner,
        reason="另有安排",
        by=walk.world.signer,
        at=walk.tick(),
    )
    deliver_pending()
    send_due()
    assert [one.to for one in mailoutbox[1:]] == [["partner-signer@firm.example"]]
    assert walk.title not in mailoutbox[1].subject + mailoutbox[1].body


def test_every_party_signs_the_text_that_is_filed(walk: Walk, partner_signer: Person) -> None:
    case = walk.to(StageKind.DRAFT)
    invite(walk)
    answer(walk, partner_signer, join=True)
    walk.fill()
    with pytest.raises(DomainError) as missing:
        cases.submit_case(case=case, by=walk.world.signer, at=walk.tick())
    assert missing.value.code == "signature-missing"
    cases.request_signatures(case=case, by=walk.world.drafter, at=walk.tick())
    with pytest.raises(ForbiddenError):
        sign(walk, walk.world.partner_drafter)
    with pytest.raises(ForbiddenError):
        sign(walk, walk.world.rival_signer)
    page = client_of(partner_signer).get(f"/cases/{case.reference}/application/sign/")
    assert "测试内容" in page.content.decode()

    sign(walk, partner_signer)
    cases.submit_case(case=case, by=walk.world.signer, at=walk.tick())

    signed = CaseEvent.objects.get(case=case, kind="application.signed")
    filed = CaseEvent.objects.get(case=case, kind="case.submitted")
    assert signed.data["sha256"] == filed.data["sha256"]
    assert (signed.person, signed.institution) == (partner_signer, walk.world.partner)


def test_a_text_changed_after_reading_is_not_signed(walk: Walk, partner_signer: Person) -> None:
    case = walk.to(StageKind.DRAFT)
    invite(walk)
    answer(walk, partner_signer, join=True)
    walk.fill()
    cases.request_signatures(case=case, by=walk.world.drafter, at=walk.tick())
    shown = filled_form(case).sha256
    section, text = next(
        (section, one)
        for section in walk.world.rulebook.form
        for one, value in full_answers(section).items()
        if value == "测试内容"
    )
    cases.save_section(
        case=case,
        section=section.id,
        answers={**full_answers(section), text: "改动"},
        base_version=1,
        by=walk.world.drafter,
        at=walk.tick(),
    )

    with pytest.raises(DomainError) as refused:
        cases.sign_application(
            case=case,
            institution=walk.world.partner,
            sha256=shown,
            by=partner_signer,
            at=walk.tick(),
        )
    assert refused.value.code == "text-changed"


def test_when_a_partners_last_signer_has_left_the_case_says_whose_signature_is_missing(
    walk: Walk, partner_signer: Person
) -> None:
    case = walk.to(StageKind.DRAFT)
    invite(walk)
    answer(walk, partner_signer, join=True)
    walk.fill()
    cases.request_signatures(case=case, by=walk.world.drafter, at=walk.tick())
    page = f"/cases/{case.reference}/application/"
    assert "Partner-Signer" in client_of(walk.world.drafter).get(page).content.decode()

    yesterday = timezone.localdate() - timedelta(days=1)
    Staff.objects.filter(person=partner_signer).update(ends=yesterday)

    for person in (walk.world.drafter, walk.world.partner_drafter):
        text = client_of(person).get(page, HTTP_ACCEPT_LANGUAGE="en").content.decode()
        assert str(walk.world.partner) in text
        assert "signature missing" in text
        assert "Nobody signs for this institution any more" in text
    # Another signer takes over, or the lead puts another firm in its place.
    successor = make_staff(walk.world.partner, "partner-successor", StaffRole.SIGNER)
    sign(walk, successor)
    cases.submit_case(case=case, by=walk.world.signer, at=walk.tick())


def test_a_partner_is_replaced_after_the_filing_and_the_new_one_signs_what_was_filed(
    walk: Walk, partner_signer: Person
) -> None:
    case = walk.to(StageKind.DRAFT)
    invite(walk)
    answer(walk, partner_signer, join=True)
    walk.fill()
    cases.request_signatures(case=case, by=walk.world.drafter, at=walk.tick())
    sign(walk, partner_signer)
    cases.submit_case(case=case, by=walk.world.signer, at=walk.tick())
    rival = walk.world.rival
    cases.invite_partner(
        case=case,
        institution=rival,
        task="建模与测试",
        replaces=walk.world.partner,
        by=walk.world.drafter,
        at=walk.tick(),
    )
    assert sees(partner_signer, case)

    cases.answer_invitation(
        case=case, institution=rival, join=True, by=walk.world.rival_signer, at=walk.tick()
    )

    assert not sees(partner_signer, case)
    assert sees(walk.world.rival_signer, case)
    page = client_of(walk.officer).get(f"/cases/{case.reference}/", HTTP_ACCEPT_LANGUAGE="en")
    assert "signature missing" in page.content.decode()
    cases.sign_application(
        case=case,
        institution=rival,
        sha256=state_of(case).sha256,
        by=walk.world.rival_signer,
        at=walk.tick(),
    )
    assert [party.institution for party in case.parties.all()] == [rival]


def test_an_institution_is_found_by_its_code_or_its_signer_and_by_nothing_else(
    walk: Walk, partner_signer: Person
) -> None:
    partner = walk.world.partner
    assert cases.institution_named(f" {partner.uscc.lower()} ") == partner
    assert cases.institution_named("Partner-Signer@firm.example") == partner
    for words in (partner.name_zh, "nobody@firm.example", "", "%"):
        with pytest.raises(DomainError) as unknown:
            cases.institution_named(words)
        assert unknown.value.code == "no-such-institution"
    Staff.objects.create(
        person=partner_signer, institution=walk.world.rival, role="signer", starts=LONG_AGO
    )
    with pytest.raises(DomainError) as ambiguous:
        cases.institution_named("partner-signer@firm.example")
    assert ambiguous.value.code == "several-institutions"


def test_the_pages_do_what_the_verbs_do(walk: Walk, partner_signer: Person) -> None:
    case = walk.to(StageKind.DRAFT)
    walk.fill()
    base = f"/cases/{case.reference}/"
    lead, theirs = client_of(walk.world.signer), client_of(partner_signer)

    def post(client: Client, address: str, **data: object) -> int:
        case.refresh_from_db()
        return client.post(base + address, {"seq": case.last_seq, **data}).status_code

    wrong = lead.post(
        base + "application/partners/",
        {"seq": case.last_seq, "whom": "nobody@firm.example", "task": "x"},
        HTTP_ACCEPT_LANGUAGE="en",
    )
    assert wrong.status_code == 422
    assert "Ask the firm to register first" in wrong.content.decode()
    assert post(lead, "application/partners/", whom=walk.world.partner.uscc, task="建模") == 302
    partner = walk.world.partner.pk
    assert post(theirs, "invitation/", institution=partner, join="yes", reason="") == 302
    assert post(lead, "do/request-signatures/") == 302
    sha256 = filled_form(case).sha256
    signing = {"institution": partner, "sha256": sha256, "declare": "on"}
    assert post(theirs, "application/sign/", **signing) == 302
    assert lead.get(base + "application/check/").status_code == 200
    assert post(lead, "application/check/", sha256=sha256, declare="on") == 302
    assert post(theirs, "do/leave-case/", institution=partner, reason="调整") == 302
    assert theirs.get(base).status_code == 404


@pytest.mark.parametrize("partners", [1, 3])
def test_the_case_page_asks_as_much_for_one_partner_as_for_many(walk: Walk, partners: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tests.factories import make_institution

    case = walk.to(StageKind.DRAFT)
    for number in range(partners):
        firm = make_institution(20 + number)
        signer = make_staff(firm, f"firm-signer-{number}", StaffRole.SIGNER)
        cases.invite_partner(
            case=case, institution=firm, task="建模", by=walk.world.signer, at=walk.tick()
        )
        cases.answer_invitation(case=case, institution=firm, join=True, by=signer, at=walk.tick())
    client = client_of(walk.world.signer)
    client.get(f"/cases/{case.reference}/")  # what is remembered for the process is read
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/cases/{case.reference}/").status_code == 200
    counts.setdefault("case", len(queries))
    assert len(queries) == counts["case"]


counts: dict[str, int] = {}
