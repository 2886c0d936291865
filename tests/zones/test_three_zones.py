"""The spine as three zones: processes and stores of their own, the public one joined by folders alone.

Publication goes out, a comment and a complaint come in, an answer and a status go out; at the end no
store, log or file of the public zone has a word that was restricted, nor one that was sent in.
"""

from __future__ import annotations

import base64
import hashlib
import http.cookiejar
import json
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from shidian.keyring import ensure_keys
from tests.apps.notices.test_pictures import PLACE, talkative_jpeg
from tests.browser import MIGRATE, ROOT, build_home, environment, free_port, run_python, serve
from tests.files import pdf
from tests.installation import process, until
from tests.zones.databases import new_databases

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.browser import Site
    from tests.zones.databases import Databases

COMMENT = "请说明理赔流程的时限"
CONTACT = "comment-contact@example.org"
COMPLAINT = "客服拒绝退款三千六百元"
COMPLAINANT = "13900001111"
SENT_WORDS = "statement-of-account-6217"
"""Stands in the document that is sent along with the complaint."""
EVIL = "looks-evil-to-the-scanner"
SCANNER = """#!/bin/sh
# Notes what it is shown, and finds fault with one word.
cp "$1" "$(mktemp -p {folder})"
if grep -q {evil} "$1"; then echo "$1: Evil.Test FOUND"; exit 1; fi
"""

pytestmark = [pytest.mark.database, pytest.mark.prove, pytest.mark.zones]


@dataclass
class Zones:
    """Three homes, two folders, and the public zone's site."""

    internal: Path
    public: Path
    ingest: Path
    out: Path
    into: Path
    gate_port: int
    seeded: dict[str, object]
    databases: Databases

    def settings(self, zone: str) -> dict[str, str]:
        folders = {"internal": (self.into, self.out), "public": (self.out, self.into)}
        gate = {
            "SHIDIAN_GATE_BIND": f"127.0.0.1:{self.gate_port}",
            "SHIDIAN_GATE_URL": f"http://127.0.0.1:{self.gate_port}",
        }
        if zone == "ingest":
            return {"SHIDIAN_ZONE": zone, **gate}
        arrives, leaves = folders[zone]
        return {
            "SHIDIAN_ZONE": zone,
            "SHIDIAN_ZONE_IN": str(arrives),
            "SHIDIAN_ZONE_OUT": str(leaves),
            "SHIDIAN_SENDING_WORK_BITS": "0",
            "SHIDIAN_SCAN_COMMAND": str(self.home(zone).parent / f"scanner-{zone}"),
            **self.databases.setting(zone),
            **(gate | {"SHIDIAN_INGEST_APART": "true"} if zone == "internal" else {}),
        }

    def home(self, zone: str) -> Path:
        return {"internal": self.internal, "public": self.public, "ingest": self.ingest}[zone]

    def run(self, zone: str, *command: str, fails: bool = False) -> str:
        """A `shidian` command in that zone; what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "shidian", *command],
            env=environment(self.home(zone), **self.settings(zone)),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    def python(self, zone: str, code: str) -> str:
        return run_python(code, self.home(zone), **self.settings(zone))


@pytest.fixture(scope="module")
def zones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zones]:
    """All three, acquainted; the internal one has its cases, the ingest one's gate is running."""
    base = tmp_path_factory.mktemp("zones")
    internal, public, ingest = (base / name for name in ("internal", "public", "ingest"))
    databases = new_databases(base, ("internal", "public"))
    into = base / "into"
    made = Zones(internal, public, ingest, base / "out", into, free_port(), {}, databases)
    for folder in (internal, public, ingest, made.out, made.into):
        folder.mkdir()
    for zone in ("internal", "public"):
        _scanner(made.home(zone))
    if databases.urls:
        run_python(MIGRATE, internal, **databases.setting("internal"))
    else:
        build_home(internal)
    # Walked before there were zones: the walk does not wait for bundles.
    seed = "from tests.zones.seed import seed\nseed()"
    said = run_python(seed, internal, **databases.setting("internal"))
    made.seeded = json.loads(said.splitlines()[-1])
    made.python("public", MIGRATE)
    cards = {}
    for zone in ("internal", "public"):
        cards[zone] = base / f"{zone}.json"
        said = made.run(zone, "zone", "card")
        cards[zone].write_text(said[: said.rindex("}") + 1])
    made.run("internal", "zone", "trust", str(cards["public"]))
    made.run("public", "zone", "trust", str(cards["internal"]))
    _introduce(made)
    with ExitStack() as stack:
        for name in ("gate", "monitor"):
            stack.enter_context(process(name, ingest, **made.settings("ingest")))
        stack.enter_context(process("notary", internal, **made.settings("internal")))
        until((internal / "record" / "notary.sock").exists, 30)
        until((ingest / "gate" / "journal.sqlite3").exists, 30)
        yield made


def _scanner(home: Path) -> None:
    seen = home.parent / f"seen-{home.name}"
    program = home.parent / f"scanner-{home.name}"
    seen.mkdir()
    program.write_text(SCANNER.format(folder=seen, evil=EVIL))
    program.chmod(0o700)


def _introduce(made: Zones) -> None:
    """Of the worker's and the gate's keys each zone gets the public half of the other's alone."""
    internal, ingest = made.internal / "keys", made.ingest / "keys"
    ensure_keys(internal)
    for name in ("gate.key", "gate.pub"):
        (internal / name).unlink()
    ingest.mkdir(mode=0o700)
    for name in ("worker.pub", "live.secret"):
        shutil.copy(internal / name, ingest)
    ensure_keys(ingest)
    assert not (ingest / "worker.key").exists()
    shutil.copy(ingest / "gate.pub", internal)


class Reader:
    """Somebody at the public site, with cookies."""

    def __init__(self, site: Site) -> None:
        self._url = site.url
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def get(self, path: str) -> str:
        return self._said(urllib.request.Request(self._url + path))

    def post(self, path: str, **fields: str) -> str:
        data = urllib.parse.urlencode(fields).encode()
        return self._said(urllib.request.Request(self._url + path, data=data))

    def send(self, path: str, attached: list[tuple[str, bytes]], **fields: str) -> str:
        """As a form with files is sent."""
        end = secrets.token_hex(16)
        head = 'Content-Disposition: form-data; name="{}"'
        parts = [f"{head.format(name)}\r\n\r\n{value}".encode() for name, value in fields.items()]
        parts += [
            f'{head.format("attached")}; filename="{name}"\r\n\r\n'.encode() + content
            for name, content in attached
        ]
        data = b"".join(f"--{end}\r\n".encode() + part + b"\r\n" for part in parts)
        request = urllib.request.Request(self._url + path, data=data + f"--{end}--".encode())
        request.add_header("Content-Type", f"multipart/form-data; boundary={end}")
        return self._said(request)

    def status(self, path: str) -> int:
        try:
            with self._opener.open(self._url + path, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def _said(self, request: urllib.request.Request) -> str:
        try:
            with self._opener.open(request, timeout=20) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{request.full_url}: {refused.code} {refused.read()!r}") from None


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, f"no {name} in the page"
    return found[1]


def commented(reader: Reader, notice: str) -> str:
    """Comment on the notice, by way of the preview; the receipt."""
    path = f"/public-notices/{notice}/"
    said = {"body": COMMENT, "name": "", "contact": CONTACT}
    preview = reader.post(path, **said, step="preview")
    token = {name: field(preview, name) for name in ("sending", "csrfmiddlewaretoken")}
    received = reader.send(path, [("现场.jpg", talkative_jpeg())], **said, step="send", **token)
    found = re.search(r"C-[0-9]{4}(?:-[A-Z2-9]{4}){5}", received)
    assert found is not None, received
    return found[0]


def complained(reader: Reader, pilot: str) -> str:
    """Complain about the pilot; the receipt."""
    path = f"/pilots/{pilot}/complain/"
    form = reader.get(path)
    token = {name: field(form, name) for name in ("sending", "csrfmiddlewaretoken")}
    said = {"category": "loss", "body": COMPLAINT, "channel": "institution"}
    along = [("对账单.pdf", pdf(SENT_WORDS)), ("附件.pdf", pdf(EVIL))]
    received = reader.send(path, along, **said, contact=COMPLAINANT, **token)
    found = re.search(r"T(?:-[A-Z2-9]{4}){5}", received)
    assert found is not None, received
    return found[0]


def status_of(reader: Reader, receipt: str, **more: str) -> str:
    token = field(reader.get("/complaints/"), "csrfmiddlewaretoken")
    return reader.post("/complaints/", receipt=receipt, csrfmiddlewaretoken=token, **more)


def files_of_the_public_zone(zones: Zones) -> Iterator[tuple[str, bytes]]:
    """Everything that lies in its home, and what it has put into its folder; not its keys."""
    for folder in (zones.public, zones.into):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.parent.name != "keys":
                yield str(path.relative_to(folder)), path.read_bytes()


def assert_none_of(zones: Zones, words: list[str]) -> None:
    """In no cell of the public zone's database, in no file: neither as it is nor in base64."""
    found = [
        (table, word)
        for table, value in zones.databases.cells("public")
        for word in words
        for spelled in spellings(word)
        if spelled in value
    ]
    assert not found
    for name, content in files_of_the_public_zone(zones):
        for word in words:
            for spelled in spellings(word):
                assert spelled.encode() not in content, f"{word} in {name}"


def spellings(word: str) -> Iterator[str]:
    """The word, and what stays the same of it in base64, wherever it begins."""
    yield word
    for before in range(3):
        coded = base64.b64encode(b"." * before + word.encode()).decode()
        # The first and the last group of four depend on what stands around.
        yield coded[4 if before else 0 : -4]


def nothing_stayed(zones: Zones, restricted: list[str]) -> None:
    """What the site may show it shows; nothing else is in the public zone."""
    assert_none_of(zones, restricted)
    kept = dict(zones.databases.cells("public"))
    assert not {table for table in kept if table.startswith(("cases_", "accounts_", "auth_"))}
    asked = zones.databases.rows
    assert asked("public", "SELECT count(*) FROM notices_sealedsubmission") == [(0,)]
    states = asked("public", "SELECT kind, state FROM notices_submission")
    assert {("comment", "answered"), ("complaint", "escalated")} <= set(states)
    said = zones.run("public", "doctor", "--stores")
    assert "fail" not in said
    assert "tables of what is published, and no others" in said


def test_the_spine_runs_over_three_zones(zones: Zones) -> None:
    notice, pilot = str(zones.seeded["notice"]), str(zones.seeded["pilot"])
    canaries = [str(word) for word in zones.seeded["words"]]  # type: ignore[union-attr]
    assert len(canaries) > 60

    # Publication goes out, by the worker's own duty on both sides; plans go to the ingest zone.
    zones.run("internal", "worker", "--once")
    zones.run("internal", "worker", "--once")
    zones.run("public", "worker", "--once")
    with closing(sqlite3.connect(zones.ingest / "gate" / "journal.sqlite3")) as journal:
        assert journal.execute("SELECT count(*) FROM entry").fetchone()[0] > 0

    with serve(zones.public, waits_for="/", **zones.settings("public")) as site:
        reader = Reader(site)
        assert "现将拟试点项目予以公示。" in reader.get(f"/public-notices/{notice}/")
        assert pilot in reader.get(f"/pilots/{pilot}/")
        for path in (
            "/",
            "/calls/",
            "/rulebooks/",
            "/search/?q=试点",
            "/record/",
            "/api/v1/pilots",
        ):
            assert reader.status(urllib.parse.quote(path, safe="/?=")) == 200, path
        for path in ("/account/sign-in/", "/cases/", "/supervision/", "/review/", "/lab/"):
            assert reader.status(path) == 404, path

        # Submissions come in, sealed.
        comment, complaint = commented(reader, notice), complained(reader, pilot)
        assert "正在送交" in status_of(reader, comment)
        sent = [COMMENT, CONTACT, COMPLAINT, COMPLAINANT, comment, complaint]
        sent += [SENT_WORDS, EVIL, PLACE.decode(), "现场.jpg", "对账单.pdf"]
        assert_none_of(zones, sent)
        assert "bundle 1 made" not in zones.run("public", "zone", "export")
        assert "bundle" in zones.run("internal", "zone", "import")
        assert_none_of(zones, sent)
        _internal_has(zones, comment, complaint)
        _files_have_come_once(zones)

        # Answers and statuses go out.
        digest = hashlib.sha256(complaint.removeprefix("T-").replace("-", "").encode()).hexdigest()
        zones.python(
            "internal",
            f"from tests.zones.seed import answer\nanswer({comment!r}, {digest!r})",
        )
        zones.run("internal", "zone", "export")
        zones.run("public", "zone", "import")
        shown = reader.get(f"/public-notices/{notice}/")
        assert COMMENT in shown
        assert "赔付安排见规则第八条。" in shown
        assert "已答复" in status_of(reader, comment)
        answered = status_of(reader, complaint)
        assert "已核实并退款。" in answered

        # The holder goes further; nothing of it stays here either.
        further = status_of(reader, complaint, then="further", text="仍不满意的理由如下")
        assert "正在送交" in further
        zones.run("public", "zone", "export")
        zones.run("internal", "zone", "import")
        zones.run("internal", "zone", "export")
        zones.run("public", "zone", "import")
        assert "您已提请监管部门处理" in status_of(reader, complaint)

    nothing_stayed(
        zones,
        [
            *canaries,
            *(word for word in sent if word != COMMENT),
            "仍不满意的理由如下",
            "已核实并退款。",
        ],
    )


def _internal_has(zones: Zones, comment: str, complaint: str) -> None:
    del complaint
    code = (
        "from shidian.apps.notices.models import Comment\n"
        "from shidian.apps.supervision.models import Complaint\n"
        f"one = Comment.objects.get(receipt={comment!r})\n"
        "two = Complaint.objects.latest('pk')\n"
        "print('|'.join((one.body, one.contact, two.body, two.contact)))"
    )
    said = zones.python("internal", code).splitlines()[-1]
    assert said == f"{COMMENT}|{CONTACT}|{COMPLAINT}|{COMPLAINANT}"


def _files_have_come_once(zones: Zones) -> None:
    """Scanned where they are kept, stripped, and nowhere else; a second delivery changes nothing."""
    kept = "SELECT name, awaits_scan, ground, sha256, sent_sha256 FROM notices_sentfile ORDER BY id"
    came = [row for row in zones.databases.rows("internal", kept) if row[1]]
    assert {row[0] for row in came} == {"现场.jpg", "对账单.pdf", "附件.pdf"}
    zones.run("internal", "worker", "--once")
    rows = zones.databases.rows("internal", kept)
    after = {row[0]: row for row in rows if row[0] in {one[0] for one in came}}
    assert [row[1] for row in after.values()] == [False] * 3
    assert {name: row[2] for name, row in after.items()} == {
        "现场.jpg": "",
        "对账单.pdf": "",
        "附件.pdf": "infected",
    }
    assert after["现场.jpg"][4] == hashlib.sha256(talkative_jpeg()).hexdigest()
    uploads = [
        path.read_bytes() for path in (zones.internal / "uploads").rglob("*") if path.is_file()
    ]
    assert pdf(SENT_WORDS) in uploads
    assert pdf(EVIL) not in uploads
    assert not [one for one in uploads if PLACE in one]
    seen = {
        zone: list((zones.home(zone).parent / f"seen-{zone}").iterdir())
        for zone in ("internal", "public")
    }
    assert seen["public"] == []
    assert sum(path.read_bytes() in {pdf(SENT_WORDS), pdf(EVIL)} for path in seen["internal"]) == 2

    zones.run("public", "zone", "export", "--whole")
    assert "bundle" in zones.run("internal", "zone", "import")
    assert len(zones.databases.rows("internal", kept)) == len(rows)


@pytest.mark.parametrize(
    ("zone", "process"),
    [
        *(("public", name) for name in ("gate", "monitor", "notary")),
        *(("ingest", name) for name in ("web", "worker", "notary", "migrate")),
        *(("internal", name) for name in ("gate", "monitor")),
    ],
)
def test_a_process_of_another_zone_does_not_start(zones: Zones, zone: str, process: str) -> None:
    assert f"SHIDIAN_ZONE is {zone}" in zones.run(zone, process, fails=True)
    assert not (zones.ingest / "app.sqlite3").exists()


def test_bundles_are_exchanged_between_two_zones_alone(zones: Zones) -> None:
    said = zones.run("ingest", "zone", "export", fails=True)
    assert "between the zones internal and public" in said
    own = zones.public.parent / "public.json"
    assert "that of the zone internal is wanted" in zones.run(
        "public", "zone", "trust", str(own), fails=True
    )


def test_a_spoiled_bundle_is_told_by_command_and_doctor_and_healed(zones: Zones) -> None:
    zones.run("internal", "zone", "export", "--whole")
    part = max(zones.out.glob("internal-public-*.0001"))
    true = part.read_bytes()
    part.write_bytes(true[:-5])
    assert "part-truncated" in zones.run("public", "zone", "import", fails=True)
    part.write_bytes(true)
    assert "applied" in zones.run("public", "zone", "import")

    manifest = max(zones.out.glob("internal-public-*.manifest"))
    kept = manifest.read_bytes()
    manifest.write_bytes(kept.replace(b'"items"', b'"itemz"'))
    assert "not-a-bundle" in zones.run("public", "doctor", "--stores", fails=True)
    assert "not-a-bundle" in zones.run("public", "zone", "status")
    manifest.write_bytes(kept)
    assert "in:" in zones.run("public", "zone", "status")
