"""The lab's pages: who sees them, what they refuse, how many queries they cost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from shidian.apps.accounts.models import Person
from shidian.apps.cases.models import Case
from shidian.apps.lab import domain as lab
from shidian.apps.lab.models import DraftRevision
from shidian.apps.notices import domain as notices
from shidian.core.rulebook.model import StageKind
from tests.apps.lab.things import AT, make_draft, next_text, publish, run_outbox

if TYPE_CHECKING:
    from shidian.apps.lab.models import RulebookDraft
    from tests.factories import Walk, World

pytestmark = pytest.mark.rendering

SECRET = "绝密修改意图"
DRAFT_PAGES = (
    "draft",
    "edit",
    "download",
    "changes",
    "reading",
    "try",
    "what-if",
    "note",
    "wordings",
)


def client_of(person: Person | None, language: str = "zh-hans") -> Client:
    client = Client()
    client.cookies["django_language"] = language
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def draft(world: World) -> RulebookDraft:
    return make_draft(world, f"# {SECRET}\n" + next_text())


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_page_opens_for_an_officer(world: World, draft: RulebookDraft, language: str) -> None:
    client = client_of(world.case_officer["bureau"], language)
    assert client.get(reverse("lab:home")).status_code == 200
    assert client.get(reverse("lab:start", args=["demo-city"])).status_code == 200
    assert client.get(reverse("lab:clauses", args=["demo-city"])).status_code == 200
    for name in DRAFT_PAGES:
        answer = client.get(reverse(f"lab:{name}", args=[draft.slug]))
        assert answer.status_code == 200, name
    for act in ("submit", "consult"):
        assert client.get(reverse("lab:act", args=[draft.slug, act])).status_code == 200
    answer = client.get(reverse("lab:what-if", args=[draft.slug]) + "?seed=3")
    assert b"<table" in answer.content


def test_nobody_else_sees_a_draft_or_learns_that_it_exists(
    world: World, draft: RulebookDraft
) -> None:
    lab.write_note(draft=draft, by=world.case_officer["bureau"], remarks=SECRET, at=AT)
    outsiders = [
        world.signer,
        world.rival_signer,
        world.experts[0].person,
        world.assessor,
        world.outsider,
    ]
    for person in outsiders:
        client = client_of(person)
        for name in DRAFT_PAGES:
            known = client.get(reverse(f"lab:{name}", args=[draft.slug]))
            unknown = client.get(reverse(f"lab:{name}", args=["demo-city-draft-99"]))
            assert known.status_code == unknown.status_code == 404, (person, name)
            assert known.content == unknown.content
        for post in ("edit", "check", "note"):
            address = reverse(f"lab:{post}", args=[draft.slug])
            assert client.post(address, {"text": "x", "then": "save"}).status_code == 404
        home = client.get(reverse("lab:home"))
        assert home.status_code == (200 if person == world.outsider else 404)
        assert draft.slug.encode() not in home.content
    assert DraftRevision.objects.count() == 1


def test_the_public_finds_nothing_of_a_draft(world: World, draft: RulebookDraft) -> None:
    run_outbox()
    client = client_of(None)
    for name in DRAFT_PAGES:
        answer = client.get(reverse(f"lab:{name}", args=[draft.slug]))
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/sign-in/")
    for address in ("/", "/public-notices/", "/rulebooks/", "/schemes/demo-city/"):
        page = client.get(address)
        assert draft.slug not in page.content.decode()
        assert SECRET not in page.content.decode()


def test_an_auditor_and_the_national_level_read_and_do_nothing(
    world: World, draft: RulebookDraft
) -> None:
    for person in (world.auditor, world.national):
        client = client_of(person)
        page = client.get(reverse("lab:draft", args=[draft.slug]))
        assert page.status_code == 200
        assert "/do/" not in page.content.decode()
        posted = client.post(
            reverse("lab:edit", args=[draft.slug]),
            {"text": "x", "base_revision": 1, "then": "save"},
        )
        assert posted.status_code == 404
        act = reverse("lab:act", args=[draft.slug, "submit"])
        assert client.post(act).status_code == 404


@pytest.mark.parametrize("size", [1, 3])
def test_the_first_page_costs_the_same_for_one_draft_and_for_three(
    world: World, size: int, django_assert_num_queries: Any
) -> None:
    for n in range(size):
        made = make_draft(world, next_text(f"2026.{n + 2}"))
        if n:
            lab.reject_draft(draft=made, reason="否", by=world.signing_officer["bureau"], at=AT)
    client = client_of(Person.objects.get(pk=world.case_officer["bureau"].pk))
    client.get(reverse("lab:home"))

    with django_assert_num_queries(7):
        page = client.get(reverse("lab:home"))

    assert page.content.decode().count("demo-city-draft-") >= size


def test_the_check_says_lines_and_keeps_nothing(world: World, draft: RulebookDraft) -> None:
    client = client_of(world.case_officer["bureau"], "en")
    broken = next_text().replace("status: runnable", "status: runnible", 1)

    answer = client.post(reverse("lab:check", args=[draft.slug]), {"text": broken})

    html = answer.content.decode()
    line = broken.splitlines().index("status: runnible") + 1
    assert f'data-line="{line}"' in html
    assert "status: runnible" in html
    assert DraftRevision.objects.count() == 1


def test_a_script_in_a_text_is_shown_as_text(world: World) -> None:
    draft = make_draft(world, "<script>alert(1)</script>: </textarea><img src=x>\n")
    html = (
        client_of(world.case_officer["bureau"])
        .get(reverse("lab:edit", args=[draft.slug]))
        .content.decode()
    )

    assert "<script>alert" not in html
    assert "</textarea><img" not in html
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", html)


def test_two_officers_do_not_overwrite_each_other(world: World, draft: RulebookDraft) -> None:
    address = reverse("lab:edit", args=[draft.slug])
    first, second = (client_of(one, "en") for one in world.case_officer.values())
    saved = first.post(address, {"text": next_text(days=7), "base_revision": 1, "then": "save"})
    stale = second.post(address, {"text": next_text(days=9), "base_revision": 1, "then": "save"})

    assert saved.status_code == 302
    assert stale.status_code == 409
    html = stale.content.decode()
    assert "length: 7" in html
    assert "length: 9" in html
    assert 'name="base_revision" value="2"' in html


def test_an_upload_over_the_limit_is_refused_and_a_good_one_saved(
    world: World, draft: RulebookDraft
) -> None:
    client = client_of(world.case_officer["bureau"], "en")
    address = reverse("lab:edit", args=[draft.slug])

    def send(content: bytes) -> Any:
        file = SimpleUploadedFile("rules.yaml", content, "application/yaml")
        return client.post(address, {"file": file, "base_revision": 1, "then": "upload"})

    assert "larger than 1 MiB" in send(b"#" * (2**20 + 1)).content.decode()
    assert "not UTF-8" in send(b"\xff\xfe\x00").content.decode()
    assert DraftRevision.objects.count() == 1
    assert send(next_text(days=6).encode()).status_code == 302
    assert lab.newest_revision(draft).text == next_text(days=6)
    download = client.get(reverse("lab:download", args=[draft.slug]))
    assert download.content.decode() == next_text(days=6)
    assert "attachment" in download["Content-Disposition"]


def test_fifty_megabytes_of_text_are_refused_unread(world: World, draft: RulebookDraft) -> None:
    client = client_of(world.case_officer["bureau"])

    answer = client.post(reverse("lab:check", args=[draft.slug]), {"text": "x" * (5 * 2**20)})

    assert answer.status_code == 400


def test_the_form_is_tried_in_test_mode_and_keeps_nothing(
    world: World, draft: RulebookDraft
) -> None:
    client = client_of(world.case_officer["bureau"], "en")
    address = reverse("lab:try", args=[draft.slug])
    before = Case.objects.count()

    page = client.get(address).content.decode()
    judged = client.post(address, {"scale-investors": "abc", "test-partners": "2"})

    assert "TEST" in page
    assert "No case comes to be" in page or "no case comes to be" in page
    html = judged.content.decode()
    assert "Still missing" in html
    assert Case.objects.count() == before


def test_an_act_that_is_not_open_is_a_404(world: World, draft: RulebookDraft) -> None:
    client = client_of(world.case_officer["bureau"])
    for act in ("publish", "approve", "return", "reject", "nonsense"):
        address = reverse("lab:act", args=[draft.slug, act])
        assert client.post(address, {"reason": "x"}).status_code == 404, act


def test_the_newest_version_is_shown_and_the_older_superseded(
    world: World, draft: RulebookDraft
) -> None:
    publish(world, draft)

    html = client_of(world.case_officer["bureau"], "en").get(reverse("lab:home")).content.decode()

    assert "in force for new calls" in html
    assert "superseded" in html


def test_the_public_notice_of_a_draft_takes_a_comment_that_officers_answer(
    world: World, draft: RulebookDraft
) -> None:
    officer = world.case_officer["bureau"]
    consultation = lab.open_consultation(
        draft=draft, title="征求意见", body="请提意见。", working_days=20, by=officer
    )
    run_outbox()
    slug = consultation.notice.slug
    public = client_of(None, "en")
    page = public.get(reverse("notice", args=[slug])).content.decode()
    rules = public.get(reverse("notice-rules", args=[slug])).content.decode()
    listed = public.get(reverse("notice-list")).content.decode()

    assert "Comment on this draft" in page
    assert "not in force" in rules
    assert slug in listed
    assert SECRET not in page + rules

    comment = notices.receive_comment(notice=slug, body="意见")
    client = client_of(officer)
    address = reverse("lab:comment", args=[comment.receipt])
    assert client.get(reverse("lab:comments", args=[draft.slug])).status_code == 200
    assert client.get(address).status_code == 200
    assert client.get(reverse("notices:comment", args=[comment.receipt])).status_code == 404
    assert client_of(world.outsider).get(address).status_code == 404
    answered = client.post(address, {"do": "answer", "answer": "答复", "answer_en": ""})
    assert answered.status_code == 302
    comment.refresh_from_db()
    assert comment.answer_zh == "答复"


def test_the_clauses_page_is_public_and_404_where_nothing_is_published(
    world: World, client: Client
) -> None:
    assert client.get(reverse("scheme-clauses", args=["nowhere"])).status_code == 404
    run_outbox()
    assert client.get(reverse("scheme-clauses", args=["demo-city"])).status_code == 200


def test_a_case_is_moved_by_proposal_and_signatures(walk: Walk, draft: RulebookDraft) -> None:
    case = walk.to(StageKind.SCREENING)
    old = case.rulebook_version.digest
    publish(walk.world, draft)
    address = reverse("lab:migrate", args=[case.reference])
    officer = client_of(walk.officer, "en")
    page = officer.get(address)
    assert page.status_code == 200
    assert client_of(walk.world.signer).get(address).status_code == 404
    assert client_of(walk.world.outsider).get(address).status_code == 404

    case.refresh_from_db()
    sent = officer.post(address, {"seq": case.last_seq, "reason": "适用新规则"})
    assert sent.status_code == 302, sent.content.decode()
    for person in walk.world.signing_officer.values():
        case.refresh_from_db()
        signed = client_of(person).post(address, {"seq": case.last_seq, "consent": "yes"})
        assert signed.status_code == 302, signed.content.decode()

    case.refresh_from_db()
    assert case.rulebook_version == draft.published
    event = case.events.get(kind="case.migrated")
    assert event.data["from_digest"] == old
    assert event.data["to_digest"] == case.rulebook_version.digest
    course = client_of(walk.officer).get(reverse("cases:case", args=[case.reference]))
    assert old[:23] in course.content.decode()
