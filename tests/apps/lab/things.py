"""Drafts for the tests of the lab."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from shidian.apps.cases import outbox
from shidian.apps.lab import domain as lab
from tests.factories import RULEBOOKS

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from shidian.apps.lab.models import RulebookDraft
    from tests.factories import World

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""Monday, 2 March 2026, 10 o'clock in the morning in Shanghai."""

CLAUSES = """
clauses:
  - id: contract-form
    title: {zh: 合同形式, en: Form of the contract}
    source: demo
    article: Art. 7
    text: {zh: 合同应当采用书面形式。, en: The contract shall be in writing.}
    question: {zh: 电子签名能否替代书面签字？, en: Can an electronic signature take its place?}
"""


@lru_cache(maxsize=1)
def city_text() -> str:
    """The demonstration city's own text."""
    return (RULEBOOKS / "demo-city.yaml").read_text(encoding="utf-8")


def next_text(version: str = "2026.2", *, days: int = 10) -> str:
    """The city's text with another version and another notice period, and a clause under test."""
    text = city_text().replace('version: "2026.1"', f'version: "{version}"')
    longer = text.replace(
        "starts: notice.opened, length: 5,", f"starts: notice.opened, length: {days},"
    )
    assert longer != text
    return longer if "\nclauses:" in longer else longer + CLAUSES


def make_draft(world: World, text: str | None = None, *, by: Person | None = None) -> RulebookDraft:
    """A draft of the city's next rules by the bureau's case officer."""
    return lab.start_draft(
        base=world.version,
        title="延长公示期",
        title_en="A longer notice period",
        text=next_text() if text is None else text,
        by=by or world.case_officer["bureau"],
        at=AT,
    )


def approve_twice(world: World, draft: RulebookDraft) -> None:
    """Submit it; the case officer and another authority's signing officer approve."""
    lab.submit_draft(draft=draft, by=world.case_officer["bureau"], at=AT)
    lab.approve_draft(draft=draft, by=world.case_officer["bureau"], at=AT)
    lab.approve_draft(draft=draft, by=world.signing_officer["finance"], at=AT)


def publish(world: World, draft: RulebookDraft) -> None:
    """Approve and publish it."""
    approve_twice(world, draft)
    lab.publish_draft(draft=draft, by=world.signing_officer["bureau"], at=AT)


def run_outbox() -> None:
    """Deliver until nothing is left."""
    while outbox.deliver_pending():
        pass
