"""Officers see what the public sees before it does: field by field, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from shidian.apps.cases import domain as cases
from shidian.apps.notices.models import PublishedSnapshot
from shidian.apps.notices.redaction import leaks_in, parts_of
from shidian.apps.supervision.publish.preview import LINES_MAX, in_order_of, lines_of, previews_of
from shidian.core.rulebook.model import QuestionKind, StageKind
from tests.apps.supervision.things import run_outbox
from tests.factories import answer

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from tests.factories import Walk

SECRET = "内部算法阈值为零点七五，供应商为某某公司"
PHONE = "联系人王五，电话 13800138000"


def sign_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def filed(walk: Walk) -> Walk:
    """Filed with a secret in every answer that is not public."""
    walk.create()
    for section in walk.world.rulebook.form:
        answers = {}
        for one in section.questions:
            if one.kind is QuestionKind.FILE or not (one.required or one.plan):
                continue
            written = one.kind in (QuestionKind.SHORT, QuestionKind.LONG)
            answers[one.id] = SECRET if written and not one.public else answer(one)
        cases.save_section(
            case=walk.case,
            section=section.id,
            answers=answers,
            base_version=0,
            by=walk.world.signer,
            at=walk.tick(),
        )
    cases.submit_case(case=walk.case, by=walk.world.signer, at=walk.tick())
    return walk


def test_each_field_bears_the_rulebooks_flag_and_no_file_is_public(filed: Walk) -> None:
    flags = {
        (part.section.id, field.row.question.id): field.public
        for part in parts_of(filed.case)
        for field in part.fields
    }
    form = filed.world.rulebook.form
    assert flags == {
        (section.id, one.id): one.public and one.kind is not QuestionKind.FILE
        for section in form
        for one in section.questions
        if (section.id, one.id) in flags
    }
    assert set(flags.values()) == {True, False}


def test_full_and_public_text_stand_side_by_side_for_officers_alone(filed: Walk) -> None:
    page = reverse("supervision:public-view", args=[filed.case.reference])
    shown = sign_in(filed.officer).get(page).text
    withheld = sum(not field.public for part in parts_of(filed.case) for field in part.fields)
    assert shown.count("不公开</span></td>") == withheld
    assert shown.count(SECRET) == sum(
        field.row.text == SECRET for part in parts_of(filed.case) for field in part.fields
    )
    world = filed.world
    for other in (world.signer, world.rival_signer, world.outsider, world.experts[0].person):
        assert sign_in(other).get(page).status_code == 404, other


def test_a_text_that_gives_away_what_is_not_public_is_caught_before_it_is_out(
    filed: Walk,
) -> None:
    assert leaks_in("本项目运用人工智能，服务投资者。", filed.case) == []
    assert leaks_in(f"据申报，{SECRET}。", filed.case)
    spaced = "内部算法 阈值为零点七五，供应商为\n某某公司"
    assert leaks_in(spaced, filed.case)
    [personal] = leaks_in(PHONE, filed.case)
    assert personal.personal
    assert not personal.piece


def test_keys_in_another_order_are_no_change() -> None:
    now = [{"what": "a", "at": {"day": "1", "hour": "2"}}, {"what": "b", "who": "c"}]
    kept = [{"at": {"hour": "2", "day": "1"}, "what": "a"}, {"who": "c", "what": "b"}]
    assert lines_of(in_order_of(now, kept)) == lines_of(now)
    other = [{"at": {"hour": "3", "day": "1"}, "what": "a"}, {"who": "c", "what": "b"}]
    assert lines_of(in_order_of(now, other)) != lines_of(now)
    assert in_order_of(None, kept) == kept


def test_what_is_public_elsewhere_in_the_form_is_no_leak(filed: Walk) -> None:
    public = next(
        field.row.text
        for part in parts_of(filed.case)
        for field in part.fields
        if field.public and field.row.kind == "long"
    )
    assert leaks_in(str(public), filed.case) == []


def test_a_case_that_nobody_knows_of_has_no_page(filed: Walk) -> None:
    assert previews_of(filed.case, "zh") == []


def test_pages_are_previewed_by_the_builders_that_publish_and_nothing_is_written(
    walk: Walk,
) -> None:
    walk.to(StageKind.RUNNING)
    before = {one.kind: one for one in previews_of(walk.case, "en")}
    assert set(before) == {"case", "notice"}  # the outbox makes the pilot
    assert {one.version for one in before.values()} == {0}
    assert not PublishedSnapshot.objects.filter(kind__in=before).exists()
    run_outbox()
    walk.case.refresh_from_db()
    after = previews_of(walk.case, "en")
    assert {one.kind for one in after} == {"case", "notice", "pilot"}
    assert all(one.version and not one.changed for one in after)

    walk.case.title_zh = "改过的名称"
    walk.case.title_en = "Another title"
    walk.case.save()
    changed = {one.kind: one.changed for one in previews_of(walk.case, "en")}
    [title] = [one for one in changed["pilot"] if one.name == "title"]
    assert title.after == ["Another title"]
    assert title.before != title.after
    assert [one.name for one in changed["notice"]] == []  # its text is fixed
    page = reverse("supervision:public-view", args=[walk.case.reference])
    assert "改过的名称" in sign_in(walk.officer).get(page).text


def test_the_preview_of_a_notice_warns_its_officer(walk: Walk) -> None:
    walk.to(StageKind.NOTICE)
    page = reverse("notices:open", args=[walk.case.reference])
    with time_machine.travel(walk.tick(), tick=False):
        officer = sign_in(walk.officer)
        walk.case.refresh_from_db()
        text = {"title": "公示", "body": PHONE, "seq": walk.case.last_seq, "then": "preview"}
        text |= {"title_en": "", "body_en": ""}
        shown = officer.post(page, text).text
        assert "leaks-title" in shown
        assert reverse("supervision:public-view", args=[walk.case.reference]) in shown
        assert "leaks-title" not in officer.post(page, {**text, "body": "只有公开内容。"}).text


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("", []),
        (None, []),
        (True, ["✓"]),
        ([{"a": "x", "b": ["y", {"c": "z"}]}, "w"], ["x · y · z", "w"]),
        (["x"] * (LINES_MAX + 3), ["x"] * LINES_MAX + ["… +3"]),
    ],
)
def test_a_value_is_told_in_lines(value: object, lines: list[str]) -> None:
    assert lines_of(value) == lines
