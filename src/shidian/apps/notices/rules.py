"""Permissions on notices: officers open them and answer; commenting needs none."""

from __future__ import annotations

from shidian.apps.accounts.access import Permission
from shidian.apps.accounts.permits import permit
from shidian.apps.cases.rules import is_case_officer, sees

permit(Permission.NOTICE_OPEN, is_case_officer & sees)
permit(Permission.COMMENT_MODERATE, is_case_officer & sees)
