"""Where everything lies and listens: one object, read from `SHIDIAN_…` environment variables."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

MAIN_JOURNAL = "main"
"""The journal of whatever is not assigned to another one."""


class Settings(BaseSettings):
    """The deployment's settings. Secrets are files under `home/keys`, never values here."""

    model_config = SettingsConfigDict(env_prefix="SHIDIAN_", frozen=True)

    home: Path = Path("var")
    """Folder of all stores and keys."""
    database_url: str = ""
    """`postgresql://user@host:port/name`; empty: SQLite in `home`."""
    database_pool: int = Field(0, ge=0, le=100)
    """Connections to PostgreSQL that each process shares among its threads; 0: one a thread."""
    replica_url: str = ""
    """A read-only copy of the app database on PostgreSQL, from which public pages are made."""
    zone: Literal["all", "public", "internal", "ingest"] = "all"
    """Which part of the house this is: apps, addresses, tables and processes follow from it."""
    zone_out: Path | None = None
    """Folder into which bundles for the other zone are put; unset: by `shidian zone` alone."""
    zone_in: Path | None = None
    """Folder in which bundles of the other zone arrive; unset: by `shidian zone` alone."""
    ingest_apart: bool = False
    """Whether gate and monitor are in a zone of their own, rather than beside the internal one."""
    zone_every_s: float = Field(10.0, gt=0)
    """Seconds between two looks at what there is to send and to take."""
    web_bind: str = "127.0.0.1:8000"
    gate_bind: str = "127.0.0.1:8001"
    gate_url: str = "http://127.0.0.1:8001"
    """Address under which browsers and pilot systems reach the gate."""
    """The main journal's: also where pages listen."""
    journal_name: str = Field(MAIN_JOURNAL, pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    """Which journal this gate, monitor or worker is of."""
    gates: str = ""
    """Further journals with the addresses of their gates: `b=https://gate-b.example, c=…`."""
    source_rate: int = Field(200_000, ge=1)
    """Events a second that the gate takes from one source for long; ten seconds of it at once."""
    seal_rows: int = Field(1_000_000, ge=1)
    """Rows in the journal's file from which the gate moves the older ones into Parquet."""
    seal_every_s: float = Field(10.0, gt=0)
    """Seconds after which the gate looks again whether there is so much to seal."""
    monitor_keep_s: float = Field(86_400.0, ge=0)
    """How far beyond what windows need the monitor holds events in memory."""
    egress_allow: str = ""
    """Networks besides the public internet to which orders may be sent, such as `10.1.0.0/16`."""
    scan_socket: str = ""
    """A clamd that looks at every upload: path of its socket, or `host:port`. Empty: none."""
    scan_command: str = ""
    """A program that does so instead, given the file's path; its status 1 refuses the file."""
    mail_url: str = ""
    """`smtp://host:25`, `smtp+starttls://user@host:587`, `smtps://user@host:465`; the password is
    the file `mail-password` among the keys. Empty: mail goes to the worker's output."""
    mail_from: str = "shidian@localhost"
    """Whom mail is from."""
    web_origin: str = ""
    """Origin whose pages may listen to the gate's live updates; empty: derived from `web_bind`."""
    page_cache_s: int = Field(5, ge=0, le=300)
    """Seconds for which a public page may be served as it was made; 0: made anew for each."""
    sending_work_bits: int = Field(14, ge=0, le=24)
    """Work that a browser does before it sends a comment or complaint, in zero bits of a hash: one
    more doubles it, 14 take about a second; 0: none is asked, and all count as if it was done."""
    allowed_hosts: str = "127.0.0.1,localhost"
    https: bool = False
    """Whether the public address is https: secure cookies, HSTS."""
    demo: bool = False
    """Marks every page, letter and export as a demonstration."""
    debug: bool = False
    log_format: Literal["text", "json"] = "text"
    """What processes write to their output: for eyes, or one JSON object a line."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """From which level on. `debug`: also a line for each request to the pages."""
    record_origin: str = "record.shidian.local"
    """The public record's name in its checkpoints, an address without a scheme; never changed."""
    record_witnesses: Path | None = None
    """Policy file of the record's witnesses (C2SP tlog-policy, no `log` lines); unset: none."""
    record_slot_s: int = Field(default=3600, ge=1)
    """Seconds between the slots at which restricted matter enters the record."""
    rulebooks: Path | None = None
    """Folder of the library of regimes; unset: the one shipped beside the source."""

    @property
    def library(self) -> Path:
        """Where rulebooks lie that others extend, as `<id>.yaml`."""
        return self.rulebooks or Path(__file__).resolve().parents[2] / "rulebooks"

    @property
    def app_database(self) -> Path:
        """SQLite file of people and paper; owners: web, worker."""
        return self.home / "app.sqlite3"

    @property
    def journal(self) -> Path:
        """SQLite file of entries; owner: gate."""
        return self.journal_at(self.journal_name)

    def journal_at(self, name: str) -> Path:
        """The file of a journal, were it on this machine."""
        folder = "gate" if name == MAIN_JOURNAL else f"journals/{name}"
        return self.home / folder / "journal.sqlite3"

    def monitor_store_at(self, name: str) -> Path:
        """The store of a journal's monitor, were it on this machine."""
        folder = "monitor" if name == MAIN_JOURNAL else f"journals/{name}"
        return self.home / folder / "monitor.sqlite3"

    @property
    def gate_urls(self) -> dict[str, str]:
        """Journal → its gate's address, the main one first."""
        named = (one.partition("=") for one in self.gates.split(",") if one.strip())
        more = {name.strip(): url.strip().rstrip("/") for name, _, url in named}
        return {MAIN_JOURNAL: self.gate_url.rstrip("/"), **more}

    @property
    def own_gate_url(self) -> str:
        """The address of the gate of `journal_name`."""
        return self.gate_urls.get(self.journal_name, self.gate_url)

    @property
    def monitor_store(self) -> Path:
        """SQLite file of cursor, alert items and readings; owner: monitor."""
        return self.monitor_store_at(self.journal_name)

    @property
    def record(self) -> Path:
        """Folder of the public record; owner: notary."""
        return self.home / "record"

    @property
    def record_tiles(self) -> Path:
        """The log as static files (C2SP tlog-tiles), for everyone to read."""
        return self.record / "tiles"

    @property
    def notary_socket(self) -> Path:
        """Unix socket at which the notary takes leaves from the worker."""
        return self.record / "notary.sock"

    @property
    def order_public_key(self) -> Path:
        """Public half of the key that signs orders, for everyone to read; written by the notary."""
        return self.record / "order.pub"

    @property
    def certificate_public_key(self) -> Path:
        """Public half of the key that signs exit drills, for everyone; written by the notary."""
        return self.record / "certificate.pub"

    @property
    def keys(self) -> Path:
        """Folder of private keys and secrets, mode 0700."""
        return self.home / "keys"

    @property
    def zone_spool(self) -> Path:
        """Folder of bundles on their way: made and not yet acknowledged, or half fetched."""
        return self.home / "zone"

    @property
    def uploads(self) -> Path:
        """Folder of uploaded files, served only as attachments."""
        return self.home / "uploads"


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
