"""Purpose, principles, authorities, place, and how time is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import words
from shidian.core.rulebook.reading.numbers import both
from shidian.core.rulebook.reading.pen import Value, val

if TYPE_CHECKING:
    from shidian.core.rulebook.model import Authority
    from shidian.core.rulebook.reading.pen import Pen


def general(pen: Pen) -> None:
    """Chapter: general provisions."""
    rulebook = pen.rulebook
    pen.quote(pen.article("purpose", ("宗旨", "Purpose")), rulebook.summary, "/summary")
    if rulebook.principles:
        article = pen.article("principles", ("原则", "Principles"))
        pen.say(article, "试点遵循下列原则：", "A pilot is guided by these principles:")
        for index, text in enumerate(rulebook.principles):
            pen.point(article, "{text}", "{text}", text=val(text, f"/principles/{index}"))
    if rulebook.authorities:
        article = pen.article("authorities", ("主管部门", "Authorities"))
        pen.say(
            article,
            "下列单位参与试点的组织实施：",
            "The following authorities take part in running the scheme:",
        )
        for authority in rulebook.authorities:
            _authority(pen, article, authority)
    _place(pen)
    _time(pen)
    pen.chapter("general", "总则", "General provisions")


def _authority(pen: Pen, article: object, authority: Authority) -> None:
    path = f"/authorities/{authority.id}"
    zh, en = "{name}，为{role}", "{name}, {role}"
    values: dict[str, Value | list[Value]] = {
        "name": val(authority.name, f"{path}/id", f"{path}/name"),
        "role": val(words.ROLE[authority.role], f"{path}/role"),
    }
    if authority.verbs:
        zh, en = zh + "，负责{verbs}", en + ", responsible for {verbs}"
        values["verbs"] = [
            val(words.AUTHORITY_VERB[verb], f"{path}/verbs/{index}")
            for index, verb in enumerate(authority.verbs)
        ]
    if authority.valid_from:
        zh, en = zh + "；该名称自{start}起使用", en + "; so named from {start}"
        values["start"] = val(authority.valid_from, f"{path}/valid_from")
    if authority.valid_to:
        zh, en = zh + "；该名称用至{end}", en + "; so named until {end}"
        values["end"] = val(authority.valid_to, f"{path}/valid_to")
    pen.point(article, zh + "。", en + ".", **values)  # type: ignore[arg-type]


def _place(pen: Pen) -> None:
    place = pen.rulebook.place
    if place is None:
        return
    article = pen.article("place", ("时间与货币", "Legal time and currency"))
    name = place.currency_name
    money = Text(
        zh=f"{name.zh}（{place.currency}）" if name else place.currency,
        en=f"{name.en} ({place.currency})" if name else place.currency,
    )
    pen.say(
        article,
        "试点适用{zone}时区的法定时间，金额以{money}计。",
        "Legal time is that of the zone {zone}; amounts are in {money}.",
        zone=val(place.zone, "/place/zone"),
        money=val(money, "/place/currency", "/place/currency_name"),
    )


def _time(pen: Pen) -> None:
    calendars = pen.rulebook.calendars
    if calendars is None:
        return
    article = pen.article("time", ("期间的计算", "How time is counted"))
    pen.say(
        article,
        "期间以工作日计算的，适用{deadlines}；以交易日计算的，适用{market}。",
        "Periods in working days are counted on {deadlines}, and periods in trading days on"
        " {market}.",
        deadlines=val(_calendar(pen, calendars.deadlines), "/calendars/deadlines"),
        market=val(_calendar(pen, calendars.market), "/calendars/market"),
    )
    if calendars.session:
        pen.say(
            article,
            "交易时段适用{session}。",
            " Trading sessions are those of {session}.",
            session=val(_calendar(pen, calendars.session), "/calendars/session"),
        )
    pen.say(
        article,
        "以日、月、年计算期间的，按自然日、月、年计算；期间开始之日不计入。",
        " Periods in days, months or years run by the calendar. The day of the event that starts a"
        " period is not counted.",
    )


def _calendar(pen: Pen, calendar_id: str) -> Text:
    """A calendar's name, or its id where it has none."""
    name = pen.calendar_names.get(calendar_id)
    if name is None:
        return both(calendar_id)
    return Text(zh=f"{name.zh}（{calendar_id}）", en=f"{name.en} ({calendar_id})")
