"""Who judges a case: panels of experts with their declarations and sheets, assessor bodies."""

from .assessment import Assessment, Commission
from .assignment import Assignment, Conflict
from .drawn import DrawPool
from .panel import Panel
from .review import Review, SheetDraft
from .session import Minutes, Presenters, Session, SessionCall, SessionItem

__all__ = [
    "Assessment",
    "Assignment",
    "Commission",
    "Conflict",
    "DrawPool",
    "Minutes",
    "Panel",
    "Presenters",
    "Review",
    "Session",
    "SessionCall",
    "SessionItem",
    "SheetDraft",
]
