"""The worker's duties, put together: what it reads, what it writes, whom it tells."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Max
from django.utils import timezone

from shidian import keyring
from shidian.apps.cases.domain.reminding import remind_due_tasks
from shidian.apps.cases.domain.silence import record_due_silences
from shidian.apps.cases.domain.telling import gather_digests, send_due
from shidian.apps.cases.models import Outbox
from shidian.apps.cases.outbox import deliver_pending
from shidian.apps.record.feeder import Feeder
from shidian.apps.supervision.domain.alerts import escalate_due_alerts
from shidian.apps.supervision.domain.bridges import lapse_due_bridges
from shidian.apps.supervision.domain.gate_keys import certify_gate_key
from shidian.apps.supervision.domain.incidents import tell_missed_steps
from shidian.apps.supervision.domain.orders import announce_lapses, lapse_due_orders
from shidian.apps.supervision.domain.sent_files import remove_files_kept_long_enough
from shidian.apps.supervision.models import (
    ControlReceipt,
    Order,
    Pilot,
)
from shidian.apps.supervision.publish.refresh import (
    publish_home,
    publish_pilot_figures,
    publish_statistics,
)
from shidian.apps.supervision.publish.schemes import home_figures
from shidian.apps.supervision.worker import projection
from shidian.apps.supervision.worker.acknowledgements import copy_acknowledgements
from shidian.apps.supervision.worker.controls import send_controls, tell_fed
from shidian.apps.supervision.worker.copying import Copying
from shidian.apps.supervision.worker.delivery import Deliverer
from shidian.apps.supervision.worker.drills import sign_drills
from shidian.apps.supervision.worker.gate_client import GateClient
from shidian.apps.supervision.worker.loop import Duty
from shidian.apps.supervision.worker.moving import advance_moves
from shidian.apps.supervision.worker.news import News
from shidian.apps.supervision.worker.reports import check_next_report
from shidian.apps.supervision.worker.returns import send_returns
from shidian.config import MAIN_JOURNAL
from shidian.egress import Guard
from shidian.notary.client import NotaryPool

if TYPE_CHECKING:
    from shidian.config import Settings

LOOK_S = 0.01
"""Between two looks whether the monitor's store has changed: a look costs microseconds."""
LINE_LOOK_S = 0.25
LINE_CURRENT_S = 5.0
"""The same, and of values, where the monitor is in another zone: each is a question to its gate."""
POLL_S = 0.05
CONTROL_S = 0.1
FED_S = 2.0
ORDERS_S = 0.1
WORDS_S = 0.1
WORDS_QUIET_S = 2.0
"""Once nothing was issued for a minute, a firm's word may take so long to be looked for."""
RECORD_S = 0.25
CURRENT_S = 1.0
RETRY_S = 2.0
FIGURES_S = 5.0
HOME_S = 5.0
STATISTICS_S = 600.0
SILENCES_S = 30.0
REMINDERS_S = 60.0
LAPSES_S = 5.0
ESCALATIONS_S = 5.0
BRIDGES_S = 60.0
MISSED_S = 30.0
HANDLING_S = 0.5
"""How soon another officer's open page shows what was done about an alert."""
RETURNS_S = 1.0
MOVES_S = 0.5
DRILLS_S = 1.0
GATE_KEY_S = 60.0
REPORTS_S = 30.0
SENT_FILES_S = 3600.0
MAIL_S = 1.0
DIGESTS_S = 60.0


class Worker:
    """One worker over one installation's stores. Any number may run: each row is done once."""

    def __init__(self, config: Settings) -> None:
        keyring.ensure_keys(config.keys)
        self._keys = config.keys
        self._journal = config.journal_name
        self._apart = config.ingest_apart
        self._gate = GateClient(config.gate_url, keyring.worker_key(config.keys))
        self._order_gate = GateClient(config.own_gate_url, keyring.worker_key(config.keys))
        self._own_gate = GateClient(config.own_gate_url, keyring.worker_key(config.keys))
        self._moving_gates = {
            name: GateClient(url, keyring.worker_key(config.keys))
            for name, url in config.gate_urls.items()
        }
        self._news = News()
        self.copying = Copying(config, self._own_gate, self._news)
        self._feeder = Feeder(config)
        self._notaries = NotaryPool(config.notary_socket)
        self._orders = Deliverer(self._notaries.sign_order, Guard.of(config.egress_allow))
        self._home: dict[str, object] = {}
        self._outbox_seen = -1
        self._outbox_again = 0.0
        self._words_again = 0.0

    def duties(self) -> list[Duty]:
        """In the order in which they are run when all are due: alerts first.

        A worker of another journal than the main one brings what is that journal's, no more.
        """
        look_s, current_s = (LINE_LOOK_S, LINE_CURRENT_S) if self._apart else (LOOK_S, CURRENT_S)
        own = [
            Duty("alerts", look_s, self.copying.copy_new_alerts),
            Duty("live", LOOK_S, self.tell_pages),
            Duty("returns", RETURNS_S, self.send_returns),
            Duty("readings", current_s, self.copying.copy_readings),
        ]
        return own if self._journal != MAIN_JOURNAL else self._of_main(own)

    def _of_main(self, own: list[Duty]) -> list[Duty]:
        alerts, live, returns, readings = own
        return [
            alerts,
            live,
            Duty("outbox", POLL_S, self.work_outbox),
            Duty("record", RECORD_S, self.feed_record),
            Duty("lapses", LAPSES_S, self.lapse_orders),
            Duty("bridges", BRIDGES_S, self.lapse_bridges),
            Duty("missed steps", MISSED_S, self.tell_missed_steps),
            Duty("escalations", ESCALATIONS_S, self.escalate_alerts),
            Duty("handling", HANDLING_S, self._news.note_handling),
            returns,
            Duty("moves", MOVES_S, self.advance_moves),
            Duty("reports", REPORTS_S, self.check_reports),
            Duty("drills", DRILLS_S, self.sign_drills),
            Duty("silences", SILENCES_S, self.record_silences),
            Duty("reminders", REMINDERS_S, self.remind),
            Duty("gate key", GATE_KEY_S, self.certify_gate_key),
            readings,
            Duty("figures", FIGURES_S, self.publish_figures),
            Duty("home", HOME_S, self.publish_home),
            Duty("statistics", STATISTICS_S, publish_statistics),
            Duty("sent files", SENT_FILES_S, self.remove_sent_files),
        ]

    def order_duties(self) -> list[Duty]:
        """What an order waits for; run in a thread of its own, since pages and mail take longer."""
        return [
            Duty("controls", CONTROL_S, self.send_controls),
            Duty("fed", FED_S, self.tell_fed),
            Duty("orders", ORDERS_S, self._orders.run),
            Duty("acknowledgements", WORDS_S, self.copy_acknowledgements),
        ]

    def mail_duties(self) -> list[Duty]:
        """Mail, run in a thread of its own: a mail server that hangs holds up no page."""
        if self._journal != MAIN_JOURNAL:
            return []
        return [
            Duty("digests", DIGESTS_S, self.gather_digests),
            Duty("mail", MAIL_S, self.send_mail),
        ]

    def remove_sent_files(self) -> None:
        """Those of the public whose time is over."""
        remove_files_kept_long_enough(at=timezone.now())

    def close(self) -> None:
        """Let go of connections and files."""
        self._orders.close()
        self._notaries.close()
        for gate in (self._order_gate, self._own_gate, *self._moving_gates.values()):
            gate.close()
        self._gate.close()
        self._feeder.close()
        self.copying.close()

    def tell_pages(self) -> None:
        """Tell open pages what changed."""
        self._news.tell(self._gate)

    def work_outbox(self) -> None:
        """Deliver outbox rows to their consumers: at once when there are new ones, else by and by.

        A pass over what waits for another attempt costs more than a look at the newest id.
        """
        newest = Outbox.objects.aggregate(newest=Max("pk"))["newest"] or 0
        now = time.monotonic()
        if newest == self._outbox_seen and now < self._outbox_again:
            return
        delivered = deliver_pending(may_go_on=self._orders.is_calm)
        if not delivered and self._orders.is_calm():
            self._outbox_seen, self._outbox_again = newest, now + RETRY_S

    def feed_record(self) -> None:
        """Bring leaves to the record."""
        if self._orders.is_calm():
            self._feeder.feed()

    def record_silences(self) -> None:
        """Do what the law makes of authorities that let a clock run out, on the day it may."""
        record_due_silences()

    def remind(self) -> None:
        """Tell those whose last day is near, or has passed."""
        remind_due_tasks()

    def check_reports(self) -> None:
        """Hold a filed report against telemetry, while no order waits."""
        if self._orders.is_calm():
            check_next_report()

    def certify_gate_key(self) -> None:
        """Have the record say under which key the gate signs permits, before that runs out."""
        certify_gate_key(keyring.gate_public_key(self._keys))

    def lapse_orders(self) -> None:
        """Announce orders that nobody has countersigned, and let them lapse when it is time."""
        announce_lapses()
        lapse_due_orders()

    def tell_missed_steps(self) -> None:
        """Tell who is concerned that a step of an incident is overdue."""
        tell_missed_steps()

    def lapse_bridges(self) -> None:
        """End bridges to a licence whose last day is over."""
        lapse_due_bridges()

    def escalate_alerts(self) -> None:
        """Raise alerts that waited too long for an officer."""
        escalate_due_alerts()

    def gather_digests(self) -> None:
        """Put together the digests of the day, once its hour has come."""
        gather_digests()

    def send_mail(self) -> None:
        """Send the letters that are due, while no order is in hand."""
        while send_due(may_go_on=self._orders.is_calm):
            pass

    def send_returns(self) -> None:
        """Bring attested returns to the journal, and pages to show what became of them."""
        for public_id, entry in send_returns(self._own_gate, self._journal).items():
            self._news.put(public_id, entry)

    def advance_moves(self) -> None:
        """Take pilots that are moved between journals a step further."""
        for public_id in advance_moves(self._moving_gates):
            self._news.put(public_id, projection.position(projection.ITEMS))

    def sign_drills(self) -> None:
        """Have the notary sign certificates of exit drills; they go on record by that."""
        sign_drills(self._notaries.sign_certificate)

    def send_controls(self) -> None:
        """Bring control records to the journal, and pages to show from which entry they hold."""
        for public_id in send_controls(self._order_gate, self._journal):
            self._news.put(public_id, ControlReceipt.objects.latest("entry").entry)

    def copy_acknowledgements(self) -> None:
        """Bring firms' words on orders to the orders' pages, while any is waited for."""
        now = time.monotonic()
        awaited = Order.objects.filter(issued_at__isnull=False, effective_at=None)
        newest = awaited.aggregate(newest=Max("issued_at"))["newest"]
        if newest is None:
            return
        is_fresh = timezone.now() - newest < timedelta(minutes=1)
        if not is_fresh and now < self._words_again:
            return
        self._words_again = now + WORDS_QUIET_S
        for public_id in copy_acknowledgements(self._order_gate, self._journal):
            stream = projection.of_journal("acknowledgements", self._journal)
            self._news.put(public_id, projection.position(stream))

    def tell_fed(self) -> None:
        """Let the gate know that it knows every order: without that it renews no permit."""
        tell_fed(self._order_gate, self._journal)

    def publish_figures(self) -> None:
        """Refresh the public figures of pilots of which something changed."""
        if not self._orders.is_calm():
            return
        stale = set(self._news.stale)
        for pilot in Pilot.objects.filter(public_id__in=stale).select_related("case"):
            publish_pilot_figures(pilot)
        # Only now: where the database fails meanwhile, they are as stale as before.
        self._news.stale -= stale

    def publish_home(self) -> None:
        """Refresh the home page's figures where they are others than before."""
        figures = home_figures("zh")
        counted = {key: value for key, value in figures.items() if key != "as_of"}
        if counted != self._home:
            publish_home(figures)
            self._home = counted
