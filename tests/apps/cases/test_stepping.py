"""Steps of an evaluation through the house: who does them, who enters them, who reads what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.files_of_steps import SECTION
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Attachment
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk, make_person
from tests.files import pdf

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person

pytestmark = pytest.mark.django_db

SAID = "逐项复测，全部达到"


@pytest.fixture
def evaluated(walk: Walk) -> Walk:
    walk.to(StageKind.EVALUATION)
    return walk


def done(walk: Walk, step: str, by: Person, *, paper: bool = True, text: str = SAID):
    at = walk.tick()
    return cases.complete_step(
        case=walk.case,
        step=step,
        text=text,
        on=timezone.localdate(at),
        by=by,
        document=ContentFile(pdf(), name=f"{step}.pdf") if paper else None,
        at=at,
    )


def fetched(client: Client, file: str) -> int:
    """The status of the answer, whose file is read to its end and closed with it."""
    answer = client.get(file)
    if answer.streaming:
        assert answer.getvalue() == pdf()
    return answer.status_code


def as_(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def address(walk: Walk) -> str:
    return reverse("cases:act", args=[walk.case.reference, "complete-step"])


def case_page(walk: Walk) -> str:
    return reverse("cases:case", args=[walk.case.reference])


def test_a_step_is_an_event_of_its_doer_with_the_hash_of_its_document(evaluated: Walk) -> None:
    event = done(evaluated, "self-test", evaluated.world.drafter).events[0]
    kept = Attachment.objects.get(case=evaluated.case, section=SECTION)
    assert event.kind == "step.completed"
    assert (event.actor_kind, event.institution) == ("applicant", evaluated.world.lead)
    assert event.data["sha256"] == kept.sha256
    done(evaluated, "audit", evaluated.world.assessor)
    entered = done(evaluated, "expert-argument", evaluated.officer).events[0]
    assert (entered.actor_kind, entered.authority) == ("officer", "bureau")
    assert list(state_of(evaluated.case).steps) == ["self-test", "audit", "expert-argument"]


def test_refusals_say_what_is_wrong_and_keep_no_file(evaluated: Walk) -> None:
    world = evaluated.world
    for step, by, code in (
        ("self-test", world.assessor, "wrong-actor"),
        ("audit", world.assessor, "step-out-of-order"),
        ("nonsense", world.drafter, "bad-data"),
    ):
        with pytest.raises(DomainError) as refused:
            done(evaluated, step, by)
        assert refused.value.code == code
    assert not Attachment.objects.filter(section=SECTION).exists()
    done(evaluated, "self-test", world.drafter)
    with pytest.raises(DomainError) as again:
        done(evaluated, "self-test", world.drafter)
    assert again.value.code == "already-done"


def test_what_is_entered_from_paper_needs_the_paper(evaluated: Walk) -> None:
    with pytest.raises(DomainError) as refused:
        done(evaluated, "self-test", evaluated.officer, paper=False)
    assert refused.value.field == "sha256"
    done(evaluated, "self-test", evaluated.world.drafter, paper=False)


def test_a_closed_evaluation_takes_no_more_steps(evaluated: Walk) -> None:
    evaluated.close()
    with pytest.raises(DomainError) as refused:
        done(evaluated, "self-test", evaluated.world.drafter)
    assert refused.value.code == "closed"


def test_others_do_no_step(evaluated: Walk) -> None:
    """Another firm, an expert whose round is over, a consulted authority, one without any role."""
    world = evaluated.world
    for stranger in (make_person("stranger-9"), world.experts[0].person):
        with pytest.raises(ForbiddenError):
            done(evaluated, "self-test", stranger)


def test_the_page_asks_the_doer_and_lets_an_officer_enter_the_paper(evaluated: Walk) -> None:
    world = evaluated.world
    firm, officer = as_(world.signer), as_(evaluated.officer)
    assert as_(world.assessor).get(address(evaluated)).status_code == 404, "not its turn"
    assert address(evaluated) in firm.get(case_page(evaluated)).content.decode()
    assert "代为录入" in officer.get(address(evaluated)).content.decode()
    seq = {"seq": evaluated.case.last_seq, "step": "self-test", "text": SAID}
    today = {"on": timezone.localdate().isoformat()}
    without = officer.post(address(evaluated), {**seq, **today})
    assert without.status_code == 422
    assert without.context["form"].errors.keys() == {"document"}
    bad = firm.post(address(evaluated), {**seq, "on": "2031-01-01"})
    assert bad.status_code == 422
    assert bad.context["form"].errors.keys() == {"on"}
    assert firm.post(address(evaluated), {**seq, **today}).status_code == 302
    assert "self-test" in state_of(evaluated.case).steps
    evaluated.case.refresh_from_db()
    shown = firm.get(case_page(evaluated)).content.decode()
    assert SAID in shown, "it stands on the timeline"


def test_its_document_is_for_who_reads_the_case(evaluated: Walk) -> None:
    done(evaluated, "self-test", evaluated.world.drafter)
    kept = Attachment.objects.get(case=evaluated.case, section=SECTION)
    file = reverse("cases:attachment", args=[evaluated.case.reference, kept.pk])
    for reader in (evaluated.officer, evaluated.world.signer, evaluated.world.assessor):
        assert fetched(as_(reader), file) == 200
    assert fetched(as_(evaluated.world.experts[0].person), file) == 404


def test_evaluation_page_and_report_show_each_step(evaluated: Walk) -> None:
    world = evaluated.world
    page = reverse("supervision:evaluation", args=[evaluated.case.reference])
    done(evaluated, "self-test", world.drafter)
    shown = as_(evaluated.officer).get(page).content.decode()
    assert SAID in shown
    assert str(world.lead) in shown
    assert address(evaluated) in shown
    read = as_(world.drafter).get(page)
    assert address(evaluated) not in read.content.decode(), "the next step is the body's"
    done(evaluated, "audit", evaluated.officer)
    assert "据纸质材料录入" in as_(world.signer).get(page).content.decode()
    report = reverse("supervision:evaluation-pdf", args=[evaluated.case.reference])
    assert as_(world.signer).get(report).content.startswith(b"%PDF")
