"""Signs certificates of exit drills: the key is the notary's, and it signs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shidian.core.exit.certificate import sign
from shidian.core.exit.plan import ExitError
from shidian.core.record.disk import named_errors
from shidian.core.record.keyfiles import ensure_key_file
from shidian_kit.wire import keys
from shidian_kit.wire.refusal import RecordError, Refusal

if TYPE_CHECKING:
    from pathlib import Path

KEY_NAME = "certificate-1.key"


class CertificateSigner:
    """The key in the notary's folder `signer`. Raises RecordError key-…, disk-…"""

    def __init__(self, signer: Path) -> None:
        with named_errors("the key of certificates"):
            self._key = ensure_key_file(signer / KEY_NAME)
        self.public_key = keys.public_text(self._key.public_key())

    def sign(self, text: str) -> dict[str, str]:
        """Certificate → signature in base64 and the public key. Raises RecordError."""
        try:
            return {"signature": sign(self._key, text), "public_key": self.public_key}
        except ExitError as error:
            raise RecordError(Refusal.REQUEST_MALFORMED, str(error)) from None
