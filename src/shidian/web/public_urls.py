"""Every URL of the public zone: the public site, and the button that changes its language."""

from __future__ import annotations

from django.urls import include, path

from shidian.apps.accounts.views.language import set_language

_language = [path("language/", set_language, name="language")]

handler500 = "shidian.web.outage.server_error"
urlpatterns = [
    path("account/", include((_language, "accounts"))),
    path("", include("shidian.apps.portal.urls")),
]
