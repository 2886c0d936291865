"""Documents on paper: noted, counted as handed in, shown to who may see them, struck with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.filed import filed_form
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Attachment, Case
from shidian.apps.cases.papers import SECTION, papers_of
from shidian.core.rulebook.model import Rulebook, StageKind
from tests.files import pdf

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from tests.factories import Walk

pytestmark = pytest.mark.django_db

REPORT = "security-report"
SHELF = "三楼档案室 7 号柜"


@pytest.fixture
def screened(walk: Walk) -> Walk:
    walk.to(StageKind.SCREENING)
    return walk


def noted(walk: Walk, material: str = REPORT, by: Person | None = None, **more):
    at = walk.tick()
    given = {"received": timezone.localdate(at), "handed_by": "李明", "kept_at": SHELF, **more}
    return cases.note_paper(
        case=walk.case, material=material, by=by or walk.officer, at=at, **given
    )


def struck(walk: Walk, reason: str = "登记有误"):
    return cases.strike_paper(
        case=walk.case, material=REPORT, reason=reason, by=walk.officer, at=walk.tick()
    )


def fetched(client: Client, file: str) -> int:
    """The status of the answer, whose file is read to its end and closed with it."""
    answer = client.get(file)
    if answer.streaming:
        assert answer.getvalue() == pdf()
    return answer.status_code


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def with_marking(monkeypatch: pytest.MonkeyPatch, walk: Walk, **changes) -> None:
    """The case's rulebook with the report as it is to be."""
    book = walk.case.rulebook
    materials = tuple(
        one.model_copy(update=changes) if one.id == REPORT else one for one in book.materials
    )
    other: Rulebook = book.model_copy(update={"materials": materials})
    monkeypatch.setattr(Case, "rulebook", property(lambda _case: other))


def test_a_note_says_when_from_whom_and_where_and_keeps_the_scan(screened: Walk) -> None:
    event = noted(screened, scan=ContentFile(pdf(), name="scan.pdf")).events[0]
    kept = Attachment.objects.get(case=screened.case, section=SECTION)
    assert event.kind == "paper.noted"
    assert event.data["sha256"] == kept.sha256
    paper = papers_of(screened.case)[REPORT]
    assert paper == state_of(screened.case).papers[REPORT]
    assert (paper.handed_by, paper.kept_at) == ("李明", SHELF)


def test_a_document_that_a_stage_waits_for_can_come_on_paper(
    screened: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_marking(monkeypatch, screened, required=True, stage="review")
    with pytest.raises(DomainError) as refused:
        screened.pass_screening()
    assert refused.value.code == "materials-missing"
    noted(screened)
    wanting = filed_form(screened.case).missing_materials("review")
    assert [one.id for one in wanting] == [REPORT], "it was not uploaded"
    struck(screened)
    with pytest.raises(DomainError):
        screened.pass_screening()
    noted(screened)
    screened.pass_screening()
    assert screened.case.stage_rule.kind is StageKind.REVIEW


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"material": "no-such"}, "material"),
        ({"handed_by": "  "}, "handed_by"),
        ({"kept_at": ""}, "kept_at"),
        ({"received": timezone.localdate() + timedelta(days=4000)}, "received"),
    ],
)
def test_a_note_that_says_too_little_is_refused(screened: Walk, changes: dict, field: str) -> None:
    with pytest.raises(DomainError) as refused:
        noted(screened, **changes)
    assert refused.value.field == field
    assert papers_of(screened.case) == {}


def test_a_document_is_noted_once_and_struck_once(screened: Walk) -> None:
    noted(screened)
    with pytest.raises(DomainError) as again:
        noted(screened)
    assert again.value.code == "already-done"
    with pytest.raises(DomainError):
        struck(screened, reason="")
    struck(screened)
    with pytest.raises(DomainError):
        struck(screened)
    assert papers_of(screened.case) == {}
    kinds = list(screened.case.events.values_list("kind", flat=True))
    assert kinds.count("paper.noted") == kinds.count("paper.struck") == 1, "both stay"


def test_only_a_case_officer_notes(screened: Walk) -> None:
    world = screened.world
    for person in (world.drafter, world.signing_officer["bureau"], world.outsider):
        with pytest.raises(ForbiddenError):
            noted(screened, by=person)


def test_it_is_shown_as_on_paper_to_who_may_see_the_documents(screened: Walk) -> None:
    noted(screened, scan=ContentFile(pdf(), name="scan.pdf"))
    kept = Attachment.objects.get(case=screened.case, section=SECTION)
    page = reverse("cases:application", args=[screened.case.reference])
    scan = reverse("cases:attachment", args=[screened.case.reference, kept.pk])
    for reader in (screened.officer, screened.world.drafter):
        client = client_of(reader)
        shown = client.get(page).content.decode()
        assert SHELF in shown
        assert scan in shown
        assert fetched(client, scan) == 200
    assert fetched(client_of(screened.world.outsider), scan) == 404


def test_a_sensitive_one_is_shown_to_nobody_else(
    screened: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_marking(monkeypatch, screened, marking="sensitive")
    noted(screened, scan=ContentFile(pdf(), name="scan.pdf"))
    kept = Attachment.objects.get(case=screened.case, section=SECTION)
    name = next(one.name.zh for one in screened.case.rulebook.materials if one.id == REPORT)
    guide = client_of(screened.world.auditor)
    case_page = guide.get(reverse("cases:case", args=[screened.case.reference])).content.decode()
    assert "收到纸质材料" in case_page
    assert name not in case_page
    assert SHELF not in case_page
    file = reverse("cases:attachment", args=[screened.case.reference, kept.pk])
    assert fetched(client_of(screened.officer), file) == 200
    assert fetched(client_of(screened.world.outsider), file) == 404


def test_the_page_of_the_act_notes_and_strikes(screened: Walk) -> None:
    client = client_of(screened.officer)
    page = reverse("cases:act", args=[screened.case.reference, "note-paper"])
    screened.case.refresh_from_db()
    given = {"seq": screened.case.last_seq, "material": REPORT, "handed_by": "李明"}
    day = {"received": timezone.localdate().isoformat()}
    wrong = client.post(page, {**given, **day})
    assert wrong.status_code == 422
    assert wrong.context["form"].errors.keys() == {"kept_at"}
    assert client.post(page, {**given, **day, "kept_at": SHELF}).status_code == 302
    screened.case.refresh_from_db()
    strike = reverse("cases:act", args=[screened.case.reference, "strike-paper"])
    undone = {"seq": screened.case.last_seq, "material": REPORT, "reason": "登记有误"}
    assert client.post(strike, undone).status_code == 302
    assert client.get(strike).status_code == 404, "nothing is noted"
    assert client_of(screened.world.drafter).get(page).status_code == 404
