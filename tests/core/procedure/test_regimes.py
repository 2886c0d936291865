"""Whatever a regime is made of: table, tasks and step agree, and no case gets stuck."""

from __future__ import annotations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shidian.core.procedure.types import Effects, Refusal, RefusalCode, Task, Verb
from tests.core.procedure import generated
from tests.core.procedure.player import FIRM, Player
from tests.core.procedure.walking import check, check_turns, moves


@settings(deadline=None, max_examples=100)
@given(generated.rulebooks(), st.integers(1, 30), st.data())
def test_no_sequence_of_acts_leaves_the_table_of_any_regime(rulebook, length, data):
    player = Player(rulebook)
    check(player, player.act(Verb.CREATE, case="T-1", institution=FIRM))
    for _ in range(length):
        if not player.state.is_closed:
            check(player, data.draw(moves(player)))


@settings(deadline=None, max_examples=150)
@given(generated.rulebooks(), st.data())
def test_doing_what_is_asked_closes_every_case_of_any_regime(rulebook, data):
    """Every task of a willing party goes through, by a person or by the program, at its time."""
    player = Player(rulebook)
    player.start()
    for _ in range(80):
        if player.state.is_closed:
            break
        ready = data.draw(st.sampled_from(waiting_for_nobody(player)))
        act = player.cooperate(ready)
        answer = player.try_(act)
        if isinstance(answer, Refusal):
            # the longest regimes outlast the calendar, whose next year is not known
            assume(answer.code is not RefusalCode.CALENDAR_MISSING)
        assert isinstance(answer, Effects), (player.state.stage, ready, answer)
        check_turns(answer)
        player.wait(minutes=data.draw(st.integers(0, 2000)))
    assert player.state.outcome == "graduated"


def waiting_for_nobody(player: Player) -> list[Task]:
    """Tasks that stand in no other's way: what ends a stage comes once its work is done."""
    ending = {Verb.CLOSE_ROUND, Verb.ADVANCE, Verb.SIGN_OFF, Verb.CLOSE, Verb.BEGIN_EVALUATION,
              Verb.RECORD_SILENCE}  # fmt: skip
    working = [task for task in player.state.tasks if task.verb not in ending]
    return working or list(player.state.tasks)
