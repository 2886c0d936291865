"""The release before this one, as source from the history."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.browser import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def release_before() -> str:
    """The one named, else the source before migrations were changed last."""
    named = os.environ.get("SHIDIAN_RELEASE_BEFORE")
    return named or f"{_git('log', '-1', '--format=%H', '--', '*/migrations/*.py').strip()}~1"


def unpacked(folder: Path) -> Path:
    """Its source in a new folder; where the history is not here, the test is skipped."""
    done = subprocess.run(
        ["git", "archive", release_before()], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("the history of the source is not here")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def environment(source: Path, home: Path, **more: str) -> dict[str, str]:
    """Of a process of that source over the stores in `home`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SHIDIAN_", "DJANGO_"))}
    return kept | {
        "PYTHONPATH": f"{source / 'src'}:{source / 'kit/src'}:{source}",
        "DJANGO_SETTINGS_MODULE": "shidian.web.settings",
        "SHIDIAN_HOME": str(home),
        "SHIDIAN_PAGE_CACHE_S": "0",
        **more,
    }


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
