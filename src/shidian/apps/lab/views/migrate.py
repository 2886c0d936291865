"""Moving a case to another version of its rules: what it changes for that case, then sign-off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.actors import actor_as
from shidian.apps.cases.domain.migrating import (
    preview_migration,
    propose_migration,
    sign_migration,
)
from shidian.apps.cases.errors import DomainError
from shidian.apps.cases.history import state_of
from shidian.apps.cases.models import Case, RulebookVersion
from shidian.apps.cases.rulebooks import loaded_rulebook
from shidian.apps.cases.views.acts import act_crumbs, attempt
from shidian.apps.cases.views.effect import APPLICANT, KEPT_FOR_GOOD, SIGNERS, Effect
from shidian.apps.cases.views.loaders import case_by_reference
from shidian.apps.lab.meaning import changes as rule_changes
from shidian.apps.lab.views.loaders import asker
from shidian.core.procedure.types import ActorKind
from shidian.core.rulebook.model import Status

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from shidian.core.procedure.state import MigrationState

PROPOSE = Effect(
    law=gettext_lazy(
        "A proposal. The case stays on its version until the authorities have signed."
    ),
    practice=gettext_lazy(
        "The signing officers of the leading authorities see this comparison and consent or refuse."
    ),
    told=(SIGNERS,),
    undo=gettext_lazy("Yes. One refusal ends it."),
)
SIGN = Effect(
    law=gettext_lazy(
        "A sign-off for your authority. With the last one the case is governed by the newer"
        " version; what was done under the older one stays done."
    ),
    practice=gettext_lazy(
        "The case's whole course is read under the newer version: its periods, tasks, limits and"
        " reports change as shown above. Both versions stand in its timeline."
    ),
    told=(APPLICANT,),
    undo=KEPT_FOR_GOOD,
    grave=True,
)


class ProposeForm(forms.Form):
    """Why the case should be moved. `seq`: the newest event on the page that the officer saw."""

    seq = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=2000,
        widget=forms.Textarea(attrs={"class": "short"}),
    )


class SignForm(forms.Form):
    """Consent or refusal, the latter with a reason."""

    seq = forms.IntegerField(widget=forms.HiddenInput)
    consent = forms.ChoiceField(
        label=gettext_lazy("Your authority"),
        choices=[
            ("yes", gettext_lazy("consents to the move")),
            ("no", gettext_lazy("refuses the move")),
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed where your authority refuses."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"class": "short"}),
    )


@rule(Permission.CASE_DECIDE, obj=case_by_reference)
@require_http_methods(["GET", "POST"])
def migrate(request: HttpRequest, case: Case, **_url: object) -> HttpResponse:
    """Shows what the move changes for this case; POST proposes it, or signs what was proposed."""
    person = asker(request)
    pending = state_of(case).migration
    version = _version(case, pending)
    if version is None:
        raise Http404
    offices = {
        kind
        for kind in (ActorKind.OFFICER, ActorKind.SIGNING_OFFICER)
        if actor_as(person, case, kind) is not None
    }
    signing = pending is not None and ActorKind.SIGNING_OFFICER in offices
    proposing = pending is None and ActorKind.OFFICER in offices
    form = _form(request, case, signing=signing, proposing=proposing)
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data

        def do() -> object:
            if signing:
                return sign_migration(
                    case=case,
                    consent=data["consent"] == "yes",
                    reason=data["reason"],
                    by=person,
                    expected_seq=data["seq"],
                )
            return propose_migration(
                case=case,
                version=version,
                reason=data["reason"],
                by=person,
                expected_seq=data["seq"],
            )

        if attempt(form, do):
            messages.success(request, _("Your decision was recorded."))
            return redirect("cases:case", reference=case.reference)
    context: dict[str, Any] = {
        "case": case,
        "version": version,
        "pending": pending,
        "form": form,
        "effect": SIGN if signing else PROPOSE,
        "signing": signing,
        "signed": _signed(case, pending),
        "crumbs": act_crumbs(case, _("Move to another version")),
        **_preview(case, version),
    }
    return render(request, "lab/migrate.html", context, status=422 if form and form.errors else 200)


def _version(case: Case, pending: MigrationState | None) -> RulebookVersion | None:
    """The version proposed, or the scheme's newest that can run, where it is not the case's own."""
    rows = RulebookVersion.objects.filter(scheme=case.scheme_id).defer("document")
    if pending is not None:
        return rows.filter(digest=pending.to_digest).first()
    newest = rows.exclude(status=Status.SKETCH).order_by("-pk").first()
    return newest if newest is not None and newest.pk != case.rulebook_version_id else None


def _form(
    request: HttpRequest, case: Case, *, signing: bool, proposing: bool
) -> ProposeForm | SignForm | None:
    initial = {"seq": case.last_seq}
    if signing:
        return SignForm(request.POST or None, initial=initial)
    if proposing:
        return ProposeForm(request.POST or None, initial=initial)
    return None


def _preview(case: Case, version: RulebookVersion) -> dict[str, Any]:
    """What changes, or why the case cannot be moved."""
    try:
        found = preview_migration(case=case, version=version)
    except DomainError as refusal:
        return {"refusal": refusal, "preview": None}
    names = {one.id: one.names.staff for one in version.rulebook.stages}
    names |= {one.id: one.names.staff for one in case.rulebook.stages}
    return {
        "refusal": None,
        "preview": found,
        "rules": rule_changes(case.rulebook_version, loaded_rulebook(version.pk, version.digest)),
        "ways_before": [names[one] for one in found.ways_before],
        "ways_after": [names[one] for one in found.ways_after],
    }


def _signed(case: Case, pending: MigrationState | None) -> list[tuple[str, bool]]:
    """(authority, consent) of those who have answered."""
    if pending is None:
        return []
    names = {part.local_id: str(part.authority) for part in case.scheme.parts.all()}
    return [(names.get(key, key), word.consent) for key, word in pending.words.items()]
