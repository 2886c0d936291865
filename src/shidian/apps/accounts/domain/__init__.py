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
from shidian.apps.accounts.domain.registering import (
    add_licence,
    apply_for_registration,
    confirm_registration,
    refuse_registration,
)
from shidian.apps.accounts.domain.sessions import end_sessions, reset_second_factor
from shidian.apps.accounts.domain.signing_in import may_try_to_sign_in, note_failed_sign_in
from shidian.apps.accounts.domain.staffing import (
    accept_invitation,
    invite,
    open_invitation,
    set_roles,
    staff_of,
    withdraw_invitation,
)

__all__ = [
    "accept_invitation",
    "add_licence",
    "apply_for_registration",
    "appoint_officer",
    "confirm_registration",
    "end_sessions",
    "enrol_assessor",
    "enrol_expert",
    "enrol_person",
    "enrol_staff",
    "found_authority",
    "invite",
    "may_try_to_sign_in",
    "note_failed_sign_in",
    "open_invitation",
    "refuse_registration",
    "register_institution",
    "reset_second_factor",
    "set_roles",
    "staff_of",
    "withdraw_invitation",
]
