"""The way of a case: its stages, and what other authorities are told or asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import StageKind, Text
from shidian.core.rulebook.reading import duty_words, formats, numbers, words
from shidian.core.rulebook.reading.chapters.names import authority_name, stage_name
from shidian.core.rulebook.reading.chapters.panel import say_panel
from shidian.core.rulebook.reading.conditions import phrase
from shidian.core.rulebook.reading.pen import Draft, Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import (
        Consultation,
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
    _work(pen, stage, article)
    _areas(pen, stage, article)
    if stage.duties:
        _duties(pen, stage, article)
    _release(pen, stage, article)
    _exits(pen, stage, article)


def _work(pen: Pen, stage: Stage, article: Draft) -> None:
    """What is done in the stage, by whom and within what time."""
    path = f"/stages/{stage.id}"
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
        say_panel(pen, stage.panel, f"{path}/panel", article)
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
            "准入的项目予以编号，格式为“{number}”。",
            " An admitted project is numbered in the form “{number}”.",
            number=val(formats.number_form(stage.number), f"{path}/number"),
        )


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
            since=val(stage_name(pen, since) if since else "—", f"{where}/since"),
            minimum=val(
                numbers.period(threshold.minimum),
                f"{where}/minimum/length",
                f"{where}/minimum/unit",
            ),
        )
        pen.quote(article, threshold.minimum.note, f"{where}/minimum/note")


def _signoff(pen: Pen, rule: SignoffRule, path: str, article: Draft) -> None:
    if rule.all_of:
        pen.say(
            article,
            "决定须经{names}会签同意。"
            if len(rule.all_of) == 1
            else "决定须经{names}全部会签同意。",
            " A decision needs the consent of {names}.",
            names=[
                val(authority_name(pen, one), f"{path}/all_of/{n}")
                for n, one in enumerate(rule.all_of)
            ],
        )
    if rule.of:
        pen.say(
            article,
            "决定须经下列单位中至少{k}家同意：{names}。",
            " It needs the consent of at least {k} of: {names}.",
            k=val(str(rule.k or 1), f"{path}/k"),
            names=[
                val(authority_name(pen, one), f"{path}/of/{n}") for n, one in enumerate(rule.of)
            ],
        )
    if rule.lead:
        pen.say(
            article,
            "{lead}在其他单位之后最后签批。",
            " {lead} signs last, on what the others have said.",
            lead=val(authority_name(pen, rule.lead), f"{path}/lead"),
        )


def _steps(pen: Pen, stage: Stage, article: Draft) -> None:
    """The steps of an evaluation in their order, each with who does it, and on what document."""
    said = []
    for one in stage.steps:
        path = f"{stage.id}/steps/{one.id}"
        more = [duty_words.party(one.by)] if one.by else []
        more += [Text(zh="附文件", en="with a document")] if one.document else []
        zh, en = "，".join(each.zh for each in more), ", ".join(each.en for each in more)
        name = Text(zh=f"{one.name.zh}（{zh}）", en=f"{one.name.en} ({en})") if more else one.name
        said.append(
            val(name, *(f"/stages/{path}/{key}" for key in ("id", "name", "by", "document")))
        )
    if said:
        pen.say(article, "步骤依次为：{names}。", " Its steps are: {names}.", names=said)


def _areas(pen: Pen, stage: Stage, article: Draft) -> None:
    path = f"/stages/{stage.id}"
    _steps(pen, stage, article)
    for areas, key, zh, en in (
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


def _release(pen: Pen, stage: Stage, article: Draft) -> None:
    """When an applicant learns what was decided here."""
    path = f"/stages/{stage.id}/release"
    if pen.has(path):
        pen.say(
            article,
            "本阶段作出的准入或不予入选决定，{release}。",
            " An admission or a refusal decided here is told {release}.",
            release=val(words.RELEASE[stage.release], path),
        )


def _duties(pen: Pen, stage: Stage, article: Draft) -> None:
    by_party: dict[str, list[Value]] = {}
    for index, duty in enumerate(stage.duties):
        party, what = duty_words.duty(duty)
        text = Text(zh=what.zh, en=_lower(what).en)
        by_party.setdefault(party, []).append(val(text, f"/stages/{stage.id}/duties/{index}"))
    for party, duties in by_party.items():
        name = duty_words.party(party)
        pen.point(article, "{name}：{what}。", "{name}: {what}.", name=val(name), what=duties)


def _exits(pen: Pen, stage: Stage, article: Draft) -> None:
    if not stage.next:
        return
    pen.say(
        article,
        "本阶段办结后，案件可以转入：{names}。",
        " From here a case may go on to: {names}.",
        names=[
            val(stage_name(pen, one), f"/stages/{stage.id}/next/{index}")
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
        stage=val(stage_name(pen, rule.stage), f"{path}/stage"),
        must=val(must, f"{path}/required"),
        name=val(rule.name, f"{path}/id", f"{path}/name"),
        authority=val(authority_name(pen, rule.authority), f"{path}/authority"),
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
    if pen.has(f"{path}/when") and rule.when:
        pen.say(
            article,
            "仅在下列情形下适用：{when}。",
            " This holds only where {when}.",
            when=val(phrase(pen.rulebook, rule.when), f"{path}/when"),
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


def _lower(text: Text) -> Text:
    """English words in mid-sentence form."""
    return Text(zh=text.zh, en=text.en[:1].lower() + text.en[1:])
