"""`shidian zone`: what goes between the internal and the public zone, by folders."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.notices.zones.exchange import Exchange
    from shidian.core.bundle import Zone

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def zone() -> None:
    """Exchange signed bundles with the other zone, and see how that goes.

    The worker does it by itself where SHIDIAN_ZONE_OUT and SHIDIAN_ZONE_IN name the folders.
    """


@zone.command()
def card() -> None:
    """Print this zone's card for the other zone; its keys are made on first use.

    Carry it over, `shidian zone trust` it there, and compare the names of the keys by telephone.
    """
    from shidian import zone_keys
    from shidian.config import settings

    own = zone_keys.own_card(settings().keys, _own_zone())
    click.echo(own.text(), nl=False)
    for name in own.names:
        click.echo(name, err=True)


@zone.command()
@click.argument("file", type=click.File(encoding="utf-8"))
def trust(file: TextIO) -> None:
    """Trust the zone whose card FILE is, and no other from now on."""
    from shidian import zone_keys
    from shidian.config import settings

    own = _own_zone()
    try:
        theirs = zone_keys.read_card(file.read(), of=zone_keys.OTHER[own])
    except zone_keys.CardError as error:
        raise click.ClickException(str(error)) from None
    zone_keys.own_card(settings().keys, own)
    zone_keys.trust(settings().keys, theirs)
    click.echo(f"this zone ({own}) trusts the zone {theirs.zone}; compare the names of its keys:")
    for name in theirs.names:
        click.echo(f"  {name}")


@zone.command("export")
@click.option("--folder", type=_FOLDER, help="Where bundles go; else SHIDIAN_ZONE_OUT.")
@click.option("--whole", is_flag=True, help="All that the other zone needs, to begin anew with.")
@click.option(
    "--after",
    type=click.IntRange(0),
    default=0,
    help="With --whole: a number that the other zone has applied, after a restore here.",
)
def export(folder: Path | None, whole: bool, after: int) -> None:
    """Make the next bundle where there is something to say, and bring it to the folder.

    Interrupted, it goes on where it stopped; what the other zone has acknowledged is removed.
    """
    exchange = _exchange()
    out = _folder(folder, "zone_out")
    try:
        made = exchange.send_whole(out, after=after) if whole else exchange.send(out)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    waiting = exchange.ours.filter(acknowledged_at=None).count()
    said = "nothing new to send" if made is None else f"bundle {made} made"
    click.echo(f"{said}; {waiting} in {out} wait for the other zone's word")


@zone.command("import")
@click.option("--folder", type=_FOLDER, help="Where bundles arrive; else SHIDIAN_ZONE_IN.")
def import_(folder: Path | None) -> None:
    """Apply the bundles in the folder that are next, in order.

    Ends with status 1 where one is refused: nothing of it was applied, and it can be brought again.
    """
    exchange = _exchange()
    try:
        found = exchange.receive(_folder(folder, "zone_in"))
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from None
    for number in found.applied:
        click.echo(f"bundle {number} applied")
    for refusal in found.refused:
        click.echo(str(refusal), err=True)
    if found.refused:
        raise SystemExit(1)
    if not found.applied:
        click.echo("nothing new")


@zone.command()
@click.option("--folder", type=_FOLDER, help="Where bundles arrive; else SHIDIAN_ZONE_IN.")
def status(folder: Path | None) -> None:
    """Say how far both directions are, and what is refused; changes nothing."""
    exchange = _exchange()
    from django.db.models import Sum

    from shidian.apps.notices.models import SealedSubmission
    from shidian.config import settings

    ours, theirs = exchange.ours.first(), exchange.theirs.first()
    waiting = exchange.ours.filter(acknowledged_at=None).count()
    click.echo(f"out: {'none yet' if ours is None else f'{ours.number}, made {_at(ours.made_at)}'}")
    click.echo(f"     {waiting} wait for the other zone's word")
    click.echo(f"in:  {'none yet' if theirs is None else f'{theirs.number}, {_at(theirs.at)}'}")
    unread = exchange.theirs.aggregate(unread=Sum("unread"))["unread"] or 0
    if unread:
        click.echo(f"     {unread} submissions could not be read")
    if settings().zone == "public":
        click.echo(f"sealed and not yet acknowledged: {SealedSubmission.objects.count()}")
    if folder or settings().zone_in:
        for refusal in exchange.look(_folder(folder, "zone_in")):
            click.echo(str(refusal), err=True)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}"


def _own_zone() -> Zone:
    from shidian.config import settings
    from shidian.core.bundle import Zone

    try:
        return Zone(settings().zone)
    except ValueError:
        raise click.ClickException(
            f"SHIDIAN_ZONE is {settings().zone}: bundles go between the zones internal and public"
        ) from None


def _exchange() -> Exchange:
    _own_zone()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shidian.web.settings")
    import django

    django.setup()
    from shidian.apps.notices.zones.exchange import Exchange
    from shidian.config import settings
    from shidian.zone_keys import CardError, NoPeerError

    try:
        return Exchange(settings())
    except (NoPeerError, CardError) as error:
        raise click.ClickException(str(error).strip("'\"")) from None


def _folder(given: Path | None, setting: str) -> Path:
    from shidian.config import settings

    folder: Path | None = given or getattr(settings(), setting)
    if folder is None:
        raise click.ClickException(f"name the --folder, or set SHIDIAN_{setting.upper()}")
    return folder
