"""`python -m demo.codes`: the codes that the demonstration's officers sign in with just now."""

from __future__ import annotations

import time

import click

from demo.abroad import PLAYERS as ABROAD
from demo.cast import OFFICES, PLAYERS, TOTP_PERIOD_S, totp_code, totp_secret


def table(at: float) -> str:
    """Accounts with their code at a moment, and the secret to scan or type into an app."""
    lines = [
        f"    {player.username:<18}{totp_code(player.username, at)}    {address(player.username)}"
        for player in (*PLAYERS, *ABROAD)
        if player.told and player.part in OFFICES
    ]
    left = TOTP_PERIOD_S - int(at) % TOTP_PERIOD_S
    return "\n".join([*lines, "", f"  验证码还有 {left} 秒更新 · next codes in {left} s"])


def address(username: str) -> str:
    """What an authenticator app reads: `otpauth://totp/…`."""
    return f"otpauth://totp/Shidian-demo:{username}?secret={totp_secret(username)}"


if __name__ == "__main__":
    click.echo(table(time.time()))
