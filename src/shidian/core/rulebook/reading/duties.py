"""Who must do what by when: the rulebook seen from each role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import ConsultationKind, StageKind, Text
from shidian.core.rulebook.reading import duty_words, numbers
from shidian.core.rulebook.reading.chapters.clocks import clock_start
from shidian.core.rulebook.reading.chapters.conduct import report_due
from shidian.core.rulebook.reading.chapters.incidents import incident_due
from shidian.core.rulebook.reading.structure import Duty, RoleDuties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import Authority, Clock, Rulebook, Stage

_ORDER = ("applicant", "officer", "signing-officer", "expert", "assessor")


def duties(rulebook: Rulebook) -> tuple[RoleDuties, ...]:
    """Per role, in the order of the procedure: stages, materials, reports, investors' rights."""
    found: dict[str, list[Duty]] = {role: [] for role in _ORDER}
    names: dict[str, Text] = {}
    for stage in rulebook.stages:
        for role, duty in _of_stage(rulebook, stage):
            found.setdefault(role, []).append(duty)
    for role, duty in (*_requests(rulebook), *_materials(rulebook), *_run(rulebook)):
        found.setdefault(role, []).append(duty)
    for role, duty in _dispatches(rulebook):
        found.setdefault(role, []).append(duty)
    for authority in rulebook.authorities:
        names[authority.id] = authority.name
        own = list(_of_authority(rulebook, authority))
        if own:
            found.setdefault(authority.id, []).extend(own)
    return tuple(
        RoleDuties(role, names.get(role) or duty_words.party(role), tuple(listed))
        for role, listed in found.items()
        if listed
    )


def _when(rulebook: Rulebook, clock: Clock | None) -> Text | None:
    """`within 10 working days from the day after the application is submitted`."""
    if clock is None:
        return None
    length = numbers.length(clock.length, clock.unit.value)
    start = clock_start(rulebook, clock)
    return Text(zh=f"自{start.zh}起{length.zh}内", en=f"within {length.en} from {start.en}")


def _clock(rulebook: Rulebook, clock_id: str | None) -> Clock | None:
    return next((one for one in rulebook.clocks if one.id == clock_id), None)


def _of_stage(rulebook: Rulebook, stage: Stage) -> Iterator[tuple[str, Duty]]:
    clock = _clock(rulebook, stage.clock)
    # a notice and a run last as long as their clocks: nothing is due within them
    lasting = stage.kind in (StageKind.RUNNING, StageKind.NOTICE)
    for index, duty_id in enumerate(stage.duties):
        role, what = duty_words.duty(duty_id)
        when = None if lasting else _when(rulebook, clock)
        yield role, Duty(what, when, stage.names.staff, f"/stages/{stage.id}/duties/{index}")


def _requests(rulebook: Rulebook) -> Iterator[tuple[str, Duty]]:
    for clock in rulebook.clocks:
        if clock.starts == "request.opened":
            what = Text(zh="答复补正或问询", en="Answer a request for information")
            yield "applicant", Duty(what, _when(rulebook, clock), None, f"/clocks/{clock.id}")


def _materials(rulebook: Rulebook) -> Iterator[tuple[str, Duty]]:
    names = {stage.id: stage.names.staff for stage in rulebook.stages}
    for material in rulebook.materials:
        name = material.name
        what = Text(zh=f"提交{name.zh}", en=f"Hand in: {name.en}")
        when = Text(zh="提交申报时", en="with the application")
        if material.stage:
            stage = names.get(material.stage) or numbers.both(material.stage)
            when = Text(zh=f"进入“{stage.zh}”阶段前", en=f"before “{stage.en}” is entered")
        yield "applicant", Duty(what, when, None, f"/materials/{material.id}")


def _run(rulebook: Rulebook) -> Iterator[tuple[str, Duty]]:
    for report in rulebook.reports:
        title, when = report.title, report_due(report)
        count, unit = (
            (report.every_months, "month") if report.every_months else (report.every_weeks, "week")
        )
        if count:
            every = numbers.every(count, unit)
            when = Text(zh=f"{every.zh}一期，{when.zh}", en=f"{every.en}, {when.en}")
        what = Text(zh=f"提交{title.zh}", en=f"File: {title.en}")
        yield "applicant", Duty(what, when, None, f"/reports/{report.id}")
    for step in rulebook.incidents.steps if rulebook.incidents else ():
        what = Text(zh=f"报告风险事件：{step.name.zh}", en=f"Report an incident: {step.name.en}")
        yield "applicant", Duty(what, incident_due(step), None, f"/incidents/steps/{step.id}")
    rules = rulebook.safeguards
    for key, period, zh, en in (
        (
            "complaint_acknowledge",
            rules.complaint_acknowledge,
            "告知收到投诉",
            "Acknowledge a complaint",
        ),
        ("complaint_answer", rules.complaint_answer, "答复投诉", "Answer a complaint"),
        ("refund", rules.refund, "向投资者退款", "Refund investors"),
    ):
        if period is not None:
            length = numbers.period(period)
            when = Text(zh=f"{length.zh}内", en=f"within {length.en}")
            yield "applicant", Duty(Text(zh=zh, en=en), when, None, f"/safeguards/{key}")
    yield from _drill(rulebook)
    yield from _bridging(rulebook)
    due = rulebook.exit.takeover_due if rulebook.exit is not None else None
    if due is not None:
        length = numbers.period(due)
        what = Text(zh="提交承接方案", en="Present a take-over arrangement")
        when = Text(zh=f"{length.zh}内", en=f"within {length.en}")
        yield "applicant", Duty(what, when, None, "/exit/takeover_due")


def _drill(rulebook: Rulebook) -> Iterator[tuple[str, Duty]]:
    rules = rulebook.exit.drill if rulebook.exit is not None else None
    if rules is None:
        return
    what = Text(zh="用模拟头寸演练退出方案", en="Drill the exit plan on made-up positions")
    if rules.before_entry:
        when = Text(zh="试点启动前", en="before the pilot starts")
        yield "applicant", Duty(what, when, None, "/exit/drill/before_entry")
    if rules.every is not None:
        length = numbers.period(rules.every)
        again = Text(zh=f"上次通过后{length.zh}内", en=f"within {length.en} of the last one passed")
        yield "applicant", Duty(what, again, None, "/exit/drill/every")


def _bridging(rulebook: Rulebook) -> Iterator[tuple[str, Duty]]:
    rules = rulebook.exit.bridging if rulebook.exit is not None else None
    if rules is not None and rules.ask_within is not None:
        length = numbers.period(rules.ask_within)
        what = Text(
            zh="牌照申请待决的，提出过渡申请", en="Ask for a bridge where a licence is pending"
        )
        when = Text(zh=f"结案后{length.zh}内", en=f"within {length.en} of the closing")
        yield "applicant", Duty(what, when, None, "/exit/bridging/ask_within")


def _of_authority(rulebook: Rulebook, authority: Authority) -> Iterator[Duty]:
    for stage in rulebook.stages:
        rule = stage.signoff
        if rule is not None and authority.id in (*rule.all_of, *rule.of, rule.lead):
            what = Text(zh="会签或说明不同意的理由", en="Sign off, or say why not")
            clock = _clock(rulebook, stage.clock)
            path = f"/stages/{stage.id}/signoff"
            yield Duty(what, _when(rulebook, clock), stage.names.staff, path)
    for asked in rulebook.consultations:
        if asked.authority != authority.id:
            continue
        name = asked.name
        what = {
            ConsultationKind.FILING: Text(
                zh=f"接受备案：{name.zh}", en=f"Take note of the filing: {name.en}"
            ),
            ConsultationKind.OPINION: Text(
                zh=f"出具意见：{name.zh}", en=f"Give an opinion: {name.en}"
            ),
            ConsultationKind.NO_OBJECTION: Text(
                zh=f"提出异议或出具无异议函：{name.zh}",
                en=f"Object, or declare no objection: {name.en}",
            ),
        }[asked.kind]
        stages = {stage.id: stage.names.staff for stage in rulebook.stages}
        when = _when(rulebook, _clock(rulebook, asked.clock))
        yield Duty(what, when, stages.get(asked.stage), f"/consultations/{asked.id}")
    for sent in rulebook.dispatches:
        if sent.authority == authority.id and sent.answer_within is not None:
            what = Text(zh=f"答复{sent.name.zh}", en=f"Answer: {sent.name.en}")
            length = numbers.period(sent.answer_within)
            within = Text(zh=f"{length.zh}内", en=f"within {length.en}")
            yield Duty(what, within, None, f"/dispatches/{sent.id}")


def _dispatches(rulebook: Rulebook) -> Iterator[tuple[str, Duty]]:
    for sent in rulebook.dispatches:
        if sent.every_months is None:
            continue
        when = numbers.every(sent.every_months, "month")
        if sent.sent_within is not None:
            length = numbers.period(sent.sent_within)
            when = Text(
                zh=f"{when.zh}一期，届满后{length.zh}内",
                en=f"{when.en}, within {length.en} of its end",
            )
        what = Text(zh=f"报送{sent.name.zh}", en=f"Send: {sent.name.en}")
        yield "officer", Duty(what, when, None, f"/dispatches/{sent.id}")
