"""Two further demonstration schemes on other regimes' rules: who takes part, and what they propose.

Everything is fictional. The firms are named by LEIs that begin with DEMO, which no issuer has.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from demo.cast import Player


@dataclass(frozen=True)
class ForeignFirm:
    """A fictional institution without a USCC."""

    id: str
    name_zh: str
    name_en: str
    kind: str

    def lei(self, number: int) -> str:
        """A Legal Entity Identifier with valid check digits, on no real register."""
        from shidian.apps.accounts.uscc import lei_check_digits

        first = f"DEMO00ABROAD{number:06d}"
        return first + lei_check_digits(first)


FIRMS = (
    ForeignFirm("meridian", "示范子午线市场运营公司", "Demo Meridian Markets", "market-operator"),
    ForeignFirm("harbour", "示范港湾证券存管公司", "Demo Harbour Depository", "csd"),
    ForeignFirm("lantern", "演示灯塔账本公司", "Sample Lantern Ledger", "new-entrant"),
    ForeignFirm("ledgerworks", "示例账本技术公司", "Example Ledgerworks", "tech-company"),
    ForeignFirm("banyan", "示范榕树证券公司", "Demo Banyan Securities", "registered-entity"),
    ForeignFirm("monsoon", "演示季风基金公司", "Sample Monsoon Funds", "registered-entity"),
    ForeignFirm("sapling", "示例幼苗科技公司", "Example Sapling Tech", "partner-firm"),
)


@dataclass(frozen=True)
class ForeignScheme:
    """One scheme: its rulebook, its authorities by their ids in it, its people, its call."""

    rulebook: str
    authorities: tuple[tuple[str, str, str], ...]
    players: tuple[Player, ...]
    call_zh: str
    call_en: str
    told_zh: str
    told_en: str

    def player(self, part: str, where: str = "") -> Player:
        """The first person who plays that part (there). Raises KeyError."""
        for player in self.players:
            if player.part == part and where in ("", player.where):
                return player
        raise KeyError((part, where))


DLT = ForeignScheme(
    "demo-dlt",
    (
        ("competent-authority", "示范成员国金融市场管理局", "Demo Financial Markets Authority"),
        ("union-authority", "示范联盟证券市场管理局", "Demo Union Securities Authority"),
        ("settlement-authorities", "示范成员国中央银行", "Demo Central Bank"),
    ),
    (
        Player("dlt-officer", "经小链", "Ada Ledger", "case-officer", "competent-authority", "示范成员国 经办人员：完整性审查、征求意见、评估"),
        Player("dlt-signer", "批小链", "Basil Seal", "signing-officer", "competent-authority", "示范成员国 签批人员：许可决定"),
        Player("union-officer", "盟小示", "Una Council", "case-officer", "union-authority", "示范联盟机关 经办人员：反馈意见（只见被征求意见的案件）"),
        Player("meridian-signer", "签小线", "Mira Meridian", "signer", "meridian", "示范子午线 签署人员（草稿与评估中的申请）"),
        Player("harbour-signer", "签小港", "Hugo Harbour", "signer", "harbour"),
        Player("lantern-signer", "签小塔", "Lena Lantern", "signer", "lantern"),
        Player("ledgerworks-signer", "签小账", "Lev Ledgerworks", "signer", "ledgerworks"),
    ),
    "示范成员国分布式账本市场基础设施许可：常年受理（演示）",
    "Permissions for DLT market infrastructures: always open (demonstration)",
    "一个主管机关决定，联盟机关被征求意见，申请机构以LEI识别。",
    "One authority decides, a union authority is consulted, applicants are known by their LEI.",
)  # fmt: skip

TWO_STAGE = ForeignScheme(
    "demo-two-stage",
    (("board", "示范国证券委员会", "Demo Securities Board"),),
    (
        Player("board-officer", "经小委", "Bina Board", "case-officer", "board", "示范国证券委员会 经办人员：适合性审查、两阶段测试"),
        Player("board-signer", "批小委", "Surya Sign", "signing-officer", "board", "示范国证券委员会 签批人员"),
        Player("banyan-signer", "签小榕", "Bala Banyan", "signer", "banyan", "示范榕树证券 签署人员（第一阶段测试中）"),
        Player("monsoon-signer", "签小季", "Mina Monsoon", "signer", "monsoon"),
        Player("sapling-signer", "签小苗", "Sal Sapling", "signer", "sapling"),
    ),
    "示范国两阶段监管沙盒：常年受理（演示）",
    "Two-stage sandbox: always open (demonstration)",
    "第一阶段至少九十日后方可扩大；可放宽与绝不放宽的规则逐项列明。",
    "Stage I lasts at least ninety days before the test may grow; which rules may be relaxed, and which never, is listed one by one.",
)  # fmt: skip

SCHEMES = (DLT, TWO_STAGE)
PLAYERS = tuple(player for scheme in SCHEMES for player in scheme.players)


@dataclass(frozen=True)
class ForeignProject:
    """One application: its own words by section and question; the rest is what everyone writes."""

    id: str
    scheme: ForeignScheme
    lead: str
    title_zh: str
    title_en: str
    answers: dict[str, dict[str, Any]]
    partners: tuple[tuple[str, str], ...] = ()
    promises: tuple[str, ...] = field(default=("每月公布运行数据。", "投诉在五个工作日内答复。"))
    risk: dict[str, str] = field(default_factory=dict)
    """Factor of its rulebook's tiers → what officers found; the least risk where it says nothing."""


def _waiver(rule: str, reason: str, measure: str) -> dict[str, str]:
    return {"rule": rule, "reason": reason, "measure": measure}


def _dlt(kind: str, instruments: dict[str, Any], cap: str, expected: str, **more: Any) -> Any:
    return {
        "infrastructure": {"kind": kind, "name": more.pop("name")},
        "instruments": {**instruments, "cap": cap, "expected": expected},
        "exemptions": more,
    }


PROJECTS = (
    ForeignProject(
        "bonds", DLT, "meridian", "账本债券多边交易设施", "Ledger facility for bonds",
        _dlt(
            "mtf", {"kinds": ["bonds"], "bond-issue-size": "400000000", "no-derivative": True},
            "2000000000", "300000000", name="子午线债券设施（演示）", access="retail",
            requested=[_waiver("intermediation", "投资者以自有钱包直接参与，经中介会使即时结算失去意义。", "逐人核验身份与知识，设个人持仓上限，争议由运营方先行赔付。")],
        ),
        (("ledgerworks", "提供账本与智能合约"),),
    ),
    ForeignProject(
        "fund-units", DLT, "harbour", "基金份额交易结算系统", "Trading and settlement of fund units",
        _dlt(
            "tss", {"kinds": ["fund-units"], "fund-assets": "250000000"},
            "1500000000", "200000000", name="港湾份额系统（演示）", access="intermediaries",
            requested=[_waiver("transaction-reporting", "主管机关作为观察参与人直接查阅账本，逐笔报告重复。", "开放实时只读节点，每日核对一次并留存差异记录。")],
            observer=True,
        ),
    ),
    ForeignProject(
        "small-shares", DLT, "lantern", "中小企业股份结算系统", "Settlement of small-company shares",
        _dlt(
            "ss", {"kinds": ["shares"], "share-issuer-cap": "90000000"},
            "500000000", "60000000", name="灯塔结算（演示）", access="intermediaries",
        ),
    ),
    ForeignProject(
        "green-bonds", DLT, "meridian", "绿色债券登记设施", "Register of green bonds",
        _dlt(
            "mtf", {"kinds": ["bonds"], "bond-issue-size": "80000000", "no-derivative": True},
            "300000000", "50000000", name="子午线绿色登记（演示）", access="intermediaries",
        ),
    ),
    ForeignProject(
        "saving", TWO_STAGE, "banyan", "小额定投助手", "Small regular saving",
        {
            "solution": {"name": "小额定投助手", "summary": "工资到账时按约定零头自动买入指数基金，随时停止、当日撤回。"},
            "relaxations": {"requested": [
                _waiver("net-worth", "测试期仅服务千名用户，净资产要求与风险不相称。", "客户资金全额存放第三方托管账户，另购补偿保险。"),
                _waiver("track-record", "本业务为新设团队，尚无三年经营记录。", "由持牌母公司出具连带保证，逐月向委员会报告。"),
            ]},
            "test-plan": {"users-one": 1000, "amount-one": "5000000", "users-two": 5000, "amount-two": "40000000", "months": 12},
        },
        (("sapling", "提供零头归集与扣款接口"),),
        risk={"scale": "medium", "investors": "retail", "autonomy": "supervised"},
    ),
    ForeignProject(
        "answers", TWO_STAGE, "monsoon", "基金问答助手", "Answers about funds",
        {
            "solution": {"name": "基金问答助手", "summary": "以基金法律文件为唯一来源回答持有人问题，每句附出处。"},
            "relaxations": {"requested": [_waiver("outsourcing", "模型由外部机构托管，现行外包指引要求自建机房。", "数据不出托管区，逐句留痕，委员会可随时抽查。")]},
            "test-plan": {"users-one": 300, "amount-one": "100000", "users-two": 1200, "amount-two": "400000", "months": 8},
        },
    ),
    ForeignProject(
        "nominee", TWO_STAGE, "banyan", "受益人电子登记", "Electronic register of nominees",
        {
            "solution": {"name": "受益人电子登记", "summary": "账户持有人在线指定受益人，触发后自动启动过户流程。"},
            "test-plan": {"users-one": 500, "amount-one": "200000", "users-two": 2000, "amount-two": "900000", "months": 10},
        },
    ),
    ForeignProject(
        "tickets", TWO_STAGE, "monsoon", "赎回款次日到账", "Redemption money the next day",
        {
            "solution": {"name": "赎回款次日到账", "summary": "由基金公司垫付，赎回款次日到账，托管行逐笔核对。"},
            "relaxations": {"requested": [_waiver("financial-soundness", "垫付额度有限，现行指标按全额计提。", "垫付总额封顶并逐日报告，另设备用授信。")]},
            "test-plan": {"users-one": 800, "amount-one": "2000000", "users-two": 3000, "amount-two": "9000000", "months": 12},
        },
    ),
)  # fmt: skip
