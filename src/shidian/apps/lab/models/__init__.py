"""Drafts of rules with their revisions, checks, approvals and events; clauses under test."""

from .clause import Difficulty, Evidence, EvidenceKind, Wording, WordingGround
from .consultation import Consultation
from .draft import DraftRevision, DraftState, RulebookDraft
from .event import DraftEvent, DraftEventKind
from .judgement import Approval, CheckResult
from .note import ExplanatoryNote

__all__ = [
    "Approval",
    "CheckResult",
    "Consultation",
    "Difficulty",
    "DraftEvent",
    "DraftEventKind",
    "DraftRevision",
    "DraftState",
    "Evidence",
    "EvidenceKind",
    "ExplanatoryNote",
    "RulebookDraft",
    "Wording",
    "WordingGround",
]
