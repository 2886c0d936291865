"""A letter as PDF, in the usual official layout, with what binds the stamped paper to its text.

The layout follows GB/T 9704-2012 (党政机关公文格式), the letter format of its 10.1; `letter.typ`
has the measures. As in `paper.py` every text goes in as a literal, never as markup.
"""

from __future__ import annotations

from datetime import date
from importlib import resources
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from shidian.apps.cases.paper import Paper, literal, to_pdf
from shidian.config import settings
from shidian.core.procedure.letters import check_code, code_for
from shidian.qr import code_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shidian.apps.cases.models import LetterVersion


def letter_pdf(version: LetterVersion) -> bytes:
    """The paper of one version in its language, marked where a draft. Same version, same bytes."""
    import typst  # late, as in paper.py

    style = resources.files(__package__).joinpath("letter.typ").read_text("utf-8")
    with override(tongue(version.content)):
        source = "\n".join((style, *_typst(version), ""))
    return bytes(typst.compile(source.encode(), format="pdf", timestamp=0))


def receipt_form_pdf(version: LetterVersion, recipient: str) -> bytes:
    """The form for the receipt of service (送达回证) by one recipient, to be filled in by hand."""
    content = version.content
    name = next(one["name"] for one in version.recipients if one["key"] == recipient)
    blank = "\u3000"
    with override(tongue(content)):
        facts = (
            (_("Letter served"), str(content["title"])),
            (_("Document number"), str(content["number"])),
            (_("Check code"), check_code(version.sha256)),
            (_("Served on"), str(name)),
            (_("Way of service"), blank),
            (_("Place of service"), blank),
            (_("Received by (signature or stamp)"), blank),
            (_("Day received"), blank),
            (_("Received for another: who, and why"), blank),
            (_("Not accepted: why"), blank),
            (_("Served by"), blank),
            (_("Remarks"), blank),
        )
        return to_pdf(
            Paper(
                title=_("Receipt of service"),
                subtitle=str(content["issuers"][0]["name"]),
                language="zh" if content["language"] == "zh" else "en",
                facts=facts,
                banners=_banners(content),
                footer=str(content["number"]),
            )
        )


def day_words(text: str) -> str:
    """The date of a letter in the active language."""
    return date_format(date.fromisoformat(text), "DATE_FORMAT")


def signature_lines(content: dict[str, Any]) -> list[str]:
    """The issuers as they stand below the text; one whose seal is another's bears the mark 代章."""
    return [
        str(one["name"])
        if one["seal"] == one["authority"]
        else _("%(issuer)s (seal used on its behalf)") % {"issuer": one["name"]}
        for one in content["issuers"]
    ]


def recipient_line(content: dict[str, Any]) -> str:
    """To whom it goes, as it stands above the text."""
    names = _(", ").join(str(one["name"]) for one in content["recipients"])
    return _("%(names)s:") % {"names": names}


def copies_line(content: dict[str, Any]) -> str:
    """Who gets a copy; "" for nobody."""
    if not content["copies"]:
        return ""
    return _("Copies to: %(names)s.") % {"names": _(", ").join(content["copies"])}


def tongue(content: dict[str, Any]) -> str:
    """Django's name of the letter's language."""
    return "zh-hans" if content["language"] == "zh" else "en"


def _banners(content: dict[str, Any]) -> tuple[str, ...]:
    found = [_("Demonstration: nothing in it is real")] if settings().demo else []
    if content["number"] is None or content["date"] is None:
        found.append(_("Draft, without effect"))
    return tuple(found)


def _typst(version: LetterVersion) -> Iterator[str]:
    content = version.content
    banners = "".join(f"{literal(one)}," for one in _banners(content))
    code = _("Check code %(code)s") % {"code": check_code(version.sha256)}
    known_as = _("Version %(version)d of letter %(letter)d of case %(case)s") % {
        "version": version.version,
        "letter": content["letter"],
        "case": content["case"],
    }
    bound = _(
        "Stamp this paper, scan all of it, and confirm the scan by the check code. A paper with"
        " another code is of another text."
    )
    yield (
        f"#show: letter.with(mark: {literal(str(content['issuers'][0]['name']))},"
        f" title: {literal(str(content['title']))},"
        f" number: {literal(str(content['number'] or _('number: given on release')))},"
        f" lang: {literal(content['language'])}, to: {literal(recipient_line(content))},"
        f" copies: {literal(copies_line(content))}, banners: ({banners}),"
        f" code: {literal(code)}, version: {literal(known_as)},"
        f" qr: {literal(_svg(version))}, sha256: {literal(version.sha256)},"
        f" bound: {literal(bound)})"
    )
    for line in str(content["body"]).split("\n"):
        if line.strip():
            yield f"#paragraph({literal(line.strip())})"
    if content["annexes"]:
        items = "".join(f"{literal(str(one['title']))}," for one in content["annexes"])
        yield f"#annexes({literal(_('Annexes: '))}, ({items}))"
    names = "".join(f"{literal(one)}," for one in signature_lines(content))
    day = day_words(content["date"]) if content["date"] else _("date: given on release")
    yield f"#signature(({names}), {literal(day)})"


def _svg(version: LetterVersion) -> str:
    code = code_of(code_for(version.sha256))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {code.size} {code.size}">'
        f'<path fill="#fff" d="M0 0h{code.size}v{code.size}h-{code.size}z"/>'
        f'<path d="{code.path}"/></svg>'
    )
