"""Each consumer has each row once; what fails is tried again and holds up nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from shidian.apps.cases import outbox
from shidian.apps.cases.models import Outbox, OutboxDelivery, Scheme

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_consumers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(outbox, "_consumers", {})
    return iter(())


def test_each_consumer_has_each_row_once() -> None:
    had: list[tuple[str, int]] = []
    outbox.on("test.a", name="one")(lambda row: had.append(("one", row.payload["n"])))
    outbox.on("test.*", name="two")(lambda row: had.append(("two", row.payload["n"])))
    for n in range(3):
        outbox.put("test.a", {"n": n})
    outbox.put("other", {"n": 9})

    assert outbox.deliver_pending() == 6
    assert outbox.deliver_pending() == 0
    assert sorted(had) == [("one", 0), ("one", 1), ("one", 2), ("two", 0), ("two", 1), ("two", 2)]


def test_what_a_failing_consumer_wrote_is_undone_and_tried_again() -> None:
    attempts: list[int] = []

    def fail_once(row: Outbox) -> None:
        Scheme.objects.create(slug=f"made-{len(attempts)}", title_zh="半途")
        attempts.append(row.pk)
        if len(attempts) == 1:
            raise RuntimeError("not yet")

    outbox.on("test.a", name="one")(fail_once)
    outbox.put("test.a", {})

    assert outbox.deliver_pending() == 0
    delivery = OutboxDelivery.objects.get()
    assert "not yet" in delivery.error
    assert not Scheme.objects.exists()
    assert outbox.deliver_pending() == 0, "the next attempt is not due yet"

    OutboxDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    assert outbox.deliver_pending() == 1
    assert Scheme.objects.count() == 1
    assert OutboxDelivery.objects.get().attempts == 2


def test_a_bad_row_holds_up_no_other() -> None:
    had: list[int] = []

    def handle(row: Outbox) -> None:
        if row.payload["n"] == 0:
            raise RuntimeError("bad row")
        had.append(row.payload["n"])

    outbox.on("test.a", name="one")(handle)
    for n in range(3):
        outbox.put("test.a", {"n": n})

    assert outbox.deliver_pending() == 2
    assert had == [1, 2]


def test_a_limit_bounds_the_work_of_one_round() -> None:
    had: list[int] = []
    outbox.on("test.a", name="one")(lambda row: had.append(row.pk))
    for _ in range(5):
        outbox.put("test.a", {})

    assert outbox.deliver_pending(limit=2) == 2
    assert outbox.deliver_pending(limit=2) == 2
    assert outbox.deliver_pending(limit=2) == 1
    assert had == sorted(had)


def test_a_name_is_registered_once() -> None:
    outbox.on("test.a", name="one")(lambda row: None)

    with pytest.raises(ValueError, match="twice"):
        outbox.on("test.b", name="one")(lambda row: None)
