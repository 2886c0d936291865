"""Why something about the record is refused: a closed set of names, an error that bears one."""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """The name under which bad input is refused; the detail beside it says what and where."""

    LEAF_MALFORMED = "leaf-malformed"
    LEAF_TOO_LARGE = "leaf-too-large"
    LEAF_FROM_THE_FUTURE = "leaf-from-the-future"
    OUTBOX_ID_REUSED = "outbox-id-reused"
    COMMITMENT_WRONG = "commitment-wrong"
    NOTE_MALFORMED = "note-malformed"
    KEY_MALFORMED = "key-malformed"
    SIGNATURE_WRONG = "signature-wrong"
    SIGNATURE_MISSING = "signature-missing"
    CHECKPOINT_MALFORMED = "checkpoint-malformed"
    CHECKPOINT_MISSING = "checkpoint-missing"
    ORIGIN_DIFFERS = "origin-differs"
    PROOF_MALFORMED = "proof-malformed"
    PROOF_WRONG = "proof-wrong"
    TILE_MISSING = "tile-missing"
    TILE_TRUNCATED = "tile-truncated"
    TILE_DIFFERS = "tile-differs"
    ROLLED_BACK = "rolled-back"
    SPLIT_VIEW = "split-view"
    ROTATION_WRONG = "rotation-wrong"
    POLICY_MALFORMED = "policy-malformed"
    QUORUM_MISSING = "quorum-missing"
    CLOCK_BACKWARDS = "clock-backwards"
    DISK_FULL = "disk-full"
    DISK_FAILED = "disk-failed"
    ALREADY_RUNNING = "already-running"
    KEY_LOOSE = "key-loose"
    KEY_DIFFERS = "key-differs"
    STATE_BEHIND = "state-behind"
    REQUEST_MALFORMED = "request-malformed"
    NOT_REACHABLE = "not-reachable"


class RecordError(Exception):
    """Something was refused: `name` says by which rule, `detail` what and where."""

    def __init__(self, name: Refusal, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name
        self.detail = detail
