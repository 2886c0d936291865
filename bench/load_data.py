"""A database as full as years of work leave it: cases, events, institutions, by a seed.

A few dozen patterns go as far as each stage by the real verbs. Copies are those patterns' own rows,
set off by constants within the database, with another lead institution, another title and the same
moments: what a copy says is what the verbs wrote. `check` holds a sample against the procedure, the
index and the verbs. Left out is what no list and no case page reads: outbox, deliveries, news
of them, leaves.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, models, transaction
from tests.factories import (
    LONG_AGO,
    ORDER,
    START,
    Walk,
    make_expert,
    make_officer,
    make_world,
    uscc,
)

from bench.copying import (
    BATCH,
    WORDS_ZH,
    Copying,
    Firms,
    Others,
    copied_models,
    like,
    newest,
    set_counters,
    title,
)
from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import Institution, OfficerRole, Person, Staff, StaffRole
from shidian.apps.cases import domain as cases
from shidian.apps.cases.history import state_of
from shidian.apps.cases.indexing import index_case
from shidian.apps.cases.models import Case, CaseEvent, CaseText, Task
from shidian.apps.cases.outbox import deliver_pending
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import World

    Say = Callable[[str], None]

SHARES = {
    StageKind.DRAFT: 6,
    StageKind.SCREENING: 14,
    StageKind.REVIEW: 8,
    StageKind.ASSESSMENT: 5,
    StageKind.NOTICE: 3,
    StageKind.ADMISSION: 3,
    StageKind.RUNNING: 2,
    StageKind.EVALUATION: 2,
    StageKind.CLOSED: 57,
}
"""Of a hundred cases, how many stand in each stage after some years."""
OFFICERS, EXPERTS, PANEL = 40, 60, 3
FIRST_DAY, LAST_DAY = -420, 300
"""Days from the factories' first Monday between which patterns begin."""
ASKED_AT_LEAST = 1
SAMPLE = 20


@dataclass
class Filled:
    """What there is, and who looks at it."""

    world: World
    patterns: list[Case]
    cases: int = 0
    events: int = 0
    institutions: int = 0
    stride: dict[type[models.Model], int] = field(default_factory=dict)

    def copies(self) -> models.QuerySet[Case]:
        """The copied cases."""
        return Case.objects.filter(pk__gt=self.stride[Case])


def fill(
    *,
    cases_wanted: int,
    events_wanted: int,
    institutions: int,
    variants: int,
    seed: int,
    say: Say,
) -> Filled:
    """Fill the migrated, empty database. `variants`: patterns a stage."""
    drawn = random.Random(seed)  # noqa: S311 - a bench's choice, no secret
    world = make_world(None)
    officers = [
        make_officer(world.authorities["bureau"], f"officer-{n}", OfficerRole.CASE)
        for n in range(OFFICERS)
    ]
    rounds = _rounds(cases_wanted, events_wanted)
    experts = [make_expert(n) for n in range(len(world.experts), EXPERTS)]
    patterns = [
        _pattern(replace(world, experts=drawn.sample(experts, PANEL)), kind, rounds, drawn)
        for kind in SHARES
        for _ in range(variants)
    ]
    while deliver_pending():
        pass
    say(f"{len(patterns)} patterns by the verbs")
    firms = _found_firms(institutions)
    say(f"{institutions:,} institutions")
    filled = Filled(world, patterns, institutions=Institution.objects.count())
    filled.stride = {model: newest(model) for model in copied_models()}
    _copy_all(filled, Others(firms, officers), cases_wanted, drawn, say)
    set_counters(filled.stride)
    _look_at_sizes()
    filled.cases, filled.events = Case.objects.count(), CaseEvent.objects.count()
    return filled


def _look_at_sizes() -> None:
    """What PostgreSQL does by itself within a minute; SQLite plans without."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def _rounds(cases_wanted: int, events_wanted: int) -> int:
    """Questions asked and answered in each pattern's screening, so that the events come out."""
    per_case = events_wanted / cases_wanted
    plain = 27  # events of a case without questions, over the shares above
    asking = 1 - SHARES[StageKind.DRAFT] / 100
    return max(ASKED_AT_LEAST, round((per_case - plain) / (2 * asking)))


def _pattern(world: World, kind: StageKind, rounds: int, drawn: random.Random) -> Case:
    """One case, walked by the verbs to the stage, with its questions and an officer in charge."""
    start = START + timedelta(days=drawn.randrange(FIRST_DAY, LAST_DAY))
    walk = Walk(world, at=start, title=title(drawn))
    walk.to(StageKind.DRAFT)
    if kind is StageKind.DRAFT:
        return walk.case
    walk.submit()
    bureau = world.authorities["bureau"]
    cases.assign_cases(
        cases=[walk.case],
        authority=bureau,
        officer=walk.officer,
        reason="分工",
        by=walk.officer,
        at=walk.tick(),
    )
    cases.write_note(
        case=walk.case, authority=bureau, text=title(drawn), by=walk.officer, at=walk.tick()
    )
    for _ in range(rounds):
        _ask(walk, drawn)
    for step in (
        walk.pass_screening,
        walk.pass_review,
        walk.pass_assessment,
        walk.pass_notice,
        walk.admit,
        walk.begin_evaluation,
        walk.close,
    )[: ORDER.index(kind) - ORDER.index(StageKind.SCREENING)]:
        step()
    return walk.case


def _ask(walk: Walk, drawn: random.Random) -> None:
    asked = cases.request_information(
        case=walk.case, question=f"请说明{title(drawn)}", by=walk.officer, at=walk.tick()
    )
    cases.answer_information(
        case=walk.case,
        request=str(asked.events[0].data["request"]),
        answer=title(drawn),
        by=walk.world.signer,
        at=walk.tick(),
    )


def _found_firms(count: int) -> Firms:
    """Rows as `register_institution` and `enrol_staff` write them: the first is made by these."""
    model = accounts.register_institution(uscc=uscc(10_000), name="样板", kind="securities-firm")
    signer = accounts.enrol_person(username="model-signer", name="样板")
    place = accounts.enrol_staff(
        person=signer, institution=model, role=StaffRole.SIGNER, starts=LONG_AGO
    )
    firms = [
        like(model, uscc=uscc(10_001 + n), name_zh=f"{WORDS_ZH[n % len(WORDS_ZH)]}测试机构{n}")
        for n in range(count)
    ]
    people = [like(signer, username=f"signer-of-{n}", name_zh=f"签署人{n}") for n in range(count)]
    Institution.objects.bulk_create(firms, batch_size=BATCH)
    Person.objects.bulk_create(people, batch_size=BATCH)
    places = [
        like(place, person_id=person.pk, institution_id=firm.pk)
        for firm, person in zip(firms, people, strict=True)
    ]
    Staff.objects.bulk_create(places, batch_size=BATCH)
    return Firms(count, firms[0].pk, people[0].pk)


def _copy_all(
    filled: Filled, whose: Others, cases_wanted: int, drawn: random.Random, say: Say
) -> None:
    made, shares = len(filled.patterns), sum(SHARES.values())
    variants = made // len(SHARES)
    for nth, case in enumerate(filled.patterns):
        share = list(SHARES.values())[nth // variants]
        copies = max(1, round((cases_wanted - made) * share / shares / variants))
        with transaction.atomic():
            Copying(filled.world, filled.stride, whose, case, nth, copies).run(drawn)
        say(f"{case.stage}: {copies:,} like {case.reference}")


class DifferentCopyError(AssertionError):
    """A copy says something else than the verbs would have written."""


def check(filled: Filled, drawn: random.Random) -> int:
    """Hold a sample of copies against the procedure, the index and the verbs; how many were held.

    Raises DifferentCopyError.
    """
    keys = drawn.sample(
        list(filled.copies().order_by("pk").values_list("pk", flat=True)),
        min(SAMPLE, filled.copies().count()),
    )
    for case in Case.objects.filter(pk__in=keys).order_by("pk"):
        state = state_of(case, case.changed_at)
        last = CaseEvent.objects.filter(case=case).aggregate(models.Max("seq"))["seq__max"]
        told = (state.stage, state.outcome or "", state.tier or "", state.number, last)
        kept = (case.stage, case.outcome, case.tier, case.number, case.last_seq)
        tasks = {(one.key, one.verb.value, one.due) for one in state.tasks}
        rows = set(Task.objects.open().filter(case=case).values_list("key", "verb", "due"))
        if told != kept or tasks != rows:
            raise DifferentCopyError(f"{case.reference}: {told} {tasks}; rows {kept} {rows}")
        with transaction.atomic():
            words = CaseText.objects.get(case=case).tokens
            index_case(case, with_form=case.form_version > 0)
            if CaseText.objects.get(case=case).tokens != words:
                raise DifferentCopyError(f"{case.reference}: other words")
            if not case.outcome:
                _act(case)
            transaction.set_rollback(True)
    return len(keys)


def _act(case: Case) -> None:
    """The copy's own signer withdraws it, as any case's may."""
    place = Staff.objects.select_related("person").get(institution=case.lead_id)
    cases.withdraw_case(case=case, reason="退出", by=place.person)
    if not case.outcome:
        raise DifferentCopyError(f"{case.reference}: not withdrawn")
