"""URLs of notices."""

from __future__ import annotations

from django.urls import path

from shidian.apps.notices.views import pages, window
from shidian.apps.notices.views import part as _part  # noqa: F401 - registers with the case page

app_name = "notices"

urlpatterns = [
    path("comments/<str:receipt>/", pages.comment, name="comment"),
    path("comments/<str:receipt>/files/<int:number>/", pages.sent_file, name="sent-file"),
    path("<slug:reference>/open/", pages.open_, name="open"),
    path("<slug:reference>/extend/", window.extend, name="extend"),
    path("<slug:reference>/summary/", window.summary, name="summary"),
    path("<slug:reference>/comments/", pages.comments, name="comments"),
]
