"""`shidian monitor`: tail the journal, evaluate, store."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from shidian.cli.elsewhere import refuse_elsewhere
from shidian.cli.monitor_explain import explain

POLL_S = 0.005


@click.group(invoke_without_command=True)
@click.option(
    "--journal", type=click.Path(path_type=Path), help="Journal file; else the installation's."
)
@click.option(
    "--store", type=click.Path(path_type=Path), help="Monitor store; else the installation's."
)
@click.option("--once", is_flag=True, help="Stop when the journal's end is reached.")
@click.pass_context
def monitor(context: click.Context, journal: Path | None, store: Path | None, once: bool) -> None:
    """Turn journal entries into indicators and alerts, as they come.

    Ends cleanly on SIGTERM and SIGINT; killed at any point, it goes on where it stopped.
    """
    if context.invoked_subcommand is not None:
        return
    from shidian import logs
    from shidian.config import settings

    if journal is None:
        refuse_elsewhere("monitor")
    if not once:
        logs.begin("monitor", settings())
    stop = threading.Event()
    journal = journal or settings().journal
    store = store or settings().monitor_store
    if once and not journal.exists():
        raise click.ClickException(f"no journal at {journal}; start the gate first")
    before = {
        name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        while not journal.exists() and not stop.wait(0.2):
            pass
        if not stop.is_set():
            _run(journal, store, stop, once=once)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


monitor.add_command(explain)


def _run(journal: Path, store: Path, stop: threading.Event, *, once: bool) -> None:
    from shidian.config import settings
    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.live import Live
    from shidian.core.monitor.past import JournalPast
    from shidian.core.monitor.store import StreamDiffers

    with JournalReader(journal) as reader:
        past = JournalPast(reader, keep_us=int(settings().monitor_keep_s * 1e6))
        try:
            live = Live(reader, store, past=past)
        except StreamDiffers as error:
            raise click.ClickException(str(error)) from None
        try:
            while not stop.is_set():
                if live.poll() == 0 and (once or stop.wait(POLL_S)):
                    break
        finally:
            live.close()
