"""The block of a case page on decisions: what is kept, how to object, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.cases.views.open_matters import may_still_object
from shidian.apps.cases.views.parts import Part, register
from shidian.apps.cases.views.roles import is_party
from shidian.apps.cases.views.words import objection_words, outcome_name
from shidian.core.procedure.objecting import open_rule, rule_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.apps.cases.models import Case
    from shidian.apps.cases.views.roles import Viewer
    from shidian.core.procedure.types import CaseState, ClockSum
    from shidian.core.rulebook.model import Because, ObjectionRule


def objection_part(case: Case, state: CaseState, viewer: Viewer) -> Mapping[str, Any] | None:
    """The way to object, to the parties and the authorities; and the objection that was made."""
    if not (viewer.is_of_the_authorities or is_party(case, viewer)):
        return None
    made = state.objection
    rule = rule_named(case.rulebook, made.rule) if made else open_rule(case.rulebook, state)
    if rule is None:
        return None
    return {
        "rule": rule,
        "body": case.rulebook.authority(rule.body).name,
        "made": made,
        "against": outcome_name(case, made.against if made else state.outcome or ""),
        "word": objection_words(made.outcome) if made and made.outcome else "",
        "window": _clock(state, rule.within),
        "clock": _clock(state, rule.clock),
        "open": may_still_object(case, state),
        "because": _basis(case, f"/objections/{rule.id}/body"),
        "sources": case.rulebook.sources,
        "others": rule.others_decide,
        "outcomes": _outcomes(case, rule),
    }


def _basis(case: Case, path: str) -> Because | None:
    version = case.rulebook_version
    found = loaded_rulebook(version.pk, version.digest).provenance.get(path)
    return found.because if found else None


def _clock(state: CaseState, name: str | None) -> ClockSum | None:
    return next((one for one in state.clocks if one.clock == name), None)


def _outcomes(case: Case, rule: ObjectionRule) -> list[tuple[str, Any]]:
    """What can come of it besides, with the stage that the case then goes on in."""
    found = (("changed", rule.changed_to), ("sent-back", rule.sent_back_to))
    return [
        (objection_words(word), case.rulebook.stage(stage).names.applicant)
        for word, stage in found
        if stage is not None
    ]


def held_part(case: Case, state: CaseState, viewer: Viewer) -> Mapping[str, Any] | None:
    """The decision that is not told yet: to the authorities alone."""
    held = state.held
    if held is None or not allows(viewer.person, Permission.CASE_READ_INTERNAL, case):
        return None
    return {
        "held": held,
        "outcome": outcome_name(case, held.outcome) if held.outcome else None,
        "call": case.call,
    }


register(Part("cases/_held.html", held_part, order=1))
register(Part("cases/_objection.html", objection_part, order=2))
