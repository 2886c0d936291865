"""The egress guard: where requests to firms' addresses may go, and where they never do."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import closing, contextmanager
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shidian.egress import EgressError, Guard, post

PUBLIC = "93.184.216.34"
LOCAL = Guard.of("127.0.0.0/8")


def resolving(*addresses):
    return lambda host, port: list(addresses)


@pytest.mark.parametrize(
    "inward",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "2001:0:a00:1::",
        "ff02::1",
    ],
)
def test_address_that_leads_inward_is_refused_alone_and_beside_a_public_one(inward):
    for addresses in ((inward,), (PUBLIC, inward), (inward, PUBLIC)):
        with pytest.raises(EgressError, match="where no request goes"):
            Guard().choose("https://pilot.example/orders", resolving(*addresses))


def test_connection_goes_to_the_address_that_was_judged():
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return [PUBLIC] if len(asked) == 1 else ["127.0.0.1"]

    chosen = Guard().choose("https://pilot.example/orders", rebinding)
    assert (chosen, asked) == ((PUBLIC, "pilot.example", 443), ["pilot.example"])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pilot.example/",
        "https:///orders",
        "https://user:pass@pilot.example/",
        "https://pilot.example/?a=1",
        "https://pilot.example/#a",
        "https://pilot.example:99999/",
        "https://pilot.example/" + "a" * 500,
        "http://pilot.example/",
    ],
)
def test_address_in_an_unfit_form_is_refused(url):
    with pytest.raises(EgressError):
        Guard().choose(url, resolving(PUBLIC))


def test_allowed_network_is_spoken_to_without_tls_and_no_other():
    assert LOCAL.choose("http://127.0.0.1:9/orders")[0] == "127.0.0.1"
    assert LOCAL.choose("http://pilot/", resolving("::ffff:127.0.0.1"))[1] == "pilot"
    with pytest.raises(EgressError):
        LOCAL.choose("http://10.0.0.1/")
    with pytest.raises(ValueError, match="host bits"):
        Guard.of("10.0.0.1/8")


@contextmanager
def served(answer):
    """An HTTP server whose POSTs `answer` answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            answer(self)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/orders"
    server.shutdown()
    server.server_close()
    thread.join()


def test_redirect_is_an_answer_and_is_not_followed():
    asked = []

    def answer(handler):
        asked.append(handler.path)
        handler.send_response(307)
        handler.send_header("Location", "/inward")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    with served(answer) as url:
        assert post(url, {}, b"order", guard=LOCAL, timeout_s=2).status == 307
    assert asked == ["/orders"]


def test_answer_is_cut_at_its_limit():
    def answer(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"x" * 200_000)

    with served(answer) as url:
        assert len(post(url, {}, b"order", guard=LOCAL, timeout_s=2).body) == 64 * 1024


def test_endpoint_that_drips_is_given_up_in_time():
    listener = socket.create_server(("127.0.0.1", 0))

    def drip():
        with closing(listener.accept()[0]) as connection:
            try:
                for _ in range(100):
                    connection.sendall(b"H")
                    time.sleep(0.05)
            except OSError:
                return

    dripping = threading.Thread(target=drip, daemon=True)
    dripping.start()
    began = time.monotonic()
    with pytest.raises((OSError, HTTPException)):
        post(
            f"http://127.0.0.1:{listener.getsockname()[1]}/",
            {},
            b"order",
            guard=LOCAL,
            timeout_s=0.5,
        )
    assert time.monotonic() - began < 2
    dripping.join(10)
    listener.close()
