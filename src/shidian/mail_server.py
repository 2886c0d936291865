"""The mail server that an operator names, as Django's settings. Pure but for reading the password.

smtp://mail.example:25                  plain, for a relay on the same machine
smtp+starttls://shidian@mail.example:587
smtps://shidian@mail.example:465        TLS from the first byte
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
TIMEOUT_S = 30
"""A server that says nothing for so long is tried again later."""
CONSOLE = {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}


def mail_settings(url: str, password_file: Path) -> dict[str, Any]:
    """Settings for that server; without one, letters go to the worker's output.

    Raises ValueError, in words for the operator, where the address is none.
    """
    if not url:
        return dict(CONSOLE)
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        wanted = ", ".join(f"{one}://host:port" for one in PORTS)
        raise ValueError(f"SHIDIAN_MAIL_URL {url!r} is no address of a mail server; write {wanted}")
    if parts.password is not None:
        raise ValueError(f"SHIDIAN_MAIL_URL holds a password; put it into {password_file}")
    user = unquote(parts.username or "")
    if user and not password_file.exists():
        raise ValueError(f"SHIDIAN_MAIL_URL names {user}, and there is no {password_file}")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or PORTS[parts.scheme],
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": password_file.read_text("utf-8").strip() if user else "",
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": TIMEOUT_S,
    }
