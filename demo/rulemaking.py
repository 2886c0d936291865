"""How Demo City's rules came to read as they do, and what is before the public now.

Three times the same way: a pilot meets with a difficulty, officers propose a sentence, and it
is adopted, rejected with reasons, or put out for comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.apps.lab import domain as lab
from shidian.apps.lab.models import EvidenceKind
from shidian.apps.notices import domain as noticing
from shidian.apps.notices.models import CommentState
from shidian.core.rulebook.load import load_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from demo.director import Director
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import RulebookVersion
    from shidian.apps.lab.models import Difficulty, RulebookDraft, Wording
    from shidian.core.rulebook.loaded import Loaded

OFFICER, SIGNER = "officer-bureau", "signer-finance"

_PRESENT = 'version: "2026.1"'

ORDERS_ZH = "证券公司接受委托，应当逐笔记录委托人、时间、内容和方式。"
ORDERS_EN = (
    "A securities firm records, for each order, who placed it, when, what it was and how it came."
)
_ORDERS_FIRST = (
    f'text: {{zh: {ORDERS_ZH}, en: "{ORDERS_EN}"}}',
    'text: {zh: 证券公司接受委托，应当记录委托人、时间和内容，并以书面凭证留存。, en: "A securities firm records who placed an order, when and what it was, and keeps a voucher on paper."}',
)
"""The sentence that stands in the rulebook's file, and the one that stood there before."""

_ORDERS_NEXT = (
    "证券公司接受委托，应当逐笔记录委托人、时间、内容和方式；客户端自动拆单的，应当记录原委托与各子委托的对应关系和触发条件。",
    "A securities firm records, for each order, who placed it, when, what it was and how it came; where a client's order is split automatically, it records which part belongs to which order and what triggered it.",
)


def first_edition(file: Path) -> Loaded:
    """Demo City's rules as first published: one sentence and one period were different."""
    text = _changed(
        file.read_text(encoding="utf-8"),
        {
            _PRESENT: 'version: "2025.1"',
            _ORDERS_FIRST[0]: _ORDERS_FIRST[1],
            "{id: evaluation, name: {zh: 评估期限, en: Evaluation period}, starts: stage.entered, length: 30,": (
                "{id: evaluation, name: {zh: 评估期限, en: Evaluation period}, starts: stage.entered, length: 25,"
            ),
        },
    )
    return load_text(
        text,
        name=file.name,
        resolve=lambda name: (file.parent / f"{name}.yaml").read_text(encoding="utf-8"),
    )


def adopt(
    d: Director, people: Mapping[str, Person], base: RulebookVersion, file: Path
) -> RulebookVersion:
    """What the record-keeping pilot met with moved the sentence: the present edition is published."""
    difficulty = _record(
        d,
        people["fund-signer"],
        "voucher",
        clause="order-records",
        back=200,
        text="存证凭证自生成起即为电子数据，可随时核验；条文要求“书面凭证”，仍须另行打印、盖章、归档，同一笔业务留两份记录，且纸质件无法核验。",
        evidence="试点首六个月共打印归档凭证四千余份，调阅三次，三次均改用电子凭证核对。（演示数据）",
    )
    draft = lab.start_draft(
        base=base,
        title="委托记录不再要求书面凭证",
        title_en="Orders are recorded without a voucher on paper",
        text=file.read_text(encoding="utf-8"),
        by=people[OFFICER],
        at=d.on(172, "10:20"),
    )
    _propose(
        draft,
        people[OFFICER],
        (ORDERS_ZH, ORDERS_EN),
        (
            "试点表明，可核验的电子记录比纸质凭证更完整；要求逐笔记录并写明委托方式，保护不减、成本下降。",
            "The pilot showed that an electronic record which anyone can verify is more complete than a voucher on paper; recording each order, and how it came, protects as well at less cost.",
        ),
        ground=difficulty,
        at=d.on(171, "11:10"),
    )
    lab.write_note(
        draft=draft,
        by=people[OFFICER],
        remarks="评估期限同时由二十五个工作日改为三十个工作日，留足核对承诺的时间。",
        remarks_en="The period for evaluation becomes thirty working days instead of twenty-five: judging each promise takes time.",
        at=d.on(168, "15:00"),
    )
    lab.submit_draft(draft=draft, by=people[OFFICER], at=d.on(160, "09:40"))
    lab.approve_draft(
        draft=draft, by=people[OFFICER], reason="文本与说明一致。", at=d.on(159, "11:00")
    )
    lab.approve_draft(draft=draft, by=people[SIGNER], reason="同意发布。", at=d.on(150, "16:00"))
    return lab.publish_draft(
        draft=draft, by=people[OFFICER], instrument="示监发〔演示〕3号", at=d.on(145, "09:00")
    )


def reject(d: Director, people: Mapping[str, Person], base: RulebookVersion, file: Path) -> None:
    """What the robo-adviser asks for is weighed, and not adopted."""
    difficulty = _record(
        d,
        people["fund-signer"],
        "robo",
        clause="advice-confirmation",
        back=30,
        text="每次调仓前取得书面确认，平均耗时一天半，小额组合在行情变化时往往错过约定的调整时点。",
        evidence="近三十日发出确认请求六百余次，逾一个工作日才得到答复的约占四成。（演示数据）",
    )
    draft = lab.start_draft(
        base=base,
        title="以年度授权代替逐次确认",
        title_en="A yearly authority in place of each confirmation",
        text=_changed(file.read_text(encoding="utf-8"), {_PRESENT: 'version: "2026.2"'}),
        by=people["officer-finance"],
        at=d.on(27, "10:00"),
    )
    _propose(
        draft,
        people["officer-finance"],
        (
            "调整客户组合前，应当取得客户对该次调整的书面确认；客户已按年度书面授权的，可不逐次确认。",
            "Before a client's portfolio is changed, the client confirms that change in writing, unless the client has given a written authority for the year.",
        ),
        (
            "减少重复确认，便于组合及时调整。",
            "Spares repeated confirmations and lets portfolios be adjusted in time.",
        ),
        ground=difficulty,
        at=d.on(26, "11:10"),
    )
    lab.reject_draft(
        draft=draft,
        by=people[SIGNER],
        reason="年度授权没有金额和品种限制，客户无从预见每次调整；试点数据只有一个月，尚不足以证明保护没有削弱。可待试点期满，另就“限额内授权”提出建议。",
        reason_en="A yearly authority without limits of amount or product leaves the client unable to foresee a change, and one month of data cannot show that protection is not weakened. A proposal for an authority within limits may follow when the pilot ends.",
        at=d.on(19, "15:30"),
    )


def put_out(d: Director, people: Mapping[str, Person], base: RulebookVersion, file: Path) -> None:
    """The next edition is out for comment: one comment answered, one waiting."""
    difficulty = _record(
        d,
        people["applicant-signer"],
        "trading",
        clause="order-records",
        back=22,
        text="一笔委托自动拆成数十笔子委托后，逐笔记录只能看到子委托，投诉核查时无法还原客户原来的意思和触发拆单的条件。",
        evidence="抽查拆单记录五十笔，其中十二笔需要人工比对日志才能还原原委托。（演示数据）",
    )
    draft = lab.start_draft(
        base=base,
        title="自动拆单的留痕与公示期",
        title_en="Records of split orders, and a longer public notice",
        text=_changed(
            file.read_text(encoding="utf-8"),
            {
                _PRESENT: 'version: "2026.2"',
                _ORDERS_FIRST[0]: f'text: {{zh: {_ORDERS_NEXT[0]}, en: "{_ORDERS_NEXT[1]}"}}',
                "starts: notice.opened, length: 5,": "starts: notice.opened, length: 10,",
            },
        ),
        by=people[OFFICER],
        at=d.on(15, "10:00"),
    )
    _propose(
        draft,
        people[OFFICER],
        _ORDERS_NEXT,
        (
            "原委托与子委托的对应关系，是还原客户意思的唯一依据；记录量增加有限，试点机构已在试点系统中实现。",
            "Which part belongs to which order is all that can show what the client meant; it adds little to the record, and the pilot's system already keeps it.",
        ),
        ground=difficulty,
        at=d.on(14, "11:10"),
    )
    consultation = lab.open_consultation(
        draft=draft,
        title="关于修改委托记录条款和延长公示期的征求意见（演示）",
        title_en="Consultation: records of split orders, and a longer public notice (demonstration)",
        body="智能交易助手试点表明，客户端自动拆单后，现有记录难以还原客户的原委托。拟要求记录原委托与各子委托的对应关系和触发条件；同时将项目公示期由五个工作日延长至十个工作日。\n\n欢迎就条文表述、记录成本和公示期长短提出意见。本征求意见为演示内容，机关、机构和项目均属虚构。",
        body_en="The trading-assistant pilot showed that once an order is split by the client's software, present records cannot show what the client ordered. Firms would record which part belongs to which order and what triggered it. Public notice of projects would last ten working days instead of five.\n\nComments are welcome on the wording, on the cost of keeping such records, and on the length of the notice. This consultation is part of a demonstration; its authorities, firms and projects are fictional.",
        working_days=20,
        by=people[OFFICER],
        at=d.on(6, "09:00"),
    )
    notice = consultation.notice
    first = noticing.receive_comment(
        notice=notice,
        name="示范市投资者服务社（演示）",
        body="触发条件应当用客户看得懂的话写，并让客户能随时查到。建议写进条文。",
        at=d.on(5, "11:20"),
    )
    noticing.moderate_comment(
        comment=first, state=CommentState.PUBLISHED, by=people[OFFICER], at=d.on(5, "14:00")
    )
    noticing.answer_comment(
        comment=first,
        answer="记录的查询已由客户服务条款规定；拟在起草说明中写明“以客户能够理解的方式”，条文是否增加，待征求意见期满一并研究。（演示）",
        answer_en="Access to the records is a matter of the terms of service already. The note will say that triggers are to be put in words that clients understand; whether the clause should say so is decided when the consultation ends. (Demonstration)",
        by=people[OFFICER],
        at=d.on(3, "10:30"),
    )
    second = noticing.receive_comment(
        notice=notice,
        name="",
        body="公示期延长到十个工作日，会不会让项目准入更慢？能否只对涉及个人投资者的项目延长？",
        at=d.on(1, "10:45"),
    )
    noticing.moderate_comment(
        comment=second, state=CommentState.PUBLISHED, by=people[OFFICER], at=d.on(1, "15:10")
    )


def _record(
    d: Director, by: Person, project: str, *, clause: str, back: int, text: str, evidence: str
) -> Difficulty:
    pilot = d.cases[project].pilot
    return lab.record_difficulty(
        pilot=pilot,
        clause=clause,
        text=text,
        evidence=(lab.Piece(EvidenceKind.TEXT, text=evidence),),
        by=by,
        at=d.on(back, "14:30"),
    )


def _propose(
    draft: RulebookDraft,
    by: Person,
    new: tuple[str, str],
    because: tuple[str, str],
    *,
    ground: Difficulty,
    at: datetime,
) -> Wording:
    return lab.propose_wording(
        draft=draft,
        clause=ground.clause,
        new_zh=new[0],
        new_en=new[1],
        because=because[0],
        because_en=because[1],
        difficulties=[ground.pk],
        by=by,
        at=at,
    )


def _changed(text: str, changes: Mapping[str, str]) -> str:
    """The text with every change made exactly once. Raises ValueError where one finds no place."""
    for old, new in changes.items():
        if text.count(old) != 1:
            raise ValueError(f"the rulebook no longer has one place that reads: {old}")
        text = text.replace(old, new)
    return text
