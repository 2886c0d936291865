"""The fixed schedule of what must not tell its hour: slots, counted from the epoch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_slot(moment: datetime, slot_s: int) -> datetime:
    """The first slot after an aware moment; slots lie `slot_s` seconds apart.

    After, never at: whoever acts at the very second of a slot waits like everyone else. Raises
    ValueError for a schedule without a rhythm.
    """
    if slot_s <= 0:
        raise ValueError(f"slots lie at least one second apart, not {slot_s}")
    slot = timedelta(seconds=slot_s)
    return _EPOCH + ((moment - _EPOCH) // slot + 1) * slot
