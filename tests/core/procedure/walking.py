"""Acts of every kind on a case in play, and what must hold after each."""

from __future__ import annotations

import copy
from datetime import timedelta

from hypothesis import strategies as st

from shidian.core.procedure import as_past, fold, step, transitions
from shidian.core.procedure.fold import derive
from shidian.core.procedure.objecting import pending
from shidian.core.procedure.step import step_from
from shidian.core.procedure.types import (
    Act,
    Actor,
    ActorKind,
    Effects,
    EventKind,
    Refusal,
    Verb,
)
from shidian.core.procedure.verbs import DATA_KEYS, VERBS
from tests.core.procedure.player import FIRM, Player

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 300),
    st.sampled_from(["", " ", "x", "r1", "p1", "c1", "2025-06-01", "ab" * 32, "pass", "kept"]),
    st.lists(st.sampled_from(["", "x", "expert-1", "expert-9"]), max_size=3),
    st.dictionaries(st.sampled_from(["x", "fit", "new"]), st.integers(0, 9), max_size=2),
)


@st.composite
def actors(draw, player: Player) -> Actor:
    kind = draw(st.sampled_from(ActorKind))
    authorities = [one.id for one in player.rulebook.authorities]
    return Actor(
        kind,
        draw(st.sampled_from(["applicant", "expert-1", "expert-2", "expert-3", "expert-4", "x"])),
        draw(st.none() | st.sampled_from(authorities)),
        draw(st.sampled_from([FIRM, "firm-2", None])),
    )


@st.composite
def acts(draw, player: Player) -> Act:
    """Any act at all: rightly filled or with some keys spoilt, by the right hands or others'."""
    verb = draw(st.sampled_from(_verbs(player, draw(st.integers(0, 9)))))
    data = dict(player.willing(verb))
    targets = [stage.id for stage in player.rulebook.stages]
    if draw(st.integers(0, 9)) < 3:
        keys = st.sampled_from([*sorted(DATA_KEYS[verb]), "surplus"])
        data |= draw(st.dictionaries(keys, junk, max_size=2))
    if "to" in DATA_KEYS[verb] and draw(st.integers(0, 9)) < 5:
        data["to"] = draw(st.sampled_from(targets))
    if "consent" in data and draw(st.booleans()):
        data |= {"consent": False, "reason": "不同意"}
    if "conflict" in data and draw(st.booleans()):
        data |= {"conflict": True, "reason": "持股"}
    if draw(st.integers(0, 9)) < 2:
        return player.act(verb, draw(actors(player)), **data)
    kind = draw(st.sampled_from(VERBS[verb].by))
    wanted = data.get("authority")
    authority = wanted if isinstance(wanted, str) and wanted else None
    person = draw(st.sampled_from(["", "expert-2", "expert-3"]))
    right = player.actor(kind, person=person, authority=authority)
    return player.act(verb, right, **data)


def _verbs(player: Player, lot: int) -> list[Verb]:
    """Mostly what belongs to the stage and does not end the case; now and then anything."""
    here = [verb for verb, spec in VERBS.items() if player.state.stage_kind in spec.kinds]
    if lot == 0 or not here:
        return list(Verb)
    ending = {Verb.WITHDRAW, Verb.REJECT, Verb.TERMINATE, Verb.CLOSE}
    staying = [verb for verb in here if verb not in ending]
    return here if lot == 1 or not staying else staying


@st.composite
def moves(draw, player: Player) -> Act:
    """Mostly a task that is open, so that walks get far; else anything."""
    player.wait(days=draw(st.sampled_from([0, 0, 0, 1, 9])), minutes=1)
    if player.state.tasks and draw(st.integers(0, 9)) < 5:
        return player.cooperate(draw(st.sampled_from(player.state.tasks)))
    return draw(acts(player))


def check_effects(player: Player, act: Act, effects: Effects) -> None:
    rows = {(row.source, row.verb, row.target): row.by for row in transitions(player.rulebook)}
    stage = player.state.stage or None
    for event in effects.events:
        assert event.data["legal_effect"]
        if event.kind is EventKind.STAGE_ENTERED:
            assert event.data["from"] == stage
            assert act.actor.kind in rows[(stage, act.verb, event.data["to"])]
            assert event.data["rule"]["rulebook"] == player.rulebook.rulebook
            stage = event.data["to"]
    assert (stage or "") == effects.stage == effects.state.stage
    history = (*player.history, *as_past(effects.events, len(player.history)))
    folded = fold(player.rulebook, player.calendar, history, act.at)
    assert folded == effects.state
    assert (folded.tasks, folded.clocks) == (effects.tasks, effects.clocks)
    later = act.at + timedelta(days=13)
    derived = derive(player.rulebook, player.calendar, effects.state, later)
    folded = fold(player.rulebook, player.calendar, history, later)
    assert (derived, derived.clocks) == (folded, folded.clocks)


def check_turns(effects: Effects) -> None:
    keys = [task.key for task in effects.tasks]
    assert len(set(keys)) == len(keys)
    objected = pending(effects.state)
    assert (effects.state.is_closed and not objected) == (not keys)
    for task in effects.tasks:
        assert task.kind in VERBS[task.verb].by
        assert effects.state.stage_kind in VERBS[task.verb].kinds
    for item in effects.outbox:
        assert ("person" in item.payload) == (item.topic == "mail.expert")


def check(player: Player, act: Act) -> None:
    before, data = player.state, copy.deepcopy(act.data)
    answer = step(player.rulebook, player.calendar, player.history, act)
    assert act.data == data
    assert step_from(player.rulebook, player.calendar, before, act) == answer
    if isinstance(answer, Refusal):
        assert answer.text.zh
        assert answer.text.en
        assert before == player.state
        return
    check_effects(player, act, answer)
    check_turns(answer)
    player.try_(act)
