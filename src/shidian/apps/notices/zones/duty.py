"""The worker's duty towards the other zone: take what came, send what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from shidian.apps.notices.zones.exchange import Exchange

if TYPE_CHECKING:
    from shidian.config import Settings

_log = structlog.get_logger("shidian.zones")


class ZoneDuty:
    """Between two zones, by the folders that the settings name; without them it has nothing to do.

    A bundle that is refused is said once, and tried again each time: what is wrong with it may be
    that the rest of it has not come yet.
    """

    def __init__(self, config: Settings) -> None:
        self._config = config
        self._exchange: Exchange | None = None
        self._said: set[str] = set()

    @property
    def has_folders(self) -> bool:
        """Whether there is anything to do."""
        zone = self._config.zone in ("internal", "public")
        return zone and (self._config.zone_in is not None or self._config.zone_out is not None)

    def run(self) -> None:
        """Take first, so that what is sent acknowledges it. Raises NoPeerError, OSError."""
        if self._exchange is None:
            self._exchange = Exchange(self._config)
        if self._config.zone_in is not None:
            found = self._exchange.receive(self._config.zone_in)
            for number in found.applied:
                _log.info("bundle applied", number=number)
            refused = {str(refusal) for refusal in found.refused}
            for text in sorted(refused - self._said):
                _log.error("bundle refused", why=text)
            self._said = refused
        if self._config.zone_out is not None:
            self._exchange.send(self._config.zone_out)
