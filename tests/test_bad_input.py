"""What the house is given that is wrong, by people and by machines: each line has its tests, by name.

The tests stand where the thing that they try stands; this table says that none of them went away.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TABLE = {
    "forged, replayed, stale, truncated, header-swapped, body-swapped messages": (
        "kit/test_inbox.py::test_no_forged_stale_truncated_or_swapped_message_is_accepted",
        "kit/test_inbox.py::test_parallel_replays_of_one_message_have_one_effect",
        "gate/test_ingest.py::test_replayed_and_stale_requests_are_refused",
        "gate/test_ingest.py::test_changed_body_is_refused",
        "gate/test_permits.py::test_stale_or_repeated_request_gets_no_permit",
        "gate/test_permits.py::test_thousand_replays_of_one_message_have_one_effect",
        "kit/test_permit.py::test_changed_permit_is_refused",
    ),
    "a key of one project used for another": (
        "gate/test_ingest.py::test_key_may_write_only_its_own_project",
        "gate/test_permits.py::test_permit_follows_orders_and_a_firms_word_is_told_to_the_worker",
        "kit/test_permit.py::test_permit_of_another_project_source_request_or_gate_is_refused",
    ),
    "a firm's clock ten minutes off": (
        "gate/test_ingest.py::test_clock_that_is_ten_minutes_off_is_named_and_nothing_is_taken",
        "gate/test_permits.py::test_stale_or_repeated_request_gets_no_permit",
    ),
    "an endpoint that hangs": (
        "apps/supervision/test_delivery.py::test_firm_that_hangs_delays_no_other",
        "apps/supervision/test_delivery.py::test_orders_of_many_firms_are_sent_at_once_though_one_hangs",
        "test_egress.py::test_endpoint_that_drips_is_given_up_in_time",
    ),
    "an endpoint that answers 500 for an hour": (
        "apps/supervision/test_delivery.py::test_endpoint_that_fails_is_left_alone_after_three_times",
        (
            "apps/supervision/test_delivery.py::"
            "test_endpoint_that_answers_500_for_an_hour_is_asked_seldom_and_takes_the_order_at_last"
        ),
    ),
    "an endpoint that redirects inward": (
        "test_egress.py::test_redirect_is_an_answer_and_is_not_followed",
        "apps/supervision/test_delivery.py::test_endpoint_that_fails_is_left_alone_after_three_times",
    ),
    "an endpoint that resolves to a private address": (
        "test_egress.py::test_address_that_leads_inward_is_refused_alone_and_beside_a_public_one",
        "test_egress.py::test_connection_goes_to_the_address_that_was_judged",
        "apps/supervision/test_delivery.py::test_address_that_leads_inward_is_never_spoken_to",
    ),
    "two officers ordering opposite things": (
        "apps/supervision/test_orders.py::test_contradicting_orders_are_refused_with_the_reason",
        (
            "apps/supervision/test_orders.py::"
            "test_an_order_follows_the_one_before_it_and_two_at_once_do_not_both_pass"
        ),
    ),
    "an order for a pilot that just exited": (
        "apps/supervision/test_orders.py::test_a_pilot_that_has_just_exited_takes_no_order",
    ),
    "a permit request with a retired key": (
        "gate/test_permits.py::test_no_permit_without_a_key_that_may_have_one",
        "gate/test_ingest.py::test_revoked_key_is_refused",
    ),
    "a permit under a gate's key of another time": (
        (
            "apps/supervision/test_gate_keys.py::"
            "test_after_a_change_of_key_the_old_one_is_good_for_its_own_time_alone"
        ),
    ),
    "a spool disk that fills": (
        (
            "kit/test_spool.py::"
            "test_disk_that_fills_takes_nothing_by_halves_and_numbers_go_on_when_there_is_room"
        ),
        "kit/test_spool.py::test_sender_outlives_a_full_disk",
    ),
    "two officers decide at once": (
        "apps/cases/test_concurrency.py::test_of_two_decisions_at_once_one_wins",
        "apps/cases/test_concurrency.py::test_the_last_two_consents_at_once_admit_once",
    ),
    "a deadline passes mid-edit": (
        (
            "apps/cases/test_bad_input.py::"
            "test_a_call_that_closes_while_its_applicant_writes_keeps_the_draft_and_says_why"
        ),
    ),
    "a partner's signer leaves": (
        (
            "apps/cases/test_partners.py::"
            "test_when_a_partners_last_signer_has_left_the_case_says_whose_signature_is_missing"
        ),
    ),
    "an expert discovers a conflict after scoring": (
        "apps/review/test_review.py::test_a_conflict_found_later_ends_the_access",
        "web/test_review_pages.py::test_a_conflict_found_late_is_declared_on_its_own_page",
    ),
    "a file claims to be a PDF and is not": (
        "apps/cases/test_form.py::test_an_upload_of_the_wrong_kind_is_refused",
        "apps/cases/test_form.py::test_a_file_that_is_cut_off_is_not_taken",
    ),
    "a 300-page attachment": (
        (
            "apps/cases/test_bad_input.py::"
            "test_an_attachment_of_three_hundred_pages_is_kept_and_read_back_whole"
        ),
    ),
    "names with rare characters": (
        (
            "apps/cases/test_bad_input.py::"
            "test_rare_characters_of_names_are_drawn_in_papers_and_letters"
        ),
        "web/test_hostile.py::test_a_long_name_and_rare_characters_fit_every_desk",
    ),
    "pasted Word markup": (
        (
            "apps/cases/test_bad_input.py::"
            "test_words_markup_is_refused_with_what_was_found_and_the_rest_stays"
        ),
    ),
    "a clock whose calendar year is missing": (
        "core/procedure/test_clocks.py::test_missing_year_gives_a_reason_instead_of_a_date",
        (
            "apps/cases/test_bad_input.py::"
            "test_a_clock_whose_year_is_missing_says_so_on_the_case_and_guesses_no_day"
        ),
    ),
    "a spool lost": ("kit/test_spool.py::test_lost_spool_opens_a_higher_epoch_and_says_so",),
    "a report that contradicts telemetry": (
        (
            "apps/supervision/test_reports.py::"
            "test_a_report_that_contradicts_telemetry_is_filed_with_the_difference_on_its_face"
        ),
        (
            "apps/supervision/test_report_pages.py::"
            "test_an_officer_sees_each_difference_and_what_has_changed_since"
        ),
    ),
    "a late correction that changes a closed month": (
        (
            "apps/supervision/test_reports.py::"
            "test_a_late_correction_of_a_closed_month_is_told_line_by_line_and_asks_for_a_revision"
        ),
        (
            "apps/supervision/test_reports.py::"
            "test_the_first_event_of_its_kind_in_a_later_month_leaves_a_closed_one_as_it_was"
        ),
        (
            "apps/supervision/test_evaluation_figures.py::"
            "test_a_late_correction_is_told_beside_what_was_drawn_last"
        ),
    ),
    "an evaluation plan changed after data": (
        "core/evaluation/test_analysis.py::test_plan_changed_after_sealing_is_refused",
        "apps/supervision/test_evaluations.py::test_plan_amended_once_data_may_exist_says_so_for_good",
        "apps/supervision/test_evaluations.py::test_sealed_plan_and_result_never_change",
    ),
    "a control group of zero": (
        "apps/supervision/test_evaluations.py::test_control_group_of_nobody_is_refused",
        "core/evaluation/test_estimators.py::test_bad_input_is_refused_with_place_and_reason",
        "core/evaluation/test_harm.py::test_bad_groups_are_refused_with_place_and_reason",
    ),
    "a refund list that does not sum": (
        "core/exit/test_drill.py::test_list_that_is_off_by_a_fen_is_found",
        "apps/supervision/test_exit_reports.py::test_refunds_that_are_off_by_a_fen_are_not_done",
    ),
    "an incident reported twice by two people": (
        (
            "apps/supervision/test_incidents.py::"
            "test_the_same_incident_reported_by_two_people_at_once_is_kept_once"
        ),
        (
            "apps/supervision/test_incident_pages.py::"
            "test_two_people_report_at_once_and_the_second_says_whether_it_is_the_same"
        ),
    ),
    "a pilot terminated while its report is in draft": (
        (
            "apps/supervision/test_reports.py::"
            "test_a_pilot_terminated_while_its_report_is_in_draft_still_reports"
        ),
    ),
    "five hundred boards open at once": (
        (
            "apps/supervision/test_many_boards.py::"
            "test_five_hundred_boards_open_at_once_all_hear_and_see_an_alert"
        ),
    ),
}


@pytest.mark.parametrize("line", TABLE)
def test_each_kind_of_bad_input_has_its_tests(line: str) -> None:
    for name in TABLE[line]:
        file, _, test = name.partition("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert test in defined, name
