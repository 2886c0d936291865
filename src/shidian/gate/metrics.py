"""What the gate counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


class Metrics:
    """The counters of one gate, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.items = Counter(
            "shidian_gate_items", "Events by status.", ["status"], registry=self.registry
        )
        self.requests = Counter(
            "shidian_gate_requests", "Requests by status.", ["status"], registry=self.registry
        )
        self.ingest_seconds = Histogram(
            "shidian_gate_ingest_seconds",
            "From a batch's whole body to its acknowledgement.",
            registry=self.registry,
        )
        self.permit_seconds = Histogram(
            "shidian_gate_permit_seconds",
            "From a permit request's whole body to the permit.",
            registry=self.registry,
        )
        self.waiting_events = Gauge(
            "shidian_gate_waiting_events", "Taken in, not yet committed.", registry=self.registry
        )
        self.sealed_rows = Counter(
            "shidian_gate_sealed_rows", "Rows moved into Parquet.", registry=self.registry
        )
        self.listeners = Gauge(
            "shidian_gate_listeners", "Pages that listen.", registry=self.registry
        )

    def text(self) -> bytes:
        """The exposition format."""
        return generate_latest(self.registry)
