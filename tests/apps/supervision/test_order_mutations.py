"""Each rule that guards the issuing of an order is taken away once: some test must then fail.

A mutant is a rule's own source with a few words replaced, or a trigger dropped. It is killed where
one of the tests named with it fails; a mutant that lives is a rule that nothing holds.
"""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING, NamedTuple

import pytest
from _pytest.outcomes import Failed
from django.db import connection, transaction

from shidian.apps.supervision import order_triggers
from shidian.apps.supervision.domain.orders import approving, issuing, proposing, standing
from shidian.apps.supervision.models import Order, OrderApproval
from shidian.core.procedure import orders as pure

from . import test_order_triggers as triggers
from . import test_orders as judged
from .things import quick_pilot

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.prove


class Mutant(NamedTuple):
    """Of `function` in `module`, `was` becomes `becomes`; `also`: modules that import it by name."""

    module: ModuleType
    function: str
    was: str
    becomes: str
    killer: str
    also: tuple[ModuleType, ...] = ()


TWO = "test_what_gives_protection_up_takes_two_different_officers"
WHO = "test_who_does_not_decide_neither_proposes_nor_approves"
ATTEMPT = "test_a_challenge_serves_one_attempt_and_few_are_free"
YESTERDAY = "test_a_challenge_of_another_officer_or_of_yesterday_is_refused"
ONCE = "test_a_code_serves_one_approval_and_never_again"
ELSE = "test_a_passkey_that_signed_something_else_approves_nothing"
CHECKED = "test_a_passkey_signs_this_order_and_its_signature_can_be_checked_again"
TEXT = "test_both_officers_approve_the_same_text_and_the_first_sets_its_time"
FOLLOWS = "test_an_order_follows_the_one_before_it_and_two_at_once_do_not_both_pass"
AGAINST = "test_contradicting_orders_are_refused_with_the_reason"
REPEATS = "test_what_lapsed_is_not_repeated_by_one_officer"
LAPSES = "test_a_lone_officers_suspension_lapses_after_a_day_and_the_pilot_stays_stopped"
SAVED = "return 2 if two else 1"

MUTANTS = {
    "two officers, counted": Mutant(
        approving, "_is_approved", ">= order.required_approvals", ">= 1", TWO
    ),
    "two officers, as the rulebook says": Mutant(
        pure, "officers_needed", SAVED, "return 1", TWO, (proposing,)
    ),
    "two officers for what lapsed before": Mutant(
        pure, "officers_needed", "or (again and kind in STOPPING)", "", REPEATS, (proposing,)
    ),
    "distinct officers": Mutant(
        approving,
        "_require_approvable",
        "if order.approvals.filter(officer=by).exists():",
        "if False:",
        TWO,
    ),
    "an officer who may": Mutant(
        approving, "_require_approvable", "if not allows(", "if False and not allows(", WHO
    ),
    "a right code": Mutant(
        approving,
        "_proof",
        "return prove_by_code(by, answer.code)",
        "from shidian.apps.accounts.domain.proving import Proof\n"
        '        return Proof("totp", f"totp:{challenge.nonce}", {})',
        ATTEMPT,
    ),
    "a challenge used once": Mutant(
        approving, "_use_up", "not used.update(used_at=moment)", "not used", ATTEMPT
    ),
    "few attempts": Mutant(approving, "_use_up", ">= ATTEMPTS_MAX", "> 10**6", ATTEMPT),
    "one's own challenge": Mutant(
        approving,
        "_use_up",
        "filter(pk=challenge.pk, officer=by, used_at=None)",
        "filter(pk=challenge.pk, used_at=None)",
        YESTERDAY,
    ),
    "a fresh challenge": Mutant(
        approving, "_use_up", "or moment - challenge.made_at > CHALLENGE_LIVES", "", YESTERDAY
    ),
    "a factor used once": Mutant(
        approving, "_write", "factor_use=proof.use", 'factor_use=f"{order.pk}:{proof.use}"', ONCE
    ),
    "bound to the text": Mutant(
        approving,
        "challenge_bytes",
        "challenge.canonical.encode()",
        'b"{}"',
        CHECKED,
        (judged,),
    ),
    "bound to the nonce": Mutant(
        approving,
        "challenge_bytes",
        "bytes.fromhex(challenge.nonce)",
        'b"0" * 32',
        ELSE,
        (judged,),
    ),
    "one text for all": Mutant(
        approving, "_fix_text", "if order.canonical != challenge.canonical:", "if False:", TEXT
    ),
    "the order that it follows": Mutant(
        issuing,
        "issue",
        "if (newest.pk if newest else None) != order.follows_id:",
        "if False:",
        FOLLOWS,
        (approving,),
    ),
    "no contradiction": Mutant(
        standing,
        "require_consistent",
        "if refused is not None or rules is None:",
        "if rules is None:",
        AGAINST,
        (approving, issuing, proposing),
    ),
    "no second suspension": Mutant(
        pure,
        "contradiction",
        'if kind == "suspend" and standing.condition == "suspended" and not standing.lapsed:',
        "if False:",
        AGAINST,
        (standing,),
    ),
    "no order after a termination": Mutant(
        pure,
        "contradiction",
        'if standing.condition == "terminated" and kind in _SENSE:',
        "if False:",
        AGAINST,
        (standing,),
    ),
    "no order after the exit": Mutant(
        pure,
        "contradiction",
        'if standing.condition == "closed":',
        "if False:",
        "test_a_pilot_that_has_just_exited_takes_no_order",
        (standing,),
    ),
    "no opposite proposals": Mutant(
        pure,
        "_open_against",
        "if _SENSE.get(other, sense) != sense:",
        "if False:",
        AGAINST,
    ),
    "lapses by one officer": Mutant(
        pure,
        "lapses",
        "return kind in STOPPING and officers == 1",
        "return False",
        LAPSES,
        (proposing,),
    ),
}
FIXED = {TWO: {"kind": "terminate"}}
TRIGGERS = {
    "_begins": "test_an_order_begins_as_a_proposal",
    "_moves": "test_an_issued_order_is_not_rewritten_nor_taken_back",
    "_approved": "test_issued_without_approvals_is_refused",
    "_fixed": "test_an_issued_order_is_not_rewritten_nor_taken_back",
    "_stays": "test_what_was_countersigned_does_not_lapse",
    "_open": "test_an_approval_of_another_text_or_by_nobody_in_office_does_not_count",
    "_officer": "test_an_approval_of_another_text_or_by_nobody_in_office_does_not_count",
}


@pytest.fixture
def pilot(walk):
    return quick_pilot(walk)


@pytest.fixture
def second(world):
    return world.case_officer["finance"]


def run(tests: ModuleType, name: str, request: pytest.FixtureRequest) -> None:
    """One test of another file, with fixtures of this one."""
    test, fixed = getattr(tests, name), FIXED.get(name, {})
    wanted = inspect.signature(test).parameters
    given = {one: fixed.get(one) or request.getfixturevalue(one) for one in wanted}
    with transaction.atomic():
        test(**given)


def mutate(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    source = textwrap.dedent(inspect.getsource(getattr(mutant.module, mutant.function)))
    assert source.count(mutant.was) == 1, f"{mutant.function} has no longer {mutant.was!r}"
    made: dict[str, object] = {}
    exec(
        "from __future__ import annotations\n" + source.replace(mutant.was, mutant.becomes),
        vars(mutant.module),
        made,
    )
    for module in (mutant.module, *mutant.also):
        monkeypatch.setattr(module, mutant.function, made[mutant.function])


@pytest.mark.parametrize("name", MUTANTS)
def test_without_a_rule_of_issuing_a_test_fails(name, request, monkeypatch, walk):
    mutate(MUTANTS[name], monkeypatch)

    with pytest.raises((Exception, Failed)):
        run(judged, MUTANTS[name].killer, request)


def test_unchanged_every_one_of_these_tests_passes():
    killers = {mutant.killer for mutant in MUTANTS.values()}
    assert all(callable(getattr(judged, name)) for name in killers)
    assert all(callable(getattr(triggers, name)) for name in TRIGGERS.values())
    tables = (Order._meta.db_table, OrderApproval._meta.db_table)
    named = {
        next(n.removeprefix(t) for t in reversed(tables) if n.startswith(t))
        for n in order_triggers.TRIGGERS.names()
    }
    assert named == set(TRIGGERS)


@pytest.mark.parametrize("name", TRIGGERS)
def test_without_a_trigger_a_test_fails(name, request, walk):
    full = next(one for one in order_triggers.TRIGGERS.names() if one.endswith(name))
    table = OrderApproval._meta.db_table if name in ("_open", "_officer") else Order._meta.db_table
    on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{full}"{on}')

    with pytest.raises((Exception, Failed)):
        run(triggers, TRIGGERS[name], request)
