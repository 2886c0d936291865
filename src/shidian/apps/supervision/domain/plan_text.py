"""The texts of a plan that people put their second factor to, each one sequence of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.supervision.models import PlanChange, PlanVersion

CHANGE_FORMAT = "shidian.plan-change/1"
TIGHTENING_FORMAT = "shidian.plan-tightening/1"
VERSION_FORMAT = "shidian.plan/1"


def text_of_change(
    change: PlanChange, plan: Mapping[str, str], *, local_id: str, proposed_at: datetime
) -> str:
    """What officers approve and the institution signs: the values that change, and the whole plan

    as it is then. `local_id`: the proposing authority's, in the rulebook.
    """
    said = {
        "format": CHANGE_FORMAT,
        "project": change.pilot.public_id,
        "number": change.number,
        "base": change.base.number,
        "values": dict(change.values),
        "plan": dict(plan),
        "reason": {"zh": change.reason_zh, "en": change.reason_en},
        "basis": change.basis,
        "authority": local_id,
        "rules_digest": change.rules_digest,
        "proposed_at": proposed_at.isoformat(),
    }
    if change.step:
        said |= {"step": change.step, "facts": list(change.facts)}
    return canonical.dumps(said).decode()


def text_of_tightening(base: PlanVersion, values: Mapping[str, str], *, reason: str) -> str:
    """What an officer confirms who tightens the plan: the values that change, and why."""
    said = {
        "format": TIGHTENING_FORMAT,
        "project": base.pilot.public_id,
        "base": base.number,
        "values": dict(values),
        "plan": {**base.values, **values},
        "reason": reason,
        "rules_digest": base.pilot.rules_digest,
    }
    return canonical.dumps(said).decode()


def text_of_version(version: PlanVersion) -> str:
    """A version of the plan as the institution signs it after an officer tightened it."""
    said = {
        "format": VERSION_FORMAT,
        "project": version.pilot.public_id,
        "number": version.number,
        "plan": dict(version.values),
        "reason": version.reason,
        "effective_us": str(version.effective_us),
    }
    return canonical.dumps(said).decode()
