"""The small worlds of the whole walks: everyone can sign in, nothing has happened yet."""

from __future__ import annotations

from tests.factories import PASSWORD, make_world
from tests.second_factor import open_account


def seed() -> None:
    """The demonstration scheme with its people, an earlier call, and no case."""
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id

    store_calendar(by_id("cn-working-day"))
    make_world()
    for username in Person.objects.values_list("username", flat=True):
        open_account(username, PASSWORD)


def seed_abroad() -> None:
    """The two further demonstration schemes with their people and open calls, and no case."""
    from datetime import date

    from demo.abroad import PLAYERS
    from demo.days import Diary
    from demo.seed import found_abroad

    from shidian.apps.cases.calendars import load_calendars

    for _scene in found_abroad(Diary(date(2025, 4, 1)), date(2024, 1, 1)):
        pass
    load_calendars()
    for player in PLAYERS:
        open_account(player.username, PASSWORD)


def seed_panel_of_five() -> None:
    """A case in review, under rules that draw a panel of five by lot; nine experts."""
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id
    from shidian.core.rulebook.load import load_text
    from shidian.core.rulebook.model import StageKind
    from tests.factories import RULEBOOKS, Walk, make_expert, make_world

    text = (RULEBOOKS / "demo-city.yaml").read_text(encoding="utf-8")
    panel = "    panel:\n      min: 3\n"
    assert panel in text
    rules = load_text(
        text.replace(panel, "    panel:\n      min: 5\n      drawn: random\n"),
        name="drawn.yaml",
        resolve=lambda name: (RULEBOOKS / f"{name}.yaml").read_text(encoding="utf-8"),
    )
    store_calendar(by_id("cn-working-day"))
    walk = Walk(make_world(rules), title="可解释的委托路由")
    for number in range(5, 9):
        make_expert(number)
    walk.to(StageKind.REVIEW)
    for username in Person.objects.values_list("username", flat=True):
        open_account(username, PASSWORD)


JOINT = {"partner-signer": 2, "rival-signer": 3, "newcomer-signer": 5}
"""Who signs for the firms besides the lead, by the number of the firm."""
ASKED, HEARD = "待补正的项目", "待答辩的项目"
GOOD, SPLIT = "无异议的项目", "有分歧的项目"
"""Titles of the cases of `seed_casework`."""


def seed_casework() -> None:
    """Firms that may apply jointly; a case in screening, one in review, two before the decision."""
    from shidian.apps.accounts.models import OfficerRole, Person, StaffRole
    from shidian.apps.cases.calendars import store_calendar
    from shidian.apps.cases.models import Call
    from shidian.core.procedure.calendars import by_id
    from shidian.core.rulebook.model import StageKind
    from tests.factories import Walk, make_institution, make_officer, make_staff

    store_calendar(by_id("cn-working-day"))
    world = make_world()
    make_staff(world.partner, "partner-signer", StaffRole.SIGNER)
    make_staff(make_institution(JOINT["newcomer-signer"]), "newcomer-signer", StaffRole.SIGNER)
    make_officer(world.authorities["province"], "case-province", OfficerRole.CASE)
    for username in JOINT:
        Person.objects.filter(username=username).update(email=f"{username}@firm.example")
    Walk(world, title=ASKED).to(StageKind.SCREENING)
    Walk(world, title=HEARD).to(StageKind.REVIEW)
    for title in (GOOD, SPLIT):
        Walk(world, title=title).to(StageKind.ADMISSION)
    Call.objects.update(released_together=True)
    for username in Person.objects.values_list("username", flat=True):
        open_account(username, PASSWORD)


WRITTEN_ABOUT = "需要发函的项目"
"""Title of the case of `seed_letters`."""


def seed_letters() -> None:
    """A case in screening, under rules by which letters are stamped and mail is a draft first."""
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases import outbox
    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id
    from shidian.core.rulebook.load import load_text
    from shidian.core.rulebook.model import StageKind
    from tests.factories import RULEBOOKS, Walk, make_world

    text = (RULEBOOKS / "demo-city.yaml").read_text(encoding="utf-8")
    stamped = "  stamped: true\n"
    assert stamped in text
    rules = load_text(
        text.replace(stamped, f"{stamped}  mail_drafts: true\n"),
        name="drafted.yaml",
        resolve=lambda name: (RULEBOOKS / f"{name}.yaml").read_text(encoding="utf-8"),
    )
    store_calendar(by_id("cn-working-day"))
    walk = Walk(make_world(rules), title=WRITTEN_ABOUT)
    for person in (walk.world.drafter, walk.world.signer):
        Person.objects.filter(pk=person.pk).update(email=f"{person.username}@firm.example")
    walk.to(StageKind.SCREENING)
    while outbox.deliver_pending():
        pass
    for username in Person.objects.values_list("username", flat=True):
        open_account(username, PASSWORD)
