"""The text of a report that its signer signs: one sequence of bytes, fixed by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from shidian.apps.supervision.models import Report
    from shidian.core.rulebook.model import ReportDuty

FORMAT = "shidian.report/1"
ATTESTS = "complete and right to the best of the signer's knowledge"


def text_of_report(report: Report, duty: ReportDuty, *, version: int, signer: Person) -> str:
    """What the signer signs: which report, every line as stated beside telemetry, every text."""
    pilot, draft = report.pilot, report.draft
    said: dict[str, Any] = {
        "format": FORMAT,
        "attests": ATTESTS,
        "project": pilot.public_id,
        "report": report.number,
        "version": version,
        "duty": duty.id,
        "kind": duty.kind,
        "title": _both(duty.title),
        "from": report.first.isoformat(),
        "to": report.last.isoformat(),
        "subject": report.subject,
        "institution": pilot.case.lead.name_zh,
        "signer": signer.name_zh,
        "rules_digest": pilot.rules_digest,
        "through": draft["through"],
        "lines": draft["lines"],
        "texts": [
            {"heading": _both(heading), "text": text}
            for heading, text in zip(duty.contents, draft["texts"], strict=False)
        ],
    }
    if draft.get("no_figures"):
        said["no_figures"] = draft["no_figures"]
    if duty.signed_by is not None:
        said["signed_as"] = _both(duty.signed_by)
    return canonical.dumps(said).decode()


def _both(text: Any) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
