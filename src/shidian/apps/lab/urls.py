"""Addresses of the lab."""

from __future__ import annotations

from django.urls import path

from shidian.apps.lab.views import (
    acts,
    comments,
    draft,
    edit,
    home,
    migrate,
    notes,
    pilots,
    tryout,
)
from shidian.apps.lab.views import part as _part  # noqa: F401 - registers with the case page

app_name = "lab"

urlpatterns = [
    path("", home.home, name="home"),
    path("schemes/<slug:slug>/draft/", home.start, name="start"),
    path("schemes/<slug:slug>/clauses/", pilots.clauses, name="clauses"),
    path("drafts/<slug:slug>/", draft.page, name="draft"),
    path("drafts/<slug:slug>/text/", edit.edit, name="edit"),
    path("drafts/<slug:slug>/text/check/", edit.check, name="check"),
    path("drafts/<slug:slug>/text.yaml", edit.download, name="download"),
    path("drafts/<slug:slug>/text/<int:number>.yaml", edit.download, name="revision"),
    path("drafts/<slug:slug>/changes/", draft.meaning, name="changes"),
    path("drafts/<slug:slug>/reading/", draft.reading, name="reading"),
    path("drafts/<slug:slug>/form/", tryout.try_form, name="try"),
    path("drafts/<slug:slug>/what-if/", notes.figures, name="what-if"),
    path("drafts/<slug:slug>/note/", notes.note, name="note"),
    path("drafts/<slug:slug>/clauses/", notes.wordings, name="wordings"),
    path("drafts/<slug:slug>/clauses/<slug:clause>/", notes.wording, name="wording"),
    path("drafts/<slug:slug>/comments/", comments.comments, name="comments"),
    path("drafts/<slug:slug>/do/<slug:act>/", acts.act, name="act"),
    path("cases/<slug:reference>/migrate/", migrate.migrate, name="migrate"),
    path("comments/<str:receipt>/", comments.comment, name="comment"),
    path("comments/<str:receipt>/files/<int:number>/", comments.comment_file, name="comment-file"),
    path("pilots/<slug:public_id>/clauses/", pilots.difficulties, name="difficulties"),
    path(
        "pilots/<slug:public_id>/clauses/evidence/<int:number>/", pilots.evidence, name="evidence"
    ),
]
