"""The lab's first page, and the start of a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from shidian.apps.accounts.access import Permission, allows, rule
from shidian.apps.cases.models import RulebookVersion
from shidian.apps.cases.views.acts import attempt
from shidian.apps.cases.views.calls import RulebookChoice
from shidian.apps.cases.views.loaders import scheme_by_slug
from shidian.apps.lab.domain import start_draft
from shidian.apps.lab.queries import scheme_lines
from shidian.apps.lab.views.loaders import asker, crumbs
from shidian.core.rulebook.tree import SIZE_MAX_BYTES

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.cases.models import Scheme
    from shidian.apps.lab.models import RulebookDraft


@rule(Permission.LAB_READ)
def home(request: HttpRequest) -> HttpResponse:
    """The officer's schemes: rulebooks with their status, drafts with theirs."""
    lines = scheme_lines(request.user)
    context = {
        "lines": [
            (line, allows(request.user, Permission.DRAFT_WRITE, line.scheme)) for line in lines
        ]
    }
    return render(request, "lab/home.html", context)


class YamlField(forms.FileField):
    """An uploaded rulebook: text in UTF-8, at most as large as the loader takes."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.FileInput(attrs={"accept": ".yaml,.yml", "data-mib-max": "1"})
        )
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """The text, or None where nothing was uploaded."""
        upload: UploadedFile[Any] | None = super().clean(data, initial)
        if not upload:
            return None
        if (upload.size or 0) > SIZE_MAX_BYTES:
            raise forms.ValidationError(
                _("The file is larger than 1 MiB: a rulebook is text of at most 1 MiB.")
            )
        try:
            return upload.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The file is not UTF-8: save it as UTF-8.")) from None


class StartForm(forms.Form):
    """What a draft is called, and what it starts from."""

    title = forms.CharField(
        label=gettext_lazy("Title in Chinese"),
        help_text=gettext_lazy("What the change is about, such as: longer notice period."),
        max_length=200,
    )
    title_en = forms.CharField(
        label=gettext_lazy("Title in English"), max_length=200, required=False
    )
    base = RulebookChoice(
        RulebookVersion.objects.none(),
        label=gettext_lazy("Based on"),
        help_text=gettext_lazy("The published version whose text the draft changes."),
        empty_label=None,
    )
    file = YamlField(
        label=gettext_lazy("Text to start from (YAML)"),
        help_text=gettext_lazy("Leave empty to start from the text of the version chosen above."),
        required=False,
    )

    def __init__(self, scheme: Scheme, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["base"]
        if isinstance(choice, RulebookChoice):
            choice.queryset = scheme.rulebooks.defer("document").order_by("-pk")


@rule(Permission.DRAFT_WRITE, obj=scheme_by_slug)
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, scheme: Scheme, **_url: object) -> HttpResponse:
    """Begin a draft from a published version, or from an uploaded text."""
    form = StartForm(scheme, request.POST or None, request.FILES or None)
    made: list[RulebookDraft] = []
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        if attempt(
            form,
            lambda: made.append(
                start_draft(
                    base=data["base"],
                    title=data["title"],
                    title_en=data["title_en"],
                    text=data["file"],
                    by=asker(request),
                )
            ),
        ):
            messages.success(request, _("The draft was started. Nothing of it is public."))
            return redirect("lab:edit", slug=made[0].slug)
    context = {"scheme": scheme, "form": form, "crumbs": crumbs(None, _("Start a draft"))}
    return render(request, "lab/start.html", context, status=422 if form.errors else 200)
