"""gunicorn's configuration: what it writes has the form of all other processes' lines."""

from __future__ import annotations

from shidian import logs
from shidian.config import settings

logconfig_dict = logs.logging_config(settings())


def on_starting(server: object) -> None:  # noqa: ARG001 - gunicorn's signature
    """In the process that watches the others."""
    logs.begin("web", settings())


def post_fork(server: object, worker: object) -> None:  # noqa: ARG001 - gunicorn's signature
    """In each that serves."""
    logs.begin("web", settings())
