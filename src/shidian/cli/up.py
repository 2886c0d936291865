"""`shidian up`: the processes of one installation, started and watched together."""

from __future__ import annotations

import fcntl
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from shidian.cli.supervise import CannotStartError, Child, Supervisor
from shidian.config import Settings, settings
from shidian.zones import processes_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def split_bind(bind: str) -> tuple[str, int]:
    """`127.0.0.1:8000` or `[::1]:8000` → host and port. Raises ClickException."""
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit():
        raise click.ClickException(f"{bind!r} is not an address; write host:port, 127.0.0.1:8000")
    return host.strip("[]"), int(port)


def refuse_taken_port(bind: str, variable: str) -> None:
    """Raise ClickException when something listens there already, or the address is not ours."""
    host, port = split_bind(bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As servers do: a port that only waits out its last connections is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"Cannot listen on {bind}: {os.strerror(error.errno or 0)}. Stop what uses it, "
                f"or choose another address: {variable}={host}:{port + 10} shidian up"
            ) from None


@contextmanager
def sole_supervisor(config: Settings) -> Iterator[None]:
    """Hold the home's lock: two supervisors over the same stores would fight for them."""
    config.home.mkdir(parents=True, exist_ok=True)
    with (config.home / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"`shidian up` already runs on {config.home.resolve()}. "
                "Stop it first, or name another folder in SHIDIAN_HOME."
            ) from None
        yield


_PREPARE = """
import django
django.setup()
from shidian.web.migrating import migrate
migrate()
from django.conf import settings
if not settings.PUBLIC:
    from shidian.apps.cases.calendars import load_calendars
    load_calendars()
"""


def prepare() -> None:
    """Bring the app database to this version's shape, with its calendars. Raises ClickException."""
    command = [sys.executable, "-c", _PREPARE]
    done = subprocess.run(  # noqa: S603 - our own interpreter and fixed words
        command, env={**os.environ, "DJANGO_SETTINGS_MODULE": "shidian.web.settings"}, check=False
    )
    if done.returncode:
        raise click.ClickException("the app database could not be prepared; see the lines above")


def _reachable(bind: str) -> str:
    """The address under which this machine reaches what listens on `bind`."""
    host, port = split_bind(bind)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def children(config: Settings) -> list[Child]:
    """The processes of an installation, each startable alone by `shidian NAME`."""
    health = {
        "web": f"{_reachable(config.web_bind)}/",
        "gate": f"{_reachable(config.gate_bind)}/healthz",
    }
    return [
        Child(
            name=name,
            argv=(sys.executable, "-m", "shidian", name),
            health_url=health.get(name),
        )
        for name in processes_of(config)
    ]


@click.command()
@click.option(
    "--migrate/--no-migrate",
    "run_migrate",
    default=True,
    show_default=True,
    help="Bring the app database to this version's shape first, and load the calendars.",
)
def up(run_migrate: bool) -> None:
    """Start notary, web, gate, monitor and worker, show their output, and start the fallen again.

    In a zone (SHIDIAN_ZONE) those of it.

    Ctrl-C or SIGTERM stops them all; one that does not stop within 10 seconds is ended by force.
    Refuses to start when an address is taken or another `shidian up` holds the same SHIDIAN_HOME.
    """
    config = settings()
    with sole_supervisor(config):
        here = processes_of(config)
        if "web" in here:
            refuse_taken_port(config.web_bind, "SHIDIAN_WEB_BIND")
        if "gate" in here:
            refuse_taken_port(config.gate_bind, "SHIDIAN_GATE_BIND")
        if run_migrate and "web" in here:
            prepare()
        address = _reachable(config.web_bind if "web" in here else config.gate_bind)
        supervisor = Supervisor(
            children(config), on_healthy=lambda: click.echo(f"Shidian is at {address}")
        )
        try:
            supervisor.run()
        except CannotStartError as failure:
            raise click.ClickException(str(failure)) from None
