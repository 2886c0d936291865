"""Decisions of a call are kept, and told together: all of those chosen, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.urls import reverse

from shidian.apps.cases import domain as cases
from shidian.apps.cases.domain.reactions import deny
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Call, Case, CaseEvent, Outbox
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from django.test import Client

    from tests.factories import Walk


def together(walk: Walk) -> Call:
    Call.objects.filter(pk=walk.world.call.pk).update(released_together=True)
    return Call.objects.get(pk=walk.world.call.pk)


def admitted(walk: Walk) -> Case:
    case = walk.to(StageKind.ADMISSION)
    together(walk)
    case = Case.objects.get(pk=case.pk)
    for person in walk.world.signing_officer.values():
        cases.sign_off(case=case, consent=True, by=person, at=walk.tick())
    return case


def turned_down(walk: Walk) -> Case:
    """One authority consents, the other refuses: rejected, and kept."""
    case = walk.to(StageKind.ADMISSION)
    together(walk)
    case = Case.objects.get(pk=case.pk)
    bureau, finance = walk.world.signing_officer.values()
    cases.sign_off(case=case, consent=True, by=bureau, at=walk.tick())
    cases.sign_off(case=case, consent=False, reason="规模过大", by=finance, at=walk.tick())
    cases.reject_case(case=case, reason="会签未通过", by=walk.officer, at=walk.tick())
    return case


def seen(*found: Case) -> dict[str, int]:
    return {case.reference: Case.objects.get(pk=case.pk).last_seq for case in found}


def test_batch_is_released_at_one_time_with_each_its_leaf(walk: Walk) -> None:
    good, bad = admitted(walk), turned_down(walk)
    at = walk.tick()
    cases.release_batch(call=together(walk), seen=seen(good, bad), by=walk.officer, at=at)
    good.refresh_from_db()
    bad.refresh_from_db()
    assert good.number
    assert (good.stage, bad.outcome) == ("running", "rejected")
    for case, kind in ((good, "case.admitted"), (bad, "case.closed")):
        assert CaseEvent.objects.get(case=case, kind=kind).at == at
        leaves = Outbox.objects.filter(case=case, topic="record.leaf")
        assert kind in {row.payload["kind"] for row in leaves}


def test_numbers_of_a_batch_follow_one_another(walk: Walk) -> None:
    found = [admitted(walk) for _ in range(3)]
    cases.release_batch(call=together(walk), seen=seen(*found), by=walk.officer, at=walk.tick())
    numbers = sorted(Case.objects.get(pk=one.pk).number[-4:] for one in found)  # type: ignore[index]
    assert numbers == ["0001", "0002", "0003"]


def test_nobody_outside_learns_before_the_release_which_way_it_went(
    walk: Walk, client: Client
) -> None:
    good, bad = admitted(walk), turned_down(walk)
    for person in (walk.world.signer, walk.world.drafter):
        client.force_login(person)
        pages = [
            client.get(reverse("cases:case", args=[case.reference])).content.decode()
            for case in (good, bad)
        ]
        for text in pages:
            assert "规模过大" not in text
            assert "会签未通过" not in text
            assert 'id="held"' not in text
            assert "chip critical" not in text
        turns = [text.split('class="turn', 1)[1].split("</section>", 1)[0][:400] for text in pages]
        assert turns[0] == turns[1]
    topics = set(
        Outbox.objects.filter(
            case__in=(good, bad), payload__kind__in=["decision.held", "signoff.given"]
        ).values_list("topic", flat=True)
    )
    assert topics == {"mail.officer"}


def test_officers_see_what_was_decided_and_release_it_on_one_page(
    walk: Walk, client: Client
) -> None:
    good, bad = admitted(walk), turned_down(walk)
    client.force_login(walk.officer)
    url = reverse("cases:release", args=[walk.world.call.slug])
    shown = client.get(url).content.decode()
    assert good.reference in shown
    assert "会签未通过" in shown
    values = [f"{reference}@{seq}" for reference, seq in seen(good, bad).items()]
    # A drill of the exit is good for a year.
    with time_machine.travel(walk.tick(), tick=False):
        answer = client.post(url, {"chosen": values})
    assert answer.status_code == 302
    bad.refresh_from_db()
    assert bad.outcome == "rejected"


def test_batch_that_somebody_acted_on_meanwhile_is_released_not_at_all(walk: Walk) -> None:
    good, bad = admitted(walk), turned_down(walk)
    before = seen(good, bad)
    cases.take_back_decision(case=bad, reason="核对规模", by=walk.officer, at=walk.tick())
    with pytest.raises(DomainError) as error:
        cases.release_batch(call=together(walk), seen=before, by=walk.officer, at=walk.tick())
    assert bad.reference in error.value.text.en
    good.refresh_from_db()
    assert good.number is None


def test_page_without_a_choice_says_so_and_releases_nothing(walk: Walk, client: Client) -> None:
    case = admitted(walk)
    client.force_login(walk.officer)
    answer = client.post(reverse("cases:release", args=[walk.world.call.slug]), {})
    assert answer.status_code == 422
    case.refresh_from_db()
    assert case.number is None


@pytest.mark.parametrize("who", ["signer", "outsider", "national", "auditor", "assessor"])
def test_only_officers_of_a_leading_authority_release(walk: Walk, who: str, client: Client) -> None:
    case = admitted(walk)
    person = getattr(walk.world, who)
    with pytest.raises(ForbiddenError):
        cases.release_batch(call=together(walk), seen=seen(case), by=person)
    client.force_login(person)
    assert client.get(reverse("cases:release", args=[walk.world.call.slug])).status_code in (
        302,
        404,
    )


def test_call_that_does_not_say_so_tells_at_once(walk: Walk) -> None:
    case = walk.to(StageKind.RUNNING)
    assert case.number
    assert not CaseEvent.objects.filter(case=case, kind="decision.held").exists()


@pytest.mark.parametrize("size", [1, 3])
def test_release_page_costs_the_same_queries_for_any_number(
    walk: Walk, size: int, client: Client, django_assert_num_queries: Any
) -> None:
    for _ in range(size):
        admitted(walk)
    client.force_login(walk.officer)
    url = reverse("cases:release", args=[walk.world.call.slug])
    client.get(url)
    with django_assert_num_queries(12):
        client.get(url)


def test_officer_who_is_barred_from_a_case_neither_sees_nor_releases_it(
    walk: Walk, client: Client
) -> None:
    case = admitted(walk)
    because = CaseEvent.objects.filter(case=case).latest("seq")
    deny(case, because, person=walk.officer.pk)
    client.force_login(walk.officer)
    shown = client.get(reverse("cases:release", args=[walk.world.call.slug]))
    assert case.reference not in shown.content.decode()
    with pytest.raises(DomainError) as error:
        cases.release_batch(call=together(walk), seen=seen(case), by=walk.officer)
    assert error.value.code == "not-in-batch"
