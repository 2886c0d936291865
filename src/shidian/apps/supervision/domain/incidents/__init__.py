"""What is reported of an incident, asked about it and answered. Each verb writes a step.

The institution reports, confirms what an officer noted of a telephone call, updates, answers and
closes; officers note calls, ask, grade, link, merge and open again. The rulebook says in which
steps and within what time (`core/procedure/incidents`). Whatever a pilot has become since, its
incidents are told to their end.
"""

from shidian.apps.supervision.domain.incidents.files import INCIDENT_FILE, attach_to_incident
from shidian.apps.supervision.domain.incidents.handling import (
    LINKED,
    ask_about_incident,
    grade_incident,
    link_incident,
    merge_incident,
    note_on_incident,
    reopen_incident,
)
from shidian.apps.supervision.domain.incidents.reminding import tell_missed_steps
from shidian.apps.supervision.domain.incidents.reporting import (
    CALLER_CHARS_MAX,
    TITLE_CHARS_MAX,
    MeanwhileError,
    Told,
    answer_question,
    close_incident,
    confirm_telephone_report,
    newest_number,
    note_telephone_report,
    report_also,
    report_incident,
    update_incident,
)
from shidian.apps.supervision.domain.incidents.writing import (
    INVESTORS_MAX,
    TEXT_CHARS_MAX,
    publish_again,
)

__all__ = [
    "CALLER_CHARS_MAX",
    "INCIDENT_FILE",
    "INVESTORS_MAX",
    "LINKED",
    "TEXT_CHARS_MAX",
    "TITLE_CHARS_MAX",
    "MeanwhileError",
    "Told",
    "answer_question",
    "ask_about_incident",
    "attach_to_incident",
    "close_incident",
    "confirm_telephone_report",
    "grade_incident",
    "link_incident",
    "merge_incident",
    "newest_number",
    "note_on_incident",
    "note_telephone_report",
    "publish_again",
    "reopen_incident",
    "report_also",
    "report_incident",
    "tell_missed_steps",
    "update_incident",
]
