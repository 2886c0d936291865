"""`shidian record verify`: does a log hold what its checkpoint says, all of it, since then?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from shidian.core.record.reader import LogReader
    from shidian.core.record.verify import Verified
    from shidian_kit.wire.policy import Policy


@click.command()
@click.argument("place", metavar="DIR|URL")
@click.option(
    "--since",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="OLD-CHECKPOINT",
    help="A checkpoint kept from before: nothing that it covered may have been taken back.",
)
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whom to trust (C2SP tlog-policy); else the policy published beside the log.",
)
@click.option("--key", help="The log's key as name+id+key, in the place of a policy.")
def verify(place: str, since: Path | None, policy: Path | None, key: str | None) -> None:
    """Read a whole log, recompute every hash, check every signature.

    DIR is a folder that holds `checkpoint` and `tile`, URL the address that it is served at. Trust
    comes from --key or --policy; without them the key is the one published with the log, which
    proves the log to be whole, but not whose it is: compare the key that is printed.
    Ends with status 1 and the name of what is wrong: tile-differs, rolled-back, split-view, ….
    """
    from shidian.core.record.reader import LogReader
    from shidian.notary.fetch import Web
    from shidian_kit.wire.refusal import RecordError

    if key and policy:
        raise click.UsageError("give --key or --policy, not both")
    old = None if since is None else since.read_bytes()
    try:
        if place.startswith(("http://", "https://")):
            with Web(place) as web:
                found = _verified(LogReader(web), policy, key, old)
        else:
            found = _verified(LogReader(Path(place)), policy, key, old)
    except (RecordError, ValueError) as refused:
        raise click.ClickException(str(refused)) from None
    _tell(found)
    if not (key or policy):
        click.echo("the key was taken from the log itself: compare it with one that you trust")


def _verified(
    reader: LogReader, policy: Path | None, key: str | None, old: bytes | None
) -> Verified:
    from shidian.core.record.verify import verify_log

    progress = _progress if sys.stderr.isatty() else None
    return verify_log(reader, _policy(reader, policy, key), since=old, progress=progress)


def _tell(found: Verified) -> None:
    checkpoint = found.checkpoint
    click.echo(f"{checkpoint.origin}: {checkpoint.size} leaves, all verified")
    click.echo(f"root {checkpoint.root.hex()}")
    click.echo(f"key {found.keys[-1]}")
    for name in found.opened.cosigned:
        click.echo(f"cosigned by {name}")
    if found.old is not None:
        click.echo(f"holds all {found.old.size} leaves of the older checkpoint")


def _policy(reader: LogReader, policy: Path | None, key: str | None) -> Policy:
    from shidian_kit.wire.note import Vkey
    from shidian_kit.wire.policy import Policy, parse_policy

    if key:
        return Policy(logs=(Vkey.parse(key),))
    data = policy.read_bytes() if policy else reader.published_policy()
    return parse_policy(data.decode())


def _progress(done: int, of: int) -> None:
    end = "\n" if done == of else ""
    click.echo(f"\r{done} of {of} leaves{end}", nl=False, err=True)
