"""Partner institutions: asked, joining, signing the text, leaving, replaced."""

import pytest

from shidian.core.procedure import fold
from shidian.core.procedure.parties import Standing, standing_as, unsigned
from shidian.core.procedure.types import ActorKind, RefusalCode, Verb
from shidian.core.rulebook.model import StageKind
from tests.core.procedure import rulebooks
from tests.core.procedure.player import FIRM, Player, play_to

OTHER = "ef" * 32


@pytest.fixture
def player():
    player = Player(rulebooks.demo_city())
    player.start()
    return player


def partner(player, firm="firm-2"):
    return player.actor(ActorKind.PARTNER, firm=firm)


def invite(player, firm="firm-2", **more):
    kind = player.rulebook.intake.partner[0]
    return player.do(
        Verb.INVITE_PARTNER, **{"institution": firm, "kind": kind, "task": "建模", **more}
    )


def join(player, firm="firm-2"):
    return player.do(Verb.ANSWER_INVITATION, partner(player, firm), join=True, reason="")


def test_an_institution_is_a_party_only_once_it_has_said_so(player):
    invite(player)
    assert standing_as(player.state, Standing.JOINED) == ()
    assert [task.institution for task in player.state.tasks if task.kind == "partner"] == ["firm-2"]

    effects = join(player)

    assert [one.institution for one in standing_as(player.state, Standing.JOINED)] == ["firm-2"]
    assert [one.topic for one in effects.outbox if one.topic.startswith("mail.")] == [
        "mail.applicant"
    ]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"institution": FIRM}, RefusalCode.ALREADY_PARTY),
        ({"institution": "firm-2"}, RefusalCode.ALREADY_PARTY),
        ({"kind": "bakery"}, RefusalCode.MAY_NOT_JOIN),
        ({"replaces": "firm-9"}, RefusalCode.NO_PARTNER),
        ({"task": ""}, RefusalCode.BAD_DATA),
    ],
)
def test_an_invitation_that_cannot_be_is_refused(player, changes, code):
    invite(player)
    kind = player.rulebook.intake.partner[0]
    data = {"institution": "firm-3", "kind": kind, "task": "建模", **changes}
    assert player.refused(Verb.INVITE_PARTNER, **data).code is code


def test_invited_partners_take_a_seat(player):
    most = player.rulebook.intake.partners_max
    rules = player.rulebook.intake.model_copy(update={"partners_max": most or 2})
    player.rulebook = player.rulebook.model_copy(update={"intake": rules})
    for number in range(most or 2):
        invite(player, f"firm-{number + 2}")
    kind = rules.partner[0]
    refused = player.refused(Verb.INVITE_PARTNER, institution="firm-99", kind=kind, task="建模")
    assert refused.code is RefusalCode.TOO_MANY_PARTNERS


def test_declining_needs_a_reason_and_allows_another_invitation(player):
    invite(player)
    refused = player.refused(Verb.ANSWER_INVITATION, partner(player), join=False, reason=" ")
    assert refused.code is RefusalCode.REASON_MISSING
    player.do(Verb.ANSWER_INVITATION, partner(player), join=False, reason="人手不足")

    assert player.refused(Verb.ANSWER_INVITATION, partner(player), join=True).code is (
        RefusalCode.NOT_INVITED
    )
    invite(player)


def test_nothing_is_filed_before_every_invitation_is_answered_and_every_partner_has_signed(player):
    invite(player)
    assert player.refused(Verb.SUBMIT, **player.form()).code is RefusalCode.INVITATION_OPEN
    join(player)
    assert player.refused(Verb.SUBMIT, **player.form()).code is RefusalCode.SIGNATURE_MISSING
    sha256 = player.form()["sha256"]
    assert player.refused(Verb.SIGN_APPLICATION, partner(player), sha256=sha256).code is (
        RefusalCode.TEXT_CHANGED  # nobody has laid it before them
    )
    player.do(Verb.REQUEST_SIGNATURES, sha256=sha256, missing=[])
    player.do(Verb.SIGN_APPLICATION, partner(player), sha256=sha256)
    assert player.refused(Verb.SIGN_APPLICATION, partner(player), sha256=sha256).code is (
        RefusalCode.ALREADY_DONE
    )

    # An edit makes the signature count no more, and keeps it.
    edited = {**player.form(), "sha256": OTHER}
    assert player.refused(Verb.SUBMIT, **edited).code is RefusalCode.SIGNATURE_MISSING
    assert player.state.parties["firm-2"].signed == sha256

    player.submit()
    assert unsigned(player.state) == ()


def test_partners_are_those_that_joined(player):
    named = player.refused(Verb.SUBMIT, **{**player.form(), "partners": ["firm-2"]})
    assert (named.code, named.field) == (RefusalCode.BAD_DATA, "partners")


def test_whom_a_partner_replaces_goes_when_it_joins_and_not_before(player):
    invite(player)
    join(player)
    invite(player, "firm-3", replaces="firm-2")
    assert player.state.parties["firm-2"].standing is Standing.JOINED

    effects = join(player, "firm-3")

    assert [event.kind for event in effects.events] == ["partner.joined", "partner.left"]
    assert player.state.parties["firm-2"].standing is Standing.GONE
    assert player.refused(Verb.LEAVE_CASE, partner(player), reason="x").code is (
        RefusalCode.NO_PARTNER
    )


def test_who_joins_after_the_filing_signs_what_was_filed_before_anything_is_admitted(player):
    player.submit()
    invite(player)
    join(player)
    task = next(one for one in player.state.tasks if one.verb is Verb.SIGN_APPLICATION)
    play = Player(player.rulebook, history=player.history, effects=player.effects, now=player.now)
    with pytest.raises(AssertionError, match="signature-missing"):
        # Everybody does their part but the partner.
        _play_without(play, task.key)

    player.do(Verb.SIGN_APPLICATION, partner(player), sha256=player.state.sha256)
    play_to(player, StageKind.RUNNING)


def _play_without(player, key):
    for _ in range(200):
        task = next(one for one in player.state.tasks if one.key != key)
        if player.state.stage_kind is StageKind.RUNNING:
            return
        answer = player.try_(player.cooperate(task))
        assert hasattr(answer, "events"), answer.code.value
        player.wait(minutes=1)


def test_a_history_from_before_invitations_still_reads(player):
    player.submit()
    *before, submitted, entered = player.history
    old = type(submitted)(
        submitted.seq,
        submitted.kind,
        submitted.at,
        submitted.actor,
        {**submitted.data, "partners": ["firm-7"]},
    )
    state = fold(player.rulebook, player.calendar, (*before, old, entered), player.now)
    party = state.parties["firm-7"]
    assert (party.standing, party.signed, party.signer) == (Standing.JOINED, state.sha256, "")
    assert unsigned(state) == ()
