"""The zone: whether its settings fit one another, and how the exchange with the other one goes."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from shidian import zone_keys
from shidian.core.bundle import Zone
from shidian.doctor.finding import Finding, Level
from shidian.keyring import DJANGO_SECRET, GATE_KEY, WORKER_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shidian.config import Settings

SILENT_WARN = timedelta(minutes=30)
"""The other zone makes a bundle every five minutes, whether or not it has anything to say."""
UNSCANNED_WARN = timedelta(hours=1)
_FOREIGN_KEYS = {
    "public": (WORKER_KEY, GATE_KEY, zone_keys.SEALING_KEY),
    "ingest": (WORKER_KEY, zone_keys.SEALING_KEY),
    "internal": (GATE_KEY,),
}
"""Keys of other zones: whoever breaks into this one must not find them."""


def zone(config: Settings) -> Iterator[Finding]:
    """Whether settings and keys are those of the zone."""
    if config.zone == "all":
        if config.zone_in or config.zone_out:
            yield Finding(
                "zone",
                Level.WARN,
                "SHIDIAN_ZONE is all: the folders of SHIDIAN_ZONE_IN and _OUT are not looked at",
                "set SHIDIAN_ZONE, or unset them",
            )
        return
    wrong = [*_keys(config), *_settings(config)]
    if not wrong:
        yield Finding("zone", Level.OK, f"{config.zone}, with the keys and settings of it")
    for what, do in wrong:
        yield Finding("zone", Level.FAIL, what, do)


def _keys(config: Settings) -> Iterator[tuple[str, str]]:
    for name in _FOREIGN_KEYS[config.zone]:
        if name == GATE_KEY and not config.ingest_apart and config.zone == "internal":
            continue
        if (config.keys / name).exists():
            yield (
                f"{config.keys / name} is a key of another zone",
                "take it away from here; where it was used, make a new one",
            )


def _settings(config: Settings) -> Iterator[tuple[str, str]]:
    if config.zone == "ingest":
        return
    folders = {"SHIDIAN_ZONE_IN": config.zone_in, "SHIDIAN_ZONE_OUT": config.zone_out}
    for name, folder in folders.items():
        if folder is None:
            yield f"{name} is not set: the worker does not exchange bundles", f"set {name}"
        elif not _usable(folder, write=name.endswith("OUT")):
            yield f"{name}={folder} is no folder that can be used", "make it, for this user"
    if config.zone_in is not None and config.zone_in == config.zone_out:
        yield "SHIDIAN_ZONE_IN and SHIDIAN_ZONE_OUT are one folder", "name two"


def _usable(folder: Path, *, write: bool) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK | (os.W_OK if write else 0))


def exchange(config: Settings) -> Iterator[Finding]:
    """How far both directions are; after the look at the database, which set Django up."""
    if config.zone not in ("internal", "public"):
        return
    try:
        zone_keys.peer(config.keys, Zone(config.zone))
    except (zone_keys.NoPeerError, zone_keys.CardError) as error:
        yield Finding(
            "exchange",
            Level.FAIL,
            str(error).strip("'\""),
            "see docs/operator/zones.md, Getting to know each other",
        )
        return
    if not (config.keys / DJANGO_SECRET).exists():
        return
    from django.db import DatabaseError

    try:
        yield from _exchange(config)
    except DatabaseError:
        # The look at the database says what is wrong with it.
        return


def _exchange(config: Settings) -> Iterator[Finding]:
    from django.utils import timezone

    from shidian.apps.notices.zones.exchange import Exchange

    if config.zone == "internal":  # the public one keeps no file of anyone's
        yield from _unscanned()
    found = Exchange(config)
    for refusal in found.look(config.zone_in) if config.zone_in else ():
        yield Finding(
            "exchange", Level.FAIL, str(refusal), "see docs/operator/zones.md, When one is refused"
        )
    last = found.theirs.first()
    if last is None:
        yield Finding(
            "exchange", Level.WARN, "no bundle of the other zone came yet", "start its worker"
        )
        return
    late = timezone.now() - last.made_at > SILENT_WARN
    yield Finding(
        "exchange",
        Level.WARN if late else Level.OK,
        f"bundle {last.number} of the other zone was made at {last.made_at:%Y-%m-%d %H:%M:%SZ}",
        "look at its worker, and at what carries the files" if late else "",
    )
    if unread := found.theirs.exclude(unread=0).count():
        yield Finding(
            "exchange-unread",
            Level.WARN,
            f"{unread} bundles held submissions that could not be read",
            "look whether the public zone has our card as it is now: `shidian zone card`",
        )


def _unscanned() -> Iterator[Finding]:
    """Files of the public that nobody can fetch, since the scanner has not seen them for long."""
    from django.utils import timezone

    from shidian.apps.notices.models import SentFile

    long_ago = timezone.now() - UNSCANNED_WARN
    if waiting := SentFile.objects.filter(awaits_scan=True, received_at__lt=long_ago).count():
        yield Finding(
            "files-unscanned",
            Level.WARN,
            f"{waiting} files that the public sent wait for the virus scanner",
            "look whether it answers, and at SHIDIAN_SCAN_SOCKET or SHIDIAN_SCAN_COMMAND",
        )
