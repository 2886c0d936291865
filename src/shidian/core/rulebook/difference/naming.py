"""Names of what changed, and values as people say them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from shidian.core.rulebook.difference.labels import label
from shidian.core.rulebook.difference.leaves import id_of
from shidian.core.rulebook.digest import is_text
from shidian.core.rulebook.lengths import length_text
from shidian.core.rulebook.model import Text
from shidian.core.rulebook.reading import duty_words, words
from shidian.core.rulebook.reading.numbers import duration
from shidian.core.rulebook.tree import unescape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.rulebook.loaded import Json

SHOWN_MAX = 60
AROUND = 24
"""Characters that stay on either side of what differs."""
"""Characters of a text that a sentence quotes."""

NOTHING = Text(zh="无", en="none")
YES, NO = Text(zh="是", en="yes"), Text(zh="否", en="no")

_NAMES = ("title", "name", "label", "names")
_WORDS: dict[str, Mapping[Any, Text]] = {
    "role": words.ROLE,
    "verbs": words.AUTHORITY_VERB,
    "intake/mode": words.MODE,
    "identifier": words.IDENTIFIER,
    "questions/kind": words.QUESTION_KIND,
    "marking": words.MARKING,
    "stages/kind": words.STAGE_KIND,
    "starts": words.STARTS,
    "force": words.FORCE,
    "pauses_on": words.PAUSE,
    "consultations/kind": words.CONSULTATION,
    "dispatches/kind": words.DISPATCH,
    "release": words.RELEASE,
    "effect": words.EFFECT,
    "take": words.TAKE,
    "window": words.WINDOW,
    "on_breach": words.ON_BREACH,
    "no_data": words.NO_DATA,
    "measured": words.MEASURED,
    "kept": words.KEPT,
    "reports/kind": words.REPORT_KIND,
    "steps/kind": words.INCIDENT_STEP,
    "steps/starts": words.INCIDENT_START,
    "steps/by": duty_words.PARTY,
    "fact": words.TOLERANCE_FACT,
    "plan/type": words.PLAN_TYPE,
    "fields/type": words.FIELD_TYPE,
    "orders/kinds": words.ORDER,
    "criteria/severity": words.SEVERITY,
    "two_officers": words.ORDER,
    "on_lapse": words.ON_LAPSE,
    "permit/mode": words.PERMIT_MODE,
    "on_regulator_outage": words.OUTAGE,
    "register/public": words.REGISTER,
    "refusals": words.REFUSALS,
    "exit_report": words.EXIT_REPORT,
    "commenter": words.COMMENTER,
    "answers": words.ANSWERS,
    "status": words.STATUS,
    "on_silence": {
        "nothing": Text(zh="不产生后果", en="nothing"),
        "approved": Text(zh="视为同意", en="approval"),
        "may-start": Text(zh="可以开始测试", en="that the test may start"),
    },
    "on_expiry": {
        "nothing": Text(zh="不产生后果", en="nothing follows"),
        "may-proceed": Text(zh="案件可以继续", en="the case may go on"),
    },
    "tighter": {
        "lower": Text(zh="越低越严", en="lower"),
        "higher": Text(zh="越高越严", en="higher"),
    },
}
"""Keyword, or keyword around it and keyword → what its words mean."""

_REFERS = {
    "stage": "stages",
    "next": "stages",
    "graded_in": "stages",
    "skips": "stages",
    "since": "stages",
    "limits/stages": "stages",
    "limits/admissions": "streams",
    "new_business": "streams",
    "clock": "clocks",
    "after": "clocks",
    "all_of": "authorities",
    "signoff/of": "authorities",
    "signoff/lead": "authorities",
    "authority": "authorities",
    "to": "authorities",
    "indicator": "indicators",
    "ratio_to": "indicators",
    "indicators/of": "streams",
    "plan": "plan",
    "scales_with": "plan",
    "day": "plan",
    "public_sections": "form",
    "intake/lead": "intake/kinds",
    "intake/partner": "intake/kinds",
    "free_for": "intake/kinds",
    "steps/severities": "incidents/severities",
    "tolerance/severities": "incidents/severities",
    "bridging/after": "outcomes",
    "source": "sources",
    "borrowed_from": "sources",
}
"""Keyword whose value is an id → the list in which what it names stands."""

_NAMED_BY_KEY = {
    "caps": "plan",
    "raises": "plan",
    "retention_years": "outcomes",
    "reports": "reports",
}


@dataclass(frozen=True, slots=True)
class Names:
    """The documents that names are looked up in, the newer first."""

    documents: tuple[dict[str, Json], ...]

    def subject(self, path: str) -> Text:
        """What a path speaks of: `stage "Expert review", panel, members at least`."""
        zh: list[str] = []
        en: list[str] = []
        around = ""
        steps = [unescape(step) for step in path.split("/")[1:]]
        for index, step in enumerate(steps):
            item = self._item(steps[: index + 1])
            if item is not None and zh:
                zh[-1] += f"“{item.zh}”"
                en[-1] += f" “{item.en}”"
            elif step.isdigit() and zh:
                zh[-1] += f"第{int(step) + 1}项"
                en[-1] += f" {int(step) + 1}"
            else:
                said = label(around, step)
                zh.append(said.zh)
                en.append(said.en)
                around = step
        return Text(zh="的".join(zh) or "制度文本", en=", ".join(en) or "rulebook")

    def name(self, path: str) -> Text | None:
        """The name of the item at a path, if it has one."""
        return self._item([unescape(step) for step in path.split("/")[1:]])

    def _item(self, steps: list[str]) -> Text | None:
        for document in self.documents:
            found = at(document, steps)
            if isinstance(found, dict) and (id_of(found) is not None or steps[0] == "sources"):
                return _name_of(found) or Text(zh=steps[-1], en=steps[-1])
        if len(steps) > 1 and steps[-2] in _NAMED_BY_KEY:
            return self._referred(_NAMED_BY_KEY[steps[-2]], steps[-1])
        return None

    def _referred(self, where: str, name: str) -> Text | None:
        for document in self.documents:
            if where == "outcomes":
                stages = document.get("stages")
                lists: list[Json] = [
                    one.get("outcomes") for one in stages or () if isinstance(one, dict)
                ]
            else:
                lists = [at(document, where.split("/"))]
            for found in lists:
                item = at(found, [name]) if isinstance(found, dict | list) else None
                if isinstance(item, dict):
                    return _name_of(item)
        return None

    def value(self, path: str, value: Json) -> Text:
        """A value as it is said: names for ids, words for keywords, units for lengths."""
        steps = [unescape(step) for step in path.split("/")[1:]]
        keys = [step for step in steps if not step.isdigit()]
        key = keys[-1] if keys else ""
        around = next((step for step in reversed(keys[:-1]) if step in _AROUND), "")
        if value is None:
            return NOTHING
        if isinstance(value, list):
            return joined([self.value(path, item) for item in value])
        if isinstance(value, dict):
            return self._mapping(path, value)
        return self._scalar(f"{around}/{key}", key, value)

    def _mapping(self, path: str, value: dict[str, Json]) -> Text:
        if is_text(value):
            zh, en = value.get("zh"), value.get("en")
            return Text(zh=quoted(zh, "“{}”"), en=quoted(en, "“{}”"))
        length, unit = value.get("length"), value.get("unit")
        if isinstance(length, str) and isinstance(unit, str) and length.isdigit():
            return length_text(int(length), unit)
        name = _name_of(value)
        if name is not None:
            return Text(zh=f"“{name.zh}”", en=f"“{name.en}”")
        said = [
            (label("", key), self.value(f"{path}/{key}", child)) for key, child in value.items()
        ]
        return Text(
            zh="，".join(f"{one.zh}{found.zh}" for one, found in said) or "无",
            en=", ".join(f"{one.en} {found.en}" for one, found in said) or "none",
        )

    def _scalar(self, both: str, key: str, value: str) -> Text:
        if value in ("true", "false"):
            return YES if value == "true" else NO
        if key == "duties":
            party, task = duty_words.duty(value)
            who = duty_words.party(party)
            return Text(zh=f"{who.zh}{task.zh}", en=f"{who.en}: {task.en}")
        table = _WORDS.get(both) or _WORDS.get(key)
        if table is not None and value in table:
            return table[value]
        where = _REFERS.get(both) or _REFERS.get(key)
        operand = value.removeprefix("plan.")
        if operand != value:
            where = "plan"
        named = self._referred(where, operand) if where is not None else None
        if named is not None:
            return Text(zh=f"“{named.zh}”", en=f"“{named.en}”")
        return _measured(value)


_AROUND = frozenset(key.partition("/")[0] for key in (*_WORDS, *_REFERS) if "/" in key)


def at(document: Json, steps: list[str]) -> Json:
    """What stands at a path; None where nothing does."""
    found = document
    for step in steps:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list):
            named = [item for item in found if id_of(item) == step]
            inside = step.isdigit() and int(step) < len(found)
            found = named[0] if named else found[int(step)] if inside else None
        else:
            return None
    return found


def joined(said: list[Text]) -> Text:
    """Several values in a row."""
    if not said:
        return NOTHING
    return Text(zh="、".join(one.zh for one in said), en=", ".join(one.en for one in said))


def quoted(text: Json, form: str) -> str:
    """A text in quotation marks, cut where it is long."""
    shown = text if isinstance(text, str) and text else "—"
    return form.format(shown if len(shown) <= SHOWN_MAX else f"{shown[: SHOWN_MAX - 1]}…")


def quoted_apart(before: Json, after: Json, form: str) -> tuple[str, str]:
    """Two texts in quotation marks, cut where they are long and alike, never where they differ."""
    old = before if isinstance(before, str) and before else "—"
    new = after if isinstance(after, str) and after else "—"
    if max(len(old), len(new)) <= SHOWN_MAX:
        return form.format(old), form.format(new)
    head = _cut_before(old, _alike(old, new))
    end = _alike(old[head:][::-1], new[head:][::-1])
    tail = max(0, end - AROUND)
    lead, trail = "…" * (head > 0), "…" * (tail > 0)
    return (
        form.format(f"{lead}{old[head : len(old) - tail]}{trail}"),
        form.format(f"{lead}{new[head : len(new) - tail]}{trail}"),
    )


def _alike(one: str, other: str) -> int:
    """How many first characters two texts share."""
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False)))


def _cut_before(text: str, place: int) -> int:
    """Where to begin so that a few words stand before `place`; at a word's start if it can."""
    begin = max(0, place - AROUND)
    if begin == 0:
        return 0
    space = text.find(" ", begin, place)
    return begin if space < 0 else space + 1


def _name_of(item: dict[str, Json]) -> Text | None:
    for key in _NAMES:
        found = item.get(key)
        if key == "names" and isinstance(found, dict):
            found = found.get("staff")
        if isinstance(found, dict) and isinstance(found.get("zh"), str):
            zh, en = found.get("zh"), found.get("en")
            return Text(zh=quoted(zh, "{}"), en=quoted(en, "{}"))
    return None


def _measured(value: str) -> Text:
    length = re.fullmatch(r"([0-9]+)us", value)
    if length is not None:
        return duration(int(length[1]))
    share = re.fullmatch(r"([<>]=?)([0-9]+)/([0-9]+)", value)
    if share is not None and (per_cent := Fraction(int(share[2]), int(share[3])) * 100):
        whole = per_cent.denominator == 1
        value = f"{share[1]}{per_cent.numerator}%" if whole else f"{share[1]}{float(per_cent):g}%"
    shown = quoted(value, "{}")
    return Text(zh=shown or "—", en=shown or "—")
