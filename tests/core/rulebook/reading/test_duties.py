"""Who must do what by when."""

from __future__ import annotations

from shidian.core.rulebook.reading import duties
from tests.core.rulebook.reading.library import of_library, regime


def of(name: str) -> dict[str, list[tuple[str, str]]]:
    return {
        role.role: [(d.what.en, d.when.en if d.when else "") for d in role.duties]
        for role in duties(regime(name).rulebook)
    }


def test_duties_name_the_clock_that_runs_for_them() -> None:
    found = of("demo-city")
    assert (
        "Check that the application is complete",
        "within 10 working days from the day after the application is submitted",
    ) in found["officer"]
    assert ("File: Incident report", "within 24 hours of the event") in found["applicant"]
    assert any(what.startswith("Sign off") for what, _ in found["bureau"])


def test_run_is_no_deadline_of_the_duties_within_it() -> None:
    assert ("Report on the pilot as due", "") in of("demo-city")["applicant"]


@of_library
def test_each_duty_stands_on_a_value_of_the_rulebook(name: str) -> None:
    loaded = regime(name)
    for role in duties(loaded.rulebook):
        assert role.duties
        for duty in role.duties:
            assert duty.path in loaded.marks
