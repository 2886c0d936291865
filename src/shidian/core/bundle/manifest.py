"""The manifest: what a bundle is, where it stands in its chain, and of which parts it is made."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shidian.core.bundle.errors import BundleError, BundleRefusal
from shidian_kit.wire import canonical
from shidian_kit.wire.keys import key_id
from shidian_kit.wire.signed_file import is_signed_by, sign_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

NUMBER_MAX = 99_999_999
PARTS_MAX = 9_999
PART_BYTES_MAX = 64 * 2**20
MANIFEST_BYTES_MAX = 4 * 2**20
_FILE = re.compile(r"(?P<stem>[a-z]+-[a-z]+)-(?P<number>[0-9]{8})\.manifest")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Zone(StrEnum):
    """The two zones that bundles go between."""

    INTERNAL = "internal"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Route:
    """One direction. Each has numbers of its own, from 1."""

    sender: Zone
    receiver: Zone

    def stem(self, number: int) -> str:
        """What the names of a bundle's files begin with: `internal-public-00000012`."""
        return f"{self.sender}-{self.receiver}-{number:08d}"

    def number_of(self, file: str) -> int | None:
        """The number of a manifest's file; None for other files and for other routes."""
        found = _FILE.fullmatch(file)
        if found is None or found["stem"] != f"{self.sender}-{self.receiver}":
            return None
        return int(found["number"])


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Part(_Strict):
    """A piece of the content, in its place."""

    size: int = Field(ge=1, le=PART_BYTES_MAX)
    sha256: Sha256


class Acknowledged(_Strict):
    """The newest bundle of the other direction that the sender has applied, and so all before."""

    number: int = Field(ge=1, le=NUMBER_MAX)
    digest: Sha256


class Manifest(_Strict):
    """`whole`: it holds all that the receiver needs, so that a receiver may begin with it.

    `sender` and `receiver`: names of the zones' keys.
    """

    format: Literal["shidian.bundle.1"] = "shidian.bundle.1"
    route_from: Zone
    route_to: Zone
    sender: str = Field(max_length=80)
    receiver: str = Field(max_length=80)
    number: int = Field(ge=1, le=NUMBER_MAX)
    previous: Sha256 | Literal[""]
    made_at: AwareDatetime
    whole: bool
    acknowledges: Acknowledged | None
    items: int = Field(ge=0)
    parts: tuple[Part, ...] = Field(max_length=PARTS_MAX)

    @property
    def route(self) -> Route:
        """Where it goes."""
        return Route(self.route_from, self.route_to)

    @property
    def stem(self) -> str:
        """What the names of its files begin with."""
        return self.route.stem(self.number)

    @property
    def body(self) -> bytes:
        """Canonical JSON: what is signed."""
        return canonical.dumps(self.model_dump(mode="json"))

    @property
    def digest(self) -> str:
        """Of the body, hex: what the next one names as `previous`."""
        return hashlib.sha256(self.body).hexdigest()


def manifest_name(stem: str) -> str:
    """The file of a bundle's manifest; it is brought last, so that what it names lies there."""
    return f"{stem}.manifest"


def signed_manifest(manifest: Manifest, key: Ed25519PrivateKey) -> bytes:
    """The file: the body, a line feed, the signature's line."""
    return manifest.body + b"\n" + sign_file(key, manifest.digest).encode() + b"\n"


def read_manifest(
    raw: bytes, *, trusted: Ed25519PublicKey, route: Route, receiver: str
) -> Manifest:
    """The manifest in a file from the zone that has the key `trusted`, made for us.

    `receiver`: the name of our own key. Raises BundleError (`not-a-bundle`, `wrong-key`,
    `bad-signature`, `foreign-zone`).
    """
    body, _, line = raw.rstrip(b"\n").partition(b"\n")
    manifest = _parsed(raw, body)
    if manifest.sender != key_id(trusted):
        raise BundleError(
            BundleRefusal.WRONG_KEY,
            f"{manifest.stem} is signed by {manifest.sender}, we trust {key_id(trusted)};"
            " `shidian zone trust` names another zone's key",
        )
    if not is_signed_by(trusted, manifest.digest, line.decode("ascii", "replace")):
        raise BundleError(
            BundleRefusal.BAD_SIGNATURE,
            f"the manifest of {manifest.stem} was changed on the way; bring it again",
        )
    if manifest.route != route or manifest.receiver != receiver:
        raise BundleError(
            BundleRefusal.FOREIGN_ZONE,
            f"{manifest.stem} is for {manifest.receiver} in the zone {manifest.route_to};"
            f" this is {receiver} in the zone {route.receiver}",
        )
    return manifest


def _parsed(raw: bytes, body: bytes) -> Manifest:
    try:
        if len(raw) > MANIFEST_BYTES_MAX:
            raise ValueError("it is too long")  # noqa: TRY301 - one way out for all that is unreadable
        manifest = Manifest.model_validate_json(body)
    except ValueError as error:
        shown = str(error).splitlines()[0][:200]
        raise BundleError(
            BundleRefusal.NOT_A_BUNDLE, f"this file is no manifest of a bundle: {shown}"
        ) from error
    if manifest.body != body:
        raise BundleError(
            BundleRefusal.NOT_A_BUNDLE, "the manifest is not spelled as its sender spells it"
        )
    return manifest
