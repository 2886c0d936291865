"""What a scheme's rules say of its letters and mail."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shidian.core.rulebook.model.values import Frozen, Identifier

Code = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[^\s〔〕\d]+$")]
"""What an authority's document numbers begin with (机关代字), such as 示证监函."""


class LetterCode(Frozen):
    """With what the numbers of one authority's letters begin. `id`: the authority's."""

    id: Identifier
    code: Code


class LetterRules(Frozen):
    """How letters (公文) go out.

    `countersigned`: a signing officer of the issuer signs a letter before it is released.
    `stamped`: it is served only once the scan of its stamped paper is confirmed. `mail_drafts`:
    mail to those outside the authorities about a step of a case waits until an officer releases it.
    """

    codes: tuple[LetterCode, ...] = ()
    countersigned: bool = False
    stamped: bool = False
    mail_drafts: bool = False
