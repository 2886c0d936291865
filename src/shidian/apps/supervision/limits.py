"""A pilot's limits as people read them: cap, use, how near, trend."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from shidian.apps.supervision.series import TREND_POINTS, Change, sample
from shidian.core.rulebook.model import FieldType, parse_exact
from shidian.core.rulebook.scaling import effective_limit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shidian.apps.supervision.models import GroupedReading
    from shidian.core.rulebook.model import Indicator, Rulebook, Text


@dataclass(frozen=True, slots=True)
class AgreedLimit:
    """A limit that applies to a pilot. `cap` in major units; `reading`: id of the values held

    against it: the indicator's, or those of its looks where it is not measured all the time. `by`:
    the dimensions by which it is counted apart; `pseudonyms`: those of them that name an investor.
    """

    id: str
    title: Text
    unit: Text | None
    indicator: str
    reading: str
    cap: Decimal
    warn_at: tuple[int, ...]
    public: bool
    by: tuple[str, ...] = ()
    pseudonyms: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GroupUse:
    """A group of a limit: dimension, value, and whether that is a pseudonym's number; its use."""

    names: tuple[tuple[str, str, bool], ...]
    used: Decimal
    per_cent: Decimal | None


@dataclass(frozen=True, slots=True)
class RungCount:
    """So many groups stand at `per_cent` of the cap or more, or have breached it."""

    per_cent: int
    breach: bool
    groups: int


@dataclass(frozen=True, slots=True)
class GroupsUse:
    """How the groups of a limit stand: how many there are, on each rung, and the nearest ones."""

    at_us: int
    final: bool
    groups: int
    rungs: tuple[RungCount, ...]
    nearest: tuple[GroupUse, ...]


_UNKNOWN = Decimal(-1)


@dataclass(frozen=True, slots=True)
class LimitUse:
    """A limit with what is used of it. `used` None: no value has arrived yet.

    Where it is counted apart, `used` is that of the group nearest to the cap, and `groups` says how
    all of them stand.
    """

    limit: AgreedLimit
    used: Decimal | None
    trend: tuple[float, ...]
    groups: GroupsUse | None = None

    @property
    def share(self) -> Decimal:
        """Used as a part of the cap; −1 where nothing is known, so that it sorts last."""
        if self.used is None or not self.limit.cap:
            return _UNKNOWN
        return self.used / self.limit.cap

    @property
    def standing(self) -> str:
        """`breach` beyond the cap, `warning` from its first mark on, else nothing."""
        share = self.share
        if share > 1:
            return "breach"
        marks = self.limit.warn_at
        return "warning" if marks and share * 100 >= min(marks) else ""


def agreed_limits(
    rulebook: Rulebook,
    plan: Mapping[str, str],
    tier: str | None = None,
    stage: str | None = None,
) -> list[AgreedLimit]:
    """The rulebook's limits under this plan, warning as the pilot's risk tier has it.

    Without its optional value a limit is left out, and where the case is in another `stage`.
    """
    return capped_limits(limits_in_force(rulebook, tier, stage), plan)


@dataclass(frozen=True, slots=True)
class InForce:
    """A limit that applies in a stage and tier, before any plan: `stated` is its cap, or None

    where parameter `parameter` of the plan, or else its default, says it.
    """

    limit: AgreedLimit
    stated: Decimal | None
    parameter: str = ""
    default: Decimal | None = None

    def cap(self, plan: Mapping[str, str]) -> Decimal | None:
        """The cap under this plan; None where it sets none."""
        if self.stated is not None:
            return self.stated
        text = plan.get(self.parameter)
        return Decimal(text) if text else self.default


def limits_in_force(
    rulebook: Rulebook, tier: str | None = None, stage: str | None = None
) -> list[InForce]:
    """The rulebook's limits for this tier and stage, whatever a plan sets for them."""
    found = []
    for rule in rulebook.limits:
        if not rule.applies_in(stage):
            continue
        limit = effective_limit(rulebook, tier, rule)
        indicator = rulebook.indicator(limit.indicator)
        agreed = AgreedLimit(
            id=limit.id,
            title=limit.title,
            unit=indicator.unit,
            indicator=limit.indicator,
            reading=limit.reading,
            cap=Decimal(0),
            warn_at=limit.warn_at,
            public=limit.public,
            by=indicator.by,
            pseudonyms=_pseudonyms(rulebook, indicator),
        )
        if limit.max.startswith("plan."):
            name = limit.max.removeprefix("plan.")
            default = next((p.default for p in rulebook.plan if p.id == name), None)
            found.append(InForce(agreed, None, name, Decimal(default) if default else None))
        else:
            exact = parse_exact(limit.max)
            found.append(InForce(agreed, Decimal(exact.numerator) / Decimal(exact.denominator)))
    return found


def capped_limits(in_force: Sequence[InForce], plan: Mapping[str, str]) -> list[AgreedLimit]:
    """Those of the limits that a plan caps, with its caps."""
    return [replace(one.limit, cap=cap) for one in in_force if (cap := one.cap(plan)) is not None]


def _pseudonyms(rulebook: Rulebook, indicator: Indicator) -> frozenset[str]:
    stream = next((one for one in rulebook.streams if one.id == indicator.of), None)
    fields = stream.fields if stream else {}
    return frozenset(
        name for name in indicator.by if name in fields and fields[name].type is FieldType.PSEUDONYM
    )


def _per_cent(used: Decimal, cap: Decimal) -> Decimal | None:
    """To a tenth, cut off: what is below the cap never reads as 100."""
    if not cap:
        return None
    return (100 * used / cap).quantize(Decimal("0.1"), ROUND_FLOOR).normalize() + 0


def groups_use(limit: AgreedLimit, reading: GroupedReading) -> GroupsUse:
    """What the monitor said of a limit's groups, as people read it."""
    nearest = []
    for one in reading.nearest:
        used = Decimal(one["value"]).scaleb(-one["scale"])
        names = tuple(
            (name, str(value), name in limit.pseudonyms)
            for name, value in json.loads(one["group"]).items()
        )
        nearest.append(GroupUse(names, used, _per_cent(used, limit.cap)))
    return GroupsUse(
        reading.instant_us,
        reading.final,
        reading.groups,
        tuple(RungCount(**rung) for rung in reading.rungs),
        tuple(nearest),
    )


def uses(
    limits: Sequence[AgreedLimit],
    changes: Mapping[str, Sequence[Change]],
    *,
    now_us: int,
    grouped: Mapping[str, GroupedReading] | None = None,
    with_trend: bool = True,
) -> list[LimitUse]:
    """Each limit with its newest value and trend; `changes` by reading, rising in time.

    `grouped`: limit → how its groups stand. What is public is made without it: the figures of
    single groups are nobody's but the officers' and the firm's.
    """
    found = []
    for limit in limits:
        reading = (grouped or {}).get(limit.id)
        if limit.by and reading is not None:
            groups = groups_use(limit, reading)
            used = groups.nearest[0].used if groups.nearest else None
            found.append(LimitUse(limit, used, (), groups))
            continue
        known = changes.get(limit.reading, ())
        points = sample(known, until_us=now_us, points=TREND_POINTS) if with_trend else []
        found.append(
            LimitUse(
                limit=limit,
                used=known[-1].major if known else None,
                trend=tuple(float(value) for _, value in points),
            )
        )
    return found
