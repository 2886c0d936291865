"""Pages for what could not be answered: named, dressed and worded as every other page is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.core.internal.ratelimit import handler429
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.test import RequestFactory
from django.utils import translation
from django.views.defaults import bad_request, page_not_found, permission_denied

from shidian.config import Settings
from shidian.web import context, outage

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

pytestmark = pytest.mark.django_db


def fault(request: HttpRequest) -> HttpResponse:
    return outage.server_error(request)


def away(request: HttpRequest) -> HttpResponse:
    """As where the database cannot be reached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(outage, "is_away", lambda _error: True)
        return outage.server_error(request)


FAILING: dict[int, Callable[[HttpRequest], HttpResponse]] = {
    400: lambda request: bad_request(request, SuspiciousOperation()),
    403: lambda request: permission_denied(request, PermissionDenied()),
    404: lambda request: page_not_found(request, Exception()),
    429: handler429,
    500: fault,
    503: away,
}
NAME = {"zh-hans": "试点", "en": "Shidian"}
DEMO = {"zh-hans": "页面所示人员、机构、监管部门和决定均为虚构", "en": "shown here is fictional"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("status", FAILING)
def test_each_is_a_page_of_the_service_in_the_readers_language(
    status: int, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (outage, context):
        name = "settings" if module is outage else "shidian_settings"
        monkeypatch.setattr(module, name, lambda: Settings(demo=True))
    request = RequestFactory().get("/", headers={"accept-language": language})
    request.user, request.LANGUAGE_CODE = AnonymousUser(), language
    with translation.override(language):
        answer = FAILING[status](request)
    page = answer.content.decode()
    assert answer.status_code == status
    assert f'<a class="wordmark" href="/">{NAME[language]}</a>' in page
    assert f" · {NAME[language]}</title>" in page
    assert DEMO[language] in page
    assert f'<html lang="{"en" if language == "en" else "zh-Hans"}">' in page
    assert page.count("<h1>") == 1


def test_what_is_no_demonstration_does_not_say_that_it_is_one() -> None:
    request = RequestFactory().get("/", headers={"accept-language": "en"})
    assert "fictional" not in fault(request).content.decode()
