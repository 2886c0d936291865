"""Whose consent a decision needs, who has given it, and whether it can still be had.

A stage's sign-off names authorities that must all consent, k of a list, and one that signs last on
what the others have said. A refusal blocks only where the consents needed can no longer be had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shidian.core.procedure.memo import per_rulebook
from shidian.core.procedure.moves import stage_of
from shidian.core.rulebook.model import AuthorityRole, SignoffRule, StageKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.types import SignOffState
    from shidian.core.rulebook.model import Rulebook, Stage


@dataclass(frozen=True, slots=True)
class Standing:
    """How a decision stands. `awaited`: whose turn it is now; `refused`: who stands in its way."""

    agreed: bool
    awaited: tuple[str, ...]
    refused: tuple[str, ...]


_NOBODY_ASKED = Standing(agreed=True, awaited=(), refused=())


def signers(rulebook: Rulebook, stage: Stage) -> tuple[str, ...]:
    """Every authority that may sign in a stage, the one that signs last at the end."""
    rule = signoff_rule(rulebook, stage.id)
    if rule is None:
        return ()
    last = (rule.lead,) if rule.lead else ()
    before = [one for one in (*rule.all_of, *rule.of) if one != rule.lead]
    return (*dict.fromkeys(before), *last)


@per_rulebook
def signoff_rule(rulebook: Rulebook, stage_id: str) -> SignoffRule | None:
    """The rule of leaving the stage forwards. Admission always needs consent:

    where its stage names nobody, that of all leading authorities.
    """
    stage = stage_of(rulebook, stage_id)
    if stage.signoff is not None or stage.kind is not StageKind.ADMISSION:
        return stage.signoff
    return SignoffRule(all_of=leading(rulebook))


@per_rulebook
def leading(rulebook: Rulebook) -> tuple[str, ...]:
    """The leading authorities."""
    return tuple(one.id for one in rulebook.authorities if one.role is AuthorityRole.LEAD)


def standing(rule: SignoffRule | None, words: Mapping[str, SignOffState]) -> Standing:
    """How the decision stands on what was said so far."""
    if rule is None:
        return _NOBODY_ASKED
    yes = {name for name, word in words.items() if word.consent}
    no = words.keys() - yes
    awaited, refused = _of_the_others(rule, yes, no)
    if awaited or refused or rule.lead is None or rule.lead in yes:
        return Standing(not awaited and not refused, awaited, refused)
    if rule.lead in no:
        return Standing(agreed=False, awaited=(), refused=(rule.lead,))
    return Standing(agreed=False, awaited=(rule.lead,), refused=())


def _of_the_others(
    rule: SignoffRule, yes: set[str], no: set[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who is awaited and who blocks, the one that signs last left out."""
    every = [one for one in rule.all_of if one != rule.lead]
    some = [one for one in dict.fromkeys(rule.of) if one != rule.lead and one not in every]
    needed = min(rule.k if rule.k is not None else len(rule.of), len(set(rule.of)))
    needed -= sum(one in rule.of and (one in every or one == rule.lead) for one in _named(rule))
    needed = max(needed, 0)
    refused = [one for one in every if one in no]
    against = [one for one in some if one in no]
    if len(some) - len(against) < needed:
        refused += against
    awaited = [one for one in every if one not in yes and one not in no]
    if sum(one in yes for one in some) < needed:
        awaited += [one for one in some if one not in yes and one not in no]
    return tuple(awaited), tuple(refused)


def _named(rule: SignoffRule) -> tuple[str, ...]:
    """Those whose consent is needed in any case."""
    last = (rule.lead,) if rule.lead else ()
    return tuple(dict.fromkeys((*rule.all_of, *last)))
