"""`shidian replay diff`: what another rulebook, or another release, would have done otherwise."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shidian.cli.instants import shown_instant

if TYPE_CHECKING:
    from shidian.core.monitor.comparing import Compared
    from shidian.core.monitor.items import Episode

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_HEAD = ("", "project", "rule", "group", "start A", "start B", "end A", "end B", "level")


class _Unreadable(click.ClickException):
    exit_code = 2


@click.command()
@click.argument("a", type=_FILE)
@click.argument("b", type=_FILE)
@click.option("--all", "everything", is_flag=True, help="List those that are the same, too.")
@click.option("--json", "as_json", is_flag=True, help="Every episode and the counts, as JSON.")
def diff(a: Path, b: Path, everything: bool, as_json: bool) -> None:
    """Compare the episodes of two files written by `shidian replay --out FILE.parquet`.

    Episodes are paired by overlap per project, rule and group, never by id, and each is: same,
    earlier or later (B starts before or after A), severity (same start, another highest level),
    only-a or only-b. An end that differs is counted apart. Both files must hold the same view; of
    as-known ones the last word on each episode counts.

    Exit status 0 if all are the same to their ends, 1 if any differs, 2 if a file cannot be read.
    """
    from shidian.core.monitor.alert_file import AlertFileError, read_alerts
    from shidian.core.monitor.comparing import Kind, compare

    try:
        (view, before), (other, after) = read_alerts(a), read_alerts(b)
    except (AlertFileError, OSError) as error:
        raise _Unreadable(str(error)) from None
    if view != other:
        raise _Unreadable(f"{a} holds the {view} view, {b} the {other} view: replay both alike")
    found = compare(before, after)
    counts = Counter(one.kind for one in found)
    ends = sum(not one.same_end for one in found if one.a and one.b)
    if as_json:
        said = {
            "view": view,
            "counts": {kind.value: counts[kind] for kind in Kind},
            "other_end": ends,
            "episodes": [_plain(one) for one in found],
        }
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _table([one for one in found if everything or _differs(one)])
        click.echo(", ".join(f"{counts[kind]} {kind.value}" for kind in Kind))
        click.echo(f"of those on both sides, {ends} end at another instant")
    if any(map(_differs, found)):
        raise SystemExit(1)


def _differs(one: Compared) -> bool:
    return one.kind.value != "same" or not one.same_end


def _table(shown: list[Compared]) -> None:
    if not shown:
        return
    rows = [_HEAD, *map(_row, shown)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def _row(one: Compared) -> tuple[str, ...]:
    levels = list(dict.fromkeys(_level(side) for side in (one.a, one.b) if side))
    return (
        one.kind.value,
        *one.key,
        *(_time(side.start_us) if side else "" for side in (one.a, one.b)),
        *(_time(side.end_us) if side else "" for side in (one.a, one.b)),
        " → ".join(levels),
    )


def _plain(one: Compared) -> dict[str, Any]:
    project, rule, group = one.key
    return {
        "kind": one.kind.value,
        "project": project,
        "rule": rule,
        "group": group,
        "a": _side(one.a),
        "b": _side(one.b),
    }


def _side(episode: Episode | None) -> dict[str, Any] | None:
    if episode is None:
        return None
    return {
        "start_us": episode.start_us,
        "end_us": episode.end_us,
        "level": _level(episode),
    }


def _level(episode: Episode) -> str:
    from shidian.core.monitor.comparing import highest

    return highest(episode).value


def _time(instant_us: int | None) -> str:
    return "goes on" if instant_us is None else shown_instant(instant_us, UTC)
