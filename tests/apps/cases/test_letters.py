"""Letters: written, signed, numbered without gaps, stamped, held against their scan, served."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction
from django.test import Client

from shidian.apps.accounts import domain as accounts
from shidian.apps.accounts.models import OfficerRole, Person
from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.cases.domain import letters, letters_out, serving
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.letter_queries import letters_for
from shidian.apps.cases.letter_templates import drafts_for
from shidian.apps.cases.models import (
    Letter,
    LetterNumber,
    LetterStep,
    LetterVersion,
    NewsItem,
)
from shidian.core.procedure.letters import LetterStepKind, check_code, letter_digest
from shidian.core.rulebook.model import StageKind
from tests.apps.cases.letter_things import (
    BODY,
    TITLE,
    anew,
    bound,
    edited,
    released,
    scan,
    served,
    signed,
    text_to,
    today,
    written,
)
from tests.factories import LONG_AGO, Walk, make_officer, make_world

if TYPE_CHECKING:
    from collections.abc import Callable

BACKEND = "django.contrib.auth.backends.ModelBackend"


def reader(person: Person, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(anew(person), backend=BACKEND)
    return client


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as caught, transaction.atomic():
        call()
    return caught.value.code


@pytest.fixture
def desk(walk: Walk) -> Walk:
    walk.to(StageKind.SCREENING)
    return walk


def release(desk: Walk, letter: Letter) -> LetterVersion:
    return letters_out.release_letter(
        letter=letter, version=letter.state.version, by=desk.officer, at=desk.tick()
    )


# -- written and signed


def test_a_letter_waits_for_the_signature_that_the_rulebook_wants(desk: Walk) -> None:
    letter = written(desk)
    assert refused(lambda: release(desk, letter)) == "not-signed"
    signed(desk, letter)
    content = release(desk, letter).content
    assert content["number"] == "示证监函〔2025〕1号"
    assert content["date"] == today(desk).isoformat()
    assert content["signers"] == [["bureau", desk.world.signing_officer["bureau"].name_zh]]
    assert content["rules_digest"] == desk.case.rulebook_version.rules_digest


def test_an_edit_takes_the_signature_away_and_keeps_it(desk: Walk) -> None:
    letter = written(desk)
    signed(desk, letter)
    edited(desk, letter, body="另一正文")
    assert refused(lambda: release(desk, letter)) == "not-signed"
    assert letter.steps.filter(kind=LetterStepKind.SIGNED, version=1).count() == 1
    signed(desk, letter)
    assert release(desk, letter).content["body"] == "另一正文"


def test_nobody_signs_a_text_that_they_wrote_or_that_is_not_the_newest(desk: Walk) -> None:
    signer = desk.world.signing_officer["bureau"]
    Person.objects.filter(pk=signer.pk).update(name_zh="兼任")
    accounts.appoint_officer(
        person=signer,
        authority=desk.world.authorities["bureau"],
        role=OfficerRole.CASE,
        starts=LONG_AGO,
    )
    own = letters.write_letter(
        case=desk.case, text=text_to(desk), template="plain", by=anew(signer), at=desk.tick()
    )
    assert (
        refused(lambda: letters.sign_letter(letter=own, version=1, by=anew(signer))) == "own-text"
    )
    letter = written(desk)
    edited(desk, letter, title="另一标题")
    stale = refused(lambda: letters.sign_letter(letter=letter, version=1, by=anew(signer)))
    assert stale == "letter-changed"


def test_a_letter_that_was_sent_back_is_changed_first(desk: Walk) -> None:
    letter = written(desk)
    letters.send_back_letter(
        letter=letter,
        version=1,
        reason="措辞不妥",
        by=desk.world.signing_officer["bureau"],
        at=desk.tick(),
    )
    assert "措辞不妥" in reader(desk.officer).get(page_of(letter)).content.decode()
    assert refused(lambda: release(desk, letter)) == "not-signed"
    edited(desk, letter)
    signed(desk, letter)
    release(desk, letter)


def test_joint_issuers_stand_in_their_order_and_each_signs(desk: Walk) -> None:
    letter = written(desk, issuers=("bureau", "finance"), on_behalf=True)
    signed(desk, letter, "bureau")
    assert refused(lambda: release(desk, letter)) == "not-signed"
    signed(desk, letter, "finance")
    content = release(desk, letter).content
    assert [one["authority"] for one in content["issuers"]] == ["bureau", "finance"]
    assert [one["seal"] for one in content["issuers"]] == ["bureau", "bureau"]
    assert [who for who, _name in content["signers"]] == ["bureau", "finance"]
    page = reader(desk.officer, "zh-hans").get(page_of(letter)).content.decode()
    assert "代章" in page


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"title": "  "}, "title"),
        ({"body": ""}, "body"),
        ({"recipients": ()}, "recipients"),
        ({"recipients": ("institution-999999",)}, "recipients"),
        ({"recipients": ("authority-bureau",)}, "recipients"),
        ({"issuers": ("bureau", "province")}, "issuers"),
        ({"issuers": ("bureau", "bureau")}, "issuers"),
        ({"others": ("某局",) * 21}, "others"),
        ({"files": (999999,)}, "documents"),
    ],
)
def test_a_text_that_cannot_go_out_is_refused_where_it_is_wrong(
    desk: Walk, other: dict[str, object], field: str
) -> None:
    with pytest.raises(DomainError) as caught, transaction.atomic():
        written(desk, **other)
    assert (caught.value.code, caught.value.field) == ("letter-text", field)
    assert not Letter.objects.exists()


def test_only_a_case_officer_of_the_issuer_writes_and_releases(desk: Walk) -> None:
    world = desk.world
    outsiders = (world.case_officer["finance"], world.signing_officer["bureau"], world.signer)
    for person in (*outsiders, world.national, world.outsider):
        with pytest.raises(ForbiddenError):
            letters.write_letter(case=desk.case, text=text_to(desk), template="plain", by=person)
    letter = written(desk)
    signed(desk, letter)
    for person in outsiders:
        with pytest.raises(ForbiddenError):
            letters_out.release_letter(letter=letter, version=1, by=person)
    with pytest.raises(ForbiddenError):
        letters.sign_letter(letter=letter, version=1, by=world.drafter)


# -- the register


def test_numbers_of_an_authority_follow_without_a_gap_whatever_fails(desk: Walk) -> None:
    released(desk)
    unsigned = written(desk)
    assert refused(lambda: release(desk, unsigned)) == "not-signed"
    with transaction.atomic():
        released(desk)
        transaction.set_rollback(True)
    released(desk)
    desk.sleep(365)
    released(desk)
    given = LetterNumber.objects.values_list("year", "serial")
    assert sorted(given) == [(2025, 1), (2025, 2), (2026, 1)]


def test_a_letter_taken_back_keeps_its_number_and_a_withdrawn_one_its_own(desk: Walk) -> None:
    letter = released(desk)
    letters_out.take_back_letter(letter=letter, reason="错字", by=desk.officer, at=desk.tick())
    edited(desk, letter, body="更正后的正文")
    signed(desk, letter)
    again = release(desk, letter)
    assert again.content["number"] == "示证监函〔2025〕1号"
    letters_out.withdraw_letter(letter=letter, reason="重复", by=desk.officer, at=desk.tick())
    assert released(desk).text.content["number"] == "示证监函〔2025〕2号"
    assert str(LetterNumber.objects.get(letter=letter)) == "示证监函〔2025〕1号"
    with pytest.raises(DomainError):
        letters_out.withdraw_letter(letter=letter, reason="再次", by=desk.officer)


def test_no_two_letters_get_one_number_and_none_is_rewritten(desk: Walk) -> None:
    first = released(desk)
    row = LetterNumber.objects.get(letter=first)
    second = written(desk)
    with pytest.raises(IntegrityError), transaction.atomic():
        LetterNumber.objects.create(
            letter=second, authority=row.authority, code=row.code, year=row.year, serial=row.serial
        )
    for guarded in (Letter, LetterVersion, LetterNumber, LetterStep):
        table = guarded._meta.db_table
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'DELETE FROM "{table}"')
        with pytest.raises(IntegrityError), transaction.atomic():
            guarded.objects.first().save()


def test_two_who_release_at_once_get_two_numbers(committed_db: None) -> None:
    walk = Walk(make_world())
    walk.to(StageKind.SCREENING)
    drafts = [written(walk), written(walk)]
    for draft in drafts:
        signed(walk, draft)
    at = walk.tick()
    failed: list[Exception] = []

    def go(draft: Letter) -> None:
        try:
            letters_out.release_letter(letter=draft, version=1, by=anew(walk.officer), at=at)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=go, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(LetterNumber.objects.values_list("serial", flat=True)) == [1, 2]


# -- the paper


def test_the_digest_of_each_version_is_of_what_is_kept(desk: Walk) -> None:
    letter = released(desk)
    for version in letter.versions.all():
        assert letter_digest(version.content) == version.sha256
    assert letter.versions.count() == 2


def bind(desk: Walk, letter: Letter, code: str) -> str:
    return refused(
        lambda: serving.bind_scan(
            letter=letter, code=code, scan=scan(), by=desk.officer, at=desk.tick()
        )
    )


def test_only_the_version_that_is_out_can_be_bound_and_each_other_paper_is_told_apart(
    desk: Walk,
) -> None:
    other = released(desk, title="另一件公文")
    letter = released(desk)
    printed_too_early = letter.versions.get(version=1)
    first_out = letter.text
    letters_out.take_back_letter(letter=letter, reason="错字", by=desk.officer, at=desk.tick())
    edited(desk, letter, body="更正后的正文")
    signed(desk, letter)
    out = release(desk, letter)
    for wrong in (printed_too_early, first_out):
        assert bind(desk, letter, check_code(wrong.sha256)) == "other-version"
    assert bind(desk, letter, check_code(other.text.sha256)) == "other-letter"
    assert bind(desk, letter, "0000 0000 0000 0000") == "code-unknown"
    assert bind(desk, letter, check_code(out.sha256)[:12]) == "code-unreadable"
    assert not LetterStep.objects.filter(kind=LetterStepKind.BOUND).exists()

    bound(desk, letter)
    assert letter.state.bound
    assert bind(desk, letter, check_code(out.sha256)) == "already-bound"


def test_the_whole_square_code_is_taken_as_a_reader_types_it(desk: Walk) -> None:
    letter = released(desk)
    read = f"SHIDIAN:LETTER:{letter.text.sha256.upper()}"
    serving.bind_scan(letter=letter, code=read, scan=scan(), by=desk.officer, at=desk.tick())
    assert letter.state.bound


def test_a_draft_has_no_paper_to_bind_and_what_is_no_scan_is_not_kept(desk: Walk) -> None:
    draft = written(desk)
    assert bind(desk, draft, check_code(draft.text.sha256)) == "not-out"
    letter = released(desk)
    fake = scan()
    fake.file.seek(0)
    fake.file.write(b"MZ not a document")
    fake.file.truncate()
    fake.size = 17
    code = check_code(letter.text.sha256)
    assert refused(
        lambda: serving.bind_scan(letter=letter, code=code, scan=fake, by=desk.officer)
    ) in {"wrong-type", "damaged-file"}
    assert not letter.state.bound


# -- service


def test_nobody_is_served_before_the_stamped_paper_is_confirmed(desk: Walk) -> None:
    letter = released(desk)
    assert refused(lambda: served(desk, letter)) == "not-bound"
    client = reader(desk.world.signer)
    assert client.get(page_of(letter)).status_code == 404
    bound(desk, letter)
    assert client.get(page_of(letter)).status_code == 404  # stamped, and still not theirs
    served(desk, letter)
    page = client.get(page_of(letter)).content.decode()
    assert TITLE in page
    assert "请于五个工作日内补充说明字样。" in page


def test_the_firm_is_told_reads_and_confirms_the_receipt_once(desk: Walk) -> None:
    letter = served(desk, bound(desk, released(desk)))
    while outbox.deliver_pending():
        pass
    told = set(NewsItem.objects.filter(kind="letter.served").values_list("person", flat=True))
    assert told == {desk.world.drafter.pk, desk.world.signer.pk}
    client = reader(desk.world.drafter)
    case_page = client.get(f"/cases/{desk.case.reference}/").content.decode()
    assert TITLE in case_page
    address = f"{page_of(letter)}do/acknowledge/"
    form = client.get(address)
    assert form.status_code == 200
    key = f"institution-{desk.case.lead_id}"
    posted = client.post(address, {"version": letter.state.version, "recipient": key})
    assert posted.status_code == 302, posted.content.decode()[-2000:]
    assert letter.state.served == {key: LetterStepKind.RECEIVED}
    assert client.get(address).status_code == 404
    again = refused(
        lambda: serving.acknowledge_letter(letter=letter, recipient=key, by=anew(desk.world.signer))
    )
    assert again == "already-received"


def test_nobody_else_reads_or_receives_it(desk: Walk) -> None:
    letter = served(desk, bound(desk, released(desk)))
    world = desk.world
    key = f"institution-{desk.case.lead_id}"
    number = letter.steps.get(kind=LetterStepKind.BOUND).scan_id
    for person in (world.partner_drafter, world.rival_signer, world.outsider, world.assessor):
        client = reader(person)
        for tail in ("", "letter.pdf", "do/acknowledge/", "edit/", "do/withdraw/"):
            assert client.get(page_of(letter) + tail).status_code == 404, (person, tail)
        scans = f"/cases/{desk.case.reference}/letters/scans/{number}/"
        assert client.get(scans).status_code == 404
        with pytest.raises(ForbiddenError):
            serving.acknowledge_letter(letter=letter, recipient=key, by=anew(person))
    assert not Letter.objects.visible_to(anew(world.rival_signer)).exists()
    # The firm has the stamped scan and no other file of the section, nor any by the usual way.
    client = reader(world.signer)
    stamped = client.get(f"/cases/{desk.case.reference}/letters/scans/{number}/")
    assert b"".join(stamped).startswith(b"%PDF-")
    assert client.get(f"/cases/{desk.case.reference}/files/{number}/").status_code == 404


def test_the_firm_reads_nothing_of_how_the_letter_came_about(desk: Walk) -> None:
    letter = written(desk, body="初稿中的内部措辞字样")
    edited(desk, letter)
    signed(desk, letter)
    release(desk, letter)
    served(desk, bound(desk, letter))
    client = reader(desk.world.signer)
    page = client.get(page_of(letter)).content.decode()
    assert "How it came about" not in page
    assert str(desk.officer) not in page
    first = client.get(f"{page_of(letter)}letter.pdf?version=1")
    newest = client.get(f"{page_of(letter)}letter.pdf")
    assert first.content == newest.content
    assert (
        reader(desk.officer).get(f"{page_of(letter)}letter.pdf?version=1").content != first.content
    )


def test_the_firm_reads_how_it_was_served_itself_and_of_no_other(desk: Walk) -> None:
    letter = bound(desk, released(desk, others=("示范市网信办（演示）",)))
    served(desk, letter)
    served(desk, letter, "other-1", way="post")
    keys = {
        who: [row["key"] for row in reader(person).get(page_of(letter)).context["service"]]
        for who, person in (("firm", desk.world.signer), ("officer", desk.officer))
    }
    own = f"institution-{desk.case.lead_id}"
    assert keys == {"firm": [own], "officer": [own, "other-1"]}


def test_a_body_without_an_account_is_served_on_paper_with_its_receipt(desk: Walk) -> None:
    letter = bound(desk, released(desk, recipients=(), others=("示范市网信办（演示）",)))
    assert refused(lambda: served(desk, letter, "other-1")) == "no-account"
    served(desk, letter, "other-1", way="post")
    receipt = {"letter": letter, "recipient": "other-1", "by": desk.officer}
    kind = LetterStepKind.RECEIVED
    assert refused(lambda: serving.record_receipt(**receipt, outcome=kind)) == "name-missing"
    early = date.fromisoformat(letter.text.content["date"]) - timedelta(days=1)
    wrong = {**receipt, "outcome": kind, "name": "张三", "day": early}
    assert refused(lambda: serving.record_receipt(**wrong, at=desk.tick())) == "day"
    back = LetterStepKind.UNDELIVERED
    assert refused(lambda: serving.record_receipt(**receipt, outcome=back)) == "reason-missing"
    serving.record_receipt(**receipt, outcome=back, note="查无此人", at=desk.tick())
    served(desk, letter, "other-1", way="by-hand")
    made = serving.record_receipt(
        **receipt, outcome=kind, name="张三", day=today(desk), scan=scan(), at=desk.tick()
    )
    assert (made.name, made.scan.section) == ("张三", "letter-scans")
    assert letter.state.served == {"other-1": kind}
    form = reader(desk.officer).get(f"{page_of(letter)}receipt.pdf?to=other-1")
    assert form.content.startswith(b"%PDF-")


def test_what_was_served_is_not_taken_back_but_withdrawn_and_the_firm_is_told(desk: Walk) -> None:
    letter = served(desk, bound(desk, released(desk)))
    taken = refused(
        lambda: letters_out.take_back_letter(letter=letter, reason="x", by=desk.officer)
    )
    assert taken == "already-served"
    letters_out.withdraw_letter(letter=letter, reason="发错对象", by=desk.officer, at=desk.tick())
    while outbox.deliver_pending():
        pass
    assert NewsItem.objects.filter(kind="letter.withdrawn", person=desk.world.signer).exists()
    page = reader(desk.world.signer).get(page_of(letter)).content.decode()
    assert "发错对象" in page
    assert refused(lambda: served(desk, letter)) == "not-out"


def test_a_guide_reads_what_went_out_and_no_draft(desk: Walk) -> None:
    guide = make_officer(desk.world.authorities["province"], "guide", OfficerRole.CASE)
    draft, out = written(desk), released(desk)
    client = reader(guide)
    assert client.get(page_of(draft)).status_code == 404
    assert client.get(page_of(out)).status_code == 200
    assert client.get(f"{page_of(out)}edit/").status_code == 404


# -- pages


def page_of(letter: Letter) -> str:
    return f"/cases/{letter.case.reference}/letters/{letter.number}/"


def test_a_letter_is_written_from_its_template_in_the_browser(desk: Walk) -> None:
    cases.request_information(
        case=desk.case, question="请说明限额口径字样", by=desk.officer, at=desk.tick()
    )
    client = reader(desk.officer)
    begin = client.get(f"/cases/{desk.case.reference}/letters/new/").content.decode()
    assert 'value="request"' in begin
    assert 'value="admission"' not in begin
    address = f"/cases/{desk.case.reference}/letters/new/?template=request&language=zh"
    form = client.get(address)
    page = form.content.decode()
    assert "请说明限额口径字样" in page
    given = {
        "version": "0",
        "language": "zh",
        "issuer": "bureau",
        "order_bureau": "",
        "order_finance": "2",
        "recipients": [f"institution-{desk.case.lead_id}"],
        "others": "",
        "title": "补正通知",
        "body": "改写后的正文",
        "annexes": "材料清单",
        "copies": "示范市网信办（演示）",
    }
    wrong = client.post(address, given | {"title": ""})
    assert wrong.status_code == 422
    assert client.post(address, given).status_code == 302
    letter = Letter.objects.get()
    content = letter.text.content
    assert [one["authority"] for one in content["issuers"]] == ["bureau", "finance"]
    assert content["annexes"] == [{"title": "材料清单"}]
    assert letter.template == "request"
    edit = client.get(f"{page_of(letter)}edit/").content.decode()
    assert "改写后的正文" in edit
    stale = client.post(f"{page_of(letter)}edit/", given | {"version": "7"})
    assert stale.status_code == 422


def test_issuers_are_numbered_without_a_gap_and_the_first_is_no_joint_one(desk: Walk) -> None:
    client = reader(desk.officer)
    address = f"/cases/{desk.case.reference}/letters/new/?template=plain&language=zh"
    given = {
        "version": "0",
        "language": "zh",
        "issuer": "bureau",
        "recipients": [f"institution-{desk.case.lead_id}"],
        "title": TITLE,
        "body": BODY,
    }
    assert client.post(address, given | {"order_finance": "3"}).status_code == 422
    assert not Letter.objects.exists()
    # An officer of both may name either first, and the other one after it, not the same twice.
    accounts.appoint_officer(
        person=desk.officer,
        authority=desk.world.authorities["finance"],
        role=OfficerRole.CASE,
        starts=LONG_AGO,
    )
    client = reader(desk.officer)
    assert client.post(address, given | {"order_bureau": "2"}).status_code == 422
    assert client.post(address, given | {"order_finance": "2"}).status_code == 302


def test_templates_are_there_when_there_is_occasion_for_them(walk: Walk) -> None:
    def names() -> set[str]:
        return {one.id for one, _draft in drafts_for(walk.case, state_of(walk.case, walk.at))}

    walk.to(StageKind.SCREENING)
    assert names() == {"report", "plain"}
    walk.to(StageKind.RUNNING)
    assert names() == {"admission", "report", "plain"}
    rejected = Walk(walk.world, title="另一项目")
    rejected.to(StageKind.SCREENING)
    cases.reject_case(case=rejected.case, reason="不符", by=rejected.officer, at=rejected.tick())
    found = drafts_for(rejected.case, state_of(rejected.case, rejected.at))
    assert "closing" in {one.id for one, _draft in found}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("tongue", ["zh", "en"])
def test_the_paper_is_a_pdf_in_the_letters_own_language_and_the_same_each_time(
    desk: Walk, language: str, tongue: str
) -> None:
    letter = released(
        desk,
        language=tongue,
        issuers=("bureau", "finance"),
        on_behalf=True,
        annexes=("清单", "#set text(size: 90pt)"),
        copies=("某局（演示）",),
        body='= 标题\n#panic("x")\n$x$ \\ “引号” "直引号"',
    )
    client = reader(desk.officer, language)
    first, second = (client.get(f"{page_of(letter)}letter.pdf") for _ in range(2))
    assert first.content.startswith(b"%PDF-")
    assert first.content == second.content
    other = "en" if language == "zh-hans" else "zh-hans"
    assert reader(desk.officer, other).get(f"{page_of(letter)}letter.pdf").content == first.content


@pytest.mark.parametrize("size", [1, 3])
def test_letters_on_the_case_page_cost_the_same_for_one_and_for_three(
    desk: Walk, size: int, django_assert_num_queries: object
) -> None:
    for _ in range(size):
        served(desk, bound(desk, released(desk)))
    officer = anew(desk.officer)
    with django_assert_num_queries(4):  # type: ignore[operator]
        found = letters_for(officer, desk.case)
        assert [len(one.state.served) for one in found] == [1] * size
