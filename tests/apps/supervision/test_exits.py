"""The exit plan is drilled before a pilot starts and every year; the certificate is true, on record."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from demo.exits import broken_plan, sound_plan
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from shidian.apps.cases import domain as cases
from shidian.apps.cases.errors import DomainError, ForbiddenError
from shidian.apps.cases.models import Case, Outbox
from shidian.apps.record.acts import all_acts, untold
from shidian.apps.record.domain import prepare_leaves
from shidian.apps.record.models import LeafRow
from shidian.apps.supervision.domain import exits
from shidian.apps.supervision.domain.errors import SupervisionError
from shidian.apps.supervision.exits import bundle_of, is_on_record
from shidian.apps.supervision.models import ExitDrill, ExitPlan
from shidian.apps.supervision.worker.drills import sign_drills
from shidian.cli.main import main
from shidian.core.exit.certificate import verify_bundle
from shidian.core.exit.plan import Channel
from shidian.core.rulebook.model import StageKind
from shidian.notary.certificates import CertificateSigner
from shidian_kit.wire.keys import load_public
from shidian_kit.wire.refusal import RecordError

if TYPE_CHECKING:
    from tests.factories import Walk

pytestmark = pytest.mark.django_db


@pytest.fixture
def assessed(walk: Walk) -> Walk:
    """Before the drill: the walk drills when the notice has passed."""
    walk.to(StageKind.NOTICE)
    walk.open_notice()
    return walk


def filed(walk: Walk, make=sound_plan) -> ExitPlan:
    plan = make(exits.drill_rules(walk.case), walk.case.lead.name_zh)
    return exits.file_exit_plan(
        case=walk.case, canonical=plan.canonical(), by=walk.world.signer, at=walk.at
    )


def drilled(walk: Walk, make=sound_plan) -> ExitDrill:
    filed(walk, make)
    return exits.run_drill(case=walk.case, by=walk.world.signer, at=walk.at)


def to_admission(walk: Walk) -> None:
    walk.sleep(14)
    walk.advance("公示无异议")


def sign(walk: Walk) -> None:
    for person in walk.world.signing_officer.values():
        cases.sign_off(case=walk.case, consent=True, by=person, at=walk.tick())


def test_no_pilot_starts_without_a_drill(assessed: Walk) -> None:
    to_admission(assessed)

    with pytest.raises(DomainError) as refused:
        sign(assessed)

    assert refused.value.code == "exit-not-drilled"
    assert Case.objects.get(pk=assessed.case.pk).stage == "admission"


def test_no_pilot_starts_on_a_drill_that_failed_and_the_reason_says_so(assessed: Walk) -> None:
    drilled(assessed, broken_plan)
    to_admission(assessed)

    with pytest.raises(DomainError) as refused:
        sign(assessed)

    assert "failed" in refused.value.text.en


def test_pilot_starts_once_a_drill_is_passed(assessed: Walk) -> None:
    drilled(assessed, broken_plan)
    assert drilled(assessed).passed
    to_admission(assessed)

    sign(assessed)

    assert Case.objects.get(pk=assessed.case.pk).stage == "running"


def test_drill_passed_over_a_year_ago_is_no_longer_good(assessed: Walk) -> None:
    drilled(assessed)
    later = assessed.at + timedelta(days=366)

    due = exits.drill_due(assessed.case, later)

    assert due is not None
    assert due.now
    assert due.by == timezone.localdate(assessed.at).replace(year=assessed.at.year + 1)
    assert not exits.drill_due(assessed.case, assessed.at).now


def test_rulebook_without_a_drill_asks_for_none(assessed: Walk, monkeypatch) -> None:
    monkeypatch.setattr(exits, "drill_rules", lambda _case: None)
    to_admission(assessed)

    sign(assessed)

    assert Case.objects.get(pk=assessed.case.pk).stage == "running"
    with pytest.raises(SupervisionError, match="制度文本未要求退出演练"):
        exits.run_drill(case=assessed.case, by=assessed.world.signer)


def test_broken_plan_is_kept_with_its_drill_and_every_reason(assessed: Walk) -> None:
    drill = drilled(assessed, broken_plan)

    said = json.loads(drill.certificate)

    assert not drill.passed
    assert said["positions"] == 10_000
    assert [one["code"] for one in said["outcome"]["failures"]] == [
        "notice-without-address",
        "refunds-do-not-sum",
    ]


def test_same_plan_is_kept_once_and_a_changed_one_is_another_version(assessed: Walk) -> None:
    assert filed(assessed) == filed(assessed)
    assert filed(assessed, broken_plan).number == 2


def test_only_the_lead_files_and_drills(assessed: Walk) -> None:
    world = assessed.world
    filed(assessed)
    for stranger in (world.rival_signer, world.case_officer["bureau"], world.outsider):
        with pytest.raises(ForbiddenError):
            exits.run_drill(case=assessed.case, by=stranger)


def test_what_is_no_plan_is_refused(assessed: Walk) -> None:
    with pytest.raises(SupervisionError):
        exits.file_exit_plan(case=assessed.case, canonical=b"{}", by=assessed.world.signer)
    with pytest.raises(SupervisionError, match="请先填报退出方案"):
        exits.run_drill(case=assessed.case, by=assessed.world.signer)


def test_drills_of_one_day_are_limited(assessed: Walk, monkeypatch) -> None:
    monkeypatch.setattr(exits, "DRILLS_A_DAY_MAX", 1)
    drilled(assessed)

    with pytest.raises(SupervisionError, match="今日演练次数已达上限"):
        exits.run_drill(case=assessed.case, by=assessed.world.signer, at=assessed.at)


def test_plan_and_drill_never_change(assessed: Walk) -> None:
    drill = drilled(assessed)
    for change in (
        lambda: ExitDrill.objects.filter(pk=drill.pk).update(passed=False),
        lambda: ExitDrill.objects.filter(pk=drill.pk).update(certificate="{}"),
        lambda: ExitPlan.objects.filter(pk=drill.plan_id).update(canonical="{}"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_notary_signs_each_drill_once_and_it_goes_on_record(assessed: Walk, tmp_path) -> None:
    signer = CertificateSigner(tmp_path)
    drill = drilled(assessed)

    def sign_it(text: str) -> tuple[str, str]:
        said = signer.sign(text)
        return said["signature"], said["public_key"]

    assert sign_drills(sign_it) == 1
    assert sign_drills(sign_it) == 0

    drill.refresh_from_db()
    row = Outbox.objects.get(topic="record.leaf", payload__kind="exit.drilled")
    prepare_leaves(slot_s=3600)
    leaf = LeafRow.objects.get(outbox=row)
    assert row.payload["digest"] == drill.digest
    assert leaf.sealed
    assert not leaf.opened
    assert assessed.case.reference not in bytes(leaf.leaf).decode()
    assert not is_on_record(drill)
    assert untold(all_acts()) == []
    verified = verify_bundle(bundle_of(drill), load_public(signer.public_key))
    assert (verified.case, verified.passed) == (assessed.case.reference, True)


def test_notary_signs_nothing_but_certificates(tmp_path) -> None:
    for text in ("", "{}", '{"format":"shidian.order/1"}'):
        with pytest.raises(RecordError):
            CertificateSigner(tmp_path).sign(text)


@pytest.fixture
def signed(assessed: Walk, tmp_path) -> tuple[ExitDrill, str, Walk]:
    signer = CertificateSigner(tmp_path)
    drill = drilled(assessed)
    sign_drills(lambda text: tuple(signer.sign(text).values()))
    drill.refresh_from_db()
    return drill, signer.public_key, assessed


def test_command_verifies_the_file_that_the_page_hands_out(signed, client, tmp_path) -> None:
    drill, key, walk = signed
    client.force_login(walk.officer, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("supervision:exit-certificate", args=[walk.case.reference, drill.number])
    file = tmp_path / "certificate.json"
    file.write_bytes(client.get(address).content)

    good = CliRunner().invoke(main, ["record", "drill", str(file), "--key", key])
    changed = file.read_text().replace('\\"passed\\":true', '\\"passed\\":false')
    file.write_text(changed)
    bad = CliRunner().invoke(main, ["record", "drill", str(file), "--key", key])

    assert good.exit_code == 0, good.output
    assert "run again on 10000 made-up positions: the same, to the fen" in good.output
    assert good.output.endswith("passed\n")
    assert bad.exit_code == 1
    assert "not signed by this key" in bad.output


def test_pages_show_plan_drills_and_reasons_to_those_concerned(assessed: Walk, client) -> None:
    drill = drilled(assessed, broken_plan)
    paths = [
        reverse("supervision:exit", args=[assessed.case.reference]),
        reverse("supervision:exit-drill", args=[assessed.case.reference, drill.number]),
    ]
    for person, status in (
        (assessed.world.signer, 200),
        (assessed.officer, 200),
        (assessed.world.rival_signer, 404),
    ):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        for path in paths:
            assert client.get(path).status_code == status, (person, path)
    client.force_login(assessed.officer, backend="django.contrib.auth.backends.ModelBackend")
    text = client.get(paths[1]).content.decode()
    assert "退款清单合计" in text
    assert "没有联系地址" in text


def test_firm_writes_the_plan_on_a_page_and_drills_it(assessed: Walk, client) -> None:
    case, world = assessed.case, assessed.world
    client.force_login(world.signer, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("supervision:exit-plan", args=[case.reference])
    written = {
        **{f"{kind.id}-how": "pay-out" for kind in exits.drill_rules(case).kinds},
        **{f"{kind.id}-place": "1" for kind in exits.drill_rules(case).kinds},
        **{f"{kind.id}-fees": "66.67" for kind in exits.drill_rules(case).kinds},
        "payers": "牵头机构 / Lead Firm 66.67\n合作 机构 33.33",
        "rounding": "up",
        "channels": "app",
        "fallback": "post",
        "told-authority": "desk@authority.example",
        "told-custodian": "desk@bank.example",
        **{f"{step}-days": "10" for step in ("notices", "run_off", "refunds")},
        **{f"{step}-per_day": "5000" for step in ("notices", "run_off", "refunds")},
    }

    wrong = client.post(address, {**written, "client-cash-fees": "101", "payers": "谁"})
    right = client.post(address, written)
    done = client.post(reverse("supervision:exit-run", args=[case.reference]), follow=True)

    assert wrong.status_code == 422
    assert right.context is None or not right.context["form"].errors
    assert right.status_code == 302
    plan = ExitPlan.objects.get(case=case)
    said = json.loads(plan.canonical)
    assert said["channels"] == ["app", "post"]
    assert said["payers"] == [
        {"name": "牵头机构", "share_bp": 6_667, "name_en": "Lead Firm"},
        {"name": "合作 机构", "share_bp": 3_333},
    ]
    assert done.status_code == 200
    assert ExitDrill.objects.get(case=case).passed
    again = client.get(address).content.decode()
    assert "desk@bank.example" in again
    assert "牵头机构 / Lead Firm 66.67" in again


def test_payers_are_named_in_the_language_of_the_reader(assessed: Walk, client) -> None:
    case = assessed.case
    case.lead.name_en = "Test Firm One"
    case.lead.save(update_fields=["name_en"])
    filed(assessed)
    client.force_login(assessed.officer, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("supervision:exit", args=[case.reference])

    chinese = client.get(address).content.decode()
    english = client.get(address, HTTP_ACCEPT_LANGUAGE="en").content.decode()

    assert f"{case.lead.name_zh} 100%" in chinese
    assert "Test Firm One 100%" in english
    assert f"{case.lead.name_zh} 100%" not in english


def test_days_of_a_drill_are_said_as_the_reader_says_them(assessed: Walk, client) -> None:
    drill = drilled(assessed)
    client.force_login(assessed.officer, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("supervision:exit-drill", args=[assessed.case.reference, drill.number])
    steps = json.loads(drill.certificate)["outcome"]["steps"]
    days = {day for one in steps for day in (one["last_day"], one["due"]) if day}

    chinese = client.get(address).content.decode()
    english = client.get(address, HTTP_ACCEPT_LANGUAGE="en").content.decode()

    for one in map(date.fromisoformat, days):
        assert f"{one.year}年{one.month}月{one.day}日" in chinese
        assert f"{one.day} {one:%B} {one.year}" in english
        assert one.isoformat() not in chinese + english


def test_list_of_drills_takes_as_many_queries_as_one(assessed: Walk, client) -> None:
    client.force_login(assessed.officer, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("supervision:exit", args=[assessed.case.reference])

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            client.get(address)
        return len(caught)

    drilled(assessed)
    client.get(address)
    one = queries()
    for _ in range(2):
        drilled(assessed)

    assert queries() == one


def test_plan_with_fallback_missing_names_how_many(assessed: Walk) -> None:
    rules = exits.drill_rules(assessed.case)
    plan = replace(sound_plan(rules, "x"), channels=(Channel.MAIL,))
    exits.file_exit_plan(case=assessed.case, canonical=plan.canonical(), by=assessed.world.signer)

    drill = exits.run_drill(case=assessed.case, by=assessed.world.signer)

    (failure,) = json.loads(drill.certificate)["outcome"]["failures"]
    assert failure["count"] > 100
