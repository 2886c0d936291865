"""The guided tour on the demonstration's home page: who to be, and what to try."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from demo.abroad import SCHEMES
from demo.cast import PASSWORD, PLAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {player.username: player for player in PLAYERS}


@dataclass(frozen=True)
class Step:
    """One thing to do. `place`: key of the page's address, as the seed finds it; empty: none."""

    zh: str
    en: str
    place: str = ""


@dataclass(frozen=True)
class Part:
    """One part to play. Without `username` no account is needed."""

    role_zh: str
    role_en: str
    does_zh: str
    does_en: str
    steps: tuple[Step, ...]
    username: str = ""


INTRO_ZH = "这是示范市的演示环境：机关、机构、人员和项目均为虚构。选择一个身份，照着步骤走一遍；三个模拟试点正在实时报送数据。"
INTRO_EN = (
    "This is Demo City, a demonstration: its authorities, firms, people and projects are fictional. "
    "Choose a part and follow its steps; three simulated pilots are sending data all the while."
)

PARTS = (
    Part(
        "申报人", "The applicant",
        "起草申报、作出承诺、提交，并答复补正。",
        "Drafts an application, makes promises, submits it, and answers requests for information.",
        (
            Step("登录后打开草稿“投资者教育智能问答”", "Sign in and open the draft on investor education", "case:education"),
            Step("填写最后一栏“承诺”，检查全部答案", "Fill in the last section, Undertakings, and check all answers", "case:education"),
            Step("提请参与机构签署；改以 ai-signer 登录，核对并签署", "Ask the partner to sign; sign in as ai-signer, read the text and sign it", "case:education"),
            Step("改以 applicant-signer 登录并提交，看看“现在轮到谁”", "Sign in as applicant-signer, submit it, and see whose turn it is now", "case:education"),
            Step("看运行中的试点“智能交易助手”：限额还剩多少", "Look at your running pilot, the trading assistant, and how much headroom is left", "pilot:trading"),
        ),
        "applicant",
    ),
    Part(
        "参与机构", "The partner",
        "答复邀请，加入后共同起草，提交前签署。",
        "Answers an invitation, drafts with the lead once it has joined, and signs before it is filed.",
        (
            Step("登录后打开邀请：加入之前只看到项目名称、各方和自己的分工", "Sign in and open the invitation: before you join you see the project's name, its parties and your part", "desk"),
            Step("选择参与，案件随即对贵机构开放", "Join, and the case opens to your institution", "desk"),
        ),
        "cloud-signer",
    ),
    Part(
        "经办人员", "The case officer",
        "初审、补正、组织评审、公示、监测。",
        "Screens, asks for information, convenes experts, gives public notice, supervises.",
        (
            Step("登录后从工作台开始：今天有什么到期", "Sign in and begin at your desk: what is due today", "desk"),
            Step("打开“沉浸式线上投资者接待日”，核对期限算式，完成初审", "Open the case on online investor days, check the sum behind its deadline, and finish the screening", "case:roadshow"),
            Step("在公示中的“适老化语音交易服务”审核一条公众意见并答复", "On the voice service for older investors, which is on notice, moderate a comment and answer it", "case:voice"),
            Step("打开监测看板，等候故障出现，展开告警的算式", "Open the board, wait for the fault, and unfold the arithmetic of an alert", "board"),
            Step("超限已自动提出暂停建议：以验证码批准，试点随即停止新增业务；示范市金融局人员可以会签", "The breach has proposed a suspension: approve it with a code, and the pilot takes no new business; an officer of the financial bureau may countersign", "orders"),
        ),
        "officer-bureau",
    ),
    Part(
        "签批人员", "The signing officer",
        "代表本机关会签。",
        "Gives an authority's consent.",
        (
            Step("打开“场外衍生品要素电子化核对”：示范市金融局已经会签", "Open the electronic matching of OTC terms: the city's financial bureau has signed", "case:settlement"),
            Step("会签同意，项目即准入并取得编号", "Sign, and the project is admitted and gets its number", "case:settlement"),
        ),
        "signer-bureau",
    ),
    Part(
        "评审专家", "The expert",
        "先声明利益冲突，再独立评分。",
        "Declares conflicts of interest first, then scores on their own.",
        (
            Step("登录后打开评审邀请：声明之前看不到案卷", "Sign in and open the invitation: before you declare, the file stays closed", "desk"),
            Step("声明没有利益冲突，逐项打分并写明理由，提交", "Declare no conflict, score each criterion with a reason, and submit", "review:suitability"),
        ),
        "expert-1",
    ),
    Part(
        "评估人员", "The assessor",
        "就各评估领域出具意见。",
        "Files findings area by area.",
        (
            Step("打开“营销文案合规预审”，逐个领域填写评估意见", "Open the pre-checking of marketing texts and file a finding for each area", "case:compliance"),
        ),
        "assessor",
    ),
    Part(
        "公众", "The public",
        "无需账号：查看征集、公示和运行中的试点，提出意见。",
        "Needs no account: reads calls, notices and running pilots, and comments.",
        (
            Step("阅读公示全文并提出意见，收好回执编号", "Read the open notice, comment on it, and keep the receipt number", "notice:voice"),
            Step("查看试点的限额与运行图", "See a pilot's limits and how it goes", "public-pilot:trading"),
            Step("读一读制度文本，看每个数值的依据", "Read the rulebook, and what each value rests on", "rulebooks"),
        ),
    ),
)  # fmt: skip


def body(language: str, places: Mapping[str, str]) -> dict[str, Any]:
    """The tour as the home page reads it, in `zh` or `en`. `places`: addresses by key."""
    chinese = language == "zh"
    people = []
    for part in PARTS:
        player = _NAMES.get(part.username)
        people.append(
            {
                "role": part.role_zh if chinese else part.role_en,
                "name": (player.name_zh if chinese else player.name_en) if player else "",
                "username": part.username,
                "password": PASSWORD if player else "",
                "does": part.does_zh if chinese else part.does_en,
                "steps": [
                    {
                        "text": step.zh if chinese else step.en,
                        "url": places.get(step.place, ""),
                    }
                    for step in part.steps
                ],
            }
        )
    schemes = [
        {
            "title": scheme.call_zh if chinese else scheme.call_en,
            "url": places.get(f"scheme:{scheme.rulebook}", ""),
            "told": scheme.told_zh if chinese else scheme.told_en,
            "accounts": [
                {
                    "username": player.username,
                    "name": player.name_zh if chinese else player.name_en,
                }
                for player in scheme.players
            ],
        }
        for scheme in SCHEMES
    ]
    return {
        "intro": INTRO_ZH if chinese else INTRO_EN,
        "people": people,
        "schemes": schemes,
        "password": PASSWORD,
    }
