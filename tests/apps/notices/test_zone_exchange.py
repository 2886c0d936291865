"""Each zone takes what the other sent, all of it or nothing, once; what is wrong is refused by name.

The other zone is made of the core alone here: its keys, its bundles, whatever it says in them.
"""

from __future__ import annotations

import base64
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.utils import timezone

from shidian import zone_keys
from shidian.apps.cases.errors import DomainError
from shidian.apps.notices import domain as notices
from shidian.apps.notices import inbox, search
from shidian.apps.notices.domain.snapshots import snapshot_digest
from shidian.apps.notices.models import (
    Comment,
    CommentState,
    PublishedCard,
    PublishedLeaf,
    PublishedSnapshot,
    PublishedText,
    SealedSubmission,
    SnapshotKind,
    Submission,
    ZoneBundle,
)
from shidian.apps.notices.zones import covered, sealing
from shidian.apps.notices.zones.duty import ZoneDuty
from shidian.apps.notices.zones.exchange import HEARTBEAT, Exchange
from shidian.apps.supervision.domain.complaints import answer_complaint
from shidian.apps.supervision.models import Complaint
from shidian.config import Settings
from shidian.core.bundle import BundleRefusal, Route, Zone
from shidian.core.bundle.manifest import Acknowledged
from shidian.core.bundle.sealing import seal
from shidian.core.rulebook.model import StageKind
from shidian.zone_keys import Card
from shidian_kit.wire import keys
from tests.apps.supervision.things import running_pilot
from tests.core.bundle.things import Sender

if TYPE_CHECKING:
    from pathlib import Path

    from tests.factories import Walk

IN = Route(Zone.PUBLIC, Zone.INTERNAL)


def config(home: Path, zone: str) -> Settings:
    return Settings(home=home, zone=zone, zone_in=home / "arrives", zone_out=home / "leaves")


def other_zone(found: Settings, *, made_at: datetime | None = None) -> Sender:
    """The zone on the other side, trusted here; what it sends arrives here."""
    zone = Zone(found.zone)
    other = zone_keys.OTHER[zone]
    own = zone_keys.own_card(found.keys, zone)
    sender = Sender(
        found.home / "theirs",
        found.home / "arrives",
        keys.key_id(own.key),
        Route(other, zone),
    )
    sealed = X25519PrivateKey.generate().public_key() if other is Zone.INTERNAL else None
    zone_keys.trust(found.keys, Card(other, sender.key.public_key(), sealed))
    return sender


def page(version: int = 1, text: str = "甲", **more: object) -> dict[str, object]:
    """A page as the internal zone sends it."""
    zh, en = {"slug": "c-1", "title": text}, {"slug": "c-1", "title": "A"}
    return {
        "what": "page",
        "kind": "call",
        "key": "c-1",
        "version": version,
        "zh": zh,
        "en": en,
        "digest": snapshot_digest(SnapshotKind.CALL, "c-1", version, zh, en),
        "published_at": "2026-03-02T09:30:00+08:00",
        "withdrawn_at": None,
        "current": True,
        **more,
    }


@pytest.fixture
def public(tmp_path: Path, db: None) -> Settings:
    return config(tmp_path, "public")


@pytest.fixture
def internal(tmp_path: Path, db: None) -> Settings:
    return config(tmp_path, "internal")


def receive(found: Settings) -> tuple[list[int], list[BundleRefusal]]:
    came = Exchange(found).receive(found.home / "arrives")
    return came.applied, [one.name for one in came.refused]


# The public zone takes what is published.


def test_a_page_comes_is_replaced_and_is_withdrawn(public: Settings) -> None:
    sender = other_zone(public)
    sender.send([page()])
    assert receive(public) == ([1], [])
    sender.send([page(current=False, zh={}, en={}), page(2, "乙方方案")])
    assert receive(public) == ([2], [])

    current = PublishedSnapshot.objects.current().get()
    assert (current.version, current.body_zh["title"]) == (2, "乙方方案")
    assert PublishedCard.objects.get().body_zh["title"] == "乙方方案"
    assert search.counts("乙方方案") == {"call": 1}
    assert PublishedSnapshot.objects.get(version=1).body_zh == {}

    gone = page(2, current=False, zh={}, en={}, withdrawn_at="2026-03-03T09:30:00+08:00")
    gone["digest"] = current.digest
    sender.send([gone])
    assert receive(public) == ([3], [])
    assert not PublishedSnapshot.objects.current().exists()
    assert search.counts("乙方方案") == {}
    assert not PublishedText.objects.exists()


def test_the_record_and_its_leaves_come_and_a_text_is_erased(public: Settings) -> None:
    sender = other_zone(public)
    data = base64.b64encode(b"tile").decode()
    leaf = {"what": "leaf", "index": 7, "page": ["call", "c-1", 1], "document": None}
    leaf |= {"salt": "ab", "erased_at": None, "ground": ""}
    sender.send(
        [
            {"what": "file", "path": "checkpoint", "data": data},
            {"what": "file", "path": "tile/0/000.p/8", "data": data},
            page(),
            leaf,
        ]
    )
    assert receive(public) == ([1], [])
    assert (public.record_tiles / "tile/0/000.p/8").read_bytes() == b"tile"
    assert PublishedLeaf.objects.get().snapshot == PublishedSnapshot.objects.get()

    erased = {"salt": "", "erased_at": "2026-03-03T09:30:00Z", "ground": "request"}
    sender.send([leaf | erased])
    assert receive(public) == ([2], [])
    assert PublishedLeaf.objects.get().erased_at is not None


@pytest.mark.parametrize(
    "item",
    [
        {"what": "file", "path": "../keys/zone.key", "data": ""},
        {"what": "file", "path": "/etc/passwd", "data": ""},
        {"what": "file", "path": "checkpoint", "data": "***"},
        page(zh={"title": "another text than the digest's"}),
        page(zh={}, en={}),
        page(kind="case-file"),
        page(more="member"),
        page(published_at="2026-03-02"),
        {"what": "case", "reference": "secret"},
        {"what": "leaf", "index": 1, "page": ["call", "unknown", 1], "document": None}
        | {"salt": "", "erased_at": None, "ground": ""},
        {},
    ],
)
def test_what_the_site_does_not_show_is_refused_with_all_that_came_with_it(
    public: Settings, item: dict[str, object]
) -> None:
    sender = other_zone(public)
    sender.send([page(), item])

    assert receive(public) == ([], [BundleRefusal.CONTENT])
    assert not PublishedSnapshot.objects.exists()
    assert not public.record_tiles.exists()


def test_another_text_under_a_known_version_is_refused(public: Settings) -> None:
    sender = other_zone(public)
    sender.send([page()])
    sender.send([page(text="丙")])

    assert receive(public) == ([1], [BundleRefusal.CONTENT])
    assert PublishedSnapshot.objects.get().body_zh["title"] == "甲"


def test_live_figures_are_refreshed_in_place(public: Settings) -> None:
    sender = other_zone(public)
    for number in (1, 2):
        zh = {"n": number}
        digest = snapshot_digest(SnapshotKind.FIGURES, "home", 1, zh, zh)
        sender.send([page(kind="figures", key="home", zh=zh, en=zh, digest=digest)])
    assert receive(public) == ([1, 2], [])

    assert PublishedSnapshot.objects.get().body_zh == {"n": 2}


def test_a_bundle_whose_parts_stop_anywhere_is_applied_once_when_they_are_there(
    public: Settings,
) -> None:
    sender = other_zone(public)
    manifest = sender.send([page(version, f"版{version}") for version in range(1, 6)])
    parts = sorted((public.home / "arrives").glob("*.[0-9][0-9][0-9][0-9]"))
    assert len(parts) == len(manifest.parts) > 5
    kept = {part: part.read_bytes() for part in parts}
    for part in parts:
        part.unlink()
    for part in parts:
        assert receive(public) == ([], [BundleRefusal.PART_MISSING])
        assert not PublishedSnapshot.objects.exists()
        part.write_bytes(kept[part])

    assert receive(public) == ([1], [])
    assert receive(public) == ([], [])
    assert PublishedSnapshot.objects.count() == 5
    assert not list((public.zone_spool / "in").iterdir())


def test_killed_while_applying_nothing_is_applied_and_then_all(
    public: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = other_zone(public)
    sender.send([page(), page(2, "乙")])
    with monkeypatch.context() as patch:
        patch.setattr(ZoneBundle.objects, "create", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            receive(public)
    assert not PublishedSnapshot.objects.exists()

    assert receive(public) == ([1], [])


def test_a_missing_number_stops_what_follows_until_it_comes(public: Settings) -> None:
    sender = other_zone(public)
    sender.send([page()])
    second = sender.make([page(2, "乙")])
    sender.send([page(3, "丙")])

    assert receive(public) == ([1], [BundleRefusal.NUMBER_MISSING])
    assert PublishedSnapshot.objects.current().get().version == 1
    sender.bring(second)
    assert receive(public) == ([2, 3], [])


def test_a_whole_bundle_goes_on_where_some_are_lost(public: Settings) -> None:
    sender = other_zone(public)
    sender.send([page()])
    sender.make([page(2, "乙")])
    sender.make([page(3, "丙")])
    sender.send([page(4, "丁")], whole=True)

    assert receive(public) == ([1, 4], [])


def test_an_older_bundle_of_the_trusted_key_is_refused(public: Settings, tmp_path: Path) -> None:
    sender = other_zone(public)
    sender.send([page()])
    sender.send([page(2, "乙")])
    assert receive(public) == ([1, 2], [])
    twin = Sender(tmp_path / "twin", sender.folder, sender.receiver, sender.route, sender.key)
    twin.send([page(1, "甲", withdrawn_at="2026-03-03T09:30:00+08:00")])

    assert receive(public) == ([], [BundleRefusal.OLDER])
    assert PublishedSnapshot.objects.current().get().version == 2


def test_a_wrong_key_and_a_foreign_zone_are_refused(public: Settings, tmp_path: Path) -> None:
    sender = other_zone(public)
    stranger = Sender(tmp_path / "s", sender.folder, sender.receiver, sender.route)
    manifest = stranger.send([page()])
    assert receive(public) == ([], [BundleRefusal.WRONG_KEY])
    for path in sender.folder.glob(f"{manifest.stem}*"):
        path.unlink()

    sender.receiver = "ed25519-" + "f" * 32
    sender.send([page()])
    assert receive(public) == ([], [BundleRefusal.FOREIGN_ZONE])
    assert not PublishedSnapshot.objects.exists()


def test_a_look_says_what_would_be_refused_and_takes_nothing(public: Settings) -> None:
    sender = other_zone(public)
    sender.send([page()])
    sender.make([])
    sender.send([page(2, "乙")])

    refused = Exchange(public).look(public.home / "arrives")
    assert [one.name for one in refused] == [BundleRefusal.NUMBER_MISSING]
    assert not PublishedSnapshot.objects.exists()


# What the public sends.


def as_public(monkeypatch: pytest.MonkeyPatch, found: Settings) -> None:
    monkeypatch.setattr(sealing, "settings", lambda: found)


def test_the_public_zone_keeps_a_submission_sealed_until_the_other_has_it(
    public: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = other_zone(public)
    as_public(monkeypatch, public)
    receipt = inbox.submit("complaint", about="P-2026-0001", content={"body": "被骗了三千元"})
    again = inbox.submit("complaint", about="P-2026-0001", content={}, receipt=receipt)
    assert again == receipt
    kept = [*SealedSubmission.objects.values(), *Submission.objects.values()]
    assert "被骗了" not in str(kept)
    assert receipt not in str(kept)
    assert inbox.is_on_its_way(receipt)

    exchange = Exchange(public)
    assert exchange.send(public.home / "leaves") == 1
    assert exchange.send(public.home / "leaves") is None
    mine = exchange.ours.get()
    assert list((public.home / "leaves").iterdir())
    sender.send([page()], acknowledges=Acknowledged(number=1, digest=mine.digest))
    assert receive(public) == ([1], [])

    assert not SealedSubmission.objects.exists()
    assert Submission.objects.get().state == "received"
    # What has been acknowledged goes; what acknowledges the other's is made.
    assert exchange.send(public.home / "leaves") == 2
    left = {path.name.partition(".")[0] for path in (public.home / "leaves").iterdir()}
    assert left == {"public-internal-00000002"}


def test_an_acknowledgement_of_another_bundle_lets_nothing_go(
    public: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = other_zone(public)
    as_public(monkeypatch, public)
    inbox.submit("complaint", about="P-2026-0001", content={"body": "x"})
    assert Exchange(public).send(public.home / "leaves") == 1
    sender.send([], acknowledges=Acknowledged(number=1, digest="0" * 64))
    sender.send([], acknowledges=Acknowledged(number=9, digest="0" * 64))

    assert receive(public) == ([1, 2], [])
    assert SealedSubmission.objects.count() == 1


def test_without_a_key_to_seal_to_nothing_is_taken(
    public: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_public(monkeypatch, public)
    with pytest.raises(DomainError) as refused:
        inbox.submit("complaint", about="P-2026-0001", content={"body": "x"})

    assert refused.value.code == "not-ready"
    assert not SealedSubmission.objects.exists()


def test_what_waits_for_the_other_zone_is_limited(
    public: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_zone(public)
    as_public(monkeypatch, public)
    monkeypatch.setattr(sealing, "WAITING_MAX", 1)
    inbox.submit("complaint", about="P-2026-0001", content={"body": "x"})

    with pytest.raises(DomainError) as refused:
        inbox.submit("complaint", about="P-2026-0002", content={"body": "y"})
    assert refused.value.code == "too-many"


def test_a_receipts_holder_may_say_little_more_before_the_other_zone_has_it(
    public: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_zone(public)
    as_public(monkeypatch, public)
    receipt = inbox.submit("complaint", about="P-2026-0001", content={"body": "x"})
    for _ in range(inbox.FOLLOW_UPS_MAX - 1):
        assert inbox.follow_up("complaint.escalation", receipt, {"text": "不服"})

    with pytest.raises(DomainError):
        inbox.follow_up("complaint.escalation", receipt, {"text": "不服"})


# The internal zone takes it.


def sealed(found: Settings, kind: str, about: str, receipt: str, **more: object) -> dict[str, str]:
    """As the public zone seals it."""
    said = {
        "kind": kind,
        "about": about,
        "receipt_sha256": inbox.receipt_sha256(receipt),
        "content": {"sealing_key": inbox.sealing_key(receipt)} | more.pop("content", {}),
        "proven": True,
        "at": more.pop("at", timezone.now()).isoformat(),
        **more,
    }
    key = zone_keys.sealing_key(found.keys).public_key()
    return {"what": "sealed", "sealed": seal(said, key)}


def comment_of(found: Settings, notice: str, receipt: str, body: str, **more: object):
    content = {"body": body, "name": "", "contact": "a@example.org", "receipt": receipt}
    return sealed(found, "comment", notice, receipt, content=content, **more)


RECEIPT = "C-2025-ABCD-EFGH-JKLM-NPQR-STUV"
LATER = "C-2025-ABCD-EFGH-JKLM-NPQR-STUW"


@pytest.fixture
def noticed(walk: Walk) -> Walk:
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    return walk


def test_a_comment_is_taken_as_sent_and_its_sender_learns_what_became_of_it(
    internal: Settings, noticed: Walk
) -> None:
    sender = other_zone(internal)
    notice = noticed.notice
    sent_at = noticed.tick()
    item = comment_of(internal, notice.slug, RECEIPT, "请说明赔付安排。", at=sent_at)
    with time_machine.travel(noticed.tick(), tick=False):
        sender.send([item, item], made_at=timezone.now())
        assert receive(internal) == ([1], [])

    comment = Comment.objects.get()
    assert (comment.body, comment.received_at) == ("请说明赔付安排。", sent_at)
    status = inbox.status_of(RECEIPT)
    assert status is not None
    assert status.state == "taken"
    notices.moderate_comment(
        comment=comment, state=CommentState.PUBLISHED, by=noticed.officer, at=noticed.tick()
    )
    assert inbox.status_of(RECEIPT).state == "published"
    notices.answer_comment(
        comment=comment, answer="已在规则中约定。", by=noticed.officer, at=noticed.tick()
    )
    assert inbox.status_of(RECEIPT).state == "answered"


def test_a_comment_of_the_last_minute_counts_though_it_comes_after_the_window(
    internal: Settings, noticed: Walk
) -> None:
    sender = other_zone(internal)
    notice = noticed.notice
    last = timezone.make_aware(datetime.combine(notice.closes_on, time.max))
    in_time = comment_of(internal, notice.slug, RECEIPT, "最后一分钟", at=last)
    late = comment_of(internal, notice.slug, LATER, "迟到", at=last + timedelta(seconds=1))
    with time_machine.travel(last + timedelta(minutes=5), tick=False):
        sender.send([in_time, late], made_at=timezone.now())
        assert receive(internal) == ([1], [])

    assert Comment.objects.get().body == "最后一分钟"
    refused = inbox.status_of(LATER)
    assert refused is not None
    assert refused.state == "refused"
    assert "公示已于" in refused.answer
    assert "The window closed" in refused.answer


def test_a_complaint_is_taken_answered_and_its_status_goes_out(
    internal: Settings, walk: Walk
) -> None:
    sender = other_zone(internal)
    pilot = running_pilot(walk)
    receipt = inbox.new_receipt()
    content = {"category": "loss", "channel": "institution", "body": "客服拒绝退款", "contact": ""}
    content["share_contact"] = False
    item = sealed(internal, "complaint", pilot.public_id, receipt, content=content)
    sender.send([item, item], made_at=timezone.now())
    assert receive(internal) == ([1], [])

    complaint = Complaint.objects.get()
    assert complaint.body == "客服拒绝退款"
    assert inbox.status_of(receipt).state == "forwarded"
    answer_complaint(complaint=complaint, by=walk.world.signer, text="已退款")
    assert inbox.status_of(receipt).answer == "已退款"
    further = sealed(
        internal, "complaint.escalation", pilot.public_id, receipt, content={"text": "不服"}
    )
    sender.send([further], made_at=timezone.now())
    assert receive(internal) == ([2], [])
    assert inbox.status_of(receipt).state == "escalated"

    Exchange(internal).send(internal.home / "leaves")
    sent = b"".join(path.read_bytes() for path in (internal.home / "leaves").iterdir()).decode()
    assert '"state":"escalated"' in sent
    assert "已退款" not in sent


def test_a_time_after_the_bundle_is_not_believed(internal: Settings, noticed: Walk) -> None:
    sender = other_zone(internal)
    made_at = noticed.tick()
    item = comment_of(
        internal, noticed.notice.slug, RECEIPT, "意见", at=made_at + timedelta(days=300)
    )
    with time_machine.travel(made_at + timedelta(minutes=1), tick=False):
        sender.send([item], made_at=made_at)
        assert receive(internal) == ([1], [])

    assert Comment.objects.get().received_at == made_at


def test_a_notice_is_not_left_while_comments_may_be_on_their_way(
    internal: Settings, noticed: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = other_zone(internal)
    monkeypatch.setattr(covered, "settings", lambda: internal)
    noticed.sleep(14)
    noticed.drill_exit()
    with pytest.raises(DomainError) as refused:
        noticed.advance("公示无异议")
    assert refused.value.code == "comments-on-their-way"

    sender.send([], made_at=noticed.at)
    assert receive(internal) == ([1], [])
    noticed.advance("公示无异议")
    assert noticed.case.stage != "notice"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"receipt": "C-2025-7K3M-9QWD"},
        {"receipt": LATER},
        {"receipt": RECEIPT, "body": ""},
        {"receipt": RECEIPT, "body": "x" * 5_001},
        {"receipt": RECEIPT, "body": "x", "name": "n" * 101},
        {"receipt": RECEIPT, "sealing_key": "AAAA"},
        {"receipt": RECEIPT, "sealing_key": "不是密钥"},
    ],
)
def test_what_a_broken_public_zone_makes_up_is_refused_and_stops_nothing(
    internal: Settings, noticed: Walk, content: dict[str, str]
) -> None:
    sender = other_zone(internal)
    notice = noticed.notice.slug
    content = {"body": "意见", "name": "", "contact": "", **content}
    wrong = sealed(internal, "comment", notice, RECEIPT, content=content, at=noticed.tick())
    right = comment_of(internal, notice, LATER, "好的", at=noticed.at)
    with time_machine.travel(noticed.tick(), tick=False):
        sender.send([wrong, right], made_at=timezone.now())
        assert receive(internal) == ([1], [])

    assert Comment.objects.get().body == "好的"
    assert inbox.status_of(RECEIPT).state == "refused"


def test_what_cannot_be_read_is_counted_and_stops_nothing(
    internal: Settings, noticed: Walk
) -> None:
    sender = other_zone(internal)
    stranger = X25519PrivateKey.generate().public_key()
    own = zone_keys.sealing_key(internal.keys).public_key()
    right = comment_of(internal, noticed.notice.slug, RECEIPT, "意见", at=noticed.tick())
    spoiled = [
        {"what": "sealed", "sealed": seal({"kind": "comment"}, stranger)},
        {"what": "sealed", "sealed": seal({"kind": "comment"}, own)},
        {"what": "sealed", "sealed": right["sealed"][:-4] + "AAAA"},
        {"what": "sealed"},
        {"what": "page"},
    ]
    with time_machine.travel(noticed.tick(), tick=False):
        sender.send([*spoiled, right], made_at=timezone.now())
        assert receive(internal) == ([1], [])

    assert Comment.objects.count() == 1
    assert ZoneBundle.objects.get(is_ours=False).unread == len(spoiled)


def test_an_unknown_kind_is_refused(internal: Settings) -> None:
    sender = other_zone(internal)
    sender.send([sealed(internal, "petition", "x", RECEIPT)], made_at=timezone.now())

    assert receive(internal) == ([1], [])
    assert inbox.status_of(RECEIPT).state == "refused"


# What the internal zone sends.


def test_what_did_not_change_is_not_sent_again(internal: Settings) -> None:
    other_zone(internal)
    exchange, out = Exchange(internal), internal.home / "leaves"
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="c-1", zh={"slug": "c"}, en={"slug": "c"})
    assert exchange.send(out) == 1
    assert exchange.send(out) is None
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="c-2", zh={"slug": "d"}, en={"slug": "d"})
    assert exchange.send(out) == 2
    assert exchange.ours.get(number=2).items == 1
    notices.withdraw_snapshot(kind=SnapshotKind.CALL, key="c-1")
    assert exchange.send(out) == 3

    assert exchange.send_whole(out, after=40) == 41
    assert exchange.ours.first().items == 2


def test_a_sign_of_life_is_sent_where_there_is_nothing_to_say(internal: Settings) -> None:
    other_zone(internal)
    exchange, out = Exchange(internal), internal.home / "leaves"
    assert exchange.send(out) == 1
    with time_machine.travel(timezone.now() + HEARTBEAT, tick=False):
        assert exchange.send(out) == 2
        assert exchange.send(out) is None


def test_two_zones_do_not_acknowledge_each_others_acknowledgements(internal: Settings) -> None:
    sender = other_zone(internal)
    duty = ZoneDuty(internal)
    duty.run()
    sender.send([], made_at=timezone.now())
    duty.run()
    duty.run()

    assert ZoneBundle.objects.filter(is_ours=True).count() == 1


def test_interrupted_while_bringing_it_goes_on(internal: Settings) -> None:
    other_zone(internal)
    out = internal.home / "leaves"
    exchange = Exchange(internal, part_bytes=100)
    zh = {"slug": "c-1", "text": "文" * 300}
    notices.publish_snapshot(kind=SnapshotKind.CALL, key="c-1", zh=zh, en=zh)
    assert exchange.send(out) == 1
    names = {path.name: path.read_bytes() for path in out.iterdir()}
    assert len(names) > 10
    for stop in range(len(names)):
        for path in out.iterdir():
            path.unlink()
        step = exchange.bring(out)
        for _ in range(stop):
            next(step)
        step.close()
        assert exchange.send(out) is None
        assert {path.name: path.read_bytes() for path in out.iterdir()} == names


def test_withdrawn_and_sealed_texts_do_not_leave(internal: Settings) -> None:
    """What the site does not show now never comes to the public zone."""
    other_zone(internal)
    for key, secret in (("c-1", "撤回的内容"), ("c-2", "留下的内容")):
        zh = {"slug": key, "text": secret}
        notices.publish_snapshot(kind=SnapshotKind.CALL, key=key, zh=zh, en=zh)
    notices.withdraw_snapshot(kind=SnapshotKind.CALL, key="c-1")
    Exchange(internal).send(internal.home / "leaves")

    sent = b"".join(path.read_bytes() for path in (internal.home / "leaves").iterdir()).decode()
    assert "留下的内容" in sent
    assert "撤回的内容" not in sent
