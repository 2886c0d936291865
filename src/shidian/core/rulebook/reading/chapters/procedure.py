"""The way of a case: stages, consultations, time limits, and what each act is in law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import StageKind, Text
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.pen import Draft, Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import (
        Clock,
        Consultation,
        Panel,
        Rulebook,
        SignoffRule,
        Stage,
    )
    from shidian.core.rulebook.reading.pen import Pen


def stages(pen: Pen) -> None:
    """Chapter: each stage, what is needed to leave it, and where it leads."""
    for stage in pen.rulebook.stages:
        _stage(pen, stage)
    pen.chapter("stages", "程序", "Procedure")


def _stage(pen: Pen, stage: Stage) -> None:
    path = f"/stages/{stage.id}"
    article = pen.article(stage.id, stage.names.staff)
    pen.say(
        article,
        "{kind}。",
        "In this stage {kind}.",
        kind=val(words.STAGE_DOES[stage.kind], f"{path}/kind", f"{path}/id"),
    )
    if stage.names.public is None and pen.has(f"{path}/names/public"):
        pen.say(
            article,
            "{public}。",
            " {public}.",
            public=val(
                Text(zh="本阶段的进展不向社会公开", en="this stage is not shown to the public"),
                f"{path}/names/public",
            ),
        )
    _entry(pen, stage, article)
    if stage.clock:
        clock = next((one for one in pen.rulebook.clocks if one.id == stage.clock), None)
        name = val(clock.name if clock else stage.clock, f"{path}/clock")
        if clock:
            pen.say(
                article,
                "本阶段适用“{name}”，为{length}。",
                " It is subject to the period “{name}”: {length}.",
                name=name,
                length=val(numbers.length(clock.length, clock.unit.value)),
            )
    if stage.kind is StageKind.ASSESSMENT or pen.has(f"{path}/by"):
        by = (
            Text(zh="评估机构", en="an assessor body")
            if stage.by == "assessor-body"
            else Text(zh="主管部门", en="the authority’s own officers")
        )
        pen.say(
            article,
            "评估由{by}进行。",
            " The assessment is made by {by}.",
            by=val(by, f"{path}/by"),
        )
    if stage.panel:
        _panel(pen, stage.panel, f"{path}/panel", article)
    if stage.signoff:
        _signoff(pen, stage.signoff, f"{path}/signoff", article)
    if stage.comments or pen.has(f"{path}/comments"):
        comments = (
            Text(zh="公示期间公众可以提出意见", en="the public may comment during the notice")
            if stage.comments
            else Text(zh="公示期间不征集意见", en="no comments are taken during the notice")
        )
        pen.say(article, "{comments}。", " {comments}.", comments=val(comments, f"{path}/comments"))
    if stage.number:
        pen.say(
            article,
            "准入的项目予以编号，格式为{number}。",
            " An admitted project is numbered in the form {number}.",
            number=val(stage.number, f"{path}/number"),
        )
    _areas(pen, stage, article)
    if stage.duties:
        _duties(pen, stage, article)
    _exits(pen, stage, article)


def _entry(pen: Pen, stage: Stage, article: Draft) -> None:
    """What must hold before the stage is entered."""
    path = f"/stages/{stage.id}/thresholds"
    for threshold in stage.thresholds:
        where = f"{path}/{threshold.id}"
        name = val(threshold.name, f"{where}/id", f"{where}/name")
        if threshold.minimum is None:
            pen.say(
                article,
                "进入本阶段须经经办人员认定符合下列条件并说明理由：{name}。",
                " It is entered only once an officer has found, with reasons, that this is met:"
                " {name}.",
                name=name,
            )
            continue
        since = threshold.since or ""
        pen.say(
            article,
            "进入本阶段须符合下列条件：{name}，即自进入“{since}”阶段起已满{minimum}。",
            " It is entered only if this is met: {name}, that is, at least {minimum} since the"
            " stage “{since}” was entered.",
            name=name,
            since=val(_stage_name(pen, since) if since else "—", f"{where}/since"),
            minimum=val(
                numbers.period(threshold.minimum),
                f"{where}/minimum/length",
                f"{where}/minimum/unit",
            ),
        )
        pen.quote(article, threshold.minimum.note, f"{where}/minimum/note")


def _panel(pen: Pen, panel: Panel, path: str, article: Draft) -> None:
    zh, en = "专家组由不少于{least}人", " The panel has at least {least} experts"
    values: dict[str, Value | list[Value]] = {"least": val(str(panel.min), f"{path}/min")}
    if panel.max is not None:
        zh, en = zh + "、不超过{most}人", en + " and at most {most}"
        values["most"] = val(str(panel.max), f"{path}/max")
    zh += "组成"
    if panel.odd:
        zh, en = zh + "，人数为{odd}", en + ", in {odd}"
        values["odd"] = val(Text(zh="单数", en="an odd number"), f"{path}/odd")
    pen.say(article, zh + "。", en + ".", **values)
    drawn = (
        Text(zh="由经办人员选定", en="are chosen by an officer")
        if panel.drawn == "chosen"
        else Text(zh="随机抽取", en="are drawn at random")
    )
    independent = (
        Text(
            zh="各自独立评审，评审结束前互不知晓对方意见",
            en="judge independently, without seeing one another’s views before the round closes",
        )
        if panel.independent
        else Text(
            zh="查阅材料前申报利益冲突", en="declare conflicts of interest before seeing the file"
        )
    )
    pen.say(
        article,
        "专家{drawn}，{independent}。",
        " Experts {drawn} and {independent}.",
        drawn=val(drawn, f"{path}/drawn"),
        independent=val(independent, f"{path}/independent"),
    )
    if panel.disciplines:
        pen.say(
            article,
            "专家组应当涵盖下列领域：{areas}。",
            " It covers these disciplines: {areas}.",
            areas=[val(one.name, f"{path}/disciplines/{one.id}/id") for one in panel.disciplines],
        )
    score = val(str(panel.score_max), f"{path}/score_max")
    if panel.pass_mark is not None:
        pen.say(
            article,
            "评分满分为{score}分，{mark}分为合格。",
            " The highest score is {score} and the pass mark {mark}.",
            score=score,
            mark=val(str(panel.pass_mark), f"{path}/pass_mark"),
        )
    else:
        pen.say(article, "评分满分为{score}分。", " The highest score is {score}.", score=score)


def _signoff(pen: Pen, rule: SignoffRule, path: str, article: Draft) -> None:
    if rule.all_of:
        pen.say(
            article,
            "决定须经{names}会签同意。"
            if len(rule.all_of) == 1
            else "决定须经{names}全部会签同意。",
            " A decision needs the consent of {names}.",
            names=[
                val(_authority(pen, one), f"{path}/all_of/{n}") for n, one in enumerate(rule.all_of)
            ],
        )
    if rule.of:
        pen.say(
            article,
            "决定须经下列单位中至少{k}家同意：{names}。",
            " It needs the consent of at least {k} of: {names}.",
            k=val(str(rule.k or 1), f"{path}/k"),
            names=[val(_authority(pen, one), f"{path}/of/{n}") for n, one in enumerate(rule.of)],
        )
    if rule.lead:
        pen.say(
            article,
            "{lead}在其他单位之后最后签批。",
            " {lead} signs last, on what the others have said.",
            lead=val(_authority(pen, rule.lead), f"{path}/lead"),
        )


def _areas(pen: Pen, stage: Stage, article: Draft) -> None:
    path = f"/stages/{stage.id}"
    for areas, key, zh, en in (
        (stage.steps, "steps", "步骤依次为：{names}。", " Its steps are: {names}."),
        (stage.areas, "areas", "评估下列领域：{names}。", " These areas are assessed: {names}."),
        (
            stage.dimensions,
            "dimensions",
            "从下列维度作出评价：{names}。",
            " The pilot is judged in these dimensions: {names}.",
        ),
    ):
        if areas:
            named = [
                val(one.name, f"{path}/{key}/{one.id}/id", f"{path}/{key}/{one.id}/name")
                for one in areas
            ]
            pen.say(article, zh, en, names=named)
    for outcome in stage.outcomes:
        where = f"{path}/outcomes/{outcome.id}"
        when = {
            True: Text(zh="试点运行之后适用", en="after a run only"),
            False: Text(zh="试点运行之前适用", en="before a run only"),
            None: Text(zh="任何时候均可适用", en="at any time"),
        }[outcome.needs_pilot]
        pen.point(
            article,
            "结果：{name}，{when}。",
            "Outcome: {name}, {when}.",
            name=val(outcome.name, f"{where}/id", f"{where}/name"),
            when=val(when, f"{where}/needs_pilot"),
        )


def _duties(pen: Pen, stage: Stage, article: Draft) -> None:
    by_party: dict[str, list[Value]] = {}
    for index, duty in enumerate(stage.duties):
        party, what = words.duty(duty)
        text = Text(zh=what.zh, en=_lower(what).en)
        by_party.setdefault(party, []).append(val(text, f"/stages/{stage.id}/duties/{index}"))
    for party, duties in by_party.items():
        name = words.party(party)
        pen.point(article, "{name}：{what}。", "{name}: {what}.", name=val(name), what=duties)


def _exits(pen: Pen, stage: Stage, article: Draft) -> None:
    if not stage.next:
        return
    pen.say(
        article,
        "本阶段办结后，案件可以转入：{names}。",
        " From here a case may go on to: {names}.",
        names=[
            val(_stage_name(pen, one), f"/stages/{stage.id}/next/{index}")
            for index, one in enumerate(stage.next)
        ],
    )


def consultations(pen: Pen) -> None:
    """Chapter: what other authorities are told or asked."""
    for one in pen.rulebook.consultations:
        _consultation(pen, one)
    pen.chapter("consultations", "备案与会商", "Filing and consultation")


def _consultation(pen: Pen, rule: Consultation) -> None:
    path = f"/consultations/{rule.id}"
    article = pen.article(rule.id, rule.name)
    must = Text(zh="应当", en="must be") if rule.required else Text(zh="可以", en="may be")
    pen.say(
        article,
        "案件处于“{stage}”阶段时，{must}就“{name}”商请{authority}，方式为{kind}。",
        "While a case is in the stage “{stage}”, {authority} {must} consulted on “{name}”, by way"
        " of {kind}.",
        stage=val(_stage_name(pen, rule.stage), f"{path}/stage"),
        must=val(must, f"{path}/required"),
        name=val(rule.name, f"{path}/id", f"{path}/name"),
        authority=val(_authority(pen, rule.authority), f"{path}/authority"),
        kind=val(words.CONSULTATION[rule.kind], f"{path}/kind"),
    )
    if rule.clock:
        clock = next((one for one in pen.rulebook.clocks if one.id == rule.clock), None)
        if clock:
            pen.say(
                article,
                "答复期限为{length}（{clock}）。",
                " The answer is due in {length} ({clock}).",
                length=val(numbers.length(clock.length, clock.unit.value)),
                clock=val(clock.name, f"{path}/clock"),
            )
    if rule.binding or pen.has(f"{path}/binding"):
        binding = (
            Text(
                zh="反对意见具有约束力，案件不得继续办理",
                en="an objection is binding and stops the case",
            )
            if rule.binding
            else Text(
                zh="反对意见供决定机关权衡，不具有约束力",
                en="an objection does not bind; those who decide weigh it",
            )
        )
        pen.say(article, "{binding}。", " {binding}.", binding=val(binding, f"{path}/binding"))


def clocks(pen: Pen) -> None:
    """Chapter: each period: from when, how long, in what unit, with what force."""
    for clock in pen.rulebook.clocks:
        _clock(pen, clock)
    pen.chapter("clocks", "期限", "Time limits")


def clock_start(rulebook: Rulebook, clock: Clock) -> Text:
    """From when a clock runs, in words; chained clocks name the one before."""
    if clock.starts == "clock.expired" and clock.after:
        before = next((one.name for one in rulebook.clocks if one.id == clock.after), None)
        name = before or numbers.both(clock.after)
        return Text(zh=f"“{name.zh}”届满之次日", en=f"the day after the period “{name.en}” expires")
    if clock.starts == "consultation.opened" and clock.after:
        asked = next((one.name for one in rulebook.consultations if one.id == clock.after), None)
        name = asked or numbers.both(clock.after)
        return Text(
            zh=f"就“{name.zh}”提请会商之次日",
            en=f"the day after the consultation on “{name.en}” is opened",
        )
    if clock.starts == "stage.entered":
        used = [one.names.staff for one in rulebook.stages if one.clock == clock.id]
        if len(used) == 1:
            return Text(
                zh=f"进入“{used[0].zh}”阶段之次日",
                en=f"the day after the stage “{used[0].en}” is entered",
            )
    return words.STARTS[clock.starts]


def _clock(pen: Pen, clock: Clock) -> None:
    path = f"/clocks/{clock.id}"
    article = pen.article(clock.id, clock.name)
    starts_paths = [f"{path}/starts", *([f"{path}/after"] if clock.after else [])]
    zh = "{name}为{length}，自{start}起计算"
    en = "The period is {length}, counted from {start}"
    values: dict[str, Value | list[Value]] = {
        "length": val(
            numbers.length(clock.length, clock.unit.value), f"{path}/length", f"{path}/unit"
        ),
        "start": val(clock_start(pen.rulebook, clock), *starts_paths),
    }
    zh = zh.replace("{name}", clock.name.zh.replace("{", "{{").replace("}", "}}"))
    if clock.on_expiry == "may-proceed" or pen.has(f"{path}/on_expiry"):
        proceeds = clock.on_expiry == "may-proceed"
        expiry = (
            Text(
                zh="期满次日可转入下一阶段",
                en="from the day after it expires the case may move to the next stage",
            )
            if proceeds
            else Text(zh="期满不产生转入下一阶段的效力", en="its expiry alone moves no case on")
        )
        zh, en = zh + "，{expiry}", en + "; {expiry}"
        values["expiry"] = val(expiry, f"{path}/on_expiry")
    pen.say(article, zh + "。", en + ".", **values)
    pen.say(
        article,
        "该期限属{force}。",
        " It is {force}.",
        force=val(words.FORCE[clock.force], f"{path}/force", f"{path}/id"),
    )
    _pauses(pen, clock, path, article)
    if clock.on_silence != "nothing" or pen.has(f"{path}/on_silence"):
        silence = {
            "approved": Text(
                zh="逾期未作出决定的，视为同意",
                en="if no decision has been made by then, approval is deemed given",
            ),
            "may-start": Text(
                zh="逾期未提出异议的，申报机构可以启动试点",
                en="if no objection has been raised by then, the test may start",
            ),
            "nothing": Text(zh="逾期未答复的，不视为同意", en="silence until then is not approval"),
        }[clock.on_silence]
        pen.say(article, "{silence}。", " {silence}.", silence=val(silence, f"{path}/on_silence"))


def _pauses(pen: Pen, clock: Clock, path: str, article: Draft) -> None:
    if clock.pauses_on:
        pen.say(
            article,
            "{events}期间，停止计算。",
            " It does not run while {events}.",
            events=[
                val(words.PAUSE[one], f"{path}/pauses_on/{n}")
                for n, one in enumerate(clock.pauses_on)
            ],
        )
    if clock.on_answer == "restart" or pen.has(f"{path}/on_answer"):
        answer = (
            Text(zh="答复后重新计算", en="begins anew once the answer is in")
            if clock.on_answer == "restart"
            else Text(zh="答复后继续计算", en="goes on once the answer is in")
        )
        pen.say(
            article, "该期限{answer}。", " It {answer}.", answer=val(answer, f"{path}/on_answer")
        )
    if clock.extension:
        times = clock.extension.times_max
        pen.say(
            article,
            "经决定可以延长{times}，每次不超过{length}。",
            " It may be extended {times}, by up to {length} each time.",
            times=val(
                Text(zh=f"{times}次", en={1: "once", 2: "twice"}.get(times, f"{times} times")),
                f"{path}/extension/times_max",
            ),
            length=val(
                numbers.length(clock.extension.length, clock.unit.value),
                f"{path}/extension/length",
            ),
        )


def acts(pen: Pen) -> None:
    """Chapter: what each act is in law."""
    if pen.rulebook.acts:
        article = pen.article("effects", ("各项行为的性质", "What each act is in law"))
        pen.say(
            article,
            "系统不作出正式行政行为。下列行为的法律性质为：",
            "The system itself takes no formal administrative act. In law:",
        )
    for act, rule in pen.rulebook.acts.items():
        name = val(words.ACT.get(act) or act)
        effect = val(words.EFFECT[rule.effect], f"/acts/{act}/effect")
        if rule.note:
            pen.point(
                article,
                "{name}：{effect}。{note}",
                "{name} is {effect}. {note}",
                name=name,
                effect=effect,
                note=val(rule.note, f"/acts/{act}/note"),
            )
        else:
            pen.point(
                article, "{name}：{effect}。", "{name} is {effect}.", name=name, effect=effect
            )
    pen.chapter("acts", "行为的法律性质", "Legal effect")


def _lower(text: Text) -> Text:
    """English words in mid-sentence form."""
    return Text(zh=text.zh, en=text.en[:1].lower() + text.en[1:])


def _stage_name(pen: Pen, stage_id: str) -> Text:
    try:
        return pen.rulebook.stage(stage_id).names.staff
    except KeyError:
        return numbers.both(stage_id)


def _authority(pen: Pen, authority_id: str) -> Text:
    try:
        return pen.rulebook.authority(authority_id).name
    except KeyError:
        return numbers.both(authority_id)
