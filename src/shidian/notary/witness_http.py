"""Serves a witness over HTTP (C2SP tlog-witness): POST …/add-checkpoint, and nothing else."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import structlog

from shidian.core.record.witness import REQUEST_BYTES_MAX, Answer
from shidian_kit.wire.checkpoint import decimal

if TYPE_CHECKING:
    from shidian.core.record.witness import Witness

IDLE_S = 10.0

_log = structlog.get_logger()


def witness_server(witness: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """A server bound to the address; `serve_forever` runs it. Raises OSError."""

    class Handler(BaseHTTPRequestHandler):
        timeout = IDLE_S
        protocol_version = "HTTP/1.1"
        server_version = "shidian-witness"
        sys_version = ""

        def do_POST(self) -> None:
            length = decimal(self.headers.get("content-length", ""))
            if length is None or length > REQUEST_BYTES_MAX:
                self.close_connection = True
                self._send(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "length missing or large\n"))
                return
            body = self.rfile.read(length)
            if self.path.rstrip("/").rpartition("/")[2] != "add-checkpoint":
                self._send(Answer(HTTPStatus.NOT_FOUND, "only add-checkpoint is answered here\n"))
                return
            answer = witness.add_checkpoint(body)
            _log.info("add-checkpoint", status=int(answer.status), bytes=length)
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            data = answer.body.encode()
            self.send_response(answer.status)
            self.send_header("content-type", answer.content_type)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Requests are logged by what was answered."""

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server
