"""Pilots, items and readings for the tests of supervision."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shidian.apps.cases import outbox
from shidian.apps.supervision.domain.pilots import start_pilot
from shidian.apps.supervision.models import Pilot
from shidian.core.monitor.items import Change, Item, Reading, Step
from shidian.core.rulebook.model import StageKind

PLAN = {"investors_max": "100", "turnover_daily_max": "1000000", "losses_max": "1000000"}
START = datetime(2026, 1, 5, 2, tzinfo=UTC)
MINUTE_US = 60_000_000
WARNING, BREACH = 8, 16


def run_outbox() -> None:
    """Deliver until nothing is left."""
    while outbox.deliver_pending():
        pass


def running_pilot(walk) -> Pilot:
    """A pilot that runs, as the outbox makes it."""
    walk.to(StageKind.RUNNING)
    run_outbox()
    return Pilot.objects.get(case=walk.case)


def quick_pilot(walk, *, at: datetime | None = None) -> Pilot:
    """A running pilot of a case that was only submitted: for tests that are not about admission."""
    walk.to(StageKind.SCREENING)
    return start_pilot(case=walk.case, plan=PLAN, at=at or walk.tick())


def explanation(value: int = 150, bound: int = 120) -> dict[str, Any]:
    """As the monitor freezes it."""
    return {
        "rule": {
            "id": "failure-surge",
            "kind": "alert",
            "title": {"zh": "委托失败激增", "en": "Surge of failed orders"},
            "for_us": 0,
            "on_breach": "propose order.suspend",
            "public": False,
        },
        "indicator": {
            "id": "failures_5m",
            "title": {"zh": "五分钟委托失败笔数", "en": "Failed orders in five minutes"},
            "unit": {"zh": "笔", "en": "orders"},
            "stream": "order.failed",
            "take": "count",
            "field": None,
        },
        "in_force": {"entry": 1, "effective_us": 0},
        "at_us": 5 * MINUTE_US,
        "window": {"from_us": 0, "to_us": 5 * MINUTE_US, "tile_us": MINUTE_US},
        "tiles": [[0, value - 50], [MINUTE_US, 0], [2 * MINUTE_US, 50]],
        "tiles_before": {"number": 0, "sum": 0},
        "value": value,
        "scale": 0,
        "levels": [
            {
                "level": "critical",
                "rung": 24,
                "comparison": ">",
                "bound": str(bound),
                "per_cent": 100,
                "stated": str(bound),
                "plan": None,
                "met": value > bound,
            }
        ],
        "words": {"zh": f"五分钟委托失败笔数（计数）= {value} 笔", "en": f"count = {value}"},
    }


def item(pilot: Pilot | str, seq: int, change: Change = Change.OPENED, **more: Any) -> Item:
    """An item of the monitor's stream."""
    rung = more.pop("rung", BREACH)
    values: dict[str, Any] = {
        "entry": seq * 10,
        "project": pilot if isinstance(pilot, str) else pilot.public_id,
        "rule": "failure-surge",
        "group": "",
        "change": change,
        "early": False,
        "warming": False,
        "episode": "e1",
        "at_us": 5 * MINUTE_US,
        "since_us": 5 * MINUTE_US,
        "start_us": 5 * MINUTE_US,
        "end_us": None,
        "path": (Step(5 * MINUTE_US, rung),),
        "rules_digest": "sha256:" + "0" * 64,
        "explanation": explanation(),
        "seq": seq,
    }
    return Item(**(values | more))


def reading(pilot: Pilot, seq: int, *, value: int, minute: int = 0, indicator: str = "investors"):
    """A final value."""
    return Reading(
        entry=seq * 10,
        project=pilot.public_id,
        indicator=indicator,
        at_us=minute * MINUTE_US,
        value=value,
        scale=0,
        seq=seq,
    )
