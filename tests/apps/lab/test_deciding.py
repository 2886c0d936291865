"""Two officers approve exactly one dossier, the second signs; then, and only then, it is rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Outbox, RulebookVersion
from shidian.apps.lab import domain as lab
from shidian.apps.lab.models import Approval, DraftState, RulebookDraft
from shidian.apps.lab.queries import is_superseded
from tests.apps.lab.things import AT, approve_twice, make_draft, next_text, publish
from tests.factories import LONG_AGO

if TYPE_CHECKING:
    from tests.factories import Walk, World


@pytest.fixture
def draft(world: World) -> RulebookDraft:
    return make_draft(world)


def submitted(world: World, draft: RulebookDraft) -> RulebookDraft:
    return lab.submit_draft(draft=draft, by=world.case_officer["bureau"], at=AT)


def code_of(refused: pytest.ExceptionInfo[DomainError]) -> str:
    return refused.value.code


def test_an_unsound_draft_is_not_submitted(world: World) -> None:
    draft = make_draft(world, "rulebook: demo-city\n")

    with pytest.raises(DomainError) as refused:
        submitted(world, draft)

    assert code_of(refused) == "unsound"


def test_two_officers_approve_and_the_draft_is_published(
    world: World, draft: RulebookDraft
) -> None:
    approve_twice(world, draft)

    version = lab.publish_draft(
        draft=draft, by=world.signing_officer["bureau"], instrument="示范金发〔2026〕1号", at=AT
    )

    assert version.version == "2026.2"
    assert version.rulebook.clock("publicity").length == 10
    assert draft.state == DraftState.PUBLISHED
    assert draft.published == version
    assert is_superseded(world.version)
    assert not is_superseded(version)
    event = draft.events.get(kind="draft.published")
    assert event.legal_effect == "service"
    assert event.data["instrument"] == "示范金发〔2026〕1号"
    assert event.data["digest"] == version.digest
    assert Outbox.objects.filter(topic="record.leaf", payload__digest=version.digest).exists()


def test_a_running_case_stays_on_its_version(walk: Walk) -> None:
    walk.create()
    draft = make_draft(walk.world)
    publish(walk.world, draft)

    walk.case.refresh_from_db()
    assert walk.case.rulebook_version == walk.world.version
    assert walk.case.rulebook.version == "2026.1"


def test_a_new_call_names_only_the_newest_version(world: World, draft: RulebookDraft) -> None:
    publish(world, draft)
    assert draft.published is not None

    def open_under(version: RulebookVersion) -> None:
        cases.open_call(
            rulebook=version, title="二", opens_on=LONG_AGO, closes_on=None, by=None, at=AT
        )

    with pytest.raises(DomainError) as refused:
        open_under(world.version)
    assert code_of(refused) == "superseded"
    open_under(draft.published)


def test_one_officer_does_not_approve_twice(world: World, draft: RulebookDraft) -> None:
    submitted(world, draft)
    signer = world.signing_officer["bureau"]
    lab.approve_draft(draft=draft, by=signer, at=AT)

    with pytest.raises(DomainError) as refused:
        lab.approve_draft(draft=draft, by=signer, at=AT)

    assert code_of(refused) == "approved-already"
    with pytest.raises(DomainError) as unpublished:
        lab.publish_draft(draft=draft, by=signer, at=AT)
    assert code_of(unpublished) == "not-approved"


def test_the_second_approval_is_a_signing_officers(world: World, draft: RulebookDraft) -> None:
    submitted(world, draft)
    lab.approve_draft(draft=draft, by=world.signing_officer["bureau"], at=AT)

    with pytest.raises(DomainError) as refused:
        lab.approve_draft(draft=draft, by=world.case_officer["finance"], at=AT)

    assert code_of(refused) == "second-must-sign"


def test_nothing_is_published_without_approvals(world: World, draft: RulebookDraft) -> None:
    with pytest.raises(DomainError) as refused:
        lab.publish_draft(draft=draft, by=world.signing_officer["bureau"], at=AT)
    assert code_of(refused) == "wrong-state"

    submitted(world, draft)
    with pytest.raises(DomainError) as refused:
        lab.publish_draft(draft=draft, by=world.signing_officer["bureau"], at=AT)
    assert code_of(refused) == "not-approved"
    assert RulebookVersion.objects.count() == 1


def test_an_edit_voids_approvals_and_keeps_them(world: World, draft: RulebookDraft) -> None:
    approve_twice(world, draft)

    lab.save_revision(
        draft=draft,
        text=next_text(days=30),
        base_revision=1,
        by=world.case_officer["finance"],
        at=AT,
    )

    assert draft.state == DraftState.DRAFT
    assert Approval.objects.filter(draft=draft).count() == 2
    submitted(world, draft)
    with pytest.raises(DomainError) as refused:
        lab.publish_draft(draft=draft, by=world.signing_officer["bureau"], at=AT)
    assert code_of(refused) == "not-approved"


def test_a_changed_note_voids_approvals_too(
    world: World, draft: RulebookDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    approve_twice(world, draft)
    officer = world.case_officer["bureau"]
    lab.return_draft(draft=draft, reason="补充说明", by=officer, at=AT)
    lab.write_note(draft=draft, by=officer, remarks="新的说明", at=AT)
    submitted(world, draft)

    with pytest.raises(DomainError) as refused:
        lab.publish_draft(draft=draft, by=world.signing_officer["bureau"], at=AT)

    assert code_of(refused) == "not-approved"


def test_approvals_stand_again_for_the_same_dossier(world: World, draft: RulebookDraft) -> None:
    approve_twice(world, draft)
    lab.return_draft(draft=draft, reason="再看一遍", by=world.case_officer["bureau"], at=AT)
    submitted(world, draft)

    assert lab.publish_draft(draft=draft, by=world.signing_officer["bureau"], at=AT)


def test_of_two_drafts_with_one_version_the_second_is_refused(world: World) -> None:
    first, second = make_draft(world), make_draft(world, next_text(days=12))
    approve_twice(world, second)
    publish(world, first)

    with pytest.raises(DomainError) as refused:
        lab.publish_draft(draft=second, by=world.signing_officer["bureau"], at=AT)

    assert code_of(refused) == "unsound"
    assert RulebookVersion.objects.count() == 2


def test_only_deciding_officers_approve_publish_and_reject(
    world: World, draft: RulebookDraft
) -> None:
    approve_twice(world, draft)
    for person in (world.signer, world.outsider, world.auditor, world.national):
        for verb in (lab.approve_draft, lab.publish_draft):
            with pytest.raises(ForbiddenError):
                verb(draft=draft, by=person, at=AT)
        with pytest.raises(ForbiddenError):
            lab.reject_draft(draft=draft, reason="否", by=person, at=AT)


def test_a_rejection_needs_a_signing_officer_and_a_reason(
    world: World, draft: RulebookDraft
) -> None:
    with pytest.raises(DomainError) as unsigned:
        lab.reject_draft(draft=draft, reason="不妥", by=world.case_officer["bureau"], at=AT)
    with pytest.raises(DomainError) as unsaid:
        lab.reject_draft(draft=draft, reason=" ", by=world.signing_officer["bureau"], at=AT)

    assert (code_of(unsigned), code_of(unsaid)) == ("must-sign", "reason-missing")
    lab.reject_draft(draft=draft, reason="不妥", by=world.signing_officer["bureau"], at=AT)
    assert draft.state == DraftState.REJECTED


def test_an_ended_draft_changes_no_more(world: World, draft: RulebookDraft) -> None:
    publish(world, draft)

    for attempt in (
        lambda: lab.save_revision(
            draft=draft, text="x", base_revision=1, by=world.case_officer["bureau"], at=AT
        ),
        lambda: lab.submit_draft(draft=draft, by=world.case_officer["bureau"], at=AT),
        lambda: lab.reject_draft(
            draft=draft, reason="x", by=world.signing_officer["bureau"], at=AT
        ),
    ):
        with pytest.raises(DomainError) as refused:
            attempt()
        assert code_of(refused) == "draft-ended"
