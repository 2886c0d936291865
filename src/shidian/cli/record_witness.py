"""`shidian record witness`: an exchange, an association or a university keeps the log honest."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click


@click.command()
@click.option("--name", required=True, help="The witness's name, an address without a scheme.")
@click.option(
    "--folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its key and what it has seen are kept; made on first start.",
)
@click.option(
    "--log", "logs", required=True, multiple=True, help="Key of a log, name+id+key; repeatable."
)
@click.option("--bind", metavar="HOST:PORT", default="127.0.0.1:8090", show_default=True)
def witness(name: str, folder: Path, logs: tuple[str, ...], bind: str) -> None:
    """Serve a witness: it cosigns a checkpoint that goes on from the last one it has seen.

    Speaks C2SP tlog-witness (POST /add-checkpoint). Prints its own key, for the log's policy. A
    log that forks is refused, and the checkpoint kept as evidence. Stops on SIGTERM or Ctrl-C.
    """
    from shidian.cli.up import split_bind
    from shidian.core.record.keyfiles import ensure_key
    from shidian.core.record.witness import Witness
    from shidian.notary.witness_http import witness_server
    from shidian_kit.wire.note import KeyType, Vkey
    from shidian_kit.wire.refusal import RecordError

    host, port = split_bind(bind)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ensure_key(folder, 1)
        known = [Vkey.parse(log) for log in logs]
        own = Vkey.of(name, key, KeyType.COSIGNATURE)
        server = witness_server(Witness(folder / "seen.sqlite3", name, key, known), host, port)
    except (RecordError, OSError) as refused:
        raise click.ClickException(str(refused)) from None
    click.echo(f"witness {name} {own} http://{bind}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        server.serve_forever()
