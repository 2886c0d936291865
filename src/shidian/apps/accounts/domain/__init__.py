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

__all__ = [
    "appoint_officer",
    "enrol_assessor",
    "enrol_expert",
    "enrol_person",
    "enrol_staff",
    "found_authority",
    "register_institution",
]
