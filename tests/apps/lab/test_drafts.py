"""A draft: every text is kept and checked; nobody overwrites another's; officers alone see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.lab import domain as lab
from shidian.apps.lab.checking import check_text
from shidian.apps.lab.errors import StaleDraft
from shidian.apps.lab.library import text_of_version
from shidian.apps.lab.models import CheckResult, DraftEvent, DraftRevision, RulebookDraft
from shidian.core.rulebook.tree import SIZE_MAX_BYTES
from tests.apps.lab.things import AT, city_text, make_draft, next_text, publish

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from tests.factories import World


def test_a_draft_starts_from_the_text_of_its_base(world: World) -> None:
    draft = lab.start_draft(
        base=world.version, title="修订", by=world.case_officer["bureau"], at=AT
    )

    revision = lab.newest_revision(draft)
    assert revision.text == city_text()
    assert draft.slug == "demo-city-draft-1"
    assert [one.kind for one in draft.events.all()] == ["draft.started", "draft.revised"]
    check = revision.checks.get()
    assert not check.sound
    assert "unchanged" in check.problems[0]["message"]["en"]


def test_a_changed_text_with_a_new_version_is_sound(world: World) -> None:
    check = lab.newest_revision(make_draft(world)).checks.get()

    assert check.sound, check.problems
    assert check.version == "2026.2"
    assert check.digest != world.version.digest


def test_a_broken_text_is_kept_with_its_problems_and_lines(world: World) -> None:
    draft = make_draft(world)
    broken = next_text().replace("publicity, duties:", "publicty, duties:")
    broken = next_text().replace("length: 10, unit: working-day, force: target", "lenght: 10", 1)

    revision = lab.save_revision(
        draft=draft, text=broken, base_revision=1, by=world.case_officer["bureau"], at=AT
    )

    problem = revision.checks.get().problems[0]
    line = (
        broken.splitlines().index(next(one for one in broken.splitlines() if "lenght" in one)) + 1
    )
    assert revision.number == 2
    assert problem["line"] == line
    assert "lenght" in str(problem)


def test_saving_the_same_text_writes_nothing(world: World) -> None:
    draft = make_draft(world)

    again = lab.save_revision(
        draft=draft,
        text=next_text().replace("\n", "\r\n"),
        base_revision=1,
        by=world.case_officer["bureau"],
        at=AT,
    )

    assert again.number == 1
    assert draft.revisions.count() == 1


def test_a_stale_text_overwrites_nothing(world: World) -> None:
    draft = make_draft(world)
    lab.save_revision(
        draft=draft,
        text=next_text(days=7),
        base_revision=1,
        by=world.case_officer["finance"],
        at=AT,
    )

    with pytest.raises(StaleDraft) as stale:
        lab.save_revision(
            draft=draft,
            text=next_text(days=9),
            base_revision=1,
            by=world.case_officer["bureau"],
            at=AT,
        )

    assert stale.value.theirs.text == next_text(days=7)
    assert stale.value.yours == next_text(days=9)
    assert lab.newest_revision(draft).text == next_text(days=7)


def test_another_schemes_rules_are_no_draft_of_this_one(world: World) -> None:
    text = next_text().replace("rulebook: demo-city", "rulebook: another-city", 1)

    problems = check_text(world.scheme, text).errors

    assert [one.problem.path for one in problems] == ["/rulebook"]


def test_a_version_that_is_taken_is_an_error_of_the_text(world: World) -> None:
    problems = check_text(world.scheme, next_text("2026.1")).errors

    assert [one.problem.path for one in problems] == ["/version"]


@pytest.mark.parametrize("version", ["9" * 33, "2026/2", "2026 2", "../x"])
def test_a_version_must_fit_an_address(world: World, version: str) -> None:
    problems = check_text(world.scheme, next_text(version)).errors

    assert [one.problem.path for one in problems] == ["/version"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1]\nb: [*a, *a]\n",
        "a: &x {b: *x}",
        "<script>alert(1)</script>",
        "{" * 5000,
        "extends: demo-city\nrulebook: demo-city",
        "rulebook: demo-city\nextends: ../../../etc/passwd\n",
        "",
    ],
)
def test_a_hostile_text_is_refused_by_the_loader_and_kept_as_a_text(
    world: World, text: str
) -> None:
    draft = make_draft(world, text)

    check = lab.newest_revision(draft).checks.get()
    assert not check.sound
    assert check.problems
    assert check.digest == ""


def test_a_text_over_the_limit_is_not_kept(world: World) -> None:
    draft = make_draft(world)

    with pytest.raises(DomainError) as refused:
        lab.save_revision(
            draft=draft,
            text="#" * (SIZE_MAX_BYTES + 1),
            base_revision=1,
            by=world.case_officer["bureau"],
            at=AT,
        )

    assert refused.value.code == "too-large"
    assert DraftRevision.objects.filter(draft=draft).count() == 1


def test_only_officers_who_decide_in_the_scheme_write(world: World) -> None:
    draft = make_draft(world)
    before = DraftEvent.objects.count()
    for person in (
        world.signer,
        world.experts[0].person,
        world.outsider,
        world.auditor,
        world.national,
        world.assessor,
    ):
        with pytest.raises(ForbiddenError):
            make_draft(world, by=person)
        with pytest.raises(ForbiddenError):
            lab.save_revision(
                draft=draft, text=next_text(days=8), base_revision=1, by=person, at=AT
            )
        with pytest.raises(ForbiddenError):
            lab.submit_draft(draft=draft, by=person, at=AT)

    assert DraftEvent.objects.count() == before


def test_drafts_are_seen_by_officers_of_the_scheme_alone(world: World) -> None:
    draft = make_draft(world)

    def sees(person: Person) -> bool:
        return draft in RulebookDraft.objects.visible_to(person)

    assert all(map(sees, [*world.case_officer.values(), *world.signing_officer.values()]))
    assert sees(world.national)
    assert sees(world.auditor)
    hidden = [world.signer, world.drafter, world.rival_signer, world.outsider, world.assessor]
    assert not any(map(sees, [*hidden, world.experts[0].person]))


def test_a_base_that_changes_is_checked_against_anew(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = lab.newest_revision(make_draft(world))
    first = lab.check_revision(revision, at=AT)
    assert CheckResult.objects.count() == 1

    from shidian.apps.lab import library

    read = library.base_text
    monkeypatch.setattr(
        "shidian.apps.lab.checking.base_text",
        lambda name: read(name).replace("principles:", "principals:", 1),
    )
    second = lab.check_revision(revision, at=AT)

    assert first.sound
    assert not second.sound
    assert CheckResult.objects.count() == 2


def test_a_published_draft_is_the_text_of_the_next_one(world: World) -> None:
    draft = make_draft(world)
    publish(world, draft)

    assert draft.published is not None
    assert text_of_version(draft.published) == next_text()


def test_a_version_without_a_text_is_written_out_with_the_same_rules(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shidian.apps.lab.library.library_file", lambda _name: None)

    text = text_of_version(world.version)

    checked = check_text(world.scheme, text.replace("2026.1", "2026.9", 1))
    assert checked.sound, checked.errors
    assert checked.loaded is not None
    assert checked.loaded.rulebook.form == world.rulebook.form
    assert checked.loaded.rulebook.clocks == world.rulebook.clocks
