"""URLs of accounts."""

from __future__ import annotations

from django.urls import path

from shidian.apps.accounts import views
from shidian.apps.accounts.views import invitation, staff

app_name = "accounts"

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("security/password/", views.change_password, name="password"),
    path("security/sessions/", views.session_list, name="sessions"),
    path("security/sessions/end/", views.end_session, name="end-session"),
    path("institutions/", staff.mine, name="my-institutions"),
    path("institutions/<int:pk>/", staff.institution, name="institution"),
    path("institutions/<int:pk>/people/<int:person>/", staff.roles, name="staff-roles"),
    path("institutions/<int:pk>/leave/", staff.leave, name="staff-leave"),
    path("institutions/<int:pk>/licence/", staff.licence, name="licence"),
    path(
        "institutions/<int:pk>/invitations/<int:invitation>/withdraw/",
        staff.withdraw,
        name="withdraw-invitation",
    ),
    path("invitation/<str:secret>/", invitation.invitation, name="invitation"),
    path("language/", views.set_language, name="language"),
]
