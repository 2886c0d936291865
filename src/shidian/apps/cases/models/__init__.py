"""The spine: schemes with rulebook versions and calls, cases with their events, tasks, access."""

from .access_row import AccessEffect, AccessRow
from .attachment import Attachment
from .calendar import CalendarDay, CalendarVersion
from .call import Call
from .case import Case, CaseParty
from .case_event import CaseEvent
from .form_section import FormSection
from .outbox import Outbox, OutboxDelivery
from .rulebook_version import RulebookVersion
from .scheme import Scheme, SchemeAuthority
from .task import Task

__all__ = [
    "AccessEffect",
    "AccessRow",
    "Attachment",
    "CalendarDay",
    "CalendarVersion",
    "Call",
    "Case",
    "CaseEvent",
    "CaseParty",
    "FormSection",
    "Outbox",
    "OutboxDelivery",
    "RulebookVersion",
    "Scheme",
    "SchemeAuthority",
    "Task",
]
