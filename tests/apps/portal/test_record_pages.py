"""The public record on the site: its files as others read them, its leaves, a badge on each page."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases import outbox
from shidian.apps.notices import domain as notices
from shidian.apps.notices.models import (
    CommentState,
    ErasureGround,
    PublishedLeaf,
    PublishedSnapshot,
    SnapshotKind,
)
from shidian.apps.portal import record_log
from shidian.apps.record.domain import erase_text
from shidian.apps.record.models import LeafRow
from shidian.config import settings
from shidian.core.record.leaf import decode
from shidian.core.record.notary import Notary
from shidian.core.record.reader import LogReader
from shidian.core.record.verify import verify_log
from shidian.core.rulebook.model import StageKind
from shidian_kit.wire.commitment import commit
from shidian_kit.wire.policy import parse_policy
from shidian_kit.wire.proof import verify_proof
from tests.apps.record.things import LocalNotary, feed, row_of
from tests.apps.supervision.things import run_outbox
from tests.factories import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.django_db, pytest.mark.rendering]


@pytest.fixture
def notary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalNotary]:
    """A real notary, whose log the site shows."""
    here = settings().model_copy(update={"home": tmp_path})
    monkeypatch.setattr(record_log, "settings", lambda: here)
    with Notary(here.record, here.record_origin) as notary:
        yield LocalNotary(notary)


@pytest.fixture
def recorded(walk: Walk, notary: LocalNotary) -> Walk:
    """A pilot that runs, with all its pages on record, and a case turned away unseen."""
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    comment = notices.receive_comment(notice=walk.notice, body="我有异议", at=walk.tick())
    notices.moderate_comment(
        comment=comment, state=CommentState.PUBLISHED, by=walk.officer, at=walk.tick()
    )
    notices.answer_comment(comment=comment, answer="已研究", by=walk.officer, at=walk.tick())
    walk.sleep(14)
    walk.advance("公示无异议")
    walk.admit()
    refused = Walk(walk.world, title="未公开的申请")
    refused.to(StageKind.SCREENING)
    cases.reject_case(case=refused.case, reason="不符合", by=refused.officer, at=refused.tick())
    run_outbox()
    run_outbox()
    feed_all(notary)
    return walk


@pytest.fixture
def few(db: None, notary: LocalNotary) -> LocalNotary:
    """Two pages on record, one of them quoting a comment, and something that nobody may know."""
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="one", zh={"a": 1}, en={"a": 1})
    quoting = {"comments": [{"text": "我有异议"}]}
    notices.publish_snapshot(kind=SnapshotKind.NOTICE, key="n-1", zh=quoting, en=quoting)
    outbox.put("record.leaf", {"kind": "secret", "what": "未公开"})
    feed_all(notary)
    return notary


def feed_all(notary: LocalNotary) -> None:
    """Past the next slot."""
    feed(notary, slot_s=1)
    feed(notary, slot_s=1, now=timezone.now() + timedelta(seconds=2))
    assert not LeafRow.objects.filter(index=None).exists()


def page(path: str, language: str = "en") -> str:
    client = Client()
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_before_the_first_checkpoint_the_pages_say_so(db, monkeypatch, tmp_path):
    here = settings().model_copy(update={"home": tmp_path})
    monkeypatch.setattr(record_log, "settings", lambda: here)
    assert "The log begins when" in page("/record/")
    assert "The log begins when" in page("/record/verify/")
    assert Client().get("/record/leaves/0/").status_code == 404
    assert Client().get("/record/log/checkpoint").status_code == 404


def test_an_empty_log_has_a_checkpoint_and_no_leaf(db, notary):
    assert "The first public act will be the first leaf" in page("/record/")
    assert Client().get("/record/leaves/0/").status_code == 404


def test_what_the_site_serves_is_a_log_that_verifies(few):
    """Fetched file by file through the site, as a stranger's verifier does."""
    client = Client()

    def fetch(path: str, bytes_max: int) -> bytes | None:
        answer = client.get(f"/record/log/{path}")
        return answer.content if answer.status_code == 200 else None

    policy = parse_policy(client.get("/record/log/policy").content.decode())
    verified = verify_log(LogReader(fetch), policy)
    assert verified.checkpoint.size == LeafRow.objects.count()


def test_files_have_their_types_and_times(few):
    size = record_log.checkpoint().size
    assert size < 256
    for path, kind, cached in (
        ("checkpoint", "text/plain; charset=utf-8", "no-cache"),
        ("policy", "text/plain; charset=utf-8", "no-cache"),
        (f"tile/entries/000.p/{size}", "application/octet-stream", "immutable"),
        (f"tile/0/000.p/{size}", "application/octet-stream", "immutable"),
    ):
        answer = Client().get(f"/record/log/{path}")
        assert answer.status_code == 200, path
        assert answer["Content-Type"] == kind
        assert cached in answer["Cache-Control"]
        assert answer["Access-Control-Allow-Origin"] == "*"


def test_nothing_else_of_the_disk_is_served(few):
    for path in (
        "../signer/log-1.key",
        "tile/../../signer/state.sqlite3",
        "%2e%2e/signer/log-1.key",
        "signer/log-1.key",
        "tile/0/",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/1",
        "tile/entries/999",
        "checkpoint/",
        "notary.sock",
    ):
        assert Client().get(f"/record/log/{path}").status_code == 404, path


def test_every_published_page_names_its_leaf_and_the_leaf_its_text(recorded, notary):
    from shidian.apps.portal.addresses import address
    from shidian.apps.portal.snapshots import Named

    shown = PublishedSnapshot.objects.current().exclude(kind=SnapshotKind.FIGURES)
    assert {one.kind for one in shown} >= {"call", "notice", "pilot", "case", "rulebook", "scheme"}
    for snapshot in shown:
        leaf = PublishedLeaf.objects.get(snapshot=snapshot)
        at = address(Named(snapshot.kind, snapshot.key))
        assert f"/record/verify/?leaf={leaf.index}" in page(at), at
        client = Client()
        data = client.get(reverse("record-leaf-json", args=[leaf.index])).content
        text = client.get(reverse("record-text", args=[leaf.index])).content
        members = decode(data)
        if members.commitment:
            salt = bytes.fromhex(
                client.get(reverse("record-salt", args=[leaf.index])).content.decode()
            )
            assert members.commitment == commit(salt, text)
        else:
            assert members.text_sha256 == "sha256:" + hashlib.sha256(text).hexdigest()
        proof = client.get(reverse("record-proof", args=[leaf.index])).content
        policy = parse_policy(
            "\n".join(f"log {key}" for key in record_log.trusted_keys()) + "\nquorum none\n"
        )
        assert verify_proof(proof, data, policy).checkpoint.size == LeafRow.objects.count()


def test_the_list_and_each_leaf_tell_nothing_restricted(recorded):
    secrets = ["未公开的申请", "不符合", "我有异议"]
    size = record_log.checkpoint().size
    paths = ["/record/", *(f"/record/leaves/{index}/" for index in range(size))]
    everything = "".join(page(path, "zh-hans") for path in paths)
    for secret in secrets:
        assert secret not in everything
    restricted = row_of("case.closed")
    assert f"case/{restricted.outbox.case.reference}" not in everything
    for route in ("record-text", "record-salt"):
        assert Client().get(reverse(route, args=[restricted.index])).status_code == 404
    assert "The matter is not public" in page(f"/record/leaves/{restricted.index}/")


def test_the_list_asks_as_often_for_many_leaves_as_for_few(few, django_assert_num_queries):
    client = Client()
    client.get("/record/")
    with django_assert_num_queries(1):
        client.get("/record/")
    for number in range(120):
        notices.publish_snapshot(
            kind=SnapshotKind.CALL, key=f"c{number}", zh={"n": number}, en={"n": number}
        )
    feed(few, slot_s=1)
    with django_assert_num_queries(1):
        answer = client.get("/record/?page=2")
    assert answer.content.decode().count("/record/leaves/") == 50


def test_odd_addresses_are_not_found(few):
    for path in (
        "/record/leaves/99999/",
        "/record/leaves/007/",
        "/record/leaves/-1/",
        "/record/leaves/9999999999999999999999/",
        "/record/verify/?leaf=99999",
        "/record/verify/?leaf=x",
        "/record/verify/?leaf=٣",
        "/record/verify/?leaf=99999999999999999999999",
        "/record/leaves/99999/leaf.tlog-proof",
    ):
        assert Client().get(path).status_code == 404, path
    assert "/record/leaves/0/" in page("/record/?page=zzz")


def test_a_text_that_was_erased_is_gone_and_its_leaf_stands(few):
    leaf = PublishedSnapshot.objects.of("notice").get().leaf
    address = reverse("record-text", args=[leaf.index])
    assert Client().get(address).status_code == 200
    bare = {"comments": []}
    notices.publish_snapshot(kind=SnapshotKind.NOTICE, key="n-1", zh=bare, en=bare)
    done = erase_text(
        row=LeafRow.objects.get(index=leaf.index),
        ground=ErasureGround.REQUEST,
        reason="王小明来电要求删除",
        by="chen",
    )
    assert Client().get(address).status_code == 404
    assert Client().get(reverse("record-salt", args=[leaf.index])).status_code == 404
    for language, words in (
        ("en", ("was erased", "the person concerned asked for it")),
        ("zh-hans", ("随机数已删除", "当事人要求删除")),
    ):
        told = page(f"/record/leaves/{leaf.index}/", language)
        for one in (*words, f"{timezone.localtime(done.at):%H:%M}"):
            assert one in told
        for secret in ("我有异议", "王小明", "chen"):
            assert secret not in told
    assert "我有异议" not in str(list(PublishedSnapshot.objects.values("body_zh", "body_en")))
    test_what_the_site_serves_is_a_log_that_verifies(few)


def test_what_was_taken_off_the_site_is_not_shown_by_way_of_the_record(few):
    call = PublishedSnapshot.objects.of("call").get()
    index = call.leaf.index
    notices.withdraw_snapshot(kind=SnapshotKind.CALL, key=call.key)
    feed(few, slot_s=1)
    assert Client().get(reverse("record-text", args=[index])).status_code == 404
    assert "taken off this site" in page(f"/record/leaves/{index}/")
    gone = row_of("page.withdrawn")
    assert Client().get(reverse("record-text", args=[gone.index])).status_code == 200


def test_an_older_page_that_quoted_a_comment_cannot_be_read_again(few):
    old = PublishedSnapshot.objects.of("notice").get()
    assert old.leaf.salt
    bare = {"comments": []}
    notices.publish_snapshot(kind=SnapshotKind.NOTICE, key="n-1", zh=bare, en=bare)
    feed(few, slot_s=1)
    for route in ("record-text", "record-salt"):
        assert Client().get(reverse(route, args=[old.leaf.index])).status_code == 404
    assert "newer version" in page(f"/record/leaves/{old.leaf.index}/")


def test_a_page_not_yet_on_the_log_says_that_it_is_on_its_way(world, notary):
    run_outbox()
    assert "On its way to the public record" in page(f"/calls/{world.call.slug}/")


def test_a_leafs_page_shows_its_json_as_it_stands(few):
    row = row_of("page.published", page="call")
    shown = page(f"/record/leaves/{row.index}/")
    for value in json.loads(bytes(row.leaf)).values():
        assert str(value) in shown
