"""A pilot's limits as people read them: cap, use, how near, trend."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from shidian.apps.supervision.series import TREND_POINTS, Change, sample
from shidian.core.rulebook.model import parse_exact
from shidian.core.rulebook.scaling import effective_limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.core.rulebook.model import Limit, Rulebook, Text


@dataclass(frozen=True, slots=True)
class AgreedLimit:
    """A limit that applies to a pilot. `cap` in major units; `reading`: id of the values held

    against it: the indicator's, or those of its looks where it is not measured all the time.
    """

    id: str
    title: Text
    unit: Text | None
    indicator: str
    reading: str
    cap: Decimal
    warn_at: tuple[int, ...]
    public: bool


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit with what is used of it. `used` None: no value has arrived yet."""

    limit: AgreedLimit
    used: Decimal | None
    trend: tuple[float, ...]

    @property
    def share(self) -> Decimal:
        """Used as a part of the cap; −1 where nothing is known, so that it sorts last."""
        if self.used is None or not self.limit.cap:
            return Decimal(-1)
        return self.used / self.limit.cap


def agreed_limits(
    rulebook: Rulebook,
    plan: Mapping[str, str],
    tier: str | None = None,
    stage: str | None = None,
) -> list[AgreedLimit]:
    """The rulebook's limits under this plan, warning as the pilot's risk tier has it.

    Without its optional value a limit is left out, and where the case is in another `stage`.
    """
    agreed = []
    for rule in rulebook.limits:
        if not rule.applies_in(stage):
            continue
        limit = effective_limit(rulebook, tier, rule)
        cap = _cap(limit, rulebook, plan)
        if cap is None:
            continue
        agreed.append(
            AgreedLimit(
                id=limit.id,
                title=limit.title,
                unit=rulebook.indicator(limit.indicator).unit,
                indicator=limit.indicator,
                reading=limit.reading,
                cap=cap,
                warn_at=limit.warn_at,
                public=limit.public,
            )
        )
    return agreed


def _cap(limit: Limit, rulebook: Rulebook, plan: Mapping[str, str]) -> Decimal | None:
    if not limit.max.startswith("plan."):
        exact = parse_exact(limit.max)
        return Decimal(exact.numerator) / Decimal(exact.denominator)
    name = limit.max.removeprefix("plan.")
    default = next((p.default for p in rulebook.plan if p.id == name), None)
    text = plan.get(name) or default
    return Decimal(str(text)) if text not in (None, "") else None


def uses(
    limits: Sequence[AgreedLimit], changes: Mapping[str, Sequence[Change]], *, now_us: int
) -> list[LimitUse]:
    """Each limit with its newest value and trend; `changes` by reading, rising in time."""
    found = []
    for limit in limits:
        known = changes.get(limit.reading, ())
        points = sample(known, until_us=now_us, points=TREND_POINTS)
        found.append(
            LimitUse(
                limit=limit,
                used=known[-1].major if known else None,
                trend=tuple(float(value) for _, value in points),
            )
        )
    return found
