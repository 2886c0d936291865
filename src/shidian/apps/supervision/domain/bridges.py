"""A bridge while a licence application is pending: asked for, granted or declined, ended.

The firm's signer asks once its pilot has ended as the rulebook has it (`exit.bridging`), a signing
officer decides. The permit has ended with the pilot: under a bridge nobody new is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from shidian.apps.accounts.access import Permission, allows
from shidian.apps.cases.errors import ForbiddenError
from shidian.apps.cases.models import Case
from shidian.apps.cases.news_kinds import BRIDGE
from shidian.apps.cases.outbox import put
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.cases.words import localized
from shidian.apps.cases.zones import day_in
from shidian.apps.record.leaves import TOPIC
from shidian.apps.supervision.bridges import bridge_rules, calendar_for, newest_number, step_of
from shidian.apps.supervision.domain.automatic import by_rule
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.domain.exit_reports import closed_day
from shidian.apps.supervision.models import BridgeStep, LicenceResult, PlanVersion
from shidian.core.procedure.bridging import (
    Bridge,
    BridgeAct,
    BridgeState,
    ask_until,
    folded,
    longest,
    refusal,
)
from shidian_kit.wire import canonical
from shidian_kit.wire.digest import sha256_tag

if TYPE_CHECKING:
    from datetime import date, datetime

    from shidian.apps.accounts.models import Person
    from shidian.core.rulebook.model import BridgeRules

NAME_CHARS_MAX = 200
RECEIPT_CHARS_MAX = 100
TEXT_CHARS_MAX = 5_000
LAPSE_RULE = "exit.bridging.lasts"
_GRANTED, _ENDED = "bridge.granted", "bridge.ended"


@transaction.atomic
def ask_for_bridge(
    *,
    case: Case,
    licence: str,
    authority: str,
    receipt: str,
    applied_on: date,
    by: Person,
    text: str = "",
    at: datetime | None = None,
) -> BridgeStep:
    """Ask for the lead institution that business may go on until its licence is decided.

    `licence`, of `authority`: what was applied for, on which day, under which receipt. Mail to the
    signing officers. Raises ForbiddenError; SupervisionError: the rulebook has no bridge, another
    outcome, too late, one is asked for or open, something is not stated.
    """
    moment = at or timezone.now()
    locked = _locked(case, by, Permission.EXIT_AGREE)
    rules, closed_on = _require_ended(locked)
    today = day_in(locked.rulebook, moment)
    until = ask_until(rules, closed_on, calendar_for(locked))
    if until is not None and until < today:
        raise SupervisionError(
            _("The last day on which it could be asked for was %(day)s.") % {"day": until}
        )
    _require(locked, BridgeAct.ASKED)
    if applied_on > today:
        raise SupervisionError(_("This lies in the future."), field="applied_on")
    said = {
        "licence": _stated(licence, NAME_CHARS_MAX, "licence"),
        "authority": _stated(authority, NAME_CHARS_MAX, "authority"),
        "receipt": _stated(receipt, RECEIPT_CHARS_MAX, "receipt"),
    }
    step = _write(
        locked,
        BridgeAct.ASKED,
        newest_number(locked) + 1,
        by,
        moment,
        applied_on=applied_on,
        text=_short(text),
        **said,
    )
    _mail(locked, "signing-officer", moment)
    return step


@transaction.atomic
def grant_bridge(
    *,
    case: Case,
    reason: str,
    by: Person,
    ends_on: date | None = None,
    at: datetime | None = None,
) -> BridgeStep:
    """Let business go on from today until `ends_on`, or as long as the rulebook lets it.

    It fixes what may go on and which version of the plan holds. Outbox: the record, mail to the
    institution and the officers. Raises ForbiddenError; SupervisionError.
    """
    moment = at or timezone.now()
    locked = _locked(case, by, Permission.BRIDGE_DECIDE)
    rules, _closed_on = _require_ended(locked)
    _require(locked, BridgeAct.GRANTED)
    today = day_in(locked.rulebook, moment)
    last = longest(rules, today, calendar_for(locked))
    until = ends_on or last
    if until is None:
        raise SupervisionError(
            _("The calendar does not reach so far: name the last day."), field="ends_on"
        )
    if until < today or (last is not None and until > last):
        raise SupervisionError(
            _("Name a day from today on, %(day)s at the latest.") % {"day": last or until},
            field="ends_on",
        )
    plan = PlanVersion.objects.filter(pilot__case=locked).order_by("-number").first()
    step = _write(
        locked,
        BridgeAct.GRANTED,
        newest_number(locked),
        by,
        moment,
        starts_on=today,
        ends_on=until,
        business=rules.business,
        plan_version=plan.number if plan is not None else None,
        text=_stated(reason, TEXT_CHARS_MAX, "text"),
    )
    _tell(step, _GRANTED)
    return step


@transaction.atomic
def decline_bridge(
    *, case: Case, reason: str, by: Person, at: datetime | None = None
) -> BridgeStep:
    """Decline it, with reasons for the institution. Raises ForbiddenError, SupervisionError."""
    moment = at or timezone.now()
    locked = _locked(case, by, Permission.BRIDGE_DECIDE)
    _require(locked, BridgeAct.DECLINED)
    text = _stated(reason, TEXT_CHARS_MAX, "text")
    step = _write(locked, BridgeAct.DECLINED, newest_number(locked), by, moment, text=text)
    _mail(locked, "applicant", moment)
    return step


@transaction.atomic
def give_up_bridge(
    *, case: Case, by: Person, text: str = "", at: datetime | None = None
) -> BridgeStep:
    """Give it up for the institution. Raises ForbiddenError, SupervisionError."""
    moment = at or timezone.now()
    locked = _locked(case, by, Permission.EXIT_AGREE)
    standing = _require(locked, BridgeAct.WITHDRAWN)
    step = _write(locked, BridgeAct.WITHDRAWN, newest_number(locked), by, moment, text=_short(text))
    if standing is not None and standing.state is BridgeState.OPEN:
        _tell(step, _ENDED)
    else:
        _mail(locked, "signing-officer", moment)
    return step


@transaction.atomic
def end_bridge(
    *,
    case: Case,
    result: LicenceResult,
    reason: str,
    by: Person,
    at: datetime | None = None,
) -> BridgeStep:
    """End it: the licence was granted or refused, or there is another reason.

    Outbox: the record, mail. Raises ForbiddenError, SupervisionError.
    """
    moment = at or timezone.now()
    locked = _locked(case, by, Permission.BRIDGE_DECIDE)
    _require(locked, BridgeAct.ENDED)
    step = _write(
        locked,
        BridgeAct.ENDED,
        newest_number(locked),
        by,
        moment,
        result=result.value,
        text=_stated(reason, TEXT_CHARS_MAX, "text"),
    )
    _tell(step, _ENDED)
    return step


def lapse_due_bridges(*, at: datetime | None = None) -> int:
    """End what is past its last day, naming the rule; how many ended now."""
    moment = at or timezone.now()
    granted = BridgeStep.objects.filter(
        kind=BridgeAct.GRANTED.value, ends_on__lt=timezone.localdate(moment)
    )
    ended = BridgeStep.objects.filter(
        kind__in=[BridgeAct.ENDED.value, BridgeAct.LAPSED.value, BridgeAct.WITHDRAWN.value]
    )
    over = set(ended.values_list("case", "number"))
    due = [one for one in granted if (one.case_id, one.number) not in over]
    return sum(_lapse(one.case_id, moment) for one in due)


@transaction.atomic
def _lapse(case_id: int, moment: datetime) -> bool:
    locked = Case.objects.select_for_update(of=("self",)).get(pk=case_id)
    standing = standing_bridge(locked)
    if standing is None or not standing.runs_out(day_in(locked.rulebook, moment)):
        return False
    loaded = loaded_rulebook(locked.rulebook_version_id)
    step = _write(
        locked,
        BridgeAct.LAPSED,
        newest_number(locked),
        None,
        moment,
        automatic=by_rule(LAPSE_RULE, loaded.digest),
    )
    _tell(step, _ENDED)
    return True


def standing_bridge(case: Case) -> Bridge | None:
    """The case's newest bridge by its steps; None where none was asked for. One query."""
    steps = list(BridgeStep.objects.filter(case=case).order_by("pk"))
    newest = max((one.number for one in steps), default=0)
    return folded(step_of(one) for one in steps if one.number == newest)


def leaf_payload(step: BridgeStep, kind: str) -> dict[str, object]:
    """What a leaf's row says: the digest of the act, never its words."""
    content = {
        "kind": step.kind,
        "starts_on": step.starts_on and step.starts_on.isoformat(),
        "ends_on": step.ends_on and step.ends_on.isoformat(),
        "business": step.business,
        "plan_version": step.plan_version,
        "result": step.result,
        "text": step.text,
        "automatic": step.automatic,
    }
    return {
        "kind": kind,
        "case": step.case.reference,
        "bridge": step.number,
        "digest": sha256_tag(canonical.dumps(content)),
        "at": step.at.isoformat(),
    }


def leaf_kind(step: BridgeStep) -> str | None:
    """Under which kind a step is on record; None: it is not. What was never open ends nothing."""
    if step.kind == BridgeAct.GRANTED.value:
        return _GRANTED
    if step.kind in (BridgeAct.ENDED.value, BridgeAct.LAPSED.value):
        return _ENDED
    granted = BridgeStep.objects.filter(
        case=step.case_id, number=step.number, kind=BridgeAct.GRANTED.value
    )
    return _ENDED if step.kind == BridgeAct.WITHDRAWN.value and granted.exists() else None


def _tell(step: BridgeStep, kind: str) -> None:
    put(TOPIC, leaf_payload(step, kind), case=step.case, at=step.at)
    for to in ("applicant", "officer"):
        _mail(step.case, to, step.at)


def _mail(case: Case, to: str, at: datetime) -> None:
    put(f"mail.{to}", {"kind": BRIDGE, "case": case.reference}, case=case, at=at)


def _locked(case: Case, by: Person, permission: Permission) -> Case:
    locked = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if not allows(by, permission, locked):
        raise ForbiddenError
    return locked


def _require_ended(case: Case) -> tuple[BridgeRules, date]:
    """The rules, and the day on which the pilot ended as they ask. Raises SupervisionError."""
    rules = bridge_rules(case)
    if rules is None:
        raise SupervisionError(_("The rulebook knows no bridge to a licence."))
    closed_on = closed_day(case)
    if closed_on is None or not case.number or case.outcome not in rules.after:
        raise SupervisionError(_("The pilot has not ended with an outcome that a bridge follows."))
    return rules, closed_on


def _require(case: Case, act: BridgeAct) -> Bridge | None:
    """What stands, where the act follows on it. Raises SupervisionError."""
    standing = standing_bridge(case)
    if words := refusal(standing, act):
        raise SupervisionError(localized(words))
    return standing


def _write(
    case: Case, act: BridgeAct, number: int, by: Person | None, at: datetime, **more: Any
) -> BridgeStep:
    return BridgeStep.objects.create(case=case, kind=act.value, number=number, by=by, at=at, **more)


def _stated(text: str, longest_chars: int, field: str) -> str:
    if not text.strip():
        raise SupervisionError(_("This must be stated."), field=field)
    if len(text) > longest_chars:
        raise SupervisionError(
            _("This is longer than %(n)d characters.") % {"n": longest_chars}, field=field
        )
    return text.strip()


def _short(text: str) -> str:
    return _stated(text, TEXT_CHARS_MAX, "text") if text.strip() else ""
