"""Signed-in clients, cases in every stage, and a served copy of a seeded site for the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.browser import build_home, chromium, serve
from tests.factories import START, Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from shidian.core.rulebook.model import StageKind
    from tests.browser import Site
    from tests.factories import World


@pytest.fixture
def as_(db: None) -> Callable[..., Client]:
    """`as_(person, "en")`: a client signed in as that person, reading that language."""

    def sign_in(person: Person | None, language: str = "zh-hans", **options: bool) -> Client:
        client = Client(**options)
        client.cookies["django_language"] = language
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def staged(world: World) -> Callable[[StageKind], Case]:
    """`staged(StageKind.REVIEW)`: a case that real verbs have taken to that stage."""

    def take(kind: StageKind, title: str = "测试项目") -> Case:
        return Walk(world, at=START, title=title).to(kind)

    return take


@pytest.fixture(scope="module")
def seeded_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on a copy of a seeded database."""
    home = build_home(tmp_path_factory.mktemp("site") / "home", seed="tests.web.seed:seed")
    with serve(home) as site:
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: Django's ORM refuses threads in which it is open."""
    with chromium() as opened:
        yield opened
