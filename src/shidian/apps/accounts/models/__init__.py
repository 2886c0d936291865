"""Who there is: people, institutions with staff, authorities with officers, experts, assessors."""

from .authority import Authority
from .expert import Assessor, Expert
from .institution import Institution, Licence
from .invitation import Invitation
from .officer import Officer, OfficerRole
from .person import Language, Person
from .sign_in import SignInFailure
from .staff import Staff, StaffRole

__all__ = [
    "Assessor",
    "Authority",
    "Expert",
    "Institution",
    "Invitation",
    "Language",
    "Licence",
    "Officer",
    "OfficerRole",
    "Person",
    "SignInFailure",
    "Staff",
    "StaffRole",
]
