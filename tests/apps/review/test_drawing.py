"""Who sits on a panel: known ties, the proposal, and the draw by lot from the pages to the record."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import Expert, Person, Staff, StaffRole
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.models import Outbox
from shidian.apps.record.leaves import statement_of
from shidian.apps.review import domain as review
from shidian.apps.review.models import DrawPool
from shidian.apps.review.pool import candidates, proposal_from
from shidian.cli.record import record
from shidian.core.procedure import drawing
from shidian.core.rulebook.load import load_text
from shidian.core.rulebook.model import StageKind
from tests.factories import LONG_AGO, RULEBOOKS, Walk, make_expert, make_world

if TYPE_CHECKING:
    from pathlib import Path

    from shidian.core.rulebook.loaded import Loaded

AREAS = (
    "disciplines: [{id: law, name: {zh: 法律, en: Law}},"
    " {id: technology, name: {zh: 技术, en: Technology}}]"
)


@lru_cache(maxsize=1)
def drawn_rules() -> Loaded:
    """The city's rules, its panel drawn by lot and covering two disciplines."""
    text = (RULEBOOKS / "demo-city.yaml").read_text(encoding="utf-8")
    panel = "    panel:\n"
    assert panel in text
    text = text.replace(panel, f"{panel}      drawn: random\n      {AREAS}\n")

    def base(name: str) -> str:
        return (RULEBOOKS / f"{name}.yaml").read_text(encoding="utf-8")

    return load_text(text, name="drawn.yaml", resolve=base)


@pytest.fixture
def by_lot(db: None) -> Walk:
    """A case in review under rules that have the panel drawn; nine experts, two of technology."""
    del db
    walk = Walk(make_world(drawn_rules()))
    more = [make_expert(number) for number in range(5, 9)]
    Expert.objects.filter(pk__in=[one.pk for one in more[:2]]).update(disciplines=["technology"])
    walk.to(StageKind.SCREENING)
    walk.pass_screening()
    return walk


def client_of(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def commit(walk: Walk) -> DrawPool:
    return review.commit_pool(
        case=walk.case,
        seats=3,
        seed_source="上证综指下周一收盘点位",
        known_from=walk.at.date() + timedelta(days=3),
        by=walk.officer,
        at=walk.tick(),
    )


def draw(walk: Walk, seed: str = "3288.41") -> list[str]:
    panel = review.draw_panel(
        case=walk.case,
        seed=seed,
        starts=walk.at.date(),
        ends=walk.at.date() + timedelta(days=10),
        by=walk.officer,
        at=walk.tick(),
    )
    return [str(one.expert.person_id) for one in panel.assignments.select_related("expert")]


def test_known_ties_bar_from_the_proposal_the_pool_and_the_panel(walk: Walk) -> None:
    walk.to(StageKind.SCREENING)
    walk.pass_screening()
    case = walk.case
    employed, left_lately, left_long_ago, away, free = walk.world.experts
    Expert.objects.filter(pk=employed.pk).update(employer=f" {walk.world.lead.name_zh} ")
    today = timezone.localdate()
    for one, ends in ((left_lately, today - timedelta(400)), (left_long_ago, LONG_AGO)):
        accounts.enrol_staff(
            person=one.person, institution=walk.world.lead, role=StaffRole.DRAFTER, starts=LONG_AGO
        )
        Staff.objects.filter(person=one.person).update(ends=ends)
    Expert.objects.filter(pk=away.pk).update(away_until=today)

    pool = candidates(case)
    barred = {str(expert.person): one.ties for expert, one in pool.items() if one.ties}

    assert set(barred) == {str(one.person) for one in (employed, left_lately, away)}
    proposed = {pick.candidate.id for pick in proposal_from(pool, case.stage_rule.panel).picks}
    assert proposed == {str(left_long_ago.pk), str(free.pk)}
    for one in (employed, left_lately):
        with pytest.raises(DomainError) as refused:
            review.form_panel(
                case=case,
                experts=[Expert.objects.get(pk=one.pk)],
                starts=walk.at.date(),
                ends=walk.at.date(),
                by=walk.officer,
                at=walk.tick(),
            )
        assert refused.value.code == "may-not-review"


def test_a_panel_is_drawn_from_what_was_fixed_and_anyone_computes_it_again(
    by_lot: Walk, tmp_path: Path
) -> None:
    walk = by_lot
    tied = walk.world.experts[0]
    Expert.objects.filter(pk=tied.pk).update(employer=walk.world.lead.name_zh)
    pool = commit(walk)
    assert str(tied.person_id) not in pool.people.values()
    assert len(pool.people) == 8

    row = Outbox.objects.get(topic="record.leaf", payload__kind="pool.committed")
    said = statement_of(row)
    assert said.document == {"kind": "pool.committed", "sha256": pool.sha256}
    assert walk.case.reference not in f"{said.subject}{said.document}{row.payload}"

    with pytest.raises(DomainError) as early:
        draw(walk)
    assert early.value.code == "seed-unknown"
    walk.sleep(3)
    drawn = draw(walk)

    lots = drawing.drawn_lots(pool.document, "3288.41")
    assert drawn == [pool.people[lot] for lot in lots]
    masters = {name for lot in lots for one in pool.document["pool"] if one["lot"] == lot
               for name in one["disciplines"]}  # fmt: skip
    assert masters == {"law", "technology"}
    page = f"/review/{walk.case.reference}/pool/{pool.sha256}.json"
    handed_out = client_of(walk.officer).get(page)
    file = tmp_path / "draw.json"
    file.write_bytes(handed_out.content)
    assert "person" not in handed_out.content.decode()
    result = CliRunner().invoke(record, ["draw", str(file), "--fingerprint", pool.sha256])
    assert result.exit_code == 0, result.output
    assert {line.split()[1] for line in result.output.splitlines() if "  drawn" in line} == {*lots}
    other = CliRunner().invoke(record, ["draw", str(file), "--fingerprint", "0" * 64])
    assert other.exit_code == 1
    assert client_of(walk.world.signer).get(page).status_code == 404


def test_the_next_by_lot_takes_the_seat_of_who_declares_a_conflict(by_lot: Walk) -> None:
    walk = by_lot
    commit(walk)
    walk.sleep(3)
    draw(walk)
    panel = walk.case.panels.get()
    first = panel.assignments.select_related("expert__person").first()
    assert first is not None
    review.declare_conflict(
        assignment=first, conflict=True, reason="持股", by=first.expert.person, at=walk.tick()
    )
    page = f"/review/{walk.case.reference}/invite/"
    client = client_of(walk.officer)
    shown = client.get(page).content.decode()
    boxes = re.findall(r'name="experts" value="(\d+)"', shown)
    offered = list(Expert.objects.filter(pk__in=boxes))
    assert len(offered) == 1
    assert offered[0] != first.expert
    others = Expert.objects.exclude(pk=offered[0].pk).exclude(assignments__panel=panel)
    with pytest.raises(DomainError) as refused:
        review.invite_experts(case=walk.case, experts=[others[0]], by=walk.officer, at=walk.tick())
    assert refused.value.code == "not-as-drawn"
    review.invite_experts(case=walk.case, experts=offered, by=walk.officer, at=walk.tick())


def test_the_pages_fix_a_pool_and_draw_from_it(by_lot: Walk) -> None:
    walk = by_lot
    client, base = client_of(walk.officer), f"/review/{walk.case.reference}/"
    nothing_to_draw_from = client.get(base + "open-round/")
    assert nothing_to_draw_from.headers["Location"] == base + "pool/"
    today = timezone.localdate()
    fixed = {
        "seq": walk.case.last_seq,
        "seats": 3,
        "seed_source": "上证综指收盘点位",
        "known_from": today.isoformat(),
    }
    assert client.post(base + "pool/", fixed).status_code == 422
    later = (today + timedelta(days=1)).isoformat()
    assert client.post(base + "pool/", {**fixed, "known_from": later}).status_code == 302
    pool = DrawPool.objects.get()
    shown = client.get(base + "open-round/").content.decode()
    assert pool.sha256 in shown
    walk.case.refresh_from_db()
    dates = {"starts": later, "ends": later, "seq": walk.case.last_seq}
    answer = client.post(base + "open-round/", {**dates, "seed": "1"})
    assert answer.status_code == 422
    assert not walk.case.panels.exists()


def test_a_chosen_panel_is_proposed_with_reasons(walk: Walk) -> None:
    case = walk.to(StageKind.SCREENING)
    walk.pass_screening()
    Expert.objects.filter(pk=walk.world.experts[0].pk).update(employer=walk.world.lead.name_zh)
    page = client_of(walk.officer).get(
        f"/review/{case.reference}/open-round/", HTTP_ACCEPT_LANGUAGE="en"
    )
    text = page.content.decode()
    assert "among those with the least work" in text
    assert "is employed by" in text
    assert text.count("checked") == 3


def test_a_pool_cannot_be_rewritten(by_lot: Walk) -> None:
    from django.db import DatabaseError, transaction

    pool = commit(by_lot)
    with pytest.raises(DatabaseError), transaction.atomic():
        DrawPool.objects.filter(pk=pool.pk).update(document={})
    assert DrawPool.objects.get().document == pool.document
