"""From pilot to clause: difficulties with evidence, wordings that rest on them, and their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.lab import domain as lab
from shidian.apps.lab.domain import Piece
from shidian.apps.lab.models import Difficulty, EvidenceKind
from shidian.apps.lab.publish.bodies import note_body
from shidian.apps.notices.models import PublishedSnapshot, SnapshotKind
from shidian.apps.supervision.domain.pilots import start_pilot
from shidian.core.rulebook.load import load_text
from shidian.core.rulebook.model import StageKind
from tests.apps.lab.things import AT, city_text, make_draft, next_text, publish, run_outbox
from tests.apps.supervision.things import PLAN
from tests.factories import LONG_AGO, RULEBOOKS, Walk
from tests.files import pdf

if TYPE_CHECKING:
    from django.test import Client

    from shidian.apps.lab.models import RulebookDraft
    from shidian.apps.supervision.models import Pilot

SECRET = "某客户因纸质签署放弃开户"


@pytest.fixture
def pilot(walk: Walk) -> Pilot:
    """A pilot under rules that name a clause."""
    world = walk.world
    loaded = load_text(
        next_text("2025.9"),
        name="x",
        resolve=lambda name: (RULEBOOKS / f"{name}.yaml").read_text(encoding="utf-8"),
    )
    world.version = cases.publish_rulebook(scheme=world.scheme, loaded=loaded, by=None, at=AT)
    world.call = cases.open_call(
        rulebook=world.version, title="二", opens_on=LONG_AGO, closes_on=None, by=None, at=AT
    )
    walk.to(StageKind.SCREENING)
    return start_pilot(case=walk.case, plan=PLAN, at=walk.tick())


@pytest.fixture
def clause(pilot: Pilot) -> str:
    """Id of a clause under test."""
    return pilot.case.rulebook.clauses[0].id


@pytest.fixture
def difficulty(walk: Walk, pilot: Pilot, clause: str) -> Difficulty:
    return lab.record_difficulty(
        pilot=pilot,
        clause=clause,
        text=SECRET,
        evidence=[
            Piece(EvidenceKind.TEXT, text="三个月内 41 起"),
            Piece(EvidenceKind.INDICATOR, reference="investors"),
            Piece(
                EvidenceKind.FILE,
                upload=SimpleUploadedFile("../../记录.pdf", pdf("record")),
            ),
        ],
        by=walk.world.signer,
        at=AT,
    )


@pytest.fixture
def draft(walk: Walk, difficulty: Difficulty) -> RulebookDraft:
    """A draft that proposes a wording on the ground of the difficulty."""
    draft = make_draft(walk.world, next_text("2026.5", days=8))
    lab.propose_wording(
        draft=draft,
        clause=difficulty.clause,
        new_zh="合同可以采用电子签名。",
        new_en="The contract may be signed electronically.",
        because="试点显示电子签名可靠。",
        because_en="The pilot showed that electronic signatures are reliable.",
        difficulties=[difficulty.pk],
        by=walk.world.case_officer["bureau"],
        at=AT,
    )
    return draft


def clauses_page(walk: Walk) -> dict:
    run_outbox()
    page = PublishedSnapshot.objects.current().get(
        kind=SnapshotKind.CLAUSES, key=walk.world.scheme.slug
    )
    return page.body_en


def test_a_pilots_staff_record_a_difficulty_with_evidence(
    walk: Walk, difficulty: Difficulty
) -> None:
    assert difficulty.institution == walk.world.lead
    assert difficulty.rulebook_digest == walk.case.rulebook_version.digest
    kinds = [one.kind for one in difficulty.evidence.order_by("pk")]
    assert kinds == ["text", "indicator", "file"]
    document = difficulty.evidence.get(kind="file")
    assert document.name == "记录.pdf"
    assert len(document.sha256) == 64


def test_an_officer_records_one_too(walk: Walk, pilot: Pilot, clause: str) -> None:
    made = lab.record_difficulty(
        pilot=pilot, clause=clause, text="检查中发现", by=walk.officer, at=AT
    )

    assert made.institution is None
    assert made.authority == "bureau"


def test_nobody_else_records(walk: Walk, pilot: Pilot, clause: str) -> None:
    world = walk.world
    for person in (
        world.rival_signer,
        world.outsider,
        world.experts[0].person,
        world.auditor,
        world.national,
        world.partner_drafter,
    ):
        with pytest.raises(ForbiddenError):
            lab.record_difficulty(pilot=pilot, clause=clause, text="x", by=person, at=AT)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"clause": "no-such"}, "no-clause"),
        ({"text": " "}, "text"),
        ({"text": "长" * 5001}, "text"),
        ({"evidence": [Piece(EvidenceKind.ALERT, reference="e-of-another")]}, "no-such-alert"),
        ({"evidence": [Piece(EvidenceKind.INDICATOR, reference="x")]}, "no-such-indicator"),
        (
            {"evidence": [Piece(EvidenceKind.FILE, upload=SimpleUploadedFile("a.pdf", b"MZ.."))]},
            "wrong-type",
        ),
        (
            {"evidence": [Piece(EvidenceKind.FILE, upload=SimpleUploadedFile("a.pdf", b""))]},
            "empty-file",
        ),
        ({"evidence": [Piece(EvidenceKind.TEXT, text="x")] * 11}, "too-many"),
    ],
)
def test_a_difficulty_that_does_not_hold_together_is_refused(
    walk: Walk, pilot: Pilot, clause: str, change: dict, code: str
) -> None:
    given = {"clause": clause, "text": "困难", "evidence": []} | change

    with pytest.raises(DomainError) as refused:
        lab.record_difficulty(pilot=pilot, by=walk.world.signer, at=AT, **given)

    assert refused.value.code == code
    assert not Difficulty.objects.exists()


def test_a_wording_rests_on_difficulties_with_its_own_clause(
    walk: Walk, difficulty: Difficulty
) -> None:
    draft = make_draft(walk.world, next_text("2026.5", days=8))

    with pytest.raises(DomainError) as refused:
        lab.propose_wording(
            draft=draft,
            clause=difficulty.clause,
            new_zh="新",
            new_en="new",
            because="理由",
            difficulties=[difficulty.pk, difficulty.pk + 1],
            by=walk.officer,
            at=AT,
        )

    assert refused.value.code == "wrong-ground"


def test_nothing_of_a_difficulty_or_proposal_is_public_before_it_is_decided(
    walk: Walk, draft: RulebookDraft
) -> None:
    body = clauses_page(walk)

    assert not any(one["moves"] for one in body["clauses"])
    assert all(one["pilots"] for one in body["clauses"])
    assert SECRET not in str(body)
    assert "electronically" not in str(body)


def test_an_adopted_wording_names_the_pilot_that_changed_the_sentence(
    walk: Walk, pilot: Pilot, draft: RulebookDraft
) -> None:
    publish(walk.world, draft)

    body = clauses_page(walk)

    move = body["clauses"][0]["moves"][0]
    assert move["adopted"]
    assert move["version"] == "2026.5"
    assert move["new"] == "The contract may be signed electronically."
    assert [one["public_id"] for one in move["pilots"]] == [pilot.public_id]
    assert SECRET not in str(body)


def test_a_rejected_wording_stands_with_its_reason(walk: Walk, draft: RulebookDraft) -> None:
    lab.reject_draft(
        draft=draft,
        reason="时机不成熟",
        reason_en="Too early",
        by=walk.world.signing_officer["bureau"],
        at=AT,
    )

    move = clauses_page(walk)["clauses"][0]["moves"][0]

    assert not move["adopted"]
    assert move["reason"] == "Too early"
    assert move["version"] == ""


def test_the_note_tells_changes_grounds_and_figures_and_can_be_made_again(
    walk: Walk, pilot: Pilot, draft: RulebookDraft
) -> None:
    officer = walk.officer
    note = lab.write_note(draft=draft, by=officer, remarks="说明", seed=7, at=AT)

    words = str(note.body)
    made_from = note.body["made_from"]
    assert pilot.public_id in words
    assert SECRET in words
    assert "三个月内 41 起" in words
    assert "The contract may be signed electronically." in words
    assert made_from["seed"] == 7
    assert made_from["simulated_cases"] > 0
    assert made_from["base"] == draft.base.digest
    assert made_from["draft"].startswith("sha256:")

    public = str(note_body(note, "zh")) + str(note_body(note, "en"))
    assert pilot.public_id in public
    assert SECRET not in public
    assert "三个月内 41 起" not in public
    assert "记录.pdf" not in public

    again = lab.write_note(draft=draft, by=officer, remarks="说明", seed=7, at=AT)
    assert again == note
    other = lab.write_note(draft=draft, by=officer, remarks="另一说明", seed=7, at=AT)
    assert other.number == 2
    assert other.body == note.body


@pytest.mark.parametrize("size", [1, 3])
def test_the_lists_of_difficulties_cost_the_same_for_one_and_for_three(  # noqa: PLR0917 - fixtures
    walk: Walk,
    pilot: Pilot,
    clause: str,
    client: Client,
    size: int,
    django_assert_num_queries: Any,
) -> None:
    for n in range(size):
        lab.record_difficulty(
            pilot=pilot,
            clause=clause,
            text=f"困难 {n}",
            evidence=[Piece(EvidenceKind.TEXT, text="说明")],
            by=walk.world.signer,
            at=AT,
        )
    client.force_login(walk.officer, backend="django.contrib.auth.backends.ModelBackend")
    of_pilot = reverse("lab:difficulties", args=[pilot.public_id])
    of_scheme = reverse("lab:clauses", args=["demo-city"])
    for address in (of_pilot, of_scheme):
        client.get(address)

    with django_assert_num_queries(12):
        page = client.get(of_pilot)
    with django_assert_num_queries(8):
        client.get(of_scheme)

    assert page.content.decode().count("困难 ") == size


def test_what_one_pilot_met_with_is_not_seen_by_another_or_by_experts(
    walk: Walk, pilot: Pilot, difficulty: Difficulty, client: Client
) -> None:
    world = walk.world
    document = difficulty.evidence.get(kind="file")
    addresses = (
        reverse("lab:difficulties", args=[pilot.public_id]),
        reverse("lab:evidence", args=[pilot.public_id, document.pk]),
    )
    for person in (world.rival_signer, world.experts[0].person, world.outsider, world.assessor):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        for address in addresses:
            assert client.get(address).status_code == 404
        assert client.get(reverse("lab:clauses", args=["demo-city"])).status_code == 404
    client.force_login(world.drafter, backend="django.contrib.auth.backends.ModelBackend")
    assert SECRET in client.get(addresses[0]).content.decode()
    assert b"".join(client.get(addresses[1]).streaming_content) == pdf("record")


def test_the_demonstration_city_is_the_text_these_tests_change() -> None:
    assert "starts: notice.opened, length: 5," in city_text()
