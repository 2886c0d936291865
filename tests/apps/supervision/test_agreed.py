"""What was agreed at the admission is on a pilot's page where the register has it, and only there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Case
from shidian.apps.supervision.publish import agreed
from shidian.core.procedure.state import WaiverRequest
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import quick_pilot

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.factories import Walk

CONDITION = "每月向示范证监局报送压力测试结果"
REASON = "逐笔确认会使调仓失去意义"


@pytest.fixture
def showing(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Case]:
    """The case of a pilot that was admitted with a waiver and a condition, under rules whose
    register shows these things alone."""
    case = quick_pilot(walk).case
    rulebook = walk.world.rulebook
    waiver = WaiverRequest(rule=rulebook.waivers.relaxable[0].id, reason=REASON, measure=REASON)
    state = replace(state_of(case), waivers=(waiver,), conditions=(CONDITION,))
    monkeypatch.setattr(agreed, "state_of", lambda _case: state)

    def under(*names: str) -> Case:
        register = rulebook.public_register.model_copy(update={"public": names})
        changed = rulebook.model_copy(update={"public_register": register})
        monkeypatch.setattr(Case, "rulebook", property(lambda _: changed))
        return case

    return under


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_is_shown_where_the_register_has_it(
    showing: Callable[..., Case], walk: Walk, language: str
) -> None:
    case = showing("waivers", "conditions", "promises")
    rule = walk.world.rulebook.waivers.relaxable[0]
    [line] = agreed.waiver_lines(case, language)
    assert line["title"] == (rule.name.zh if language == "zh" else rule.name.en)
    assert REASON not in str(line)  # it is the application's, and flagged there
    assert agreed.conditions(case) == [CONDITION]
    assert agreed.promises(case) == [one.text for one in state_of(case).promises] != []


def test_nothing_of_it_is_shown_where_the_register_has_it_not(
    showing: Callable[..., Case],
) -> None:
    case = showing("parties", "dates")
    assert agreed.waiver_lines(case, "zh") == []
    assert agreed.conditions(case) == []
    assert agreed.promises(case) == []
    assert agreed.judged_promises(case, "zh") == []


def test_judgements_are_told_once_the_case_is_closed(
    showing: Callable[..., Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = showing("promises", "evaluation")
    assert agreed.judged_promises(case, "zh") == []
    closed = next(one for one in case.rulebook.stages if one.kind is StageKind.CLOSED)
    monkeypatch.setattr(Case, "stage_rule", property(lambda _: closed))
    assert [one["text"] for one in agreed.judged_promises(case, "zh")] == agreed.promises(case)
    assert agreed.judged_promises(showing("promises"), "zh") == []
    assert agreed.judged_promises(showing("evaluation"), "zh") == []


PLAN = {"investors_max": "100", "failures_promised": "3000", "permit_mode": "full-stop"}


def test_agreed_values_are_shown_where_the_register_has_the_plan_but_caps_as_limits(
    showing: Callable[..., Case],
) -> None:
    lines = agreed.plan_lines(showing("plan"), PLAN, "en")
    assert [(one["number"], one["unit"], one["value"]) for one in lines] == [
        ("3000", "orders", ""),
        ("", "", "all business stops"),
    ]
    assert "100" not in str(lines)  # it caps a limit
    assert agreed.plan_lines(showing("limits", "promises"), PLAN, "en") == []
    assert agreed.plan_lines(showing("plan"), {}, "en") == []
