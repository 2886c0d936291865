"""An officer of a leading authority opens a call: preview, effect, refusals, nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Call, Case, Outbox, RulebookVersion
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from tests.factories import World


def address(world: World) -> str:
    return reverse("cases:open-call", args=[world.scheme.slug])


def answers(world: World, **changed: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "number": 2,
        "rulebook": world.version.pk,
        "title": "第二批",
        "title_en": "Second call",
        "opens_on": today.isoformat(),
        "closes_on": (today + timedelta(days=30)).isoformat(),
        "guide": "请在窗口期内在线提交。",
        "guide_en": "",
        "then": "publish",
        **changed,
    }


def test_a_case_officer_of_a_lead_opens_a_call_after_a_preview(
    world: World, as_: Callable[..., Client]
) -> None:
    client = as_(world.case_officer["bureau"])
    assert address(world) in client.get(reverse("cases:desk")).content.decode()

    today = timezone.localdate().isoformat()
    # As the browser's date field takes it, whatever the reader's language.
    assert f'value="{today}"' in client.get(address(world)).content.decode()

    preview = client.post(address(world), answers(world, then="preview"))
    assert "请在窗口期内在线提交" in preview.content.decode()
    assert Call.objects.count() == 1
    changing = client.post(address(world), answers(world, then="change"))
    assert 'value="第二批"' in changing.content.decode()
    assert Call.objects.count() == 1

    published = client.post(address(world), answers(world), follow=True)
    assert "第二批" in published.content.decode()
    call = Call.objects.get(number=2)
    assert (call.title_zh, call.title_en, call.published_by) == (
        "第二批",
        "Second call",
        world.case_officer["bureau"],
    )
    topics = Outbox.objects.filter(payload__call=call.slug).values_list("topic", flat=True)
    assert set(topics) == {"snapshot.call", "record.leaf"}


def test_a_call_without_a_last_day_stays_open(world: World, as_: Callable[..., Client]) -> None:
    as_(world.case_officer["finance"]).post(address(world), answers(world, closes_on=""))

    assert Call.objects.get(number=2).closes_on is None


def test_the_same_call_sent_twice_is_opened_once(world: World, as_: Callable[..., Client]) -> None:
    client = as_(world.case_officer["bureau"])
    client.post(address(world), answers(world))
    again = client.post(address(world), answers(world))

    assert again.status_code == 422
    assert "已开启" in again.content.decode()
    assert 'name="number" value="3"' in again.content.decode()
    assert Call.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("closes_on", "2020-01-01"),
        ("opens_on", "2020-01-01"),
        ("opens_on", "9999-12-31"),
        ("opens_on", "0001-01-01"),
        ("opens_on", "2026-02-30"),
        ("closes_on", "9999-12-31"),
        ("title", "长" * 201),
        ("title", ""),
        ("title_en", "x" * 201),
        ("guide", "长" * 10_001),
        ("rulebook", "999999"),
        ("rulebook", ""),
        ("number", "99999999999999999999"),
        ("number", ""),
    ],
)
def test_a_wrong_answer_is_named_and_opens_nothing(
    field: str, value: str, world: World, as_: Callable[..., Client]
) -> None:
    client = as_(world.case_officer["bureau"])
    for then in ("publish", "preview") if field in {"title", "rulebook"} else ("publish",):
        answer = client.post(address(world), answers(world, then=then, **{field: value}))
        assert answer.status_code == 422
    assert Call.objects.count() == 1


def sketch_of(world: World) -> RulebookVersion:
    return RulebookVersion.objects.create(
        scheme=world.scheme,
        version="0.sketch",
        status="sketch",
        digest="sha256:" + "0" * 64,
        rules_digest="sha256:" + "0" * 64,
        document={},
        published_at=timezone.now(),
    )


def test_a_sketch_opens_no_call(world: World, as_: Callable[..., Client]) -> None:
    sketch = sketch_of(world)
    client = as_(world.case_officer["bureau"])

    assert "0.sketch" not in client.get(address(world)).content.decode()
    answer = client.post(address(world), answers(world, rulebook=sketch.pk))
    assert "草图" in answer.content.decode()
    with pytest.raises(DomainError) as refused:
        cases.open_call(
            rulebook=sketch,
            title="草图",
            opens_on=timezone.localdate(),
            closes_on=None,
            by=world.case_officer["bureau"],
        )
    assert refused.value.code == "sketch"


def test_nobody_else_opens_a_call_or_learns_of_the_page(
    world: World, as_: Callable[..., Client]
) -> None:
    others = [
        world.signing_officer["bureau"],
        world.national,
        world.auditor,
        world.outsider,
        world.signer,
        world.experts[0].person,
        world.assessor,
    ]
    for person in others:
        client = as_(person)
        assert client.get(address(world)).status_code == 404
        assert client.post(address(world), answers(world)).status_code == 404
        assert address(world) not in client.get(reverse("cases:desk")).content.decode()
        with pytest.raises(ForbiddenError):
            cases.open_call(
                rulebook=world.version,
                title="无权",
                opens_on=timezone.localdate(),
                closes_on=None,
                by=person,
            )
    assert as_(None).get(address(world)).status_code == 302
    elsewhere = reverse("cases:open-call", args=["no-such-scheme"])
    assert as_(world.case_officer["bureau"]).get(elsewhere).status_code == 404
    assert Call.objects.count() == 1


@pytest.mark.parametrize("days", [-400, 400])
def test_a_call_that_is_not_open_shows_why_and_no_form(
    world: World, as_: Callable[..., Client], days: int
) -> None:
    client, english = as_(world.drafter), as_(world.drafter, "en")
    start = reverse("cases:start", args=[world.call.slug])
    assert 'name="title"' in client.get(start).content.decode()

    world.call.opens_on = timezone.localdate() + timedelta(days=days)
    world.call.closes_on = world.call.opens_on + timedelta(days=30)
    world.call.save()
    page = client.get(start)
    assert page.status_code == 200
    assert 'name="title"' not in page.content.decode()
    assert "现在不能申报" in page.content.decode()
    back = f'href="{reverse("call", args=[world.call.slug])}"'
    assert back in page.content.decode()
    assert "not now" in english.get(start).content.decode()

    sent = client.post(start, {"lead": world.lead.pk, "title": "迟到的申报"})
    assert sent.status_code == 422
    assert not Case.objects.exists()


def test_commissioning_an_assessment_says_what_it_does_before(
    staged: Callable[[StageKind], Case], as_: Callable[..., Client], world: World
) -> None:
    case = staged(StageKind.ASSESSMENT)
    page = as_(world.case_officer["bureau"], "en").get(
        reverse("review:commission", args=[case.reference])
    )
    for words in ("What this act does", "the assessor body", "its access ends"):
        assert words in page.content.decode()
