"""The public site with much published: each page's time, and how many readers one notice bears.

A real case is walked to a running pilot; what its verbs published is the pattern, of which
copies are published by the same verb under other names, days and words. Nothing of it is kept.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import tempfile
import time
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.yardstick import yardstick_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from django.test import Client

SEED = 20_260_302
ASKED = 40
"""Requests of each page; a page that is about one thing is asked for another one each time."""
OPEN_SHARE, RUNNING_SHARE = 0.01, 0.1
LANGUAGES = ("zh-hans", "en")
_WORDS = ("债券", "预警", "清算", "投顾", "合规", "画像", "知识", "图谱", "隐私", "计算", "账本")
_TALK = (
    "请说明赔付安排",
    "希望公布误差",
    "限额是否偏高",
    "支持试点",
    "谁来承担损失",
    "数据如何保护",
)
_FILL = "from bench.portal import fill; fill({projects}, {comments})"
_ASK = "import json; from bench.portal import ask_pages; print(json.dumps(ask_pages()))"


def measure(
    projects: int, comments: int, seconds: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """The numbers as the JSON that is published.

    `notice_requests_per_second` is None where `wrk` is not installed. Raises RuntimeError where a
    page fails.
    """
    from tests.browser import build_home, run_python

    with tempfile.TemporaryDirectory(prefix="shidian-bench-") as folder:
        home = build_home(Path(folder) / "home")
        say(f"{projects:,} projects with {comments:,} comments are published")
        run_python(_FILL.format(projects=projects, comments=comments), home)
        say("each page is asked for")
        p95_ms = json.loads(run_python(_ASK, home).splitlines()[-1])
        say(f"a notice is read for {seconds} s")
        return {
            "p95_ms": p95_ms,
            "notice_requests_per_second": _read(home, seconds),
            "yardstick_ms": yardstick_ms(),
        }


def _read(home: Path, seconds: int) -> float | None:
    """Requests a second for one notice that `wrk` had answered by the server as it is shipped."""
    from tests.browser import environment, free_port
    from tests.installation import process, until

    wrk = shutil.which("wrk")
    if wrk is None:
        return None
    port = free_port()
    bind = {"SHIDIAN_WEB_BIND": f"127.0.0.1:{port}", "SHIDIAN_PAGE_CACHE_S": "5"}
    address = f"http://127.0.0.1:{port}/public-notices/n-2026-0001/"
    with process("web", home, **bind):
        until(lambda: _answers(address), 30)
        done = subprocess.run(  # noqa: S603 - our own address
            [wrk, "-t1", "-c16", f"-d{seconds}s", address],
            env=environment(home),
            capture_output=True,
            text=True,
            check=True,
        )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return round(float(found[1]), 1)


def _answers(address: str) -> bool:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


# --- in processes of their own ----------------------------------------------------------------


def fill(projects: int, comments: int) -> None:
    """Publish so many projects, with so many comments in all."""
    from django.db import transaction
    from django.utils import timezone

    from shidian.apps.notices.domain import publish_snapshot
    from shidian.apps.notices.models import SnapshotKind

    chance = random.Random(SEED)  # noqa: S311 - the same every time
    patterns = _patterns()
    today = timezone.localdate()
    counts = [comments // projects] * projects
    for extra in range(comments - sum(counts)):
        counts[extra] += 1
    # One notice in a hundred is heard of by everyone: it has the comments of its nine neighbours.
    for crowd in range(0, projects - 9, 100):
        counts[crowd] += sum(counts[crowd + 1 : crowd + 10])
        counts[crowd + 1 : crowd + 10] = [0] * 9
    for first in range(0, projects, 500):
        with transaction.atomic():
            for number in range(first, min(first + 500, projects)):
                ago = 2 if number < projects * OPEN_SHARE else 40 + number % 900
                copy = _Copy(number + 1, chance, today - timedelta(days=ago))
                running = number < projects * RUNNING_SHARE
                for kind, key, changes in copy.pages(counts[number], running=running):
                    zh, en = ({**patterns[kind][one], **changes[one]} for one in ("zh", "en"))
                    publish_snapshot(kind=SnapshotKind(kind), key=key, zh=zh, en=en)


class _Copy:
    """One project that differs from the pattern in what tells projects apart."""

    def __init__(self, number: int, chance: random.Random, opens: date) -> None:
        self._chance = chance
        closes = opens + timedelta(days=7)
        self._days = {"opens_on": opens.isoformat(), "closes_on": closes.isoformat()}
        words = "".join(chance.sample(_WORDS, 3))
        self._title = {"zh": f"{words}试点项目{number}", "en": f"Pilot {number}: {words}"}
        self._pilot = f"P-2026-{number:04d}"
        self._notice = f"n-2026-{number:04d}"
        self._case = f"bench-2026-{number:04d}"

    def pages(self, comments: int, *, running: bool) -> list[tuple[str, str, dict[str, Any]]]:
        """(kind, key, what differs in each language)."""
        said = [self._comment() for _ in range(comments)]
        names = {"case": self._case, "notice": self._notice}
        pilot = {"public_id": self._pilot, **names, "state": "running" if running else "closed"}
        notice = {"slug": self._notice, "case": self._case, "comments": said, **self._days}
        case = {"reference": self._case, "notice": self._notice, "pilot": self._pilot}
        pages = [
            ("notice", self._notice, self._both(notice)),
            ("case", self._case, self._both(case)),
            ("pilot", self._pilot, self._both(pilot)),
        ]
        if running:
            live = {"zh": {"public_id": self._pilot}, "en": {"public_id": self._pilot}}
            pages.append(("figures", f"pilot:{self._pilot}", live))
        return pages

    def _both(self, changes: dict[str, Any]) -> dict[str, Any]:
        return {language: {**changes, "title": self._title[language]} for language in ("zh", "en")}

    def _comment(self) -> dict[str, str]:
        text = "，".join(self._chance.sample(_TALK, 3)) + "。"
        answer = "已收悉，将在评估中说明。" if self._chance.random() < 0.5 else ""
        day = self._days["opens_on"]
        return {
            "name": "",
            "text": text * self._chance.randint(1, 4),
            "received_on": day,
            "answer": answer,
            "answered_on": day if answer else "",
        }


def _patterns() -> dict[str, dict[str, dict[str, Any]]]:
    """What the verbs published of one real case, by kind and language."""
    from django.utils import timezone
    from tests.factories import Walk, make_world

    from shidian.apps.cases.calendars import store_calendar
    from shidian.apps.notices.models import PublishedSnapshot
    from shidian.apps.supervision.models import Pilot
    from shidian.apps.supervision.publish.refresh import publish_everything
    from shidian.apps.supervision.worker import projection
    from shidian.core.procedure.calendars import by_id
    from shidian.core.rulebook.model import StageKind

    things: Any = import_module("tests.apps.supervision.things")
    store_calendar(by_id("cn-working-day"))
    walk = Walk(make_world(None))
    walk.to(StageKind.RUNNING)
    things.run_outbox()
    pilot = Pilot.objects.get()
    projection.apply_items([things.item(pilot, 1, rule="cap-investors")])
    minute = int(timezone.now().timestamp()) // 60 - 100
    for value in range(60):
        one = things.reading(pilot, 1 + value, value=80 + value, minute=minute + value)
        projection.apply_readings([one])
    publish_everything()
    rows = PublishedSnapshot.objects.current().filter(
        kind__in=("notice", "case", "pilot", "figures")
    )
    return {
        row.kind: {"zh": row.body_zh, "en": row.body_en}
        for row in rows
        if row.kind != "figures" or row.key.startswith("pilot:")
    }


def ask_pages() -> dict[str, float]:
    """Page → 95th percentile of its time in the server, in ms, nothing being kept between two."""
    from django.test import Client
    from django.test.utils import setup_test_environment

    from shidian.apps.notices.models import PublishedCard

    setup_test_environment()
    projects = PublishedCard.objects.filter(kind="notice").count() - 1  # the pattern itself
    chance = random.Random(SEED)  # noqa: S311 - the same every time
    clients = [Client(headers={"accept-language": language}) for language in LANGUAGES]
    return {
        name: _p95_ms(clients, [make(chance.randint(1, projects)) for _ in range(ASKED)])
        for name, make in _PAGES.items()
    }


def _crowd(number: int) -> int:
    """The notice of its hundred that everyone comments on."""
    return (number - 1) // 100 * 100 + 1


_PAGES: dict[str, Callable[[int], str]] = {
    "home": lambda _: "/",
    "notices": lambda n: f"/public-notices/?page={1 + n % 50}",
    "notice": lambda n: f"/public-notices/n-2026-{n:04d}/",
    "notice that everyone comments on": lambda n: (
        f"/public-notices/n-2026-{1 + n // 100 * 100:04d}/"
    ),
    "pilots": lambda n: f"/pilots/?page={1 + n % 50}",
    "pilot": lambda n: f"/pilots/P-2026-{n:04d}/",
    "course of a case": lambda n: f"/timeline/bench-2026-{n:04d}/",
    "calls": lambda _: "/calls/",
    "search, two characters": lambda n: f"/search/?q={_WORDS[n % len(_WORDS)]}",
    "search, English": lambda n: f"/search/?q=pilot+{n}",
    "check": lambda n: f"/check/?q=P-2026-{n:04d}",
    "check of a name": lambda n: f"/check/?q={_WORDS[n % len(_WORDS)]}{_WORDS[n % 7]}",
    "statistics": lambda _: "/statistics/",
    "rulebooks": lambda _: "/rulebooks/",
    "feed": lambda _: "/feeds/zh/all.atom",
    "open API, a list": lambda n: f"/api/v1/notices?offset={n}",
    "open API, one": lambda n: f"/api/v1/pilots/P-2026-{n:04d}",
}


def _p95_ms(clients: Sequence[Client], addresses: Sequence[str]) -> float:
    taken = []
    clients[0].get(addresses[0])
    for number, address in enumerate(addresses):
        began = time.perf_counter()
        answer = clients[number % len(clients)].get(address)
        taken.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
    taken.sort()
    return round(taken[-(-len(taken) * 95 // 100) - 1] * 1000, 1)
