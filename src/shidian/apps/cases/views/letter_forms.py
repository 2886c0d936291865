"""Forms of letters: the text, and what is said at each step after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from shidian.apps.accounts.models import OfficerRole
from shidian.apps.cases import letter_texts
from shidian.apps.cases.domain.serving import ENDS, ONLINE, SCAN
from shidian.apps.cases.letter_queries import recipients_of
from shidian.apps.cases.letter_templates import TEMPLATES
from shidian.apps.cases.letter_texts import LetterText, deciding_parts, documents_of
from shidian.apps.cases.rules import authorities_handling
from shidian.apps.cases.uploads import accepted_types
from shidian.apps.cases.views.file_fields import dress_file
from shidian.apps.cases.views.form_base import REASON_MAX, long_text
from shidian.apps.cases.views.letter_words import WAYS
from shidian.core.procedure.letters import CODE_DIGITS, LetterStepKind

if TYPE_CHECKING:
    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.letter_templates import Draft, Template
    from shidian.apps.cases.models import Case, Letter
    from shidian.core.procedure.letters import LetterState

LANGUAGES = (("zh", gettext_lazy("Chinese")), ("en", gettext_lazy("English")))


class BeginForm(forms.Form):
    """From which template, in which language."""

    template = forms.ChoiceField(
        label=gettext_lazy("What kind of letter?"), widget=forms.RadioSelect
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the letter"), choices=LANGUAGES, widget=forms.RadioSelect
    )

    def __init__(self, drafts: list[tuple[Template, Draft]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["template"]
        if isinstance(field, forms.ChoiceField):
            known = {one.id for one, _draft in drafts}
            field.choices = [(one.id, one.name) for one in TEMPLATES if one.id in known]
        self.initial.setdefault("template", drafts[0][0].id if drafts else "")
        self.initial.setdefault("language", "zh")


def lines_field(label: Any, help_text: Any) -> forms.CharField:
    """One thing a line."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=letter_texts.NAME_MAX * letter_texts.LINES_MAX,
        widget=forms.Textarea(attrs={"rows": 3, "class": "short"}),
    )


class LetterForm(forms.Form):
    """A letter's text: in whose name, to whom, what, with what."""

    version = forms.IntegerField(widget=forms.HiddenInput, initial=0)
    language = forms.ChoiceField(choices=LANGUAGES, widget=forms.HiddenInput)
    issuer = forms.ChoiceField(
        label=gettext_lazy("Issuer"),
        help_text=gettext_lazy("Its name stands at the head, and its register numbers the letter."),
    )
    on_behalf = forms.BooleanField(
        label=gettext_lazy("The first issuer's seal is used for all of them"),
        help_text=gettext_lazy("Each other one is then marked below the text (代章)."),
        required=False,
    )
    recipients = forms.MultipleChoiceField(
        label=gettext_lazy("Recipients"),
        help_text=gettext_lazy("Name at least one, here or below."),
        widget=forms.CheckboxSelectMultiple(attrs={"data-required": ""}),
        required=False,
    )
    others = lines_field(
        gettext_lazy("Recipients without an account here"),
        gettext_lazy("One name a line. They are served on paper and answer by letter."),
    )
    title = forms.CharField(
        label=gettext_lazy("Title of the letter"),
        max_length=letter_texts.TITLE_MAX,
        error_messages={"required": gettext_lazy("Give the letter a title.")},
    )
    body = forms.CharField(
        label=gettext_lazy("Text of the letter"),
        help_text=gettext_lazy(
            "One paragraph a line. Salutation, number, date and signature are added."
        ),
        max_length=letter_texts.BODY_MAX,
        widget=forms.Textarea(attrs={"rows": 16}),
        error_messages={"required": gettext_lazy("Write the letter.")},
    )
    documents = forms.MultipleChoiceField(
        label=gettext_lazy("Documents of the case that go with it"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    annexes = lines_field(
        gettext_lazy("Other annexes"), gettext_lazy("One title a line; they lie with the paper.")
    )
    copies = lines_field(gettext_lazy("Copies to"), gettext_lazy("One name a line."))

    def __init__(self, case: Case, person: Person, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.case = case
        self.orders: list[str] = []
        self._issuers(person)
        self._recipients()
        filed = [(str(one.pk), one.name) for one in documents_of(case)]
        self._choose("documents", filed)
        if not filed:
            del self.fields["documents"]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def _issuers(self, person: Person) -> None:
        parts = deciding_parts(self.case)
        held = authorities_handling(person, self.case.scheme_id, OfficerRole.CASE)
        own = [(part.local_id, str(part.authority)) for part in held]
        self._choose("issuer", own)
        if len(own) == 1:
            self.initial.setdefault("issuer", own[0][0])
        joint = [part for part in parts if [part.local_id] != [one for one, _name in own]]
        places = [("", _("does not issue it"))]
        places += [
            (str(n), ngettext("issuer no. %(n)d", "issuer no. %(n)d", n) % {"n": n})
            for n in range(2, len(parts) + 1)
        ]
        for part in joint:
            name = f"order_{part.local_id}"
            self.orders.append(name)
            self.fields[name] = forms.ChoiceField(
                label=_("%(authority)s as joint issuer") % {"authority": part.authority},
                choices=places,
                required=False,
            )
        if not joint:
            del self.fields["on_behalf"]
        first = ["version", "language", "issuer", *self.orders, "on_behalf"]
        self.order_fields([*first, *(name for name in self.fields if name not in first)])

    def _recipients(self) -> None:
        firms = [
            (f"institution-{one.pk}", str(one)) for one in letter_texts.institutions_of(self.case)
        ]
        offices = [
            (f"authority-{part.local_id}", str(part.authority))
            for part in self.case.scheme.parts.all()
        ]
        self._choose("recipients", firms + offices)

    def clean(self) -> dict[str, Any]:
        """Joint issuers stand in an order without gaps, the first one being named already."""
        cleaned = super().clean() or {}
        first = cleaned.get("issuer", "")
        joint = sorted(
            (int(cleaned[name]), name.removeprefix("order_"))
            for name in self.orders
            if cleaned.get(name)
        )
        if any(who == first for _n, who in joint):
            self.add_error(f"order_{first}", _("This authority is the first issuer already."))
        elif [n for n, _who in joint] != list(range(2, len(joint) + 2)):
            name = f"order_{joint[-1][1]}"
            self.add_error(name, _("Number joint issuers from 2 on, each once."))
        cleaned["issuers"] = (first, *(who for _n, who in joint))
        return cleaned

    def text(self) -> LetterText:
        """What the domain takes."""
        given = self.cleaned_data
        return LetterText(
            language=given["language"],
            title=given["title"],
            body=given["body"],
            issuers=given["issuers"],
            recipients=tuple(given["recipients"]),
            others=tuple(given["others"].splitlines()),
            copies=tuple(given["copies"].splitlines()),
            annexes=tuple(given["annexes"].splitlines()),
            files=tuple(int(one) for one in given.get("documents", ())),
            on_behalf=bool(given.get("on_behalf")) and len(given["issuers"]) > 1,
        )


def initial_of(text: LetterText, version: int = 0) -> dict[str, Any]:
    """A text as the form begins with it."""
    first, *joint = text.issuers
    found = {f"order_{who}": str(n) for n, who in enumerate(joint, start=2)}
    return {
        **found,
        "version": version,
        "language": text.language,
        "issuer": first,
        "on_behalf": text.on_behalf,
        "recipients": list(text.recipients),
        "others": "\n".join(text.others),
        "title": text.title,
        "body": text.body,
        "documents": [str(one) for one in text.files],
        "annexes": "\n".join(text.annexes),
        "copies": "\n".join(text.copies),
    }


class StepForm(forms.Form):
    """Base: a step on the text that the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, letter: Letter, state: LetterState, person: Person, *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial["version"] = state.version
        self.letter, self.state, self.person = letter, state, person
        self.build()

    def build(self) -> None:
        """Add what depends on the letter."""

    def payload(self) -> dict[str, Any]:
        """What the domain verb takes, by its argument names."""
        return dict(self.cleaned_data)

    def offer(self, name: str, keys: list[str]) -> None:
        """Offer recipients; where there is one, take it without asking."""
        names = {str(one["key"]): str(one["name"]) for one in self.letter.text.recipients}
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(key, names[key]) for key in keys]
        if len(keys) == 1:
            field.initial = keys[0]


class ReasonStep(StepForm):
    """A step that needs a reason and nothing else."""

    reason = long_text(gettext_lazy("Reason"))

    def payload(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"]}


class SendBackStep(StepForm):
    """What is to be changed, in which text."""

    reason = long_text(gettext_lazy("What is to be changed"))


def scan_field(label: Any, *, required: bool = True) -> forms.FileField:
    """A scan, as PDF or picture."""
    return forms.FileField(
        label=label,
        required=required,
        widget=forms.FileInput(attrs={"accept": ",".join(accepted_types(SCAN))}),
        error_messages={"required": gettext_lazy("Upload the scan.")},
    )


class BindStep(StepForm):
    """The scan of the stamped paper, and the code that the paper bears."""

    scan = scan_field(gettext_lazy("Scan of the stamped paper, all pages"))
    code = forms.CharField(
        label=gettext_lazy("Check code on the paper"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Type the check code that the paper bears.")},
    )

    def build(self) -> None:
        dress_file(self.fields["scan"], SCAN)
        self.fields["code"].help_text = _(
            "Type it from the scanned paper: %(n)d characters at the foot of each page. A reader of"
            " square codes can type it for you."
        ) % {"n": CODE_DIGITS}

    def payload(self) -> dict[str, Any]:
        return {"scan": self.cleaned_data["scan"], "code": self.cleaned_data["code"]}


def day_field(help_text: Any) -> forms.DateField:
    """A day that may be left out."""
    return forms.DateField(
        label=gettext_lazy("Day"),
        help_text=help_text,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class ServeStep(StepForm):
    """On whom, and how."""

    recipient = forms.ChoiceField(label=gettext_lazy("Recipient"), widget=forms.RadioSelect)
    way = forms.ChoiceField(
        label=gettext_lazy("Way of service"), choices=tuple(WAYS.items()), widget=forms.RadioSelect
    )
    day = day_field(gettext_lazy("For service on paper. Left empty: today."))

    def build(self) -> None:
        keys = [
            str(one["key"])
            for one in self.letter.text.recipients
            if self.state.served.get(str(one["key"])) is not LetterStepKind.RECEIVED
        ]
        self.offer("recipient", keys)
        if all(key.startswith("other-") for key in keys):
            field = self.fields["way"]
            if isinstance(field, forms.ChoiceField):
                field.choices = [one for one in WAYS.items() if one[0] != ONLINE]

    def payload(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {"recipient": given["recipient"], "way": given["way"], "day": given["day"]}


class ReceiptStep(StepForm):
    """What the receipt of service says."""

    recipient = forms.ChoiceField(label=gettext_lazy("Recipient"), widget=forms.RadioSelect)
    outcome = forms.ChoiceField(
        label=gettext_lazy("What became of it"),
        choices=(
            (LetterStepKind.RECEIVED.value, gettext_lazy("It was received")),
            (LetterStepKind.REFUSED.value, gettext_lazy("It was not accepted")),
            (LetterStepKind.UNDELIVERED.value, gettext_lazy("It came back undelivered")),
        ),
        widget=forms.RadioSelect,
    )
    day = day_field(gettext_lazy("As on the receipt. Left empty: today."))
    name = forms.CharField(
        label=gettext_lazy("Received by"),
        help_text=gettext_lazy("Who signed for it, as on the receipt."),
        max_length=100,
        required=False,
    )
    note = forms.CharField(
        label=gettext_lazy("Remarks"),
        help_text=gettext_lazy("Needed where it was not accepted or came back: why."),
        max_length=REASON_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "short"}),
    )
    scan = scan_field(gettext_lazy("Scan of the receipt"), required=False)

    def build(self) -> None:
        dress_file(self.fields["scan"], SCAN)
        waiting = [
            key for key, how in self.state.served.items() if how is not LetterStepKind.RECEIVED
        ]
        self.offer("recipient", waiting)

    def payload(self) -> dict[str, Any]:
        given = self.cleaned_data
        keys = ("recipient", "day", "name", "note", "scan")
        outcome = next(one for one in ENDS if one == given["outcome"])
        return {key: given[key] for key in keys} | {"outcome": outcome}


class AcknowledgeStep(StepForm):
    """For which of one's institutions."""

    recipient = forms.ChoiceField(
        label=gettext_lazy("For which institution"), widget=forms.RadioSelect
    )

    def build(self) -> None:
        self.offer("recipient", recipients_of(self.person, self.letter))

    def payload(self) -> dict[str, Any]:
        return {"recipient": self.cleaned_data["recipient"]}
