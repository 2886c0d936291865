"""The sign-in library's pages, by the names under which it looks for them; each with our rule.

Named one by one: what the library adds in a later release is not routed by that alone.
"""

from __future__ import annotations

from django.urls import path

from shidian.apps.accounts import views
from shidian.apps.accounts.views import second_factor as factor

urlpatterns = [
    path("sign-in/", views.sign_in, name="account_login"),
    path("sign-out/", views.sign_out, name="account_logout"),
    path("sign-in/code/", factor.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", factor.sign_in_with_passkey, name="mfa_login_webauthn"),
    path("confirm/password/", factor.password_again, name="account_reauthenticate"),
    path("confirm/code/", factor.code_again, name="mfa_reauthenticate"),
    path("confirm/passkey/", factor.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("security/", factor.security, name="mfa_index"),
    path("security/app/", factor.activate_totp, name="mfa_activate_totp"),
    path("security/app/remove/", factor.deactivate_totp, name="mfa_deactivate_totp"),
    path("security/passkeys/", factor.passkeys, name="mfa_list_webauthn"),
    path("security/passkeys/add/", factor.add_passkey, name="mfa_add_webauthn"),
    path("security/passkeys/<int:pk>/", factor.rename_passkey, name="mfa_edit_webauthn"),
    path("security/passkeys/<int:pk>/remove/", factor.remove_passkey, name="mfa_remove_webauthn"),
    path("security/recovery-codes/", factor.recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "security/recovery-codes/new/",
        factor.new_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "security/recovery-codes/file/",
        factor.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
