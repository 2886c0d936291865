"""Every address of the site, read by people who must not learn of a case: where does it show?

The addresses come from the URL configuration. A route with an argument that is not in `arguments`
stops the test, so that a new page cannot stay outside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.contrib.auth.models import AnonymousUser
from django.db.models import Value
from django.db.models.functions import Concat
from django.test import Client
from django.urls import get_resolver

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import OfficerRole, Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.domain.telling import send_due
from shidian.apps.cases.models import Case, CaseNote, Letter, NewsItem, Task
from shidian.apps.national.domain.dispatching import begin_dispatch, send_dispatch
from shidian.apps.national.models import Dispatch
from shidian.apps.review.domain import When, call_session, declare_conflict
from shidian.apps.review.models import Assignment
from shidian.core.procedure.types import SessionKind
from shidian.core.rulebook.model import StageKind
from shidian.web.access import routed_views
from tests.apps.cases.letter_things import bound, released, served
from tests.factories import LONG_AGO, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shidian.apps.accounts.roles import Roles  # noqa: F401 - named in a comment below
    from tests.factories import World

ARGUMENT = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
TITLE = "绝密字样之项目"
NOTE = "内部批注字样"
ANSWERED = "测试内容"
ROOM = "绝密会场字样"
LETTER = "绝密公文字样"
QUERIES = {
    "cases/": ("", "?show=closed"),
    "cases/queue/": (
        "",
        f"?q={quote(TITLE)}",
        f"?q={quote(ANSWERED)}&state=all",
        "?state=all&order=due",
        "?due=late",
        "?turn=experts",
        "?assigned=nobody",
    ),
    "cases/inbox/": ("", "?show=unread"),
    "cases/numbers/": ("", "?show=pilots"),
    "cases/coaching/": ("", "?show=done"),
    "cases/matching/": ("", f"?q={quote(TITLE)}"),
    "cases/statistics/": ("?days=1095",),
    "cases/statistics/export/csv/": ("?days=1095",),
    "cases/queue/export/csv/": (f"?state=all&q={quote(TITLE)}", "?state=all"),
}
"""Addresses that take a query: each is read with all of these."""


@dataclass
class Secret:
    """A case in review that nobody in public knows of, and the four who must not learn of it."""

    walk: Walk
    case: Case = field(init=False)
    assignment: Assignment = field(init=False)
    feeds: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.walk.title = TITLE
        self.case = self.walk.to(StageKind.REVIEW)
        bureau = self.world.authorities["bureau"]
        cases.write_note(case=self.case, authority=bureau, text=NOTE, by=self.walk.officer)
        self._reported()
        Person.objects.update(email=Concat("username", Value("@example.org")))
        first = self.walk.form_panel().assignments.select_related("expert__person").first()
        assert first is not None
        self.assignment = first
        # What they were told before they declared is in their inbox, and its mail not sent yet.
        while outbox.deliver_pending():
            pass
        # Who declares a conflict is an officer who handles the scheme's cases besides: without
        # the denial they would read everything.
        accounts.appoint_officer(
            person=self.conflicted, authority=bureau, role=OfficerRole.CASE, starts=LONG_AGO
        )
        declare_conflict(
            assignment=first, conflict=True, reason="持股", by=self.conflicted, at=self.walk.tick()
        )
        starts = self.walk.at + timedelta(days=10)
        call_session(
            case=self.case,
            kind=SessionKind.DEFENCE,
            when=When(starts, starts + timedelta(hours=2), place=ROOM),
            by=self.walk.officer,
            at=self.walk.tick(),
        )
        letter = released(self.walk, title=LETTER)
        served(self.walk, bound(self.walk, letter))
        while outbox.deliver_pending():
            pass
        send_due(1000)
        self.feeds = {
            name: cases.publish_deadlines(person=person)
            for name, person in (*self.strangers.items(), ("officer", self.walk.officer))
            if isinstance(person, Person)
        }

    def _reported(self) -> None:
        """To the national body, in a special report that waits there."""
        made = begin_dispatch(
            scheme=self.world.scheme,
            rule="special",
            subject=TITLE,
            text=TITLE,
            cases=[self.case],
            first=self.walk.at.date(),
            last=self.walk.at.date(),
            by=self.walk.officer,
            at=self.walk.tick(),
        )
        signer = self.world.signing_officer["bureau"]
        send_dispatch(dispatch=made, edition=1, by=signer, at=self.walk.tick())

    @property
    def world(self) -> World:
        return self.walk.world

    @property
    def conflicted(self) -> Person:
        return self.assignment.expert.person

    @property
    def strangers(self) -> dict[str, Person | AnonymousUser]:
        """Read anew, so that no roles are remembered."""
        found = {
            "conflicted expert": self.conflicted,
            "other firm": self.world.rival_signer,
            "other authority": self.world.outsider,
        }
        people = {name: Person.objects.get(pk=one.pk) for name, one in found.items()}
        return {**people, "anonymous": AnonymousUser()}

    @property
    def marks(self) -> tuple[str, ...]:
        """What must not appear."""
        return (TITLE, self.case.reference, NOTE, ROOM, LETTER)

    def addresses(self, feed: str) -> Iterator[tuple[str, bool]]:
        """(address, whether it names the case) of every route, with each of its queries."""
        return addresses_of(arguments_of(self.case, self.world, self.feeds.get(feed, "none")))


def arguments_of(case: Case, world: World, secret: str = "none") -> dict[str, str]:
    """A value for every argument that any route takes. `secret`: a feed's."""
    return {
        "reference": case.reference,
        "public_id": case.reference,
        "slug": world.call.slug,
        "key": case.reference,
        "scheme": world.scheme.slug,
        "rule": "failing",
        "version": world.version.version,
        "kind": "csv",
        "secret": secret,
        "section": world.rulebook.form[0].id,
        "verb": "request-information",
        "act": "submit",
        "letter_act": "withdraw",
        "receipt": "none",
        "indicator": "investors",
        "stream": "portfolio.rebalanced",
        "episode": "none",
        "order": "D-2025-0001",
        "language": "zh",
        "rulebook": world.scheme.slug,
        "key_id": "none",
        "clause": "none",
        "number": "1",
        "pk": "1",
        "attachment": "1",
        "index": "0",
        "sha256": "none",
        "path": "checkpoint",
        "person": "1",
        "nonce": "none",
        "invitation": "none",
        "dispatch": next((one.reference for one in case.dispatches.all()), "none"),
        "kind_of": "admissions",
        "figure": "received",
        "tip": "none",
    }


def addresses_of(known: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """(address, whether it names the case) of every route with these arguments, and its queries."""
    for route, _view in routed_views(get_resolver().url_patterns):
        names = {match["name"] for match in ARGUMENT.finditer(route)}
        unknown = names - known.keys()
        assert not unknown, f"{route}: say in tests/leaks.py what {unknown} may be"
        path = ARGUMENT.sub(lambda match: known[match["name"]], route)
        of_the_case = bool(names & {"reference", "public_id"})
        for query in QUERIES.get(path, ("",)):
            yield f"/{path}{query}", of_the_case


# Signing in and out, and rulebooks, which are the same for everyone and slow to typeset.
LEFT_OUT = re.compile(r"^/(account|rulebooks)/")


def pages_with_marks(secret: Secret, person: Person | AnonymousUser, feed: str) -> list[str]:
    """Addresses whose answer to `person` names the case, or is a page about it at all."""
    client = Client(raise_request_exception=True)
    if isinstance(person, Person):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    found = []
    for address, of_the_case in secret.addresses(feed):
        if LEFT_OUT.match(address):
            continue
        answer = client.get(address)
        text = b"".join(answer) if answer.streaming else answer.content
        decoded = text.decode(errors="replace")
        shown = any(mark in _without_own_address(decoded, address) for mark in secret.marks)
        opened = of_the_case and answer.status_code in {200, 422}
        if shown or opened:
            found.append(address)
    return found


def _without_own_address(text: str, address: str) -> str:
    """What was typed into the address and is said back is no news."""
    path, _, query = address.partition("?")
    text = text.replace(path, "").replace(quote(path, safe=""), "")
    typed = [TITLE] if quote(TITLE) in query else []
    for one in (*typed, quote(TITLE)):
        text = text.replace(f'value="{one}"', "").replace(f"q={one}", "")
    return text


def lists_with_case(secret: Secret, person: Person | AnonymousUser) -> list[str]:
    """Lists and counts from which pages and files are made, where they hold anything of the case."""
    sets = {
        "cases": Case.objects.visible_to(person),
        "tasks": Task.objects.visible_to(person),
        "own tasks": Task.objects.reaching(person),
        "notes": CaseNote.objects.visible_to(person),
        "news": NewsItem.objects.reaching(person),
        "dispatches": Dispatch.objects.visible_to(person),
        "letters": Letter.objects.visible_to(person),
        "assignments": Assignment.objects.of_expert(person),
    }
    return [name for name, rows in sets.items() if rows.exists()]


def leaks(secret: Secret) -> list[str]:
    """Everything that any of the four can see of the case: none, where all is well."""
    found = []
    for name, person in secret.strangers.items():
        found += [f"{name}: {one}" for one in lists_with_case(secret, person)]
        found += [f"{name}: {one}" for one in pages_with_marks(secret, person, name)]
    return found
