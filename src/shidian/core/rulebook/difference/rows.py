"""The questions that regimes are compared by, and how each is answered from a rulebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from shidian.core.rulebook.lengths import decision, length_text, term
from shidian.core.rulebook.model import (
    Force,
    IncidentDuty,
    Limit,
    Period,
    ReportDuty,
    Rulebook,
    StageKind,
    Text,
    parse_exact,
)
from shidian.core.rulebook.reading import words
from shidian.core.rulebook.reading.chapters.incidents import incident_due
from shidian.core.rulebook.reading.numbers import every, money, number, plan_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Answer: TypeAlias = "tuple[Text, tuple[str, ...]] | None"
    """What a rulebook says and the paths where it does; None where it says nothing."""


def _joined(said: Iterable[Text]) -> Text | None:
    answers = list(said)
    if not answers:
        return None
    return Text(zh="；".join(one.zh for one in answers), en="; ".join(one.en for one in answers))


def _named(said: Iterable[tuple[str, Text]]) -> Answer:
    """Answers with their paths, in a row."""
    found = list(said)
    text = _joined(one for _, one in found)
    return None if text is None else (text, tuple(path for path, _ in found))


def _mode(rulebook: Rulebook) -> Answer:
    if rulebook.intake is None:
        return None
    said = words.MODE[rulebook.intake.mode]
    window = rulebook.intake.window
    if window is None:
        return said, ("/intake/mode",)
    often, length = every(window.every_months, "month"), length_text(window.length, window.unit)
    text = Text(
        zh=f"{said.zh}（{often.zh}一次，每次{length.zh}）",
        en=f"{said.en} ({often.en}, for {length.en})",
    )
    return text, ("/intake/mode", "/intake/window")


def _decision(*forces: Force) -> Callable[[Rulebook], Answer]:
    def answer(rulebook: Rulebook) -> Answer:
        found = decision(rulebook, forces)
        if not found.clocks:
            return None
        said = found.length.text
        if found.untimed:
            count = len(found.untimed)
            stages = "stage" if count == 1 else "stages"
            said = Text(
                zh=f"{said.zh}（另有{count}个阶段未规定时限）",
                en=f"{said.en} (and {count} {stages} without a clock)",
            )
        return said, tuple(f"/clocks/{name}/length" for name in found.clocks)

    return answer


def _silence(rulebook: Rulebook) -> Answer:
    meaning = {
        "approved": Text(zh="视为同意", en="approval"),
        "may-start": Text(zh="可以开始测试", en="the test may start"),
    }
    return _named(
        (
            f"/clocks/{clock.id}/on_silence",
            Text(
                zh=f"{clock.name.zh}：{meaning[clock.on_silence].zh}",
                en=f"{clock.name.en}: {meaning[clock.on_silence].en}",
            ),
        )
        for clock in rulebook.clocks
        if clock.on_silence != "nothing"
    )


def _notice(rulebook: Rulebook) -> Answer:
    clocks = {clock.id: clock for clock in rulebook.clocks}
    return _named(
        (f"/clocks/{clock.id}/length", length_text(clock.length, clock.unit))
        for stage in rulebook.stages
        if stage.kind is StageKind.NOTICE
        for clock in [clocks.get(stage.clock or "")]
        if clock is not None
    )


def _signoff(rulebook: Rulebook) -> Answer:
    names = {authority.id: authority.name for authority in rulebook.authorities}

    def listed(ids: Iterable[str]) -> Text:
        found = [names[one] for one in ids if one in names]
        return Text(
            zh="、".join(one.zh for one in found) or "—",
            en=", ".join(one.en for one in found) or "—",
        )

    said: list[tuple[str, Text]] = []
    for stage in rulebook.stages:
        rule = stage.signoff
        if rule is None:
            continue
        if rule.all_of:
            said.append((f"/stages/{stage.id}/signoff", listed(rule.all_of)))
        if rule.k is not None:
            some = listed(rule.of)
            text = Text(zh=f"{some.zh}中的{rule.k}个", en=f"{rule.k} of {some.en}")
            said.append((f"/stages/{stage.id}/signoff", text))
    return _named(said)


def _panel(rulebook: Rulebook) -> Answer:
    return _named(
        (
            f"/stages/{stage.id}/panel",
            Text(zh=f"{stage.panel.min}人以上", en=f"{stage.panel.min} or more"),
        )
        for stage in rulebook.stages
        if stage.panel is not None
    )


def _consulted(rulebook: Rulebook) -> Answer:
    return _named((f"/consultations/{one.id}", one.name) for one in rulebook.consultations)


def _objections(rulebook: Rulebook) -> Answer:
    names = {authority.id: authority.name for authority in rulebook.authorities}
    return _named(
        (f"/objections/{one.id}/body", names[one.body])
        for one in rulebook.objections
        if one.body in names
    )


def _criteria(rulebook: Rulebook) -> Answer:
    count = len(rulebook.criteria)
    if not count:
        return None
    mandatory = sum(one.mandatory for one in rulebook.criteria)
    if mandatory == count:
        text = Text(zh=f"{count}条，均为强制", en=f"{count}, all mandatory")
    elif mandatory:
        text = Text(
            zh=f"{count}条，其中强制{mandatory}条", en=f"{count}, {mandatory} of them mandatory"
        )
    else:
        text = Text(zh=f"{count}条，均非强制", en=f"{count}, none mandatory")
    return text, ("/criteria",)


def _waivers(rulebook: Rulebook) -> Answer:
    waivers = rulebook.waivers
    if waivers is None:
        return None
    blanket = waivers.blanket == "allowed"
    may, never = len(waivers.relaxable), len(waivers.never)
    zh, en = [], []
    if may:
        zh.append(f"可放宽{may}项")
        en.append(f"{may} {'rule' if may == 1 else 'rules'} may be relaxed")
    if never:
        zh.append(f"不得放宽{never}项")
        en.append(f"{never} {'rule' if never == 1 else 'rules'} never")
    zh.append("可以申请整体豁免" if blanket else "不接受整体豁免")
    en.append(f"blanket waivers {'allowed' if blanket else 'refused'}")
    return Text(zh="；".join(zh), en="; ".join(en)), ("/waivers",)


def _tiers(rulebook: Rulebook) -> Answer:
    if rulebook.tiers is None:
        return None
    names = [tier.name for tier in rulebook.tiers.levels]
    text = Text(zh="、".join(one.zh for one in names), en=", ".join(one.en for one in names))
    return text, ("/tiers",)


def _term(rulebook: Rulebook) -> Answer:
    run = term(rulebook)
    return (
        None if run is None else (length_text(run.length, run.unit), (f"/clocks/{run.id}/length",))
    )


def _extension(rulebook: Rulebook) -> Answer:
    run = term(rulebook)
    if run is None or run.extension is None:
        return None
    length, times = length_text(run.extension.length, run.unit), run.extension.times_max
    text = (
        length
        if times == 1
        else Text(zh=f"{length.zh}，至多{times}次", en=f"{length.en}, {times} times")
    )
    return text, (f"/clocks/{run.id}/extension",)


def _scale_up(rulebook: Rulebook) -> Answer:
    return _named(
        (
            f"/stages/{stage.id}/thresholds/{threshold.id}",
            length_text(threshold.minimum.length, threshold.minimum.unit),
        )
        for stage in rulebook.stages
        for threshold in stage.thresholds
        if threshold.minimum is not None
    )


def _caps(rulebook: Rulebook) -> Answer:
    return _named((f"/limits/{limit.id}/max", _cap(rulebook, limit)) for limit in rulebook.limits)


def _cap(rulebook: Rulebook, limit: Limit) -> Text:
    shown = Text(zh="按项目约定", en="as agreed for each pilot")
    if not limit.max.startswith("plan."):
        unit = next((one.unit for one in rulebook.indicators if one.id == limit.indicator), None)
        amount = limit.max if "%" in limit.max else number(parse_exact(limit.max))
        shown = Text(
            zh=f"{amount}{unit.zh if unit else ''}",
            en=f"{amount} {unit.en if unit else ''}".strip(),
        )
    for parameter in rulebook.plan:
        bound = parameter.default or parameter.maximum
        if limit.max == f"plan.{parameter.id}" and bound is not None:
            shown = plan_value(rulebook, parameter, bound)
    return Text(zh=f"{limit.title.zh}：{shown.zh}", en=f"{limit.title.en}: {shown.en}")


def _reports(kind: str) -> Callable[[Rulebook], Answer]:
    def answer(rulebook: Rulebook) -> Answer:
        return _named(
            (f"/reports/{report.id}", _report(report))
            for report in rulebook.reports
            if report.kind == kind
        )

    return answer


def _report(report: ReportDuty) -> Text:
    due = length_text(report.due, report.due_unit)
    if report.kind == "advance":
        said = Text(zh=f"提前{due.zh}", en=f"{due.en} ahead")
    elif report.kind == "periodic":
        unit = "month" if report.every_months else "week"
        often = every(report.every_months or report.every_weeks or 1, unit)
        said = Text(zh=f"{often.zh}，期满后{due.zh}内", en=f"{often.en}, within {due.en}")
    else:
        said = Text(zh=f"{due.zh}内", en=f"within {due.en}")
    return Text(zh=f"{report.title.zh}（{said.zh}）", en=f"{report.title.en} ({said.en})")


def _incidents(rulebook: Rulebook) -> Answer:
    rules = rulebook.incidents
    if rules is None:
        return None
    return _named((f"/incidents/steps/{one.id}", _incident_step(one)) for one in rules.steps)


def _incident_step(step: IncidentDuty) -> Text:
    due = incident_due(step)
    return Text(zh=f"{step.name.zh}（{due.zh}）", en=f"{step.name.en} ({due.en})")


def _period(path: str, get: Callable[[Rulebook], Period | None]) -> Callable[[Rulebook], Answer]:
    def answer(rulebook: Rulebook) -> Answer:
        found = get(rulebook)
        return None if found is None else (length_text(found.length, found.unit), (path,))

    return answer


def _exits(rulebook: Rulebook) -> Answer:
    return _named(
        (f"/stages/{stage.id}/outcomes/{outcome.id}", outcome.name)
        for stage in rulebook.stages
        for outcome in stage.outcomes
    )


def _bridge(rulebook: Rulebook) -> Answer:
    if rulebook.exit is None or rulebook.exit.bridge is None:
        return None
    return rulebook.exit.bridge, ("/exit/bridge",)


def _retention(rulebook: Rulebook) -> Answer:
    if rulebook.exit is None or not rulebook.exit.retention_years:
        return None
    years = sorted(set(rulebook.exit.retention_years.values()))
    shown = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
    text = Text(zh=f"{shown}年", en=f"{shown} year{'' if years == [1] else 's'}")
    return text, ("/exit/retention_years",)


def _fees(rulebook: Rulebook) -> Answer:
    if rulebook.intake is None:
        return None
    return _named(
        (f"/intake/fees/{fee.id}", _fee(fee.name, money(rulebook, parse_exact(fee.amount))))
        for fee in rulebook.intake.fees
    )


def _fee(name: Text, amount: Text) -> Text:
    return Text(zh=f"{name.zh}：{amount.zh}", en=f"{name.en}: {amount.en}")


def _t(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


ROWS: tuple[tuple[str, Text, Callable[[Rulebook], Answer]], ...] = (
    ("intake", _t("受理方式", "Way of application"), _mode),
    ("fees", _t("费用", "Fees"), _fees),
    (
        "decision-statutory",
        _t("法定审批时限合计", "Decision time, statutory"),
        _decision(Force.STATUTORY),
    ),
    (
        "decision",
        _t("审批时限合计（含目标时限）", "Decision time, with targets"),
        _decision(Force.STATUTORY, Force.TARGET),
    ),
    ("silence", _t("逾期未答复", "Silence means"), _silence),
    ("notice", _t("公示期", "Public notice"), _notice),
    ("signoff", _t("会签", "Sign-off"), _signoff),
    ("consultations", _t("会商与备案", "Consultations"), _consulted),
    ("objections", _t("异议与复核", "Objection"), _objections),
    ("panel", _t("专家组", "Expert panel"), _panel),
    ("criteria", _t("标准", "Criteria"), _criteria),
    ("waivers", _t("豁免", "Waivers"), _waivers),
    ("tiers", _t("风险分级", "Risk tiers"), _tiers),
    ("term", _t("试点期限", "Term"), _term),
    ("extension", _t("延期", "Extension"), _extension),
    ("scale-up", _t("进入下一阶段前的最短时间", "Least time before the next stage"), _scale_up),
    ("caps", _t("限额", "Caps"), _caps),
    ("periodic", _t("定期报告", "Periodic reports"), _reports("periodic")),
    ("event", _t("事件报告", "Incident reports"), _reports("event")),
    ("incidents", _t("风险事件报告步骤", "Steps of reporting incidents"), _incidents),
    ("advance", _t("变更事先报告", "Notice of change"), _reports("advance")),
    ("final", _t("结项报告", "Final report"), _reports("final")),
    (
        "refund",
        _t("退款期限", "Refund"),
        _period("/safeguards/refund", lambda rulebook: rulebook.safeguards.refund),
    ),
    (
        "complaint",
        _t("投诉答复期限", "Complaints answered"),
        _period(
            "/safeguards/complaint_answer", lambda rulebook: rulebook.safeguards.complaint_answer
        ),
    ),
    (
        "insurance",
        _t("保险持续至退出后", "Insurance after exit"),
        _period(
            "/safeguards/insurance_until", lambda rulebook: rulebook.safeguards.insurance_until
        ),
    ),
    ("exits", _t("结案结果", "Exits"), _exits),
    (
        "takeover",
        _t("接管安排期限", "Take-over arranged"),
        _period(
            "/exit/takeover_due",
            lambda rulebook: rulebook.exit.takeover_due if rulebook.exit else None,
        ),
    ),
    ("bridge", _t("过渡状态", "Bridge"), _bridge),
    ("retention", _t("档案保存", "Files kept"), _retention),
)
"""(key, what it is called, how a rulebook answers it), in the order of a case's life."""
