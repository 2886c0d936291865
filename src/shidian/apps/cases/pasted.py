"""What a word processor leaves behind where its source, not its text, is pasted.

Every text is shown as text, so that nothing of this runs; but an authority would read
`<p class=MsoNormal>` in place of a sentence. It is refused, and its author pastes anew.
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_MARKUP = re.compile(
    r"</?o:p\b|</?w:[a-z]+\b|<!--\[if\b|\bclass=[\"']?Mso|\bxmlns:[ow]=|\bmso-[a-z-]+:",
    re.IGNORECASE,
)


def no_markup(value: str) -> None:
    """A field's validator. Raises ValidationError that shows what was found and what to do."""
    found = _MARKUP.search(value)
    if found:
        raise ValidationError(
            _(
                "This holds formatting code of a word processor (%(found)s). Paste it once more as"
                " plain text: Ctrl+Shift+V."
            ),
            code="markup",
            params={"found": found[0]},
        )
