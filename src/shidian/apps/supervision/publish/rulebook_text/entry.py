"""Chapters on principles, authorities, who may apply, with what, and how it is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.publish.rulebook_text import words

if TYPE_CHECKING:
    from shidian.apps.supervision.publish.rulebook_text.writer import Run, Writer
    from shidian.core.rulebook.model import Authority, Criterion, Section


def general(writer: Writer) -> None:
    """Purpose, principles, authorities, calendars."""
    rulebook = writer.rulebook
    writer.chapter("general", "总则", "General provisions")
    if rulebook.summary:
        article = writer.article("purpose", writer.say("宗旨", "Purpose"))
        article.runs.append(writer.value(writer.text(rulebook.summary), "/summary"))
    if rulebook.principles:
        article = writer.article("principles", writer.say("原则", "Principles"))
        article.runs.append(writer.plain("试点遵循下列原则：", "A pilot keeps these principles:"))
        writer.points(
            article,
            [
                [writer.value(writer.text(text), f"/principles/{index}", "/principles")]
                for index, text in enumerate(rulebook.principles)
            ],
        )
    if rulebook.authorities:
        article = writer.article("authorities", writer.say("工作组", "The working group"))
        article.runs.append(
            writer.plain("试点由下列单位共同推进：", "These authorities run the pilot together:")
        )
        writer.points(article, [_authority(writer, item) for item in rulebook.authorities])
    if rulebook.calendars:
        article = writer.article("calendars", writer.say("期间的计算", "How time is counted"))
        article.runs += [
            writer.plain("期限按", "Periods are counted on "),
            writer.value(
                writer.text(words.calendar(rulebook.calendars.deadlines)), "/calendars/deadlines"
            ),
            writer.plain("计算，交易日按", "; trading days are "),
            writer.value(
                writer.text(words.calendar(rulebook.calendars.market)), "/calendars/market"
            ),
            writer.plain(
                "计算；期间开始之日不计入。", ". The day of the starting event is not counted."
            ),
        ]


def _authority(writer: Writer, authority: Authority) -> list[Run]:
    pointer = f"/authorities/{authority.id}"
    role = writer.text(words.ROLE[authority.role])
    runs = [
        writer.value(
            writer.say(f"{authority.name.zh}：{role}", f"{authority.name.en}: {role}"),
            f"{pointer}/role",
            pointer,
        )
    ]
    if authority.verbs:
        verbs = writer.joined(writer.text(words.AUTHORITY_VERB[verb]) for verb in authority.verbs)
        runs += [
            writer.plain("，", "; "),
            writer.value(verbs, f"{pointer}/verbs"),
        ]
    if authority.valid_from or authority.valid_to:
        start, end = authority.valid_from or "…", authority.valid_to or "…"
        runs.append(
            writer.plain(f"（名称有效期：{start} 至 {end}）", f" (so named {start} to {end})")
        )
    runs.append(writer.plain("。", "."))
    return runs


def intake(writer: Writer) -> None:
    """Who may apply, and how applications come in."""
    rules = writer.rulebook.intake
    writer.chapter("intake", "申报主体", "Who may apply")
    if rules is None:
        return
    names = {kind.id: writer.text(kind.name) for kind in rules.kinds}
    article = writer.article("mode", writer.say("受理方式", "Intake"))
    article.runs += [
        writer.plain("项目", "Applications are taken "),
        writer.value(writer.text(words.MODE[rules.mode]), "/intake/mode"),
    ]
    if rules.slots is not None:
        article.runs += [
            writer.plain("，每批名额", "; places in each call: "),
            writer.value(str(rules.slots), "/intake/slots"),
            writer.plain("个", ""),
        ]
    article.runs.append(writer.plain("。", "."))
    for role, ids, zh, en in (
        ("lead", rules.lead, "牵头单位", "Lead institution"),
        ("partner", rules.partner, "参与单位", "Partners"),
    ):
        if not ids:
            continue
        article = writer.article(role, writer.say(zh, en))
        if role == "lead" and rules.licensed_lead:
            article.runs.append(
                writer.value(
                    writer.say(
                        "业务场景由持牌机构提供，牵头单位须持牌。",
                        "The business comes from a licensed institution: the lead holds a licence.",
                    ),
                    "/intake/licensed_lead",
                )
            )
        article.runs.append(writer.plain(f"下列机构可以作为{zh}：", " These may take this part:"))
        writer.points(
            article,
            [
                [writer.value(names.get(kind, kind), f"/intake/{role}/{index}", f"/intake/{role}")]
                for index, kind in enumerate(ids)
            ],
        )


def form(writer: Writer) -> None:
    """What an application must contain."""
    writer.chapter("form", "申报内容", "What is filed")
    for section in writer.rulebook.form:
        _section(writer, section)


def _section(writer: Writer, section: Section) -> None:
    pointer = f"/form/{section.id}"
    article = writer.article(section.id, writer.text(section.title))
    if section.guidance:
        article.runs.append(
            writer.value(writer.text(section.guidance), f"{pointer}/guidance", pointer)
        )
    if section.hard_gate:
        article.runs.append(
            writer.value(
                writer.say(
                    "本节未填写完整的，申报不予受理。",
                    " An application without this section complete is not accepted.",
                ),
                f"{pointer}/hard_gate",
                pointer,
            )
        )
    for question in section.questions:
        notes = []
        if not question.required:
            notes.append(writer.say("选填", "optional"))
        if question.public:
            notes.append(writer.say("公示", "made public"))
        note = writer.joined(notes)
        label = writer.text(question.label)
        shown = writer.say(f"{label}（{note}）", f"{label} ({note})") if note else label
        article.points.append(
            [writer.value(shown, f"{pointer}/questions/{question.id}/kind", pointer)]
        )


def criteria(writer: Writer) -> None:
    """What is judged, with the signs for and against."""
    writer.chapter("criteria", "评审标准", "Criteria")
    for criterion in writer.rulebook.criteria:
        _criterion(writer, criterion)


def _criterion(writer: Writer, criterion: Criterion) -> None:
    pointer = f"/criteria/{criterion.id}"
    article = writer.article(criterion.id, writer.text(criterion.name))
    article.runs.append(
        writer.value(writer.text(criterion.question), f"{pointer}/question", pointer)
    )
    try:
        stage = writer.text(writer.rulebook.stage(criterion.stage).names.staff)
    except KeyError:
        stage = criterion.stage
    article.runs += [
        writer.plain("在", " Judged at: "),
        writer.value(stage, f"{pointer}/stage"),
        writer.plain("阶段审查", ""),
    ]
    if criterion.mandatory:
        article.runs.append(
            writer.value(
                writer.say("，必须满足", "; it must be met"), f"{pointer}/mandatory", pointer
            )
        )
    if criterion.weight is not None:
        article.runs += [
            writer.plain("，权重 ", "; weight "),
            writer.value(str(criterion.weight), f"{pointer}/weight"),
        ]
    article.runs.append(writer.plain("。", "."))
    for signs, key, zh, en in (
        (criterion.positive, "positive", "有利情形：", "Speaks for: "),
        (criterion.negative, "negative", "不利情形：", "Speaks against: "),
    ):
        for index, sign in enumerate(signs):
            article.points.append(
                [
                    writer.plain(zh, en),
                    writer.value(writer.text(sign), f"{pointer}/{key}/{index}", f"{pointer}/{key}"),
                ]
            )
