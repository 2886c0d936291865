"""The page of the library says what the rulebooks say of themselves."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def load_writer() -> ModuleType:
    path = ROOT / "scripts" / "write_library_docs.py"
    spec = importlib.util.spec_from_file_location("write_library_docs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_library_page_is_in_step_with_the_rulebooks() -> None:
    writer = load_writer()

    assert writer.PAGE.read_text(encoding="utf-8") == writer.page(), "run `make docs`"
