"""`shidian doctor`: looks an installation over."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shidian.config import Settings
    from shidian.doctor.finding import Finding


@click.command()
@click.option("--stores", "only_stores", is_flag=True, help="Ask no process: nothing need run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option(
    "--prometheus",
    is_flag=True,
    help="Print metrics for a node exporter's textfile collector; ends with status 0.",
)
def doctor(only_stores: bool, as_json: bool, prometheus: bool) -> None:
    """Say what is in order, what will not be for long (warn), and what is not (fail).

    Changes nothing, and takes some seconds at most for each process that does not answer. Ends with
    status 1 where something fails; each line bears a name that stays the same from release to
    release, and says what to do.
    """
    from shidian.doctor.finding import Level, exposition

    if prometheus:
        click.echo(exposition(_findings(only_stores=only_stores), time.time()), nl=False)
        return
    found = []
    for finding in _findings(only_stores=only_stores):
        found.append(finding)
        if as_json:
            click.echo(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            click.echo(f"{finding.level:4}  {finding.name:12}  {finding.what}")
            if finding.do:
                click.echo(f"{'':20}→ {finding.do}")
    if any(finding.level is Level.FAIL for finding in found):
        raise SystemExit(1)


def _findings(*, only_stores: bool) -> Iterator[Finding]:
    from shidian.config import settings
    from shidian.doctor import database, processes, stores, zones
    from shidian.zones import processes_of

    config = settings()
    here = processes_of(config)
    of: dict[str, list[Callable[[Settings], Iterator[Finding]]]] = {
        "web": [database.database, zones.exchange],
        "gate": [stores.journal],
        "monitor": [stores.monitor],
        "notary": [stores.record],
    }
    looks: list[Callable[[Settings], Iterator[Finding]]] = [stores.disk]
    if config.home.is_dir():
        looks += [stores.keys, zones.zone, *(look for name in here for look in of.get(name, ()))]
        asked = {"web": processes.web, "gate": processes.gate, "notary": processes.notary}
        looks += [] if only_stores else [asked[name] for name in asked if name in here]
    for look in looks:
        yield from look(config)
