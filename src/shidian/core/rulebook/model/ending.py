"""The end of a pilot: its drill, its exit, and the bridge to a licence."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shidian.core.rulebook.model.panel import Area  # noqa: TC001 - pydantic reads it
from shidian.core.rulebook.model.values import Frozen, Identifier, Period, Text


class DrillRules(Frozen):
    """Proof, on made-up positions, that a pilot's exit plan can be carried out.

    `kinds`: the kinds of position that the plan must deal with; `told`: who, besides investors,
    must be told. `notices_within` and `run_off_within` count from the exit; refunds
    (`safeguards.refund`) from the end of the run-off's period. `before_entry`: no pilot starts
    without a drill passed. `every`: how long one is good for.
    """

    positions: int = Field(ge=1, le=100_000)
    kinds: tuple[Area, ...] = Field(min_length=1)
    told: tuple[Area, ...] = ()
    before_entry: bool = True
    every: Period | None = None
    notices_within: Period | None = None
    run_off_within: Period | None = None


class BridgeRules(Frozen):
    """How a pilot that has ended is carried on while a licence application is pending.

    `after`: outcomes after which the firm may ask for it; `ask_within` counts from the closing, and
    `lasts` from the day on which it is granted. `business`: what may go on: closing out alone, or
    service to the customers there are. New customers are taken under neither: the permit has ended.
    """

    after: tuple[Identifier, ...] = Field(min_length=1)
    lasts: Period
    ask_within: Period | None = None
    business: Literal["run-off", "existing"] = "existing"
    terms: Text | None = None


class ExitRules(Frozen):
    """What closing a case means. `bridge` says it in words, `bridging` as rules that run."""

    retention_years: dict[str, int]
    drill: DrillRules | None = None
    run_off: Text | None = None
    transition: Text | None = None
    takeover_due: Period | None = None
    bridge: Text | None = None
    bridging: BridgeRules | None = None
