"""What a letter says, as its author gives it and as a version keeps it.

    content_of(case, 2, 1, text)                    # a draft
    content_of(case, 2, 3, text, out=Out(…))        # as it is released: numbered, dated, signed

The content is canonical JSON: its digest names this text and no other. Names are written out as
they are on the day, since a letter does not change with a register.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.filed import is_filed
from shidian.apps.cases.rules import DECIDING
from shidian.core.rulebook.model import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from shidian.apps.accounts.models import Institution
    from shidian.apps.cases.models import Attachment, Case, SchemeAuthority
    from shidian.core.procedure.types import Json

TITLE_MAX = 200
BODY_MAX = 20_000
NAME_MAX = 200
LINES_MAX = 20
Language = Literal["zh", "en"]
ANNEXABLE_NOT = ("paper-sheets", "letter-scans")


@dataclass(frozen=True, slots=True)
class LetterText:
    """A letter as its author gives it.

    `issuers`: ids, in the rulebook, of the authorities in whose name it goes, in their order.
    `on_behalf`: the first one's seal is used for all (代章). `recipients`: keys, as
    `institution-<id>` and `authority-<id in the rulebook>`; `others`: bodies without an account, by
    name. `annexes`: titles; `files`: ids of documents of the case that go with it.
    """

    language: Language
    title: str
    body: str
    issuers: tuple[str, ...]
    recipients: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    annexes: tuple[str, ...] = ()
    files: tuple[int, ...] = ()
    on_behalf: bool = False


@dataclass(frozen=True, slots=True)
class Out:
    """What the release adds: document number, day, and who signed for whom."""

    number: str
    day: date
    signers: tuple[tuple[str, str], ...] = field(default=())
    """(authority's id in the rulebook, the person's name)."""


def content_of(
    case: Case, number: int, version: int, text: LetterText, out: Out | None = None
) -> dict[str, Json]:
    """All that the letter says. Raises DomainError (`letter-text`) with the field at fault."""
    zh = text.language == "zh"
    parts = {part.local_id: part for part in case.scheme.parts.select_related("authority")}
    return {
        "kind": "shidian.letter",
        "case": case.reference,
        "letter": number,
        "version": version,
        "rules_digest": case.rulebook_version.rules_digest,
        "language": text.language,
        "title": _line(text.title, TITLE_MAX, "title"),
        "body": _body(text.body),
        "issuers": _issuers(parts, text, zh=zh),
        "recipients": _recipients(case, parts, text, zh=zh),
        "copies": list(_lines(text.copies, "copies")),
        "annexes": _annexes(case, text),
        "number": out.number if out else None,
        "date": out.day.isoformat() if out else None,
        "signers": [list(one) for one in out.signers] if out else [],
    }


def text_of(content: dict[str, Any]) -> LetterText:
    """The text as its author gave it, to be edited further."""
    keys = [str(one["key"]) for one in content["recipients"]]
    issuers = tuple(str(one["authority"]) for one in content["issuers"])
    return LetterText(
        language="zh" if content["language"] == "zh" else "en",
        title=str(content["title"]),
        body=str(content["body"]),
        issuers=issuers,
        recipients=tuple(one for one in keys if not one.startswith("other-")),
        others=tuple(
            str(one["name"]) for one in content["recipients"] if one["key"].startswith("other-")
        ),
        copies=tuple(content["copies"]),
        annexes=tuple(str(one["title"]) for one in content["annexes"] if "file" not in one),
        files=tuple(int(one["file"]) for one in content["annexes"] if "file" in one),
        on_behalf=any(one["seal"] != one["authority"] for one in content["issuers"]),
    )


def deciding_parts(case: Case) -> list[SchemeAuthority]:
    """The authorities in whose name a letter can go, in the rulebook's order."""
    return [part for part in case.scheme.parts.all() if part.role in DECIDING]


def institutions_of(case: Case) -> list[Institution]:
    """The lead and the partners."""
    return [case.lead, *(party.institution for party in case.parties.all())]


def documents_of(case: Case) -> list[Attachment]:
    """Documents of the case that can go with a letter: what was filed."""
    kept = case.attachments.exclude(section__in=ANNEXABLE_NOT).order_by("pk")
    return [one for one in kept if is_filed(case, one)]


def _issuers(parts: dict[str, SchemeAuthority], text: LetterText, *, zh: bool) -> list[Json]:
    unknown = [one for one in text.issuers if one not in parts or parts[one].role not in DECIDING]
    if not text.issuers or unknown or len(set(text.issuers)) != len(text.issuers):
        raise _wrong(
            "issuers",
            "请选择发文机关；联合行文的机关应为本方案的牵头或成员单位，且不得重复。",
            "Choose who issues it: authorities of the scheme that decide, each once.",
        )
    first = text.issuers[0]
    return [
        {
            "authority": one,
            "name": _name(parts[one].authority, zh=zh),
            "seal": first if text.on_behalf else one,
        }
        for one in text.issuers
    ]


def _recipients(
    case: Case, parts: dict[str, SchemeAuthority], text: LetterText, *, zh: bool
) -> list[Json]:
    known: dict[str, str] = {
        f"institution-{one.pk}": _name(one, zh=zh) for one in institutions_of(case)
    }
    known |= {f"authority-{key}": _name(part.authority, zh=zh) for key, part in parts.items()}
    others = _lines(text.others, "others")
    if not (text.recipients or others):
        raise _wrong("recipients", "请至少写明一个主送机关或单位。", "Name at least one recipient.")
    if any(one not in known for one in text.recipients):
        raise _wrong(
            "recipients",
            "所选主送单位已不是本案当事方或本方案的机关：请重新选择。",
            "A recipient is no longer of this case or scheme: choose again.",
        )
    if any(one == f"authority-{issuer}" for one in text.recipients for issuer in text.issuers):
        raise _wrong(
            "recipients",
            "发文机关不能同时作为主送机关。",
            "Who issues a letter does not receive it.",
        )
    chosen: list[Json] = [{"key": one, "name": known[one]} for one in text.recipients]
    named: list[Json] = [
        {"key": f"other-{n}", "name": name} for n, name in enumerate(others, start=1)
    ]
    return chosen + named


def _annexes(case: Case, text: LetterText) -> list[Json]:
    found: list[Json] = [{"title": one} for one in _lines(text.annexes, "annexes")]
    documents = {one.pk: one for one in documents_of(case)} if text.files else {}
    if any(one not in documents for one in text.files):
        raise _wrong("documents", "所选附件不是本案已提交的材料。", "An annex is not a filed one.")
    return found + [
        {"title": documents[one].name, "file": one, "sha256": documents[one].sha256}
        for one in text.files
    ]


def _body(text: str) -> str:
    body = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not body or len(body) > BODY_MAX:
        raise _wrong(
            "body",
            f"请填写正文，不超过 {BODY_MAX} 字。",
            f"Write the letter, in at most {BODY_MAX:,} characters.",
        )
    return body


def _line(text: str, most: int, field_name: str) -> str:
    line = " ".join(text.split())
    if not line or len(line) > most:
        raise _wrong(
            field_name, f"请填写，不超过 {most} 字。", f"Write it, in at most {most} characters."
        )
    return line


def _lines(lines: Iterable[str], field_name: str) -> Sequence[str]:
    given = [line for line in lines if line.strip()]
    if len(given) > LINES_MAX:
        raise _wrong(field_name, f"最多 {LINES_MAX} 行。", f"At most {LINES_MAX} lines.")
    return [_line(line, NAME_MAX, field_name) for line in given]


def _name(named: Any, *, zh: bool) -> str:
    return str(named.name_zh if zh else named.name_en or named.name_zh)


def _wrong(field_name: str, zh: str, en: str) -> DomainError:
    return DomainError("letter-text", Text(zh=zh, en=en), field_name)
