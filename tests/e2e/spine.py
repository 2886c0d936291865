"""The spine of the demonstration, walked by requests alone, while what serves them falls.

Everyone fills in the forms that their pages show. Where an answer breaks off, they look at the page
again, as people do: what it does not offer any more was done.
"""

from __future__ import annotations

import re
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from shidian.core.rulebook.model import StageKind
from tests.cluster import BrokenOffError
from tests.e2e.forms import soon
from tests.factories import loaded
from tests.files import pdf
from tests.web.html_forms import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.cluster import Answer, Balancer
    from tests.web.html_forms import Field, Form

PEOPLE = (
    *("drafter", "signer", "case-bureau", "case-finance", "sign-bureau", "sign-finance"),
    *("expert-0", "expert-1", "expert-2", "assessor"),
)
PILOT_DAYS = 2
"""How long ago the pilots started: their events tell of a minute for each second that passes."""
TRIES_MAX = 20
UNAVAILABLE = 503
BOUNDARY = "part-of-a-form"


def seed(pilots: int, late: int) -> dict[str, Any]:
    """In a process of its own: `pilots` that run, and `late` cases before admission and running.

    Sessions of everyone; who is asked for a code has an authenticator that the tests know.
    """
    from shidian.apps.accounts.models import Person as Account
    from shidian.apps.cases.calendars import store_calendar
    from shidian.apps.cases.outbox import deliver_pending
    from shidian.core.procedure.calendars import by_id
    from tests.apps.supervision.things import quick_pilot
    from tests.factories import Walk, make_world
    from tests.installation import signed_in

    store_calendar(by_id("cn-working-day"))
    world = make_world()
    started = timezone.now() - timedelta(days=PILOT_DAYS)
    running = [
        quick_pilot(Walk(world, title=f"并行试点{n}", at=started - timedelta(hours=9)), at=started)
        for n in range(pilots)
    ]
    walks = {
        kind: [
            Walk(world, title=f"{kind}{n}", at=started - timedelta(days=40)) for n in range(late)
        ]
        for kind in (StageKind.ADMISSION, StageKind.RUNNING)
    }
    cases = {
        kind.value: [walk.to(kind).reference for walk in of_kind] for kind, of_kind in walks.items()
    }
    while deliver_pending():
        pass
    return {
        "pilots": [one.public_id for one in running],
        "sessions": {name: signed_in(Account.objects.get(username=name)) for name in PEOPLE},
        "experts": [str(expert.pk) for expert in world.experts[:3]],
        "body": str(world.body.pk),
        "call": world.call.slug,
        **cases,
    }


class Person:
    """Someone at a browser without scripts."""

    def __init__(self, balancer: Balancer, session: str) -> None:
        self._balancer = balancer
        self._cookies = {"sessionid": session, "django_language": "en"}

    def get(self, path: str) -> Answer:
        """Reloaded while the database is away; whether it may be is another one's question."""
        for _ in range(TRIES_MAX):
            answer = self._asked("GET", path)
            if answer.status != UNAVAILABLE:
                break
            time.sleep(1)
        return answer

    def page(self, path: str) -> Page:
        """A page that must be there."""
        answer = self.get(path)
        assert answer.status == 200, (path, answer.status, Page(answer.text).text[:500])
        return Page(answer.text)

    def send(self, path: str, *, tries: int = TRIES_MAX, **answers: object) -> str:
        """Fill in the page's form and send it until it is done; where it led, "" if unknown.

        Raises BrokenOffError where after so many tries nobody knows.
        """
        unsure = ""
        for _ in range(tries):
            shown = self.get(path)
            form = form_of(Page(shown.text), answers) if shown.status == 200 else None
            if form is None:
                assert unsure, (path, shown.status, Page(shown.text).text[:800])
                return ""
            seen = "".join(form.fields["seq"].given) if "seq" in form.fields else ""
            if unsure and seen and seen != unsure:
                return ""
            unsure_now = seen or "sent"
            try:
                answer = self._asked("POST", path, filled(form, answers))
            except BrokenOffError:
                unsure = unsure_now
                continue
            if answer.status == UNAVAILABLE:
                unsure = unsure_now
                time.sleep(1)
                continue
            if answer.status == 302:
                return answer.headers["location"]
            if unsure and answer.status in (404, 409):
                return ""
            raise AssertionError((path, answer.status, Page(answer.text).text[:1500]))
        raise BrokenOffError(path)

    def _asked(self, method: str, path: str, data: Mapping[str, object] | None = None) -> Answer:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        body = None
        if data is not None:
            headers["Content-Type"], body = encoded(data)
        answer = self._balancer.ask(method, path, headers, body)
        for line in answer.headers["set-cookie"].splitlines():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer


def encoded(data: Mapping[str, object]) -> tuple[str, bytes]:
    """What a form sends, by its type: in parts where a file is among it."""
    if not any(isinstance(one, bytes) for one in data.values()):
        return "application/x-www-form-urlencoded", urlencode(data, doseq=True).encode()
    parts = []
    for name, value in data.items():
        given = value if isinstance(value, list | tuple) else [value]
        for one in given:
            file = f'; filename="{name}.pdf"' if isinstance(one, bytes) else ""
            head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
            parts.append(head.encode() + (one if isinstance(one, bytes) else str(one).encode()))
    body = b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
    return f"multipart/form-data; boundary={BOUNDARY}", body


def form_of(page: Page, answers: Mapping[str, object]) -> Form | None:
    """The form that asks for what is answered; without answers, the last that changes something."""
    asking = [
        form
        for form in page.posting
        if all(name in form.fields or name == "then" for name in answers)
    ]
    return asking[-1] if asking else None


def filled(form: Form, answers: Mapping[str, object]) -> dict[str, object]:
    """What a browser sends once everything that is empty has something plausible."""
    sent: dict[str, object] = dict(form.data())
    for one in form.fields.values():
        if one.name in answers:
            sent[one.name] = answers[one.name]
        elif one.kind not in ("hidden", "file") and not any(one.given):
            sent[one.name] = plausible(one)
    return sent | {name: value for name, value in answers.items() if name not in form.fields}


def plausible(asked: Field) -> str:
    """Something that the field accepts."""
    match asked.kind:
        case "radio" | "checkbox" | "select":
            return next((choice for choice in asked.choices if choice), "")
        case "number":
            return str(max(int(asked.low or 0), min(int(asked.high or 80), 80)))
        case "date":
            return soon()
        case _:
            return "80"


@dataclass
class Spine:
    """Walks cases; `walked`: the references of those that were taken as far as they go."""

    balancer: Balancer
    given: Mapping[str, Any]
    walked: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        sessions = self.given["sessions"]
        self._people = {name: Person(self.balancer, key) for name, key in sessions.items()}

    def person(self, name: str) -> Person:
        return self._people[name]

    def act(self, name: str, case: str, verb: str, **answers: object) -> None:
        self.person(name).send(reverse("cases:act", args=[case, verb]), **answers)

    def to_notice(self) -> None:
        """A new case from its first draft to its public notice."""
        case = self._drafted()
        self.person("signer").send(reverse("cases:check", args=[case]), declare="on")
        self.act("case-bureau", case, "request-information", question="Who hosts the service?")
        self.act("drafter", case, "answer-information", answer="The lead institution itself.")
        self.act("case-bureau", case, "advance", to="review")
        self._reviewed(case)
        self.act("case-bureau", case, "advance", to="assessment")
        self.person("case-bureau").send(
            reverse("review:commission", args=[case]), body=self.given["body"]
        )
        self.person("assessor").send(reverse("review:assessment", args=[case]))
        self.act("case-bureau", case, "advance", to="publicity")
        self.person("case-bureau").send(
            reverse("notices:open", args=[case]), title="公示", body="正文", then="publish"
        )
        self.walked.append(case)

    def _drafted(self) -> str:
        """Start an application and fill in all of it; its reference."""
        drafter = self.person("drafter")
        case = self._started(f"脊柱{len(self.walked)}")
        for section in loaded().rulebook.form:
            address = reverse("cases:section", args=[case, section.id])
            more = {"promises": "No order waits over one second\nComplaints answered in five days"}
            asks = "promises" in Page(drafter.get(address).text).posting[-1].fields
            drafter.send(address, **(more if asks else {}))
        return case

    def _started(self, title: str) -> str:
        """Start once: where the answer broke off, the desk shows whether there is such a case."""
        drafter, path = self.person("drafter"), reverse("cases:start", args=[self.given["call"]])
        for _ in range(TRIES_MAX):
            found = re.search(
                rf'href="/cases/([^/"]+)/"[^>]*>\s*{title}\s*<', drafter.get("/cases/").text
            )
            if found:
                return found[1]
            with suppress(BrokenOffError):
                drafter.send(path, tries=1, title=title, title_en=title)
        raise AssertionError(f"{title} was never started")

    def _reviewed(self, case: str) -> None:
        officer = self.person("case-bureau")
        officer.send(reverse("review:open-round", args=[case]), experts=self.given["experts"])
        for number in range(3):
            expert, sheet = self.person(f"expert-{number}"), reverse("review:sheet", args=[case])
            expert.send(sheet, conflict="no")
            expert.send(sheet, then="submit")
        officer.send(reverse("review:close-round", args=[case]))

    def to_closing(self, number: int) -> None:
        """One case is admitted; one that runs is evaluated and closed."""
        admitted = self.given[StageKind.ADMISSION.value][number]
        for name in ("sign-bureau", "sign-finance"):
            self.act(name, admitted, "sign-off", consent="yes")
        running = self.given[StageKind.RUNNING.value][number]
        self.act("case-bureau", running, "begin-evaluation")
        for promise, judgement in (("p1", "kept"), ("p2", "broken")):
            self.act("case-bureau", running, "judge-promise", promise=promise, judgement=judgement)
        self.act("case-bureau", running, "file-evaluation")
        for doer in ("signer", "case-bureau", "case-bureau", "sign-bureau"):
            self.act(doer, running, "complete-step", document=pdf())
        self.act("case-bureau", running, "close", outcome="graduated")
        self.closed += [admitted, running]
