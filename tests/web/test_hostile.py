"""What people do by mistake or on purpose: twice, too much, out of turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from shidian.apps.cases import domain as cases
from shidian.apps.cases.models import Case, CaseEvent
from shidian.apps.notices.models import Notice
from shidian.core.procedure.types import EventKind
from shidian.core.rulebook.model import StageKind
from tests.factories import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.factories import World

RARE = "𠮷野家䶮 <b>𠅤</b> 👩‍👩‍👧"


def test_starting_twice_by_a_double_click_makes_one_case(
    world: World, as_: Callable[..., Client]
) -> None:
    client = as_(world.drafter)
    address = reverse("cases:start", args=[world.call.slug])
    data = {"lead": world.lead.pk, "title": RARE}

    first, second = (client.post(address, data) for _ in range(2))

    assert first["Location"] == second["Location"]
    assert Case.objects.get().title_zh == RARE
    page = client.get(first["Location"]).content.decode()
    assert "𠮷野家䶮 &lt;b&gt;𠅤&lt;/b&gt;" in page
    other = as_(world.signer).post(address, data)
    assert other["Location"] != first["Location"]


def test_a_request_without_its_token_changes_nothing(
    world: World, as_: Callable[..., Client]
) -> None:
    client = as_(world.drafter, enforce_csrf_checks=True)
    address = reverse("cases:start", args=[world.call.slug])

    answer = client.post(address, {"lead": world.lead.pk, "title": "伪造"})

    assert answer.status_code == 403
    assert not Case.objects.exists()


def test_signing_twice_from_the_same_page_records_one_word(
    world: World, as_: Callable[..., Client]
) -> None:
    case = Walk(world).to(StageKind.ADMISSION)
    person = world.signing_officer["bureau"]
    client = as_(person)
    address = reverse("cases:act", args=[case.reference, "sign-off"])
    data = {"seq": case.last_seq, "consent": "yes", "reason": ""}

    client.post(address, data)
    again = client.post(address, data)

    assert again.status_code in {404, 422}
    assert CaseEvent.objects.filter(case=case, kind=EventKind.SIGNOFF_GIVEN).count() == 1


def test_a_long_name_and_rare_characters_fit_every_desk(
    world: World, as_: Callable[..., Client]
) -> None:
    world.lead.name_zh = "𠮷䶮" * 30
    world.lead.save()
    case = Walk(world, title=RARE).to(StageKind.SCREENING)
    client = as_(world.case_officer["bureau"])
    for address in (reverse("cases:desk"), reverse("cases:case", args=[case.reference])):
        assert "𠮷䶮" * 30 in client.get(address).content.decode()


def test_a_notice_has_its_title_in_the_readers_language(
    world: World, as_: Callable[..., Client]
) -> None:
    walk = Walk(world)
    case = walk.to(StageKind.NOTICE)
    from shidian.apps.notices import domain as notices

    if not Notice.objects.filter(case=case).exists():
        notices.open_notice(
            case=case,
            title="公示标题",
            body="正文",
            title_en="The notice",
            body_en="Text",
            by=walk.officer,
            at=walk.tick(),
        )
    address = reverse("cases:case", args=[case.reference])
    officer = world.case_officer["bureau"]
    assert "公示标题" in as_(officer).get(address).content.decode()
    english = as_(officer, "en").get(address).content.decode()
    assert "<strong>The notice</strong>" in english


def test_a_withdrawn_case_takes_no_act_by_hand(world: World, as_: Callable[..., Client]) -> None:
    walk = Walk(world)
    case = walk.to(StageKind.SCREENING)
    cases.withdraw_case(case=case, reason="退出", by=world.signer, at=walk.tick())
    client = as_(world.case_officer["bureau"])
    for verb in ("advance", "reject", "request-information", "sign-off", "close", "nonsense"):
        address = reverse("cases:act", args=[case.reference, verb])
        assert client.post(address, {"seq": case.last_seq, "reason": "x"}).status_code == 404


def test_a_pilot_is_not_extended_by_centuries(world: World, as_: Callable[..., Client]) -> None:
    case = Walk(world).to(StageKind.EVALUATION)
    client = as_(world.case_officer["bureau"])
    address = reverse("cases:act", args=[case.reference, "extend"])
    data = {"seq": case.last_seq, "reason": "再试", "until": "9999-12-31"}

    answer = client.post(address, data)

    assert answer.status_code == 422
    assert "1100" in answer.content.decode()
    assert not CaseEvent.objects.filter(case=case, kind=EventKind.PILOT_EXTENDED).exists()
