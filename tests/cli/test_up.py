"""What `shidian up` refuses before it starts anything."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import click
import pytest

from shidian import zones
from shidian.cli import up
from shidian.config import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_split_bind_reads_host_and_port() -> None:
    assert up.split_bind("127.0.0.1:8000") == ("127.0.0.1", 8000)
    assert up.split_bind("[::1]:8000") == ("::1", 8000)


@pytest.mark.parametrize("text", ["8000", "localhost", ":8000", "127.0.0.1:http"])
def test_split_bind_refuses_what_is_no_address(text: str) -> None:
    with pytest.raises(click.ClickException, match="host:port"):
        up.split_bind(text)


def test_a_taken_port_is_refused_with_the_variable_to_change() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(click.ClickException, match=r"SHIDIAN_WEB_BIND=127\.0\.0\.1"):
            up.refuse_taken_port(f"127.0.0.1:{port}", "SHIDIAN_WEB_BIND")


def test_a_free_port_is_accepted() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    up.refuse_taken_port(f"127.0.0.1:{port}", "SHIDIAN_WEB_BIND")


def test_two_supervisors_cannot_share_a_home(tmp_path: Path) -> None:
    config = Settings(home=tmp_path / "home")
    with (
        up.sole_supervisor(config),
        pytest.raises(click.ClickException, match="already runs"),
        up.sole_supervisor(config),
    ):
        pytest.fail("the second supervisor got the lock")
    with up.sole_supervisor(config):
        pass


def test_every_process_is_a_command_of_its_own(tmp_path: Path) -> None:
    from shidian.cli.main import SUMMARIES

    names = [child.name for child in up.children(Settings(home=tmp_path))]
    assert names == list(zones.PROCESSES)
    assert set(names) <= set(SUMMARIES)


@pytest.mark.parametrize(
    ("settings", "processes"),
    [
        ({}, {"notary", "web", "gate", "monitor", "worker"}),
        ({"zone": "internal"}, {"notary", "web", "gate", "monitor", "worker"}),
        ({"zone": "internal", "ingest_apart": True}, {"notary", "web", "worker"}),
        ({"zone": "public"}, {"web", "worker"}),
        ({"zone": "ingest"}, {"gate", "monitor"}),
    ],
)
def test_a_zone_starts_its_own_processes(
    tmp_path: Path, settings: dict[str, object], processes: set[str]
) -> None:
    children = up.children(Settings(home=tmp_path, **settings))

    assert {child.name for child in children} == processes
