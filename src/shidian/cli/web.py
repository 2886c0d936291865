"""`shidian web`: the pages under gunicorn; this process becomes the server."""

from __future__ import annotations

import os
import sys

import click

from shidian.cli.elsewhere import refuse_elsewhere
from shidian.config import settings


@click.command()
@click.option("--bind", help="Address to listen on; default SHIDIAN_WEB_BIND.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--threads", default=4, show_default=True, type=click.IntRange(1, 64))
def web(bind: str | None, workers: int, threads: int) -> None:
    """Serve the pages (WSGI), until told to stop."""
    refuse_elsewhere("web")
    arguments = [
        *("--bind", bind or settings().web_bind),
        *("--worker-class", "gthread"),
        *("--workers", str(workers)),
        *("--threads", str(threads)),
        *("--graceful-timeout", "5"),
        *("--config", "python:shidian.web.serving"),
        *("--log-level", "warning"),
        "--no-control-socket",
        "shidian.web.wsgi:application",
    ]
    # Our own interpreter and fixed words; no shell reads them.
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *arguments])  # noqa: S606
