"""Files that the public sends: judged, stripped, bounded, and for those alone who handle the matter."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import scanning
from shidian.apps.cases.errors import DomainError
from shidian.apps.notices import domain as notices
from shidian.apps.notices import files, inbox
from shidian.apps.notices.domain import files as keeping
from shidian.apps.notices.models import Comment, SentFile
from shidian.apps.supervision.models import Complaint
from shidian.core.rulebook.model import StageKind
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
