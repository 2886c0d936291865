"""Composition: paths, ids, removal, order, and chains that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.rulebook.load import load_file
from tests.core.rulebook.texts import SMALL, load, problems

if TYPE_CHECKING:
    from pathlib import Path

CHILD = """\
rulebook: child
version: "1"
status: runnable
extends: small
title: {zh: 子, en: Child}
because: {basis: reported, source: press}
"""


def test_child_overrides_by_path_and_keeps_the_rest() -> None:
    child = load(CHILD + "clocks: [{id: publicity, length: 7}]\n", small=SMALL)

    clock = child.rulebook.clock("publicity")
    assert (clock.length, clock.unit, clock.name.en) == (7, "working-day", "Notice")


def test_each_value_keeps_the_file_and_basis_it_came_from() -> None:
    child = load(CHILD + "clocks: [{id: publicity, length: 7}]\n", small=SMALL)

    length = child.provenance["/clocks/publicity/length"]
    unit = child.provenance["/clocks/publicity/unit"]
    assert length.because is not None
    assert (length.file, length.line, length.because.basis) == ("small.yaml", 7, "reported")
    assert unit.because is not None
    assert (unit.file, unit.line, unit.because.basis) == ("small.yaml", 34, "assumed")


def test_id_of_an_item_keeps_the_bases_basis() -> None:
    child = load(CHILD + "clocks: [{id: publicity, length: 7}]\n", small=SMALL)

    because = child.provenance["/clocks/publicity/id"].because
    assert because is not None
    assert because.basis == "assumed"


def test_new_items_come_last() -> None:
    child = load(
        CHILD + "authorities: [{id: new, name: {zh: 新, en: New}, role: member}]\n", small=SMALL
    )

    assert [one.id for one in child.rulebook.authorities] == ["bureau", "guide", "new"]


def test_child_that_names_every_item_sets_the_order() -> None:
    new = "{id: new, name: {zh: 新, en: New}, role: member}"
    child = load(CHILD + f"authorities: [{{id: guide}}, {new}, {{id: bureau}}]\n", small=SMALL)

    assert [one.id for one in child.rulebook.authorities] == ["guide", "new", "bureau"]


def test_remove_deletes_items_of_the_base() -> None:
    child = load(CHILD + "remove: [/alerts/high, /authorities/guide]\n", small=SMALL)

    assert child.rulebook.alerts == ()
    assert [one.id for one in child.rulebook.authorities] == ["bureau"]
    assert "remove" not in child.document


def test_removed_item_can_be_stated_anew() -> None:
    child = load(
        CHILD + "remove: [/limits/cap]\n"
        "limits: [{id: cap, title: {zh: 限, en: Cap}, indicator: people, max: '5'}]\n",
        small=SMALL,
    )

    assert child.rulebook.limits[0].warn_at == ()


def test_removing_what_is_not_there_is_refused() -> None:
    [problem] = problems(CHILD + "remove: [/alerts/hihg]\n", small=SMALL)

    assert (problem.message.en, problem.expected.en) == (
        "'/alerts/hihg' is not in the base",
        "did you mean 'high'?",
    )


def test_plain_lists_are_replaced_whole() -> None:
    child = load(CHILD + "stages: [{id: review, next: [closed, notice]}]\n", small=SMALL)

    assert child.rulebook.stage("review").next == ("closed", "notice")


def test_text_is_replaced_in_both_languages_or_refused() -> None:
    [problem] = problems(CHILD + "clocks: [{id: publicity, name: {zh: 社会公示}}]\n", small=SMALL)

    assert problem.path == "/clocks/publicity/name/en"


def test_title_standing_and_history_are_never_inherited() -> None:
    base = SMALL + "history: [{id: a, date: '2020', title: {zh: 史, en: Past}, source: law}]\n"

    assert load(CHILD, small=base).rulebook.history == ()
    assert [p.path for p in problems("rulebook: c\nextends: small\n", small=SMALL)] == [
        "/status",
        "/title",
        "/version",
    ]


def test_empty_list_does_not_delete() -> None:
    [problem] = problems(CHILD + "alerts: []\n", small=SMALL)

    assert problem.expected.en == "name the items under remove: [/alerts/…]"


def test_circle_is_refused() -> None:
    a = 'rulebook: a\nversion: "1"\nstatus: sketch\ntitle: {zh: 甲, en: A}\nextends: b\n'
    b = 'rulebook: b\nversion: "1"\nstatus: sketch\ntitle: {zh: 乙, en: B}\nextends: a\n'

    [problem] = problems(a, a=a, b=b)

    assert (problem.file, problem.line) == ("b.yaml", 5)
    assert problem.message.en == "extends itself: a → b → a"


def test_unknown_base_is_refused() -> None:
    [problem] = problems(CHILD)

    assert (problem.path, problem.line) == ("/extends", 4)
    assert problem.message.en == "no rulebook 'small' is at hand"


def test_base_is_never_looked_for_outside_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(CHILD.replace("extends: small", "extends: ../../etc/passwd"))

    problem = problems(path.read_text())[0]

    assert problem.message.en == "is no id of a rulebook"


def test_file_extends_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "child.yaml").write_text(CHILD + "clocks: [{id: publicity, length: 7}]\n")

    loaded = load_file(tmp_path / "child.yaml")

    assert loaded.provenance["/clocks/publicity/unit"].file == str(tmp_path / "small.yaml")
    assert loaded.provenance["/clocks/publicity/length"].file == str(tmp_path / "child.yaml")
