"""Risk tiers: graded in time, and scaling only what there is."""

# ruff: noqa: E501 - a message reads better on one line

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.expressions import judged, named
from shidian.core.rulebook.analysis.finding import Finding, error, unknown
from shidian.core.rulebook.analysis.graph import ahead
from shidian.core.rulebook.analysis.plan import NUMBERS
from shidian.core.rulebook.analysis.words import CLOCK, KINDS, PARAMETER, REPORT, STAGE, say
from shidian.core.rulebook.model import RiskTiers, Rulebook, StageKind, Tier

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSKIPPABLE = frozenset({StageKind.DRAFT, StageKind.RUNNING, StageKind.CLOSED})
_LENGTH_MAX = 3660
_MONTHS_MAX = 60
_PER_CENT_MAX = 1000


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the tiers."""
    if rulebook.tiers is None:
        return
    yield from _graded_in(rulebook, rulebook.tiers)
    yield from _factors(rulebook, rulebook.tiers)
    for tier in rulebook.tiers.levels:
        path = f"/tiers/levels/{tier.id}"
        yield from _when(rulebook, tier, path)
        for index, name in enumerate(tier.skips):
            yield from _skip(rulebook, rulebook.tiers, tier, name, f"{path}/skips/{index}")
        yield from _caps(rulebook, tier, path)
        yield from _reports(rulebook, tier, path)
        yield from _clocks(rulebook, tier, path)
        if list(tier.warn_at) != sorted(set(tier.warn_at)):
            yield error(
                f"{path}/warn_at",
                say("百分比未逐级升高", "the per cents do not rise"),
                say("例如 [70, 80, 90]", "write for example [70, 80, 90]"),
            )


def _graded_in(rulebook: Rulebook, tiers: RiskTiers) -> Iterator[Finding]:
    stages = {stage.id: stage for stage in rulebook.stages}
    if tiers.graded_in not in stages:
        yield unknown("/tiers/graded_in", STAGE, tiers.graded_in, stages)
    elif stages[tiers.graded_in].kind in (*_UNSKIPPABLE, StageKind.EVALUATION):
        kind = KINDS[stages[tiers.graded_in].kind]
        yield error(
            "/tiers/graded_in",
            say(f"{kind.zh}阶段没有人定级", f"nobody grades in a {kind.en} stage"),
            say("请写提交之后、运行之前的阶段", "name a stage between submission and the run"),
        )


def _factors(rulebook: Rulebook, tiers: RiskTiers) -> Iterator[Finding]:
    """Each is named by one thing alone, offers each option once, and has a say in the tier."""
    if not tiers.factors:
        return
    from shidian.core.rulebook.form import factor_name, form_types

    asked = form_types(rulebook)
    weighed = {name for tier in tiers.levels if tier.when for name in named(tier.when)}
    for factor in tiers.factors:
        path, name = f"/tiers/factors/{factor.id}", factor_name(factor)
        if len(factor.options) == 1:
            yield error(
                f"{path}/options",
                say("只有一个选项，无可判断", "with one option there is nothing to find"),
                say("请至少写两个", "write two at least"),
            )
        if name in asked:
            yield error(
                f"{path}/id",
                say(f"“{name}”同时是申报表的问题", f"'{name}' is a question of the form as well"),
                say("请给该因素或该栏目另取标识", "give the factor, or the section, another id"),
            )
        elif name not in weighed:
            yield error(
                f"{path}/id",
                say(f"没有等级以“{name}”为条件", f"no tier's condition weighs '{name}'"),
                say(
                    "请在某一等级的 when 中使用该因素，或删去",
                    "name it in the when of a tier, or leave it out",
                ),
            )


def _when(rulebook: Rulebook, tier: Tier, path: str) -> Iterator[Finding]:
    if tier.when is None:
        return
    from shidian.core.rulebook.expression import Kind
    from shidian.core.rulebook.form import tier_types

    if "tier" in named(tier.when):
        yield error(
            f"{path}/when",
            say("定级条件以定级结果为前提", "the tier depends on the tier"),
            say("请以申报内容为条件", "let it depend on answers of the form"),
        )
    else:
        yield from judged(f"{path}/when", tier.when, tier_types(rulebook), Kind.BOOL)


def _skip(
    rulebook: Rulebook, tiers: RiskTiers, tier: Tier, name: str, path: str
) -> Iterator[Finding]:
    stages = {stage.id: stage for stage in rulebook.stages}
    if name not in stages:
        yield unknown(path, STAGE, name, stages)
        return
    kind = KINDS[stages[name].kind]
    if stages[name].kind in _UNSKIPPABLE:
        yield error(
            path,
            say(f"{kind.zh}阶段不能跳过", f"a {kind.en} stage cannot be skipped"),
            say("请删去", "leave it out"),
        )
    elif tiers.graded_in in stages and name not in ahead(rulebook)[tiers.graded_in]:
        yield error(
            path,
            say(
                f"在“{tiers.graded_in}”定级时，案件已过“{name}”",
                f"comes too late: when a case is graded in '{tiers.graded_in}', '{name}' no longer lies ahead",
            ),
            say("请提前定级，或跳过其后的阶段", "grade earlier, or skip a later stage"),
        )
    else:
        yield from _way_round(rulebook, tier, name, path)


def _way_round(rulebook: Rulebook, tier: Tier, name: str, path: str) -> Iterator[Finding]:
    """Every stage before a skipped one needs a way of its own to what lies behind it."""
    place = {stage.id: index for index, stage in enumerate(rulebook.stages)}
    for stage in rulebook.stages:
        if name not in stage.next or stage.id in tier.skips or place[stage.id] > place[name]:
            continue
        round_it = [
            one
            for one in stage.next
            if one in place
            and place[one] > place[name]
            and one not in tier.skips
            and rulebook.stage(one).kind is not StageKind.CLOSED
        ]
        if not round_it:
            yield error(
                path,
                say(
                    f"“{stage.id}”没有绕过“{name}”的去向",
                    f"no way from '{stage.id}' goes round '{name}'",
                ),
                say(
                    f"请在“{stage.id}”的 next 中写明“{name}”之后的阶段",
                    f"add a stage behind '{name}' to the next of '{stage.id}'",
                ),
            )


def _caps(rulebook: Rulebook, tier: Tier, path: str) -> Iterator[Finding]:
    parameters = {parameter.id: parameter for parameter in rulebook.plan}
    for name, per_cent in tier.caps.items():
        where = f"{path}/caps/{name}"
        if name not in parameters:
            yield unknown(where, PARAMETER, name, parameters)
            continue
        parameter = parameters[name]
        tightens = parameter.tighter == "higher"
        if parameter.type not in NUMBERS:
            yield error(
                where,
                say(
                    f"“{name}”为 {parameter.type}，不能按比例增减",
                    f"'{name}' is {parameter.type} and has no per cents",
                ),
                say("请删去", "leave it out"),
            )
        elif not (100 if tightens else 1) <= per_cent <= (_PER_CENT_MAX if tightens else 100):
            yield error(
                where,
                say(
                    f"所申请值的{per_cent}%不会使其收紧",
                    f"{per_cent} per cent of what was proposed does not tighten it",
                ),
                say("请写100至1000", "write 100 to 1000")
                if tightens
                else say("请写1至100", "write 1 to 100"),
            )


def _reports(rulebook: Rulebook, tier: Tier, path: str) -> Iterator[Finding]:
    reports = {report.id: report for report in rulebook.reports}
    for name, months in tier.reports.items():
        where = f"{path}/reports/{name}"
        if name not in reports:
            yield unknown(where, REPORT, name, reports)
        elif reports[name].kind != "periodic":
            yield error(
                where,
                say(f"“{name}”不是定期报告", f"'{name}' is no periodic report"),
                say("只有定期报告才有周期", "only a periodic one has months between two"),
            )
        elif not 1 <= months <= _MONTHS_MAX:
            yield error(
                where,
                say(f"两次报告相隔{months}个月", f"{months} months between two reports"),
                say("请写1至60", "write 1 to 60"),
            )


def _clocks(rulebook: Rulebook, tier: Tier, path: str) -> Iterator[Finding]:
    clocks = {clock.id for clock in rulebook.clocks}
    for name, length in tier.clocks.items():
        where = f"{path}/clocks/{name}"
        if name not in clocks:
            yield unknown(where, CLOCK, name, clocks)
        elif not 1 <= length <= _LENGTH_MAX:
            yield error(
                where,
                say(f"时限长度为{length}", f"a clock of length {length}"),
                say("请写1至3660", "write 1 to 3660"),
            )
