"""Partner institutions: invited by the lead, joining, declining, signing, leaving, replaced.

All are keyword-only and take `by`, `at` and `expected_seq` as the officers' verbs do. All raise
ForbiddenError, and DomainError with the procedure's refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from shidian.apps.accounts.models import Institution, Staff, StaffRole
from shidian.apps.accounts.roles import held_on
from shidian.apps.cases.actors import partner_actor
from shidian.apps.cases.domain.deciding import do
from shidian.apps.cases.domain.perform import Performed, perform_act, supplies
from shidian.apps.cases.domain.reactions import end_grants, grant, reacts
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.filled import filled_form
from shidian.apps.cases.indexing import add_institution
from shidian.apps.cases.models import AccessEffect, Case, CaseEvent, CaseParty
from shidian.core.procedure.types import Act, EventKind, Json, Verb
from shidian.core.rulebook.model import StageKind, Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from shidian.apps.accounts.models import Person


def institution_named(words: str) -> Institution:
    """The registered institution with that USCC or LEI, or for which the person with that address

    signs. Raises DomainError (`no-such-institution`, `several-institutions`).
    """
    wanted = words.strip()
    if "@" not in wanted:
        code = "".join(wanted.split()).upper()
        found = list(Institution.objects.filter(Q(uscc=code) | Q(lei=code))[:2])
    else:
        signing = Staff.objects.filter(
            held_on(timezone.localdate()),
            role=StaffRole.SIGNER,
            person__email__iexact=wanted,
            person__is_active=True,
        )
        found = list(Institution.objects.filter(pk__in=signing.values("institution"))[:2])
    if not found:
        raise DomainError(
            "no-such-institution",
            Text(
                zh="没有以此代码登记的机构，也没有以此邮箱登记的签署人。请对方先在登录页“登记机构”，"
                "再行邀请。",
                en="No institution is registered under that code, and no signer under that address."
                " Ask the firm to register first, on the sign-in page; then invite it.",
            ),
            "whom",
        )
    if len(found) > 1:
        raise DomainError(
            "several-institutions",
            Text(
                zh="此人为多家机构的签署人，请改用机构的统一社会信用代码。",
                en="That person signs for several institutions: give the institution's code.",
            ),
            "whom",
        )
    return found[0]


def invite_partner(
    *,
    case: Case,
    institution: Institution,
    task: str,
    by: Person,
    replaces: Institution | None = None,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Ask an institution to take part; with `replaces` in the place of a partner, which goes when

    the new one joins. Its signers get a task and a mail; they see title and parties, no more.
    Event: partner.invited. Raises DomainError (`party-assesses` for the body that assesses it).
    """
    parties = {case.lead_id, *case.parties.values_list("institution_id", flat=True)}
    granted = case.access.filter(institution=institution, effect=AccessEffect.GRANT)
    # A grant to an institution that is no party was made for assessing.
    if institution.pk not in parties and granted.filter(ends__isnull=True).exists():
        raise DomainError(
            "party-assesses",
            Text(
                zh="评估本案的机构不能参与本案。", en="The body that assesses the case cannot join."
            ),
            "whom",
        )
    data: dict[str, Json] = {
        "institution": str(institution.pk),
        "kind": institution.kind,
        "task": task.strip(),
        "replaces": str(replaces.pk) if replaces else None,
    }
    return do(Verb.INVITE_PARTNER, case, data, by=by, at=at, expected_seq=expected_seq)


def answer_invitation(
    *,
    case: Case,
    institution: Institution,
    join: bool,
    by: Person,
    reason: str = "",
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Join, or decline with a reason. `by` signs for the institution.

    Joining gives its staff access, and ends that of the partner it replaces. Events:
    partner.joined (and partner.left), or partner.declined.
    """
    data: dict[str, Json] = {"join": join, "reason": reason}
    return _as_partner(
        Verb.ANSWER_INVITATION, case, institution, data, by=by, at=at, expected_seq=expected_seq
    )


def leave_case(
    *,
    case: Case,
    institution: Institution,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Take part no more. `by` signs for the partner. Its access ends. Event: partner.left."""
    data: dict[str, Json] = {"reason": reason}
    return _as_partner(
        Verb.LEAVE_CASE, case, institution, data, by=by, at=at, expected_seq=expected_seq
    )


def release_partner(
    *,
    case: Case,
    institution: Institution,
    reason: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Withdraw an invitation, or let a partner go. `by` signs for the lead. Event: partner.left."""
    data: dict[str, Json] = {"institution": str(institution.pk), "reason": reason}
    return do(Verb.RELEASE_PARTNER, case, data, by=by, at=at, expected_seq=expected_seq)


def request_signatures(
    *, case: Case, by: Person, at: datetime | None = None, expected_seq: int | None = None
) -> Performed:
    """Lay the form as it stands before the partners' signers. Event: signatures.requested."""
    return do(Verb.REQUEST_SIGNATURES, case, {}, by=by, at=at, expected_seq=expected_seq)


def sign_application(
    *,
    case: Case,
    institution: Institution,
    sha256: str,
    by: Person,
    at: datetime | None = None,
    expected_seq: int | None = None,
) -> Performed:
    """Sign the application for a partner. `sha256`: of the text that `by` was shown.

    Refused where the form has changed since. Event: application.signed.
    """
    if case.stage_rule.kind is StageKind.DRAFT and filled_form(case).sha256 != sha256:
        raise DomainError(
            "text-changed",
            Text(
                zh="您核对后申报内容已有改动：请待牵头机构再次提请签署。",
                en="The application changed after you read it: wait until the lead lays it before"
                " you again.",
            ),
        )
    data: dict[str, Json] = {"sha256": sha256}
    return _as_partner(
        Verb.SIGN_APPLICATION, case, institution, data, by=by, at=at, expected_seq=expected_seq
    )


def ever_asked(case: Case) -> set[int]:
    """Ids of all institutions that are or were invited to the case, whatever they answered."""
    invited = CaseEvent.objects.filter(case=case, kind=EventKind.PARTNER_INVITED)
    return {int(data["institution"]) for data in invited.values_list("data", flat=True)}


@supplies(Verb.REQUEST_SIGNATURES)
def _what_is_laid_before(case: Case, _data: Mapping[str, Json], _at: datetime) -> dict[str, Json]:
    filled = filled_form(case)
    return {"sha256": filled.sha256, "missing": [*filled.incomplete()]}


def _as_partner(
    verb: Verb,
    case: Case,
    institution: Institution,
    data: dict[str, Json],
    *,
    by: Person,
    at: datetime | None,
    expected_seq: int | None,
) -> Performed:
    act = Act(verb, partner_actor(by, institution.pk), at or timezone.now(), data)
    return perform_act(case, act, by=by, expected_seq=expected_seq)


@reacts(EventKind.PARTNER_JOINED)
def _partner_sees(case: Case, event: CaseEvent) -> None:
    """Its staff see the case from now on; it counts among the parties everywhere."""
    institution = int(event.data["institution"])
    invitation = (
        CaseEvent.objects.filter(
            case=case, kind=EventKind.PARTNER_INVITED, data__institution=str(institution)
        )
        .order_by("-seq")
        .first()
    )
    task = str(invitation.data["task"]) if invitation else ""
    CaseParty.objects.update_or_create(
        case=case, institution_id=institution, defaults={"task": task}
    )
    grant(case, event, institution=institution)
    add_institution(case, Institution.objects.get(pk=institution))


@reacts(EventKind.PARTNER_LEFT)
def _partner_sees_no_more(case: Case, event: CaseEvent) -> None:
    institution = int(event.data["institution"])
    CaseParty.objects.filter(case=case, institution=institution).delete()
    end_grants(case, event, event.at, institution_id=institution)
