"""The verbs on people, institutions and authorities: the only writers."""

from shidian.apps.accounts.domain.enrolling import (
    appoint_officer,
    enrol_assessor,
    enrol_expert,
    enrol_person,
    enrol_staff,
    found_authority,
    register_institution,
)
from shidian.apps.accounts.domain.sessions import end_sessions, reset_second_factor
from shidian.apps.accounts.domain.signing_in import may_try_to_sign_in, note_failed_sign_in

__all__ = [
    "appoint_officer",
    "end_sessions",
    "enrol_assessor",
    "enrol_expert",
    "enrol_person",
    "enrol_staff",
    "found_authority",
    "may_try_to_sign_in",
    "note_failed_sign_in",
    "register_institution",
    "reset_second_factor",
]
