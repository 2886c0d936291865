"""Time limits, and what each act is in law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import numbers, words
from shidian.core.rulebook.reading.chapters.names import stage_name
from shidian.core.rulebook.reading.pen import Draft, Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Clock, Rulebook
    from shidian.core.rulebook.reading.pen import Pen


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
    if pen.has(f"{path}/until") and clock.until:
        pen.say(
            article,
            "该期限至进入“{stage}”阶段时为止。",
            " It ends when the stage “{stage}” is entered.",
            stage=val(stage_name(pen, clock.until), f"{path}/until"),
        )
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
