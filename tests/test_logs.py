"""What processes write: one object a line, a request's id in it, and nothing personal."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import structlog
from django.db import IntegrityError
from django.urls import path

from shidian import logs
from shidian.logs import Line
from tests.browser import ROOT, environment
from tests.core.journal.samples import PROJECT
from tests.gate.running import running_gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.http import HttpRequest, HttpResponse

NAME = "欧阳若兰"
PHONE = "13812345678"
SPACED_PHONE = "138 1234 5678"
ID = "11010519491231002X"
EMAIL = "ruolan@example.com"
PSEUDONYM = "p_abcdefgh234567ab"
TOKEN = "s3cr3t-t0ken-of-an-invitation"
PLANTED = (NAME, PHONE, SPACED_PHONE, ID, EMAIL, PSEUDONYM, TOKEN)


def failing(request: HttpRequest, token: str) -> HttpResponse:
    del token
    raise ValueError(f"{request.POST['name']} is no number")


failing.access_rule = "public"  # type: ignore[attr-defined]
urlpatterns = [path("fails/<str:token>/", failing, name="fails")]


class Written(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, object]] = []
        self.line = Line("json")

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.line.format(record)))

    @property
    def text(self) -> str:
        return json.dumps(self.lines, ensure_ascii=False)


@pytest.fixture
def written() -> Iterator[Written]:
    handler = Written()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def nothing_planted(text: str) -> bool:
    return not [one for one in PLANTED if one in text]


@pytest.mark.django_db
def test_a_page_that_fails_tells_the_place_and_the_request_and_nothing_typed(
    client, settings, written: Written
) -> None:
    settings.ROOT_URLCONF = __name__
    client.raise_request_exception = False
    answer = client.post(
        f"/fails/{TOKEN}/?q={PHONE}",
        {"name": NAME, "id": ID, "mail": EMAIL},
        headers={"user-agent": f"{NAME} {EMAIL}", "x-request-id": "proxy-0001"},
    )
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] == "proxy-0001"
    [line] = [one for one in written.lines if one["logger"] == "django.request"]
    assert line["request"] == "proxy-0001"
    [raised] = line["exceptions"]  # type: ignore[misc]
    assert raised["kind"] == "ValueError"
    assert raised["at"][-1].endswith(" failing")
    assert nothing_planted(written.text)


@pytest.mark.django_db
def test_what_is_not_found_and_what_is_refused_say_nothing_of_what_was_asked(
    client, written: Written
) -> None:
    client.get(f"/portal/{NAME}/{PHONE}?who={EMAIL}")
    client.get("/", headers={"host": f"{PHONE}.example"})
    assert written.lines
    assert nothing_planted(written.text)


@pytest.mark.parametrize("given", [None, "", "short", "a b c d e f g h", PHONE, "x" * 65, "甲" * 9])
def test_an_id_that_is_none_is_replaced(given: str | None) -> None:
    made = logs.request_id(given)
    assert made != given
    assert len(made) == 16
    assert logs.request_id("proxy-0001") == "proxy-0001"


@pytest.mark.parametrize("form", ["json", "text"])
def test_our_own_lines_are_looked_over_once_more(form: str, capsys) -> None:
    before = structlog.get_config()
    try:
        structlog.configure(
            processors=logs._processors(form), logger_factory=structlog.WriteLoggerFactory()
        )
        log = structlog.get_logger("shidian.test")
        log.error("refused", reason=f"{EMAIL} wrote {SPACED_PHONE}", case="SD-2026-0001")
        log.error("refused", detail=[f"holder {ID}", {"of": PSEUDONYM}], name_of=NAME)
        log.error("refused", path=f"/invitations/?token={TOKEN}", token=TOKEN, tries=3)
        error = IntegrityError(f"duplicate key\nDETAIL:  Key (phone)=({PHONE}, {NAME}) exists.")
        log.error("refused", why=str(error))
    finally:
        structlog.configure(**before)
    text = capsys.readouterr().out
    assert "SD-2026-0001" in text
    assert "duplicate key" in text
    assert nothing_planted(text)
    if form == "json":
        assert [json.loads(line)["level"] for line in text.splitlines()] == ["error"] * 4


def test_of_a_librarys_record_numbers_are_written_and_texts_are_not(written: Written) -> None:
    logging.getLogger("gunicorn.error").warning("worker %d of %s ended", 17, NAME)
    given = {"name": "django.security.DisallowedHost", "msg": NAME}
    record = logging.makeLogRecord(given | {"levelno": logging.ERROR, "levelname": "ERROR"})
    logging.getLogger().handle(record)
    said = [one["event"] for one in written.lines]
    assert said == ["worker 17 of … ended", "refused a suspicious request"]


def test_an_exception_is_named_by_kind_and_place_with_its_causes(written: Written) -> None:
    try:
        try:
            int(NAME)
        except ValueError as error:
            raise RuntimeError(PHONE) from error
    except RuntimeError as error:
        said = logs.named(error)
        logging.getLogger("a.library").exception("failed")
    assert said.startswith("RuntimeError at ")
    [line] = written.lines
    assert [one["kind"] for one in line["exceptions"]] == ["RuntimeError", "ValueError"]  # type: ignore[attr-defined]
    assert nothing_planted(written.text)


def test_the_gates_lines_are_objects_without_what_was_sent(tmp_path: Path, capfd) -> None:
    with running_gate(tmp_path, SHIDIAN_LOG_FORMAT="json", SHIDIAN_LOG_LEVEL="debug") as gate:
        body = json.dumps([{"name": NAME, "phone": PHONE, "p": PSEUDONYM}]).encode()
        gate.request("POST", f"/v1/projects/{PROJECT}/events?{EMAIL}", body)
        status, headers, _ = gate.request(
            "POST", f"/v1/projects/{PHONE}/events", body, {"x-request-id": "proxy-0002"}
        )
        assert status == 404
        assert headers["x-request-id"] == "proxy-0002"
    text = "".join(capfd.readouterr())
    for line in filter(None, text.splitlines()):
        assert json.loads(line)["process"] == "gate"
    assert nothing_planted(text)


def test_a_process_that_ends_by_an_exception_says_so_in_its_last_line(tmp_path: Path) -> None:
    code = (
        "from shidian import logs; from shidian.config import settings;"
        f"logs.begin('worker', settings()); raise ValueError('{NAME} {PHONE}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path, SHIDIAN_LOG_FORMAT="json"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    line = json.loads(done.stdout)
    assert (line["event"], line["process"]) == ("ended by an exception", "worker")
    assert line["exceptions"][0]["kind"] == "ValueError"
    assert nothing_planted(done.stdout + done.stderr)
