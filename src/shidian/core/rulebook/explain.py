"""A rulebook as text for people: in either language, and value by value with its origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from shidian.core.rulebook.model import Because, Clock, Rulebook, Status, Text
from shidian.core.rulebook.provenance import verified_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.loaded import Loaded

Lang: TypeAlias = Literal["zh", "en"]

_HEADINGS = {
    "principles": {"zh": "原则", "en": "Principles"},
    "authorities": {"zh": "主管部门", "en": "Authorities"},
    "intake": {"zh": "申报主体", "en": "Who may apply"},
    "form": {"zh": "申报材料", "en": "The application"},
    "stages": {"zh": "流程", "en": "The way of a case"},
    "criteria": {"zh": "评审标准", "en": "Criteria"},
    "limits": {"zh": "限额", "en": "Limits"},
    "alerts": {"zh": "监测规则", "en": "Alerts"},
    "reports": {"zh": "报告义务", "en": "Reports"},
    "safeguards": {"zh": "投资者保护", "en": "Safeguards"},
    "history": {"zh": "历史", "en": "History"},
}

_BASIS = {
    "verified": {"zh": "已核实", "en": "verified"},
    "reported": {"zh": "据报道", "en": "reported"},
    "assumed": {"zh": "假定", "en": "assumed"},
}

_UNITS = {
    "working-day": {"zh": "个工作日", "en": "working days"},
    "calendar-day": {"zh": "个自然日", "en": "calendar days"},
    "month": {"zh": "个月", "en": "months"},
    "hour": {"zh": "小时", "en": "hours"},
}


def resolved_lines(loaded: Loaded) -> Iterator[str]:
    """Every value of the resolved document: path, value, basis, file and line."""
    for path, found in loaded.provenance.items():
        value = _value_at(loaded, path)
        shown = "null" if value is None else value
        yield f"{path} = {shown}  [{_because(found.because)}]  {found.file}:{found.line}"


def _because(because: Because | None) -> str:
    if because is None:
        return "name"
    where = because.source or because.borrowed_from
    if because.borrowed_from:
        return f"{because.basis}, borrowed from {because.borrowed_from}"
    return f"{because.basis}, {where}" if where else str(because.basis)


def _value_at(loaded: Loaded, path: str) -> str | None:
    node: object = loaded.document
    for part in path.split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        if isinstance(node, dict):
            node = node[step]
        elif isinstance(node, list):
            named = [item for item in node if isinstance(item, dict) and item.get("id") == step]
            node = named[0] if named else node[int(step)]
    return node if isinstance(node, str) else None


def explain(loaded: Loaded, lang: Lang) -> str:
    """The rulebook in words. Each rule bears its weakest basis."""
    rulebook = loaded.rulebook
    lines = [
        _t(rulebook.title, lang),
        f"{rulebook.rulebook} {rulebook.version} · {rulebook.status}",
    ]
    if rulebook.disclaimer is not None:
        lines.append(_t(rulebook.disclaimer, lang))
    elif rulebook.status is not Status.OFFICIAL:
        lines.append({"zh": "本文本不是官方文本。", "en": "This is not an official text."}[lang])
    share = verified_share(loaded)
    counts = {"verified": share.verified, "reported": share.reported, "assumed": share.assumed}
    total = f"{share.total} 项取值" if lang == "zh" else f"{share.total} values"
    parts = [f"{_BASIS[basis][lang]} {number}" for basis, number in counts.items()]
    lines.append(" · ".join((total, *parts)))
    for key, items in _parts(rulebook, lang).items():
        if not items:
            continue
        lines += ["", _HEADINGS[key][lang]]
        lines += [f"  {text}  [{_weakest(loaded, path, lang)}]" for path, text in items]
    return "\n".join(lines)


def _t(text: Text, lang: Lang) -> str:
    return text.zh if lang == "zh" else text.en


def _weakest(loaded: Loaded, path: str, lang: Lang) -> str:
    found = {
        str(one.because.basis)
        for where, one in loaded.provenance.items()
        if one.because is not None and (where == path or where.startswith(f"{path}/"))
    }
    for basis in ("assumed", "reported", "verified"):
        if basis in found:
            return _BASIS[basis][lang]
    return "—"


def _parts(rulebook: Rulebook, lang: Lang) -> dict[str, list[tuple[str, str]]]:
    return {
        "principles": [
            (f"/principles/{n}", _t(text, lang)) for n, text in enumerate(rulebook.principles)
        ],
        "authorities": [
            (f"/authorities/{one.id}", f"{_t(one.name, lang)} ({one.role})")
            for one in rulebook.authorities
        ],
        "intake": _intake(rulebook, lang),
        "form": [
            (
                f"/form/{one.id}",
                f"{_t(one.title, lang)}: {len(one.questions)}{_gate(one.hard_gate, lang)}",
            )
            for one in rulebook.form
        ],
        "stages": _stages(rulebook, lang),
        "criteria": [
            (
                f"/criteria/{one.id}",
                _t(one.name, lang)
                + (f" ({one.weight})" if one.weight else "")
                + f": {_t(one.question, lang)}",
            )
            for one in rulebook.criteria
        ],
        **_watching(rulebook, lang),
        "history": [
            (
                f"/history/{one.id}",
                f"{one.date}{f' – {one.until}' if one.until else ''}: {_t(one.title, lang)}",
            )
            for one in rulebook.history
        ],
    }


def _gate(hard: bool, lang: Lang) -> str:
    return {"zh": "，缺项不予受理", "en": ", a hard gate"}[lang] if hard else ""


def _intake(rulebook: Rulebook, lang: Lang) -> list[tuple[str, str]]:
    intake = rulebook.intake
    if intake is None:
        return []
    names = {kind.id: _t(kind.name, lang) for kind in intake.kinds}
    joint = "、" if lang == "zh" else ", "
    lead, partner = (joint.join(names[k] for k in kinds) for kinds in (intake.lead, intake.partner))
    lines = [
        ("/intake/lead", f"{'牵头' if lang == 'zh' else 'Lead'}: {lead}"),
        ("/intake/partner", f"{'参与' if lang == 'zh' else 'Partner'}: {partner}"),
    ]
    if intake.territory is not None:
        lines.append(("/intake/territory", _t(intake.territory, lang)))
    return lines


def _stages(rulebook: Rulebook, lang: Lang) -> list[tuple[str, str]]:
    names = {stage.id: _t(stage.names.staff, lang) for stage in rulebook.stages}
    clocks = {clock.id: clock for clock in rulebook.clocks}
    joint = "、" if lang == "zh" else ", "
    return [
        (
            f"/stages/{stage.id}",
            names[stage.id]
            + (f" ({_clock(clocks[stage.clock], lang)})" if stage.clock in clocks else "")
            + (f" → {joint.join(names[name] for name in stage.next)}" if stage.next else ""),
        )
        for stage in rulebook.stages
    ]


def _clock(clock: Clock, lang: Lang) -> str:
    unit = _UNITS[clock.unit][lang]
    return f"{clock.length} {unit}" if lang == "en" else f"{clock.length}{unit}"


def _watching(rulebook: Rulebook, lang: Lang) -> dict[str, list[tuple[str, str]]]:
    safeguards = rulebook.safeguards
    return {
        "limits": [
            (f"/limits/{one.id}", f"{_t(one.title, lang)}: {one.indicator} ≤ {one.max}")
            for one in rulebook.limits
        ],
        "alerts": [
            (
                f"/alerts/{one.id}",
                f"{_t(one.title, lang)}: {one.indicator} "
                + ", ".join(
                    f"{level} {rung.comparison} {f'plan.{rung.plan}' if rung.plan else rung.value}"
                    for level, rung in one.levels.items()
                ),
            )
            for one in rulebook.alerts
        ],
        "reports": [
            (f"/reports/{one.id}", f"{_t(one.title, lang)}: {one.due} {_UNITS[one.due_unit][lang]}")
            for one in rulebook.reports
        ],
        "safeguards": [
            (f"/safeguards/{key}", _t(text, lang))
            for key in type(safeguards).model_fields
            if isinstance(text := getattr(safeguards, key), Text)
        ],
    }
