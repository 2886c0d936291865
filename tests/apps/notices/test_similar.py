"""Similar projects: what is about like things comes first; only what is published is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shidian.apps.cases.search import tokens_of
from shidian.apps.notices.domain import publish_snapshot, withdraw_snapshot
from shidian.apps.notices.models import SnapshotKind
from shidian.apps.notices.similar import SHELF, projects_like
from shidian.apps.notices.similarity import Corpus
from shidian.core.rulebook.model import StageKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tests.factories import Walk, World

JUDGED = {
    "default": (
        "利用机器学习模型对信用债发行人违约概率进行预警，提示持仓风险。",
        "基于财务数据与舆情的债券违约早期预警系统，每日更新评分。",
        "A model that warns of bond issuers about to default, from accounts and news.",
        "Early warning of credit default for bonds held by funds, scored each day.",
    ),
    "advice": (
        "面向普通投资者的智能投顾，根据风险承受能力推荐基金组合并自动再平衡。",
        "买方投顾组合服务：算法生成资产配置建议，人工复核后发送客户。",
        "Robo-advice that recommends fund portfolios to retail investors and rebalances.",
        "Automated portfolio advice for clients by their tolerance of risk.",
    ),
    "settlement": (
        "基于联盟链的债券登记与清算，实现券款对付的实时结算。",
        "分布式账本上的证券结算设施，缩短交收周期。",
        "A distributed ledger on which bonds are registered and settled at once.",
        "Delivery against payment on a shared ledger for securities settlement.",
    ),
    "privacy": (
        "用隐私计算在券商之间联合识别异常交易账户，原始数据不出域。",
        "多方安全计算支持的反洗钱黑名单共享，保护客户隐私。",
        "Secure multi-party computation that lets brokers find suspicious accounts jointly.",
        "Sharing of anti-money-laundering lists between firms without showing raw data.",
    ),
    "service": (
        "智能语音客服识别方言，支持查询与撤单，买入需人工复核。",
        "客服机器人回答开户与交易规则问题，复杂问题转人工。",
        "A voice assistant for customer service that understands dialects.",
        "A chat bot answers clients' questions on opening accounts and passes hard ones on.",
    ),
    "record": (
        "将客户适当性材料以电子存证方式上链保存，代替纸质留痕。",
        "电子化业务凭证留存与核验平台，可供监管查验。",
        "Electronic records of suitability documents kept on chain in place of paper.",
        "Platform that keeps and verifies electronic vouchers of business for inspection.",
    ),
}
TEXTS = {(theme, at): text for theme, texts in JUDGED.items() for at, text in enumerate(texts)}


def same_language(at: int) -> set[int]:
    return {0, 1} if at < 2 else {2, 3}


def test_of_judged_texts_the_one_on_the_same_matter_is_among_the_first_three() -> None:
    """One sentence each, and one other on the same matter in its language: harder than in life."""
    corpus = Corpus({key: tokens_of([text]) for key, text in TEXTS.items()})
    first = among = 0
    for (theme, at), text in TEXTS.items():
        found = [key for key, _ in corpus.like(tokens_of([text]), 4) if key != (theme, at)]
        wanted = {(theme, other) for other in same_language(at) - {at}}
        first += bool(wanted & set(found[:1]))
        among += bool(wanted & set(found))

    assert among >= 20, f"{among} of {len(TEXTS)}"
    assert first >= 14, f"{first} of {len(TEXTS)}"


def test_an_everyday_text_is_like_none_of_them() -> None:
    corpus = Corpus({key: tokens_of([text]) for key, text in TEXTS.items()})

    assert corpus.like(tokens_of(["今天天气晴朗，午饭吃面条。"]), 3) == []
    assert corpus.like(tokens_of(["!?"]), 3) == []
    assert Corpus({}).like(tokens_of(["债券"]), 3) == []


TOKENS = st.sets(st.sampled_from([f"w{letter}" for letter in "bcdefghijkl"]), max_size=8)


@given(st.dictionaries(st.integers(0, 50), TOKENS, min_size=1, max_size=12), TOKENS)
def test_likeness_is_a_share_falls_along_the_list_and_is_whole_for_the_same(
    texts: dict[int, set[str]], asked: set[str]
) -> None:
    corpus = Corpus(texts)
    found = corpus.like(asked, 100)
    shares = [share for _, share in found]

    assert all(0 < share <= 1 + 1e-9 for share in shares)
    assert shares == sorted(shares, reverse=True)
    for key, share in found:
        assert texts[key] & asked
        if texts[key] == asked:
            assert share == pytest.approx(1)


@pytest.fixture
def published(world: World) -> Iterator[None]:
    SHELF.clear()
    for number, text in enumerate(TEXTS.values()):
        body = {
            "public_id": f"P-2026-{number:04d}",
            "case": f"case-{number}",
            "title": f"项目{number}",
            "lead": "示范证券",
            "state": "running",
            "state_label": "运行中",
            "what": [text],
        }
        publish_snapshot(kind=SnapshotKind.PILOT, key=body["public_id"], zh=body, en=body)
    yield
    SHELF.clear()


@pytest.mark.usefixtures("published")
def test_what_is_published_is_found_and_what_is_withdrawn_is_not() -> None:
    def keys(**more: str) -> list[str]:
        return [card.key for card, _ in projects_like(["债券违约预警模型"], **more)]

    assert set(keys()[:2]) == {"P-2026-0000", "P-2026-0001"}
    assert "P-2026-0000" not in keys(leave_out="case-0")
    withdraw_snapshot(kind=SnapshotKind.PILOT, key="P-2026-0000")
    assert "P-2026-0000" not in keys()


@pytest.mark.usefixtures("published")
def test_a_project_on_notice_that_became_a_pilot_is_told_once() -> None:
    body = {
        "slug": "n-1",
        "case": "case-0",
        "title": "公示",
        "lead": "",
        "text": TEXTS["default", 0],
    }
    publish_snapshot(kind=SnapshotKind.NOTICE, key="n-1", zh=body, en=body)
    SHELF.clear()

    found = projects_like([TEXTS["default", 0]])

    assert [card.key for card, _ in found].count("P-2026-0000") == 1
    assert "n-1" not in [card.key for card, _ in found]


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_anyone_may_ask(client: Client, language: str) -> None:
    client.cookies["django_language"] = language

    page = client.get("/similar/", {"text": "债券违约预警模型"})

    assert "/pilots/P-2026-0000/" in page.text
    assert "/pilots/" in client.get("/similar/", {"text": "robo-advice for retail investors"}).text
    for nothing in ("", "   ", "\x00", "🙂"):
        assert client.get("/similar/", {"text": nothing}).status_code == 200
    assert "<script>alert" not in client.get("/similar/", {"text": "<script>alert(1)"}).text


@pytest.mark.usefixtures("published")
def test_who_sees_an_application_sees_projects_like_it(client: Client, walk: Walk) -> None:
    walk.to(StageKind.SCREENING)
    case = walk.case
    case.title_zh = "债券违约预警模型，利用机器学习对发行人预警"
    case.save(update_fields=("title_zh",))
    client.force_login(walk.world.drafter)

    page = client.get(f"/cases/{case.reference}/")

    assert "P-2026-0000" in page.text
