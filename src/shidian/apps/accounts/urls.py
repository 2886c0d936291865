"""URLs of accounts."""

from __future__ import annotations

from django.urls import path

from shidian.apps.accounts import views

app_name = "accounts"

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("security/password/", views.change_password, name="password"),
    path("security/sessions/", views.session_list, name="sessions"),
    path("security/sessions/end/", views.end_session, name="end-session"),
    path("language/", views.set_language, name="language"),
]
