"""Fails when a user-visible string has no Chinese, or the catalogue is behind the source.

Works on a copy of the source: a check must not change the tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def wanting(copy: Path) -> str:
    """The catalogue's untranslated and fuzzy entries after extraction from the copy."""
    done = subprocess.run(  # noqa: S603 - our own script
        [copy / "scripts" / "messages"],
        env={
            **os.environ,
            "SHIDIAN_PYTHON": sys.executable,
            "PYTHONPATH": str(copy / "src"),
            "SHIDIAN_HOME": str(copy / "var"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return done.stderr or "extraction failed without a word"
    return done.stdout


def main() -> int:
    """Exit status: 0 when every string is translated."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(ROOT / "scripts", copy / "scripts")
        shutil.copytree(
            ROOT / "src" / "shidian",
            copy / "src" / "shidian",
            ignore=shutil.ignore_patterns("__pycache__", "*.mo"),
        )
        entries = wanting(copy)
    entries = "\n\n".join(
        e for e in entries.strip().split("\n\n") if 'msgid ""\nmsgstr ""' not in e
    )
    if entries:
        sys.stdout.write(f"{entries}\n\nUntranslated: run scripts/messages and translate these.\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
