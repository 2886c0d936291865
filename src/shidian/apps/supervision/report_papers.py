"""A filed report as PDF and as a workbook; what it says is what was signed, nothing newer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shidian.apps.cases import paper, sheets
from shidian.apps.supervision.domain.report_judging import differing_lines
from shidian.apps.supervision.report_words import figure_text, in_language, line_title
from shidian.apps.supervision.templatetags.supervision import us_moment
from shidian.config import settings
from shidian_kit.wire import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.http import HttpResponse

    from shidian.apps.supervision.models import ReportVersion
    from shidian.apps.supervision.report_lines import Line

EXACT_DIGITS_MAX = 15
"""A spreadsheet's numbers hold so many digits exactly; what has more goes in as text."""


def to_pdf(version: ReportVersion) -> bytes:
    """As tagged PDF. The same version in the same language gives the same bytes."""
    said = version.content
    language: Literal["zh", "en"] = "en" if (get_language() or "zh").startswith("en") else "zh"
    document = paper.Paper(
        title=in_language(said["title"]),
        subtitle=f"{said['institution']} · {said['project']}",
        language=language,
        facts=tuple(_facts(version, said)),
        chapters=tuple(_chapters(said)),
        banners=(_("Demonstration: nothing in it is real"),) if settings().demo else (),
        footer=f"{said['project']} · {version.digest}",
    )
    return paper.to_pdf(document)


def _facts(version: ReportVersion, said: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [
        (_("Pilot"), said["project"]),
        (_("Institution"), said["institution"]),
        (_("Period"), f"{said['from']} – {said['to']}"),
        (_("Version"), str(said["version"])),
        (_("Signed by"), said["signer"]),
        (_("Signed on"), moment_text(version.at)),
        (_("Figures as of entry"), f"{said['through']:,}"),
        (_("SHA-256 of the signed text"), version.digest.removeprefix("sha256:")),
    ]
    if said["subject"]:
        facts.insert(3, (_("About"), said["subject"]))
    if "signed_as" in said:
        facts.insert(5, (_("Signs as"), in_language(said["signed_as"])))
    return facts


def _chapters(said: Mapping[str, Any]) -> list[paper.Chapter]:
    chapters = [
        paper.Chapter(
            in_language(one["heading"]),
            (paper.Entry("", tuple(one["text"].splitlines()) or ("–",)),),
        )
        for one in said["texts"]
    ]
    if said.get("no_figures"):
        why = in_language(said["no_figures"])
        lines = (_("Filed without figures from telemetry. When it was begun:"), why)
        chapters.append(paper.Chapter(_("Figures"), (paper.Entry("", lines),)))
    if said["lines"]:
        figures = tuple(
            paper.Entry(line_title(line), tuple(_said_of(line))) for line in said["lines"]
        )
        chapters.append(paper.Chapter(_("Figures"), figures))
        differing = differing_lines(said["lines"])
        entries = tuple(
            paper.Entry(
                line_title(one),
                (
                    _("stated: %(stated)s; telemetry: %(value)s")
                    % {"stated": amount(one, "stated"), "value": amount(one, "value")},
                    one["why"],
                ),
            )
            for one in differing
        )
        none = (paper.Entry(_("None"), (_("Every figure stated is that of telemetry."),)),)
        chapters.append(paper.Chapter(_("Differences from telemetry"), entries or none))
    return chapters


def _said_of(line: Line) -> list[str]:
    said = [amount(line, "stated")]
    if line["at_us"] is not None:
        said.append(_("at %(moment)s") % {"moment": us_moment(int(line["at_us"]))})
    return [*said, evidence_text(line)]


def amount(line: Mapping[str, Any], name: str) -> str:
    """A figure of a line with its unit."""
    text = figure_text(line[name])
    return f"{text} {in_language(line['unit'])}".strip() if line[name] else text


def evidence_text(line: Mapping[str, Any]) -> str:
    """The entries and the digest behind a line, in one sentence."""
    found = line["evidence"]
    if not found["first_entry"]:
        if line["source"] == "case":
            return _("%(n)d on file, %(digest)s") % {
                "n": len(found["rows"]),
                "digest": found["digest"],
            }
        if line["source"] == "stated":
            return _("stated from a document, %(digest)s") % {"digest": found["digest"]}
        if line["source"] == "analysis":
            return _("computed from figures stated, %(digest)s") % {"digest": found["digest"]}
        return _("no event in the journal")
    said = _("entries %(first)d to %(last)d, %(digest)s") % {
        "first": found["first_entry"],
        "last": found["last_entry"],
        "digest": found["digest"],
    }
    feeds = ", ".join(f"{source}/{epoch}" for source, epoch in found["feeds"])
    return f"{said} ({feeds})" if feeds else said


def to_workbook(version: ReportVersion) -> HttpResponse:
    """As a workbook of three sheets: what it is, its figures, its texts. No cell is a formula."""
    said = version.content
    facts = [[key, value] for key, value in _facts(version, said)]
    header = [
        _("Figure"),
        _("Stated"),
        _("Telemetry"),
        _("Unit"),
        _("Why it differs"),
        _("At"),
        _("First entry"),
        _("Last entry"),
        _("Sources and epochs"),
        _("Digest"),
        _("Query"),
    ]
    rows = [_row(line) for line in said["lines"]]
    texts = [[in_language(one["heading"]), one["text"]] for one in said["texts"]]
    name = f"{said['project']}-report-{said['report']}-v{said['version']}"
    return sheets.xlsx_response(
        name,
        [
            (_("Report"), [_("Fact"), _("Value")], facts),
            (_("Figures"), header, rows),
            (_("Texts"), [_("Heading"), _("Text")], texts),
        ],
    )


def _row(line: Line) -> list[sheets.Cell]:
    found = line["evidence"]
    return [
        line_title(line),
        number_cell(line["stated"]),
        number_cell(line["value"]),
        in_language(line["unit"]),
        line["why"],
        "" if line["at_us"] is None else us_moment(int(line["at_us"])),
        found["first_entry"],
        found["last_entry"],
        ", ".join(f"{source}/{epoch}" for source, epoch in found["feeds"]),
        found["digest"],
        query_text(line),
    ]


def query_text(line: Mapping[str, Any]) -> str:
    """The query behind a line as canonical JSON."""
    return canonical.dumps(line["query"]).decode()


def number_cell(text: str) -> sheets.Cell:
    """Decimal text as a number where a spreadsheet holds it exactly, as text otherwise."""
    if not text:
        return ""
    digits = text.lstrip("-").replace(".", "").lstrip("0")
    if len(digits) > EXACT_DIGITS_MAX:
        return f"\N{MINUS SIGN}{text[1:]}" if text.startswith("-") else text
    return float(text) if "." in text else int(text)


def moment_text(at: datetime) -> str:
    """A moment in the time of the scheme, to the second."""
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}"
