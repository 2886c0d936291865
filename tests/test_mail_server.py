"""The mail server that an operator names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shidian.mail_server import CONSOLE, mail_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_server_letters_go_to_the_output(tmp_path: Path) -> None:
    assert mail_settings("", tmp_path / "none") == CONSOLE


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp+starttls://mail.example", 587, True, False),
        ("smtps://mail.example:4650", 4650, False, True),
    ],
)
def test_an_address_says_host_port_and_how_it_is_sealed(
    url: str, port: int, starttls: bool, tls: bool, tmp_path: Path
) -> None:
    found = mail_settings(url, tmp_path / "none")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (starttls, tls)


def test_the_password_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mail-password"
    with pytest.raises(ValueError, match="there is no"):
        mail_settings("smtps://shidian@mail.example", file)
    file.write_text("geheim\n", encoding="utf-8")
    found = mail_settings("smtps://shidian@mail.example", file)
    assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("shidian", "geheim")


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtps://a:b@mail.example"]
)
def test_what_is_no_address_or_holds_a_password_is_refused_in_words(
    url: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="SHIDIAN_MAIL_URL"):
        mail_settings(url, tmp_path / "none")
