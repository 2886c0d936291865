"""Addresses of the national body and of what working groups and it send each other."""

from __future__ import annotations

from django.urls import path

from shidian.apps.national.views import acts, dispatches, drafting, home, tips

app_name = "national"

urlpatterns = [
    path("", home.home, name="home"),
    path("base-rules/", home.base_rules, name="base-rules"),
    path("dispatches/", dispatches.listing, name="dispatches"),
    path("dispatches/new/<slug:slug>/<slug:kind_of>/", drafting.new, name="dispatch-new"),
    path("dispatches/<slug:dispatch>/", dispatches.page, name="dispatch"),
    path("dispatches/<slug:dispatch>/edit/", drafting.edit, name="dispatch-edit"),
    path("dispatches/<slug:dispatch>/send/", acts.send, name="dispatch-send"),
    path("dispatches/<slug:dispatch>/withdraw/", acts.withdraw, name="dispatch-withdraw"),
    path("dispatches/<slug:dispatch>/receive/", acts.receive, name="dispatch-receive"),
    path("dispatches/<slug:dispatch>/answer/", acts.answer, name="dispatch-answer"),
    path("dispatches/<slug:dispatch>/return/", acts.send_back, name="dispatch-return"),
    path(
        "dispatches/<slug:dispatch>/v<int:number>/figures/<slug:figure>/",
        dispatches.figure,
        name="dispatch-figure",
    ),
    path("tips/", tips.listing, name="tips"),
    path("tips/new/", tips.new, name="tip-new"),
    path("tips/<slug:tip>/", tips.page, name="tip"),
    path("tips/<slug:tip>/read/", tips.read, name="tip-read"),
    path("tips/<slug:tip>/answer/", tips.answer, name="tip-answer"),
    path("tips/<slug:tip>/publish/", tips.publish, name="tip-publish"),
    path("tips/<slug:tip>/keep-back/", tips.keep_back, name="tip-keep-back"),
    path("tips/<slug:tip>/lift/", tips.lift, name="tip-lift"),
]
