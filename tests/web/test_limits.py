"""What is too large is refused before anything of it is kept."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from shidian.apps.cases.errors import ForbiddenError
from shidian.web.access import DefaultDenyMiddleware
from shidian.web.limits import BodyLimitMiddleware

MIB = 2**20


@pytest.mark.parametrize(
    ("length", "status"),
    [("", 200), ("0", 200), (str(100 * MIB), 200), (str(100 * MIB + 1), 413), ("-1", 413)],
)
def test_a_body_over_the_limit_is_not_read(length: str, status: int) -> None:
    request = HttpRequest()
    request.META["CONTENT_LENGTH"] = length
    assert BodyLimitMiddleware(lambda _: HttpResponse("read"))(request).status_code == status


@pytest.mark.django_db
def test_the_limit_stands_before_every_page(client) -> None:
    answer = client.post(reverse("accounts:sign-in"), CONTENT_LENGTH=str(200 * MIB))
    assert answer.status_code == 413


@pytest.mark.django_db
def test_a_verb_that_forbids_is_the_same_404_as_an_unknown_page(rf) -> None:
    middleware = DefaultDenyMiddleware(lambda _: HttpResponse("unused"))
    answer = middleware.process_exception(rf.get("/"), ForbiddenError())
    assert answer is not None
    assert answer.status_code == 404
    assert middleware.process_exception(rf.get("/"), ValueError()) is None
