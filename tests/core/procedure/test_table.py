from pathlib import Path

import pytest

from shidian.core.procedure import diagram_mermaid, transitions
from shidian.core.procedure.types import Verb
from shidian.core.procedure.verbs import VERBS
from shidian.core.rulebook.model import StageKind
from tests.core.procedure import rulebooks

DOCUMENT = Path(__file__).parents[3] / "docs" / "developer" / "architecture" / "procedure.md"


def verbs_table() -> str:
    """The table of verbs as the developers' document has it."""
    rows = ["| verb | button | by | in stages of kind |", "|---|---|---|---|"]
    for verb, spec in VERBS.items():
        by, kinds = ", ".join(spec.by), ", ".join(spec.kinds) or "–"
        rows.append(f"| `{verb}` | {spec.label.zh}, {spec.label.en} | {by} | {kinds} |")
    return "\n".join(rows)


@pytest.mark.parametrize("rulebook", rulebooks.every(), ids=lambda one: one.rulebook)
def test_every_move_of_the_rulebook_has_a_verb_and_no_other_move_exists(rulebook):
    rows = {(row.source, row.target) for row in transitions(rulebook) if row.source}
    drawn = {(stage.id, target) for stage in rulebook.stages for target in stage.next}
    again = {
        (stage.id, target)
        for stage in rulebook.stages
        for rule in rulebook.objections
        for target in (rule.changed_to, rule.sent_back_to)
        if stage.kind is StageKind.CLOSED and target
    }
    assert rows == drawn | again


@pytest.mark.parametrize("rulebook", rulebooks.every(), ids=lambda one: one.rulebook)
def test_each_row_s_actors_are_the_verb_s(rulebook):
    table = transitions(rulebook)
    assert [row.verb for row in table if row.source is None] == [Verb.CREATE]
    assert all(row.by == VERBS[row.verb].by for row in table)


def test_document_shows_the_table_and_the_diagram_as_they_are():
    document = DOCUMENT.read_text(encoding="utf-8")
    assert diagram_mermaid(rulebooks.demo_city()) in document
    assert verbs_table() in document
