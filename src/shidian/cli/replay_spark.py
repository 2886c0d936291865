"""`shidian replay --engine spark`: the same on a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from shidian.core.monitor.replay import Replay
    from shidian.core.rulebook.loaded import Loaded

EVERY_CORE = "local[*]"


def on_spark(
    journal: Path,
    project: str | None,
    override: Loaded | None,
    master: str | None,
    settings: Sequence[str],
) -> Replay:
    """A journal, or one project of it, by the cluster at `master`; None: all cores of this machine.

    `settings`: `name=value` each.
    """
    from shidian.core.monitor.engines.spark.cluster import ClusterError, session
    from shidian.core.monitor.engines.spark.replaying import SparkReplay

    given = _settings(settings)
    try:
        with session(master or EVERY_CORE, given) as cluster:
            engine = SparkReplay(journal, cluster)
            found = engine.replay(project=project, override=override)
    except ClusterError as error:
        raise click.ClickException(str(error)) from None
    say_evaluated(engine.evaluated)
    return found


def say_evaluated(evaluated: Mapping[str, str]) -> None:
    """Which projects the evaluator replayed, and why."""
    for name, why in sorted(evaluated.items()):
        click.echo(f"{name}: replayed entry by entry ({why})", err=True)


def _settings(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, sign, value = one.partition("=")
        if not sign or not name.startswith("spark."):
            raise click.UsageError(f"--conf {one}: write spark.NAME=VALUE")
        found[name] = value
    return found
