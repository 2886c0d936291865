"""A gate of one's own for tests: a process on a free port, and the worker's side of it."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager

from shidian import keyring
from shidian.config import Settings
from shidian.core.journal.entry import EntryKind
from shidian_kit.wire import keys, signatures
from tests.core.journal.samples import PROJECT, SOURCE, activation


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RunningGate:
    """A gate process over `home`. `start` again after `kill` continues the same journal."""

    def __init__(self, home, **settings):
        self.home = home
        self._settings = settings
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.program = [sys.executable, "-m", "shidian"]
        self._outbox = 0

    def start(self):
        env = os.environ | {"SHIDIAN_HOME": str(self.home), "SHIDIAN_GATE_URL": self.url}
        env |= self._settings
        self.process = subprocess.Popen(
            [*self.program, "gate", "--bind", f"127.0.0.1:{self.port}"], env=env
        )
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if self.request("GET", "/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the gate did not come up")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(15)

    def kill(self):
        self.process.kill()
        self.process.wait(15)

    @property
    def journal_path(self):
        name = self._settings.get("SHIDIAN_JOURNAL_NAME", "main")
        return Settings(home=self.home).journal_at(name)

    def request(self, method, path, body=b"", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return response.status, dict(response.headers), response.read()
        finally:
            connection.close()

    def signed(self, key, path, body, content_type="application/json", *, created=None, **more):
        headers = {"content-type": content_type, **more}
        headers |= signatures.sign_request(
            key,
            method="POST",
            url=self.url + path,
            headers=headers,
            body=body,
            created=int(time.time()) if created is None else created,
        )
        return headers

    def post(self, key, path, body, content_type="application/json", **more):
        headers = self.signed(key, path, body, content_type, **more)
        status, _, content = self.request("POST", path, body, headers)
        return status, json.loads(content)

    def control(self, kind, record):
        self._outbox += 1
        status, content = self.controls({"outbox_id": self._outbox, "kind": kind, **record})
        assert status == 200, content
        [answer] = content["answers"]
        return (422, answer) if "refused" in answer else (200, answer)

    def controls(self, *records):
        body = json.dumps({"records": records}).encode()
        return self.post(keyring.worker_key(self.home / "keys"), "/v1/control", body)

    def register(self, key, project=PROJECT, source=SOURCE, *, revoked=False):
        public = key.public_key()
        return self.control(
            EntryKind.KEY,
            {
                "project": project,
                "source": source,
                "key_id": keys.key_id(public),
                "public_key": keys.public_text(public),
                "revoked": revoked,
            },
        )

    def activate(self, **changed):
        return self.control(EntryKind.ACTIVATION, activation(**changed))


@contextmanager
def running_gate(home, **settings):
    gate = RunningGate(home, **settings)
    gate.start()
    try:
        yield gate
    finally:
        gate.stop()
