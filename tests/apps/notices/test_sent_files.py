"""Files that the public sends: judged, stripped, bounded, and for those alone who handle the matter."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases import scanning
from shidian.apps.cases.errors import DomainError
from shidian.apps.notices import domain as notices
from shidian.apps.notices import files, inbox
from shidian.apps.notices.domain import files as keeping
from shidian.apps.notices.models import Comment, RemovalGround, SentFile
from shidian.apps.notices.zones.scanning import ScanDuty
from shidian.apps.supervision.domain.complaints import answer_complaint
from shidian.apps.supervision.domain.sent_files import remove_files_kept_long_enough
from shidian.apps.supervision.models import Complaint
from shidian.core.rulebook.model import StageKind, Text
from shidian.doctor.zones import _unscanned as unscanned
from tests.apps.notices.test_pictures import PLACE, talkative_jpeg, talkative_png
from tests.apps.supervision.things import quick_pilot, run_outbox
from tests.files import WORD, docx, jpeg, office, pdf, png, xlsx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shidian.apps.accounts.models import Person
    from tests.factories import Walk

MACROS = office(
    types='<Override PartName="/word/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/>',
    **{"word/vbaProject.bin": "x"},
)
TEMPLATE = office(main=f"{WORD[:-8]}template.macroEnabled.main+xml")


@pytest.fixture
def as_(db: None) -> Callable[[Person], Client]:
    """A client signed in as that person."""

    def sign_in(person: Person) -> Client:
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def upload(content: bytes, name: str = "证据.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize("content", [pdf(), png(), jpeg(), docx(), xlsx()])
def test_each_kind_that_is_taken_is_found_in_its_bytes_and_named_so(content: bytes) -> None:
    (taken,) = files.taken_in([upload(content, "setup.exe")])
    assert taken.name.startswith("setup.exe.")
    assert taken.name.endswith(files.ENDINGS[taken.content_type])
    assert taken.sent_sha256 == hashlib.sha256(content).hexdigest()
    assert files.given_in({"files": [taken.as_content()]}) == [taken]


@pytest.mark.parametrize(
    "content",
    [
        MACROS,
        TEMPLATE,
        b"MZ\x90\0",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
        b"<html><script>x()</script>",
        pdf()[:-20],
        png()[:-4],
        b"%PDF-1.4 and nothing more",
        b"PK\x03\x04",
    ],
)
def test_macros_cut_off_files_and_whatever_else_are_refused(content: bytes) -> None:
    with pytest.raises(DomainError) as refused:
        files.taken_in([upload(content)])
    assert refused.value.code == "wrong-type"
    assert "证据.pdf" in str(refused.value)


def test_too_many_too_large_and_empty_are_refused_in_words() -> None:
    for sent, code in (
        ([upload(png())] * (files.FILES_MAX + 1), "too-many-files"),
        ([upload(pdf() + b"\n" * files.SIZE_MAX_MIB * 2**20)], "too-large"),
        ([upload(b"")], "empty-file"),
    ):
        with pytest.raises(DomainError) as refused:
            files.taken_in(sent)
        assert refused.value.code == code


def test_each_is_shown_to_the_scanner_before_anything_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    monkeypatch.setattr(scanning, "must_be_clean", lambda one: seen.append(one.read()))
    files.taken_in([upload(pdf()), upload(png())])
    assert seen == [pdf(), png()]


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\王某\\投诉.pdf", "投诉.pdf"),
        ("a\u202efdp.exe", "afdp.exe.pdf"),
        ("\u200b\n\x1b[31m.pdf", "[31m.pdf"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
        ("", "file.pdf"),
    ],
)
def test_a_name_is_only_a_name(named: str, kept: str) -> None:
    assert files.with_ending(files.tidy_name(named), "application/pdf") == kept


@pytest.fixture
def noticed(walk: Walk) -> Walk:
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    return walk


@pytest.fixture
def now(noticed: Walk) -> Iterator[None]:
    """The day on which the notice is open, for pages that ask the clock."""
    with time_machine.travel(noticed.tick(), tick=False):
        yield


def test_what_is_kept_of_a_picture_does_not_say_where_it_was_taken(noticed: Walk) -> None:
    given = files.taken_in([upload(talkative_jpeg(), "a.jpg"), upload(talkative_png(), "b.png")])
    comment = notices.receive_comment(
        notice=noticed.notice, body="见附图", files=given, at=noticed.tick()
    )
    first, second = comment.files.all()
    for kept, sent in ((first, talkative_jpeg()), (second, talkative_png())):
        with default_storage.open(kept.path) as file:
            content = file.read()
        assert PLACE not in content
        assert kept.sha256 == hashlib.sha256(content).hexdigest()
        assert kept.sent_sha256 == hashlib.sha256(sent).hexdigest()
    assert (first.name, second.name) == ("a.jpg", "b.png")


def test_what_is_handed_over_is_judged_where_it_is_kept_too(noticed: Walk) -> None:
    (true,) = files.taken_in([upload(pdf())])
    forged = files.Given(
        name="a.pdf", content_type=true.content_type, content=MACROS, sent_sha256="0" * 64
    )
    with pytest.raises(DomainError, match="宏"):
        notices.receive_comment(notice=noticed.notice, body="x", files=[forged], at=noticed.tick())
    assert not Comment.objects.exists()
    assert not SentFile.objects.exists()


def test_a_flood_of_files_ends_before_the_disk_does(
    noticed: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "DAY_MIB_MAX", 2 * len(pdf()) / 2**20)
    given = files.taken_in([upload(pdf())])
    for n in range(2):
        at = noticed.tick()
        notices.receive_comment(notice=noticed.notice, body=str(n), files=given, at=at)
    with pytest.raises(DomainError) as refused:
        notices.receive_comment(notice=noticed.notice, body="3", files=given, at=noticed.tick())
    assert refused.value.code == "disk-day"
    notices.receive_comment(notice=noticed.notice, body="3", at=noticed.tick())
    later = noticed.at + timedelta(days=1, minutes=1)
    assert keeping.keep_files(given, at=later, receipt_sha256="ab" * 32)


def test_a_picture_is_stripped_where_it_is_kept_too(noticed: Walk) -> None:
    """The public zone may be in a stranger's hands."""
    talking = files.Given(
        name="a.jpg", content_type="image/jpeg", content=talkative_jpeg(), sent_sha256="0" * 64
    )
    comment = notices.receive_comment(
        notice=noticed.notice, body="x", files=[talking], at=noticed.tick()
    )
    kept = comment.files.get()
    with default_storage.open(kept.path) as file:
        content = file.read()
    assert PLACE not in content
    assert kept.sha256 == hashlib.sha256(content).hexdigest()


def test_in_the_public_zone_no_scanner_is_shown_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "must_be_clean", lambda _: pytest.fail("it was"))
    monkeypatch.setattr(files, "is_public_zone", lambda: True)
    assert files.taken_in([upload(pdf())])


@pytest.fixture
def verdicts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A scanner that answers so, one word a file; `clean` at the end of the list."""
    answers: list[str] = []

    def judge(_upload: object) -> None:
        verdict = answers.pop(0) if answers else "clean"
        if verdict != "clean":
            raise DomainError(verdict, Text(zh=verdict, en=verdict))

    monkeypatch.setattr(scanning, "is_scanned", lambda: True)
    monkeypatch.setattr(scanning, "must_be_clean", judge)
    return answers


def sealed_comment(walk: Walk, *contents: bytes) -> Comment:
    """As it comes from the public zone: judged there, and scanned by nobody."""
    given = [
        files.Given(
            name=f"{n}.pdf",
            content_type="application/pdf",
            content=content,
            sent_sha256=hashlib.sha256(content).hexdigest(),
            scanned=False,
        )
        for n, content in enumerate(contents)
    ]
    return notices.receive_comment(notice=walk.notice, body="x", files=given, at=walk.tick())


def test_what_came_sealed_is_opened_by_nobody_before_it_is_scanned(
    noticed: Walk, as_: Callable[..., Client], verdicts: list[str]
) -> None:
    comment = sealed_comment(noticed, pdf("one"), pdf("two"))
    clean, bad = comment.files.all()
    page = reverse("notices:comment", args=[comment.receipt])
    address = {
        one: reverse("notices:sent-file", args=[comment.receipt, one.pk]) for one in (clean, bad)
    }
    officer = as_(noticed.officer)
    assert officer.get(address[clean]).status_code == 404
    shown = officer.get(page).text
    assert shown.count("病毒扫描尚未完成") == 2
    assert "0.pdf" in shown
    assert address[clean] not in shown

    verdicts += ["clean", "infected"]
    ScanDuty().run()
    assert b"".join(officer.get(address[clean]).streaming_content) == pdf("one")
    assert officer.get(address[bad]).status_code == 404
    bad.refresh_from_db()
    assert bad.ground == RemovalGround.INFECTED
    assert bad.sent_sha256 == hashlib.sha256(pdf("two")).hexdigest()
    assert not default_storage.exists(bad.path)
    shown = officer.get(page).text
    assert bad.sent_sha256 in shown
    assert address[bad] not in shown


def test_a_file_that_the_scanner_says_nothing_of_holds_up_no_other(
    noticed: Walk, verdicts: list[str]
) -> None:
    odd, good = sealed_comment(noticed, pdf("one"), pdf("two")).files.all()
    verdicts += ["not-scanned", "clean", "not-scanned"]
    duty = ScanDuty()
    for _ in range(2):
        with pytest.raises(DomainError):
            duty.run()
    assert [one.pk for one in SentFile.objects.filter(awaits_scan=True)] == [odd.pk]
    duty.run()
    assert not SentFile.objects.filter(awaits_scan=True).exists()
    assert default_storage.exists(odd.path)
    assert default_storage.exists(good.path)


def test_the_doctor_names_files_that_wait_for_long(noticed: Walk, verdicts: list[str]) -> None:
    sealed_comment(noticed, pdf("one"))
    with time_machine.travel(noticed.at + timedelta(minutes=5), tick=False):
        assert list(unscanned()) == []
    with time_machine.travel(noticed.at + timedelta(hours=2), tick=False):
        [finding] = unscanned()
    assert finding.name == "files-unscanned"
    assert finding.what.startswith("1 ")


def test_bytes_that_two_files_share_go_with_the_last_of_them(noticed: Walk) -> None:
    """As rows of earlier releases lie; each has its own since."""
    rows = [
        SentFile.objects.create(
            receipt_sha256=f"{n}" * 64,
            name="a.pdf",
            content_type="application/pdf",
            size_bytes=1,
            sha256="ab" * 32,
            sent_sha256="ab" * 32,
            received_at=noticed.at,
        )
        for n in range(2)
    ]
    default_storage.save(rows[0].path, ContentFile(b"x"))
    notices.remove_sent_file(rows[0], ground=RemovalGround.RETENTION, at=noticed.at)
    assert default_storage.exists(rows[1].path)
    notices.remove_sent_file(rows[1], ground=RemovalGround.RETENTION, at=noticed.at)
    assert not default_storage.exists(rows[1].path)
    [first, second] = keeping.keep_files(
        files.taken_in([upload(pdf()), upload(pdf())]), at=noticed.at, receipt_sha256="ab" * 32
    )
    notices.remove_sent_file(first, ground=RemovalGround.RETENTION, at=noticed.at)
    assert default_storage.exists(second.path)


SENDING = re.compile(r'name="sending" value="([^"]+)"')


@pytest.mark.usefixtures("now")
def test_a_comment_with_a_file_goes_through_the_pages_to_its_officer_alone(
    noticed: Walk, client: Client, as_: Callable[..., Client]
) -> None:
    run_outbox()
    page = reverse("notice", args=[noticed.notice.slug])
    said = {"body": "附照片一张", "name": "", "contact": ""}
    preview = client.post(page, {**said, "step": "preview"})
    sending = SENDING.search(preview.text)[1]
    sent = {**said, "step": "send", "sending": sending}
    refused = client.post(page, {**sent, "attached": [upload(MACROS, "a.docx")]})
    assert refused.status_code == 422
    assert SENDING.search(refused.text)[1] == sending
    assert "附照片一张" in refused.text

    both = [upload(talkative_jpeg(), "现场.jpg"), upload(pdf(), "a.pdf")]
    answer = client.post(page, {**sent, "attached": both}, follow=True)
    assert hashlib.sha256(talkative_jpeg()).hexdigest() in answer.text
    assert "现场" not in answer.request["QUERY_STRING"]
    comment = Comment.objects.get()
    assert comment.files.count() == 2
    client.post(page, {**sent, "attached": [upload(pdf())]})
    assert SentFile.objects.count() == 2  # a second click sends nothing a second time

    shown = as_(noticed.officer).get(reverse("notices:comment", args=[comment.receipt]))
    address = reverse("notices:sent-file", args=[comment.receipt, comment.files.first().pk])
    assert address in shown.text
    served = as_(noticed.officer).get(address)
    assert PLACE not in b"".join(served.streaming_content)
    assert served["Content-Disposition"].startswith("attachment;")
    assert served["Content-Type"] == "application/octet-stream"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in served["Cache-Control"]
    world = noticed.world
    for other in (world.signer, world.rival_signer, world.outsider, world.experts[0].person):
        assert as_(other).get(address).status_code == 404, other
    assert client.get(address).status_code == 302
    run_outbox()
    assert "现场" not in client.get(page).text


def test_a_file_of_a_complaint_is_for_those_who_handle_it(
    walk: Walk, client: Client, as_: Callable[..., Client]
) -> None:
    pilot = quick_pilot(walk, at=timezone.now())
    run_outbox()
    address = reverse("complain", args=[pilot.public_id])
    token = SENDING.search(client.get(address).text)[1]
    said = {"category": "fault", "body": "重复下单", "channel": "authority", "sending": token}
    assert client.post(address, {**said, "attached": [upload(b"MZ")]}).status_code == 422
    assert not Complaint.objects.exists()
    answer = client.post(address, {**said, "attached": [upload(talkative_png(), "截图.png")]})
    assert hashlib.sha256(talkative_png()).hexdigest() in answer.text
    assert "截图.png" in answer.text

    complaint, kept = Complaint.objects.get(), SentFile.objects.get()
    file = reverse("supervision:complaint-file", args=[complaint.reference, kept.pk])
    officer = as_(walk.world.case_officer["bureau"])
    assert file in officer.get(reverse("supervision:complaint", args=[complaint.reference])).text
    assert b"".join(officer.get(file).streaming_content) == png()
    for other in (walk.world.signer, walk.world.rival_signer, walk.world.outsider):
        assert as_(other).get(file).status_code == 404, other
    officer.post(reverse("supervision:complaint-handle", args=[complaint.reference, "forward"]))
    assert b"".join(as_(walk.world.signer).get(file).streaming_content) == png()
    other = inbox.receipt_sha256(inbox.new_receipt())
    (foreign,) = keeping.keep_files(
        files.taken_in([upload(pdf())]), at=timezone.now(), receipt_sha256=other
    )
    foreign_file = reverse("supervision:complaint-file", args=[complaint.reference, foreign.pk])
    assert officer.get(foreign_file).status_code == 404


def test_whoever_takes_a_complaint_further_adds_files_and_the_authority_has_all(
    walk: Walk, client: Client, as_: Callable[..., Client]
) -> None:
    pilot = quick_pilot(walk, at=timezone.now())
    run_outbox()
    address = reverse("complain", args=[pilot.public_id])
    token = SENDING.search(client.get(address).text)[1]
    said = {"category": "fault", "body": "重复下单", "channel": "institution", "sending": token}
    received = client.post(address, {**said, "attached": [upload(pdf("first"), "一.pdf")]})
    receipt = re.search(r"T(?:-[A-Z2-9]{4}){5}", received.text)[0]
    complaint = Complaint.objects.get()
    answer_complaint(complaint=complaint, by=walk.world.signer, text="没有问题。")

    status = reverse("complaint-status")
    further = {"receipt": receipt, "then": "further", "text": "有问题。"}
    refused = client.post(status, {**further, "attached": [upload(MACROS, "二.docx")]})
    assert refused.status_code == 422
    assert "二.docx" in refused.text
    assert "有问题。" in refused.text
    complaint.refresh_from_db()
    assert complaint.state == "answered"

    taken = client.post(status, {**further, "attached": [upload(pdf("second"), "二.pdf")]})
    assert hashlib.sha256(pdf("second")).hexdigest() in taken.text
    client.post(status, {**further, "attached": [upload(pdf("third"), "三.pdf")]})
    officer = as_(walk.world.case_officer["bureau"])
    shown = officer.get(reverse("supervision:complaint", args=[complaint.reference])).text
    assert "一.pdf" in shown
    assert "二.pdf" in shown
    assert "三.pdf" not in shown  # it was with the authority by then
    for kept, content in zip(SentFile.objects.all(), (pdf("first"), pdf("second")), strict=True):
        file = reverse("supervision:complaint-file", args=[complaint.reference, kept.pk])
        assert b"".join(officer.get(file).streaming_content) == content


def test_files_go_when_the_rulebooks_years_are_over_and_their_hashes_stay(walk: Walk) -> None:
    walk.to(StageKind.NOTICE)
    notice = walk.open_notice()
    given = files.taken_in([upload(pdf())])
    comment = notices.receive_comment(notice=notice, body="x", files=given, at=walk.tick())
    other = keeping.keep_files(given, at=walk.at, receipt_sha256="ab" * 32)
    walk.sleep(14)
    cases.reject_case(case=walk.case, reason="不予采纳", by=walk.officer, at=walk.tick())
    walk.case.refresh_from_db()
    years = walk.world.rulebook.exit.retention_years[walk.case.outcome]
    last = walk.at.replace(year=walk.at.year + years)

    assert remove_files_kept_long_enough(at=last - timedelta(days=1)) == 0
    assert remove_files_kept_long_enough(at=last + timedelta(days=2)) == 1
    assert remove_files_kept_long_enough(at=last + timedelta(days=2)) == 0
    gone = comment.files.get()
    assert gone.ground == RemovalGround.RETENTION
    assert gone.sha256 == hashlib.sha256(pdf()).hexdigest()
    assert gone.automatic["rule"] == f"/exit/retention_years/{walk.case.outcome}"
    assert gone.automatic["rulebook"] == walk.world.version.digest
    assert not default_storage.exists(gone.path)
    assert default_storage.exists(other[0].path)
    comment.refresh_from_db()
    assert comment.body == "x"
