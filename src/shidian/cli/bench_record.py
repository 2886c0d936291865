"""`shidian bench record`: a large record built, verified, proven; how soon an act is published."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from shidian.core.record.notary import Notary

_BATCH = 65_536
_PUBLISHED = 200


@click.command()
@click.option("--leaves", default=1_000_000, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--publish", default=_PUBLISHED, show_default=True, help="Acts published one by one after that."
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Where the log is built, and removed again; default: the system's temporary folder.",
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def record(leaves: int, publish: int, folder: Path | None, as_json: bool) -> None:
    """Build a log with the notary, verify it in full, prove leaves, publish acts one by one.

    build_s: to a published checkpoint, checks and fsyncs included, the leaves' encoding not.
    verify_s: every leaf, tile and signature. proof_ms: the slowest of 100 `.tlog-proof` files, made
    and checked. publish_p99_s: from the request on the notary's socket to the answer, when the
    act is in a published checkpoint.
    """
    with tempfile.TemporaryDirectory(dir=folder) as home:
        found = _measured(Path(home), leaves, publish)
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name:<14} {value}")


def _measured(home: Path, leaves: int, publish: int) -> dict[str, float]:
    from shidian.core.record.notary import Notary
    from shidian.core.record.reader import LogReader
    from shidian.core.record.verify import verify_log
    from shidian_kit.wire.policy import parse_policy

    with Notary(home, "bench.example/record") as notary:
        build_s = 0.0
        for start in range(0, leaves, _BATCH):
            some = [(n + 1, _leaf(n)) for n in range(start, min(start + _BATCH, leaves))]
            started = time.perf_counter()
            notary.append(some)
            build_s += time.perf_counter() - started
        reader = LogReader(home / "tiles")
        policy = parse_policy(reader.published_policy().decode())
        started = time.perf_counter()
        size = verify_log(reader, policy).checkpoint.size
        verify_s = time.perf_counter() - started
        proof_ms = max(_proof_ms(home, nth * size // 100) for nth in range(100))
        return {
            "leaves": size,
            "build_s": round(build_s, 2),
            "verify_s": round(verify_s, 2),
            "proof_ms": round(proof_ms, 2),
            "publish_p99_s": round(_publish_p99_s(notary, home, size, publish), 4),
        }


def _proof_ms(home: Path, index: int) -> float:
    from shidian.core.record.reader import LogReader
    from shidian_kit.wire.policy import parse_policy
    from shidian_kit.wire.proof import verify_proof

    reader = LogReader(home / "tiles")
    policy = parse_policy(reader.published_policy().decode())
    started = time.perf_counter()
    proof = reader.tlog_proof(index)
    verify_proof(proof, _leaf(index), policy)
    return (time.perf_counter() - started) * 1000


def _publish_p99_s(notary: Notary, home: Path, size: int, count: int) -> float:
    import threading

    from shidian.notary.certificates import CertificateSigner
    from shidian.notary.client import NotaryClient
    from shidian.notary.orders import OrderSigner
    from shidian.notary.server import NotaryServer

    stop = threading.Event()
    server = NotaryServer(notary, OrderSigner(home), CertificateSigner(home), home / "notary.sock")
    serving = threading.Thread(target=server.run, args=(stop,))
    serving.start()
    while not (home / "notary.sock").exists():
        time.sleep(0.01)
    taken = []
    with NotaryClient(home / "notary.sock") as client:
        for number in range(size, size + count):
            started = time.perf_counter()
            client.append([(number + 1, _leaf(number))])
            taken.append(time.perf_counter() - started)
    stop.set()
    serving.join()
    return sorted(taken)[min(len(taken) - 1, len(taken) * 99 // 100)]


def _leaf(number: int) -> bytes:
    from shidian.core.record.leaf import Leaf, LeafKind, encode, text_digest

    return encode(
        Leaf(
            kind=LeafKind.DECISION,
            subject=f"BENCH-{number:07d}",
            time="2026-01-05T09:00:00Z",
            rules_digest=text_digest("rules"),
            text_sha256=text_digest(f"decision {number}"),
        )
    )
