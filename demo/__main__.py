"""`python -m demo`: loads Demo City where it is not loaded yet, and serves it until Ctrl-C."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata

import click

os.environ.setdefault("SHIDIAN_HOME", "var/demo")
os.environ.setdefault("SHIDIAN_DEMO", "true")
os.environ.setdefault("SHIDIAN_RECORD_ORIGIN", "record.demo-city.example")
os.environ.setdefault("SHIDIAN_RECORD_SLOT_S", "60")
# The simulated pilots take their orders on this machine.
os.environ.setdefault("SHIDIAN_EGRESS_ALLOW", "127.0.0.0/8")

from demo.abroad import PLAYERS as ABROAD
from demo.cast import OFFICES, PASSWORD, PLAYERS, totp_secret
from shidian.cli.supervise import CannotStartError, Child, Supervisor
from shidian.cli.up import children, refuse_taken_port, sole_supervisor
from shidian.config import settings


def _padded(text: str, width: int) -> str:
    """Text filled up to a number of terminal columns; a Chinese character takes two."""
    taken = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    return text + " " * max(0, width - taken)


def welcome() -> str:
    """Address and accounts, as the terminal shows them once everything is up."""
    lines = [
        "",
        "  示范市（演示）· Demo City, a demonstration",
        "",
        f"  http://{settings().web_bind}/",
        "",
        f"  所有账号的密码 · password of every account: {PASSWORD}",
        "",
    ]
    lines += [
        f"    {player.username:<18}{_padded(player.name_zh, 8)}{player.told}"
        for player in (*PLAYERS, *ABROAD)
        if player.told
    ]
    officers = [player for player in (*PLAYERS, *ABROAD) if player.told and player.part in OFFICES]
    lines += [
        "",
        "  机关人员登录还需验证码：登录页会显示；也可运行 make demo-codes，或用验证器应用扫描其密钥。",
        "  Officers also need a code: the sign-in page shows it, and so does `make demo-codes`.",
        *(f"    {player.username:<18}{totp_secret(player.username)}" for player in officers),
        "",
        "  首次启动两分钟后，智能交易助手将出现故障：请以 officer-bureau 登录查看监测看板。",
        "  Two minutes after the first start the trading assistant goes wrong: watch the board.",
        "  Ctrl-C 停止；再次运行 make demo 接着上次继续；make demo-reset 从头开始。",
        "",
    ]
    return "\n".join(lines)


@click.command()
def main() -> None:
    """Load Demo City where it is not loaded yet, and serve it until Ctrl-C."""
    config = settings()
    with sole_supervisor(config):
        refuse_taken_port(config.web_bind, "SHIDIAN_WEB_BIND")
        refuse_taken_port(config.gate_bind, "SHIDIAN_GATE_BIND")
        seeded = subprocess.run([sys.executable, "-m", "demo.seed"], check=False)
        if seeded.returncode:
            raise click.ClickException("Demo City could not be loaded; the lines above say why")
        simulators = Child(name="pilots", argv=(sys.executable, "-m", "demo.simulators"))
        try:
            Supervisor(
                [*children(config), simulators], on_healthy=lambda: click.echo(welcome())
            ).run()
        except CannotStartError as failure:
            raise click.ClickException(str(failure)) from None


if __name__ == "__main__":
    main()
