"""Forms of panels: who is invited, proposed or drawn, and the dates of a round."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from shidian.apps.accounts.models import Expert
from shidian.apps.cases.views.form_base import ActForm, ReasonForm
from shidian.apps.cases.words import localized as in_language
from shidian.apps.review.pool import candidates, proposal_from, seats_of
from shidian.apps.review.views.forms import REASON_MAX
from shidian.core.procedure.drawing import SEED_MAX, seat
from shidian.core.procedure.seating import Pick, Proposal, missing_among, propose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shidian.core.procedure.seating import Candidate

    _ExpertsField = forms.ModelMultipleChoiceField[Expert]
else:
    _ExpertsField = forms.ModelMultipleChoiceField

ROUND_DAYS = 14


class ExpertChoice(_ExpertsField):
    """Experts by name, employer, disciplines and how many reviews they have open."""

    pool: Mapping[Expert, Candidate] = {}
    areas: Mapping[str, str] = {}

    def label_from_instance(self, obj: Any) -> str:
        one = self.pool.get(obj)
        named = [self.areas.get(name, name) for name in sorted(one.disciplines)] if one else []
        load = _("%(n)d open") % {"n": one.load} if one else ""
        words = [str(obj.person), obj.employer, *named, load]
        return _(", ").join(word for word in words if word)


def ties_in_words(pool: Mapping[Expert, Candidate]) -> list[tuple[str, str]]:
    """(who, what speaks against them)."""
    return [(str(who.person), _("; ").join(one.ties)) for who, one in pool.items() if one.ties]


class InviteForm(ActForm):
    """Which experts; those with a known tie or who are away are not offered."""

    experts = ExpertChoice(
        Expert.objects.none(),
        label=gettext_lazy("Experts"),
        widget=forms.CheckboxSelectMultiple,
    )

    def build(self) -> None:
        panel = self.stage.panel
        seated = self._seated()
        pool = {
            expert: one
            for expert, one in candidates(self.case).items()
            if expert.person_id not in seated
        }
        self.pool = pool
        field = self.fields["experts"]
        if not isinstance(field, ExpertChoice):
            raise TypeError("experts are chosen from the pool")
        field.pool = pool
        field.areas = {one.id: in_language(one.name) for one in panel.disciplines} if panel else {}
        able = [expert.pk for expert, one in pool.items() if not one.ties]
        following = self._following()
        if following is not None:
            able = [one for one in following if one in able]
        field.queryset = Expert.objects.filter(pk__in=able).select_related("person").order_by("pk")
        field.help_text = self._rule_words()
        self.proposal = self._propose(following)
        self.initial.setdefault("experts", [int(one.candidate.id) for one in self.proposal.picks])

    def _propose(self, following: list[int] | None) -> Proposal:
        """Who fills the empty seats: of a drawn panel who follows by lot, else as at first."""
        current, panel = self.state.round, self.stage.panel
        if current is None or current.closed:
            return proposal_from(self.pool, panel)
        sitting = [one for one in current.experts if not current.conflicts.get(one)]
        empty = max(seats_of(panel) - len(sitting), 0)
        if following is not None:
            by_lot = {one.id: one for one in self.pool.values()}
            picks = [Pick(by_lot[str(pk)], ()) for pk in following if str(pk) in by_lot]
            return Proposal(tuple(picks[:empty]), (), 0)
        wanted = [one.id for one in panel.disciplines] if panel else []
        return propose(self.pool.values(), empty, missing_among(sitting, current.masters, wanted))

    @property
    def picks(self) -> list[tuple[str, str]]:
        """Who is proposed, and why."""
        names = {one.id: str(expert.person) for expert, one in self.pool.items()}
        return [(names[one.candidate.id], self._because(one)) for one in self.proposal.picks]

    @property
    def uncovered(self) -> list[str]:
        """Disciplines that nobody of the pool brings."""
        return [self._area(one) for one in self.proposal.uncovered]

    def _area(self, name: str) -> str:
        panel = self.stage.panel
        names = {one.id: in_language(one.name) for one in panel.disciplines} if panel else {}
        return names.get(name, name)

    def _because(self, pick: Pick) -> str:
        if self.state.round is not None and not self.state.round.closed and self.state.round.order:
            return _("the next by lot")
        load = ngettext("%(n)d open review", "%(n)d open reviews", pick.candidate.load) % {
            "n": pick.candidate.load
        }
        if not pick.covers:
            return _("no known tie; among those with the least work (%(load)s)") % {"load": load}
        areas = _(", ").join(self._area(one) for one in pick.covers)
        words = {"areas": areas, "load": load}
        return _("no known tie; brings %(areas)s (%(load)s)") % words

    def _seated(self) -> set[int]:
        current = self.state.round
        return {int(one) for one in current.experts} if current and not current.closed else set()

    def _following(self) -> list[int] | None:
        """Of a drawn panel the next by lot; None where officers choose."""
        current = self.state.round
        if current is None or current.closed or not current.order:
            return None
        wanted = [one.id for one in self.stage.panel.disciplines] if self.stage.panel else []
        gone = [one for one in current.experts if current.conflicts.get(one)]
        sitting = [one for one in current.experts if one not in gone]
        seats = max(current.seats, len(sitting) + 1)
        people = seat(current.order, current.masters, seats, wanted, sitting=sitting, gone=gone)
        found = Expert.objects.filter(person__in=[int(one) for one in people])
        return list(found.values_list("pk", flat=True))

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Who is not offered, and why."""
        return ties_in_words(self.pool)

    def _rule_words(self) -> str:
        panel = self.stage.panel
        if panel is None:
            return ""
        words = _("The rulebook asks for at least %(min)d experts.") % {"min": panel.min}
        if panel.odd:
            words += _(" Their number must be odd.")
        return words

    def payload(self) -> dict[str, Any]:
        return {"experts": list(self.cleaned_data["experts"])}


class RoundDates(ActForm):
    """When a round begins and ends, and, after the first, why there is another."""

    starts = forms.DateField(
        label=gettext_lazy("First day of the round"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends = forms.DateField(
        label=gettext_lazy("Last day of the round"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason for another round"),
        widget=forms.Textarea(attrs={"rows": 3, "class": "short", "data-required": "true"}),
        required=False,
    )

    def build(self) -> None:
        today = timezone.localdate()
        self.initial.setdefault("starts", today)
        self.initial.setdefault("ends", today + timedelta(days=ROUND_DAYS))
        if self.state.rounds == 0:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any] | None:
        """The last day is not before the first."""
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends < starts:
            self.add_error("ends", _("The last day cannot be before the first."))
        return cleaned

    def payload(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            "starts": cleaned["starts"],
            "ends": cleaned["ends"],
            "reason": cleaned.get("reason", ""),
        }


class ExtendForm(ReasonForm):
    """A later last day, and why."""

    ends = forms.DateField(
        label=gettext_lazy("New last day of the round"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ("ends", "reason")

    def build(self) -> None:
        ends = self.state.round.ends if self.state.round else timezone.localdate()
        self.initial.setdefault("ends", max(ends, timezone.localdate()) + timedelta(days=7))


class PanelForm(InviteForm, RoundDates):
    """A round of chosen experts, with a proposal that is ticked already."""

    field_order = ("experts", "starts", "ends", "reason")

    def build(self) -> None:
        InviteForm.build(self)
        RoundDates.build(self)

    def payload(self) -> dict[str, Any]:
        return {**RoundDates.payload(self), "experts": list(self.cleaned_data["experts"])}


class DrawForm(RoundDates):
    """The seed, now that it is known, and the round's dates."""

    field_order = ("seed", "starts", "ends", "reason")
    seed = forms.CharField(
        label=gettext_lazy("Seed"),
        help_text=gettext_lazy("Exactly as it was published."),
        max_length=SEED_MAX,
    )

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "seed": self.cleaned_data["seed"]}


class CommitForm(ActForm):
    """How many are drawn, and by which figure that nobody knows yet."""

    seats = forms.IntegerField(label=gettext_lazy("Experts to draw"), min_value=1, max_value=99)
    seed_source = forms.CharField(
        label=gettext_lazy("The seed: which public figure, of which day, as published by whom"),
        help_text=gettext_lazy(
            "Such as the closing value of an index on a coming day. Nobody may be able to know or"
            " to choose it today."
        ),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
    )
    known_from = forms.DateField(
        label=gettext_lazy("First day on which it is known"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason for another pool"),
        help_text=gettext_lazy("Needed once the seed named before is known."),
        widget=forms.Textarea(attrs={"rows": 2, "class": "short"}),
        max_length=REASON_MAX,
        required=False,
    )

    def build(self) -> None:
        panel = self.stage.panel
        least = panel.min if panel else 1
        self.initial.setdefault("seats", least + (least + 1) % 2 if panel and panel.odd else least)
        self.initial.setdefault("known_from", timezone.localdate() + timedelta(days=1))
        if self.state.pool is None:
            del self.fields["reason"]
        self.pool = candidates(self.case)

    @property
    def able(self) -> int:
        """How many the pool would have."""
        return sum(not one.ties for one in self.pool.values())

    @property
    def left_out(self) -> list[tuple[str, str]]:
        """Who is not in it, and why."""
        return ties_in_words(self.pool)
