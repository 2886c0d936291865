"""What follows admission: reports, orders, register, clauses, and days that need a calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, missing, unknown, warning
from shidian.core.rulebook.analysis.words import AUTHORITY, INDICATOR, SOURCE, STREAM, say
from shidian.core.rulebook.lengths import days_of
from shidian.core.rulebook.model import (
    ExitRules,
    Orders,
    Period,
    PermitRules,
    ReportDuty,
    Rulebook,
    StageKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_CALENDAR = frozenset({"working-day", "trading-day"})
_SAFEGUARD_PERIODS = ("refund", "insurance_until", "complaint_acknowledge", "complaint_answer")
_SHOWN_FROM = {"plan": "plan", "limits": "limits", "alerts": "alerts", "waivers": "waivers"}
"""What a register shows → the part of the rulebook without which there is nothing to show."""
_CODES = ("{uscc}", "{lei}")
"""What a number names the lead by."""


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with what a pilot and its authority owe."""
    for report in rulebook.reports:
        yield from _report(rulebook, report)
    if rulebook.orders is not None:
        yield from _orders(rulebook.orders)
        yield from _new_business(rulebook, rulebook.orders.permit)
    yield from _register(rulebook)
    yield from _named_by_number(rulebook)
    for clause in rulebook.clauses:
        if clause.source not in rulebook.sources:
            yield unknown(f"/clauses/{clause.id}/source", SOURCE, clause.source, rulebook.sources)
    if rulebook.calendars is None:
        yield from _without_calendars(rulebook)


def _indicators(rulebook: Rulebook, report: ReportDuty, path: str) -> Iterator[Finding]:
    indicators = {one.id for one in rulebook.indicators}
    for index, name in enumerate(report.indicators):
        if name not in indicators:
            yield unknown(f"{path}/indicators/{index}", INDICATOR, name, indicators)


def _report(rulebook: Rulebook, report: ReportDuty) -> Iterator[Finding]:
    path = f"/reports/{report.id}"
    if rulebook.stages and not any(s.kind is StageKind.RUNNING for s in rulebook.stages):
        yield missing(
            rulebook,
            path,
            say(
                "没有运行阶段，此报告无人报送",
                "a duty without an owner: without a running stage nobody reports",
            ),
            say("请增加 kind: running 的阶段", "add a stage of kind: running"),
        )
    for index, name in enumerate(report.to):
        authorities = {authority.id for authority in rulebook.authorities}
        if name not in authorities:
            yield unknown(f"{path}/to/{index}", AUTHORITY, name, authorities)
    yield from _indicators(rulebook, report, path)
    every = (report.every_months, report.every_weeks)
    if report.kind != "periodic":
        for key, value in (("every_months", every[0]), ("every_weeks", every[1])):
            if value is not None:
                yield error(
                    f"{path}/{key}",
                    say(
                        f"{report.kind} 报告没有周期",
                        f"a report of kind {report.kind} has no period",
                    ),
                    say("请写 kind: periodic，或删去", "write kind: periodic, or leave it out"),
                )
    elif every == (None, None):
        yield missing(
            rulebook,
            path,
            say("定期报告未写周期", "a periodic report of which period?"),
            say("请写 every_months 或 every_weeks", "add every_months or every_weeks"),
        )
    elif None not in every:
        yield error(
            f"{path}/every_weeks",
            say("既按月又按周", "every so many months, and every so many weeks"),
            say("两者只写其一", "keep one of the two"),
        )
    else:
        yield from _overdue(report, path)


def _overdue(report: ReportDuty, path: str) -> Iterator[Finding]:
    months, weeks = report.every_months, report.every_weeks
    period = days_of(months, "month") if months else days_of(weeks or 0, "week")
    if days_of(report.due, report.due_unit) > period:
        yield warning(
            f"{path}/due",
            say(
                "报送期限长于报告周期，前一期未到期后一期已到",
                "is due after the next period has ended",
            ),
            say("请缩短报送期限", "let it be due before"),
        )


def _orders(orders: Orders) -> Iterator[Finding]:
    for index, name in enumerate(orders.two_officers):
        if name != "loosen" and name not in orders.kinds:
            yield error(
                f"/orders/two_officers/{index}",
                say(
                    f"须两人办理的指令 {name} 不在 kinds 之列",
                    f"two officers for {name}, which kinds does not have",
                ),
                say(f"请在 kinds 中加入 {name}，或删去", f"add {name} to kinds, or leave it out"),
            )
    if orders.on_lapse != "stays-stopped" and not any(
        one in orders.kinds and one not in orders.two_officers for one in ("restrict", "suspend")
    ):
        yield error(
            "/orders/on_lapse",
            say(
                "没有可由一人作出的限制或暂停指令，不会有指令失效",
                "no order can lapse: none to restrict or suspend is given by one officer",
            ),
            say("请删去 on_lapse", "leave on_lapse out"),
        )
    if "suspend" in orders.kinds and not {"resume", "terminate"} & set(orders.kinds):
        yield error(
            "/orders/kinds",
            say(
                "可以暂停，却不能恢复或终止",
                "a pilot can be suspended, but neither resumed nor terminated",
            ),
            say("请加入 resume", "add resume"),
        )
    for index, kind in enumerate(orders.kinds):
        if kind in orders.kinds[:index]:
            yield error(
                f"/orders/kinds/{index}",
                say(f"“{kind}”重复出现", f"'{kind}' stands twice"),
                say("保留一个即可", "keep one"),
            )
    if orders.permit is not None and orders.permit.ttl <= 0:
        yield error(
            "/orders/permit/ttl",
            say("运行凭证签发即失效", "a permit that ends as it is given"),
            say("例如 60s", "write for example 60s"),
        )


def _new_business(rulebook: Rulebook, permit: PermitRules | None) -> Iterator[Finding]:
    streams = {stream.id for stream in rulebook.streams}
    for index, name in enumerate(permit.new_business if permit else ()):
        if name not in streams:
            yield unknown(f"/orders/permit/new_business/{index}", STREAM, name, streams)


def _register(rulebook: Rulebook) -> Iterator[Finding]:
    if "public" not in rulebook.public_register.model_fields_set:
        return
    for index, name in enumerate(rulebook.public_register.public):
        path = f"/register/public/{index}"
        part = _SHOWN_FROM.get(name)
        if name in rulebook.public_register.public[:index]:
            yield error(
                path,
                say(f"“{name}”重复出现", f"'{name}' stands twice"),
                say("保留一个即可", "keep one"),
            )
        elif part is not None and not getattr(rulebook, part):
            yield warning(
                path,
                say(
                    f"公开 {name}，但本制度没有 {part}",
                    f"shows {name}, but the rulebook has no {part}",
                ),
                say(f"请写 {part}，或删去", f"add {part}, or leave it out"),
            )


def _named_by_number(rulebook: Rulebook) -> Iterator[Finding]:
    """A pilot's number is public: where the parties are not, it must not be made of their code."""
    if "parties" in rulebook.public_register.public:
        return
    for stage in rulebook.stages:
        if any(code in (stage.number or "") for code in _CODES):
            yield warning(
                f"/stages/{stage.id}/number",
                say(
                    "不公开参与机构，但试点编号含有牵头机构的代码",
                    "the parties are not shown, but the number has the lead's code in it",
                ),
                say("请公开 parties，或改用其他编号规则", "show parties, or number otherwise"),
            )


def _without_calendars(rulebook: Rulebook) -> Iterator[Finding]:
    for path, unit in _units(rulebook):
        if unit not in _BY_CALENDAR:
            continue
        key, word = (
            ("deadlines", say("工作日", "working days"))
            if unit == "working-day"
            else ("market", say("交易日", "trading days"))
        )
        yield missing(
            rulebook,
            path,
            say(f"按{word.zh}计，但没有日历", f"{word.en} without a calendar"),
            say(f"请写 calendars: {{{key}: …}}", f"add calendars: {{{key}: …}}"),
        )


def _units(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    """(path, unit) of every length of time that is counted in days."""
    for clock in rulebook.clocks:
        yield f"/clocks/{clock.id}/unit", clock.unit
    for report in rulebook.reports:
        yield f"/reports/{report.id}/due_unit", report.due_unit
    if rulebook.intake is not None and rulebook.intake.window is not None:
        yield "/intake/window/unit", rulebook.intake.window.unit
    for path, period in _periods(rulebook):
        if period is not None:
            yield f"{path}/unit", period.unit


def _periods(rulebook: Rulebook) -> Iterator[tuple[str, Period | None]]:
    if rulebook.intake is not None:
        yield "/intake/reapply_after", rulebook.intake.reapply_after
        if rulebook.intake.coaching is not None:
            yield "/intake/coaching/answer_within", rulebook.intake.coaching.answer_within
    for stage in rulebook.stages:
        for threshold in stage.thresholds:
            yield f"/stages/{stage.id}/thresholds/{threshold.id}/minimum", threshold.minimum
    for report in rulebook.reports:
        yield f"/reports/{report.id}/revised", report.revised
    yield from _dispatched(rulebook)
    for key in _SAFEGUARD_PERIODS:
        yield f"/safeguards/{key}", getattr(rulebook.safeguards, key)
    if rulebook.exit is not None:
        yield from _periods_of_exit(rulebook.exit)


def _periods_of_exit(rules: ExitRules) -> Iterator[tuple[str, Period | None]]:
    yield "/exit/takeover_due", rules.takeover_due
    if rules.drill is not None:
        for key in ("every", "notices_within", "run_off_within"):
            yield f"/exit/drill/{key}", getattr(rules.drill, key)
    if rules.bridging is not None:
        for key in ("lasts", "ask_within"):
            yield f"/exit/bridging/{key}", getattr(rules.bridging, key)


def _dispatched(rulebook: Rulebook) -> Iterator[tuple[str, Period | None]]:
    for sent in rulebook.dispatches:
        yield f"/dispatches/{sent.id}/answer_within", sent.answer_within
        yield f"/dispatches/{sent.id}/sent_within", sent.sent_within
