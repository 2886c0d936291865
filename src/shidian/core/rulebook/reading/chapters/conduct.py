"""What a running pilot reports, and how it is supervised: oversight, orders, the permit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.pen import val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Orders, PermitRules, ReportDuty, Revision
    from shidian.core.rulebook.reading.pen import Draft, Pen


def reports(pen: Pen) -> None:
    """Chapter: what a running pilot reports, and when."""
    for duty in pen.rulebook.reports:
        _report(pen, duty)
    pen.chapter("reports", "报告", "Reports")


def report_due(duty: ReportDuty) -> Text:
    """When a report is due, in words."""
    due = numbers.length(duty.due, duty.due_unit)
    if duty.kind == "advance":
        return Text(zh=f"拟变更前{due.zh}", en=f"at least {due.en} before the change")
    start = {
        "periodic": Text(zh="每期届满后", en="of the end of each period"),
        "event": Text(zh="事件发生后", en="of the event"),
        "final": Text(zh="试点结束后", en="of the end of the pilot"),
    }[duty.kind]
    return Text(zh=f"{start.zh}{due.zh}内", en=f"within {due.en} {start.en}")


def _report(pen: Pen, duty: ReportDuty) -> None:
    path = f"/reports/{duty.id}"
    article = pen.article(duty.id, duty.title)
    pen.say(
        article,
        "{title}为{kind}，应当在{due}提交。",
        "{title} is {kind}. It is filed {due}.",
        title=val(_quoted(duty.title), f"{path}/id", f"{path}/title"),
        kind=val(words.REPORT_KIND[duty.kind], f"{path}/kind"),
        due=val(report_due(duty), f"{path}/due", f"{path}/due_unit"),
    )
    _periods(pen, article, duty, path)
    if duty.signed_by:
        pen.say(
            article,
            "报告由{signer}签署并负责。",
            " It is signed by, and the responsibility of: {signer}.",
            signer=val(duty.signed_by, f"{path}/signed_by"),
        )
    if duty.to:
        names = {one.id: one.name for one in pen.rulebook.authorities}
        pen.say(
            article,
            "报告报送{to}。",
            " It is addressed to {to}.",
            to=[val(names.get(one) or one, f"{path}/to/{n}") for n, one in enumerate(duty.to)],
        )
    if duty.public or pen.has(f"{path}/public"):
        said = (
            Text(zh="报告向社会公开", en="It is published")
            if duty.public
            else Text(zh="报告不向社会公开", en="It is not published")
        )
        pen.say(article, "{said}。", " {said}.", said=val(said, f"{path}/public"))
    _contents(pen, article, duty, path)
    if duty.revised is not None:
        _revised(pen, article, duty.revised, f"{path}/revised")


def _periods(pen: Pen, article: Draft, duty: ReportDuty, path: str) -> None:
    for count, unit, key in (
        (duty.every_months, "month", "every_months"),
        (duty.every_weeks, "week", "every_weeks"),
    ):
        if count:
            anchor = {
                "calendar": Text(zh="各期按日历计", en="by the calendar"),
                "pilot-start": Text(
                    zh="自试点启动之日起计", en="counted from the start of the pilot"
                ),
            }[duty.anchor]
            pen.say(
                article,
                "{every}一期，{anchor}。",
                " One is due {every}, {anchor}.",
                every=val(numbers.every(count, unit), f"{path}/{key}"),
                anchor=val(anchor, f"{path}/anchor"),
            )


def _contents(pen: Pen, article: Draft, duty: ReportDuty, path: str) -> None:
    if duty.contents:
        pen.say(article, "报告应当载明：", " It states:")
        for index, text in enumerate(duty.contents):
            pen.point(article, "{text}；", "{text};", text=val(text, f"{path}/contents/{index}"))
    if duty.indicators:
        titles = {one.id: one.title for one in pen.rulebook.indicators}
        pen.say(
            article,
            "报告载明下列指标的数值：{indicators}。",
            "It gives the figures of these indicators: {indicators}.",
            indicators=[
                val(titles.get(one) or one, f"{path}/indicators/{n}")
                for n, one in enumerate(duty.indicators)
            ],
        )


def _revised(pen: Pen, article: Draft, rules: Revision, path: str) -> None:
    pen.say(
        article,
        "报告被退回或者被要求更正的，应当在{period}内重新报送。",
        " A report that is returned or asked for anew is filed again within {period}.",
        period=val(numbers.period(rules), f"{path}/length", f"{path}/unit"),
    )
    if rules.note is not None:
        pen.say(article, "{note}。", " {note}.", note=val(rules.note, f"{path}/note"))
    if rules.changed_over is not None:
        pen.say(
            article,
            "报送后，迟到数据使任一数值变动超过百分之{over}的，应当更正。",
            " Where late data move any figure by more than {over} per cent, it is filed anew.",
            over=val(str(rules.changed_over), f"{path}/changed_over"),
        )


def _quoted(text: Text) -> Text:
    return Text(zh=f"“{text.zh}”", en=f"“{text.en}”")


def oversight(pen: Pen) -> None:
    """Chapter: supervision during the run, and orders."""
    rules = pen.rulebook.oversight
    if rules is not None:
        for key, text, zh, en in (
            ("observer", rules.observer, "派驻观察", "Observer"),
            ("inspection", rules.inspection, "检查", "Inspection"),
            ("immediate", rules.immediate, "即时措施", "Immediate measures"),
        ):
            pen.quote(pen.article(key, (zh, en)), text, f"/oversight/{key}")
        for key, texts, heading, opening in (
            (
                "revocation_grounds",
                rules.revocation_grounds,
                ("撤销事由", "Grounds for revocation"),
                (
                    "有下列情形之一的，可以终止试点：",
                    "A pilot may be ended on any of these grounds:",
                ),
            ),
            (
                "due_process",
                rules.due_process,
                ("陈述与申辩", "The right to be heard"),
                ("采取不利措施的，遵守下列程序：", "Before an adverse measure is taken:"),
            ),
        ):
            if texts:
                article = pen.article(key, heading)
                pen.say(article, *opening)
                for index, text in enumerate(texts):
                    pen.point(
                        article, "{text}", "{text}", text=val(text, f"/oversight/{key}/{index}")
                    )
    _orders(pen)
    pen.chapter("oversight", "监督与处置", "Oversight and orders")


def _orders(pen: Pen) -> None:
    orders = pen.rulebook.orders
    if orders is None:
        return
    article = pen.article("orders", ("处置指令", "Orders"))
    if orders.kinds:
        pen.say(
            article,
            "在试点约定范围内可以发出下列指令：{kinds}。",
            "Within the terms agreed for the pilot these orders may be given: {kinds}.",
            kinds=[
                val(words.ORDER[one], f"/orders/kinds/{n}") for n, one in enumerate(orders.kinds)
            ],
        )
    if orders.two_officers:
        pen.say(
            article,
            "下列指令须由两名人员共同作出：{kinds}。",
            " Two officers must act together to: {kinds}.",
            kinds=[
                val(words.ORDER[one], f"/orders/two_officers/{n}")
                for n, one in enumerate(orders.two_officers)
            ],
        )
    _lapse(pen, article, orders)
    if orders.permit:
        _permit(pen, orders.permit)


def _lapse(pen: Pen, article: Draft, orders: Orders) -> None:
    alone = [one for one in ("restrict", "suspend") if one in orders.kinds]
    alone = [one for one in alone if one not in orders.two_officers]
    if not alone:
        if orders.on_lapse != "stays-stopped":
            none = Text(
                zh="没有指令会因未会签而失效", en="No order lapses for want of a second officer"
            )
            pen.say(article, "{none}。", " {none}.", none=val(none, "/orders/on_lapse"))
        return
    kinds = [val(words.ORDER[one]) for one in alone]
    pen.say(
        article,
        "一名人员单独作出的{kinds}指令，二十四小时内未经另一人会签即失效，{then}。",
        " An order by one officer to {kinds} lapses unless another one countersigns it within 24"
        " hours; then {then}.",
        kinds=kinds,
        then=val(words.ON_LAPSE[orders.on_lapse], "/orders/on_lapse"),
    )


def _permit(pen: Pen, permit: PermitRules) -> None:
    article = pen.article("permit", ("运行凭证", "The permit"))
    pen.say(
        article,
        "试点系统凭有效期为{ttl}的运行凭证运行；凭证失效后宽限{grace}，其后{mode}。",
        "The pilot system runs on a permit valid for {ttl}. Once it has lapsed, and after a grace"
        " of {grace}, {mode}.",
        ttl=val(numbers.duration(permit.ttl), "/orders/permit/ttl"),
        grace=val(
            numbers.duration(permit.grace) if permit.grace else Text(zh="零秒", en="zero"),
            "/orders/permit/grace",
        ),
        mode=val(words.PERMIT_MODE[permit.mode], "/orders/permit/mode"),
    )
    pen.say(
        article,
        "监管方系统中断时，{outage}。",
        " If the regulator’s system is down, {outage}.",
        outage=val(words.OUTAGE[permit.on_regulator_outage], "/orders/permit/on_regulator_outage"),
    )
    if permit.new_business:
        streams = {stream.id: stream.title for stream in pen.rulebook.streams}
        pen.say(
            article,
            "新增业务指：{streams}；无有效凭证发生的，系统即时告警。",
            " New business is: {streams}; where no permit covers it, an alert is raised.",
            streams=[
                val(streams.get(name) or name, f"/orders/permit/new_business/{n}")
                for n, name in enumerate(permit.new_business)
            ],
        )
