"""Who may apply and how, what is filed, and which rules may give way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text, parse_exact
from shidian.core.rulebook.reading import formats, numbers, words
from shidian.core.rulebook.reading.chapters.names import authority_name, stage_name
from shidian.core.rulebook.reading.conditions import phrase
from shidian.core.rulebook.reading.pen import Draft, Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Coaching, Fee, Intake, Material, WaivableRule
    from shidian.core.rulebook.reading.pen import Pen


def intake(pen: Pen) -> None:
    """Chapter: applications."""
    rules = pen.rulebook.intake
    if rules is None:
        return
    _mode(pen, rules)
    _parties(pen, rules)
    if rules.fees:
        article = pen.article("fees", ("费用", "Fees"))
        pen.say(article, "申报机构缴纳下列费用：", "The applicant pays these fees:")
        for fee in rules.fees:
            _fee(pen, article, fee, rules)
    if rules.coaching is not None:
        _coaching(pen, rules.coaching)
    if rules.reapply_after:
        article = pen.article("reapply", ("再次申报", "Applying again"))
        pen.say(
            article,
            "未获通过的，{period}后方可就同一项目再次申报。",
            "After a refusal the same project may be put forward again only after {period}.",
            period=val(
                numbers.period(rules.reapply_after),
                "/intake/reapply_after/length",
                "/intake/reapply_after/unit",
            ),
        )
        pen.quote(article, rules.reapply_after.note, "/intake/reapply_after/note")
    pen.chapter("intake", "申报", "Applications")


def _coaching(pen: Pen, coaching: Coaching) -> None:
    article = pen.article("coaching", ("申报辅导", "Coaching"))
    pen.say(
        article,
        "申报前，机构可向{authority}提出问题；答复不具约束力，不作为办理案件的依据。",
        "Before it applies, an institution may put questions to {authority}. What is answered"
        " binds nobody and is no ground of any decision.",
        authority=val(authority_name(pen, coaching.authority), "/intake/coaching/authority"),
    )
    if coaching.answer_within is not None:
        pen.say(
            article,
            "自收到问题次日起{period}内答复。",
            " It is answered within {period}.",
            period=val(
                numbers.period(coaching.answer_within),
                "/intake/coaching/answer_within/length",
                "/intake/coaching/answer_within/unit",
            ),
        )
        pen.quote(article, coaching.answer_within.note, "/intake/coaching/answer_within/note")


def _mode(pen: Pen, rules: Intake) -> None:
    article = pen.article("mode", ("受理方式", "How applications are taken"))
    pen.say(
        article,
        "申报{mode}受理。",
        "Applications are taken {mode}.",
        mode=val(words.MODE[rules.mode], "/intake/mode"),
    )
    if rules.window:
        pen.say(
            article,
            "窗口期{every}开放一次，每次{length}。",
            " A window opens {every} and stays open for {length}.",
            every=val(
                numbers.every(rules.window.every_months, "month"), "/intake/window/every_months"
            ),
            length=val(
                numbers.length(rules.window.length, rules.window.unit),
                "/intake/window/length",
                "/intake/window/unit",
            ),
        )
    if rules.slots is not None:
        pen.say(
            article,
            "每批名额{slots}个。",
            " The number of places is {slots}.",
            slots=val(str(rules.slots), "/intake/slots"),
        )
    article = pen.article("territory", ("地域", "Territory"))
    pen.quote(article, rules.territory, "/intake/territory")


def _kinds(rules: Intake, key: str, ids: tuple[str, ...]) -> list[Value]:
    """The kinds of institution that `/intake/<key>` lists, by name."""
    names = {kind.id: kind.name for kind in rules.kinds}
    return [
        val(names.get(kind) or kind, f"/intake/{key}/{position}")
        for position, kind in enumerate(ids)
    ]


def _parties(pen: Pen, rules: Intake) -> None:
    article = pen.article("kinds", ("申报主体", "Institutions"))
    for licensed, zh, en in (
        (True, "{kinds}为持牌机构。", "Licensed institutions are: {kinds}."),
        (False, "{kinds}无须持有牌照。", " No licence is needed by: {kinds}."),
    ):
        named = [
            val(k.name, *(f"/intake/kinds/{k.id}/{key}" for key in ("id", "name", "licensed")))
            for k in rules.kinds
            if k.licensed is licensed
        ]
        if named:
            pen.say(article, zh, en, kinds=named)
    _lead(pen, rules)
    _partners(pen, rules)


def _lead(pen: Pen, rules: Intake) -> None:
    article = pen.article("lead", ("牵头机构", "Lead institution"))
    if rules.lead:
        pen.say(
            article,
            "下列机构可以牵头申报：{kinds}。",
            "An application may be led by: {kinds}.",
            kinds=_kinds(rules, "lead", rules.lead),
        )
    if rules.licensed_lead or pen.has("/intake/licensed_lead"):
        zh, en = (
            (
                "业务场景由持牌机构提供，{rule}。",
                " The business comes from a licensed institution: {rule}.",
            )
            if rules.licensed_lead
            else ("{rule}。", " {rule}.")
        )
        rule = (
            Text(zh="牵头机构须持牌", en="the lead must hold a licence")
            if rules.licensed_lead
            else Text(zh="牵头机构无须持牌", en="the lead need not hold a licence")
        )
        pen.say(article, zh, en, rule=val(rule, "/intake/licensed_lead"))
    pen.say(
        article,
        "机构以{identifier}识别。",
        " Institutions are identified by {identifier}.",
        identifier=val(words.IDENTIFIER[rules.identifier], "/intake/identifier"),
    )


def _partners(pen: Pen, rules: Intake) -> None:
    article = pen.article("partners", ("参与机构", "Partners"))
    if rules.partner:
        pen.say(
            article,
            "下列机构可以联合申报：{kinds}。",
            "These may join an application as partners: {kinds}.",
            kinds=_kinds(rules, "partner", rules.partner),
        )
    if rules.partners_max is not None:
        pen.say(
            article,
            "参与机构不超过{most}家。",
            " There may be at most {most}.",
            most=val(
                Text(
                    zh=str(rules.partners_max),
                    en=f"{rules.partners_max} partner{'' if rules.partners_max == 1 else 's'}",
                ),
                "/intake/partners_max",
            ),
        )


def _fee(pen: Pen, article: Draft, fee: Fee, rules: Intake) -> None:
    path = f"/intake/fees/{fee.id}"
    values: dict[str, Value | list[Value]] = {
        "name": val(fee.name, f"{path}/id", f"{path}/name"),
        "amount": val(numbers.money(pen.rulebook, parse_exact(fee.amount)), f"{path}/amount"),
    }
    zh, en = "{name}：{amount}", "{name}: {amount}"
    if fee.free_for:
        names = {kind.id: kind.name for kind in rules.kinds}
        zh, en = zh + "，{free}免缴", en + "; not owed by {free}"
        values["free"] = [
            val(names.get(kind) or kind, f"{path}/free_for/{index}")
            for index, kind in enumerate(fee.free_for)
        ]
    pen.point(article, zh + "。", en + ".", **values)


def materials(pen: Pen) -> None:
    """Chapter: what is filed. The questions themselves stand in the form's annex."""
    rulebook = pen.rulebook
    if rulebook.form:
        article = pen.article("form", ("申报表", "The application form"))
        pen.say(
            article,
            "申报表包括下列各栏，具体事项见附录：{sections}。",
            "The application form has these sections, set out in the annex: {sections}.",
            sections=[val(one.title, f"/form/{one.id}/id") for one in rulebook.form],
        )
        gates = [one for one in rulebook.form if one.hard_gate]
        if gates:
            pen.say(
                article,
                "未完整填写{gates}的，不予受理。",
                " An application is not accepted unless these are complete: {gates}.",
                gates=[val(one.title, f"/form/{one.id}/hard_gate") for one in gates],
            )
    for material in rulebook.materials:
        _material(pen, material)
    pen.chapter("materials", "申报材料", "What is filed")


def _material(pen: Pen, material: Material) -> None:
    path = f"/materials/{material.id}"
    article = pen.article(material.id, material.name)
    due = Text(zh="提交申报时", en="with the application")
    if material.stage:
        name = stage_name(pen, material.stage)
        due = Text(zh=f"进入“{name.zh}”阶段前", en=f"before the stage “{name.en}” is entered")
    must = (
        Text(zh="应当提交", en="is handed in")
        if material.required
        else Text(zh="可以提交", en="may be handed in")
    )
    pen.say(
        article,
        "申报机构在{due}{must}{name}。",
        "This document {must} {due}: {name}.",
        due=val(due, f"{path}/stage"),
        must=val(must, f"{path}/required"),
        name=val(material.name, f"{path}/id", f"{path}/name"),
    )
    if material.when:
        pen.say(
            article,
            "仅在下列情形下要求：{when}。",
            " It is called for only where {when}.",
            when=val(phrase(pen.rulebook, material.when), f"{path}/when"),
        )
    _paper(pen, article, material, path)
    pen.say(
        article,
        "公开范围：{marking}。",
        " Access: {marking}.",
        marking=val(words.MARKING[material.marking], f"{path}/marking"),
    )
    pen.quote(article, material.guidance, f"{path}/guidance")


def _paper(pen: Pen, article: Draft, material: Material, path: str) -> None:
    """How the document must be made: seal, age, template, kind of file and size."""
    forms = []
    if material.seal:
        forms.append(val(Text(zh="加盖公章", en="sealed"), f"{path}/seal"))
    if material.signature:
        forms.append(val(Text(zh="签字", en="signed"), f"{path}/signature"))
    if forms:
        pen.say(article, "材料应当{forms}。", " It must be {forms}.", forms=forms)
    if material.valid_months:
        pen.say(
            article,
            "材料出具不得早于提交前{valid}。",
            " It must not be older than {valid}.",
            valid=val(numbers.length(material.valid_months, "month"), f"{path}/valid_months"),
        )
    if material.template:
        pen.say(
            article,
            "使用模板{template}。",
            " The template {template} is used.",
            template=val(material.template, f"{path}/template"),
        )
    if material.accept:
        pen.say(
            article,
            "文件格式为{accept}。",
            " Accepted file types: {accept}.",
            accept=[
                val(formats.file_kind(one), f"{path}/accept/{n}")
                for n, one in enumerate(material.accept)
            ],
        )
    if material.size_max_mib:
        pen.say(
            article,
            "不超过{size}。",
            " At most {size}.",
            size=val(f"{material.size_max_mib} MiB", f"{path}/size_max_mib"),
        )


def waivers(pen: Pen) -> None:
    """Chapter: which ordinary rules may give way to a test."""
    rules = pen.rulebook.waivers
    if rules is None:
        return
    article = pen.article("principle", ("豁免的原则", "Principle"))
    blanket = (
        Text(zh="不得申请整体豁免", en="no blanket waiver may be asked for")
        if rules.blanket == "refused"
        else Text(zh="可以申请整体豁免", en="a blanket waiver may be asked for")
    )
    paired = (
        Text(
            zh="每一项豁免均须有相应的替代措施",
            en="each waiver must be matched by a compensatory measure",
        )
        if rules.paired_with == "compensatory-measure"
        else Text(zh="豁免无须附替代措施", en="a waiver needs no compensatory measure")
    )
    pen.say(
        article,
        "{blanket}；{paired}。",
        "{blanket}; {paired}.",
        blanket=val(blanket, "/waivers/blanket"),
        paired=val(paired, "/waivers/paired_with"),
    )
    _rules(
        pen,
        ("relaxable", rules.relaxable),
        ("可以豁免的规则", "Rules that may be relaxed"),
        ("试点期间可以申请放宽下列规则：", "For a test these rules may be relaxed:"),
    )
    _rules(
        pen,
        ("never", rules.never),
        ("不得豁免的规则", "Rules that are never relaxed"),
        ("下列规则在任何情况下不得放宽：", "These rules are not relaxed under any circumstances:"),
    )
    pen.chapter("waivers", "规则的豁免", "Waivers")


def _rules(
    pen: Pen,
    listed: tuple[str, tuple[WaivableRule, ...]],
    heading: tuple[str, str],
    opening: tuple[str, str],
) -> None:
    key, rules = listed
    if not rules:
        return
    article = pen.article(key, heading)
    pen.say(article, *opening)
    for rule in rules:
        path = f"/waivers/{key}/{rule.id}"
        name = val(rule.name, f"{path}/id", f"{path}/name")
        if rule.article:
            where = val(rule.article, f"{path}/article")
            pen.point(article, "{name}（{where}）。", "{name} ({where}).", name=name, where=where)
        else:
            pen.point(article, "{name}。", "{name}.", name=name)
