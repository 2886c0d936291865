"""Who may do what: everybody there is against every permission, and the pages behind them.

The permissions and predicates are found by looking, not listed: a new one is in at once, and stops
the tests until `tests/apps/authorization.txt` says who is meant to have it.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.test import Client
from django.urls import get_resolver
from rules.permissions import permissions
from rules.predicates import Predicate

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.access import Permission, allows
from shidian.apps.accounts.models import OfficerRole, Person, StaffRole
from shidian.apps.cases import domain as cases
from shidian.apps.cases.domain.coaching import ask_for_coaching
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.models import AccessEffect, AccessRow, Case
from shidian.apps.national.domain.dispatching import begin_dispatch, send_dispatch
from shidian.apps.national.domain.tips import send_tip
from shidian.apps.review import domain as review
from shidian.core.procedure.types import SessionKind
from shidian.web.access import routed_views
from tests.apps.cases.letter_things import released
from tests.apps.lab.things import make_draft
from tests.factories import LONG_AGO, make_institution, make_person, make_staff
from tests.leaks import ANSWERED, ARGUMENT, LETTER, NOTE, TITLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.apps.accounts.access import AccessRule
    from shidian.apps.accounts.models import Institution
    from shidian.apps.cases.models import Coaching
    from shidian.apps.lab.models import RulebookDraft
    from shidian.apps.national.models import Dispatch, RiskTip
    from shidian.apps.review.models import Assignment
    from tests.factories import Walk

Cell = tuple[Permission, str, str]
"""Permission, object, person."""

NOBODY = "anonymous"
OF_A_FIRM = (Permission.PROFILE_SET, Permission.CONTACT_WRITE)
OF_COACHING = (
    Permission.COACHING_READ,
    Permission.COACHING_ANSWER,
    Permission.COACHING_WITHDRAW,
)

OF_A_DISPATCH = (
    Permission.DISPATCH_READ,
    Permission.DISPATCH_DRAFT,
    Permission.DISPATCH_SEND,
    Permission.DISPATCH_ANSWER,
)
OF_A_TIP = (
    Permission.TIP_READ,
    Permission.TIP_PUBLISH,
    Permission.TIP_LIFT,
    Permission.TIP_ANSWER,
)


@dataclass
class Stage:
    """A case in review, and everybody: with every role, with none, of other firms and places.

    `barred` holds every role that there is, and a denial: whatever a denial must beat, it shows.
    """

    walk: Walk
    case: Case = field(init=False)
    draft: RulebookDraft = field(init=False)
    coaching: Coaching = field(init=False)
    dispatch: Dispatch = field(init=False)
    tip: RiskTip = field(init=False)
    invited: Institution = field(init=False)
    sheets: dict[str, Assignment] = field(init=False)
    cast: dict[str, int] = field(init=False)
    """Name → id of the person."""

    def __post_init__(self) -> None:
        walk, world = self.walk, self.walk.world
        walk.title = TITLE
        self.invited = make_institution(8)
        people = self._people()
        self.cast = {name: person.pk for name, person in people.items()}
        self.case = self._filed(people)
        walk.pass_screening()
        self._asks_another(people)
        self._panel(people)
        self._commissioned()
        released(walk, title=LETTER)
        bureau = world.authorities["bureau"]
        cases.write_note(case=self.case, authority=bureau, text=NOTE, by=walk.officer)
        self.draft = make_draft(world)
        self.coaching = ask_for_coaching(
            scheme=world.scheme,
            institution=world.lead,
            subject="辅导",
            question="能否由我机构牵头？",
            by=world.drafter,
            at=walk.tick(),
        )
        self._told(people)
        self._bar(people["barred"])

    def _told(self, people: dict[str, Person]) -> None:
        """A filing about the case at the national body, and a tip of that body."""
        world, walk = self.walk.world, self.walk
        self.dispatch = begin_dispatch(
            scheme=world.scheme,
            rule="admissions",
            subject=TITLE,
            text=TITLE,
            cases=[self.case],
            by=walk.officer,
            at=walk.tick(),
        )
        signer = people["signing officer"]
        send_dispatch(dispatch=self.dispatch, edition=1, by=signer, at=walk.tick())
        self.tip = send_tip(
            authority=world.authorities["national"],
            schemes=[world.scheme],
            subject="风险提示",
            text="请核查。",
            by=world.national,
            at=walk.tick(),
        )

    def _people(self) -> dict[str, Person]:
        world = self.walk.world
        province = world.authorities["province"]
        found = {
            "no role": make_person("no-role"),
            "lead drafter": world.drafter,
            "lead signer": world.signer,
            "lead technical": make_staff(world.lead, "lead-technical", StaffRole.TECHNICAL),
            "partner drafter": world.partner_drafter,
            "partner signer": make_staff(world.partner, "partner-signer", StaffRole.SIGNER),
            "invited drafter": make_staff(self.invited, "invited-drafter", StaffRole.DRAFTER),
            "invited signer": make_staff(self.invited, "invited-signer", StaffRole.SIGNER),
            "other firm": world.rival_signer,
            "case officer": world.case_officer["bureau"],
            "signing officer": world.signing_officer["bureau"],
            "second authority": world.case_officer["finance"],
            "guide": self._officer(province, "guide", OfficerRole.CASE),
            "national": world.national,
            "auditor": world.auditor,
            "other authority": world.outsider,
            "assessor": world.assessor,
            "barred": make_person("barred"),
        }
        names = ("conflicted", "declared", "undeclared", "not invited")
        return found | {
            f"expert {name}": expert.person
            for name, expert in zip(names, world.experts, strict=False)
        }

    @staticmethod
    def _officer(authority: Any, username: str, role: OfficerRole) -> Person:
        person = make_person(username)
        accounts.appoint_officer(person=person, authority=authority, role=role, starts=LONG_AGO)
        return person

    def _filed(self, people: dict[str, Person]) -> Case:
        """Signed by the partner and filed; another firm is asked in its place afterwards."""
        walk, world = self.walk, self.walk.world
        walk.create()
        case = walk.case
        joint = {"case": case, "institution": world.partner}
        cases.invite_partner(**joint, task="建模", by=world.signer, at=walk.tick())
        signer = people["partner signer"]
        cases.answer_invitation(**joint, join=True, by=signer, at=walk.tick())
        walk.fill()
        cases.request_signatures(case=case, by=world.signer, at=walk.tick())
        sha256 = filled_form(case).sha256
        cases.sign_application(**joint, sha256=sha256, by=signer, at=walk.tick())
        cases.submit_case(case=case, by=world.signer, at=walk.tick())
        cases.invite_partner(
            case=case, institution=self.invited, task="托管", by=world.signer, at=walk.tick()
        )
        return case

    def _asks_another(self, people: dict[str, Person]) -> None:
        del people
        (asked, *_rest) = [
            one for one in self.case.rulebook.consultations if one.stage == self.case.stage
        ]
        cases.consult(
            case=self.case, consultation=asked.id, by=self.walk.officer, at=self.walk.tick()
        )

    def _panel(self, people: dict[str, Person]) -> None:
        """Four are asked: one declares a conflict, two none, one nothing yet."""
        walk = self.walk
        barred = accounts.enrol_expert(person=people["barred"], disciplines=["law"])
        sitting = [*walk.world.experts[:3], barred]
        walk.panel = review.form_panel(
            case=self.case,
            experts=sitting,
            starts=walk.at.date(),
            ends=date(2099, 12, 31),  # the round goes on, whatever the day is
            by=walk.officer,
            at=walk.tick(),
        )
        of = {one.expert.person_id: one for one in walk.panel.assignments.select_related("expert")}
        names = ("expert conflicted", "expert declared", "expert undeclared", "barred")
        self.sheets = {name: of[people[name].pk] for name in names}
        for name in ("expert conflicted", "expert declared", "barred"):
            conflict = name == "expert conflicted"
            review.declare_conflict(
                assignment=self.sheets[name],
                conflict=conflict,
                reason="持股" if conflict else "",
                by=people[name],
                at=walk.tick(),
            )
        starts = walk.at + timedelta(days=10)
        review.call_session(
            case=self.case,
            kind=SessionKind.DEFENCE,
            when=review.When(starts, starts + timedelta(hours=1), place="三层"),
            by=walk.officer,
            at=walk.tick(),
        )
        # Handles the scheme's cases besides: without the denial they would read everything.
        accounts.appoint_officer(
            person=people["expert conflicted"],
            authority=walk.world.authorities["bureau"],
            role=OfficerRole.CASE,
            starts=LONG_AGO,
        )

    def _commissioned(self) -> None:
        """The body sees the case as if its assessment had been asked for, without leaving review."""
        event = self.case.events.order_by("-seq").first()
        AccessRow.objects.create(
            case=self.case,
            effect=AccessEffect.GRANT,
            institution=self.walk.world.body,
            starts=event.at,
            because=event,
        )

    def _bar(self, person: Person) -> None:
        """Every role there is, and a denial of this case."""
        world = self.walk.world
        for firm in (world.lead, world.partner, self.invited):
            for place in (StaffRole.DRAFTER, StaffRole.SIGNER):
                accounts.enrol_staff(person=person, institution=firm, role=place, starts=LONG_AGO)
        for authority in ("bureau", "province", "national"):
            for office in (OfficerRole.CASE, OfficerRole.SIGNING):
                accounts.appoint_officer(
                    person=person,
                    authority=world.authorities[authority],
                    role=office,
                    starts=LONG_AGO,
                )
        accounts.enrol_assessor(person=person, institution=world.body, starts=LONG_AGO)
        event = self.case.events.order_by("-seq").first()
        AccessRow.objects.create(
            case=self.case, effect=AccessEffect.DENY, person=person, starts=event.at, because=event
        )

    def person(self, name: str) -> Person | AnonymousUser:
        """Read anew, so that no roles are remembered."""
        return AnonymousUser() if name == NOBODY else Person.objects.get(pk=self.cast[name])

    @property
    def names(self) -> list[str]:
        return [NOBODY, *self.cast]

    def objects(  # noqa: C901, PLR0911 - one a kind
        self, permission: Permission
    ) -> dict[str, object]:
        """What a permission is asked of, by a name. See `Permission` for the kinds."""
        scope, noun, _action = permission.split(":")
        scheme = {"scheme": self.walk.world.scheme}
        match scope, noun:
            case ("review", "conflict" | "sheet"):
                return {f"sheet of {name}": one for name, one in self.sheets.items()}
            case ("coaching", "request") if permission is not Permission.COACHING_ASK:
                return {"question of the lead": self.coaching}
            case ("coaching", _) | ("matching", _) if permission not in OF_A_FIRM:
                return {"–": None}
            case ("accounts" | "matching", _):
                return {"lead": self.walk.world.lead}
            case ("national", "dispatch") if permission in OF_A_DISPATCH:
                return {"filing": self.dispatch}
            case ("national", "tip") if permission in OF_A_TIP:
                return {"tip": self.tip}
            case ("national", _) if permission is not Permission.DISPATCH_BEGIN:
                return {"–": None}
            case ("scheme" | "national", _) | ("lab", "clauses"):
                return scheme
            case ("lab", "draft"):
                return {"draft": self.draft} if permission is Permission.DRAFT_READ else scheme
            case ("desk" | "audit", _) | ("lab", "lab") | ("pilot", "board") | (_, "availability"):
                return {"–": None}
        return {"–": None} if permission is Permission.CASE_CREATE else {"case": self.case}

    def arguments(self, permission: Permission | str) -> dict[str, str]:
        """A value for every argument of a route under that permission."""
        case = self.case
        firm = str(self.walk.world.lead.pk)
        slug = {"lab:draft:read": self.draft.slug, "case:case:create": self.walk.world.call.slug}
        return {
            "reference": case.reference,
            "public_id": case.reference,
            "slug": slug.get(str(permission), self.walk.world.scheme.slug),
            "section": case.rulebook.form[0].id,
            "verb": "request-information",
            "pk": str(self.coaching.pk) if str(permission) in OF_COACHING else firm,
            "person": str(self.cast["lead signer"]),
            "kind": "csv",
            "number": "1",
            "act": "submit",
            "dispatch": self.dispatch.reference,
            "tip": self.tip.reference,
            "kind_of": "admissions",
            "figure": "received",
            "letter_act": "withdraw",
        }

    def routes(self, permission: AccessRule) -> list[str]:
        """Addresses whose rule is that permission, where their arguments are known."""
        known = self.arguments(permission)
        found = []
        for route, view in routed_views(get_resolver().url_patterns):
            names = {match["name"] for match in ARGUMENT.finditer(route)}
            if getattr(view, "access_rule", None) == permission and names <= known.keys():
                found.append("/" + ARGUMENT.sub(lambda match: known[match["name"]], route))
        return found

    def client(self, name: str) -> Client:
        client = Client()
        person = self.person(name)
        if isinstance(person, Person):
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client


def cells(stage: Stage, *, only: frozenset[Permission] | None = None) -> set[Cell]:
    """Every (permission, object, person) that is allowed."""
    people = {name: stage.person(name) for name in stage.names}
    return {
        (permission, label, name)
        for permission in (only if only is not None else Permission)
        for label, thing in stage.objects(permission).items()
        for name, person in people.items()
        if allows(person, permission, thing)
    }


def written(found: set[Cell], stage: Stage) -> str:
    """The matrix as text: a line for each permission and object, in a settled order."""
    lines = []
    for permission in sorted(Permission):
        for label in stage.objects(permission):
            who = [name for name in stage.names if (permission, label, name) in found]
            lines.append(f"{permission} · {label}: {', '.join(who) or 'nobody'}")
    return "\n".join(lines) + "\n"


def predicates() -> dict[str, Predicate]:
    """Every single predicate of every `rules.py`, by its name."""
    found = {}
    for name, module in sorted(sys.modules.items()):
        if not (name.startswith("shidian.apps.") and name.endswith(".rules")):
            continue
        for one in vars(module).values():
            if isinstance(one, Predicate) and one.fn.__module__ == name:
                assert found.setdefault(one.name, one) is one, f"two predicates {one.name}"
    return found


def permissions_of(predicate: Predicate) -> frozenset[Permission]:
    """The permissions in whose condition the predicate stands."""
    return frozenset(
        Permission(name)
        for name, whole in permissions.items()
        if predicate.name in whole.name.replace("(", " ").replace(")", " ").split()
    )


@contextmanager
def removed(predicate: Predicate) -> Iterator[None]:
    """The predicate holds for everyone and everything, here and in whatever it is part of."""
    held = predicate.fn, predicate.num_args, predicate.var_args
    predicate.fn = lambda *_args: True
    predicate.num_args, predicate.var_args = 2, False
    try:
        yield
    finally:
        predicate.fn, predicate.num_args, predicate.var_args = held


def is_to_read(permission: Permission) -> bool:
    return permission.endswith(":read")


def opened(stage: Stage, permission: AccessRule, name: str) -> list[str]:
    """Pages under the permission that open to the person: neither a 404 nor the way to sign in."""
    client = stage.client(name)
    found = []
    for address in stage.routes(permission):
        answer = client.get(address)
        if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:  # asked before the permission
            answer = client.post(address)
        closed = answer.status_code == HTTPStatus.NOT_FOUND or "/sign-in/" in answer.get(
            "Location", ""
        )
        if not closed:
            found.append(address)
    return found


def pages_that_leak(stage: Stage, lacking: set[Cell]) -> list[str]:
    """Of people and permissions to read that they lack: pages that open all the same."""
    return [
        f"{name}: {address}"
        for permission, name in sorted({(one, name) for one, _label, name in lacking})
        for address in opened(stage, permission, name)
    ]


OUTSIDE_THE_FILE = ("expert undeclared", "invited signer", "no role", "other firm")
"""Their own pages name the case; none shows what was filed."""
OUTSIDE_THE_OFFICE = ("lead signer", "partner drafter", "expert declared", "assessor")
"""They see the case, and nothing of what the authorities keep to themselves."""


def texts_that_leak(stage: Stage) -> list[str]:
    """Pages that open, and show more than their reader may see."""
    reference = stage.case.reference
    pages = ("", "application/", "invitation/", "letters/1/")
    sheet = f"/review/{reference}/"
    addresses = [*(f"/cases/{reference}/{page}" for page in pages), sheet, f"{sheet}conflict/"]
    # Who is barred works for the parties besides, which know their own people.
    panel = [str(one.expert.person) for name, one in stage.sheets.items() if name != "barred"]
    found = []
    for names, marks in (
        (OUTSIDE_THE_FILE, [ANSWERED, NOTE, LETTER]),
        (OUTSIDE_THE_OFFICE, [NOTE, LETTER, "持股", *panel]),
    ):
        for name in names:
            client, own = stage.client(name), str(stage.person(name))
            for address in addresses:
                answer = client.get(address)
                text = answer.content.decode() if answer.status_code == 200 else ""
                found += [
                    f"{name}: {address} shows {mark}"
                    for mark in marks
                    if mark in text and mark != own
                ]
    return found
