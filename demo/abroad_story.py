"""What happened in the two further schemes until today; numbers count working days back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from demo.abroad import DLT, PROJECTS, TWO_STAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.stage import Scene

BY_ID = {project.id: project for project in PROJECTS}


def _to_assessment(s: Scene, name: str, start: int) -> None:
    project = BY_ID[name]
    s.draft(project, s.on(start))
    s.submit(project, s.on(start - 3, "15:00"))
    s.advance(project, s.on(start - 12, "11:00"), "申请完整，转实质审查。")
    s.consult(project, "esma-opinion", s.on(start - 13, "10:00"))


def ledgers(s: Scene) -> None:
    """One permission at work, one awaiting the union authority's word, one asked back, one draft."""
    _to_assessment(s, "fund-units", 150)
    units = BY_ID["fund-units"]
    s.consult(units, "settlement-copy", s.on(136, "16:10"))
    s.opine(
        units,
        "esma-opinion",
        "support",
        s.on(120, "16:00"),
        "豁免范围适当，建议每季度抽查账本核对记录。（演示）",
    )
    s.assess(units, s.on(112, "15:00"))
    s.advance(units, s.on(110, "10:00"), "各领域均已通过，转许可决定。")
    s.sign(units, s.on(106, "10:30"))

    _to_assessment(s, "bonds", 32)

    shares = BY_ID["small-shares"]
    s.draft(shares, s.on(16))
    s.submit(shares, s.on(12, "14:20"))
    s.ask(shares, s.on(6, "10:10"), "请补充说明结算失败时的回退流程，以及与现有存管机构的衔接。")

    s.draft(BY_ID["green-bonds"], s.on(4), leave_out=("undertakings",))  # fmt: skip


def stages(s: Scene) -> None:
    """One test in Stage I that may ask to grow, one examined, one finished, one draft."""
    tickets = BY_ID["tickets"]
    s.draft(tickets, s.on(270))
    s.submit(tickets, s.on(266, "10:00"))
    s.grade(tickets, "ordinary", s.on(251, "15:00"))
    s.advance(tickets, s.on(250, "11:00"), "适合性各项标准均已符合。")
    s.sign(tickets, s.on(246, "15:00"))
    s.advance(tickets, s.on(160, "10:00"), "第一阶段进展与风险复核通过。")
    s.finish(tickets, s.on(60, "10:00"), s.on(40, "16:00"))

    saving = BY_ID["saving"]
    s.draft(saving, s.on(130))
    s.submit(saving, s.on(126, "09:40"))
    s.grade(
        saving, "raised", s.on(113, "15:00"), "首次面向零售用户自动扣款，按较高风险管理。（演示）"
    )
    s.advance(saving, s.on(112, "11:00"), "适合性各项标准均已符合。")
    s.sign(saving, s.on(108, "15:00"))

    answers = BY_ID["answers"]
    s.draft(answers, s.on(10))
    s.submit(answers, s.on(7, "16:30"))

    s.draft(BY_ID["nominee"], s.on(3), leave_out=("exit-plan", "undertakings"))


STORIES: dict[str, Callable[[Scene], None]] = {
    DLT.rulebook: ledgers,
    TWO_STAGE.rulebook: stages,
}
"""By rulebook."""
