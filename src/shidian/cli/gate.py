"""`shidian gate`: serve telemetry ingest and live updates."""

from __future__ import annotations

from pathlib import Path

import click

from shidian.cli.elsewhere import refuse_elsewhere
from shidian.config import settings


@click.command()
@click.option("--bind", metavar="HOST:PORT", help="Where to listen; default: SHIDIAN_GATE_BIND.")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of all stores and keys; default: SHIDIAN_HOME.",
)
def gate(bind: str | None, home: Path | None) -> None:
    """Serve telemetry ingest and live updates (ASGI).

    Writes the journal. One gate a journal: a second one refuses to start.
    """
    from shidian import logs
    from shidian.gate.options import GateOptions
    from shidian.gate.serve import serve

    logs.begin("gate", settings())
    config = settings() if home is None else settings().model_copy(update={"home": home})
    refuse_elsewhere("gate")
    address = bind or config.gate_bind
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise click.BadParameter("write HOST:PORT, such as 127.0.0.1:8001", param_hint="--bind")
    try:
        serve(GateOptions.from_settings(config, bind=address), host=host, port=int(port))
    except RuntimeError as error:
        raise click.ClickException(str(error)) from error
