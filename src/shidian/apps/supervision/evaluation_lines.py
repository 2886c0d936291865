"""The figures of an evaluation, as lines like those of reports, each with what it rests on.

A promise in figures rests on the value of its indicator at an instant, an outcome analysis on the
figures that it was given and the estimate on these. Lines of `source` `journal` are computed by
`report_lines` and followed in the same way. `stated`: somebody typed it, from the document named in
`rows`; its digest fixes figure and document, and no entry stands behind it. `analysis`: what the
sealed plan makes of the figures, which anybody can have computed again.
"""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from shidian.apps.supervision.report_lines import Asked, draw_asked
from shidian.core.evaluation.analysis import Events, Sample, Share
from shidian.core.evaluation.plan import Measure
from shidian.core.monitor.period import FigureKind, Span
from shidian.core.rulebook.model import Text
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shidian.apps.supervision.models import Pilot
    from shidian.apps.supervision.promises import PilotPromise
    from shidian.apps.supervision.report_lines import Drawn, Line
    from shidian.core.evaluation.analysis import Data, Group
    from shidian.core.evaluation.plan import Plan

PRESENT, WORST = "present", "worst"
GROUPS = {
    "pilot": Text(zh="试点组", en="The pilot"),
    "reference": Text(zh="对照", en="What it is compared with"),
}
_PARTS = {
    Measure.PROPORTION: {
        "part": Text(zh="发生的人数", en="who had it"),
        "whole": Text(zh="总人数", en="of how many"),
    },
    Measure.RATE: {
        "part": Text(zh="发生的次数", en="events"),
        "whole": Text(zh="时间或业务量", en="over time or volume"),
    },
    Measure.MEAN: {"day": Text(zh="当日数值", en="value of the day")},
}
_VALUES = Text(zh="数值个数", en="number of values")
_ROWS = Text(zh="数据行数", en="number of rows")
_SUBGROUPS = Text(zh="分组数", en="number of subgroups")
_ESTIMATE = {
    "value": Text(zh="估计值", en="Estimate"),
    "low": Text(zh="区间下限", en="Lower end of the interval"),
    "high": Text(zh="区间上限", en="Upper end of the interval"),
}


def parts_of(measure: Measure) -> tuple[str, ...]:
    """The parts of a group's figures."""
    return tuple(_PARTS[measure])


def role_of(group: str, measure: Measure, part: str) -> Text:
    """What a figure of a group is, in words."""
    whose, what = GROUPS[group], _PARTS[measure][part]
    return Text(zh=f"{whose.zh}：{what.zh}", en=f"{whose.en}: {what.en}")


# --- promises ------------------------------------------------------------------------------------


def promise_key(rule: str, which: str) -> str:
    """The key of a promise's figure: of the present value, or of that nearest to breaking it."""
    return f"promise.{rule}.{which}"


def asked_of_promises(pilot: Pilot, promises: Iterable[PilotPromise]) -> list[Asked]:
    """The figures that these promises state, as questions to the journal."""
    return [
        Asked(
            key=promise_key(one.rule.id, which),
            role=one.rule.title,
            indicator=one.rule.indicator,
            span=Span(pilot.start_us or 0, found.at_us),
            kind=FigureKind.AT_END,
            at_us=found.at_us,
        )
        for one in promises
        for which, found in ((PRESENT, one.present), (WORST, one.judged.worst))
        if found is not None
    ]


def draw_promises(pilot: Pilot, promises: Iterable[PilotPromise]) -> Drawn:
    """A line for each figure that they state, as of now. Raises NoFiguresError."""
    return draw_asked(pilot, asked_of_promises(pilot, promises))


# --- outcome analysis ----------------------------------------------------------------------------


def group_of(measure: Measure, group: str, lines: Iterable[Line]) -> Group:
    """The figures of a group as they were drawn. Raises ValueError: one has no value, or no whole

    number where things are counted.
    """
    values = {
        line["key"].removeprefix(f"{group}."): line["value"]
        for line in lines
        if line["key"].startswith(f"{group}.")
    }
    if measure is Measure.MEAN:
        return Sample(tuple(float(one) for one in values.values() if one))
    if measure is Measure.PROPORTION:
        return Share(int(values["part"]), int(values["whole"]))
    return Events(int(values["part"]), float(values["whole"]))


def stated_lines(plan: Plan, data: Data, source: str, drawn: Sequence[Line]) -> list[Line]:
    """A line for each figure of the data that was typed: for no group that was drawn."""
    groups = {line["key"].partition(".")[0] for line in drawn}
    lines: list[Line] = []
    for name, group in (("pilot", data.pilot), ("reference", data.reference)):
        if group is None or name in groups:
            continue
        if isinstance(group, Sample):
            role = Text(
                zh=f"{GROUPS[name].zh}：{_VALUES.zh}", en=f"{GROUPS[name].en}: {_VALUES.en}"
            )
            values = sorted(group.values)
            lines.append(_stated(plan, f"{name}.values", role, len(values), source, values))
            continue
        whole = group.total if isinstance(group, Share) else group.exposure
        for part, value in (("part", group.events), ("whole", whole)):
            role = role_of(name, plan.measure, part)
            lines.append(_stated(plan, f"{name}.{part}", role, value, source, value))
    if data.rows:
        rows = sorted([row.value, row.pilot, row.after, row.cluster or ""] for row in data.rows)
        lines.append(_stated(plan, "rows", _ROWS, len(rows), source, rows))
    if data.subgroups:
        told = [
            [one.name, one.harmed, one.total, one.control_harmed, one.control_total]
            for one in data.subgroups
        ]
        lines.append(_stated(plan, "subgroups", _SUBGROUPS, len(told), source, told))
    return lines


def result_lines(plan_digest: str, said: Mapping[str, Any], inputs: Sequence[Line]) -> list[Line]:
    """The estimate and its interval, resting on the figures that the analysis was given."""
    entries = [line["evidence"] for line in inputs if line["evidence"]["first_entry"]]
    feeds = sorted({tuple(feed) for one in entries for feed in one["feeds"]})
    evidence = {
        "first_entry": min((one["first_entry"] for one in entries), default=0),
        "last_entry": max((one["last_entry"] for one in entries), default=0),
        "entries": sum(one["entries"] for one in entries),
        "feeds": [list(feed) for feed in feeds],
        "digest": said["data_digest"],
        "through": max((one["through"] for one in entries), default=0),
        "rows": [line["key"] for line in inputs],
    }
    query = {"plan": plan_digest, "data": said["data_digest"], "look": said["look"]}
    return [
        _line(
            f"estimate.{name}",
            "analysis",
            role,
            _plain(said["estimate"][name]),
            query={**query, "figure": name},
            evidence=evidence,
        )
        for name, role in _ESTIMATE.items()
    ]


def _stated(  # noqa: PLR0917 - what a line is made of
    plan: Plan, key: str, role: Text, value: float, source: str, told: Any
) -> Line:
    fixed = {"plan": plan.digest(), "figure": key, "value": told, "source": source}
    digest = f"sha256:{sha256(canonical.dumps(fixed)).hexdigest()}"
    evidence = {
        "first_entry": 0,
        "last_entry": 0,
        "entries": 0,
        "feeds": [],
        "through": 0,
        "digest": digest,
        "rows": [source],
    }
    query = {"plan": plan.digest(), "figure": key}
    return _line(key, "stated", role, _plain(value), query=query, evidence=evidence)


def _line(key: str, source: str, role: Text, value: str, **more: Any) -> Line:
    both = {"zh": role.zh, "en": role.en}
    return {
        "key": key,
        "source": source,
        "title": both,
        "role": both,
        "unit": None,
        "kind": "total",
        "take": "count",
        "value": value,
        "scale": 0,
        "at_us": None,
        "groups": None,
        "stated": value,
        "why": "",
        **more,
    }


def _plain(value: float | None) -> str:
    """A figure as decimal text, with the digits of canonical JSON; empty for none."""
    return "" if value is None else f"{Decimal(canonical.dumps(value).decode()):f}"
