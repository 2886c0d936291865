"""`shidian-kit`: keys, pseudonyms, and sending a file of events, without writing code."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from shidian_kit.client import Client, FlushResult, GateRefusedError, GateUnreachableError, draft
from shidian_kit.contract.firm import PLACES, Firm
from shidian_kit.contract.stand import Stand
from shidian_kit.contract.trials import TRIALS, Bench, judge
from shidian_kit.doctor import examine
from shidian_kit.pseudonym import pseudonym
from shidian_kit.spool import Draft, SpoolError
from shidian_kit.wire import envelope, keys
from shidian_kit.wire.signed_file import sha256_of, sign_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class _UsageError(Exception):
    pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; exit status 0, 1 if something was refused, 2 if nothing could be done."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except (
        _UsageError,
        OSError,
        ImportError,
        keys.KeyFormatError,
        SpoolError,
        GateRefusedError,
        GateUnreachableError,
    ) as error:
        print(f"shidian-kit: {error}", file=sys.stderr)
        return 2
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shidian-kit", description=main.__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    keygen = commands.add_parser("keygen", help="make an Ed25519 key and print its public half")
    keygen.add_argument("file", type=Path, help="file for the private key; must not exist")
    keygen.set_defaults(run=_keygen)
    send = commands.add_parser("send", help="spool a file of events and send it")
    send.add_argument("file", type=Path, help="NDJSON: {type, data, time?, subject?} a line")
    add_connection(send)
    send.set_defaults(run=_send)
    flush = commands.add_parser("flush", help="send what waits in the spool")
    add_connection(flush)
    flush.set_defaults(run=_flush)
    sign = commands.add_parser("sign", help="print a signature over a file, for a return")
    sign.add_argument("file", type=Path)
    sign.add_argument("--key", type=Path, required=True, help="private key file")
    sign.set_defaults(run=_sign)
    names = commands.add_parser("pseudonym", help="pseudonyms of identities, one a line of stdin")
    names.add_argument("--secret", type=Path, required=True, help="file of at least 16 bytes")
    names.set_defaults(run=_pseudonym)
    doctor = commands.add_parser("doctor", help="is this system ready? says what to do where not")
    add_connection(doctor)
    doctor.add_argument("--gate-key", help="public key that signs permits, ed25519:…")
    doctor.set_defaults(run=_doctor)
    contract = commands.add_parser(
        "contract-test",
        help="try your pilot system against a gate and an authority that misbehave",
        description="Starts COMMAND against a gate and an authority of its own on loopback, and"
        f" says which promises it keeps. In its arguments {PLACES} are filled in.",
    )
    contract.add_argument("command", nargs="+", help="your pilot system: after --")
    contract.add_argument("--path", default="/orders", help="where it takes orders; /orders")
    contract.add_argument(
        "--business", action="append", default=[], help="event type that opens new business; all"
    )
    contract.add_argument("--only", action="append", default=[], choices=list(TRIALS))
    contract.add_argument("--folder", type=Path, help="empty folder for key, spool and log; kept")
    contract.set_defaults(run=_contract)
    return parser


def add_connection(parser: argparse.ArgumentParser) -> None:
    """The options that say where to send and as whom (also used by the examples)."""
    parser.add_argument("--gate", required=True, help="address of the gate, https://…")
    parser.add_argument("--project", required=True, help="public id of the pilot, P-2026-0001")
    parser.add_argument("--source", required=True, help="name of the source that the key is for")
    parser.add_argument("--key", type=Path, required=True, help="private key file from keygen")
    parser.add_argument("--spool", type=Path, required=True, help="spool file of this source")
    parser.add_argument(
        "--arrow", action="store_true", help="send columns: faster; needs shidian-kit[arrow]"
    )


def connect(options: argparse.Namespace) -> Client:
    """The client that the options of `add_connection` describe."""
    key = keys.load_private(options.key)
    return Client(
        options.gate, options.project, options.source, key, options.spool, arrow=options.arrow
    )


def report(result: FlushResult) -> int:
    """Print what a flush did; 1 if anything was refused."""
    print(json.dumps(result.counts, sort_keys=True))
    for outcome in result.refused:
        print(
            f"event {outcome.seqno}/{outcome.rev} {outcome.status}:"
            f" {outcome.field}: {outcome.reason}",
            file=sys.stderr,
        )
    return 1 if result.refused else 0


def _keygen(options: argparse.Namespace) -> int:
    key = keys.generate()
    keys.save_private(options.file, key)
    public = key.public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    print(f"key id: {keys.key_id(public)}\npublic key: {keys.public_text(public)}\n{pem.decode()}")
    return 0


def _sign(options: argparse.Namespace) -> int:
    digest = sha256_of(options.file.read_bytes())
    print(sign_file(keys.load_private(options.key), digest))
    return 0


def _send(options: argparse.Namespace) -> int:
    content = options.file.read_bytes()
    label = f"file sha256:{hashlib.sha256(content).hexdigest()}"
    drafts = list(_drafts(content))
    with connect(options) as client:
        client.events(drafts, label=label)
        return report(client.flush())


def _drafts(content: bytes) -> Iterator[Draft]:
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            wire = json.loads(line)
            time = wire.get("time")
            yield draft(
                wire["type"],
                wire["data"],
                None if time is None else envelope.parse_time(time),
                wire.get("subject"),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _UsageError(f"line {number}: {error!r}; nothing was sent") from error


def _flush(options: argparse.Namespace) -> int:
    with connect(options) as client:
        return report(client.flush())


def _doctor(options: argparse.Namespace) -> int:
    findings = examine(
        gate=options.gate,
        project=options.project,
        source=options.source,
        key=options.key,
        spool=options.spool,
        gate_key=options.gate_key,
    )
    bad = 0
    for finding in findings:
        print(finding)
        bad += not finding.good
    print("Ready." if not bad else f"{bad} to mend.")
    return 1 if bad else 0


def _contract(options: argparse.Namespace) -> int:
    folder = options.folder or Path(tempfile.mkdtemp(prefix="shidian-contract-"))
    folder.mkdir(parents=True, exist_ok=True)
    key = keys.generate()
    keys.save_private(folder / "pilot.key", key)
    stand = Stand(keys.public_text(key.public_key()))
    firm = Firm(options.command, stand, folder, options.path)
    broken = 0
    try:
        firm.start()
        for verdict in judge(Bench(stand, firm, frozenset(options.business)), tuple(options.only)):
            print(verdict, flush=True)
            broken += bool(verdict.why)
    finally:
        firm.stop()
        stand.close()
    print(f"{broken} broken; what the system said: {firm.log}" if broken else "All promises kept.")
    return 1 if broken else 0


def _pseudonym(options: argparse.Namespace) -> int:
    secret = options.secret.read_bytes()
    try:
        for line in sys.stdin:
            print(pseudonym(secret, line.rstrip("\n")))
    except ValueError as error:
        raise _UsageError(str(error)) from error
    return 0


if __name__ == "__main__":
    sys.exit(main())
