"""What is wrong with a panel: its size, its pass mark, the way it votes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from shidian.core.rulebook.analysis.finding import Finding, error
from shidian.core.rulebook.analysis.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.model import Panel, VoteRule


def panel_findings(panel: Panel, path: str) -> Iterator[Finding]:
    """Everything about one panel."""
    if panel.meeting is not None:
        yield from _vote(panel.meeting.vote, f"{path}/meeting/vote")
    if panel.pass_mark is not None and panel.pass_mark > panel.score_max:
        yield error(
            f"{path}/pass_mark",
            say(
                f"{panel.pass_mark}高于满分{panel.score_max}",
                f"{panel.pass_mark} is above the highest score {panel.score_max}",
            ),
            say("请写能够达到的分数", "write a mark that can be reached"),
        )
    if panel.odd and panel.min % 2 == 0:
        yield error(
            f"{path}/min",
            say(f"{panel.min}为偶数，但要求单数", f"{panel.min} is even, but odd: true"),
            say("请写单数", "write an odd number"),
        )
    if panel.max is None:
        return
    if panel.max < panel.min:
        yield error(
            f"{path}/max",
            say(
                f"上限{panel.max}低于下限{panel.min}",
                f"{panel.max} is below the minimum {panel.min}",
            ),
            say("请对调", "swap them"),
        )
    elif panel.odd and panel.max % 2 == 0:
        yield error(
            f"{path}/max",
            say(f"{panel.max}为偶数，但要求单数", f"{panel.max} is even, but odd: true"),
            say("请写单数", "write an odd number"),
        )


def _vote(rule: VoteRule, path: str) -> Iterator[Finding]:
    for key in ("quorum", "majority"):
        share = getattr(rule, key)
        if Fraction(share) > 1:
            yield error(
                f"{path}/{key}",
                say(f"{share}大于一", f"{share} is more than the whole"),
                say("请写不大于 1/1 的分数", "write a fraction of at most 1/1"),
            )
    plain = Fraction(rule.majority) == Fraction(1, 2) and rule.of == "cast" and not rule.at_least
    if rule.casting and not plain:
        yield error(
            f"{path}/casting",
            say(
                "决定票只解决票数相等",
                "a casting vote breaks a tie of the votes cast, which this majority is not about",
            ),
            say(
                "请改用表决票过半数，或删去决定票",
                "use more than 1/2 of the votes cast, or leave it out",
            ),
        )
