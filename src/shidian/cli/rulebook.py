"""`shidian rulebook`: check, show and digest rulebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from shidian.core.rulebook.analysis import analyse
from shidian.core.rulebook.executable import not_executable
from shidian.core.rulebook.explain import explain, resolved_lines
from shidian.core.rulebook.load import Loaded, RulebookErrors, load_file
from shidian.core.rulebook.provenance import verified_share

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LIBRARY = Path("rulebooks")
"""Where a rulebook named by its id, or extended by a file elsewhere, is looked for."""


@click.group()
def rulebook() -> None:
    """Check, show and digest rulebooks."""


group = rulebook


@rulebook.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.pass_context
def check(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Judge rulebooks: each problem as `file:line: path: what is wrong; what would be right`.

    Notes say what is missing in a sketch and what this release cannot execute yet; they do not
    change the exit status, which is 1 when any file has a problem.
    """
    refused = 0
    for path in files:
        try:
            loaded = load_file(path, library=_LIBRARY)
        except RulebookErrors as errors:
            refused += 1
            for problem in errors.problems:
                click.echo(str(problem))
            continue
        _report(loaded, path)
    if refused:
        click.echo(f"{refused} of {len(files)} refused", err=True)
        ctx.exit(1)


def _report(loaded: Loaded, path: Path) -> None:
    for found in analyse(loaded.rulebook):
        mark = loaded.mark(found.problem.path)
        click.echo(f"note: {found.problem.at(mark.file, mark.line)}")
    for problem in not_executable(loaded.rulebook):
        mark = loaded.mark(problem.path)
        click.echo(f"note: {problem.at(mark.file, mark.line)}")
    share = verified_share(loaded)
    click.echo(
        f"{path}: {loaded.rulebook.rulebook} {loaded.rulebook.version}, {loaded.rulebook.status}; "
        f"{share.total} values: {share.verified} verified, {share.reported} reported, "
        f"{share.assumed} assumed ({share.borrowed} of them borrowed)"
    )


@rulebook.command()
@click.argument("name")
@click.option("--resolved", is_flag=True, help="Every value with its basis, file and line.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def show(name: str, resolved: bool, lang: Literal["zh", "en"]) -> None:
    """Print a rulebook to read. NAME is a file, or an id in ./rulebooks."""
    loaded = _load(name)
    click.echo("\n".join(resolved_lines(loaded)) if resolved else explain(loaded, lang))


@rulebook.command()
@click.argument("name")
def digest(name: str) -> None:
    """Print the digest of the document and the digest of what governs."""
    loaded = _load(name)
    click.echo(f"digest       {loaded.digest}")
    click.echo(f"rules_digest {loaded.rules_digest}")


def _load(name: str) -> Loaded:
    path = Path(name)
    if not path.is_file():
        path = _LIBRARY / f"{name}.yaml"
    if not path.is_file():
        raise click.ClickException(f"no file {name} and no {path}")
    try:
        return load_file(path, library=_LIBRARY)
    except RulebookErrors as errors:
        raise click.ClickException(str(errors)) from errors
