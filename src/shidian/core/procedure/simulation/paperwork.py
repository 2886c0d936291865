"""The data that each act of a simulated case is done with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shidian.core.procedure.drawing import document_of, drawn_lots, fingerprint
from shidian.core.procedure.facts import needed_facts
from shidian.core.procedure.simulation.ground import BODY, HASH, LEI, USCC
from shidian.core.procedure.types import Json, Verb
from shidian.core.rulebook.model import Panel, StageKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shidian.core.procedure.simulation.deeds import Deeds
    from shidian.core.rulebook.model import RiskFactor

    Data = dict[str, Json]

REASON = "simulated"
SEED = "simulated"
NUMBERED: dict[str, Json] = {"uscc": USCC, "lei": LEI, "seq": 1}


def _submit(one: Deeds, _last: str) -> Data:
    return {**one.ground.form, "facts": _facts(one)}


def _facts(one: Deeds) -> dict[str, Json]:
    """Any of the choices that there are; what is not chosen from a list stays unanswered."""
    found: dict[str, Json] = {}
    for name, of_type in needed_facts(one.ground.rulebook).items():
        words = sorted(of_type.words or ())
        chosen = words[one.walk.dice.below(f"fact/{name}", len(words))] if words else None
        found[name] = [chosen] if chosen and of_type.kind == "codes" else chosen
    return found


def _answer(_one: Deeds, last: str) -> Data:
    return {"request": last, "answer": REASON}


def _advance(one: Deeds, _last: str) -> Data:
    data: Data = {"reason": REASON, **one.thresholds_ahead(Verb.ADVANCE), **NUMBERED}
    judged = one.criteria_ahead()
    if judged:
        data["findings"] = {name: {"met": True, "reason": ""} for name in judged}
    return data


def _seats(panel: Panel | None) -> int:
    """As few as the rulebook allows."""
    size = panel.min if panel else 1
    return size + 1 if panel and panel.odd and size % 2 == 0 else size


def _open_round(one: Deeds, _last: str) -> Data:
    panel = one.ground.stages[one.walk.state.stage].panel
    size = _seats(panel)
    ends = one.today + timedelta(one.ground.assumed.round_days)
    data: Data = {
        "starts": one.today.isoformat(),
        "ends": ends.isoformat(),
        "reason": REASON,
    }
    if panel is None or panel.drawn == "chosen":
        return data | _asked(one, size)
    document, people = _pool(one, panel, size)
    drawn = [people[lot] for lot in drawn_lots(document, SEED)]
    return data | {"experts": drawn, "draw": {"document": document, "people": people, "seed": SEED}}


def _asked(one: Deeds, size: int) -> Data:
    """So many experts; where the panel covers disciplines, everyone masters all of them."""
    panel, experts = one.ground.stages[one.walk.state.stage].panel, one.experts(size)
    if panel is None or not panel.disciplines:
        return {"experts": experts}
    masters = [area.id for area in panel.disciplines]
    return {"experts": experts, "disciplines": {str(who): masters for who in experts}}


def _pool(one: Deeds, panel: Panel, size: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Twice as many as there are seats; the same whenever it is asked for in one stay."""
    people = {f"{n:016x}": f"lot-{one.walk.stay}-{n}" for n in range(2 * size)}
    masters = [area.id for area in panel.disciplines]
    fixed = one.walk.state.pool
    document = document_of(
        salt=HASH,
        lots={lot: (who, masters) for lot, who in people.items()},
        seats=size,
        disciplines=masters,
        seed_source=REASON,
        known_from=fixed.known_from if fixed else one.today + timedelta(1),
    )
    return document, people


def _commit(one: Deeds, _last: str) -> Data:
    panel = one.ground.stages[one.walk.state.stage].panel or Panel(min=1)
    size = _seats(panel)
    document, people = _pool(one, panel, size)
    return {
        "sha256": fingerprint(document),
        "size": len(people),
        "seats": size,
        "seed_source": REASON,
        "known_from": document["known_from"],
    }


def _invite(one: Deeds, _last: str) -> Data:
    """One more; of a drawn panel the next by lot."""
    current = one.walk.state.round
    if current is None or not current.order:
        return _asked(one, 1)
    return {"experts": [next(who for who in current.order if who not in current.experts)]}


def _conflict(one: Deeds, _last: str) -> Data:
    conflict = one.walk.dice.happens("conflict", one.ground.assumed.conflict_percent)
    return {"conflict": conflict, "reason": REASON if conflict else ""}


def _review(one: Deeds, _last: str) -> Data:
    panel = one.ground.stages[one.walk.state.stage].panel
    highest = panel.score_max if panel else 100
    spread = one.ground.assumed.score_percent
    scores = {
        name: min(one.walk.dice.spread("score", spread), 100) * highest // 100
        for name in one.criteria()
    }
    return {"scores": scores, "reasons": dict.fromkeys(scores, REASON)}


def _assess(one: Deeds, _last: str) -> Data:
    areas = one.ground.stages[one.walk.state.stage].areas
    failed = one.walk.dice.happens("failed", one.ground.assumed.failed_percent)
    return {
        "findings": {
            area.id: {"finding": "fail" if failed and not n else "pass", "text": REASON}
            for n, area in enumerate(areas)
        }
    }


def _comment(one: Deeds, _last: str) -> Data:
    notice = one.walk.state.notice
    number = len(notice.comments) + 1 if notice else 1
    return {"comment": f"c{number}", "sha256": HASH}


def _answer_comment(one: Deeds, last: str) -> Data:
    if one.ground.rulebook.notice.answers == "summary":
        return {"sha256": HASH}
    return {"comment": last, "sha256": HASH}


def _sign(one: Deeds, last: str) -> Data:
    consent = not one.walk.dice.happens("refusal", one.ground.assumed.refusal_percent)
    return signed(one, last, consent=consent)


def signed(one: Deeds, authority: str, *, consent: bool) -> Data:
    """An authority's word. The last consent of an admission admits, and needs what that needs."""
    data: Data = {"authority": authority, "consent": consent, "reason": "" if consent else REASON}
    if one.walk.state.stage_kind is StageKind.ADMISSION:
        data |= {**one.thresholds_ahead(Verb.SIGN_OFF), **NUMBERED}
    return data


def _report(one: Deeds, _last: str) -> Data:
    reports = one.ground.rulebook.reports
    return {"report": reports[len(one.walk.state.reports) % len(reports)].id, "sha256": HASH}


def _judge(one: Deeds, last: str) -> Data:
    dice, kept = one.walk.dice, one.ground.assumed.kept_percent
    word = "kept" if dice.happens("kept", kept) else ("partly", "broken")[dice.below("broken", 2)]
    return {"promise": last, "judgement": word, "evidence": REASON}


def _evaluate(one: Deeds, _last: str) -> Data:
    dimensions = one.ground.stages[one.walk.state.stage].dimensions
    return {"dimensions": {each.id: {"grade": "adequate", "text": REASON} for each in dimensions}}


def _complete(one: Deeds, last: str) -> Data:
    return {"step": last, "text": REASON, "on": one.today.isoformat(), "sha256": HASH}


def _extend(one: Deeds, _last: str) -> Data:
    until = one.until()
    return {
        "reason": REASON,
        "until": until.isoformat() if until else "",
        **one.thresholds_ahead(Verb.EXTEND),
    }


def _opinion(one: Deeds, last: str) -> Data:
    before = one.walk.state.consultations[last]
    objects = before.given is None and one.walk.dice.happens(
        "objection", one.ground.assumed.objection_percent
    )
    return {
        "consultation": last,
        "position": "object" if objects else "no-objection",
        "text": REASON,
    }


def _grade(one: Deeds, _last: str) -> Data:
    tiers = one.ground.rulebook.tiers
    levels = tiers.levels if tiers else ()
    found = _found(one, tiers.factors) if tiers and tiers.factors else {}
    spread = one.ground.assumed.tier_weights
    weights = [spread.low, *[spread.typical] * (len(levels) - 2), spread.high][: len(levels)]
    lot = one.walk.dice.below("tier", max(sum(weights), 1))
    for level, weight in zip(levels, weights, strict=True):
        if lot < weight:
            return {"tier": level.id, "reason": REASON, **found}
        lot -= weight
    return {"tier": levels[0].id, "reason": REASON, **found}


def _found(one: Deeds, factors: Sequence[RiskFactor]) -> Data:
    """Any option of each factor."""
    found: dict[str, Json] = {}
    for factor in factors:
        lot = one.walk.dice.below(f"factor/{factor.id}", len(factor.options))
        found[factor.id] = {"found": factor.options[lot].id, "reason": REASON}
    return {"factors": found}


def _reason(_one: Deeds, _last: str) -> Data:
    return {"reason": REASON}


def _call(one: Deeds, _last: str) -> Data:
    """As soon as the rules let it be held."""
    current, panel = one.walk.state.round, one.ground.stages[one.walk.state.stage].panel
    kind = "meeting" if current is not None and current.closed else "defence"
    notice = panel.defence.notice_working_days if panel and panel.defence else 0
    on = one.ground.calendar.add(one.today, max(notice, 1))
    return {
        "session": f"{kind}-{one.walk.state.rounds}",
        "kind": kind,
        "on": on.isoformat(),
        "sha256": HASH,
        "reason": REASON,
    }


def _minutes(one: Deeds, _last: str) -> Data:
    current = one.walk.state.round
    held = current.defence if current is not None else None
    return {"session": held.id if held else "", "version": 1, "sha256": HASH, "present": []}


def _vote(one: Deeds, _last: str) -> Data:
    """Everyone who may is there, and votes for it."""
    current = one.walk.state.round
    able = (
        [who for who in current.experts if current.conflicts.get(who) is False] if current else []
    )
    return {
        "session": current.meeting.id if current and current.meeting else "",
        "chair": able[0] if able else "",
        "ballots": {who: {"choice": "for", "reason": ""} for who in able},
    }


DATA: dict[Verb, Callable[[Deeds, str], Data]] = {
    Verb.SUBMIT: _submit,
    Verb.ANSWER_INFORMATION: _answer,
    Verb.ADVANCE: _advance,
    Verb.RETURN_TO_APPLICANT: _reason,
    Verb.REJECT: lambda one, _last: one.ending(Verb.REJECT),
    Verb.WITHDRAW: lambda one, _last: one.ending(Verb.WITHDRAW),
    Verb.TERMINATE: lambda one, _last: one.ending(Verb.TERMINATE),
    Verb.OPEN_ROUND: _open_round,
    Verb.COMMIT_POOL: _commit,
    Verb.INVITE_EXPERTS: _invite,
    Verb.DECLARE_CONFLICT: _conflict,
    Verb.SUBMIT_REVIEW: _review,
    Verb.CLOSE_ROUND: lambda _one, _last: {},
    Verb.CALL_SESSION: _call,
    Verb.KEEP_MINUTES: _minutes,
    Verb.RECORD_VOTE: _vote,
    Verb.COMMISSION_ASSESSMENT: lambda _one, _last: {"body": BODY},
    Verb.FILE_ASSESSMENT: _assess,
    Verb.OPEN_NOTICE: lambda _one, _last: {"sha256": HASH, "version": 1},
    Verb.RECORD_COMMENT: _comment,
    Verb.ANSWER_COMMENT: _answer_comment,
    Verb.SIGN_OFF: _sign,
    Verb.FILE_REPORT: _report,
    Verb.BEGIN_EVALUATION: lambda one, _last: {
        "reason": REASON,
        **one.thresholds_ahead(Verb.BEGIN_EVALUATION),
    },
    Verb.JUDGE_PROMISE: _judge,
    Verb.FILE_EVALUATION: _evaluate,
    Verb.COMPLETE_STEP: _complete,
    Verb.EXTEND: _extend,
    Verb.CLOSE: lambda one, _last: one.graduation(),
    Verb.CONSULT: lambda _one, last: {"consultation": last, "sha256": HASH},
    Verb.GIVE_OPINION: _opinion,
    Verb.GRADE_RISK: _grade,
    Verb.RECORD_SILENCE: lambda _one, last: {"clock": last, **NUMBERED},
    Verb.EXTEND_CLOCK: lambda _one, last: {"clock": last, "reason": REASON},
}
