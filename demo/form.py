"""An application's answers: the project's own words, and what every careful applicant writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from demo.cast import FIRMS
from shidian.core.rulebook.model import QuestionKind

if TYPE_CHECKING:
    from datetime import date

    from demo.projects import Project
    from shidian.core.rulebook.model import Section

_NAMES = {firm.id: firm for firm in FIRMS}

Answers = dict[str, Any]
"""{question id: answer}, as the form's own fields would post them."""


_ALIKE: dict[str, Answers] = {
    "compliance": {
        "basis": "依据证券期货法律法规、适当性管理、信息技术管理和个人信息保护的现行规定开展，逐环节对应见附表（演示）。不申请整体豁免。"
    },
    "security": {
        "level": "level-3",
        "continuity": "同城双活、异地备份；恢复时间目标三十分钟，恢复点目标一分钟；每季度演练一次。",
    },
    "data": {
        "sources": "公开市场数据与客户授权数据；授权书逐项列明用途与期限，超出范围不予使用。",
        "personal": "最小必要采集；报送监管的投资者一律使用假名；结束后按档案规定保存，到期删除。",
        "telemetry": True,
    },
    "emergency-plan": {
        "plan": "触发：连续失败、数据异常或外部中断。处置：一分钟内停止新增业务，十分钟内报告项目负责人，一小时内报告监管部门。恢复须经两人复核。"
    },
    "exit-plan": {
        "plan": "触发退出后停止新增业务；五个工作日内告知全部参与者；存量业务按原规则处理完毕；数据按约定移交或删除；形成退出报告。"
    },
}
"""What everyone answers alike."""


def answers(project: Project, start: date) -> dict[str, Answers]:
    """{section id: answers} of the whole application; `start`: the intended first day."""
    return {
        "parties": _parties(project),
        **_innovation(project),
        **_ALIKE,
        **_protection(project),
        "schedule": {
            "start": start.isoformat(),
            "months": project.months,
            "milestones": project.milestones,
        },
        "undertakings": {"promises": list(project.promises), "truth": True},
    }


def as_cleaned(section: Section, answers: Answers) -> Answers:
    """Answers as a form's cleaned values: promises numbered, as the promises field does."""
    cleaned = dict(answers)
    for question in section.questions:
        if question.kind is QuestionKind.PROMISES and question.id in cleaned:
            cleaned[question.id] = [
                {"id": f"p{number}", "text": text}
                for number, text in enumerate(cleaned[question.id], start=1)
            ]
    return cleaned


def _parties(project: Project) -> Answers:
    """Who takes part, and who does what."""
    lead = _NAMES[project.lead]
    division = "；".join(
        [f"{lead.name_zh}：牵头，提供持牌业务场景，对投资者负责"]
        + [f"{_NAMES[firm].name_zh}：{task}" for firm, task in project.partners]
    )
    return {
        "licence": lead.licence or "无（演示）",
        "division": f"{division}。",
        "contact": f"{lead.name_zh} 创新业务部 项目联系人（演示），contact@{lead.id}.example",
        "violations": "无",
    }


def _innovation(project: Project) -> dict[str, Answers]:
    """What is new, where and for whom, how it works, and how large it may grow."""
    investors, turnover, losses = project.caps
    failures_at_most, investors_at_least = project.promised
    return {
        "innovation": {
            "name": project.title_zh,
            "kind": project.kind,
            "summary": project.summary,
            "points": project.points,
            "rule-need": project.rule_need,
        },
        "scenario": {
            "direction": list(project.directions),
            "scene": project.scene,
            "users": project.users,
        },
        "technology": {
            "technologies": list(project.technologies),
            "architecture": "应用与数据分区部署，核心服务双活；外部依赖为行情与身份核验服务，中断时停止新增业务。",
            "algorithm": project.algorithm,
        },
        "scale": {
            "investors-max": investors,
            "turnover-max": None if turnover is None else str(turnover),
            "losses-max": None if losses is None else str(losses),
            "failures-promised": failures_at_most,
            "investors-promised": investors_at_least,
            "expected": project.expected,
        },
    }


def _protection(project: Project) -> dict[str, Answers]:
    """The project's own risk, and what is done for those who take part."""
    with_investors = project.caps[0] > 0
    lead = _NAMES[project.lead]
    return {
        "risk-measures": {
            "compliance-risk": f"{project.risk}合规部门每月检查一次并留痕。",
            "system-risk": "上线前压力测试至日均负荷三倍；灰度发布，一键回退；异常自动停止新增业务。",
            "data-risk": "传输与存储加密，权限最小化，操作留痕；每半年开展一次第三方检测。",
        },
        "investor-protection": {
            "consent": "投资者阅读风险揭示并逐条确认后参加，可随时退出，不收取任何费用。"
            if with_investors
            else "本项目不涉及投资者。",
            "compensation": f"因系统原因造成的损失由{lead.name_zh}全额先行补偿，已设专项资金。"
            if with_investors
            else "本项目不涉及投资者损失。",
            "complaints": "热线与线上渠道同时受理，一个工作日内受理，五个工作日内答复。",
        },
    }
