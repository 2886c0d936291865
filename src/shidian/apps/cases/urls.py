"""URLs of cases."""

from __future__ import annotations

from django.urls import path

from shidian.apps.cases.views import (
    acts,
    application,
    calendars,
    calls,
    case,
    deadlines,
    desk,
    files,
    materials,
    notes,
    partners,
    queue,
    registering,
    releasing,
    section,
    statistics,
    versions,
    workload,
)

app_name = "cases"

urlpatterns = [
    path("", desk.desk, name="desk"),
    path("queue/", queue.queue, name="queue"),
    path("queue/assign/", queue.assign, name="assign"),
    path("queue/views/", queue.save_view, name="save-view"),
    path("queue/export/<str:kind>/", queue.export, name="queue-export"),
    path("workload/", workload.workload, name="workload"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics/export/<str:kind>/", statistics.export, name="statistics-export"),
    path("deadlines/", deadlines.deadlines, name="deadlines"),
    path("deadlines/<str:secret>.ics", deadlines.feed, name="deadline-feed"),
    path("calls/<slug:slug>/open/", calls.open_, name="open-call"),
    path("calls/<slug:slug>/release/", releasing.release, name="release"),
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/<slug:slug>/add/", calendars.add, name="calendar-add"),
    path("institutions/", registering.institution_list, name="institutions"),
    path("institutions/<int:pk>/", registering.check_institution, name="check-institution"),
    path("institutions/register/", registering.register, name="register"),
    path("institutions/registered/", registering.registered, name="registered"),
    path("start/<slug:slug>/", application.start, name="start"),
    path("<slug:reference>/", case.case, name="case"),
    path("<slug:reference>/application/", application.application, name="application"),
    path("<slug:reference>/application/check/", application.check, name="check"),
    path("<slug:reference>/application/partners/", partners.partners, name="partners"),
    path("<slug:reference>/application/sign/", partners.sign, name="sign"),
    path("<slug:reference>/invitation/", partners.invitation, name="invitation"),
    path("<slug:reference>/application/receipt/", application.receipt, name="receipt"),
    path("<slug:reference>/application/receipt.pdf", versions.receipt, name="receipt-pdf"),
    path("<slug:reference>/application/versions/", versions.versions, name="versions"),
    path("<slug:reference>/application/export/<str:kind>/", versions.export, name="export"),
    path("<slug:reference>/application/s/<slug:section>/", section.section, name="section"),
    path("<slug:reference>/notes/", notes.write, name="notes"),
    path("<slug:reference>/materials/", materials.materials, name="materials"),
    path("<slug:reference>/files/<int:number>/", files.attachment, name="attachment"),
    path("<slug:reference>/do/<slug:verb>/", acts.act, name="act"),
]
