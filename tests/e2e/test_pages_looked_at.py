"""Every view is looked at in a browser: on the demonstration's tours, after them, or in a test that is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, get_resolver

from tests.e2e.test_tours import NOTICE, PANEL, PLACES
from tests.e2e.walks import ON_TOUR

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_PAGES = {
    "accounts:sign-out": "takes posts alone",
    "accounts:language": "takes posts alone",
    "accounts:end-session": "takes posts alone",
    "accounts:withdraw-invitation": "takes posts alone",
    "account_login": "the sign-in page, as the library calls it",
    "account_logout": "the same as signing out",
    "mfa_login_webauthn": "takes posts alone",
    "mfa_download_recovery_codes": "a file",
    "cases:attachment": "a file",
    "notices:sent-file": "a file",
    "cases:letter-paper": "a file",
    "cases:letter-receipt-form": "a file",
    "cases:letter-scan": "a file",
    "review:pool-document": "a file",
    "review:scan": "a file",
    "review:session-invitation": "a file",
    "cases:assign": "takes posts alone",
    "cases:save-view": "takes posts alone",
    "cases:mail-again": "takes posts alone",
    "cases:mark-news": "takes posts alone",
    "cases:news": "leads on to the case's page",
    "cases:coaching-withdraw": "takes posts alone",
    "cases:profile-leave": "takes posts alone",
    "cases:notes": "takes posts alone",
    "cases:queue-export": "a file",
    "cases:export": "a file",
    "cases:receipt-pdf": "a file",
    "cases:statistics-export": "a file",
    "cases:deadline-feed": "a file",
    "national:dispatch-answer": "takes posts alone",
    "national:dispatch-receive": "takes posts alone",
    "national:dispatch-return": "takes posts alone",
    "national:dispatch-withdraw": "takes posts alone",
    "national:tip-answer": "takes posts alone",
    "national:tip-keep-back": "takes posts alone",
    "national:tip-lift": "takes posts alone",
    "national:tip-publish": "takes posts alone",
    "national:tip-read": "takes posts alone",
    "supervision:board-live": "a part of the board",
    "supervision:board-token": "a token",
    "supervision:order-proof": "a file",
    "supervision:plan-proof": "a file",
    "supervision:order-live": "a part of the order's page",
    "supervision:pilot-live": "a part of the pilot's page",
    "supervision:pilot-token": "a token",
    "supervision:alert-act": "takes posts alone",
    "supervision:order-acknowledge": "takes posts alone",
    "supervision:complaint-file": "a file",
    "supervision:complaint-handle": "takes posts alone",
    "supervision:complaint-respond": "takes posts alone",
    "supervision:report-check": "takes posts alone",
    "supervision:report-judge": "takes posts alone",
    "supervision:report-paper": "a file",
    "supervision:incident-file": "a file",
    "supervision:incident-handle": "takes posts alone",
    "supervision:incident-respond": "takes posts alone",
    "supervision:incident-find": "takes posts alone",
    "supervision:incident-decide": "takes posts alone",
    "supervision:evaluation-draw": "takes posts alone",
    "supervision:evaluation-pdf": "a file",
    "supervision:exit-certificate": "a file",
    "supervision:exit-report-agree": "takes posts alone",
    "supervision:exit-run": "takes posts alone",
    "supervision:return-file": "a file",
    "supervision:return-template": "a file",
    "supervision:revoke-key": "takes posts alone",
    "supervision:series-csv": "a file",
    "pilot-series": "a file",
    "rulebook-document": "a file",
    "rulebook-pdf": "a file",
    "rulebook-schema": "a file",
    "feed": "a file",
    "public-calendar": "a file",
    "share-card": "a file",
    "sitemap": "a file",
    "robots": "a file",
    "record-file": "a file",
    "record-leaf-json": "a file",
    "record-proof": "a file",
    "record-salt": "a file",
    "record-text": "a file",
    "lab:download": "a file",
    "lab:revision": "a file",
    "lab:comment-file": "a file",
    "lab:evidence": "a file",
    "lab:check": "a part of the editor",
}

ELSEWHERE = {
    "accounts:institution",
    "accounts:invitation",
    "accounts:licence",
    "accounts:my-institutions",
    "accounts:staff-leave",
    "accounts:staff-roles",
    "cases:check-institution",
    "cases:edit-letter",
    "cases:letter",
    "cases:letter-act",
    "cases:mail-drafts",
    "cases:write-letter",
    "review:pool",
    "review:answer-sheet",
    "review:minutes",
    "review:presenters",
    "review:vote",
    "cases:institutions",
    "cases:register",
    "cases:registered",
    "account_reauthenticate",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_authenticate",
    "mfa_deactivate_totp",
    "mfa_edit_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_list_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
    "lesson",
    "supervision:evaluation-figure",
    "supervision:evaluation-run",
    "supervision:exit-plan",
    "supervision:exit-report-write",
    "supervision:plan-approve",
    "supervision:plan-end",
    "supervision:plan-proposal",
    "supervision:plan-sign",
    "supervision:plan-tighten",
    "supervision:plan-version-sign",
    "supervision:report",
    "supervision:report-draft",
    "supervision:report-figure",
    "supervision:report-sign",
    "lab:act",
    "lab:changes",
    "lab:comment",
    "lab:comments",
    "lab:difficulties",
    "lab:draft",
    "lab:edit",
    "lab:migrate",
    "lab:note",
    "lab:reading",
    "lab:try",
    "lab:what-if",
    "lab:wording",
    "lab:wordings",
    "notice-rules",
    "notices:extend",
    "notices:summary",
    "rulebook-diff",
}
"""Pages of a draft or of two versions, which the demonstration has none of: walked in
`tests/web/test_lab_journey.py` and `tests/web/test_rulebook_pages.py`. No scheme of the demonstration draws a
panel by lot: `review:pool` is walked in `tests/e2e/test_panel_of_five.py`, whose rules do. Pages on which a second factor
is set up or used: `tests/web/test_second_factor.py`; an institution's: `tests/web/test_institutions.py`.
Windows of notices: `tests/web/test_notice_windows.py`; a change of a plan: `tests/web/test_plan_journey.py`.
A report is walked from draft to acceptance in `tests/e2e/test_tours.py`. An exit plan, the exit report and
its place in the library: `tests/e2e/test_whole_pilot.py`; how a sealed plan is run, and what its
figures rest on: `tests/apps/supervision/test_evaluations.py` and `test_evaluation_figures.py`, without a
browser. Minutes, presenters and a
vote: `tests/e2e/test_casework.py`; an expert's word on a sheet from paper: `tests/e2e/followers.py`. A letter, from draft
to receipt, and mail that waits for an officer: `tests/e2e/test_letters.py`."""


def view_names(patterns: list[URLPattern | URLResolver], namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from view_names(
                pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else namespace
            )
        else:
            yield f"{namespace}{pattern.name}"


def is_for_programs(name: str) -> bool:
    """The open API: `tests/apps/portal/test_open_data.py`."""
    return name.startswith("open-api:")


def test_no_kind_of_page_is_left_out() -> None:
    looked_at = {place.name for place in (*PLACES, PANEL, NOTICE)}.union(*ON_TOUR.values())
    pages = {name for name in view_names(get_resolver().url_patterns) if not is_for_programs(name)}
    assert pages == looked_at | set(NOT_PAGES) | ELSEWHERE
    assert not looked_at & set(NOT_PAGES)
