"""Who may apply and under what tier: intake, materials, waivers, risk tiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.expressions import is_constantly, judged
from shidian.core.rulebook.analysis.finding import Finding, error, missing, unknown, warning
from shidian.core.rulebook.analysis.words import KIND, KINDS, STAGE, say
from shidian.core.rulebook.lengths import days_of
from shidian.core.rulebook.model import (
    Intake,
    IntakeMode,
    Material,
    QuestionKind,
    Rulebook,
    StageKind,
    Waivers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAYS_A_MONTH_MIN = 28


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with intake, materials and waivers."""
    if rulebook.intake is not None:
        yield from _kinds(rulebook.intake)
        yield from _mode(rulebook, rulebook.intake)
        yield from _fees(rulebook, rulebook.intake)
    for material in rulebook.materials:
        yield from _material(rulebook, material)
    if rulebook.waivers is not None:
        yield from _waivers(rulebook, rulebook.waivers)


def _kinds(intake: Intake) -> Iterator[Finding]:
    kinds = {kind.id: kind for kind in intake.kinds}
    for key, names in (("lead", intake.lead), ("partner", intake.partner)):
        for index, name in enumerate(names):
            if name not in kinds:
                yield unknown(f"/intake/{key}/{index}", KIND, name, kinds)
    if not intake.lead:
        yield error(
            "/intake/lead",
            say("没有机构可以牵头申报", "nobody may lead, so that nobody can apply"),
            say("请列出机构类别", "name a kind of institution"),
        )
    licensed = any(kinds[name].licensed for name in intake.lead if name in kinds)
    if intake.licensed_lead and intake.lead and not licensed:
        yield error(
            "/intake/licensed_lead",
            say(
                "要求牵头机构持牌，但可牵头的类别均非持牌机构",
                "the lead must be licensed, but no kind that may lead is",
            ),
            say("请在 lead 中加入持牌类别", "add a licensed kind to lead"),
        )
    if intake.partners_max and not intake.partner:
        yield error(
            "/intake/partners_max",
            say(
                f"至多{intake.partners_max}个合作机构，但没有可作合作机构的类别",
                f"up to {intake.partners_max} partners, but no kind may be one",
            ),
            say(
                "请写 partner，或写 partners_max: 0",
                "name kinds under partner, or write partners_max: 0",
            ),
        )


def _mode(rulebook: Rulebook, intake: Intake) -> Iterator[Finding]:
    if intake.mode is IntakeMode.WINDOW and intake.window is None:
        yield missing(
            rulebook,
            "/intake/mode",
            say(
                "按窗口期受理，但未写窗口期",
                "applications are taken in windows, but none is stated",
            ),
            say(
                "请写 window: {every_months: 3, length: 14}",
                "add window: {every_months: 3, length: 14}",
            ),
        )
    if intake.window is None:
        return
    if intake.mode is not IntakeMode.WINDOW:
        yield error(
            "/intake/window",
            say(
                f"写有窗口期，但受理方式为 {intake.mode}",
                f"a window, but the mode is {intake.mode}",
            ),
            say("请写 mode: window，或删去 window", "write mode: window, or leave window out"),
        )
    elif (
        days_of(intake.window.length, intake.window.unit)
        >= intake.window.every_months * _DAYS_A_MONTH_MIN
    ):
        yield error(
            "/intake/window/length",
            say("窗口期首尾相接，等于从不关闭", "one window lasts until the next: it never closes"),
            say("请缩短，或写 mode: rolling", "make it shorter, or write mode: rolling"),
        )


def _fees(rulebook: Rulebook, intake: Intake) -> Iterator[Finding]:
    kinds = {kind.id for kind in intake.kinds}
    for fee in intake.fees:
        path = f"/intake/fees/{fee.id}"
        for index, name in enumerate(fee.free_for):
            if name not in kinds:
                yield unknown(f"{path}/free_for/{index}", KIND, name, kinds)
        if rulebook.place is None:
            yield missing(
                rulebook,
                f"{path}/amount",
                say("金额没有币种", "an amount in no currency"),
                say("请写 place: {zone, currency}", "add place: {zone: …, currency: …}"),
            )


def _material(rulebook: Rulebook, material: Material) -> Iterator[Finding]:
    path = f"/materials/{material.id}"
    stages = {stage.id: stage for stage in rulebook.stages}
    if material.stage is not None:
        if material.stage not in stages:
            yield unknown(f"{path}/stage", STAGE, material.stage, stages)
        elif stages[material.stage].kind in (StageKind.DRAFT, StageKind.CLOSED):
            kind = KINDS[stages[material.stage].kind]
            yield error(
                f"{path}/stage",
                say(
                    f"没有人为进入{kind.zh}阶段而提交材料",
                    f"nobody hands anything in to enter a {kind.en} stage",
                ),
                say(
                    "请写提交之后、结案之前的阶段；提交时的材料不写 stage",
                    "name a stage between the two; what is handed in at submission names none",
                ),
            )
    if material.when is None:
        return
    from shidian.core.rulebook.expression import Kind
    from shidian.core.rulebook.form import form_types

    yield from judged(f"{path}/when", material.when, form_types(rulebook), Kind.BOOL)
    if is_constantly(material.when, False):
        yield error(
            f"{path}/when",
            say("条件恒不成立，从不需要此材料", "never holds: the document is never needed"),
            say("请核对条件，或删去此材料", "mend it, or leave the document out"),
        )


def _waivers(rulebook: Rulebook, waivers: Waivers) -> Iterator[Finding]:
    never = {rule.id: rule for rule in waivers.never}
    named = {(rule.name.zh, rule.article): rule.id for rule in waivers.never}
    for rule in waivers.relaxable:
        other = rule.id if rule.id in never else named.get((rule.name.zh, rule.article))
        if other is not None:
            yield error(
                f"/waivers/relaxable/{rule.id}",
                say(
                    f"既可放宽，又在 never 中列为不得放宽（“{other}”）",
                    f"may be relaxed, and never may ('{other}' under never)",
                ),
                say("只保留一处", "keep one of the two"),
            )
    if waivers.blanket == "allowed" and waivers.never:
        yield error(
            "/waivers/blanket",
            say(
                "允许整体豁免，却又列有不得放宽的规则",
                "blanket waivers are allowed, but some rules may never be waived",
            ),
            say("请写 blanket: refused", "write blanket: refused"),
        )
    asked = any(
        question.kind is QuestionKind.WAIVERS
        for section in rulebook.form
        for question in section.questions
    )
    if waivers.relaxable and rulebook.form and not asked:
        yield warning(
            "/waivers/relaxable",
            say(
                "列有可放宽的规则，但申报书没有申请豁免的问题",
                "rules may be relaxed, but the form has no question of kind waivers to ask for it",
            ),
            say("请增加 kind: waivers 的问题", "add a question of kind: waivers"),
        )
