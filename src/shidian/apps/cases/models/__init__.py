"""The spine: schemes with rulebook versions and calls, cases with their events, tasks, access."""

from .access_row import AccessEffect, AccessRow
from .attachment import Attachment
from .calendar import CalendarDay, CalendarVersion
from .call import Call
from .case import Case, CaseParty
from .case_event import CaseEvent
from .case_handler import CaseHandler
from .case_mark import CaseMark, MarkKind
from .case_note import CaseNote
from .case_text import CaseText
from .coaching import Coaching
from .deadline_feed import DeadlineFeed
from .form_section import FormSection
from .letter import Letter, LetterNumber, LetterStep, LetterVersion
from .matching import PartnerContact, PartnerProfile
from .news import Mail, MailChoice, NewsItem, Pace
from .outbox import Outbox, OutboxDelivery
from .rulebook_version import RulebookVersion
from .saved_view import SavedView
from .scheme import Scheme, SchemeAuthority
from .task import ReminderKind, Task, TaskReminder

__all__ = [
    "AccessEffect",
    "AccessRow",
    "Attachment",
    "CalendarDay",
    "CalendarVersion",
    "Call",
    "Case",
    "CaseEvent",
    "CaseHandler",
    "CaseMark",
    "CaseNote",
    "CaseParty",
    "CaseText",
    "Coaching",
    "DeadlineFeed",
    "FormSection",
    "Letter",
    "LetterNumber",
    "LetterStep",
    "LetterVersion",
    "Mail",
    "MailChoice",
    "MarkKind",
    "NewsItem",
    "Outbox",
    "OutboxDelivery",
    "Pace",
    "PartnerContact",
    "PartnerProfile",
    "ReminderKind",
    "RulebookVersion",
    "SavedView",
    "Scheme",
    "SchemeAuthority",
    "Task",
    "TaskReminder",
]
