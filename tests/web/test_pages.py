"""Every page of a case renders for every role in both languages, with constant queries."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.models import CaseEvent, FormSection
from shidian.core.rulebook.model import QuestionKind, StageKind
from tests.factories import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import Case
    from tests.factories import World

pytestmark = pytest.mark.rendering

STAGES = [
    StageKind.DRAFT,
    StageKind.ASSESSMENT,
    StageKind.NOTICE,
    StageKind.EVALUATION,
    StageKind.CLOSED,
]
LINK = re.compile(r'href="(/(?:cases|review|notices)/[^"#]*)"')


def people(world: World) -> list[Person]:
    return [
        world.signer,
        world.partner_drafter,
        world.case_officer["bureau"],
        world.signing_officer["finance"],
        world.experts[0].person,
        world.assessor,
        world.auditor,
        world.national,
    ]


def crawl(client: Client, files: set[str] | None = None) -> dict[str, str]:
    """Every page that one gets to from the desk, by its address.

    A file is fetched once, whatever the filters after it; one whose path is in `files` was before.
    """
    found: dict[str, str] = {}
    files = set() if files is None else files
    todo = [reverse("cases:desk"), reverse("cases:desk") + "?show=closed"]
    while todo:
        address = todo.pop()
        path = address.partition("?")[0]
        if address in found or path in files:
            continue
        answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        if answer.get("Content-Disposition"):
            files.add(path)
            continue
        found[address] = answer.content.decode()
        todo += [unescape(link) for link in LINK.findall(found[address])]
    return found


@pytest.mark.parametrize(
    ("kind", "each"),
    [
        *((kind, False) for kind in STAGES),
        pytest.param(StageKind.EVALUATION, True, marks=pytest.mark.prove),
    ],
)
def test_every_page_from_every_desk_renders_in_both_languages(
    kind: StageKind, each: bool, world: World, as_: Callable[..., Client]
) -> None:
    """In `make test` the one reads Chinese and the next English, at the next stage the other way."""
    Walk(world).to(kind)
    for turn, person in enumerate(people(world), start=STAGES.index(kind)):
        files: set[str] = set()  # every second person's are in English
        languages = ("zh-hans", "en") if turn % 2 else ("en", "zh-hans")
        read = {
            one: crawl(as_(person, one), files) for one in (languages if each else languages[:1])
        }
        assert len({frozenset(pages) for pages in read.values()}) == 1
        for html in read.get("zh-hans", {}).values():
            assert '<html lang="zh-Hans">' in html
        for html in read.get("en", {}).values():
            assert '<html lang="en">' in html
            assert "Skip to the content" in html


def visible_words(html: str) -> str:
    body = html.split("<body>")[1]
    body = re.sub(
        r"<(script|style|form class=\"language\").*?</(script|style|form)>",
        " ",
        body,
        flags=re.DOTALL,
    )
    return unescape(re.sub(r"<[^>]+>", " ", body))


ALLOWED_LATIN = {
    "chinesecalendar",
    "demo",
    "city",
    "PDF",
    "MiB",
    "SHA",
    "Alt",
    "Ctrl",
    "Enter",
    "cn",
    "working",
    "day",
    "N",
    "P",
    "r",
    "p",
}


def test_chinese_pages_have_no_stray_english(world: World, as_: Callable[..., Client]) -> None:
    """People and firms of this world bear Latin user names; all else is Chinese."""
    case = Walk(world).to(StageKind.EVALUATION)
    names = {part for person in people(world) for part in re.findall(r"[A-Za-z]+", str(person))}
    names |= {"Sign", "Case", "Bureau", "Finance", "Expert"}
    client = as_(world.case_officer["bureau"])
    for address in (
        reverse("cases:desk"),
        reverse("cases:case", args=[case.reference]),
        reverse("cases:act", args=[case.reference, "judge-promise"]),
        reverse("cases:act", args=[case.reference, "close"]),
    ):
        words = set(
            re.findall(
                r"(?<![\w-])[A-Za-z]{4,}(?![\w-])",
                visible_words(client.get(address).content.decode()),
            )
        )
        assert words <= names | ALLOWED_LATIN, (address, words - names)


def queries(client: Client, address: str) -> int:
    client.get(address)  # fills caches that live as long as the process
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["officer", "applicant", "auditor"])
def test_desk_takes_the_same_queries_for_one_case_and_three(
    who: str, world: World, as_: Callable[..., Client]
) -> None:
    person = {
        "officer": world.case_officer["bureau"],
        "applicant": world.signer,
        "auditor": world.auditor,
    }[who]
    Walk(world).to(StageKind.SCREENING)
    client = as_(person)
    one = queries(client, reverse("cases:desk"))
    for _ in range(2):
        Walk(world).to(StageKind.SCREENING)
    assert queries(client, reverse("cases:desk")) == one
    assert one <= 29


def test_desk_lists_no_case_of_a_stranger(world: World, as_: Callable[..., Client]) -> None:
    Walk(world, title="只属于我们").to(StageKind.SCREENING)
    assert "只属于我们" in as_(world.signer).get(reverse("cases:desk")).content.decode()
    assert "只属于我们" not in as_(world.rival_signer).get(reverse("cases:desk")).content.decode()


def test_case_page_hides_the_authorities_own_from_the_applicant(
    world: World, as_: Callable[..., Client]
) -> None:
    case = Walk(world).to(StageKind.ADMISSION)
    page = reverse("cases:case", args=[case.reference])
    officer = as_(world.case_officer["bureau"]).get(page).content.decode()
    applicant = as_(world.signer).get(page).content.decode()
    assert "理由充分" in officer
    assert "加权得分" in officer
    assert "理由充分" not in applicant
    assert "加权得分" not in applicant
    assert "Expert-0" not in applicant


def test_an_act_shows_its_effect_and_then_does_it(world: World, as_: Callable[..., Client]) -> None:
    case = Walk(world).to(StageKind.SCREENING)
    client = as_(world.case_officer["bureau"])
    address = reverse("cases:act", args=[case.reference, "request-information"])
    page = client.get(address).content.decode()
    assert "法律效力" in page
    assert CaseEvent.objects.filter(case=case, kind="request.opened").count() == 0
    answer = client.post(
        address, {"question": "请补充", "due_working_days": 5, "seq": case.last_seq}
    )
    assert answer["Location"] == reverse("cases:case", args=[case.reference])
    assert CaseEvent.objects.filter(case=case, kind="request.opened").count() == 1


def test_an_act_on_an_old_view_is_refused_with_what_to_do(
    world: World, as_: Callable[..., Client]
) -> None:
    case = Walk(world).to(StageKind.SCREENING)
    client = as_(world.case_officer["bureau"])
    address = reverse("cases:act", args=[case.reference, "request-information"])
    answer = client.post(
        address, {"question": "我的问题", "due_working_days": 5, "seq": case.last_seq - 1}
    )
    assert answer.status_code == 422
    assert "我的问题" in answer.content.decode()
    assert CaseEvent.objects.filter(case=case, kind="request.opened").count() == 0


def test_errors_are_summarised_and_linked_to_their_fields(
    world: World, as_: Callable[..., Client]
) -> None:
    case = Walk(world).to(StageKind.SCREENING)
    client = as_(world.case_officer["bureau"])
    address = reverse("cases:act", args=[case.reference, "request-information"])
    html = client.post(
        address, {"question": "", "due_working_days": 5, "seq": case.last_seq}
    ).content.decode()
    assert 'href="#id_question"' in html
    assert 'id="id_question"' in html


def save(client: Client, case: Case, section: str, base: int, **answers: str) -> object:
    address = reverse("cases:section", args=[case.reference, section])
    return client.post(address, {"base_version": base, "then": "list", **answers})


def test_two_who_save_at_once_see_both_versions_and_lose_nothing(
    world: World, as_: Callable[..., Client]
) -> None:
    case = Walk(world).to(StageKind.DRAFT)
    first, second = as_(world.signer), as_(world.drafter)
    save(first, case, "schedule", 0, milestones="签署人写的")
    answer = save(second, case, "schedule", 0, milestones="起草人写的")
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "签署人写的" in html
    assert "起草人写的" in html
    merged = save(second, case, "schedule", 1, milestones="合并的", **{"take-milestones": "yours"})
    assert merged.status_code == 302
    newest = FormSection.objects.filter(case=case, section="schedule").latest("version")
    assert (newest.version, newest.answers["milestones"]) == (2, "合并的")


def test_taking_the_other_version_keeps_it(world: World, as_: Callable[..., Client]) -> None:
    case = Walk(world).to(StageKind.DRAFT)
    save(as_(world.signer), case, "schedule", 0, milestones="甲")
    save(as_(world.drafter), case, "schedule", 1, milestones="乙", **{"take-milestones": "theirs"})
    newest = FormSection.objects.filter(case=case, section="schedule").latest("version")
    assert newest.answers["milestones"] == "甲"


def test_autosave_answers_with_the_state_and_the_next_version(
    world: World, as_: Callable[..., Client]
) -> None:
    case = Walk(world).to(StageKind.DRAFT)
    address = reverse("cases:section", args=[case.reference, "schedule"])
    client = as_(world.signer)
    answer = client.post(
        address, {"base_version": 0, "milestones": "自动"}, headers={"HX-Request": "true"}
    )
    html = answer.content.decode()
    assert "保存" in html
    assert 'value="1" hx-swap-oob="true"' in html
    assert "<html" not in html


def test_an_upload_of_the_wrong_kind_is_refused_and_the_rest_stays(
    world: World, as_: Callable[..., Client]
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    case = Walk(world).to(StageKind.DRAFT)
    address = reverse("cases:section", args=[case.reference, "compliance"])
    upload = SimpleUploadedFile("opinion.pdf", b"MZ not a pdf", content_type="application/pdf")
    page = as_(world.signer).get(address).content.decode()
    assert "不超过 20 MiB" in page
    answer = as_(world.signer).post(
        address, {"base_version": 0, "basis": "依据", "opinion": upload}
    )
    assert answer.status_code == 422
    assert "依据" in answer.content.decode()


def test_check_submit_and_receipt(world: World, as_: Callable[..., Client]) -> None:
    walk = Walk(world, at=timezone.now() - timedelta(days=3))
    walk.to(StageKind.DRAFT)
    client = as_(world.signer)
    check = reverse("cases:check", args=[walk.case.reference])
    missing = client.get(check).content.decode()
    assert "尚未填写" in missing or "还有" in missing
    walk.fill()
    seq = type(walk.case).objects.get(pk=walk.case.pk).last_seq
    shown = {"seq": seq, "sha256": filled_form(walk.case).sha256}
    unsigned = client.post(check, shown)
    assert unsigned.status_code == 422
    sent = client.post(check, {**shown, "declare": "on"})
    assert sent["Location"] == reverse("cases:receipt", args=[walk.case.reference])
    assert walk.case.reference in client.get(sent["Location"]).content.decode()


def test_a_text_that_changed_since_it_was_shown_is_shown_again_not_filed(
    world: World, as_: Callable[..., Client]
) -> None:
    walk = Walk(world, at=timezone.now() - timedelta(days=3))
    walk.to(StageKind.DRAFT)
    walk.fill()
    client = as_(world.signer)
    check = reverse("cases:check", args=[walk.case.reference])
    read = client.get(check).context["form"]
    shown = {"seq": read["seq"].value(), "sha256": read["sha256"].value(), "declare": "on"}
    rule = walk.case.rulebook.form[0]
    text = next(one.id for one in rule.questions if one.kind is QuestionKind.LONG)
    section = FormSection.objects.filter(case=walk.case, section=rule.id).latest("version")
    changed = {**section.answers, text: "改后的文字"}
    cases.save_section(
        case=walk.case,
        section=section.section,
        answers=changed,
        base_version=section.version,
        by=world.drafter,
    )

    sent = client.post(check, shown)

    assert sent["Location"] == check
    assert "又有改动" in client.get(check).content.decode()
    walk.case.refresh_from_db()
    assert walk.case.stage_rule.kind is StageKind.DRAFT
    with pytest.raises(DomainError) as refused:
        cases.submit_case(case=walk.case, by=world.signer, sha256=shown["sha256"])
    assert refused.value.code == "text-changed"
    again = client.get(check).context["form"]
    client.post(check, {**shown, "sha256": again["sha256"].value()})
    walk.case.refresh_from_db()
    assert walk.case.stage_rule.kind is not StageKind.DRAFT


def test_a_drafter_cannot_submit(world: World, as_: Callable[..., Client]) -> None:
    case = Walk(world).to(StageKind.DRAFT)
    check = reverse("cases:check", args=[case.reference])
    assert (
        as_(world.drafter).post(check, {"seq": case.last_seq, "declare": "on"}).status_code == 404
    )
    assert cases.is_editable(case)


def test_an_expert_sees_only_the_parties_before_declaring(
    world: World, as_: Callable[..., Client]
) -> None:
    walk = Walk(world, title="机密题目")
    walk.to(StageKind.SCREENING)
    walk.pass_screening()
    walk.form_panel()
    client = as_(world.experts[0].person)
    page = reverse("review:sheet", args=[walk.case.reference])
    before = client.get(page).content.decode()
    assert "机密题目" not in before
    assert str(world.lead) in before
    client.post(page, {"conflict": "no"})
    assert "机密题目" in client.get(page).content.decode()


def test_a_declared_conflict_takes_the_case_away(world: World, as_: Callable[..., Client]) -> None:
    walk = Walk(world, title="机密题目")
    walk.to(StageKind.SCREENING)
    walk.pass_screening()
    walk.form_panel()
    client = as_(world.experts[0].person)
    page = reverse("review:sheet", args=[walk.case.reference])
    assert client.post(page, {"conflict": "yes"}).status_code == 422
    client.post(page, {"conflict": "yes", "reason": "持股"})
    assert client.get(page).status_code == 404
    desk = client.get(reverse("cases:desk")).content.decode()
    assert walk.case.reference not in desk


def test_a_notice_is_previewed_before_it_is_public(
    world: World, as_: Callable[..., Client]
) -> None:
    walk = Walk(world)
    walk.to(StageKind.ASSESSMENT)
    walk.pass_assessment()
    case = walk.case
    client = as_(world.case_officer["bureau"])
    page = reverse("notices:open", args=[case.reference])
    text = {
        "title": "公示题目",
        "body": "公示正文",
        "title_en": "",
        "body_en": "",
        "seq": case.last_seq,
    }
    preview = client.post(page, {**text, "then": "preview"})
    assert "发布后不能更改" in preview.content.decode()
    assert not case.notices.exists()
    client.post(page, {**text, "then": "publish"})
    assert case.notices.get().body_zh == "公示正文"


def test_zero_is_an_answer(world: World, as_: Callable[..., Client]) -> None:
    case = Walk(world).to(StageKind.DRAFT)
    save(as_(world.signer), case, "scale", 0, **{"investors-max": "0", "losses-max": "0"})
    newest = FormSection.objects.filter(case=case, section="scale").latest("version")
    assert newest.answers == {"investors-max": 0, "losses-max": "0.00"}
