"""What a replay found as a file: rows for JSON and Parquet, and reading them back to compare."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from shidian.core.monitor.items import Change, Episode, Step
from shidian.core.monitor.program import RUNGS_PER_SEVERITY, SEVERITIES, severity_of
from shidian_kit.wire import envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shidian.core.monitor.comparing import Key
    from shidian.core.monitor.replay import Replay

View: TypeAlias = Literal["as-known", "final"]

ROWS_MAX = 20_000_000
"""Rows that a file to compare may have: they are in memory together."""

_RUNGS = len(SEVERITIES) * RUNGS_PER_SEVERITY
_JSON = frozenset({"path", "explanation"})


def _columns(**types: pa.DataType) -> pa.Schema:
    return pa.schema([pa.field(n, t, nullable=n == "end_us") for n, t in types.items()])


_FINAL = _columns(
    project=pa.utf8(),
    rule=pa.utf8(),
    group=pa.utf8(),
    level=pa.utf8(),
    since_us=pa.int64(),
    start_us=pa.int64(),
    end_us=pa.int64(),
    path=pa.utf8(),
)
_AS_KNOWN = _columns(
    seq=pa.int64(),
    entry=pa.int64(),
    project=pa.utf8(),
    rule=pa.utf8(),
    group=pa.utf8(),
    change=pa.utf8(),
    level=pa.utf8(),
    early=pa.bool_(),
    warming=pa.bool_(),
    episode=pa.utf8(),
    at_us=pa.int64(),
    since_us=pa.int64(),
    start_us=pa.int64(),
    end_us=pa.int64(),
    path=pa.utf8(),
    rules_digest=pa.utf8(),
    explanation=pa.utf8(),
)
_SCHEMAS: dict[View, pa.Schema] = {"as-known": _AS_KNOWN, "final": _FINAL}
_COMPARED = ("project", "rule", "group", "since_us", "start_us", "end_us", "path")


class AlertFileError(ValueError):
    """A file that is none of ours, or not whole; the message says what is wrong."""


def rows(found: Replay, view: View) -> list[dict[str, Any]]:
    """Items in the order of the stream, or final episodes by project, rule, group and start."""
    return list(_as_known(found) if view == "as-known" else _final(found))


def write_alerts(found: Replay, view: View, path: Path) -> None:
    """Write a view into `*.json` or `*.parquet`. Raises OSError."""
    content = rows(found, view)
    if path.suffix == ".json":
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return
    flat = [
        {n: json.dumps(v, ensure_ascii=False) if n in _JSON else v for n, v in row.items()}
        for row in content
    ]
    pq.write_table(pa.Table.from_pylist(flat, schema=_SCHEMAS[view]), path)


def read_alerts(path: Path) -> tuple[View, dict[Key, list[Episode]]]:
    """The view that a Parquet file holds, and its episodes.

    Of the as-known view an episode stands as its last item states it; withdrawn ones are left out.
    Raises AlertFileError, OSError.
    """
    try:
        with pq.ParquetFile(path) as file:
            view = _view(path, file.schema_arrow)
            if file.metadata.num_rows > ROWS_MAX:
                raise AlertFileError(f"{path}: more than {ROWS_MAX:,} rows")
            wanted = [*_COMPARED, *(("seq", "change", "episode") if view == "as-known" else ())]
            table = file.read(columns=wanted)
            table.validate(full=True)
    except pa.ArrowException as error:
        raise AlertFileError(f"{path}: not a whole Parquet file: {error}") from error
    except OSError as error:
        if error.errno is None:  # Arrow's own: what it read made no sense
            raise AlertFileError(f"{path}: not a whole Parquet file: {error}") from error
        raise
    for name in wanted:
        if name != "end_us" and table[name].null_count:
            raise AlertFileError(f"{path}: column {name} has a null")
    stated = table.to_pylist()
    if view == "as-known":
        last = {row["episode"]: row for row in sorted(stated, key=lambda row: row["seq"])}
        stated = [row for row in last.values() if row["change"] != Change.WITHDRAWN]
    found: dict[Key, list[Episode]] = {}
    for number, row in enumerate(stated, 1):
        try:
            episode = _episode(row)
        except (ValueError, KeyError, TypeError) as error:
            raise AlertFileError(f"{path}: episode {number}: {error!r}") from error
        found.setdefault((row["project"], row["rule"], row["group"]), []).append(episode)
    return view, found


def _view(path: Path, schema: pa.Schema) -> View:
    view: View = "as-known" if "episode" in schema.names else "final"
    for field in _SCHEMAS[view]:
        if field.name not in schema.names:
            raise AlertFileError(
                f"{path}: column {field.name} is missing: not written by `shidian replay --out`"
            )
        given = schema.field(field.name).type
        if given != field.type:
            raise AlertFileError(f"{path}: column {field.name} is {given}, not {field.type}")
    return view


def _episode(row: dict[str, Any]) -> Episode:
    steps = tuple(
        Step(step["at_us"], step["rung"], step.get("early", False) is True)
        for step in json.loads(row["path"])
    )
    if not steps:
        raise ValueError("its path is empty")
    for step in steps:
        if type(step.at_us) is not int or type(step.rung) is not int:
            raise ValueError("its path has an instant or a rung that is no integer")
        if not 0 <= step.rung < _RUNGS:
            raise ValueError(f"there is no rung {step.rung}")
    instants = [row["since_us"], row["start_us"], *(step.at_us for step in steps)]
    if row["end_us"] is not None:
        instants.append(row["end_us"])
        if row["end_us"] < row["start_us"]:
            raise ValueError("it ends before it starts")
    if not envelope.TIME_MIN_US <= min(instants) <= max(instants) <= envelope.TIME_MAX_US:
        raise ValueError("an instant lies outside the years 1 to 9999")
    return Episode(row["since_us"], row["start_us"], steps, row["end_us"])


def _as_known(found: Replay) -> Iterator[dict[str, Any]]:
    for item in found.items:
        yield {
            "seq": item.seq,
            "entry": item.entry,
            "project": item.project,
            "rule": item.rule,
            "group": item.group,
            "change": item.change.value,
            "level": item.level,
            "early": item.early,
            "warming": item.warming,
            "episode": item.episode,
            "at_us": item.at_us,
            "since_us": item.since_us,
            "start_us": item.start_us,
            "end_us": item.end_us,
            "path": item.path_json(),
            "rules_digest": item.rules_digest,
            "explanation": item.explanation,
        }


def _final(found: Replay) -> Iterator[dict[str, Any]]:
    for (project, rule, group), episodes in sorted(found.final.items()):
        for episode in episodes:
            path = [
                {"at_us": step.at_us, "level": severity_of(step.rung).value, "rung": step.rung}
                for step in episode.path
            ]
            yield {
                "project": project,
                "rule": rule,
                "group": group,
                "level": severity_of(episode.path[-1].rung).value,
                "since_us": episode.since_us,
                "start_us": episode.start_us,
                "end_us": episode.end_us,
                "path": path,
            }
