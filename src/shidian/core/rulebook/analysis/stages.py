"""What each stage has and lacks: panel, areas, number, thresholds, outcomes, duties, criteria."""

# ruff: noqa: E501 - a message reads better on one line

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error, missing, unknown, warning
from shidian.core.rulebook.analysis.graph import ahead, onward, reached
from shidian.core.rulebook.analysis.panel import panel_findings
from shidian.core.rulebook.analysis.words import KINDS, OUTCOME, STAGE, say
from shidian.core.rulebook.model import Rulebook, Stage, StageKind, StageThreshold

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUN = frozenset({StageKind.RUNNING, StageKind.EVALUATION})
_DUTY = re.compile(r"([a-z]+(?:-[a-z]+)*)\.[a-z]+(?:-[a-z]+)*")
_NUMBER_PLACE = re.compile(r"\{([a-z]+)(?::(0\d{1,2}))?\}")

ROLES: dict[str, frozenset[StageKind]] = {
    "applicant": frozenset(StageKind),
    "partner": frozenset(StageKind),
    "officer": frozenset(StageKind),
    "signing-officer": frozenset(StageKind) - {StageKind.DRAFT},
    "expert": frozenset({StageKind.REVIEW, StageKind.EVALUATION}),
    "assessor": frozenset({StageKind.ASSESSMENT, StageKind.EVALUATION}),
    "public": frozenset({StageKind.NOTICE}),
    "system": frozenset(StageKind),
}
"""Who can act at all, and in stages of which kinds; a test holds them against the procedure's."""

_ONLY_IN = {
    "panel": frozenset({StageKind.REVIEW}),
    "areas": frozenset({StageKind.ASSESSMENT}),
    "dimensions": frozenset({StageKind.EVALUATION}),
    "steps": frozenset({StageKind.EVALUATION}),
    "comments": frozenset({StageKind.NOTICE}),
    "outcomes": frozenset({StageKind.CLOSED}),
}


def findings(rulebook: Rulebook) -> Iterator[Finding]:
    """What is wrong with the stages one by one, and with what is judged in them."""
    for stage in rulebook.stages:
        yield from _lacks(rulebook, stage)
        yield from _misplaced(stage)
        if stage.panel is not None:
            yield from panel_findings(stage.panel, f"/stages/{stage.id}/panel")
        if stage.number is not None:
            yield from _number(rulebook, stage.number, f"/stages/{stage.id}/number")
        yield from _duties(stage)
        for threshold in stage.thresholds:
            yield from _threshold(rulebook, stage, threshold)
    yield from _outcomes(rulebook)
    yield from _criteria(rulebook)
    yield from _retention(rulebook)


def _lacks(rulebook: Rulebook, stage: Stage) -> Iterator[Finding]:
    path = f"/stages/{stage.id}"
    if stage.kind is StageKind.REVIEW and stage.panel is None:
        yield missing(
            rulebook,
            f"{path}/panel",
            say("评审阶段没有专家组", "a review without a panel"),
            say("请写 panel: {min: 5}", "add panel: {min: 5}"),
        )
    if stage.kind is StageKind.ADMISSION and stage.signoff is None:
        yield missing(
            rulebook,
            f"{path}/signoff",
            say("准入阶段无人会签", "an admission nobody signs"),
            say("请写 signoff: {all_of: [ … ]}", "add signoff: {all_of: [ … ]}"),
        )
    if stage.kind is StageKind.CLOSED and not stage.outcomes:
        yield missing(
            rulebook,
            f"{path}/outcomes",
            say("结案阶段没有结果种类", "a closing without outcomes"),
            say("请写 outcomes", "add outcomes"),
        )
    if stage.kind is StageKind.NOTICE and stage.clock is None:
        yield missing(
            rulebook,
            f"{path}/clock",
            say(
                "公示没有期限，何时结束无从得知",
                "a notice without a clock: nobody knows when it closes",
            ),
            say(
                "请写 clock，并写该时限 starts: notice.opened",
                "add clock: …, a clock that starts: notice.opened",
            ),
        )


def _misplaced(stage: Stage) -> Iterator[Finding]:
    path = f"/stages/{stage.id}"
    if stage.kind is StageKind.CLOSED and stage.next:
        yield error(
            f"{path}/next",
            say("案件结案后不能再转出", "leads out of a closed case"),
            say("请删去 next", "leave next out"),
        )
    kind = KINDS[stage.kind]
    for key, homes in _ONLY_IN.items():
        if getattr(stage, key) and stage.kind not in homes:
            home = (
                "、".join(KINDS[one].zh for one in homes),
                " or ".join(KINDS[one].en for one in homes),
            )
            yield error(
                f"{path}/{key}",
                say(f"{kind.zh}阶段不用 {key}", f"{key} has no meaning in a {kind.en} stage"),
                say(f"请移至{home[0]}阶段", f"move it to a stage of kind {home[1]}"),
            )
    if "by" in stage.model_fields_set and stage.kind is not StageKind.ASSESSMENT:
        yield error(
            f"{path}/by",
            say(f"{kind.zh}阶段不用 by", f"by has no meaning in a {kind.en} stage"),
            say("by 只用于评估阶段", "it says who does an assessment; leave it out here"),
        )


def _number(rulebook: Rulebook, template: str, path: str) -> Iterator[Finding]:
    identifier = rulebook.intake.identifier if rulebook.intake is not None else "uscc"
    right = say(
        f'例如 "{{{identifier}}}-{{year}}-{{seq:04}}"',
        f'write for example "{{{identifier}}}-{{year}}-{{seq:04}}"',
    )
    places = {match[1] for match in _NUMBER_PLACE.finditer(template)}
    rest = _NUMBER_PLACE.sub("", template)
    unknown_parts = places - {"uscc", "lei", "year", "seq"}
    if "{" in rest or "}" in rest or unknown_parts:
        yield error(
            path, say(f"“{template}”不是编号格式", f"'{template}' is no number pattern"), right
        )
    elif "seq" not in places:
        yield error(
            path, say("两个案件会得到同一编号", "two cases would bear the same number"), right
        )
    elif (other := places & ({"uscc", "lei"} - {identifier})) and rulebook.intake is not None:
        name = min(other)
        yield error(
            path,
            say(
                f"编号用 {name}，但机构以 {identifier} 识别",
                f"numbers begin with {name}, but institutions are known by {identifier}",
            ),
            right,
        )


def _duties(stage: Stage) -> Iterator[Finding]:
    for index, duty in enumerate(stage.duties):
        path = f"/stages/{stage.id}/duties/{index}"
        match = _DUTY.fullmatch(duty)
        role = match[1] if match else None
        if role is None:
            yield error(
                path,
                say(f"“{duty}”不是“角色.事项”", f"'{duty}' is not role.verb"),
                say(
                    "例如 officer.check-completeness",
                    "write for example officer.check-completeness",
                ),
            )
        elif role not in ROLES:
            yield unknown(path, say("角色", "role"), role, ROLES)
        elif stage.kind not in ROLES[role] or (role == "assessor" and stage.by == "authority"):
            kind = KINDS[stage.kind]
            yield error(
                path,
                say(
                    f"该{kind.zh}阶段没有 {role}，此项职责无人承担",
                    f"a duty without an owner: no {role} acts in this {kind.en} stage",
                ),
                say("请写在此阶段行事的角色", "name someone who acts here, or move it"),
            )


def _threshold(rulebook: Rulebook, stage: Stage, threshold: StageThreshold) -> Iterator[Finding]:
    path = f"/stages/{stage.id}/thresholds/{threshold.id}"
    stages = {one.id for one in rulebook.stages}
    if stage.kind is StageKind.DRAFT:
        yield error(
            path,
            say(
                "案件从草拟开始，没有进入条件", "a case begins in its draft: nothing is met before"
            ),
            say("请移至后面的阶段", "move it to a later stage"),
        )
    if (threshold.since is None) != (threshold.minimum is None):
        has, lacks = ("since", "minimum") if threshold.minimum is None else ("minimum", "since")
        yield error(
            f"{path}/{has}",
            say(f"有 {has} 而无 {lacks}", f"{has} without {lacks}"),
            say("请同时写明自哪一阶段起、至少多久", "write both: since which stage, and how long"),
        )
        return
    if threshold.since is not None and threshold.since not in stages:
        yield unknown(f"{path}/since", STAGE, threshold.since, stages)
    elif threshold.since is not None and (
        stage.id == threshold.since or stage.id not in ahead(rulebook)[threshold.since]
    ):
        yield error(
            f"{path}/since",
            say(
                f"案件进入“{stage.id}”之前不会经过“{threshold.since}”，条件无法满足",
                f"can never be met: '{threshold.since}' does not come before '{stage.id}'",
            ),
            say("请写其之前的阶段", "name a stage that leads here"),
        )
    elif _entered_by_submission(rulebook, stage):
        yield error(
            path,
            say(
                f"进入“{stage.id}”只经提交，提交时无人审查此条件",
                f"never asked: '{stage.id}' is entered by submission alone, and no officer judges that",
            ),
            say("请移至其后的阶段", "move it to the stage after"),
        )
    elif threshold.since is not None and _avoids(rulebook, stage.id, threshold.since):
        yield warning(
            f"{path}/since",
            say(
                f"案件可不经“{threshold.since}”而进入“{stage.id}”，此时期间自其离开的阶段起算",
                f"'{threshold.since}' can be avoided on the way to '{stage.id}'; such a case counts from the stage that it leaves",
            ),
            say("请写必经的阶段", "name a stage that every case goes through"),
        )


def _entered_by_submission(rulebook: Rulebook, stage: Stage) -> bool:
    entering = [one for one in rulebook.stages if stage.id in one.next]
    return bool(entering) and all(one.kind is StageKind.DRAFT for one in entering)


def _avoids(rulebook: Rulebook, target: str, since: str) -> bool:
    """Whether a way leads from the draft to `target` that does not go through `since`."""
    drafts = [one.id for one in rulebook.stages if one.kind is StageKind.DRAFT and one.id != since]
    edges = {
        name: tuple(after for after in following if after != since)
        for name, following in onward(rulebook).items()
    }
    return bool(drafts) and target in reached(drafts[:1], edges)


def _outcomes(rulebook: Rulebook) -> Iterator[Finding]:
    """Whoever is refused before a run, or leaves after one, needs an outcome to leave with."""
    closed = {stage.id for stage in rulebook.stages if stage.kind is StageKind.CLOSED}
    outcomes = [one for stage in rulebook.stages for one in stage.outcomes]
    if not outcomes:
        return
    leaving = [stage for stage in rulebook.stages if closed & set(stage.next)]
    for needs_pilot, stages in (
        (False, [stage for stage in leaving if stage.kind not in _RUN]),
        (True, [stage for stage in leaving if stage.kind in _RUN]),
    ):
        if stages and not any(one.needs_pilot in (None, needs_pilot) for one in outcomes):
            when = (
                say("运行之后", "after the run")
                if needs_pilot
                else say("运行之前", "before the run")
            )
            yield error(
                f"/stages/{min(closed)}/outcomes",
                say(
                    f"在{when.zh}结案的案件没有可用的结果",
                    f"a case that ends {when.en}, from '{stages[0].id}', has no outcome",
                ),
                say(
                    f"请增加一个 needs_pilot: {str(needs_pilot).lower()} 的结果",
                    f"add one with needs_pilot: {str(needs_pilot).lower()}",
                ),
            )


def _criteria(rulebook: Rulebook) -> Iterator[Finding]:
    stages = {stage.id: stage for stage in rulebook.stages}
    for criterion in rulebook.criteria:
        path = f"/criteria/{criterion.id}/stage"
        if criterion.stage not in stages:
            yield unknown(path, STAGE, criterion.stage, stages)
        elif stages[criterion.stage].kind in (StageKind.DRAFT, StageKind.CLOSED):
            kind = KINDS[stages[criterion.stage].kind]
            yield error(
                path,
                say(f"{kind.zh}阶段不作评判", f"nothing is judged in a {kind.en} stage"),
                say("请写初审或评审阶段", "name a screening or review stage"),
            )
    yield from _weights(rulebook)
    for stage in rulebook.stages:
        scored = any(one.stage == stage.id for one in rulebook.criteria)
        if stage.kind is StageKind.REVIEW and not scored:
            yield missing(
                rulebook,
                f"/stages/{stage.id}",
                say("专家没有可评分的标准", "experts have no criterion to score"),
                say("请为其增加一条标准", "add a criterion to it"),
            )


def _weights(rulebook: Rulebook) -> Iterator[Finding]:
    for stage in rulebook.stages:
        here = [one for one in rulebook.criteria if one.stage == stage.id]
        weighed = [one for one in here if one.weight is not None]
        if not weighed:
            continue
        bare = [one for one in here if one.weight is None and not one.mandatory]
        total = sum(one.weight or 0 for one in weighed)
        if total != 100:  # noqa: PLR2004 - per cent
            yield warning(
                "/criteria",
                say(
                    f"“{stage.id}”各标准权重合计为{total}",
                    f"the weights at '{stage.id}' add up to {total}",
                ),
                say("应合计为100", "let them add up to 100"),
            )
        elif bare:
            yield warning(
                f"/criteria/{bare[0].id}",
                say(
                    f"同一阶段其他标准均有权重，唯“{bare[0].id}”没有",
                    f"'{bare[0].id}' has no weight, but others of its stage have",
                ),
                say("请写 weight 或 mandatory: true", "add a weight, or mandatory: true"),
            )


def _retention(rulebook: Rulebook) -> Iterator[Finding]:
    if rulebook.exit is None:
        return
    outcomes = [outcome.id for stage in rulebook.stages for outcome in stage.outcomes]
    kept = rulebook.exit.retention_years
    for name, years in kept.items():
        path = f"/exit/retention_years/{name}"
        if name not in outcomes:
            yield unknown(path, OUTCOME, name, outcomes)
        elif years < 1:
            yield error(
                path,
                say(f"保存{years}年等于不保存", f"{years} years keep nothing"),
                say("请写1以上的整数", "write 1 or more"),
            )
    for name in rulebook.exit.bridging.after if rulebook.exit.bridging is not None else ():
        if name not in outcomes:
            yield unknown("/exit/bridging/after", OUTCOME, name, outcomes)
    for name in outcomes:
        if name not in kept:
            yield missing(
                rulebook,
                "/exit/retention_years",
                say(
                    f"未写明结果为“{name}”的案件保存多久",
                    f"does not say how long a case with outcome '{name}' is kept",
                ),
                say(f"请写 {name}: <年数>", f"add {name}: <years>"),
            )
