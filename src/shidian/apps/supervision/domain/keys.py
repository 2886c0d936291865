"""Keys with which pilot systems sign what they send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.supervision.domain.control import post_control
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.journals import tell_elsewhere
from shidian.apps.supervision.domain.permission import require_supervisor
from shidian.apps.supervision.models import AT_WORK, MachineKey, Pilot
from shidian.core.journal.controls import RETURNS_SOURCE
from shidian_kit.wire import keys as wire_keys

if TYPE_CHECKING:
    from datetime import datetime

    from shidian.apps.accounts.models import Person

_SOURCE = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")


@transaction.atomic
def register_machine_key(
    *,
    pilot: Pilot,
    source: str,
    public_key: str,
    by: Person | None,
    at: datetime | None = None,
) -> MachineKey:
    """Let the holder of a key write as (pilot, source), and nowhere else.

    `public_key`: the line `ed25519:…` or a PEM public key. The journal knows it once the control
    record has arrived. Registering the same key for the same place again changes nothing.
    Raises ForbiddenError, or SupervisionError: the pilot does not run, the source or key is
    malformed, or the key is known already for another place or as revoked.
    """
    moment = at or timezone.now()
    pilot = Pilot.objects.select_for_update(of=("self",)).select_related("case").get(pk=pilot.pk)
    require_supervisor(by, pilot)
    if pilot.state not in AT_WORK:
        raise SupervisionError(_("Keys are registered for running pilots only."))
    _require_source(source)
    key_id, text = _read_key(public_key)
    known = MachineKey.objects.filter(key_id=key_id).first()
    if known is not None:
        if (known.pilot_id, known.source) == (pilot.pk, source) and known.revoked_at is None:
            return known
        raise SupervisionError(
            _("This key is in use already, or was revoked. Make a new one."), field="public_key"
        )
    outbox_id = post_control(
        pilot,
        "key",
        {"source": source, "key_id": key_id, "public_key": text, "revoked": False},
        at=moment,
    )
    made = MachineKey.objects.create(
        pilot=pilot,
        source=source,
        key_id=key_id,
        public_key=text,
        registered_at=moment,
        registered_by=by,
        outbox_id=outbox_id,
    )
    tell_elsewhere(pilot, at=moment)
    return made


def _require_source(source: str) -> None:
    if _SOURCE.fullmatch(source) is None:
        raise SupervisionError(
            _("Write the source in lower-case letters, digits, dots and hyphens, at most 63."),
            field="source",
        )
    if source == RETURNS_SOURCE:
        raise SupervisionError(
            _("This name is kept for returns that a person attests. Choose another one."),
            field="source",
        )


def _read_key(public_key: str) -> tuple[str, str]:
    """A key's id, and its one text form."""
    try:
        key = wire_keys.load_public(public_key)
    except wire_keys.KeyFormatError:
        raise SupervisionError(
            _("This is not an Ed25519 public key. Paste the line that begins with ed25519:"),
            field="public_key",
        ) from None
    return wire_keys.key_id(key), wire_keys.public_text(key)


@transaction.atomic
def revoke_machine_key(
    *, key: MachineKey, by: Person | None, at: datetime | None = None
) -> MachineKey:
    """Take nothing more under this key, from the entry that records it. Idempotent.

    Raises ForbiddenError.
    """
    moment = at or timezone.now()
    locked = MachineKey.objects.select_for_update().select_related("pilot__case").get(pk=key.pk)
    require_supervisor(by, locked.pilot)
    if locked.revoked_at is not None:
        return locked
    locked.revoked_outbox_id = post_control(
        locked.pilot,
        "key",
        {
            "source": locked.source,
            "key_id": locked.key_id,
            "public_key": locked.public_key,
            "revoked": True,
        },
        at=moment,
    )
    locked.revoked_at = moment
    locked.revoked_by = by
    locked.save(update_fields=["revoked_at", "revoked_by", "revoked_outbox_id"])
    return locked


def revoke_all_keys(*, pilot: Pilot, at: datetime, by: Person | None) -> None:
    """Revoke every key of a pilot that still counts."""
    for key in pilot.machine_keys.filter(revoked_at__isnull=True):
        revoke_machine_key(key=key, by=by, at=at)
