"""An officer grades by factors: what the rulebook proposes is shown, a difference is reasoned."""

from __future__ import annotations

import pytest
from django.urls import reverse

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError
from shidian.core.rulebook.model import StageKind
from tests.apps.national.things import changed, reader
from tests.factories import Walk, make_world

TIERS = """\
tiers:
  graded_in: screening
  factors:
    - id: scale
      name: {zh: 规模字样, en: Scale mark}
      question: {zh: 多少人？, en: How many?}
      options: [{id: few, name: {zh: 少, en: Few}}, {id: many, name: {zh: 多, en: Many}}]
    - id: way-back
      name: {zh: 可逆性字样, en: Way back mark}
      question: {zh: 能否撤销？, en: Can it be undone?}
      options: [{id: open, name: {zh: 能, en: Yes}}, {id: shut, name: {zh: 不能, en: "No"}}]
  levels:
    - {id: low, name: {zh: 低, en: Low tier}, when: "factors.scale = 'few'"}
    - id: high
      name: {zh: 高, en: High tier}
      when: "factors.scale = 'many' AND factors.way_back = 'shut'"
      caps: {investors_max: 50}

criteria:
"""


@pytest.fixture
def walk(db: None) -> Walk:
    walk = Walk(make_world(changed(("criteria:\n  - id: compliant", TIERS + "  - id: compliant"))))
    walk.to(StageKind.SCREENING)
    return walk


def address(walk: Walk) -> str:
    return reverse("cases:act", args=[walk.case.reference, "grade-risk"])


def findings(walk: Walk, scale: str, way_back: str, **more: str) -> dict[str, str]:
    walk.case.refresh_from_db()
    return {
        "seq": str(walk.case.last_seq),
        "found-scale": scale,
        "why-scale": "依据一",
        "found-way-back": way_back,
        "why-way-back": "依据二",
        **more,
    }


def test_what_follows_is_shown_before_anything_is_done(walk: Walk) -> None:
    client = reader(walk.officer)
    form = client.get(address(walk)).content.decode()
    assert "Scale mark" in form
    assert "See what the rulebook proposes" in form
    sent = findings(walk, "many", "shut", then="weigh")
    del sent["why-scale"]
    shown = client.post(address(walk), sent)
    assert shown.status_code == 200
    page = shown.content.decode()
    assert "the rulebook proposes: <strong>High tier</strong>" in page
    assert "“Scale mark” is “Many”" in page
    walk.case.refresh_from_db()
    assert walk.case.tier == ""
    none = client.post(address(walk), findings(walk, "many", "open", then="weigh"))
    assert "proposes no tier" in none.content.decode()


def test_a_missing_finding_is_named(walk: Walk) -> None:
    sent = findings(walk, "many", "shut", tier="high")
    del sent["found-scale"]
    sent["why-way-back"] = " "
    answer = reader(walk.officer).post(address(walk), sent)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"found-scale", "why-way-back"}


def test_the_proposed_tier_is_set_and_the_grounds_stand_on_the_case(walk: Walk) -> None:
    client = reader(walk.officer)
    assert (
        client.post(address(walk), findings(walk, "many", "shut", tier="high")).status_code == 302
    )
    walk.case.refresh_from_db()
    assert walk.case.tier == "high"
    page = client.get(reverse("cases:case", args=[walk.case.reference])).content.decode()
    for mark in ("High tier", "The rulebook proposes: High tier", "依据一", "依据二", "Scale mark"):
        assert mark in page
    for person in (walk.world.signer, walk.world.drafter):
        theirs = reader(person).get(reverse("cases:case", args=[walk.case.reference]))
        assert not any(one in theirs.content.decode() for one in ("依据一", "High tier"))


def test_a_difference_and_a_change_are_reasoned_and_told(walk: Walk) -> None:
    client = reader(walk.officer)
    sent = findings(walk, "many", "shut", tier="low")
    refused = client.post(address(walk), sent)
    assert refused.status_code == 422
    assert "proposes: High tier. Say why you differ." in refused.content.decode()
    assert client.post(address(walk), {**sent, "reason": "仅内部试用"}).status_code == 302
    again = client.get(address(walk)).content.decode()
    assert "依据一" in again  # what was found before stands in the form
    sent = findings(walk, "many", "shut", tier="high")
    assert "why it is graded anew" in client.post(address(walk), sent).content.decode()
    assert client.post(address(walk), {**sent, "reason": "扩大范围"}).status_code == 302
    page = client.get(reverse("cases:case", args=[walk.case.reference])).content.decode()
    assert "Low tier, where the rulebook proposes High tier: 仅内部试用" in page
    assert "raised from Low tier to High tier: 扩大范围" in page


def test_the_case_waits_for_its_grade_and_the_tier_scales_the_plan(walk: Walk) -> None:
    with pytest.raises(DomainError) as waits:
        walk.pass_screening()
    assert waits.value.code == "not-graded"
    cases.grade_risk(
        case=walk.case,
        tier="high",
        factors={
            "scale": {"found": "many", "reason": "x"},
            "way-back": {"found": "shut", "reason": "x"},
        },
        by=walk.officer,
        at=walk.tick(),
    )
    for step in (walk.pass_screening, walk.pass_review, walk.pass_assessment, walk.pass_notice):
        step()
    walk.admit()
    event = walk.case.events.get(kind="case.admitted")
    assert (event.data["tier"], event.data["plan"]["investors_max"]) == ("high", "50")
