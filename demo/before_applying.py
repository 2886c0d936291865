"""What firms do before they apply: ask an authority, let themselves be found, write to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.cast import signer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from demo.days import Diary
    from shidian.apps.accounts.models import Institution, Person
    from shidian.apps.cases.models import Scheme

READ_AFTER_DAYS = 7
"""News that is older has been read by everyone."""
_PROFILES = (
    ("ai", "证券领域语言模型的训练、评测与上线后监测", "有投研或客服场景的证券公司、基金管理公司", "语言模型、知识库", "投研、客服", 30),
    ("chain", "多方对账与存证平台", "愿意试用链上对账的托管银行", "区块链、隐私计算", "基金托管、清算对账", 24),
    ("bank", "托管与结算场景、脱敏历史数据", "对账自动化的技术方案", "数据治理", "基金托管", 20),
    ("fund", "智能投顾业务场景", "可解释推荐与适当性校验技术", "可解释推荐", "智能投顾、投资者适当性", 12),
)  # fmt: skip
"""Firm, offers, seeks, technology, scene, working days ago."""
_QUESTIONS = (
    ("brokerage", "智能客服是否需要取得投资咨询业务资格", "拟试点的客服助手只解答开户和交易规则问题，不推荐产品。是否属于证券投资咨询？", 15,
     "仅解答规则性问题、不涉及具体证券或产品的，一般不属于投资咨询。申报材料中请写明边界和越界时的处置措施。本答复不作为办理案件的依据。"),
    ("rating", "联合申报的牵头资格", "我机构为备案的信用评估机构，能否与科技公司联合申报并由我机构牵头？", 2, ""),
)  # fmt: skip
"""Firm, subject, question, working days ago, answer; none yet where empty."""


def play(
    diary: Diary,
    scheme: Scheme,
    people: Mapping[str, Person],
    firms: Mapping[str, Institution],
) -> None:
    """Profiles, questions with and without an answer, and two messages."""
    from shidian.apps.cases.domain import coaching, matching

    for firm, offers, seeks, technology, scene, ago in _PROFILES:
        matching.show_profile(
            institution=firms[firm],
            offers=offers,
            seeks=seeks,
            technology=technology,
            scene=scene,
            by=people[signer_of(firm)],
            at=diary.on(ago),
        )
    for firm, subject, question, ago, answer in _QUESTIONS:
        asked = coaching.ask_for_coaching(
            scheme=scheme,
            institution=firms[firm],
            subject=subject,
            question=question,
            by=people[signer_of(firm)],
            at=diary.on(ago, "09:05"),
        )
        if answer:
            coaching.answer_coaching(
                request=asked,
                answer=answer,
                by=people["officer-bureau"],
                at=diary.on(ago - 3, "09:10"),
            )
    first = matching.write_to_partner(
        sender=firms["securities"],
        receiver=firms["ai"],
        text="我公司拟试点带出处回答的客服助手，想了解贵公司的评测方法。",
        by=people["applicant"],
        at=diary.on(9, "09:00"),
    )
    matching.answer_partner(
        contact=first,
        text="可以提供评测集和人工抽检方案，请约时间详谈。",
        by=people["ai-signer"],
        at=diary.on(8, "09:05"),
    )
    matching.write_to_partner(
        sender=firms["bank"],
        receiver=firms["chain"],
        text="我行有意以脱敏数据试用贵公司的对账平台，能否先作演示？",
        by=people["bank-signer"],
        at=diary.on(1, "09:00"),
    )


def age_news(diary: Diary) -> None:
    """Everybody has read what is a week old."""
    from django.db.models import F

    from shidian.apps.cases.models import NewsItem

    old = NewsItem.objects.filter(at__date__lt=diary.ago(READ_AFTER_DAYS))
    old.update(read_at=F("at"))
