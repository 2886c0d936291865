"""Default deny; unknown and forbidden look the same; CSRF and CSP on every page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from shidian.core.rulebook.model import StageKind
from shidian.web.access import DefaultDenyMiddleware, undeclared_views

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from shidian.apps.cases.models import Case
    from tests.factories import World


def test_every_view_declares_an_access_rule() -> None:
    assert undeclared_views() == []


def test_a_view_without_a_rule_is_refused() -> None:
    middleware = DefaultDenyMiddleware(lambda _request: HttpResponse("secret"))
    with pytest.raises(Http404):
        middleware.process_view(HttpRequest(), lambda _request: HttpResponse("secret"), (), {})


PAGES = ("cases:case", "cases:application", "cases:receipt", "review:sheet", "notices:comments")


@pytest.mark.parametrize("name", PAGES)
def test_unknown_and_forbidden_get_the_same_404(
    name: str, world: World, staged: Callable[[StageKind], Case], as_: Callable[..., Client]
) -> None:
    case = staged(StageKind.SCREENING)
    client = as_(world.rival_signer)
    forbidden = client.get(reverse(name, args=[case.reference]))
    unknown = client.get(reverse(name, args=["demo-city-2031-9999"]))
    assert forbidden.status_code == unknown.status_code == 404
    assert forbidden.content == unknown.content
    assert case.title.encode() not in forbidden.content


def test_an_act_that_is_not_open_is_the_same_404(
    world: World, staged: Callable[[StageKind], Case], as_: Callable[..., Client]
) -> None:
    case = staged(StageKind.SCREENING)
    client = as_(world.signer)
    answers = [
        client.get(reverse("cases:act", args=[case.reference, verb]))
        for verb in ("reject", "nonsense")
    ]
    assert {one.status_code for one in answers} == {404}
    assert answers[0].content == answers[1].content


def test_an_anonymous_visitor_is_sent_to_sign_in_before_anything_is_loaded(
    staged: Callable[[StageKind], Case], client: Client
) -> None:
    case = staged(StageKind.SCREENING)
    known = client.get(reverse("cases:case", args=[case.reference]))
    unknown = client.get(reverse("cases:case", args=["demo-city-2031-9999"]))
    assert known.status_code == unknown.status_code == 302
    assert known["Location"].startswith("/account/sign-in/?next=")


def test_posts_need_a_csrf_token(
    world: World, staged: Callable[[StageKind], Case], as_: Callable[..., Client]
) -> None:
    case = staged(StageKind.SCREENING)
    client = as_(world.case_officer["bureau"], enforce_csrf_checks=True)
    address = reverse("cases:act", args=[case.reference, "request-information"])
    answer = client.post(address, {"question": "?", "due_working_days": 5, "seq": case.last_seq})
    assert answer.status_code == 403
    assert "没有作出任何变更" in answer.content.decode()


def test_pages_carry_a_strict_policy_and_no_inline_code(
    world: World, staged: Callable[[StageKind], Case], as_: Callable[..., Client]
) -> None:
    case = staged(StageKind.SCREENING)
    client = as_(world.case_officer["bureau"])
    for address in (reverse("cases:desk"), reverse("cases:case", args=[case.reference])):
        answer = client.get(address)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        html = answer.content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)", html)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


def test_what_a_signed_in_person_sees_is_not_cached(
    world: World, as_: Callable[..., Client]
) -> None:
    answer = as_(world.signer).get(reverse("cases:desk"))
    assert "no-store" in answer["Cache-Control"]


def test_language_switch_goes_back_to_the_page_and_nowhere_else(client: Client, db: None) -> None:
    home = client.post(reverse("accounts:language"), {"language": "en", "next": "/calls/"})
    assert home["Location"] == "/calls/"
    assert home.cookies["django_language"].value == "en"
    elsewhere = client.post(
        reverse("accounts:language"), {"language": "en", "next": "https://evil.example/"}
    )
    assert elsewhere["Location"] == "/"
