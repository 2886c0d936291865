"""Uploads and the virus scanner: none by default, and then said; one that is named is obeyed."""

from __future__ import annotations

import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from shidian.apps.cases import domain as cases
from shidian.apps.cases import scanning
from shidian.apps.cases.errors import DomainError
from shidian.config import Settings
from tests.files import pdf

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.factories import Walk

BAD = b"EICAR-like"


def upload(contents: bytes = pdf()) -> SimpleUploadedFile:
    return SimpleUploadedFile("a.pdf", contents)


def use(monkeypatch: pytest.MonkeyPatch, **named: str) -> None:
    chosen = Settings(**named)  # type: ignore[arg-type]
    monkeypatch.setattr(scanning, "settings", lambda: chosen)


def program(folder: Path, body: str) -> str:
    """A scanner that is given a path and does `body` with the bytes `b`."""
    script = folder / "scan me.py"
    script.write_text(f"import sys\nb = open(sys.argv[1], 'rb').read()\n{body}\n")
    return f"{sys.executable} '{script}'"


JUDGES = f"""
if {BAD!r} in b:
    print(sys.argv[1] + ": Test.Virus FOUND"); sys.exit(1)
"""


def test_without_a_scanner_nothing_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch)

    scanning.must_be_clean(upload(BAD))
    assert not scanning.is_scanned()


def test_a_program_says_what_it_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, scan_command=program(tmp_path, JUDGES))
    clean = upload()

    scanning.must_be_clean(clean)
    assert clean.read() == pdf()  # from the beginning, for whoever keeps it
    with pytest.raises(DomainError, match=r"Test\.Virus") as refused:
        scanning.must_be_clean(upload(BAD))
    assert refused.value.code == "infected"


@pytest.mark.parametrize("body", ["sys.exit(2)", "sys.exit(70)"])
def test_a_program_that_fails_or_is_missing_stops_the_upload(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str
) -> None:
    for command in (program(tmp_path, body), str(tmp_path / "nothing-here")):
        use(monkeypatch, scan_command=command)
        with pytest.raises(DomainError) as refused:
            scanning.must_be_clean(upload())
        assert refused.value.code == "not-scanned"


@pytest.fixture
def clamd() -> Iterator[str]:
    """A scanner that speaks clamd's INSTREAM, at a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            with peer, peer.makefile("rb") as said:
                assert said.read(10) == b"zINSTREAM\0"
                whole = b""
                while length := int.from_bytes(said.read(4), "big"):
                    whole += said.read(length)
                found = b"Test.Virus FOUND" if BAD in whole else b"OK"
                peer.sendall(b"stream: " + found + b"\0")

    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


def test_clamd_is_sent_the_whole_file(monkeypatch: pytest.MonkeyPatch, clamd: str) -> None:
    use(monkeypatch, scan_socket=clamd)

    scanning.must_be_clean(upload(b"x" * 300_000))
    with pytest.raises(DomainError, match=r"Test\.Virus"):
        scanning.must_be_clean(upload(b"x" * 300_000 + BAD))


def test_clamd_that_is_gone_stops_the_upload(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for address in (str(tmp_path / "clamd.sock"), "127.0.0.1:1"):
        use(monkeypatch, scan_socket=address)
        with pytest.raises(DomainError) as refused:
            scanning.must_be_clean(upload())
        assert refused.value.code == "not-scanned"


def test_a_refused_file_leaves_nothing_and_is_said_on_the_page(
    walk: Walk, client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from shidian.apps.cases.views import file_fields

    walk.create()
    monkeypatch.setattr(file_fields, "is_scanned", lambda: True)
    client.force_login(walk.world.drafter, backend="django.contrib.auth.backends.ModelBackend")
    use(monkeypatch, scan_command=program(tmp_path, "print('Test.Virus FOUND'); sys.exit(1)"))
    address = f"/cases/{walk.case.reference}/application/s/security/"

    assert "已启用病毒扫描" in client.get(address).content.decode()
    answer = client.post(address, {"base_version": "0", "assessment": upload()})

    assert "Test.Virus" in answer.content.decode()
    assert not walk.case.attachments.exists()
    with pytest.raises(DomainError):
        cases.attach_file(
            case=walk.case,
            section="security",
            question="assessment",
            upload=upload(),
            by=walk.world.drafter,
        )
