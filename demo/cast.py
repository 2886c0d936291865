"""Who lives in Demo City: institutions with made-up codes, people, and the parts they play."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Literal

PASSWORD = "shidian-demo"  # noqa: S105 - printed on purpose: the demonstration's accounts are public
"""The one password of every demonstration account."""
TOTP_PERIOD_S = 30
"""How long a code of RFC 6238 stands."""
OFFICES = ("case-officer", "signing-officer", "auditor", "national")
"""Parts that sign in with a second factor."""


def totp_secret(username: str) -> str:
    """The secret (base32) of a demonstration account's authenticator: public, and always the same."""
    digest = hashlib.sha1(f"shidian demonstration {username}".encode(), usedforsecurity=False)
    return base64.b32encode(digest.digest()).decode()


def totp_code(username: str, at: float) -> str:
    """The six digits that the account's authenticator shows at a moment (seconds of Unix time)."""
    counter = int(at // TOTP_PERIOD_S).to_bytes(8, "big")
    mac = hmac.digest(base64.b32decode(totp_secret(username)), counter, "sha1")
    start = mac[-1] & 15
    number = int.from_bytes(mac[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


@dataclass(frozen=True)
class Firm:
    """A fictional institution. Its code uses 999900, which is no administrative division."""

    id: str
    name_zh: str
    name_en: str
    kind: str
    licence: str = ""

    def uscc(self, number: int) -> str:
        """A Unified Social Credit Code with a valid check character, on no real register."""
        from shidian.apps.accounts.uscc import uscc_check_character

        first = f"91999900DEM{number:06d}"
        return first + uscc_check_character(first)


FIRMS = (
    Firm("securities", "示范证券股份有限公司", "Demo Securities Co., Ltd.", "securities-firm", "经营证券业务许可证（演示）"),
    Firm("fund", "演示基金管理有限公司", "Sample Fund Management Co., Ltd.", "fund-manager", "公开募集证券投资基金管理业务许可（演示）"),
    Firm("futures", "示例期货有限公司", "Example Futures Co., Ltd.", "futures-firm", "经营期货业务许可证（演示）"),
    Firm("bank", "示范银行股份有限公司", "Demo Bank Co., Ltd.", "custodian", "基金托管业务资格（演示）"),
    Firm("equity", "示范市股权交易中心有限公司", "Demo City Equity Exchange Co., Ltd.", "regional-equity-market", "区域性股权市场运营机构（演示）"),
    Firm("brokerage", "演示证券有限责任公司", "Sample Brokerage Co., Ltd.", "securities-firm", "经营证券业务许可证（演示）"),
    Firm("rating", "演示信用评估服务有限公司", "Sample Credit Assessment Co., Ltd.", "service-institution"),
    Firm("ai", "示范智算科技有限公司", "Demo Intelligent Computing Co., Ltd.", "tech-company"),
    Firm("chain", "演示链科技有限公司", "Sample Chain Technology Co., Ltd.", "tech-company"),
    Firm("cloud", "示例云计算有限公司", "Example Cloud Co., Ltd.", "tech-company"),
    Firm("assessor", "示范检测认证中心", "Demo Testing and Certification Centre", "assessor-body"),
)  # fmt: skip


@dataclass(frozen=True)
class Player:
    """A fictional person and the one part they play.

    `where`: a firm's id for applicants and assessors, an authority's id for officers.
    """

    username: str
    name_zh: str
    name_en: str
    part: Literal[
        "drafter", "signer", "case-officer", "signing-officer", "auditor", "national", "expert",
        "assessor",
    ]  # fmt: skip
    where: str = ""
    told: str = ""
    """What the printed list of accounts says of them; empty: not listed."""


AUTHORITIES = (
    ("bureau", "示范证监局", "Demo Securities Regulatory Bureau"),
    ("finance", "示范市金融局", "Demo City Financial Bureau"),
    ("province", "示范省金融局", "Demo Province Financial Bureau"),
    ("national", "国家层面（演示）", "National level (demonstration)"),
)

PLAYERS = (
    Player("applicant", "申小示", "Shen Xiaoshi", "drafter", "securities", "示范证券 申报人员：起草、答复补正"),
    Player("applicant-signer", "签小示", "Qian Xiaoshi", "signer", "securities", "示范证券 签署人员：提交、承诺、退出"),
    Player("officer-bureau", "经小示", "Jing Xiaoshi", "case-officer", "bureau", "示范证监局 经办人员：初审、组织评审、公示、监管"),
    Player("signer-bureau", "批小示", "Pi Xiaoshi", "signing-officer", "bureau", "示范证监局 签批人员：会签"),
    Player("officer-finance", "经小市", "Jing Xiaocity", "case-officer", "finance", "示范市金融局 经办人员"),
    Player("signer-finance", "批小市", "Pi Xiaocity", "signing-officer", "finance", "示范市金融局 签批人员：会签"),
    Player("officer-province", "经小省", "Jing Xiaosheng", "case-officer", "province", "示范省金融局 经办人员（指导）"),
    Player("national", "观小国", "Guan Xiaoguo", "national", "national", "国家层面（演示） 答复备案和请示、提示风险、查看各试点方案"),
    Player("national-second", "核小国", "He Xiaoguo", "national", "national", "国家层面（演示） 公开他人发出的风险提示"),
    Player("auditor", "审小计", "Shen Xiaoji", "auditor", "bureau", "审计人员 只读查看全部"),
    Player("expert-1", "评一示", "Ping Yishi", "expert", "law", "评审专家：声明利益冲突、打分"),
    Player("expert-2", "评二示", "Ping Ershi", "expert", "technology", "评审专家（已提交评审意见）"),
    Player("expert-3", "评三示", "Ping Sanshi", "expert", "finance"),
    Player("expert-4", "评四示", "Ping Sishi", "expert", "risk"),
    Player("expert-5", "评五示", "Ping Wushi", "expert", "technology"),
    Player("expert-6", "评六示", "Ping Liushi", "expert", "finance"),
    Player("expert-7", "评七示", "Ping Qishi", "expert", "law"),
    Player("assessor", "测小示", "Ce Xiaoshi", "assessor", "assessor", "示范检测认证中心 评估人员：提交专业评估"),
    Player("fund-signer", "签小基", "Qian Xiaoji", "signer", "fund", "演示基金 签署人员（智能投顾）"),
    Player("futures-signer", "签小期", "Qian Xiaoqi", "signer", "futures", "示例期货 签署人员（有一项待答复的补正）"),
    Player("bank-signer", "签小行", "Qian Xiaohang", "signer", "bank"),
    Player("equity-signer", "签小股", "Qian Xiaogu", "signer", "equity"),
    Player("brokerage-signer", "签小券", "Qian Xiaoquan", "signer", "brokerage"),
    Player("ai-signer", "签小智", "Qian Xiaozhi", "signer", "ai", "参与机构 签署人员：答复邀请、签署申报"),
    Player("cloud-signer", "签小云", "Qian Xiaoyun", "signer", "cloud"),
    Player("chain-signer", "签小链", "Qian Xiaolian", "signer", "chain"),
    Player("rating-signer", "签小评", "Qian Xiaoping", "signer", "rating"),
)  # fmt: skip


def signer_of(firm: str) -> str:
    """User name of the person who signs for a firm."""
    for player in PLAYERS:
        if player.part == "signer" and player.where == firm:
            return player.username
    raise KeyError(firm)
