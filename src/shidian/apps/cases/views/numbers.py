"""The register of numbers: document numbers with their letters, pilots with theirs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shidian.apps.accounts.access import Permission, rule
from shidian.apps.cases.models import Case, CaseEvent
from shidian.apps.cases.numbering import missing_in, numbers_in, registers_of
from shidian.apps.cases.views.letter_words import state_word
from shidian.core.procedure.types import EventKind

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from shidian.apps.accounts.models import Person
    from shidian.apps.cases.models import LetterNumber

PAGE = 50


@rule(Permission.QUEUE_READ)
@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """`?register=` one of the reader's, else their newest; `?show=pilots`: numbers of pilots."""
    person: Person = request.user  # type: ignore[assignment]  # a Person: the rule saw to it
    show = "pilots" if request.GET.get("show") == "pilots" else ""
    context = {
        "show": show,
        **(_pilots(request, person) if show else _letters(request, person)),
        "crumbs": [
            (_("My desk"), reverse("cases:desk")),
            (_("Register of numbers"), None),
        ],
    }
    return render(request, "cases/numbers.html", context)


def _letters(request: HttpRequest, person: Person) -> dict[str, Any]:
    registers = registers_of(person)
    wanted = request.GET.get("register", "")
    chosen = next((one for one in registers if one.key == wanted), None)
    if wanted and chosen is None:
        raise Http404
    if not registers:
        return {"registers": []}
    chosen = chosen or registers[0]
    page = Paginator(numbers_in(chosen, person), PAGE).get_page(request.GET.get("page"))
    return {
        "registers": registers,
        "chosen": chosen,
        "page": page,
        "lines": [_line(one) for one in page],
        "missing": [chosen.number(one) for one in missing_in(chosen)],
    }


def _line(one: LetterNumber) -> dict[str, Any]:
    if not getattr(one, "readable", False):
        return {"number": str(one), "letter": None}
    letter = one.letter
    state, text = letter.state, letter.text
    word, kind = state_word(state)
    return {
        "number": str(one),
        "letter": letter,
        "title": text.title,
        "to": _(", ").join(str(to["name"]) for to in text.recipients),
        "day": date.fromisoformat(text.content["date"]) if text.content["date"] else None,
        "word": _("taken back, keeps its number") if state.is_draft else word,
        "kind": "todo" if state.is_draft else kind,
    }


def _pilots(request: HttpRequest, person: Person) -> dict[str, Any]:
    """Numbers given on admission, the newest first, of cases that the person may see."""
    admitted = CaseEvent.objects.filter(case=OuterRef("pk"), kind=EventKind.CASE_ADMITTED.value)
    rows: QuerySet[Case] = (
        Case.objects.visible_to(person)
        .filter(number__isnull=False)
        .select_related("lead", "scheme")
        .annotate(numbered_at=Subquery(admitted.order_by("seq").values("at")[:1]))
        .order_by("-numbered_at", "-pk")
    )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return {"page": page, "pilots": list(page)}
