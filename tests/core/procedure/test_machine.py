"""A stateful machine plays whole cases with all roles: what must hold is asked after every act."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from shidian.core.procedure import fold
from shidian.core.procedure.objecting import open_rule, pending
from shidian.core.procedure.types import ActorKind, EventKind, Verb
from shidian.core.procedure.verbs import WHILE_HELD
from shidian.core.rulebook.model import StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import USCC, Player, play_to
from tests.core.procedure.walking import acts, check

PERSONS = ("li", "wang", "zhao")
TOLD = {
    EventKind.CASE_ADMITTED,
    EventKind.CASE_CLOSED,
    EventKind.STAGE_ENTERED,
    EventKind.DECISION_TAKEN_BACK,
}


class WholeCase(RuleBasedStateMachine):
    """One case: what is asked is done, or anything else is tried; it is split, kept, objected to."""

    player: Player

    @initialize(
        which=st.integers(0, 2), kind=st.sampled_from([StageKind.DRAFT, StageKind.ADMISSION])
    )
    def begin(self, which: int, kind: StageKind) -> None:
        rulebook = rulebooks.every()[which]
        self.player = Player(rulebook)
        kinds = {stage.kind for stage in rulebook.stages}
        play_to(self.player, kind if kind in kinds else StageKind.DRAFT)

    @rule(data=st.data(), hold=st.booleans())
    @precondition(lambda self: bool(self.player.state.tasks))
    def do_what_is_asked(self, data: st.DataObject, hold: bool) -> None:
        task = data.draw(st.sampled_from(self.player.state.tasks))
        act = self.player.cooperate(task)
        by_call = self.player.rulebook.stage(self.player.state.stage).release == "by-call"
        if hold and by_call and "hold" in _keys(task.verb):
            act = self.player.act(task.verb, act.actor, **{**act.data, "hold": True})
        check(self.player, act)

    @rule(data=st.data())
    def try_anything(self, data: st.DataObject) -> None:
        check(self.player, data.draw(acts(self.player)))

    @rule(days=st.integers(1, 20))
    def let_time_pass(self, days: int) -> None:
        self.player.now += timedelta(days=days)

    @rule(who=st.sampled_from(PERSONS), data=st.data())
    def dissent(self, who: str, data: st.DataObject) -> None:
        """An authority refuses, by someone who may decide on the objection later on."""
        names = [one.id for one in self.player.rulebook.authorities]
        authority = data.draw(st.sampled_from(names))
        actor = self.player.actor(ActorKind.SIGNING_OFFICER, person=who, authority=authority)
        check(
            self.player,
            self.player.act(
                Verb.SIGN_OFF, actor, authority=authority, consent=False, reason="规模过大"
            ),
        )

    @rule(who=st.sampled_from(PERSONS), hold=st.booleans())
    def reject(self, who: str, hold: bool) -> None:
        officer = self.player.actor(ActorKind.OFFICER, person=who)
        check(
            self.player,
            self.player.act(Verb.REJECT, officer, reason="不符", hold=True)
            if hold
            else self.player.act(Verb.REJECT, officer, reason="不符"),
        )

    @rule()
    @precondition(lambda self: self.player.state.held is not None)
    def release(self) -> None:
        self.player.wait(minutes=1)
        check(self.player, self.player.act(Verb.RELEASE_DECISION, batch="b", uscc=USCC, seq=1))

    @rule()
    @precondition(lambda self: open_rule(self.player.rulebook, self.player.state) is not None)
    def file_objection(self) -> None:
        check(self.player, self.player.act(Verb.FILE_OBJECTION, grounds="不服"))

    @rule(
        who=st.sampled_from([*PERSONS, "other"]),
        outcome=st.sampled_from(["upheld", "changed", "sent-back"]),
    )
    @precondition(lambda self: pending(self.player.state))
    def decide_objection(self, who: str, outcome: str) -> None:
        before = self.player.state
        officer = self.player.actor(ActorKind.OFFICER, person=who, authority="province")
        check(
            self.player,
            self.player.act(Verb.DECIDE_OBJECTION, officer, outcome=outcome, reason="复核"),
        )
        decided = not pending(self.player.state)
        assert decided == (who not in before.closed_by)
        assert self.player.state.is_closed == (not decided or outcome == "upheld")

    @invariant()
    def state_is_what_the_history_tells(self) -> None:
        if not hasattr(self, "player"):
            return
        player = self.player
        told = fold(player.rulebook, player.calendar, player.history, player.history[-1].at)
        assert told == player.state

    @invariant()
    def kept_decision_is_told_by_its_release_alone(self) -> None:
        if not hasattr(self, "player") or self.player.state.held is None:
            return
        kinds = [event.kind for event in self.player.history]
        last = len(kinds) - 1 - kinds[::-1].index(EventKind.DECISION_HELD)
        assert not TOLD & set(kinds[last:])
        assert {task.verb for task in self.player.state.tasks} <= WHILE_HELD

    @invariant()
    def nobody_is_admitted_twice(self) -> None:
        if hasattr(self, "player"):
            kinds = [event.kind for event in self.player.history]
            assert kinds.count(EventKind.CASE_ADMITTED) <= 1


def _keys(verb: Verb) -> frozenset[str]:
    from shidian.core.procedure.verbs import DATA_KEYS

    return DATA_KEYS[verb]


TestWholeCase = WholeCase.TestCase
TestWholeCase.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)


class LongCase(WholeCase):
    """The same, longer and oftener."""


TestLongCase = pytest.mark.prove(LongCase.TestCase)
TestLongCase.settings = settings(max_examples=150, stateful_step_count=80, deadline=None)
