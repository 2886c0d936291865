"""The published schema: in step with the model, true of every rulebook, false of broken ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from shidian.core.rulebook import schema
from shidian.core.rulebook.keywords import keywords, table
from shidian.core.rulebook.meanings import MEANINGS, meaning
from shidian.core.rulebook.schema import models
from tests.core.rulebook.texts import SMALL, broken

FILE = Path("rulebooks/rulebook.schema.json")
LIBRARY = sorted(Path("rulebooks").glob("*.yaml"))
PAGE = Path("docs/developer/architecture/rulebook.md").read_text(encoding="utf-8")
VALIDATOR = Draft7Validator(schema.schema())


class Editor(yaml.CSafeLoader):
    """Reads YAML 1.2 as an editor does: `no` is a word, `5` a number."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way


for tag, pattern, first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+\.[0-9]*", "-+0123456789"),
):
    Editor.add_implicit_resolver(
        f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first)
    )


def wrong(text: str) -> list[str]:
    """Paths of what the schema refuses in a text, those inside a choice included."""
    waiting = list(VALIDATOR.iter_errors(yaml.load(text, Loader=Editor)))
    paths = []
    while waiting:
        error = waiting.pop()
        paths.append("/".join(map(str, error.absolute_path)))
        waiting += error.context or ()
    return paths


def test_schema_is_a_schema_and_the_file_is_in_step() -> None:
    Draft7Validator.check_schema(schema.schema())

    assert FILE.read_text(encoding="utf-8") == schema.text(), "run make docs"


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_rulebook_fits_the_schema_and_names_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert text.startswith("# yaml-language-server: $schema=rulebook.schema.json\n")
    assert wrong(text) == []


def test_small_rulebook_fits_whether_scalars_are_quoted_or_not() -> None:
    assert wrong(SMALL) == []
    assert wrong(broken("length: 5", 'length: "5"')) == []
    assert wrong(broken("hard_gate: true", 'hard_gate: "true"')) == []
    assert wrong(broken('version: "1"', "version: 2026.1")) == []


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("length: 5", "lenght: 5", "clocks/0"),
        ("length: 5", "length: five", "clocks/0/length"),
        ("length: 5", "length: 5.5", "clocks/0/length"),
        ("length: 5", "length: 0", "clocks/0/length"),
        ("unit: working-day", "unit: workingday", "clocks/0/unit"),
        ("hard_gate: true", "hard_gate: yes", "form/0/hard_gate"),
        ("for: 2m", "for: 120", "alerts/0/for"),
        ('info: ">10"', "info: 10", "alerts/0/levels/info"),
        ('info: ">10"', 'inform: ">10"', "alerts/0/levels"),
        ("lead: [firm]", "lead: firm", "intake/lead"),
        ("lead: [firm]", "lead: [Firm]", "intake/lead/0"),
        ("title: {zh: 规模, en: Scale}", "title: {zh: 规模}", "form/0/title"),
        ("because: {basis: assumed, source: demo}", "because: {basis: sure}", "because/basis"),
        ("rulebook: small\n", "", ""),
        ("rulebook: small\n", "rulebook: small\nremove: [/clocks]\n", ""),
    ],
)
def test_broken_rulebook_does_not_fit(old: str, new: str, path: str) -> None:
    assert path in wrong(broken(old, new))


def test_child_states_only_what_differs() -> None:
    head = 'rulebook: s\nversion: "1"\nstatus: sketch\ntitle: {zh: 草, en: S}\n'
    change = "clocks: [{id: publicity, length: 7, because: {basis: assumed}}]\n"

    assert wrong(f"{head}extends: small\nremove: [/clocks/screening]\n{change}") == []
    assert "clocks/0" in wrong(head + change)
    assert "clocks/0" in wrong(f"{head}extends: small\nclocks: [{{length: 7}}]\n")


def test_every_keyword_has_a_meaning_and_no_meaning_is_left_over() -> None:
    known = {"Because": set(MEANINGS["Because"])}
    for model in models():
        known[model.__name__] = {f.alias or n for n, f in model.model_fields.items()}
        for keyword in known[model.__name__]:
            assert meaning(model.__name__, keyword)

    for name, meanings in MEANINGS.items():
        assert set(meanings) <= known[name]


def test_page_tells_every_keyword() -> None:
    assert table() in PAGE, "run make docs"
    for row in keywords():
        assert f"`{row.keyword}`" in PAGE


def test_schema_is_printed_by_the_command() -> None:
    from click.testing import CliRunner

    from shidian.cli.rulebook_schema import schema as command

    assert json.loads(CliRunner().invoke(command).output) == schema.schema()
