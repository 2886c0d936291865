"""A zone's own keys, and the other zone that it trusts, as files among the keys.

`zone.key` signs bundles, `zone.pub` is what they are checked by. The internal zone has
`zone-sealing.key` besides, to whose public half `zone-sealing.pub` the public zone seals what it is
sent. `zone-peer.json` is the other zone's card, which somebody carried over and compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from shidian import keyring
from shidian.core.bundle import Route, Zone, sealing
from shidian.core.bundle.parts import write_whole
from shidian_kit.wire import keys

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

ZONE_KEY = "zone.key"
ZONE_PUBLIC = "zone.pub"
SEALING_KEY = "zone-sealing.key"
SEALING_PUBLIC = "zone-sealing.pub"
PEER = "zone-peer.json"
FORMAT = "shidian.zone.1"
OTHER = {Zone.INTERNAL: Zone.PUBLIC, Zone.PUBLIC: Zone.INTERNAL}


class CardError(ValueError):
    """A card that names no zone, or not the other one."""


class NoPeerError(LookupError):
    """The zone knows no other zone yet."""


@dataclass(frozen=True, slots=True)
class Card:
    """What one zone tells the other of itself. `sealing`: the internal zone's alone."""

    zone: Zone
    key: Ed25519PublicKey
    sealing: X25519PublicKey | None

    def text(self) -> str:
        """As a file."""
        said = {"format": FORMAT, "zone": str(self.zone), "key": keys.public_text(self.key)}
        if self.sealing is not None:
            said["sealing"] = sealing.public_text(self.sealing)
        return json.dumps(said, indent=2) + "\n"

    @property
    def names(self) -> list[str]:
        """The names of its keys, for two people to compare."""
        sealed = [] if self.sealing is None else [sealing.sealing_key_id(self.sealing)]
        return [keys.key_id(self.key), *sealed]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this zone is, and whom it trusts."""

    zone: Zone
    key: Ed25519PrivateKey
    peer: Card

    @property
    def name(self) -> str:
        """Of our own key."""
        return keys.key_id(self.key.public_key())

    @property
    def out(self) -> Route:
        """From here to the other zone."""
        return Route(self.zone, self.peer.zone)

    @property
    def into(self) -> Route:
        """From the other zone to here."""
        return Route(self.peer.zone, self.zone)


def own_card(folder: Path, zone: Zone) -> Card:
    """This zone's card; its keys are made on first use. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keyring.make_once(folder / ZONE_KEY, keys.private_pem(keys.generate()))
    public = keys.load_private(folder / ZONE_KEY).public_key()
    keyring.make_once(folder / ZONE_PUBLIC, f"{keys.public_text(public)}\n".encode())
    sealed = None
    if zone is Zone.INTERNAL:
        pem = sealing.private_pem(X25519PrivateKey.generate())
        keyring.make_once(folder / SEALING_KEY, pem)
        sealed = sealing_key(folder).public_key()
        line = f"{sealing.public_text(sealed)}\n".encode()
        keyring.make_once(folder / SEALING_PUBLIC, line)
    return Card(zone, public, sealed)


def sealing_key(folder: Path) -> X25519PrivateKey:
    """The key that opens what the public sent. Raises OSError, ValueError."""
    return sealing.load_private((folder / SEALING_KEY).read_bytes())


def read_card(text: str, *, of: Zone) -> Card:
    """The card of the zone `of`. Raises CardError."""
    try:
        said: dict[str, Any] = json.loads(text)
        if said["format"] != FORMAT:
            raise CardError(f"the card is of the form {said['format']}, not {FORMAT}")
        zone, key = Zone(said["zone"]), keys.load_public(said["key"])
        sealed = sealing.load_public(said["sealing"]) if "sealing" in said else None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, CardError):
            raise
        raise CardError(
            "this is no zone's card; print it there with `shidian zone card`"
        ) from error
    if zone is not of:
        raise CardError(f"this is the card of the zone {zone}; that of the zone {of} is wanted")
    if zone is Zone.INTERNAL and sealed is None:
        raise CardError("the internal zone's card has no key to seal to")
    return Card(zone, key, sealed)


def trust(folder: Path, card: Card) -> None:
    """Trust that zone from now on, and no other."""
    write_whole(folder / PEER, card.text().encode())
    (folder / PEER).chmod(0o600)


def peer(folder: Path, zone: Zone) -> Card:
    """The other zone's card. Raises NoPeerError, CardError."""
    try:
        text = (folder / PEER).read_text()
    except FileNotFoundError:
        raise NoPeerError(
            f"the zone {zone} trusts no other yet: `shidian zone trust` the card of the zone"
            f" {OTHER[zone]}"
        ) from None
    return read_card(text, of=OTHER[zone])


def identity(folder: Path, zone: Zone) -> Identity:
    """Who this zone is. Raises NoPeerError, CardError, OSError."""
    own_card(folder, zone)
    return Identity(zone, keys.load_private(folder / ZONE_KEY), peer(folder, zone))
