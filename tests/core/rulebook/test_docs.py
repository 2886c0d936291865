"""The language's page says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shidian.core.rulebook.model import Rulebook
from tests.core.rulebook.texts import load

PAGE = Path("docs/developer/rulebook.md").read_text(encoding="utf-8")


def test_example_of_the_page_loads() -> None:
    [example] = re.findall(r"<!-- tested: loads -->\n```yaml\n(.*?)```", PAGE, flags=re.DOTALL)

    loaded = load(example)

    because = loaded.provenance["/clocks/publicity/length"].because
    assert because is not None
    assert because.source == "notice"


@pytest.mark.parametrize("keyword", Rulebook.model_fields)
def test_every_keyword_is_on_the_page(keyword: str) -> None:
    assert f"`{keyword}`" in PAGE
