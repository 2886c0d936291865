"""The command line's page is what the command says of itself."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def load_writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("writer", ROOT / "scripts" / "write_cli_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_cli_page_is_in_step_with_the_commands_help() -> None:
    writer = load_writer()
    assert writer.PAGE.read_text(encoding="utf-8") == writer.page(), "run `make docs`"
