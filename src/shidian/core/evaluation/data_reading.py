"""The figures of an analysis read back from how they are kept, so that it can be run again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from shidian.core.evaluation.analysis import Data, Events, Sample, Share
from shidian.core.evaluation.before_after import Row
from shidian.core.evaluation.harm import Subgroup
from shidian.core.evaluation.plan import Measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.evaluation.analysis import Group


def read_data(measure: Measure, kept: Mapping[str, Any]) -> Data:
    """`analysis.data_document` → data: the same document again, and the same result."""
    first_at, last_at = _moment(kept["first_at"]), _moment(kept["last_at"])
    if first_at is None or last_at is None:
        raise ValueError("kept data name the days of their outcomes")
    return Data(
        first_at=first_at,
        last_at=last_at,
        pilot=_group(measure, kept["pilot"]),
        reference=_group(measure, kept["reference"]),
        rows=tuple(
            Row(value, pilot, after, cluster or None)
            for cluster, pilot, after, value in kept["rows"]
        ),
        subgroups=tuple(Subgroup(*one) for one in kept["subgroups"]),
        baseline_first_at=_moment(kept["baseline_first_at"]),
        baseline_last_at=_moment(kept["baseline_last_at"]),
        earlier=tuple(kept["earlier"]),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _group(measure: Measure, kept: list[Any] | None) -> Group | None:
    if kept is None:
        return None
    match measure:
        case Measure.PROPORTION:
            return Share(*kept)
        case Measure.MEAN:
            return Sample(tuple(float(one) for one in kept))
        case Measure.RATE:
            return Events(kept[0], float(kept[1]))
