"""Loads Demo City where it is not loaded yet: `python -m demo.seed`. All of it, or nothing.

Deterministic, but for what must be random: keys, passwords' salts, receipt numbers.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import django

os.environ.setdefault("SHIDIAN_HOME", "var/demo")
os.environ.setdefault("SHIDIAN_DEMO", "true")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")

if TYPE_CHECKING:
    from datetime import date

    from demo.days import Diary
    from demo.director import Director
    from shidian.apps.accounts.models import Authority, Institution, Person
    from shidian.apps.cases.models import Call, Scheme

RULEBOOKS = Path(__file__).resolve().parents[1] / "rulebooks"
CITY = "demo-city"
BESIDE = ("cn-csrc", "cn-csrc-guangzhou", "cn-csrc-shanghai")
"""Real regimes shown beside the city: rulebooks and sourced history, never a case."""


def main() -> int:
    """Migrate, and load what is missing."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from shidian.apps.cases.calendars import load_calendars
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.outbox import deliver_pending

    if Case.objects.exists():
        return 0
    load_calendars()
    print("正在载入示范市（演示）… Loading Demo City", flush=True)
    director = load(datetime.now(UTC))
    while deliver_pending():
        pass  # what the tour links to is published before anyone can follow a link
    print(f"已载入 {len(director.cases)} 个案件 · {len(director.cases)} cases", flush=True)
    return 0


def load(now: datetime) -> Director:
    """Load everything in one transaction; `now` is the moment the history leads up to."""
    from django.db import transaction

    from demo.days import Diary, anchor
    from demo.director import Director
    from demo.registration import save_registrations
    from demo.story import STORIES

    diary = Diary(anchor(now))
    with transaction.atomic():
        since = diary.ago(900)
        people, firms, authorities = _enrol(since)
        _publish_beside(diary)
        calls = _open_calls(diary, _found_city(diary, authorities), people)
        director = Director(diary, people=people, firms=firms, calls=calls)
        for story in STORIES:
            story(director)
        _publish_tour(director)
        save_registrations(director.registrations)
    return director


def _enrol(
    since: date,
) -> tuple[dict[str, Person], dict[str, Institution], dict[str, Authority]]:
    from django.contrib.auth.hashers import make_password

    from demo.cast import AUTHORITIES, FIRMS, PASSWORD, PLAYERS
    from shidian.apps.accounts.domain import enrolling
    from shidian.apps.accounts.models import OfficerRole, Person, StaffRole

    firms = {
        firm.id: enrolling.register_institution(
            uscc=firm.uscc(number), name=firm.name_zh, name_en=firm.name_en, kind=firm.kind
        )
        for number, firm in enumerate(FIRMS, start=1)
    }
    authorities = {
        code: enrolling.found_authority(code=f"demo-{code}", name=zh, name_en=en)
        for code, zh, en in AUTHORITIES
    }
    people = {}
    for player in PLAYERS:
        person = enrolling.enrol_person(
            username=player.username,
            name=player.name_zh,
            name_en=player.name_en,
        )
        people[player.username] = person
        match player.part:
            case "drafter" | "signer":
                enrolling.enrol_staff(
                    person=person,
                    institution=firms[player.where],
                    role=StaffRole(player.part),
                    starts=since,
                )
            case "expert":
                enrolling.enrol_expert(person=person, disciplines=[player.where])
            case "assessor":
                enrolling.enrol_assessor(
                    person=person, institution=firms[player.where], starts=since
                )
            case office:
                enrolling.appoint_officer(
                    person=person,
                    authority=authorities[player.where],
                    role=OfficerRole(office),
                    starts=since,
                )
    # One hash for all: it is one password, printed on every screen, and hashing is slow on purpose.
    Person.objects.filter(username__in=people).update(password=make_password(PASSWORD))
    return people, firms, authorities


def _found_city(diary: Diary, authorities: dict[str, Authority]) -> Scheme:
    from shidian.apps.cases.domain.schemes import found_scheme, publish_rulebook
    from shidian.core.rulebook.load import load_file

    loaded = load_file(RULEBOOKS / f"{CITY}.yaml")
    scheme = found_scheme(loaded=loaded, authorities=authorities)
    publish_rulebook(scheme=scheme, loaded=loaded, by=None, at=diary.on(345))
    return scheme


def _publish_beside(diary: Diary) -> None:
    from shidian.apps.cases.domain.schemes import found_scheme, publish_rulebook
    from shidian.core.rulebook.load import load_file

    for name in BESIDE:
        loaded = load_file(RULEBOOKS / f"{name}.yaml")
        scheme = found_scheme(loaded=loaded, authorities={})
        publish_rulebook(scheme=scheme, loaded=loaded, by=None, at=diary.on(345))


def _open_calls(diary: Diary, scheme: Scheme, people: dict[str, Person]) -> dict[int, Call]:
    """Two past calls and the one that is open now."""
    from shidian.apps.cases.domain.schemes import open_call

    windows = (
        ("第一批", "First call", 335, diary.workday(285)),
        ("第二批", "Second call", 135, diary.workday(42)),
        ("第三批", "Third call", 40, diary.today + timedelta(days=60)),
    )
    rulebook = scheme.rulebooks.get()
    return {
        number: open_call(
            rulebook=rulebook,
            title=f"示范市资本市场金融科技创新试点{zh}项目征集（演示）",
            title_en=f"{en} for projects of the Demo City pilot (demonstration)",
            opens_on=diary.workday(opened),
            closes_on=closes_on,
            guide="申报机构应在窗口期内在线提交；材料不齐的，可补正。本批次为演示内容。",
            guide_en=(
                "Apply online within the window; what is missing can be supplied on request. "
                "This call is part of a demonstration."
            ),
            by=people["officer-bureau"],
            at=diary.on(opened + 5),
        )
        for number, (zh, en, opened, closes_on) in enumerate(windows, start=1)
    }


def _publish_tour(director: Director) -> None:
    from demo import tour
    from demo.places import places
    from shidian.apps.notices.domain import publish_snapshot
    from shidian.apps.notices.models import SnapshotKind

    found = places(director)
    publish_snapshot(
        kind=SnapshotKind.FIGURES,
        key="tour",
        zh=tour.body("zh", found),
        en=tour.body("en", found),
    )


if __name__ == "__main__":
    sys.exit(main())
