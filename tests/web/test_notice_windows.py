"""A notice's window made longer, its text replaced, its comments summed up: through the pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.urls import reverse

from shidian.apps.notices import domain as notices
from shidian.apps.notices.models import CommentState, Notice
from shidian.core.rulebook.model import StageKind
from tests.apps.supervision.things import run_outbox
from tests.browser import Visitor, build_home, serve
from tests.factories import Walk
from tests.web.seed import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.test import Client
    from playwright.sync_api import Browser

    from tests.factories import World


@pytest.fixture
def noticed(world: World) -> Iterator[Walk]:
    walk = Walk(world)
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    run_outbox()
    with time_machine.travel(walk.tick(), tick=False):
        yield walk


def public(client: Client, slug: str) -> str:
    run_outbox()
    return client.get(reverse("notice", args=[slug]), headers={"accept-language": "en"}).text


def test_the_public_reads_the_new_last_day_and_why(
    noticed: Walk, as_: Callable[..., Client], client: Client
) -> None:
    officer, case = as_(noticed.officer), noticed.case
    page = reverse("notices:extend", args=[case.reference])
    assert as_(noticed.world.signer).get(page).status_code == 404
    assert page in officer.get(reverse("cases:case", args=[case.reference])).text
    last = noticed.notice.closes_on
    form = {"seq": case.last_seq, "reason": "来信较多", "reason_en": "Many letters came in"}
    assert "more days" in public(client, noticed.notice.slug)

    early = officer.post(page, {**form, "until": str(last)})
    assert early.status_code == 422
    assert Notice.objects.get().closes_on == last
    officer.post(page, {**form, "until": str(last + timedelta(days=30))})

    shown = public(client, noticed.notice.slug)
    assert "Many letters came in" in shown
    assert "The time was extended" in shown
    assert Notice.objects.get().closes_on == last + timedelta(days=30)
    assert (
        "Public notice extended"
        in client.get(
            reverse("case-timeline", args=[case.reference]), headers={"accept-language": "en"}
        ).text
    )


def test_a_replaced_text_is_read_where_it_was_and_leads_to_the_new_one(
    noticed: Walk, as_: Callable[..., Client], client: Client
) -> None:
    first, case = noticed.notice, noticed.case
    comment = notices.receive_comment(notice=first, body="对原文的意见")
    notices.moderate_comment(comment=comment, state=CommentState.PUBLISHED, by=noticed.officer)
    officer, page = as_(noticed.officer, "en"), reverse("notices:open", args=[case.reference])
    case.refresh_from_db()
    text = {"title": first.title_zh, "body": "规模改为五十人", "seq": case.last_seq}
    text |= {"title_en": "", "body_en": "", "change": "缩小规模", "change_en": "A smaller scale"}
    assert "Publish another text" in officer.get(page).text
    assert officer.post(page, {**text, "change": "", "then": "preview"}).status_code == 422
    assert "A smaller scale" in officer.post(page, {**text, "then": "preview"}).text
    assert Notice.objects.count() == 1

    officer.post(page, {**text, "then": "publish"})

    second = Notice.objects.get(version=2)
    old, new = public(client, first.slug), public(client, second.slug)
    assert "This text was replaced by text 2." in old
    assert "对原文的意见" in old
    assert first.sha256[:16] in old
    assert 'name="step"' not in old
    assert "A smaller scale" in new
    assert "对原文的意见" not in new
    assert reverse("notice", args=[first.slug]) in new
    late = client.post(reverse("notice", args=[first.slug]), {"body": "x", "step": "preview"})
    assert 'name="sending"' not in late.text


def test_what_was_made_of_the_comments_is_said_once_the_time_is_over(
    noticed: Walk, as_: Callable[..., Client], client: Client
) -> None:
    page = reverse("notices:summary", args=[noticed.case.reference])
    assert as_(noticed.world.signer).get(page).status_code == 404
    said = {"text": "共收到意见一条，已采纳。", "text_en": "One comment came in and was taken up."}
    assert as_(noticed.officer).post(page, said).status_code == 422
    noticed.sleep(14)
    with time_machine.travel(noticed.tick(), tick=False):
        as_(noticed.officer).post(page, said)
        shown = public(client, noticed.notice.slug)
    assert "One comment came in and was taken up." in shown
    assert "What was made of the comments" in shown


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "width", "dark"),
    [("en", 360, True), pytest.param("zh-hans", 1440, False, marks=pytest.mark.prove)],
)
def test_the_pages_are_accessible_and_fit(
    tmp_path: Path, browser: Browser, language: str, width: int, dark: bool
) -> None:
    home = build_home(tmp_path / "home", seed="tests.web.notice_seed:seed")
    with serve(home) as site:
        visitor = Visitor(browser, site.url, language=language, width=width, dark=dark)
        visitor.sign_in("case-bureau", PASSWORD)
        visitor.open("/cases/queue/?state=all")
        case = visitor.page.get_attribute("main a[href^='/cases/demo']", "href")
        visitor.open(str(case))
        ways = visitor.page.eval_on_selector_all(
            "a[href^='/notices/']", "all => all.map(one => one.getAttribute('href'))"
        )
        assert {one.split("/")[-2] for one in ways} == {"extend", "open", "summary"}
        for way in dict.fromkeys(ways):
            visitor.open(way)
            assert visitor.fits(), way
            visitor.check_accessible()
        visitor.check_clean()
        visitor.close()
