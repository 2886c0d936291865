"""Addresses of the board and of pilots, for those who supervise or run them."""

from __future__ import annotations

from django.urls import path

from shidian.apps.supervision.views import (
    alert_rules,
    alerts,
    approving,
    board,
    bridges,
    changes,
    complaints,
    connection,
    course,
    evaluation_figures,
    evaluations,
    exit_reports,
    exits,
    incident_new,
    incidents,
    live,
    orders,
    pilots,
    plan_signing,
    plans,
    public_view,
    report_drafting,
    reports,
    returns,
)
from shidian.apps.supervision.views import incident_part as _incident_part  # noqa: F401 - likewise
from shidian.apps.supervision.views import part as _part  # noqa: F401 - registers with the case page

app_name = "supervision"

urlpatterns = [
    path("", board.page, name="board"),
    path("live/", board.fragment, name="board-live"),
    path("token/", live.board_token, name="board-token"),
    path("alerts/", alerts.listing, name="alerts"),
    path("alerts/rules/<slug:scheme>/<path:rule>/", alert_rules.page, name="alert-rule"),
    path("cases/<slug:reference>/public/", public_view.public_view, name="public-view"),
    path("complaints/", complaints.complaint_list, name="complaints"),
    path("complaints/<slug:reference>/", complaints.complaint, name="complaint"),
    path(
        "complaints/<slug:reference>/handle/<slug:act>/",
        complaints.handle,
        name="complaint-handle",
    ),
    path(
        "complaints/<slug:reference>/respond/<slug:act>/",
        complaints.respond,
        name="complaint-respond",
    ),
    path(
        "complaints/<slug:reference>/files/<int:number>/",
        complaints.sent_file,
        name="complaint-file",
    ),
    path("incidents/", incidents.listing, name="incidents"),
    path("pilots/<slug:public_id>/incidents/new/", incident_new.report, name="incident-report"),
    path("pilots/<slug:public_id>/incidents/phone/", incident_new.phone, name="incident-phone"),
    path("pilots/<slug:public_id>/incidents/<int:number>/", incidents.page, name="incident"),
    path(
        "pilots/<slug:public_id>/incidents/<int:number>/handle/<slug:act>/",
        incidents.handle,
        name="incident-handle",
    ),
    path(
        "pilots/<slug:public_id>/incidents/<int:number>/respond/<slug:act>/",
        incidents.respond,
        name="incident-respond",
    ),
    path(
        "pilots/<slug:public_id>/incidents/<int:number>/files/<int:attachment>/",
        incidents.file,
        name="incident-file",
    ),
    path(
        "pilots/<slug:public_id>/incidents/<int:number>/finding/",
        incidents.find,
        name="incident-find",
    ),
    path(
        "pilots/<slug:public_id>/incidents/<int:number>/decision/",
        incidents.decide,
        name="incident-decide",
    ),
    path("pilots/<slug:public_id>/", pilots.page, name="pilot"),
    path("pilots/<slug:public_id>/live/", pilots.fragment, name="pilot-live"),
    path("pilots/<slug:public_id>/token/", live.pilot_token, name="pilot-token"),
    path("orders/", orders.listing, name="orders"),
    path("orders/<slug:order>/", orders.page, name="order"),
    path("orders/<slug:order>/live/", orders.fragment, name="order-live"),
    path("orders/<slug:order>/proof/", orders.proof, name="order-proof"),
    path("orders/<slug:order>/approve/", approving.approve, name="order-approve"),
    path("orders/<slug:order>/acknowledge/", orders.acknowledge, name="order-acknowledge"),
    path("orders/<slug:order>/end/", orders.end, name="order-end"),
    path("pilots/<slug:public_id>/orders/new/", orders.new, name="order-new"),
    path("pilots/<slug:public_id>/plan/", plans.page, name="plan"),
    path("pilots/<slug:public_id>/plan/proof/", plans.proof, name="plan-proof"),
    path("pilots/<slug:public_id>/plan/change/", plans.change, name="plan-change"),
    path(
        "pilots/<slug:public_id>/plan/tighten/<slug:nonce>/",
        plan_signing.tighten,
        name="plan-tighten",
    ),
    path("pilots/<slug:public_id>/plan/step/", plans.step, name="plan-step"),
    path(
        "pilots/<slug:public_id>/plan/changes/<int:number>/", plans.proposal, name="plan-proposal"
    ),
    path(
        "pilots/<slug:public_id>/plan/changes/<int:number>/approve/",
        plan_signing.approve,
        name="plan-approve",
    ),
    path(
        "pilots/<slug:public_id>/plan/changes/<int:number>/sign/",
        plan_signing.sign,
        name="plan-sign",
    ),
    path("pilots/<slug:public_id>/plan/changes/<int:number>/end/", plans.end, name="plan-end"),
    path(
        "pilots/<slug:public_id>/plan/versions/<int:number>/sign/",
        plan_signing.sign_version,
        name="plan-version-sign",
    ),
    path("pilots/<slug:public_id>/keys/", changes.register_key, name="key"),
    path("pilots/<slug:public_id>/connection/", connection.page, name="connection"),
    path("reports/", reports.report_list, name="reports"),
    path("pilots/<slug:public_id>/reports/", report_drafting.listing, name="pilot-reports"),
    path("pilots/<slug:public_id>/reports/<int:number>/", reports.page, name="report"),
    path(
        "pilots/<slug:public_id>/reports/<int:number>/draft/",
        report_drafting.draft,
        name="report-draft",
    ),
    path(
        "pilots/<slug:public_id>/reports/<int:number>/sign/",
        report_drafting.sign,
        name="report-sign",
    ),
    path(
        "pilots/<slug:public_id>/reports/<int:number>/judge/<slug:act>/",
        reports.judge,
        name="report-judge",
    ),
    path("pilots/<slug:public_id>/reports/<int:number>/check/", reports.check, name="report-check"),
    path(
        "pilots/<slug:public_id>/reports/<int:number>/v<int:version>.<slug:kind>",
        reports.paper,
        name="report-paper",
    ),
    path(
        "pilots/<slug:public_id>/reports/<int:number>/v<int:version>/figures/<str:key>/",
        reports.figure,
        name="report-figure",
    ),
    path("pilots/<slug:public_id>/returns/", returns.listing, name="returns"),
    path("pilots/<slug:public_id>/returns/<int:number>/", returns.page, name="return"),
    path("pilots/<slug:public_id>/returns/<int:number>/file/", returns.file, name="return-file"),
    path(
        "pilots/<slug:public_id>/returns/template/<str:stream>.<str:kind>",
        returns.template,
        name="return-template",
    ),
    path(
        "pilots/<slug:public_id>/keys/<slug:key_id>/revoke/", changes.revoke_key, name="revoke-key"
    ),
    path("exit/<slug:reference>/", exits.page, name="exit"),
    path("exit/<slug:reference>/plan/", exits.plan, name="exit-plan"),
    path("exit/<slug:reference>/run/", exits.run, name="exit-run"),
    path("exit/<slug:reference>/drills/<int:number>/", exits.drill, name="exit-drill"),
    path(
        "exit/<slug:reference>/drills/<int:number>/certificate.json",
        exits.certificate,
        name="exit-certificate",
    ),
    path("exit/<slug:reference>/report/", exit_reports.page, name="exit-report"),
    path("exit/<slug:reference>/report/write/", exit_reports.write, name="exit-report-write"),
    path("exit/<slug:reference>/report/agree/", exit_reports.agree, name="exit-report-agree"),
    path("exit/<slug:reference>/bridge/", bridges.page, name="bridge"),
    path("evaluation/<slug:reference>/", evaluations.page, name="evaluation"),
    path("evaluation/<slug:reference>/report.pdf", evaluations.pdf, name="evaluation-pdf"),
    path("evaluation/<slug:reference>/draw/", evaluation_figures.draw, name="evaluation-draw"),
    path(
        "evaluation/<slug:reference>/figures/<str:key>/",
        evaluation_figures.figure,
        name="evaluation-figure",
    ),
    path("evaluation/<slug:reference>/plans/new/", evaluations.seal, name="evaluation-seal"),
    path(
        "evaluation/<slug:reference>/plans/<int:number>/",
        evaluations.plan,
        name="evaluation-plan",
    ),
    path(
        "evaluation/<slug:reference>/plans/<int:number>/run/",
        evaluations.run,
        name="evaluation-run",
    ),
    path("pilots/<slug:public_id>/alerts/<str:episode>/", alerts.page, name="alert"),
    path(
        "pilots/<slug:public_id>/alerts/<str:episode>/events/",
        alerts.events,
        name="alert-events",
    ),
    path(
        "pilots/<slug:public_id>/alerts/<str:episode>/do/<slug:act>/",
        alerts.act,
        name="alert-act",
    ),
    path("pilots/<slug:public_id>/course/<slug:indicator>/", course.page, name="course"),
    path("pilots/<slug:public_id>/data/<str:indicator>.csv", pilots.series_csv, name="series-csv"),
]
