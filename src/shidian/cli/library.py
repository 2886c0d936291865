"""Where a rulebook named on the command line lies: a file, or an id in the library of regimes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shidian.core.rulebook.load import RulebookErrors, load_file
from shidian.core.rulebook.problems import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.core.rulebook.load import Loaded

_HERE = Path("rulebooks")
_SHIPPED = Path(__file__).resolve().parents[3] / "rulebooks"


def library_folder() -> Path:
    """The folder of regimes: `rulebooks` where the command is called, else the one shipped."""
    return _HERE if _HERE.is_dir() else _SHIPPED


def find_rulebook(name_or_path: str) -> Path:
    """The file that is meant: itself, or `<id>.yaml` of the library.

    Raises click.ClickException with the nearest id where there is none.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    in_library = library_folder() / f"{name_or_path}.yaml"
    # an id never leaves the library, whatever it is spelled like
    if in_library.is_file() and in_library.parent == library_folder():
        return in_library
    ids = [found.stem for found in library_folder().glob("*.yaml")]
    hint = did_you_mean(name_or_path, ids).en
    raise click.ClickException(f"no file {name_or_path}, nor an id of the library; {hint}")


def load_rulebook(name_or_path: str) -> Loaded:
    """Find and load it, with every problem said where it is refused."""
    try:
        return load_file(find_rulebook(name_or_path), library=library_folder())
    except RulebookErrors as errors:
        raise click.ClickException(str(errors)) from errors


def library_files() -> Iterator[Path]:
    """Every regime of the library, by id."""
    yield from sorted(library_folder().glob("*.yaml"))
