"""`shidian replay`: recompute alerts from a journal, under the rules that governed or others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.replay import Replay
    from shidian.core.rulebook.loaded import Loaded

_PATH = click.Path(path_type=Path)
View = Literal["as-known", "final"]


@click.command()
@click.option("--journal", type=_PATH, help="Journal file; else the installation's.")
@click.option("--project", help="This project alone.")
@click.option(
    "--rulebook",
    "rulebook_file",
    type=_PATH,
    help="Judge by this rulebook instead of those in force.",
)
@click.option("--view", type=click.Choice(["as-known", "final"]), default="as-known")
@click.option("--out", type=_PATH, help="Write the result to FILE.parquet or FILE.json.")
@click.option(
    "--compare-live", is_flag=True, help="Exit 1 unless the monitor's stream is the same."
)
@click.option("--store", type=_PATH, help="Monitor store to compare with; else the installation's.")
def replay(  # noqa: PLR0917 - click passes options by name
    journal: Path | None,
    project: str | None,
    rulebook_file: Path | None,
    view: View,
    out: Path | None,
    compare_live: bool,
    store: Path | None,
) -> None:
    """Recompute alerts from a journal, and print their number and digest."""
    from shidian.config import settings
    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.replay import replay as run

    if compare_live and (project or rulebook_file):
        raise click.UsageError(
            "--compare-live compares everything; leave out --project, --rulebook"
        )
    if out and out.suffix not in (".json", ".parquet"):
        raise click.UsageError(f"{out}: write FILE.parquet or FILE.json")
    override = _load(rulebook_file) if rulebook_file else None
    live = _live(store or settings().monitor_store) if compare_live else None
    try:
        reader = JournalReader(journal or settings().journal)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None
    with reader:
        # The monitor may not have come to the end: up to where it has, entry by entry.
        found = run(reader, last_entry=live[0]) if live else _in_columns(reader, project, override)
    _report(found, view, out)
    if live:
        same = live[1:] == (len(found.items), found.as_known_digest)
        click.echo(f"live: {live[1]} items, {live[2]}: {'the same' if same else 'DIFFERENT'}")
        if not same:
            raise SystemExit(1)


command = replay


def _in_columns(reader: JournalReader, project: str | None, override: Loaded | None) -> Replay:
    """The whole journal by the batch engine; it says which projects it left to the evaluator."""
    from shidian.core.monitor.engines.replaying import BatchReplay

    batch = BatchReplay(reader, cache_bytes=0)
    found = batch.replay(project=project, override=override)
    for name, why in sorted(batch.evaluated.items()):
        click.echo(f"{name}: replayed entry by entry ({why})", err=True)
    return found


def _load(path: Path) -> Loaded:
    from shidian.core.rulebook.load import load_file
    from shidian.core.rulebook.problems import RulebookErrors

    try:
        return load_file(path)
    except RulebookErrors as errors:
        raise click.ClickException(str(errors)) from None


def _live(path: Path) -> tuple[int, int, str]:
    """Cursor, number of items and digest of the monitor's store, read as of one moment."""
    from shidian.core.monitor.store import StoreReader

    try:
        with StoreReader(path) as store:
            return store.snapshot()
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None


def _report(found: Replay, view: View, out: Path | None) -> None:
    for fault in found.faults:
        click.echo(f"{fault.project} stopped at entry {fault.entry}: {fault.message}", err=True)
    rows = _as_known(found) if view == "as-known" else _final(found)
    if out:
        _write(rows, out)
    episodes = sum(len(episodes) for episodes in found.final.values())
    click.echo(f"entries: {found.last_entry}")
    click.echo(f"items: {len(found.items)}")
    click.echo(f"episodes: {episodes}")
    click.echo(f"as-known digest: {found.as_known_digest}")
    click.echo(f"final digest: {found.final_digest}")


def _as_known(found: Replay) -> list[dict[str, Any]]:
    return [
        {
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
        for item in found.items
    ]


def _final(found: Replay) -> list[dict[str, Any]]:
    from shidian.core.monitor.program import severity_of

    return [
        {
            "project": project,
            "rule": rule,
            "group": group,
            "level": severity_of(episode.path[-1].rung).value,
            "since_us": episode.since_us,
            "start_us": episode.start_us,
            "end_us": episode.end_us,
            "path": [
                {"at_us": step.at_us, "level": severity_of(step.rung).value, "rung": step.rung}
                for step in episode.path
            ],
        }
        for (project, rule, group), episodes in sorted(found.final.items())
        for episode in episodes
    ]


def _write(rows: list[dict[str, Any]], out: Path) -> None:
    if out.suffix == ".json":
        out.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    nested = {"path", "explanation"}
    flat = [
        {
            name: json.dumps(value, ensure_ascii=False) if name in nested else value
            for name, value in row.items()
        }
        for row in rows
    ]
    pq.write_table(pa.Table.from_pylist(flat), out)
