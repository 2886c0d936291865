"""The text of a public notice, as the officer who opens it writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.projects import Project
    from shidian.apps.cases.models import Case


def body(case: Case, project: Project) -> str:
    """What the public questions were answered with, in the applicant's words."""
    partners = "、".join(
        party.institution.name_zh for party in case.parties.select_related("institution")
    )
    investors, turnover, losses = project.caps
    caps = [f"参与投资者不超过 {investors:,} 人" if investors else "不涉及投资者"]
    if turnover is not None:
        caps.append(f"单日交易金额不超过 {turnover:,} 元")
    if losses is not None:
        caps.append(f"投资者累计损失不超过 {losses:,} 元")
    promises = "\n".join(f"{n}. {text}" for n, text in enumerate(project.promises, start=1))
    return "\n\n".join(
        (
            "按照示范市资本市场金融科技创新试点（演示）的安排，现将下列项目予以公示，欢迎社会各界提出意见。",
            f"项目名称：{project.title_zh}",
            f"牵头机构：{case.lead.name_zh}\n参与机构：{partners or '无'}",
            f"项目简介：{project.summary}",
            f"创新点：{project.points}",
            f"应用场景：{project.scene}",
            f"服务对象：{project.users}",
            f"规模上限：{'；'.join(caps)}。",
            f"承诺：\n{promises}",
            "本公示为演示内容，机关、机构和项目均属虚构。",
        )
    )


def body_en(case: Case, project: Project) -> str:
    """What a reader of English needs to comment."""
    return (
        f"{case.lead.name_en} leads the project “{project.title_en}”. This is a notice of "
        "the fictional Demo City; the full public form is given in Chinese. Comments are "
        "welcome until the last day of the window, and answers are published."
    )
