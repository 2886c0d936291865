"""Every URL of the site. Each app names its own; an app absent from the zone is not routed."""

from __future__ import annotations

from django.urls import include, path

handler500 = "shidian.web.outage.server_error"
urlpatterns = [
    path("account/", include("shidian.apps.accounts.urls")),
    path("account/", include("shidian.apps.accounts.allauth_urls")),
    path("cases/", include("shidian.apps.cases.urls")),
    path("review/", include("shidian.apps.review.urls")),
    path("notices/", include("shidian.apps.notices.urls")),
    path("supervision/", include("shidian.apps.supervision.urls")),
    path("lab/", include("shidian.apps.lab.urls")),
    path("national/", include("shidian.apps.national.urls")),
    path("", include("shidian.apps.portal.urls")),
]
