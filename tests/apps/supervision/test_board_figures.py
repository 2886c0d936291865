"""The board's one statement finds what going through the rows one by one finds."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from shidian.apps.cases.models import AccessRow, Task
from shidian.apps.notices.complaint_words import ComplaintCategory, ComplaintChannel, ComplaintState
from shidian.apps.supervision.board import board
from shidian.apps.supervision.domain.exits import drill_due
from shidian.apps.supervision.models import (
    AlarmKind,
    AlertEpisode,
    Complaint,
    CurrentReading,
    EpisodeState,
    ExitDrill,
    ExitPlan,
    GroupedReading,
    IndicatorReading,
    OrderAlarm,
    Report,
    ReportState,
    SourceReading,
)
from shidian.apps.supervision.reports import due_lines
from shidian.apps.supervision.worker import projection
from shidian.core.procedure.alerts import LEVELS

from .orders import propose
from .test_board import _columns, clones
from .things import item, quick_pilot

PILOTS = 30


def fill(pilots, drawn: random.Random) -> None:
    """Rows of every kind for every pilot, drawn."""
    now = timezone.now()
    first = AlertEpisode.objects.get()
    own = {name: getattr(first, name) for name in _columns(AlertEpisode)}
    AlertEpisode.objects.bulk_create(
        AlertEpisode(
            **own
            | {
                "pilot_id": one.pk,
                "episode": f"{one.public_id}-{n}",
                "rank": (rank := drawn.randint(1, 4)),
                "level": LEVELS[rank - 1],
                "state": drawn.choice(list(EpisodeState)),
                "seen_rank": drawn.randint(0, 4),
                "seen_at": now,
                "muted_rank": drawn.randint(0, 4),
                "muted_until": drawn.choice([None, now - timedelta(1), now + timedelta(1)]),
                "last_seq": 1000 + n,
            }
        )
        for one in pilots
        for n in range(drawn.randrange(6))
    )
    SourceReading.objects.bulk_create(
        SourceReading(
            pilot=one,
            source=f"s-{n}",
            epoch=1,
            entry=1,
            events=drawn.choice([0, 10, 1000]),
            late=drawn.randrange(10),
            missing=drawn.randrange(3),
            newest_us=1,
            ingest_us=1,
            silent=drawn.random() < 0.3,
        )
        for one in pilots
        for n in range(drawn.randrange(3))
    )
    Complaint.objects.bulk_create(
        Complaint(
            pilot=one,
            reference=f"{one.public_id}-{n}",
            receipt_sha256=f"{one.pk:05d}{n:059d}",
            sealing_key="0" * 64,
            channel=ComplaintChannel.INSTITUTION,
            category=ComplaintCategory.LOSS,
            body="x",
            received_at=now,
            state=drawn.choice(list(ComplaintState)),
            acknowledge_by=timezone.localdate() + timedelta(drawn.randint(-2, 2)),
            answer_by=timezone.localdate() + timedelta(drawn.randint(-2, 2)),
        )
        for one in pilots
        for n in range(drawn.randrange(4))
    )
    Task.objects.bulk_create(
        Task(
            case_id=one.case_id,
            key=f"k-{n}",
            verb="file_report",
            kind="applicant",
            what_zh="报告",
            what_en="Report",
            due=drawn.choice([None, timezone.localdate() + timedelta(drawn.randint(-2, 2))]),
            opened_at=now,
            closed_at=drawn.choice([None, now]),
        )
        for one in pilots
        for n in range(drawn.randrange(4))
    )
    for one in pilots:
        model = drawn.choice([CurrentReading, IndicatorReading, None])
        for n, name in enumerate(("investors", "turnover_1d")):
            if model is not None:
                more = {"changed_at": now} if model is CurrentReading else {}
                value = drawn.choice([None, 0, drawn.randrange(2**60)])
                model.objects.create(
                    pilot=one, indicator=name, instant_us=n, value=value, scale=0, **more
                )


def file_reports_and_drill(pilots, drawn: random.Random, by) -> None:
    """Of what each pilot owes some is filed, some in draft, some to be revised; some have drilled."""
    now, today = timezone.now(), timezone.localdate()
    states = [None, *ReportState]
    owed = [one for one in due_lines(pilots, now) if one.over]
    Report.objects.bulk_create(
        Report(
            pilot=one.pilot,
            number=n,
            duty=one.duty.id,
            kind=one.duty.kind,
            first=one.first,
            last=one.last,
            due_on=one.due,
            opened_at=now,
            opened_by=by,
            state=state,
            revised_by=drawn.choice([None, today - timedelta(1), today, today + timedelta(1)])
            if state == ReportState.RETURNED
            else None,
            draft={"lines": [], "texts": []},
            draft_at=now,
            draft_by=by,
        )
        for n, one in enumerate(owed, start=1)
        if (state := drawn.choice(states)) is not None
    )
    for one in pilots:
        plan = ExitPlan.objects.create(
            case=one.case, number=1, canonical="{}", digest="x", filed_by=by, filed_at=now
        )
        ago = sorted(drawn.choices([1, 300, 364, 365, 366, 367, 700], k=drawn.randrange(3)))
        for number, days in enumerate(reversed(ago)):
            ExitDrill.objects.create(
                case=one.case,
                number=number + 1,
                plan=plan,
                passed=drawn.random() < 0.7,
                certificate="{}",
                digest="x",
                run_by=by,
                run_at=now - timedelta(days=days),
            )


def standing(pilot) -> tuple[object, ...]:
    """What the board says of one pilot, from its rows alone."""
    now, today = timezone.now(), timezone.localdate()
    is_open, muted, unseen = Counter(), Counter(), 0
    for row in pilot.episodes.all():
        if row.state == EpisodeState.OPEN:
            is_open[row.rank] += 1
            hidden = row.muted_until is not None and row.muted_until > now
            muted[row.rank] += hidden and row.muted_rank >= row.rank
        unseen += row.state != EpisodeState.WITHDRAWN and row.rank > row.seen_rank
    sources = list(pilot.sources.all())
    came = sum(one.events for one in sources)
    late = sum(one.late for one in sources)
    waiting = [one for one in pilot.complaints.all() if one.state != ComplaintState.CLOSED]
    forwarded = {ComplaintState.FORWARDED, ComplaintState.ACKNOWLEDGED}
    overdue = [
        one
        for one in waiting
        if (one.state in forwarded and one.answer_by < today)
        or (one.state == ComplaintState.FORWARDED and one.acknowledge_by < today)
    ]
    owed = [one for one in pilot.case.tasks.filter(closed_at=None) if one.due and one.due < today]
    values = {one.indicator: one.value for one in pilot.current.all()} or {
        one.indicator: one.value for one in pilot.readings.order_by("instant_us")
    }
    return (
        dict(is_open),
        {rank: n for rank, n in muted.items() if n},
        unseen,
        (100 * late / came if came else 0.0) if sources else None,
        sum(one.missing for one in sources),
        sum(one.silent for one in sources),
        (len(waiting), len(overdue), len(owed)),
        sum(one.late for one in due_lines([pilot], now)),
        drill_due(pilot.case, now).now,
        (values.get("investors"), values.get("turnover_1d")),
    )


def said(tile) -> tuple[object, ...]:
    used = {use.limit.indicator: use.used for use in tile.uses if not use.groups}
    quality = tile.quality
    return (
        tile.alerts.open,
        tile.alerts.muted,
        tile.unseen,
        quality.late_per_cent if quality else None,
        quality.missing if quality else 0,
        quality.silent if quality else 0,
        (tile.complaints, tile.complaints_late, tile.duties_late),
        tile.reports_late,
        tile.drill_late,
        (used.get("investors"), used.get("turnover_1d")),
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_one_statement_says_what_the_rows_say(walk, seed, django_assert_num_queries):
    pilot = quick_pilot(walk)
    projection.apply_items([item(pilot, 1)])
    pilots = [pilot, *clones(pilot, PILOTS - 1)]
    drawn = random.Random(seed)
    fill(pilots, drawn)
    file_reports_and_drill(pilots, drawn, walk.world.drafter)
    denied, closed = pilots[3], pilots[5]
    AccessRow.objects.create(
        case_id=denied.case_id,
        person=walk.officer,
        effect="deny",
        starts=timezone.now(),
        because=AccessRow.objects.first().because,
    )
    closed.state = "closed"
    closed.save(update_fields=["state"])

    board(walk.officer)  # reads the roles and the rules
    with django_assert_num_queries(2):  # the pilots, and their figures
        shown = board(walk.officer)

    tiles = {tile.pilot.pk: tile for tile in shown.tiles}
    assert set(tiles) == {one.pk for one in pilots} - {denied.pk, closed.pk}
    for one in pilots:
        if one.pk in tiles:
            assert said(tiles[one.pk]) == standing(one)
    assert {tile.drill_late for tile in shown.tiles} == {True, False}
    assert len({tile.reports_late for tile in shown.tiles}) > 2


def test_orders_and_alarms_are_those_that_the_reader_may_see(walk, world):
    pilot = quick_pilot(walk)
    order = propose(pilot, "suspend", walk.officer, walk.tick())
    at = timezone.now()
    alarms = [OrderAlarm.objects.create(order=order, kind=kind, raised_at=at) for kind in AlarmKind]
    shown = board(walk.officer)
    assert shown.to_decide == 1
    assert [one.pk for one in shown.alarms] == [one.pk for one in alarms][:6]
    first = shown.alarms[0]
    assert (first.kind, first.raised_at) == (alarms[0].kind, at)
    assert first.order.public_id == order.public_id
    assert first.order.pilot.case.title == pilot.case.title
    assert board(world.signer).alarms == []
    AccessRow.objects.create(
        case_id=pilot.case_id,
        person=walk.officer,
        effect="deny",
        starts=at - timedelta(hours=1),
        because=AccessRow.objects.first().because,
    )
    hidden = board(walk.officer)
    assert (hidden.tiles, hidden.alarms, hidden.to_decide) == ([], [], 0)


def test_groups_and_the_tier_come_with_the_figures(walk):
    pilot = quick_pilot(walk)
    values = {"groups": 3, "rungs": [{"per_cent": 80, "breach": False, "groups": 1}]}
    nearest = [{"group": '{"investor":"7"}', "value": 2**60, "scale": 2}]
    GroupedReading.objects.create(
        pilot=pilot,
        rule="cap-investors",
        entry=4,
        instant_us=5,
        final=True,
        nearest=nearest,
        **values,
    )
    from shidian.apps.supervision.board_figures import figures_of

    found = figures_of(walk.officer, {pilot.case.scheme_id}, timezone.now())
    grouped = found.grouped[pilot.pk]["cap-investors"]
    assert (grouped.final, grouped.nearest, grouped.rungs) == (True, nearest, values["rungs"])
    assert found.tiers == {}
    pilot.case.events.create(
        seq=999, kind="case.admitted", at=walk.at, actor_kind="system", data={"tier": "high"}
    )
    found = figures_of(walk.officer, {pilot.case.scheme_id}, timezone.now())
    assert found.tiers == {pilot.case_id: (999, "high")}
