"""Chapters on stages, time limits, reports, investors' protection and the exit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.supervision.publish.rulebook_text import words

if TYPE_CHECKING:
    from shidian.apps.supervision.publish.rulebook_text.writer import Article, Run, Writer
    from shidian.core.rulebook.model import Clock, Stage


def clock_words(writer: Writer, clock: Clock) -> str:
    """`5 个工作日`."""
    return writer.text(words.length(clock.length, clock.unit))


def stages(writer: Writer) -> None:
    """Each stage: what is needed to leave it, and where it leads."""
    writer.chapter("stages", "程序", "Procedure")
    for stage in writer.rulebook.stages:
        _stage(writer, stage)


def _stage(writer: Writer, stage: Stage) -> None:
    rulebook = writer.rulebook
    pointer = f"/stages/{stage.id}"
    article = writer.article(stage.id, writer.text(stage.names.staff))
    kind = writer.text(words.STAGE_KIND[stage.kind])
    if kind != article.heading:
        article.runs += [
            writer.plain("本阶段为", "This stage is: "),
            writer.value(kind, f"{pointer}/kind"),
            writer.plain("。", ". "),
        ]
    if stage.clock:
        clock = rulebook.clock(stage.clock)
        article.runs += [
            writer.plain("本阶段期限为", "Its period is "),
            writer.value(clock_words(writer, clock), f"/clocks/{clock.id}/length"),
            writer.plain("。", "."),
        ]
    _panel(writer, stage, article)
    if stage.signoff:
        names = writer.joined(writer.text(rulebook.authority(a).name) for a in stage.signoff.all_of)
        article.runs += [
            writer.plain("须经", " It needs the consent of all of: "),
            writer.value(names, f"{pointer}/signoff/all_of", f"{pointer}/signoff"),
            writer.plain("全部会签同意。", "."),
        ]
    if stage.comments:
        article.runs.append(
            writer.value(
                writer.say(
                    "公示期间任何人可以提出意见，意见及答复公开。",
                    " Anyone may comment while it is open; comments and answers are public.",
                ),
                f"{pointer}/comments",
            )
        )
    for areas, key, zh, en in (
        (stage.steps, "steps", "步骤：", " Steps: "),
        (stage.areas, "areas", "评估领域：", " Areas assessed: "),
        (stage.dimensions, "dimensions", "评估维度：", " Dimensions evaluated: "),
        (stage.outcomes, "outcomes", "结果：", " Outcomes: "),
    ):
        if areas:
            names = writer.joined(writer.text(area.name) for area in areas)
            article.runs += [
                writer.plain(zh, en),
                writer.value(names, f"{pointer}/{key}"),
                writer.plain("。", "."),
            ]
    if stage.next:
        names = writer.joined(writer.text(rulebook.stage(n).names.staff) for n in stage.next)
        article.runs += [
            writer.plain("其后可以进入：", " It leads to: "),
            writer.value(names, f"{pointer}/next"),
            writer.plain("。", "."),
        ]


def _panel(writer: Writer, stage: Stage, article: Article) -> None:
    if stage.panel is None:
        return
    pointer = f"/stages/{stage.id}/panel"
    article.runs += [
        writer.plain("专家组不少于 ", " The panel has at least "),
        writer.value(str(stage.panel.min), f"{pointer}/min"),
        writer.plain(" 人", " experts"),
    ]
    if stage.panel.odd:
        article.runs.append(
            writer.value(writer.say("，且为单数", ", an odd number"), f"{pointer}/odd")
        )
    article.runs += [
        writer.plain("，满分 ", "; the highest score is "),
        writer.value(str(stage.panel.score_max), f"{pointer}/score_max", pointer),
        writer.plain(" 分", ""),
    ]
    if stage.panel.pass_mark is not None:
        article.runs += [
            writer.plain("，及格 ", "; the pass mark is "),
            writer.value(str(stage.panel.pass_mark), f"{pointer}/pass_mark"),
            writer.plain(" 分", ""),
        ]
    article.runs.append(
        writer.plain(
            "；专家在查阅材料前先申报利益冲突。",
            "; each declares conflicts of interest before seeing the file.",
        )
    )


def clocks(writer: Writer) -> None:
    """Each period: from when, how long, in what unit, with what force."""
    writer.chapter("clocks", "期限", "Time limits")
    for clock in writer.rulebook.clocks:
        pointer = f"/clocks/{clock.id}"
        article = writer.article(clock.id, writer.text(clock.name))
        article.runs += [
            writer.plain("自", "Runs from "),
            writer.value(writer.text(words.STARTS[clock.starts]), f"{pointer}/starts"),
            writer.plain("起 ", ", for "),
            writer.value(clock_words(writer, clock), f"{pointer}/length"),
            writer.plain("，属", "; it is "),
            writer.value(writer.text(words.FORCE[clock.force]), f"{pointer}/force", pointer),
            writer.plain("。", "."),
        ]
        if clock.pauses_on:
            article.runs.append(
                writer.value(
                    writer.say(
                        "补正或问询期间停止计算。",
                        " It stops while an information request is open.",
                    ),
                    f"{pointer}/pauses_on",
                )
            )
        if clock.on_expiry == "may-proceed":
            article.runs.append(
                writer.value(
                    writer.say(
                        "期满可以进入下一阶段。", " When it has run out, the case may go on."
                    ),
                    f"{pointer}/on_expiry",
                )
            )
        if clock.on_silence != "nothing":
            silence = {
                "approved": ("逾期未答复的，视为同意。", " Silence counts as approval."),
                "may-start": ("逾期未答复的，可以启动。", " After silence the test may start."),
            }[clock.on_silence]
            article.runs.append(writer.value(writer.say(*silence), f"{pointer}/on_silence"))


def reports(writer: Writer) -> None:
    """What a running pilot reports, and when."""
    writer.chapter("reports", "报告", "Reports")
    for duty in writer.rulebook.reports:
        pointer = f"/reports/{duty.id}"
        article = writer.article(duty.id, writer.text(duty.title))
        due = writer.text(words.DUE_UNIT[duty.due_unit])
        article.runs += [
            writer.value(writer.text(words.REPORT_KIND[duty.kind]), f"{pointer}/kind"),
        ]
        if duty.every_months:
            article.runs += [
                writer.plain("，每 ", ", every "),
                writer.value(
                    writer.say(
                        f"{duty.every_months} 个月一次",
                        "month" if duty.every_months == 1 else f"{duty.every_months} months",
                    ),
                    f"{pointer}/every_months",
                ),
            ]
        before = duty.kind == "advance"
        article.runs += [
            writer.plain(
                "，提前 " if before else "，期限 ", ", ahead by " if before else ", due within "
            ),
            writer.value(writer.say(f"{duty.due} {due}", f"{duty.due} {due}"), f"{pointer}/due"),
            writer.plain("。", "."),
        ]


def safeguards(writer: Writer) -> None:
    """What protects investors, in the rulebook's own words."""
    rules = writer.rulebook.safeguards
    writer.chapter("safeguards", "投资者保护", "Protection of investors")
    for key, text, zh, en in (
        ("consent", rules.consent, "知情同意", "Consent"),
        ("withdraw", rules.withdraw, "退出权利", "Right to withdraw"),
        ("compensation", rules.compensation, "损失补偿", "Compensation"),
        ("safe_harbour", rules.safe_harbour, "容错安排", "Safe harbour"),
        ("complaint", rules.complaint, "投诉处理", "Complaints"),
    ):
        if text is not None:
            article = writer.article(key, writer.say(zh, en))
            article.runs.append(
                writer.value(writer.text(text), f"/safeguards/{key}", "/safeguards")
            )


def ending(writer: Writer) -> None:
    """Run-off and how long the file is kept."""
    rules = writer.rulebook.exit
    writer.chapter("exit", "退出与归档", "Exit and retention")
    if rules is None:
        return
    if rules.run_off:
        article = writer.article("run-off", writer.say("存量业务", "Run-off"))
        article.runs.append(writer.value(writer.text(rules.run_off), "/exit/run_off", "/exit"))
    if rules.retention_years:
        names = {
            outcome.id: writer.text(outcome.name)
            for stage in writer.rulebook.stages
            for outcome in stage.outcomes
        }
        article = writer.article("retention", writer.say("档案保存", "How long files are kept"))
        article.runs.append(
            writer.plain("案卷按结果保存下列年限：", "By outcome, a file is kept for:")
        )
        points: list[list[Run]] = [
            [
                writer.plain(f"{names.get(key, key)}：", f"{names.get(key, key)}: "),
                writer.value(
                    writer.say(f"{years} 年", f"{years} years"), f"/exit/retention_years/{key}"
                ),
            ]
            for key, years in rules.retention_years.items()
        ]
        writer.points(article, points)
