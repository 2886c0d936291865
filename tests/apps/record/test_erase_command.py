"""The operator's way to have a text erased: found, asked about, erased, and said what remains."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from shidian.apps.notices import domain as notices
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.record.models import Erasure
from shidian.cli.main import main

from .things import MemoryNotary, feed, row_of

pytestmark = pytest.mark.django_db


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(main, ["record", *arguments], input=answer)


def erase(leaf: int, *more: str, answer: str = "") -> Result:
    return run(
        "erase", str(leaf), "--ground", "request", "--reason", "应本人请求", *more, answer=answer
    )


@pytest.fixture
def page() -> int:
    """Leaf of a page that quoted a comment and has been replaced."""
    for comments in ([{"text": "我有异议"}], []):
        body = {"comments": comments}
        notices.publish_snapshot(kind=SnapshotKind.NOTICE, key="n-1", zh=body, en=body)
    feed(MemoryNotary())
    index = row_of("page.published", version=1).index
    assert index is not None
    return index


def test_a_text_is_found_and_erased_and_the_command_says_what_remains(page):
    assert f"{page}  sealed" in run("leaves", "n-1").output
    done = erase(page, "--yes")
    assert done.exit_code == 0
    assert f"leaf {page}: text and salt erased" in done.output
    assert "the log verifies as before" in done.output
    assert f"{page}  erased" in run("leaves", "n-1").output
    trail = Erasure.objects.get()
    assert (trail.row.index, trail.ground, trail.reason) == (page, "request", "应本人请求")
    assert trail.by
    assert "我有异议" not in done.output


def test_nothing_is_erased_before_it_was_asked_whether_it_is_meant(page):
    assert erase(page, answer="n\n").exit_code == 1
    assert not Erasure.objects.exists()
    assert erase(page, answer="y\n").exit_code == 0
    assert Erasure.objects.exists()


def test_what_cannot_be_erased_is_refused_with_its_reason(page):
    standing = row_of("page.published", version=2)
    for leaf, why in ((standing.index, "not sealed"), (999, "not made by this database")):
        refused = erase(leaf, "--yes")
        assert refused.exit_code == 1
        assert why in refused.output
    assert "no leaf concerns x" in run("leaves", "x").output
    assert run("erase", str(page), "--ground", "request").exit_code == 2
    assert not Erasure.objects.exists()
