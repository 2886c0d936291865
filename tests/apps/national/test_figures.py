"""A report's figures are counted from cases, carry their query, and can be counted again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import AccessEffect, AccessRow
from shidian.apps.national import figures
from shidian.apps.national.owed import owed_reports
from shidian.apps.national.periods import ReportPeriod, last_period
from shidian.core.rulebook.model import StageKind
from tests.apps.national.things import begin, reader, send, sent
from tests.factories import Walk

if TYPE_CHECKING:
    from shidian.apps.cases.models import Case
    from shidian.apps.national.models import Dispatch
    from tests.factories import World

FIRST, LAST = date(2025, 1, 1), date(2025, 3, 31)
APRIL = datetime(2025, 4, 7, 2, 0, tzinfo=UTC)


def values(made: Dispatch) -> dict[str, int]:
    return {one["key"]: one["value"] for one in made.figures}


def quarterly(world: World, **more: object) -> Dispatch:
    given = {"first": FIRST, "last": LAST, "at": APRIL, **more}
    return begin(world, "quarterly", **given)


def two_cases(walk: Walk) -> tuple[Case, Case]:
    """One admitted in March 2025, and one that was submitted in that month."""
    admitted = walk.to(StageKind.RUNNING)
    assert walk.at.date() <= LAST
    other = Walk(walk.world, walk.at, title="另一项目")
    return admitted, other.to(StageKind.SCREENING)


def test_figures_count_what_happened_in_the_period(walk: Walk) -> None:
    two_cases(walk)
    found = values(quarterly(walk.world))
    assert (found["received"], found["admitted"], found["running"]) == (2, 1, 1)
    assert (found["ended"], found["not-admitted"], found["orders"]) == (0, 0, 0)
    before = values(quarterly(walk.world, first=date(2025, 1, 1), last=date(2025, 2, 28)))
    assert not any(before.values())


@pytest.mark.parametrize(("minute", "march", "april"), [(59, 1, 0), (60, 0, 1)])
def test_a_day_counts_as_the_schemes_legal_time_has_it(
    walk: Walk, minute: int, march: int, april: int
) -> None:
    walk.create()
    walk.fill()
    # Midnight in Shanghai is 16:00 UTC.
    at = datetime(2025, 3, 31, 15, 0, tzinfo=UTC) + timedelta(minutes=minute)
    cases.submit_case(case=walk.case, by=walk.world.signer, at=at)
    assert values(quarterly(walk.world))["received"] == march
    later = quarterly(walk.world, first=date(2025, 4, 1), last=date(2025, 4, 7))
    assert values(later)["received"] == april


def test_a_special_report_counts_its_own_cases_alone(walk: Walk) -> None:
    admitted, _other = two_cases(walk)
    made = begin(walk.world, "special", cases=[admitted], first=FIRST, last=LAST, at=APRIL)
    assert values(made)["received"] == 1


def test_each_figure_says_what_it_counts_and_is_found_again(walk: Walk) -> None:
    admitted, other = two_cases(walk)
    made = quarterly(walk.world)
    send(walk.world, made, at=APRIL + timedelta(hours=1))
    for line in made.versions.get().content["figures"]:
        assert line["query"]["zh"]
        assert line["query"]["en"]
        again = figures.find_again(walk.world.scheme, line, "Asia/Shanghai")
        assert (len(again), figures.digest_of(again)) == (line["value"], line["sha256"])
    page = reader(walk.world.national).get(
        f"/national/dispatches/{made.reference}/v1/figures/received/"
    )
    text = page.content.decode()
    assert admitted.reference in text
    assert other.reference in text
    assert "the same" in text


def test_who_is_barred_from_a_case_draws_no_figures_of_all_and_does_not_see_them(
    walk: Walk,
) -> None:
    admitted, _other = two_cases(walk)
    world = walk.world
    made = quarterly(world)
    send(world, made, at=APRIL + timedelta(hours=1))
    event = admitted.events.last()
    for person in (world.case_officer["finance"], world.national):
        AccessRow.objects.create(
            case=admitted,
            effect=AccessEffect.DENY,
            person=person,
            starts=event.at,
            because=event,
        )
    with pytest.raises(DomainError) as error:
        quarterly(world, by=world.case_officer["finance"])
    assert error.value.code == "barred"
    for person in (world.case_officer["finance"], world.national):
        client = reader(person)
        assert client.get(f"/national/dispatches/{made.reference}/").status_code == 404
        figure = f"/national/dispatches/{made.reference}/v1/figures/received/"
        assert client.get(figure).status_code == 404
        assert made.reference not in client.get("/national/dispatches/").content.decode()


@pytest.mark.parametrize(
    ("every", "today", "first", "last"),
    [
        (3, date(2025, 4, 1), date(2025, 1, 1), date(2025, 3, 31)),
        (3, date(2025, 6, 30), date(2025, 1, 1), date(2025, 3, 31)),
        (3, date(2026, 1, 5), date(2025, 10, 1), date(2025, 12, 31)),
        (1, date(2024, 3, 1), date(2024, 2, 1), date(2024, 2, 29)),
        (12, date(2025, 12, 31), date(2024, 1, 1), date(2024, 12, 31)),
    ],
)
def test_the_newest_period_that_is_over(every: int, today: date, first: date, last: date) -> None:
    assert last_period(every, today) == ReportPeriod(first, last)


def test_a_periodic_report_is_owed_until_it_is_sent(world: World) -> None:
    def owed(at: datetime) -> tuple[date | None, bool, bool]:
        (one,) = owed_reports([world.scheme], at)
        return one.due, one.is_sent, one.is_late

    # Ten working days after 31 March 2025, of which Friday, 4 April is none.
    assert owed(APRIL) == (date(2025, 4, 15), False, False)
    assert owed(datetime(2025, 4, 16, 2, 0, tzinfo=UTC))[2]
    made = quarterly(world)
    assert not owed(APRIL)[1]
    send(world, made, at=APRIL)
    assert owed(datetime(2025, 4, 16, 2, 0, tzinfo=UTC)) == (date(2025, 4, 15), True, False)


def test_nothing_is_owed_for_a_time_before_the_rules_were_published(world: World) -> None:
    # The rules are of 3 March 2025; the quarter before ended on 31 December 2024.
    assert owed_reports([world.scheme], datetime(2025, 3, 20, 2, 0, tzinfo=UTC)) == []


def test_a_filing_has_no_figures(world: World) -> None:
    assert sent(world).figures == []
