"""Permissions on notices: officers open them and answer; commenting needs none."""

from __future__ import annotations

import rules

from shidian.apps.accounts.access import Permission
from shidian.apps.cases.rules import is_case_officer, sees

rules.add_perm(Permission.NOTICE_OPEN.value, is_case_officer & sees)
rules.add_perm(Permission.COMMENT_MODERATE.value, is_case_officer & sees)
