"""What the tests of the national body start from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.test import Client

from shidian.apps.accounts.models import OfficerRole, Person
from shidian.apps.cases import domain as cases
from shidian.apps.national.domain import dispatching
from shidian.core.rulebook.load import load_text
from tests.factories import RULEBOOKS, START, make_officer

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.cases.models import Scheme
    from shidian.apps.national.models import Dispatch
    from shidian.core.rulebook.loaded import Loaded
    from tests.factories import World

BACKEND = "django.contrib.auth.backends.ModelBackend"
SUBJECT, TEXT = "报送主题字样", "报送正文字样"


def reader(person: Person, language: str = "en") -> Client:
    """A browser of that person, whose roles are read anew."""
    client = Client(headers={"accept-language": language})
    client.force_login(Person.objects.get(pk=person.pk), backend=BACKEND)
    return client


def begin(world: World, rule: str = "admissions", **more: Any) -> Dispatch:
    """A draft of the bureau's case officer."""
    given: dict[str, Any] = {"subject": SUBJECT, "text": TEXT, "at": START, **more}
    by = given.pop("by", world.case_officer["bureau"])
    return dispatching.begin_dispatch(scheme=world.scheme, rule=rule, by=by, **given)


def sent(world: World, rule: str = "admissions", **more: Any) -> Dispatch:
    """One that was sent an hour later by the bureau's signing officer."""
    made = begin(world, rule, **more)
    send(world, made, at=more.get("at", START) + timedelta(hours=1))
    return made


def send(world: World, made: Dispatch, *, at: datetime = START) -> None:
    """Approve and send what it says now."""
    made.refresh_from_db()
    by = world.signing_officer["bureau"]
    dispatching.send_dispatch(dispatch=made, edition=made.edition, by=by, at=at)
    made.refresh_from_db()


def changed(*swaps: tuple[str, str]) -> Loaded:
    """Demo City's rules with other words. Raises AssertionError where one is not there."""
    text = (RULEBOOKS / "demo-city.yaml").read_text(encoding="utf-8")
    for old, new in swaps:
        assert old in text, old
        text = text.replace(old, new)
    return load_text(
        text,
        name="changed.yaml",
        resolve=lambda name: (RULEBOOKS / f"{name}.yaml").read_text(encoding="utf-8"),
    )


def second_scheme(world: World, *swaps: tuple[str, str]) -> tuple[Scheme, Person]:
    """Another city on the same national body, and the case officer of its bureau."""
    from shidian.apps.accounts import domain as accounts

    loaded = changed(
        ("rulebook: demo-city", "rulebook: second-city"),
        ("示范市资本市场金融科技创新试点（演示）", "第二市试点（演示）"),
        *swaps,
    )
    authorities = {
        one.id: world.authorities["national"]
        if one.id == "national"
        else accounts.found_authority(code=f"second-{one.id}", name=f"第二{one.name.zh}")
        for one in loaded.rulebook.authorities
    }
    scheme = cases.found_scheme(loaded=loaded, authorities=authorities)
    version = cases.publish_rulebook(scheme=scheme, loaded=loaded, by=None, at=START)
    cases.open_call(
        rulebook=version,
        title="第二市第一批",
        opens_on=date(2020, 1, 1),
        closes_on=None,
        by=None,
        at=START,
    )
    officer = make_officer(authorities["bureau"], "second-case", OfficerRole.CASE)
    return scheme, officer
