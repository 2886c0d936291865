"""From a figure attested on a page to an alert on the board, and the same alert by replay."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from tests.browser import ROOT, environment, run_python
from tests.installation import installed, until

pytestmark = pytest.mark.prove  # five processes

_FILE = """
from tests.apps.supervision.test_return_path import file_a_surge
file_a_surge()
"""


def pilot_and_officer():
    """In a process of its own: a pilot that runs, and an officer who watches it."""
    from django.utils import timezone

    from shidian.apps.cases.calendars import store_calendar
    from shidian.core.procedure.calendars import by_id
    from tests.apps.supervision.things import quick_pilot
    from tests.factories import Walk, make_world

    store_calendar(by_id("cn-working-day"))
    walk = Walk(make_world())
    return quick_pilot(walk, at=timezone.now() - timedelta(days=10)), walk.officer


def file_a_surge():
    """In a process of its own: the lead's signer files and attests 121 failures in one minute."""
    from django.core.files.base import ContentFile

    from shidian.apps.accounts.models import Staff, StaffRole
    from shidian.apps.supervision.domain.returns import Period, attest_return, prepare_return
    from shidian.apps.supervision.models import Pilot

    pilot = Pilot.objects.get()
    day = pilot.starts_on + timedelta(days=2)
    rows = "".join(f"{day} 10:00,p_{'a' * 26},timeout\n" for _ in range(121))
    signer = Staff.objects.get(institution=pilot.case.lead, role=StaffRole.SIGNER).person
    file = ContentFile(f"time,investor,code\n{rows}".encode(), name="failures.csv")
    made = prepare_return(
        pilot=pilot, period=Period("order.failed", day, day), file=file, by=signer
    )
    attest_return(found=made, by=signer, proof=None)


def test_what_is_attested_raises_the_alert_that_replay_finds_too(tmp_path):
    with installed(tmp_path / "home", world=__name__) as found:
        run_python(_FILE, found.home)
        page = f"/supervision/pilots/{found.pilot}/"
        until(lambda: "Surge of failed orders" in found.fetch(page), 20)
        returns = found.fetch(f"{page}returns/1/")
        assert "attested, in the journal" in returns
        assert "taken 121" in returns
    done = subprocess.run(
        [sys.executable, "-m", "shidian", "replay", "--compare-live"],
        env=environment(found.home),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same" in done.stdout
