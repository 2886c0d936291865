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
    from collections.abc import Iterable, Mapping
    from datetime import date

    from demo.cast import Player
    from demo.days import Diary
    from demo.director import Director
    from demo.stage import Scene
    from shidian.apps.accounts.models import Authority, Institution, Person
    from shidian.apps.cases.models import Call, RulebookVersion

RULEBOOKS = Path(__file__).resolve().parents[1] / "rulebooks"
CITY = "demo-city"
DEMONSTRATION = "demo-"
"""Rulebooks so named are played; all others are real regimes, to be read: never a case on one."""


def main() -> int:
    """Migrate, and load what is missing."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from demo.before_applying import age_news
    from demo.history import write_history
    from demo.taking_orders import name_addresses
    from shidian.apps.cases.calendars import load_calendars
    from shidian.apps.cases.models import Case
    from shidian.apps.cases.outbox import deliver_pending
    from shidian.config import settings

    if Case.objects.exists():
        name_addresses()
        return 0
    load_calendars()
    print("正在载入示范市（演示）… Loading Demo City", flush=True)
    now = datetime.now(UTC)
    director = load(now)
    while deliver_pending():
        pass  # what the tour links to is published before anyone can follow a link
    age_news(director)
    write_history(settings().journal, now)
    name_addresses()
    count = Case.objects.count()
    print(f"已载入 {count} 个案件 · {count} cases", flush=True)
    return 0


def load(now: datetime) -> Director:
    """Load everything in one transaction; `now` is the moment the history leads up to."""
    from django.db import transaction

    from demo import before_applying, corresponding, rulemaking, upwards
    from demo.abroad_story import STORIES as ABROAD
    from demo.days import Diary, anchor
    from demo.director import Director
    from demo.registration import save_registrations
    from demo.story import FIRST_CALL, LATER_CALLS

    diary = Diary(anchor(now))
    with transaction.atomic():
        since = diary.ago(900)
        people, firms, authorities = _enrol(since)
        _publish_library(diary)
        first = _found_city(diary, authorities)
        calls = _open_calls(diary, first, people, (1,))
        director = Director(diary, people=people, firms=firms, calls=calls)
        for story in FIRST_CALL:
            story(director)
        # Cases of the first call stay on the rules under which they were admitted.
        present = rulemaking.adopt(director, people, first, RULEBOOKS / f"{CITY}.yaml")
        calls |= _open_calls(diary, present, people, (2, 3))
        for story in LATER_CALLS:
            story(director)
        rulemaking.reject(director, people, present, RULEBOOKS / f"{CITY}.yaml")
        rulemaking.put_out(director, people, present, RULEBOOKS / f"{CITY}.yaml")
        before_applying.play(diary, present.scheme, people, firms)
        upwards.play(diary, present.scheme, people)
        corresponding.play(diary, present.scheme, people)
        scenes = found_abroad(diary, since)
        for scene in scenes:
            ABROAD[scene.scheme.rulebook](scene)
        _publish_tour(director, scenes)
        save_registrations(director.registrations)
    return director


def _enrol(
    since: date,
) -> tuple[dict[str, Person], dict[str, Institution], dict[str, Authority]]:
    from demo.cast import AUTHORITIES, FIRMS, PLAYERS
    from shidian.apps.accounts.domain import enrolling

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
    return _enrol_players(PLAYERS, firms, authorities, since), firms, authorities


def _enrol_players(
    players: Iterable[Player],
    firms: Mapping[str, Institution],
    authorities: Mapping[str, Authority],
    since: date,
) -> dict[str, Person]:
    """Everyone with their part; one password for all."""
    from django.contrib.auth.hashers import make_password

    from demo.cast import PASSWORD, totp_secret
    from shidian.apps.accounts.demonstration import give_public_codes
    from shidian.apps.accounts.domain import enrolling
    from shidian.apps.accounts.models import OfficerRole, Person, StaffRole

    people = {}
    for player in players:
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
                give_public_codes(person, totp_secret(player.username))
    # One hash for all: it is one password, printed on every screen, and hashing is slow on purpose.
    Person.objects.filter(username__in=people).update(password=make_password(PASSWORD))
    return people


def _found_city(diary: Diary, authorities: dict[str, Authority]) -> RulebookVersion:
    """The scheme with the first edition of its rules, which the lab has since replaced."""
    from demo.rulemaking import first_edition
    from shidian.apps.cases.domain.schemes import found_scheme, publish_rulebook

    loaded = first_edition(RULEBOOKS / f"{CITY}.yaml")
    scheme = found_scheme(loaded=loaded, authorities=authorities)
    return publish_rulebook(scheme=scheme, loaded=loaded, by=None, at=diary.on(345))


def _publish_library(diary: Diary) -> None:
    """Every real regime as a text to read and compare."""
    from shidian.apps.supervision.publish.library import publish_library
    from shidian.core.rulebook.load import load_file

    files = sorted(RULEBOOKS.glob("*.yaml"))
    regimes = (load_file(one) for one in files if not one.name.startswith(DEMONSTRATION))
    publish_library(regimes, at=diary.on(345))


def found_abroad(diary: Diary, since: date) -> list[Scene]:
    """The schemes on other regimes' rules, each with its own people and an open call; no case."""
    from demo.abroad import FIRMS, SCHEMES
    from demo.stage import Scene
    from shidian.apps.accounts.domain import enrolling
    from shidian.apps.cases.domain.schemes import found_scheme, open_call, publish_rulebook
    from shidian.core.rulebook.load import load_file

    firms = {
        firm.id: enrolling.register_institution(
            lei=firm.lei(number), name=firm.name_zh, name_en=firm.name_en, kind=firm.kind
        )
        for number, firm in enumerate(FIRMS, start=1)
    }
    scenes = []
    for scheme in SCHEMES:
        authorities = {
            local: enrolling.found_authority(code=f"{scheme.rulebook}-{local}", name=zh, name_en=en)
            for local, zh, en in scheme.authorities
        }
        people = _enrol_players(scheme.players, firms, authorities, since)
        loaded = load_file(RULEBOOKS / f"{scheme.rulebook}.yaml")
        founded = found_scheme(loaded=loaded, authorities=authorities)
        version = publish_rulebook(scheme=founded, loaded=loaded, by=None, at=diary.on(344))
        call = open_call(
            rulebook=version,
            title=scheme.call_zh,
            title_en=scheme.call_en,
            opens_on=diary.workday(340),
            closes_on=None,
            guide=scheme.told_zh,
            guide_en=scheme.told_en,
            by=None,
            at=diary.on(342),
        )
        scenes.append(Scene(diary, scheme, people=people, firms=firms, call=call))
    return scenes


def _open_calls(
    diary: Diary,
    rulebook: RulebookVersion,
    people: dict[str, Person],
    numbers: tuple[int, ...],
) -> dict[int, Call]:
    """Of two past calls and the one that is open now, those with these numbers."""
    from shidian.apps.cases.domain.schemes import open_call

    windows = (
        ("第一批", "First call", 335, diary.workday(285)),
        ("第二批", "Second call", 135, diary.workday(42)),
        ("第三批", "Third call", 40, diary.today + timedelta(days=60)),
    )
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
        if number in numbers
    }


def _publish_tour(director: Director, scenes: list[Scene]) -> None:
    from demo import tour
    from demo.places import places
    from shidian.apps.notices.domain import publish_snapshot
    from shidian.apps.notices.models import SnapshotKind

    found = places(director, scenes)
    publish_snapshot(
        kind=SnapshotKind.FIGURES,
        key="tour",
        zh=tour.body("zh", found),
        en=tour.body("en", found),
    )


if __name__ == "__main__":
    sys.exit(main())
