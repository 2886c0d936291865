"""URLs of cases."""

from __future__ import annotations

from django.urls import path

from shidian.apps.cases.views import (
    acts,
    application,
    calls,
    case,
    desk,
    files,
    materials,
    registering,
    section,
)

app_name = "cases"

urlpatterns = [
    path("", desk.desk, name="desk"),
    path("calls/<slug:slug>/open/", calls.open_, name="open-call"),
    path("institutions/", registering.institution_list, name="institutions"),
    path("institutions/<int:pk>/", registering.check_institution, name="check-institution"),
    path("institutions/register/", registering.register, name="register"),
    path("institutions/registered/", registering.registered, name="registered"),
    path("start/<slug:slug>/", application.start, name="start"),
    path("<slug:reference>/", case.case, name="case"),
    path("<slug:reference>/application/", application.application, name="application"),
    path("<slug:reference>/application/check/", application.check, name="check"),
    path("<slug:reference>/application/partners/", application.partners, name="partners"),
    path("<slug:reference>/application/receipt/", application.receipt, name="receipt"),
    path("<slug:reference>/application/s/<slug:section>/", section.section, name="section"),
    path("<slug:reference>/materials/", materials.materials, name="materials"),
    path("<slug:reference>/files/<int:number>/", files.attachment, name="attachment"),
    path("<slug:reference>/do/<slug:verb>/", acts.act, name="act"),
]
