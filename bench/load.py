"""Pages over a full database: server time and queries of each list and each case page.

Requests go through Django's handler, middleware included, in this process: no network, no browser.
Each is asked once before it counts. `p95_ms` is what passes between request and answer;
`cpu_p95_ms` what this process worked meanwhile, which others on the machine do not lengthen (with
SQLite that is all there is, with PostgreSQL its own work comes on top).
"""

from __future__ import annotations

import gc
import os
import random
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bench.yardstick import yardstick_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.test import Client

    from bench.load_data import Filled
    from shidian.apps.accounts.models import Person

Seen = tuple["Client", str]
OF_A_STAGE = 3
SLOWEST = 95
WORDS = ("结算", "托管", "风控", "区块链", "隐私", "合规 托管", "智能投顾", "测试")
ENGLISH = ("custody", "pledge", "clearing ledger", "surveill", "rating")


class NotEmptyError(RuntimeError):
    """The database has people in it: it may be somebody's."""


@dataclass(frozen=True)
class Sizes:
    """How full it is, and how often each page is asked for."""

    cases: int = 20_000
    events: int = 2_000_000
    institutions: int = 5_000
    variants: int = 3
    rounds: int = 5
    seed: int = 1


def measure(sizes: Sizes, say: Callable[[str], None]) -> dict[str, Any]:
    """The numbers as the JSON that is published.

    On the empty PostgreSQL that SHIDIAN_DATABASE_URL names, or a SQLite made for it. Raises
    NotEmptyError, `load_data.DifferentCopyError`.
    """
    with tempfile.TemporaryDirectory(prefix="shidian-bench-") as home:
        os.environ["SHIDIAN_HOME"] = home
        os.environ["DJANGO_SETTINGS_MODULE"] = "shidian.web.settings"
        import django

        django.setup()
        _prepare()
        from django.db import connection

        found = measured(sizes, say)
        connection.close()
        return found


def _prepare() -> None:
    from django.core.management import call_command

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id

    call_command("migrate", verbosity=0)
    if Person.objects.exists():
        raise NotEmptyError("the database is not empty: name one that is in SHIDIAN_DATABASE_URL")
    store_calendar(by_id("cn-working-day"))


def measured(sizes: Sizes, say: Callable[[str], None]) -> dict[str, Any]:
    """Fill the migrated database of this process, hold a sample of it, time every page."""
    from bench.load_data import check, fill

    filled = fill(
        cases_wanted=sizes.cases,
        events_wanted=sizes.events,
        institutions=sizes.institutions,
        variants=sizes.variants,
        seed=sizes.seed,
        say=say,
    )
    held = check(filled, random.Random(sizes.seed))  # noqa: S311 - a sample, no secret
    say(f"{filled.cases:,} cases, {filled.events:,} events; {held} held against the procedure")
    times, busy, queries = timed(pages(filled), sizes.rounds, say)
    return {
        "cases": filled.cases,
        "events": filled.events,
        "institutions": filled.institutions,
        "p95_ms": times,
        "cpu_p95_ms": busy,
        "queries": queries,
        "yardstick_ms": yardstick_ms(),
    }


def timed(
    seen: dict[str, list[Seen]], rounds: int, say: Callable[[str], None]
) -> tuple[dict[str, float], dict[str, float], dict[str, int]]:
    """Of each page: the 95th of a hundred times, the same of this process's work, most queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    # A server's process holds nothing of what filled the database: no collection looks through it.
    gc.collect()
    gc.freeze()
    times: dict[str, float] = {}
    busy: dict[str, float] = {}
    queries: dict[str, int] = {}
    for name, addresses in seen.items():
        taken, worked, most = [], [], 0
        for client, address in addresses:
            # A process that has served before has read its rulebooks and calendars.
            _get(client, address)
            with CaptureQueriesContext(connection) as caught:
                _get(client, address)
            most = max(most, len(caught))
            for _ in range(rounds):
                began, work = time.perf_counter(), time.process_time()
                _get(client, address)
                taken.append((time.perf_counter() - began) * 1000)
                worked.append((time.process_time() - work) * 1000)
        times[name], busy[name], queries[name] = _slow(taken), _slow(worked), most
        say(f"{name:<16} {times[name]:8.1f} ms, {busy[name]:8.1f} of work, {most:3} queries")
    return times, busy, queries


def _slow(taken: list[float]) -> float:
    if not taken:
        return 0.0
    taken.sort()
    return round(taken[min(len(taken) - 1, len(taken) * SLOWEST // 100)], 1)


def _get(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")


def pages(filled: Filled) -> dict[str, list[Seen]]:
    """Each list and case page with the addresses under which it is asked for."""
    from shidian.apps.accounts.models import Person

    world = filled.world
    officer = _signed_in(world.case_officer["bureau"])
    auditor = _signed_in(world.auditor)
    expert = _signed_in(Person.objects.filter(expert__assignments__isnull=False).earliest("pk"))
    asked = next(one for one in filled.patterns if one.stage == "screening")
    own = filled.copies().filter(reference__startswith=f"{asked.reference}-").order_by("pk")
    lead = own.values_list("lead", flat=True)[0]
    firm = _signed_in(Person.objects.get(staff_of__institution=lead))
    lists: dict[str, tuple[Client, tuple[str, ...]]] = {
        "desk": (officer, ("", "?show=closed", "?page=40")),
        "desk_firm": (firm, ("", "?show=closed")),
        "desk_expert": (expert, ("",)),
        "queue": (officer, ("queue/", "queue/?state=all&order=due", "queue/?state=all&page=100")),
        "queue_filtered": (officer, tuple(f"queue/?{one}" for one in _FILTERS)),
        "queue_auditor": (auditor, ("queue/", "queue/?state=all")),
        "search_zh": (officer, tuple(f"queue/?state=all&q={quote(one)}" for one in WORDS)),
        "search_en": (officer, tuple(f"queue/?state=all&q={quote(one)}" for one in ENGLISH)),
        "workload": (officer, ("workload/",)),
        "statistics": (officer, ("statistics/", "statistics/?days=1095")),
        "deadlines": (officer, ("deadlines/",)),
        "institutions": (officer, ("institutions/", "institutions/?show=all")),
    }
    found = {
        name: [(client, f"/cases/{path}") for path in paths]
        for name, (client, paths) in lists.items()
    }
    for name, path in _SUPERVISED.items():
        found[name] = [(officer, path)]
    for name, path in _OF_A_CASE.items():
        found[name] = [(officer, path.format(reference=one)) for one in _sample(filled)]
    found["case_firm"] = [
        (firm, f"/cases/{one}/")
        for one in own.filter(lead=lead).values_list("reference", flat=True)[:5]
    ]
    return found


_FILTERS = (
    "turn=mine",
    "turn=nobody&state=all",
    "turn=applicant",
    "assigned=nobody",
    "assigned=me",
    "due=late",
    "due=none&state=all",
    "stage=screening&order=due",
    "call=demo-city-1",
)
_SUPERVISED = {
    "board": "/supervision/",
    "orders": "/supervision/orders/",
    "complaints": "/supervision/complaints/",
}
_OF_A_CASE = {
    "case": "/cases/{reference}/",
    "application": "/cases/{reference}/application/",
}


def _sample(filled: Filled) -> list[str]:
    """References of a few copies of each pattern."""
    found: list[str] = []
    for case in filled.patterns:
        if case.stage == "draft":
            continue
        like = filled.copies().filter(reference__startswith=f"{case.reference}-")
        found += like.order_by("pk").values_list("reference", flat=True)[:OF_A_STAGE]
    return found


def _signed_in(person: Person) -> Client:
    """A client of someone who has signed in with a second factor."""
    from allauth.account.internal.flows.login import record_authentication
    from django.contrib.auth.signals import user_logged_in
    from django.test import Client

    def remember(request: HttpRequest, user: Person, **_more: object) -> None:
        record_authentication(request, user, "mfa", type="totp")

    client = Client(SERVER_NAME="127.0.0.1")
    user_logged_in.connect(remember)
    try:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    finally:
        user_logged_in.disconnect(remember)
    return client
