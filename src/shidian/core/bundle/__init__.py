"""What two zones hand each other through folders: bundles that are numbered, chained and signed.

A bundle is a manifest and parts. The manifest names its number, the digest of the manifest before
it, and size and hash of every part; one Ed25519 signature covers it. So a bundle is whole or it is
refused by name, comes in its order, counts once, and its parts may come in any order, again, or
after an interruption. What the public sends in is sealed to the internal zone's key on the way.
"""

from __future__ import annotations

from .chain import Place, Verdict, judge
from .errors import BundleError, BundleRefusal
from .manifest import Manifest, Part, Route, Zone, manifest_name, read_manifest, signed_manifest
from .parts import PartWriter, carry, discard, fetch, numbers_in, read_items

__all__ = [
    "BundleError",
    "BundleRefusal",
    "Manifest",
    "Part",
    "PartWriter",
    "Place",
    "Route",
    "Verdict",
    "Zone",
    "carry",
    "discard",
    "fetch",
    "judge",
    "manifest_name",
    "numbers_in",
    "read_items",
    "read_manifest",
    "signed_manifest",
]
