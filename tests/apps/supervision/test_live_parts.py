"""Live parts are made a few at a time: who comes beyond that is put off before anything is read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve

from shidian.apps.supervision.views.live_parts import AT_ONCE, RETRY_AFTER_S, few_at_once

if TYPE_CHECKING:
    from django.http import HttpRequest


def test_one_too_many_is_put_off_and_the_next_is_served_again() -> None:
    going, let_go = threading.Semaphore(0), threading.Event()

    @few_at_once
    def slow(_request: HttpRequest) -> HttpResponse:
        going.release()
        let_go.wait(10)
        return HttpResponse("made")

    request = RequestFactory().get("/")
    busy = [threading.Thread(target=slow, args=(request,)) for _ in range(AT_ONCE)]
    for one in busy:
        one.start()
    for _ in busy:
        assert going.acquire(timeout=10)
    put_off = slow(request)
    let_go.set()
    for one in busy:
        one.join()

    assert (put_off.status_code, put_off["Retry-After"]) == (503, str(RETRY_AFTER_S))
    assert slow(request).status_code == 200


def test_a_part_that_fails_makes_room_all_the_same() -> None:
    @few_at_once
    def failing(_request: HttpRequest) -> HttpResponse:
        raise LookupError

    for _ in range(AT_ONCE + 1):
        try:
            failing(RequestFactory().get("/"))
        except LookupError:
            continue
        raise AssertionError("it was put off")


def test_every_live_part_is_limited_and_keeps_its_rule() -> None:
    for path in (
        "/supervision/live/",
        "/supervision/pilots/P-2026-0001/live/",
        "/supervision/orders/O-2026-0001/live/",
    ):
        view: Any = resolve(path).func
        assert view.access_rule
        assert view.__wrapped__.access_rule == view.access_rule
