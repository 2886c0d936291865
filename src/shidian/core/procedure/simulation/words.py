"""A simulation's report to read, alone or beside that of the rulebook as written."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Literal

from shidian.core.procedure.types import ActorKind
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shidian.core.procedure.simulation.report import Days, Report
    from shidian.core.rulebook.model import Rulebook

Lang = Literal["zh", "en"]

_ROLES = {
    ActorKind.OFFICER: Text(zh="经办", en="case officers"),
    ActorKind.SIGNING_OFFICER: Text(zh="签批", en="signing officers"),
    ActorKind.EXPERT: Text(zh="专家", en="experts"),
    ActorKind.ASSESSOR: Text(zh="评估机构", en="assessor bodies"),
}
_HUNDRED = 100


class Writer:
    """Writes reports of one rulebook in one language."""

    def __init__(self, rulebook: Rulebook, lang: Lang) -> None:
        self.rulebook = rulebook
        self.lang = lang

    def say(self, zh: str, en: str) -> str:
        return zh if self.lang == "zh" else en

    def text(self, text: Text) -> str:
        return text.zh if self.lang == "zh" else text.en

    def report(self, *reports: Report) -> str:
        """One report, or two side by side: as written, then as changed."""
        return "\n".join(self._lines(reports)) + "\n"

    def _lines(self, reports: Sequence[Report]) -> Iterator[str]:
        first = reports[-1]
        yield self.say(
            f"{self.text(self.rulebook.title)}（{first.rulebook} {first.version}）："
            f"模拟 {first.cases} 件，种子 {first.seed}，共办理 {first.acts} 项。",
            f"{self.text(self.rulebook.title)} ({first.rulebook} {first.version}): "
            f"{first.cases} simulated cases, seed {first.seed}, {first.acts} acts.",
        )
        yield self.say(
            "人员与行为均为假设，不是预测；各项假设见 --assumptions。",
            "What people do is assumed, so this is no forecast; --assumptions lists all of it.",
        )
        columns = [""]
        columns += (
            [self.say("现行", "as written"), self.say("改后", "as changed")]
            if len(reports) > 1
            else [self.say("结果", "result")]
        )
        for title, rows in self._parts(reports):
            yield ""
            yield from _table([[title, *columns[1:]], *rows])
        if first.unused:
            title = self.say("未走到的去向", "Moves that no case made")
            yield ""
            yield from _table([[title], *([one] for one in first.unused)])
        for report in reports:
            yield from self._troubles(report)

    def _parts(self, reports: Sequence[Report]) -> Iterator[tuple[str, list[list[str]]]]:
        names = {o.id: self.text(o.name) for s in self.rulebook.stages for o in s.outcomes}
        yield (
            self.say("结果（件，占比）", "Outcome (cases, share)"),
            [
                [names[one], *(_share(r.outcomes.get(one, 0), r.cases) for r in reports)]
                for one in names
            ],
        )
        totals: list[tuple[str, Callable[[Report], Days]]] = [
            (self.say("提交至决定", "submission to decision"), lambda r: r.decision),
            (self.say("提交至启动", "submission to start"), lambda r: r.admission),
            (self.say("提交至结案", "submission to closing"), lambda r: r.whole),
        ]
        yield (
            self.say(
                "用时：中位数／九成以内，工作日（日历日）",
                "Time: median / 90 % within, working days (calendar days)",
            ),
            [
                *([label, *(_days(get(r)) for r in reports)] for label, get in totals),
                *self._stages(reports),
            ],
        )
        yield (
            self.say("期限：超期次数／次数", "Clocks: missed / runs"),
            [
                [self.text(clock.name), *(_missed(r, clock.id) for r in reports)]
                for clock in self.rulebook.clocks
                if any(one.clock == clock.id for r in reports for one in r.clocks)
            ],
        )
        yield (
            self.say(
                "排队：平均等候工作日（最长），占用率",
                "Queues: mean wait in working days (longest), busy",
            ),
            self._queues(reports),
        )

    def _stages(self, reports: Sequence[Report]) -> Iterator[list[str]]:
        for stage in self.rulebook.stages:
            if any(stage.id in r.stages for r in reports):
                label = self.text(stage.names.staff)
                cells = [
                    _days(r.stages[stage.id]) if stage.id in r.stages else "–" for r in reports
                ]
                yield [f"  {label}", *cells]

    def _queues(self, reports: Sequence[Report]) -> list[list[str]]:
        names = {one.id: self.text(one.name) for one in self.rulebook.authorities}
        keys = sorted({(one.role, one.authority) for r in reports for one in r.queues})
        rows = []
        for role, authority in keys:
            where = names.get(authority, "")
            label = self.text(_ROLES[ActorKind(role)])
            full = self.say(f"{where}{label}", f"{where}: {label}" if where else label)
            rows.append([full, *(_queue(r, role, authority) for r in reports)])
        return rows

    def _troubles(self, report: Report) -> Iterator[str]:
        if report.clean:
            return
        yield ""
        yield self.say(
            f"制度文本有缺陷：{report.stuck} 件停滞，{report.refused} 件的办理被拒。",
            f"The rulebook lets cases down: {report.stuck} lie stuck, {report.refused} were refused"
            " an act that its table allows.",
        )
        for trouble in report.troubles:
            yield self.say(f"第 {trouble.case} 件：", f"case {trouble.case}: ") + self.text(
                trouble.what
            )
            yield from (f"    {line}" for line in trouble.history)


def _share(number: int, cases: int) -> str:
    tenths = (number * 2000 + cases) // (2 * cases) if cases else 0
    return f"{number} ({tenths // 10}.{tenths % 10}%)"


def _days(days: Days) -> str:
    if not days.cases:
        return "–"
    return (
        f"{days.working_median} / {days.working_p90} ({days.calendar_median} / {days.calendar_p90})"
    )


def _missed(report: Report, clock_id: str) -> str:
    for one in report.clocks:
        if one.clock == clock_id:
            percent = (one.missed * 200 + one.runs) // (2 * one.runs)
            return f"{one.missed} / {one.runs} ({percent}%)"
    return "–"


def _queue(report: Report, role: str, authority: str) -> str:
    for one in report.queues:
        if (one.role, one.authority) == (role, authority):
            mean = f"{one.waited_mean_tenths // 10}.{one.waited_mean_tenths % 10}"
            return f"{mean} ({one.waited_longest}), {one.busy_percent}%"
    return "–"


def _table(rows: list[list[str]]) -> Iterator[str]:
    columns = max(len(row) for row in rows)
    widths = [max(_width(row[n]) for row in rows if n < len(row)) for n in range(columns)]
    for n, row in enumerate(rows):
        cells = [cell + " " * (widths[i] - _width(cell)) for i, cell in enumerate(row)]
        yield "  ".join(cells).rstrip()
        if n == 0:
            yield "-" * (sum(widths) + 2 * (columns - 1))


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
