"""SignInFailure: somebody typed a wrong password, when and for which account."""

from __future__ import annotations

from django.db import models


class SignInFailure(models.Model):
    """One failed attempt, kept for as long as it counts. Not a record of what people did.

    `account_sha256`: of what was typed as the name, in lower case. People type passwords there by
    mistake, so the text itself is not kept. `address`: where the request came from.
    """

    account_sha256 = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        indexes = (models.Index(fields=("account_sha256", "at"), name="sign_in_failure_account"),)

    def __str__(self) -> str:
        return f"{self.at}"
