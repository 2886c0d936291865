"""A running pilot's reports: a document, fixed when filed, for its parties and the authorities."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError
from shidian.core.rulebook.model import StageKind
from tests.factories import PASSWORD
from tests.files import pdf

pytestmark = pytest.mark.django_db

PDF = pdf()


def upload(content: bytes = PDF, name: str = "march.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def test_filed_report_is_kept_by_its_hash(walk):
    case = walk.to(StageKind.RUNNING)

    cases.file_report(
        case=case, report="monthly", file=upload(), by=walk.world.signer, at=walk.tick()
    )

    kept = case.attachments.get(section="")
    event = case.events.get(kind="report.filed")
    assert (kept.question, kept.name) == ("monthly", "march.pdf")
    assert event.data["sha256"] == kept.sha256


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "empty-file"), (b"MZ\x90 a program", "wrong-type")]
)
def test_what_is_no_document_is_refused_and_leaves_nothing(walk, content, code):
    case = walk.to(StageKind.RUNNING)

    with pytest.raises(DomainError) as caught:
        cases.file_report(
            case=case, report="monthly", file=upload(content), by=walk.world.signer, at=walk.tick()
        )

    assert caught.value.code == code
    assert not case.attachments.filter(section="").exists()


def test_report_that_the_rulebook_does_not_ask_for_is_refused(walk):
    case = walk.to(StageKind.RUNNING)

    with pytest.raises(DomainError):
        cases.file_report(
            case=case, report="weather", file=upload(), by=walk.world.signer, at=walk.tick()
        )

    assert not case.attachments.filter(section="").exists()


def test_report_is_filed_and_read_on_the_case_page(walk, client):
    case = walk.to(StageKind.RUNNING)
    signer = walk.world.signer
    signer.set_password(PASSWORD)
    signer.save()
    client.force_login(signer)
    address = f"/cases/{case.reference}/do/file-report/"
    assert b"multipart/form-data" in client.get(address).content

    answer = client.post(address, {"seq": case.last_seq, "report": "monthly", "file": upload()})

    assert answer.status_code == 302, answer.context["form"].errors
    client.force_login(walk.officer)
    page = client.get(f"/cases/{case.reference}/").content.decode()
    assert "march.pdf" in page
    rival = walk.world.rival_signer
    client.force_login(rival)
    kept = case.attachments.get(section="")
    assert client.get(f"/cases/{case.reference}/files/{kept.pk}/").status_code == 404
