"""What the browser tests find: one case in most stages, and people with passwords."""

from __future__ import annotations

PASSWORD = "a long enough password"
PEOPLE = ("signer", "drafter", "case-bureau", "sign-bureau", "expert-0", "assessor", "auditor")


def seed() -> None:
    """Run inside a process whose stores are the site's."""
    from shidian.apps.cases.calendars import load_calendars
    from shidian.core.rulebook.model import StageKind
    from tests.factories import Walk, make_world
    from tests.second_factor import open_account

    load_calendars()
    world = make_world()
    for kind in (StageKind.SCREENING, StageKind.REVIEW, StageKind.NOTICE, StageKind.RUNNING):
        Walk(world, title=f"项目 {kind.value}").to(kind)
    panel = Walk(world, title="评审中")
    panel.to(StageKind.REVIEW)
    draft = Walk(world, title="草稿")
    draft.to(StageKind.DRAFT)
    for username in PEOPLE:
        open_account(username, PASSWORD)
