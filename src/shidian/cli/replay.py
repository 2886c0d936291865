"""`shidian replay`: recompute alerts from a journal, under the rules that governed or others."""

from __future__ import annotations

import sys
import threading
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from shidian.cli.replay_diff import diff
from shidian.cli.replay_spark import on_spark, say_evaluated

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from shidian.core.journal.entry import Entry
    from shidian.core.journal.reader import JournalReader
    from shidian.core.journal.sealed.removal import Removal
    from shidian.core.monitor.cutting import Span
    from shidian.core.monitor.replay import Replay
    from shidian.core.rulebook.loaded import Loaded

_PATH = click.Path(path_type=Path)
View = Literal["as-known", "final"]


@click.group(invoke_without_command=True)
@click.option(
    "--journal",
    "journals",
    type=_PATH,
    multiple=True,
    help="Journal file; else the installation's. Several: what moved is told from where it is.",
)
@click.option("--project", help="This project alone.")
@click.option(
    "--rulebook",
    "rulebook_file",
    type=_PATH,
    help="Judge by this rulebook instead of those in force.",
)
@click.option("--from", "from_", metavar="WHEN", help="Only what is said of this time on.")
@click.option("--to", metavar="WHEN", help="Only what is said of times before; a day is included.")
@click.option(
    "--view",
    type=click.Choice(["as-known", "final"]),
    default="as-known",
    show_default=True,
    help="Each change when it became known, or the episodes as all records leave them.",
)
@click.option("--out", type=_PATH, help="Write the result to FILE.parquet or FILE.json.")
@click.option(
    "--compare-live", is_flag=True, help="Exit 1 unless the monitor's stream is the same."
)
@click.option("--store", type=_PATH, help="Monitor store to compare with; else the installation's.")
@click.option(
    "--engine",
    type=click.Choice(["columns", "spark"]),
    default="columns",
    show_default=True,
    help="On this machine, or on an Apache Spark cluster; the outcome is the same.",
)
@click.option(
    "--master",
    metavar="URL",
    help="Of --engine spark: spark://host:7077, local[2] and the like.  [default: local[*]]",
)
@click.option(
    "--conf",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="A setting of Spark, such as spark.executor.memory=4g; may be repeated.",
)
@click.pass_context
def replay(  # noqa: PLR0917 - click passes options by name
    context: click.Context,
    journals: tuple[Path, ...],
    project: str | None,
    rulebook_file: Path | None,
    from_: str | None,
    to: str | None,
    view: View,
    out: Path | None,
    compare_live: bool,
    store: Path | None,
    engine: str,
    master: str | None,
    settings: tuple[str, ...],
) -> None:
    """Recompute alerts from a journal, and print their number and digest.

    WHEN is a day (2026-01-31), a time (2026-01-31T09:30) of the rulebook's monitoring zone, or one
    with its zone (…T01:30Z). With --from or --to all is still evaluated from the first entry on,
    then cut: items that speak of an instant in between, episodes that overlap it. Printed are the
    digests of the whole and of the part; written is the part.

    A pilot whose events were removed, the time for which they are kept being over, is named and
    left out; asked for alone it is an error.
    """
    if context.invoked_subcommand is not None:
        return
    from shidian.config import settings as installation
    from shidian.core.journal.reader import JournalDamagedError, JournalReader
    from shidian.core.journal.sealed import SegmentDamagedError

    several = len(journals) > 1
    _check_options(engine, master, settings, compare_live=compare_live, several=several)
    journal = journals[0] if journals else None
    _check_use(out, cut=compare_live and bool(project or rulebook_file))
    override = _load(rulebook_file) if rulebook_file else None
    live = None
    try:
        with JournalReader(journal or installation().journal) as reader:
            removed = reader.removals()
            if compare_live:
                live = _live(store or installation().monitor_store, removed)
            zone = monitoring_zone(reader, project, override) if from_ or to else UTC
            span = _span(from_, to, zone)
            if live:
                found = _to(reader, live[0], removed)
            elif engine == "spark":
                _known(reader, project)
                path = journal or installation().journal
                found = on_spark(path, project, override, master, settings)
            elif several:
                found = _over_all(journals, project, override)
            else:
                found = _in_columns(reader, project, override)
        _say_removed(found, removed, project)
        _report(found, span, zone, view, out)
    except (OSError, JournalDamagedError, SegmentDamagedError) as error:
        raise click.ClickException(str(error)) from None
    if live:
        _compare(live, found)


replay.add_command(diff)
_EVERYTHING = "--compare-live compares everything; leave out --project, --rulebook"


def _check_use(out: Path | None, *, cut: bool) -> None:
    """`cut`: less than everything is to be compared with what was live."""
    if cut:
        raise click.UsageError(_EVERYTHING)
    if out and out.suffix not in (".json", ".parquet"):
        raise click.UsageError(f"{out}: write FILE.parquet or FILE.json")


def _check_options(
    engine: str,
    master: str | None,
    settings: tuple[str, ...],
    *,
    compare_live: bool,
    several: bool,
) -> None:
    if several and (compare_live or engine == "spark"):
        raise click.UsageError("several journals: neither --compare-live nor --engine spark")
    if engine != "spark" and (master or settings):
        raise click.UsageError("--master and --conf belong to --engine spark")
    if engine == "spark" and compare_live:
        raise click.UsageError(
            "--compare-live goes as far as the monitor has come: no --engine spark"
        )


def _known(reader: JournalReader, project: str | None) -> dict[str, int]:
    """Entries of each project asked for."""
    counts = {p: n for p, n in reader.entry_counts().items() if project in (None, p)}
    if project is not None and project not in counts:
        raise click.ClickException(f"{project} has no entry in this journal")
    return counts


def _compare(live: tuple[int, int, str], found: Replay) -> None:
    """Exits with 1 where the monitor's stream is another."""
    same = live[1:] == (len(found.items), found.as_known_digest)
    click.echo(f"live: {live[1]} items, {live[2]}: {'the same' if same else 'DIFFERENT'}")
    if not same:
        raise SystemExit(1)


def _to(reader: JournalReader, last_entry: int, removed: Collection[str]) -> Replay:
    """Entry by entry up to where the monitor has come: it need not have come to the end."""
    from shidian.core.monitor.replay import replay as run
    from shidian.core.monitor.replay import told_here

    with click.progressbar(
        length=last_entry, label="Replaying", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:

        def counted() -> Iterator[Entry]:
            for entry in reader:
                yield entry
                bar.update(1)

        found = run(counted(), last_entry=last_entry, removed=removed)
    # What a project brought with it was told by the monitor of the journal that it came from.
    return told_here(found, reader.arrivals())


def _in_columns(reader: JournalReader, project: str | None, override: Loaded | None) -> Replay:
    """The whole journal by the batch engine; it says which projects it left to the evaluator."""
    from shidian.core.monitor.engines.replaying import BatchReplay

    counts = _known(reader, project)
    batch = BatchReplay(reader, cache_bytes=0)
    lock = threading.Lock()
    with click.progressbar(
        length=sum(counts.values()),
        label="Replaying",
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:

        def done(name: str) -> None:
            with lock:
                bar.update(counts.get(name, 0))

        found = batch.replay(project=project, override=override, progress=done)
    say_evaluated(batch.evaluated)
    return found


def _over_all(journals: tuple[Path, ...], project: str | None, override: Loaded | None) -> Replay:
    """Several journals, each project from the one that keeps it now."""
    from contextlib import ExitStack

    from shidian.core.journal.reader import JournalReader
    from shidian.core.monitor.engines.several import replay_all

    with ExitStack() as stack:
        readers = [stack.enter_context(JournalReader(path)) for path in journals]
        if project is not None and not any(project in one.entry_counts() for one in readers):
            raise click.ClickException(f"{project} has no entry in these journals")
        return replay_all(readers, project=project, override=override)


def _say_removed(found: Replay, known: Mapping[str, Removal], project: str | None) -> None:
    """Name what nothing can be said of any more; an error where that alone was asked for."""
    from shidian.cli.instants import shown_instant

    for name in found.removed:
        one = known.get(name)
        if one is None:
            raise click.ClickException(f"the events of {name} were removed meanwhile: replay again")
        said = (
            f"{name}: not replayed: its events were removed on"
            f" {shown_instant(one.removed_us, UTC)}, having had to be kept until"
            f" {shown_instant(one.keep_until_us, UTC)}"
        )
        if project == name:
            raise click.ClickException(said)
        click.echo(said, err=True)


def _load(path: Path) -> Loaded:
    from shidian.core.rulebook.load import load_file
    from shidian.core.rulebook.problems import RulebookErrors

    try:
        return load_file(path)
    except RulebookErrors as errors:
        raise click.ClickException(str(errors)) from None


def _live(path: Path, removed: Collection[str]) -> tuple[int, int, str]:
    """Cursor, number of items and digest of the monitor's store, read as of one moment.

    Items of removed projects are left out: nothing is recomputed that they could be held against.
    """
    from shidian.core.monitor.store import StoreReader

    try:
        with StoreReader(path) as store:
            return store.snapshot(without=removed)
    except FileNotFoundError as error:
        raise click.ClickException(str(error)) from None


def monitoring_zone(reader: JournalReader, project: str | None, override: Loaded | None) -> tzinfo:
    """The monitoring zone of the rules that judge; UTC while there are none."""
    from zoneinfo import ZoneInfo

    from shidian.core.journal.entry import EntryKind
    from shidian.core.rulebook.load import from_document

    if override is not None:
        return ZoneInfo(override.rulebook.monitoring.zone)
    newest = {
        entry.project: entry
        for entry in reader.controls()
        if entry.kind is EntryKind.ACTIVATION and project in (None, entry.project)
    }
    documents = [entry.control()["document"] for entry in newest.values()]
    zones = {from_document(document).rulebook.monitoring.zone for document in documents}
    if len(zones) > 1:
        raise click.UsageError(
            f"projects are monitored in {', '.join(sorted(zones))}: name one by --project"
        )
    return ZoneInfo(zones.pop()) if zones else UTC


def _span(from_: str | None, to: str | None, zone: tzinfo) -> Span:
    from shidian.cli.instants import read_instant
    from shidian.core.monitor.cutting import Span

    first = None if from_ is None else read_instant(from_, zone, option="--from")
    last = None if to is None else read_instant(to, zone, option="--to", end_of_day=True)
    if first is not None and last is not None and last <= first:
        raise click.UsageError("--to must lie after --from")
    return Span(first, last)


def _report(found: Replay, span: Span, zone: tzinfo, view: View, out: Path | None) -> None:
    from shidian.cli.instants import shown_instant
    from shidian.core.monitor.alert_file import write_alerts
    from shidian.core.monitor.cutting import part_of

    for fault in found.faults:
        click.echo(f"{fault.project} stopped at entry {fault.entry}: {fault.message}", err=True)
    part = found if span.whole else part_of(found, span)
    if out:
        write_alerts(part, view, out)
    click.echo(f"entries: {found.last_entry}")
    _figures(found)
    if not span.whole:
        bounds = [(" from ", span.from_us), (" to ", span.to_us)]
        said = [f"{word}{shown_instant(at, zone)}" for word, at in bounds if at is not None]
        click.echo(f"the part{''.join(said)}:")
        _figures(part, "  ")


def _figures(found: Replay, indent: str = "") -> None:
    episodes = sum(len(episodes) for episodes in found.final.values())
    click.echo(f"{indent}items: {len(found.items)}")
    click.echo(f"{indent}episodes: {episodes}")
    click.echo(f"{indent}as-known digest: {found.as_known_digest}")
    click.echo(f"{indent}final digest: {found.final_digest}")
